//! What contracts must say about themselves: a notice on everything that can be called, emitted or
//! thrown, and in interfaces a word on each parameter and value.

use std::fs;

use crate::{files_under, root};

/// A function, event or error: its text up to the body, and the comment above it.
struct Declaration {
    line: usize,
    head: String,
    comment: String,
}

impl Declaration {
    fn kind(&self) -> &str {
        self.head.split_whitespace().next().unwrap_or_default()
    }

    fn name(&self) -> &str {
        let name = self.head.split_whitespace().nth(1).unwrap_or_default();
        name.split('(').next().unwrap_or_default()
    }

    /// Whether anybody but the contract itself can meet it.
    fn is_public(&self) -> bool {
        let words = ["external", "public"];
        let mut parts = self.head.split(['(', ')', ' ', ';']);
        self.kind() != "function" || parts.any(|it| words.contains(&it))
    }

    fn parameters(&self) -> impl Iterator<Item = &str> {
        names(list_after(&self.head, self.name()))
    }

    fn values(&self) -> usize {
        list_after(&self.head, "returns ").split(',').filter(|it| !it.trim().is_empty()).count()
    }

    /// What the comment does not say.
    fn missing(&self, in_interface: bool) -> Vec<String> {
        if self.comment.contains("@inheritdoc") || !self.is_public() {
            return Vec::new();
        }
        let mut missing = Vec::new();
        if !self.comment.contains("@notice") {
            missing.push("@notice".to_owned());
        }
        if in_interface && self.kind() == "function" {
            let described = |name: &&str| !self.comment.contains(&format!("@param {name} "));
            missing.extend(self.parameters().filter(described).map(|it| format!("@param {it}")));
            if self.comment.matches("@return ").count() < self.values() {
                missing.push("@return".to_owned());
            }
        }
        missing
    }
}

/// What stands between the parentheses that open right after `word`.
fn list_after<'a>(head: &'a str, word: &str) -> &'a str {
    let (_, rest) = head.split_once(&format!("{word}(")).unwrap_or_default();
    rest.split(')').next().unwrap_or_default()
}

/// The names in a list of parameters; one without a name has nothing to describe.
fn names(list: &str) -> impl Iterator<Item = &str> {
    let words = list.split(',').map(|it| it.split_whitespace().collect::<Vec<_>>());
    words.filter(|it| it.len() > 1).filter_map(|it| it.last().copied())
}

fn declarations(text: &str) -> Vec<Declaration> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let opens =
        |line: &str| ["function ", "event ", "error "].iter().any(|it| line.starts_with(it));
    let starts = (0..lines.len()).filter(|number| opens(lines[*number]));
    starts
        .map(|start| {
            let length = lines[start..].iter().position(|it| it.contains([';', '{']));
            let end = start + length.expect("a declaration ends");
            let head = lines[start..=end].join(" ").replace("( ", "(");
            let above = lines[..start].iter().rev().take_while(|it| it.starts_with("//"));
            // A space at the end, so that a name at the end of a line is a whole word.
            let comment = above.map(|it| format!("{it} ")).collect();
            Declaration { line: start + 1, head, comment }
        })
        .collect()
}

#[test]
fn contracts_say_what_they_do() {
    let folder = root().join("contracts/src");
    let mut files = Vec::new();
    files_under(&folder, "sol", &mut files);
    assert!(files.len() > 50, "the contracts are there");
    let mut wrong = Vec::new();
    for file in files {
        let path = file.strip_prefix(&folder).expect("below it").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a source");
        for declaration in declarations(&text) {
            let place = format!("{path}:{} {}", declaration.line, declaration.name());
            let missing = declaration.missing(path.starts_with("interfaces/"));
            wrong.extend(missing.iter().map(|what| format!("{place}: no {what}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_missing_is_named() {
    let text = "/// @notice Pays.\n/// @param to Whom.\nfunction pay(\n  address to,\n  \
                uint256 amount\n) external returns (bool);";
    let pay = &declarations(text)[0];
    assert_eq!(pay.missing(true), ["@param amount", "@return"]);
    assert!(pay.missing(false).is_empty());
    let text = "function nothing() external;";
    assert_eq!(declarations(text)[0].missing(true), ["@notice"]);
    let text = "error Empty();\nfunction inner() internal {\n/// @inheritdoc IBase\n\
                function outer(uint256 a) public {";
    let found: Vec<_> = declarations(text).iter().map(|it| it.missing(true)).collect();
    assert_eq!(found, [vec!["@notice".to_owned()], vec![], vec![]]);
}
