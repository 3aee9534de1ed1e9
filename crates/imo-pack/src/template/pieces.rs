//! From a text with names of control tokens to its pieces.

use super::TemplatePiece;

/// Cuts a text at the names of control tokens, the longest name first.
pub(super) fn split_controls(text: &str, controls: &[(u32, &str)]) -> Vec<TemplatePiece> {
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
