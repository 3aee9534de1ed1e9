//! What the text of a module says of other modules.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One module: a file, or a `mod name { }` in it.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) children: BTreeMap<String, Child>,
    pub(super) uses: Vec<Use>,
    /// The paths in code, each as its names: `crate::a::f` has three.
    pub(super) paths: Vec<Vec<String>>,
    /// Names of functions, types and the like that are defined here.
    pub(super) items: Vec<String>,
}

/// A module that another one declares.
#[derive(Debug)]
pub(super) enum Child {
    /// `mod name;`, with the file of its `#[path]` if it has one.
    File(Option<String>),
    /// `mod name { }`
    Inline(Module),
}

/// One name that a `use` brings in.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Use {
    pub(super) path: Vec<String>,
    /// The name here, or `*` for all that the path has.
    pub(super) name: String,
    /// Whether the name is handed on, by `pub` of any kind.
    pub(super) is_public: bool,
}

/// Words before a name that is being defined.
const DEFINING: &[&str] = &["fn", "struct", "enum", "union", "trait", "type", "const", "static"];

/// Reads the text of a file. Comments and strings are no tokens that have names in them.
pub(super) fn parse(text: &str) -> Module {
    let tokens: TokenStream = text.parse().expect("a source is made of tokens");
    let mut module = Module::default();
    module.read(&tokens.into_iter().collect::<Vec<_>>());
    module
}

impl Module {
    fn read(&mut self, tokens: &[TokenTree]) {
        let (mut at, mut is_public, mut place) = (0, false, None);
        while at < tokens.len() {
            let rest = &tokens[at..];
            match &rest[0] {
                TokenTree::Ident(word) if word == "pub" => {
                    at += if rest.get(1).is_some_and(is_scope) { 2 } else { 1 };
                    is_public = true;
                    continue;
                }
                TokenTree::Ident(word) if word == "use" && !is_mark(rest.get(1), '<') => {
                    let end = rest.iter().position(|it| is_mark(Some(it), ';'));
                    let end = end.expect("a use ends with a semicolon");
                    self.read_use(&[], &rest[1..end], is_public);
                    at += end;
                }
                TokenTree::Ident(word) if word == "mod" && rest.len() > 2 => {
                    let child = match &rest[2] {
                        TokenTree::Group(body) => {
                            let mut module = Self::default();
                            module.read(&body.stream().into_iter().collect::<Vec<_>>());
                            Child::Inline(module)
                        }
                        _ => Child::File(place.take()),
                    };
                    self.children.insert(rest[1].to_string(), child);
                    at += 2;
                }
                TokenTree::Ident(_) => at += self.read_path(&tokens[..at], rest) - 1,
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    if group.delimiter() == Delimiter::Bracket && at > 0 {
                        place = place_of(&tokens[at - 1], &inner).or(place);
                    }
                    self.read(&inner);
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            is_public = false;
            at += 1;
        }
    }

    /// Notes the path that `rest` starts with and returns how many tokens it has.
    fn read_path(&mut self, before: &[TokenTree], rest: &[TokenTree]) -> usize {
        let (names, length) = leading_path(rest);
        let word =
            |back: usize| before.get(before.len().wrapping_sub(back)).map(ToString::to_string);
        let is_macro = word(1).as_deref() == Some("!") && word(2).as_deref() == Some("macro_rules");
        if is_macro || word(1).is_some_and(|it| DEFINING.contains(&it.as_str())) {
            self.items.extend(names);
            return length;
        }
        // After `.` a field or method, after `::` the end of a path whose start has no name of a
        // module, after `'` a lifetime; before `:` a field or parameter.
        let is = |back: usize, mark| is_mark(before.get(before.len().wrapping_sub(back)), mark);
        let goes_on = is(1, '\'') || (is(1, '.') && !is(2, '.')) || (is(1, ':') && is(2, ':'));
        let is_field = names.len() == 1
            && is_mark(rest.get(length), ':')
            && !is_mark(rest.get(length + 1), ':');
        if !goes_on && !is_field {
            self.paths.push(names);
        }
        length
    }

    /// Notes the names that a tree of a `use` brings in, below the names of `before`.
    fn read_use(&mut self, before: &[String], tree: &[TokenTree], is_public: bool) {
        // A leading `::` starts outside the crate: an empty name, which nothing has.
        let is_outside = is_mark(tree.first(), ':');
        let tree = if is_outside { &tree[2..] } else { tree };
        let (names, length) = leading_path(tree);
        let start = if is_outside { vec![String::new()] } else { before.to_vec() };
        let mut path = [start, names].concat();
        match &tree[length..] {
            [.., TokenTree::Group(group)] => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                for branch in inner.split(|it| is_mark(Some(it), ',')).filter(|it| !it.is_empty()) {
                    self.read_use(&path, branch, is_public);
                }
            }
            [.., star] if is_mark(Some(star), '*') => {
                self.uses.push(Use { path, name: "*".to_owned(), is_public });
            }
            rest => {
                // `a::{self}` is `a`.
                if path.len() > 1 {
                    path.pop_if(|last| last == "self");
                }
                let last = path.last().cloned().unwrap_or_default();
                let name = rest.last().map_or(last, ToString::to_string);
                self.uses.push(Use { path, name, is_public });
            }
        }
    }
}

