//! Where a text is cut before merging.

use super::lookup::Tokenizer;
use super::tables::{Class, Splitter};

/// What may follow an apostrophe.
const CONTRACTIONS: [&str; 7] = ["s", "t", "re", "ve", "m", "ll", "d"];

/// Length in bytes of the first run of a text that is not empty. Each run is cut by itself.
pub(super) fn first_run(tokenizer: &Tokenizer<'_>, text: &str) -> usize {
    if tokenizer.splitter != Splitter::Smollm {
        return text.len();
    }
    match length_while(text, |c| tokenizer.class(c) != Class::Number) {
        0 => first_length(text),
        length => length,
    }
}

/// Length in bytes of the first piece of a run that is not empty.
pub(super) fn first_piece(tokenizer: &Tokenizer<'_>, run: &str) -> usize {
    match tokenizer.splitter {
        Splitter::Smollm | Splitter::Gpt2 => first_of_gpt2(tokenizer, run),
        Splitter::Llama3 => first_of_llama3(tokenizer, run, 3),
        Splitter::Qwen2 => first_of_llama3(tokenizer, run, 1),
        Splitter::Whole | Splitter::Unigram => run.len(),
    }
}

fn first_of_gpt2(tokenizer: &Tokenizer<'_>, run: &str) -> usize {
    if let Some(rest) = run.strip_prefix('\'')
        && let Some(it) = CONTRACTIONS.iter().find(|it| rest.starts_with(**it))
    {
        return 1 + it.len();
    }
    let lead = usize::from(run.starts_with(' '));
    if let Some(first) = run[lead..].chars().next() {
        let class = tokenizer.class(first);
        if class != Class::Space {
            return lead + length_while(&run[lead..], |c| tokenizer.class(c) == class);
        }
    }
    first_space(tokenizer, run)
}

fn first_of_llama3(tokenizer: &Tokenizer<'_>, run: &str, digits: usize) -> usize {
    if let Some(rest) = run.strip_prefix('\'') {
        let starts =
            |it: &&&str| rest.get(..it.len()).is_some_and(|start| start.eq_ignore_ascii_case(it));
        if let Some(it) = CONTRACTIONS.iter().find(starts) {
            return 1 + it.len();
        }
    }
    let class = |c: char| tokenizer.class(c);
    let mut chars = run.chars();
    let Some(first) = chars.next() else { return 0 };
    let second = chars.next().map(class);
    let kind = class(first);
    let leads = !matches!(first, '\r' | '\n') && kind != Class::Number;
    if kind == Class::Letter || leads && second == Some(Class::Letter) {
        let lead = first.len_utf8();
        return lead + length_while(&run[lead..], |c| class(c) == Class::Letter);
    }
    if kind == Class::Number {
        let numbers = run.char_indices().take(digits).take_while(|(_, c)| class(*c) == kind);
        return numbers.map(|(at, c)| at + c.len_utf8()).last().unwrap_or(0);
    }
    let lead = usize::from(first == ' ');
    let others = length_while(&run[lead..], |c| class(c) == Class::Other);
    if others > 0 {
        let end = lead + others;
        return end + length_while(&run[end..], |c| matches!(c, '\r' | '\n'));
    }
    let spaces = &run[..length_while(run, |c| class(c) == Class::Space)];
    match spaces.rfind(['\r', '\n']) {
        Some(at) => at + 1,
        None => first_space(tokenizer, run),
    }
}

/// `\s+(?!\S)|\s+`: of several spaces before a word, the last one belongs to the word.
fn first_space(tokenizer: &Tokenizer<'_>, run: &str) -> usize {
    let end = length_while(run, |c| tokenizer.class(c) == Class::Space);
    let last = run[..end].chars().next_back().map_or(0, char::len_utf8);
    match end {
        // In tables where even a space is no space, the character is a piece by itself.
        0 => first_length(run),
        end if end == run.len() || end == last => end,
        end => end - last,
    }
}

fn first_length(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Length in bytes of the characters at the start for which `holds` is true.
fn length_while(text: &str, holds: impl Fn(char) -> bool) -> usize {
    text.char_indices().find(|(_, c)| !holds(*c)).map_or(text.len(), |(at, _)| at)
}
