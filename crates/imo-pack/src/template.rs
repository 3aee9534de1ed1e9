//! A chat template, rendered once and frozen.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, context};

use crate::error::PackError;

/// A template for one user message, in pieces.
pub(crate) struct Template {
    pub(crate) pieces: Vec<TemplatePiece>,
    /// Whether white space around the message is dropped.
    pub(crate) trims: bool,
}

/// A piece of a template, as [`imo_model::Piece`] but owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplatePiece {
    Control(u32),
    Text(String),
    Content,
}

/// What stands for a user's message while the template is taken apart.
const PROBE: &str = "\u{e000}probe\u{e000}";
/// Steps, and 64-byte pieces of data, that a template may take, so that a hostile template neither
/// runs on nor fills the memory.
const FUEL: u64 = 100_000;
/// Messages with which the frozen template is compared with the real one.
const PROBES: [&str; 5] =
    ["hello", " two  spaces ", "line\nbreak\n", "{{ braces }} {% and %}", "ünï → 漢字 🙂"];

/// Freezes a template; without one the message stands alone.
///
/// `controls` are the names of the control tokens.
pub(crate) fn freeze(
    source: Option<&str>,
    (begin, end): (&str, &str),
    controls: &[(u32, &str)],
) -> Result<Template, PackError> {
    let Some(source) = source else {
        return Ok(Template { pieces: vec![TemplatePiece::Content], trims: false });
    };
    let render = |message: &str| render(source, (begin, end), message);
    let text = render(PROBE)?;
    let trims = !render(&format!(" {PROBE} "))?.contains(&format!(" {PROBE} "));
    let parts: Vec<&str> = text.split(PROBE).collect();
    let [before, after] = parts[..] else {
        return Err(PackError::Template {
            what: "it does not show the message exactly once".to_owned(),
        });
    };
    for probe in PROBES {
        let content = if trims { probe.trim() } else { probe };
        if render(probe)? != format!("{before}{content}{after}") {
            return Err(PackError::Template { what: format!("it changes the message {probe:?}") });
        }
    }
    let mut pieces = split_controls(before, controls);
    pieces.push(TemplatePiece::Content);
    pieces.extend(split_controls(after, controls));
    Ok(Template { pieces, trims })
}

fn render(source: &str, (begin, end): (&str, &str), message: &str) -> Result<String, PackError> {
    let mut environment = Environment::new();
    // The settings with which the templates' own tools render them.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the usual delimiters"));
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    let failed = |error: minijinja::Error| PackError::Template { what: error.to_string() };
    environment
        .render_str(
            source,
            context! {
                messages => [context! { role => "user", content => message }],
                add_generation_prompt => true,
                bos_token => begin,
                eos_token => end,
            },
        )
        .map_err(failed)
}

/// Cuts a text at the names of control tokens, the longest name first.
fn split_controls(text: &str, controls: &[(u32, &str)]) -> Vec<TemplatePiece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let found = controls
            .iter()
            .filter(|(_, name)| !name.is_empty())
            .filter_map(|(token, name)| Some((rest.find(name)?, name.len(), *token)))
            .min_by_key(|(at, length, _)| (*at, std::cmp::Reverse(*length)));
        let (at, length) = found.map_or((rest.len(), 0), |(at, length, _)| (at, length));
        if at > 0 {
            pieces.push(TemplatePiece::Text(rest[..at].to_owned()));
        }
        pieces.extend(found.map(|(_, _, token)| TemplatePiece::Control(token)));
        rest = &rest[at + length..];
    }
    pieces
}