/// The names, joined by `::`, that tokens start with, and how many tokens these are.
fn leading_path(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let (mut names, mut length) = (Vec::new(), 0);
    while let Some(TokenTree::Ident(name)) = tokens.get(length) {
        names.push(name.to_string().trim_start_matches("r#").to_owned());
        length += 1;
        let joins = is_mark(tokens.get(length), ':') && is_mark(tokens.get(length + 1), ':');
        if !joins || !matches!(tokens.get(length + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        length += 2;
    }
    (names, length)
}

/// The file that an attribute `#[path = "file"]` gives to the module after it.
fn place_of(before: &TokenTree, attribute: &[TokenTree]) -> Option<String> {
    match attribute {
        [word, _, TokenTree::Literal(file)] if is_mark(Some(before), '#') => {
            (word.to_string() == "path").then(|| file.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// Whether a token is the `(crate)` or `(in a::b)` of a `pub`.
fn is_scope(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let first = group.stream().into_iter().next().map(|it| it.to_string());
    first.is_some_and(|it| ["crate", "super", "self", "in"].contains(&it.as_str()))
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(it)) if it.as_char() == mark)
}

#[cfg(test)]
mod tests {
    use super::{Child, parse};

    /// The uses of a text, each as `path as name`, with `pub` before those that are handed on.
    fn uses(text: &str) -> Vec<String> {
        let uses = parse(text).uses;
        uses.iter()
            .map(|it| {
                let kind = if it.is_public { "pub " } else { "" };
                format!("{kind}{} as {}", it.path.join("::"), it.name)
            })
            .collect()
    }

    fn paths(text: &str) -> Vec<String> {
        parse(text).paths.iter().map(|it| it.join("::")).collect()
    }

    #[test]
    fn each_name_of_a_use_is_noted() {
        assert_eq!(uses("use crate::a::B;"), ["crate::a::B as B"]);
        assert_eq!(uses("use super::*;"), ["super as *"]);
        assert_eq!(uses("use a::B as C;"), ["a::B as C"]);
        assert_eq!(uses("use ::a::B;"), ["::a::B as B"]);
        assert_eq!(uses("use {a::B, crate::*};"), ["a::B as B", "crate as *"]);
        assert_eq!(uses("fn f() { use self::a; }"), ["self::a as a"]);
        assert_eq!(
            uses("use crate::{\n    a::{self, B, c::*},\n    d,\n};"),
            ["crate::a as a", "crate::a::B as B", "crate::a::c as *", "crate::d as d"]
        );
        assert_eq!(
            uses("pub use a::A; pub(crate) use b::B; pub(in crate::c) use d::D; use e::E;"),
            ["pub a::A as A", "pub b::B as B", "pub d::D as D", "e::E as E"]
        );
        assert_eq!(uses("pub struct A(B); use c::C;"), ["c::C as C"]);
        assert_eq!(uses("fn f() -> impl A + use<'a> { b }"), [""; 0]);
    }

    #[test]
    fn each_path_of_code_is_noted() {
        assert_eq!(paths("crate::a::f(super::B)"), ["crate::a::f", "super::B"]);
        assert_eq!(paths("a.b(c).d::<e::F>()"), ["a", "c", "e::F"]);
        assert_eq!(paths("..crate::A"), ["crate::A"]);
        assert_eq!(paths("<A as crate::B>::c()"), ["A", "as", "crate::B"]);
        assert_eq!(paths("A { b: c::D, e, f: g }"), ["A", "c::D", "e", "g"]);
        assert_eq!(paths("say!(\"{}\", crate::a::f())"), ["say", "crate::a::f"]);
        assert_eq!(paths("Vec::<crate::A>::new()"), ["Vec", "crate::A"]);
        assert_eq!(paths("&'a str"), ["str"]);
    }

    #[test]
    fn comments_strings_and_definitions_are_no_paths() {
        let text =
            "// crate::a::f()\n/* crate::b /* c */ */ //! crate::d\n\"crate::e\" r#\"crate::f\"#";
        assert_eq!(paths(text), ["doc"], "what a comment with three slashes is short for");
        let module =
            parse("fn f() {} struct A; pub(in crate::b) const C: u8 = 1; macro_rules! d {}");
        assert_eq!(module.items, ["f", "A", "C", "d"]);
        assert!(!module.paths.iter().any(|it| it.len() > 1));
    }

    #[test]
    fn modules_are_told_apart() {
        let text =
            "mod a; #[cfg(test)] mod b { use super::*; } #[path = \"../c.rs\"] mod c; mod d;";
        let module = parse(text);
        assert!(module.uses.is_empty());
        assert!(matches!(module.children["a"], Child::File(None)));
        assert!(matches!(&module.children["b"], Child::Inline(it) if it.uses.len() == 1));
        assert!(matches!(&module.children["c"], Child::File(Some(it)) if it == "../c.rs"));
        assert!(matches!(module.children["d"], Child::File(None)));
    }
}
