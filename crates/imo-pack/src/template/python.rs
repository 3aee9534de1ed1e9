//! What Python's strings do otherwise than Rust's: its white space, and some of its methods.

use imo_model::is_space;
use minijinja::value::{Value, ValueKind, from_args};
use minijinja::{Error, State};
use minijinja_contrib::pycompat;

/// Characters that end a line.
const LINE_ENDS: [char; 10] =
    ['\n', '\u{b}', '\u{c}', '\r', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// A method that a template calls on a value.
pub(super) fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let own = value.as_str().and_then(|text| text_method(text, method, args));
    own.unwrap_or_else(|| pycompat::unknown_method_callback(state, value, method, args))
}

/// The methods of strings that are Python's alone. `None` for all others.
fn text_method(text: &str, method: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    let no_characters = args.iter().all(|it| it.is_none());
    let fixed = |fixed: fn(&str, &str) -> Value| {
        from_args(args).map(|(argument,): (&str,)| fixed(text, argument))
    };
    Some(match method {
        "strip" if no_characters => Ok(text.trim_matches(is_space).into()),
        "lstrip" if no_characters => Ok(text.trim_start_matches(is_space).into()),
        "rstrip" if no_characters => Ok(text.trim_end_matches(is_space).into()),
        "isspace" => Ok((!text.is_empty() && text.chars().all(is_space)).into()),
        "split" if args.first().is_none_or(Value::is_none) => words(text, args),
        "splitlines" if args.is_empty() => Ok(lines(text).map(Value::from).collect()),
        "removeprefix" => fixed(|text, it| text.strip_prefix(it).unwrap_or(text).into()),
        "removesuffix" => fixed(|text, it| text.strip_suffix(it).unwrap_or(text).into()),
        "partition" => fixed(|text, it| match text.split_once(it) {
            Some((before, after)) => [before, it, after].map(Value::from).into(),
            None => [text, "", ""].map(Value::from).into(),
        }),
        "rpartition" => fixed(|text, it| match text.rsplit_once(it) {
            Some((before, after)) => [before, it, after].map(Value::from).into(),
            None => ["", "", text].map(Value::from).into(),
        }),
        _ => return None,
    })
}

/// The filter `trim`.
pub(super) fn trim(value: &Value, characters: Option<String>) -> String {
    let text = value.to_string();
    let drops = |c: char| match &characters {
        None => is_space(c),
        Some(characters) => characters.contains(c),
    };
    text.trim_matches(drops).to_owned()
}

/// The test `sequence`: whatever has a length and elements.
pub(super) fn is_sequence(value: &Value) -> bool {
    let kinds = [ValueKind::Seq, ValueKind::String, ValueKind::Map, ValueKind::Undefined];
    kinds.contains(&value.kind())
}

/// The test `iterable`: not of `none`, though minijinja's loops take it for an empty list.
pub(super) fn is_iterable(value: &Value) -> bool {
    !value.is_none() && value.try_iter().is_ok()
}

/// `split` at white space, as often as the second argument says.
fn words(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (_, most): (Option<&Value>, Option<i64>) = from_args(args)?;
    let mut most = most.and_then(|it| usize::try_from(it).ok()).unwrap_or(usize::MAX);
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let end = if most == 0 { None } else { rest.find(is_space) };
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        words.push(Value::from(word));
        rest = after.trim_start_matches(is_space);
        most = most.saturating_sub(1);
    }
    Ok(words.into())
}

/// The lines of a text, as `splitlines` ends them.
fn lines(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (line, rest) = match text.find(LINE_ENDS) {
            _ if text.is_empty() => return None,
            None => (text, ""),
            Some(end) => {
                let (line, rest) = text.split_at(end);
                let after = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(LINE_ENDS));
                (line, after.unwrap_or_default())
            }
        };
        text = rest;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use minijinja::{Environment, context};

    use super::*;

    /// The results are Python 3's.
    #[test]
    fn strings_are_pythons() {
        let mut environment = Environment::new();
        environment.set_unknown_method_callback(method);
        environment.add_filter("trim", trim);
        environment.add_test("sequence", is_sequence);
        environment.add_test("iterable", is_iterable);
        let text = "\u{1f} a\u{85}\u{1c} b\u{200b}\u{a0}";
        for (expression, expected) in [
            ("x.strip() == 'a\u{85}\u{1c} b\u{200b}'", true),
            ("x | trim == x.strip(none)", true),
            ("x.lstrip() == 'a\u{85}\u{1c} b\u{200b}\u{a0}'", true),
            ("x.rstrip() == '\u{1f} a\u{85}\u{1c} b\u{200b}'", true),
            ("'xaxbx'.strip('x') == 'axb'", true),
            ("'xaxbx' | trim('bx') == 'a'", true),
            ("7 | trim == '7'", true),
            ("missing | trim == ''", true),
            ("x.split() == ['a', 'b\u{200b}']", true),
            ("' a  b c '.split(none, 1) == ['a', 'b c ']", true),
            ("'a,b,c'.split(',', 1) == ['a', 'b,c']", true),
            ("'a\u{85}b\u{1d}\r\nc\n'.splitlines() == ['a', 'b', '', 'c']", true),
            ("'\u{1c}\u{85}'.isspace()", true),
            ("''.isspace() or '\u{200b}'.isspace()", false),
            ("'abc'.removeprefix('a').removesuffix('c') == 'b'", true),
            ("'a-b-c'.partition('-')[2] == 'b-c' and 'a'.partition('-')[0] == 'a'", true),
            ("'a-b-c'.rpartition('-')[2] == 'c' and 'a'.rpartition('-')[2] == 'a'", true),
            ("'text' is sequence and 'text' is iterable and [] is sequence", true),
            ("7 is sequence or none is sequence", false),
            ("{} is iterable and missing is iterable", true),
            ("7 is iterable or none is iterable", false),
        ] {
            let compiled = environment.compile_expression(expression).expect(expression);
            let found = compiled.eval(context! { x => text }).expect(expression);
            assert_eq!(found.is_true(), expected, "{expression}");
        }
    }
}
