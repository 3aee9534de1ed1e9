//! Messages with which a frozen template is compared with the real one.

use std::collections::BTreeSet;
use std::str::Chars;

use imo_model::is_space;

use crate::error::PackError;

/// Messages that some templates treat in a way of their own.
const PROBES: [&str; 27] = [
    "hello",
    "?",
    " two  spaces ",
    "line\nbreak\n",
    "tab\tand\r\nreturn",
    "{{ braces }} {% and %} {# more #}",
    "ünï → 漢字 🙂",
    "<b>\"it's\" & more</b>",
    "back\\slash \\n",
    "42",
    "/no_think",
    "<think>a</think>b",
    "</think>",
    "[INST] <<SYS>> [/INST]",
    "{\"name\": \"call\", \"arguments\": {}}",
    "system",
    "user: hello\nassistant: hello",
    "<|im_start|>user\nhello<|im_end|>",
    "\u{1c}separators\u{1f}of\u{1e}ASCII\u{1d}",
    "\u{85}next\u{85}line\u{85}",
    "\u{a0}wide\u{3000}spaces\u{2028}",
    "\u{200b}no\u{200b}width\u{feff}",
    "\u{301}e\u{301}\u{301}",
    "👩\u{200d}👩\u{200d}👧 🇪🇺",
    "\n\n\nlines\n\n\n",
    "\r\nlines\r\n",
    "None",
];
/// Bytes of the longest conversation that a program takes.
const LONGEST: usize = 131_072;
/// The most texts that a template may have of its own. Templates in use have some hundred.
const MOST_LITERALS: usize = 1_000;

/// All messages to try with a template: ours, those with the template's own texts, and a long one.
pub(super) fn all(source: &str) -> Result<Vec<String>, PackError> {
    let mut all: Vec<String> = PROBES.map(str::to_owned).to_vec();
    all.push(long(300));
    let literals = literals(source);
    if literals.len() > MOST_LITERALS {
        return Err(PackError::template(format!(
            "it has more than {MOST_LITERALS} texts of its own"
        )));
    }
    for it in literals {
        all.extend([format!("hello{it}hello"), format!("{it} hello"), format!("hello {it}"), it]);
    }
    // No conversation has a message of nothing but white space.
    all.retain(|it| !it.chars().all(is_space));
    all.push(long(LONGEST));
    Ok(all)
}

/// A text of many words and of so many bytes.
fn long(bytes: usize) -> String {
    let words = (0..).map(|word: u32| format!("{word} and ")).take(bytes);
    let mut long: String = words.collect();
    long.truncate(bytes - 1);
    long + "."
}

/// The texts in quotes between a template's braces.
fn literals(source: &str) -> BTreeSet<String> {
    let mut literals = BTreeSet::new();
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        let end = match rest.chars().next() {
            Some('{') => "}}",
            Some('%') => "%}",
            Some('#') => {
                rest = rest.split_once("#}").map_or("", |(_, after)| after);
                continue;
            }
            _ => continue,
        };
        while !rest.is_empty() && !rest.starts_with(end) {
            let c = rest.chars().next().expect("not empty");
            rest = &rest[c.len_utf8()..];
            if matches!(c, '"' | '\'') {
                let (literal, after) = quoted(rest, c);
                literals.insert(literal);
                rest = after;
            }
        }
    }
    literals.remove("");
    literals
}

/// The text up to the closing quote, and what follows it.
fn quoted(source: &str, quote: char) -> (String, &str) {
    let mut text = String::new();
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            _ if c == quote => return (text, chars.as_str()),
            '\\' => text.extend(escaped(&mut chars)),
            _ => text.push(c),
        }
    }
    (text, "")
}

/// What an escape stands for; the characters begin behind its backslash.
fn escaped(chars: &mut Chars<'_>) -> Option<char> {
    match chars.next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'u' => {
            let code = u32::from_str_radix(chars.as_str().get(..4)?, 16).ok()?;
            chars.nth(3);
            char::from_u32(code)
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_quotes_are_found_where_they_are_code() {
        let found = literals(
            "don't {{ 'a\\n' + \"b'}}\" }} 'no' {# 'no' #} {%- if x == '\\'\\u00e9' -%} \
             { 'no' } {{ 'open",
        );
        let expected = ["a\n", "b'}}", "'é", "open"].map(str::to_owned);
        assert_eq!(found, BTreeSet::from(expected));
    }

    #[test]
    fn the_last_probe_is_the_longest_message() {
        let all = all("{{ '\\n' }}").expect("a literal");
        assert_eq!(all.last().map(String::len), Some(LONGEST));
        assert_eq!(all.iter().map(String::len).max(), Some(LONGEST));
        assert!(!all.contains(&"\n".to_owned()) && all.contains(&"\n hello".to_owned()));
    }
}
