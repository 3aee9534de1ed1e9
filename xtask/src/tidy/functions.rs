//! How long a function may be.

use super::sources::{read, relative, sources};

/// Most lines of a function: whoever reads it sees it whole on a screen.
const MOST_LINES: usize = 100;

#[test]
fn functions_fit_a_screen() {
    let found: Vec<String> = sources()
        .iter()
        .flat_map(|file| {
            let name = relative(file);
            longer_than(MOST_LINES, &read(file)).into_iter().map(move |it| format!("{name}:{it}"))
        })
        .collect();
    assert!(found.is_empty(), "longer than {MOST_LINES} lines: {found:#?}");
}

/// The functions with more lines than `most`, each with the line it starts at. Indentation, which
/// rustfmt keeps, tells where a function ends.
fn longer_than(most: usize, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize, &str)> = None;
    for (number, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if open.is_none() && is_head(code) {
            open = Some((indent, number, code));
        }
        let Some((_, from, head)) = open.filter(|(depth, ..)| *depth == indent) else { continue };
        if code.starts_with('}') {
            let lines = number - from + 1;
            if lines > most {
                found.push(format!("{}: {lines} lines: {head}", from + 1));
            }
            open = None;
        } else if code.ends_with([';', '}']) {
            open = None;
        }
    }
    found
}

/// Whether a line of code starts a function, whatever its visibility and qualifiers.
fn is_head(code: &str) -> bool {
    let code = match code.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ").map_or("", |(_, rest)| rest),
        None => code.strip_prefix("pub ").unwrap_or(code),
    };
    let mut words = code.split_whitespace();
    let is_qualifier = |word: &&str| {
        ["async", "const", "extern", concat!("uns", "afe")].contains(word) || word.starts_with('"')
    };
    words.find(|it| !is_qualifier(it)) == Some("fn")
}

#[test]
fn every_kind_of_head_is_known() {
    let heads = [
        "fn f() {",
        "pub fn f() {",
        "pub(crate) fn f() {",
        "pub(in crate::a) async fn f() {",
        "const fn f() {",
        "pub const fn f() {",
        concat!("uns", "afe fn f() {"),
        concat!("pub(super) const uns", "afe fn f() {"),
        concat!("pub uns", "afe extern \"C\" fn f() {"),
        "extern \"C\" fn f() {",
    ];
    for head in heads {
        assert!(is_head(head), "{head}");
    }
    for line in
        ["const F: u32 = 1;", "pub struct F(fn());", "// fn f() {", "call(fn f)", "async move {"]
    {
        assert!(!is_head(line), "{line}");
    }
}

#[test]
fn a_long_function_is_found() {
    let text = "fn short() {}\nfn three() {\n    a;\n}\nimpl A {\n    pub const fn four(\n    ) {\n\
                \x20       a;\n    }\n}\n";
    assert_eq!(longer_than(4, text), [""; 0]);
    assert_eq!(longer_than(3, text), ["6: 4 lines: pub const fn four("]);
    assert_eq!(longer_than(2, text).len(), 2);
    assert_eq!(longer_than(1, "trait A {\n    fn f();\n}\n"), [""; 0], "no body, no length");
}
