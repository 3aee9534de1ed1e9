//! How wide a line may be.

use super::sources::{files, read, relative};
use crate::files::root;

/// Most characters of a line of source, comments included.
const SOURCE: usize = 100;

/// Most characters of a line of prose in Markdown.
const PROSE: usize = 120;

#[test]
fn lines_fit_the_page() {
    let mut found = Vec::new();
    let mut paths = files(&["rs", "sol", "py", "sh", "js", "toml", "ld", "md"]);
    paths.extend([root().join("Makefile"), root().join(".ci/run")]);
    paths.sort();
    for path in paths {
        let text = read(&path);
        let wide = if path.extension().is_some_and(|it| it == "md") {
            wide_prose(&text)
        } else {
            wide_source(&text)
        };
        let name = relative(&path);
        found.extend(wide.iter().map(|(line, width)| format!("{name}:{line}: {width}")));
    }
    assert!(
        found.is_empty(),
        "{} lines over {SOURCE} columns, or {PROSE} in Markdown:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// The lines that are too wide: each one's number and width.
fn wide_source(text: &str) -> Vec<(usize, usize)> {
    widths(text.lines()).filter(|(_, width)| *width > SOURCE).collect()
}

/// The same of a page: tables, headings, link definitions and code between fences may be wider.
fn wide_prose(text: &str) -> Vec<(usize, usize)> {
    let mut in_code = false;
    let prose = text.lines().map(|line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        let is_exempt = is_fence || in_code || line.starts_with(['|', '#']) || is_definition(line);
        if is_exempt { "" } else { line }
    });
    widths(prose).filter(|(_, width)| *width > PROSE).collect()
}

/// Whether a line says where a link leads: `[name]: target`.
fn is_definition(line: &str) -> bool {
    line.starts_with('[') && line.contains("]: ") && line.split_whitespace().count() == 2
}

fn widths<'a>(lines: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (usize, usize)> {
    lines.enumerate().map(|(index, line)| (index + 1, line.chars().count()))
}

#[test]
fn width_counts_characters_of_every_line() {
    assert_eq!(wide_source(&"é".repeat(100)), []);
    assert_eq!(wide_source(&format!("a\n{}", "é".repeat(101))), [(2, 101)]);
    assert_eq!(wide_source(&format!("// {}", "a".repeat(98))), [(1, 101)]);
}

#[test]
fn only_prose_is_held_to_its_width() {
    let long = "a ".repeat(61);
    assert_eq!(wide_prose(&"a".repeat(120)), []);
    for prefix in ["", "- ", "> ", "    ", "[a] ", "[a]: "] {
        assert_eq!(wide_prose(&format!("{prefix}{long}")).len(), 1, "{prefix:?}");
    }
    let word = "a".repeat(121);
    for text in ["| a | WORD |", "# WORD", "[a]: WORD", "```\nWORD\n```"] {
        assert_eq!(wide_prose(&text.replace("WORD", &word)), [], "{text}");
    }
    assert_eq!(wide_prose(&format!("```\n{word}\n```\n{long}")), [(4, 122)]);
}
