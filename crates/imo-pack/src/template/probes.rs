//! Messages with which a frozen template is compared with the real one.

use std::collections::BTreeSet;

use crate::error::PackError;

/// Messages that some templates treat in a way of their own.
const PROBES: [&str; 15] = [
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
];
/// Bytes of the longest prompt that the program takes.
const LONGEST: usize = 16_384;
/// The most texts that a template may have of its own. Templates in use have some hundred.
const MOST_LITERALS: usize = 1_000;

/// All messages to try with a template: ours, long ones, and those with the template's own texts.
pub(super) fn all(source: &str) -> Result<Vec<String>, PackError> {
    let mut all: Vec<String> = PROBES.map(str::to_owned).to_vec();
    for length in [300, LONGEST] {
        let words = (0..).map(|word: u32| format!("{word} and ")).take(length);
        let mut long: String = words.collect();
        long.truncate(length - 1);
        all.push(long + ".");
    }
    let literals = literals(source);
    if literals.len() > MOST_LITERALS {
        return Err(PackError::template(format!(
            "it has more than {MOST_LITERALS} texts of its own"
        )));
    }
    for it in literals {
        all.extend([format!("hello{it}hello"), format!("{it} hello"), format!("hello {it}"), it]);
    }
    Ok(all)
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
    let mut chars = source.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return (text, &source[at + 1..]),
            '\\' => text.extend(chars.next().map(|(_, c)| match c {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            })),
            _ => text.push(c),
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_quotes_are_found_where_they_are_code() {
        let found = literals(
            "don't {{ 'a\\n' + \"b'}}\" }} 'no' {# 'no' #} {%- if x == '\\'' -%} { 'no' } {{ 'open",
        );
        let expected = ["a\n", "b'}}", "'", "open"].map(str::to_owned);
        assert_eq!(found, BTreeSet::from(expected));
    }

    #[test]
    fn the_longest_probe_is_the_longest_prompt() {
        let longest = all("").expect("no literals").into_iter().map(|it| it.len()).max();
        assert_eq!(longest, Some(LONGEST));
    }
}
