//! A chat template, rendered once and frozen.

#[cfg(test)]
mod conversations;

mod freeze;
use freeze::Subject;

mod pieces;
use pieces::split_controls;

mod probes;
mod python;

mod render;
use render::Renderer;
pub(crate) use render::Specials;

mod separators;
pub(crate) use separators::{Separator, Separators, TemplatePiece};

mod walks;
use walks::{KINDS, Kind};

use imo_model::Role;
use imo_model::tables::THOUGHTS_END;

use crate::error::PackError;

/// A frozen template.
pub(crate) struct Template {
    pub(crate) separators: Separators,
    /// The control token that stands first after an answer, if the template says so.
    pub(crate) turn_end: Option<u32>,
    /// Which conversations the template takes, and why no others.
    pub(crate) remarks: Vec<String>,
}

impl Template {
    /// The message alone, where a file has no template.
    pub(crate) fn message_alone() -> Self {
        let remark = "the file has no chat template, so a message is sent as it stands, and there \
                      are no conversations";
        let remarks = vec![remark.to_owned()];
        Self { separators: Separators::none(), turn_end: None, remarks }
    }
}

/// Said of a template that cuts thoughts out of answers.
const CUTS: &str = "the chat template cuts thoughts out of answers, up to \"</think>\"; leave them \
                    out of earlier answers, which are refused with them";

/// Freezes a template, for the largest kind of conversations that it takes. What it writes between
/// two messages must depend on their roles alone, which is tried with many conversations.
///
/// `controls` are the names of the control tokens.
pub(crate) fn freeze(
    source: &str,
    specials: &Specials<'_>,
    controls: &[(u32, &str)],
) -> Result<Template, PackError> {
    let renderer = &Renderer::new(source).map_err(PackError::template)?;
    let probes = &probes::all(source)?;
    let mut refused: Vec<(&Kind, String)> = Vec::new();
    for kind in &KINDS {
        let subject =
            |cuts_thoughts| Subject { renderer, specials, controls, probes, cuts_thoughts };
        let mut separators = subject(false).separators(kind);
        let may_cut = source.contains(THOUGHTS_END) && kind.roles().any(|it| it == Role::Assistant);
        if separators.is_err() && may_cut {
            separators = subject(true).separators(kind);
        }
        match separators {
            Ok(separators) => {
                let turn_end = turn_end(renderer, specials, controls);
                let mut remarks = remarks(kind, &refused);
                if separators.cuts_thoughts {
                    remarks.push(CUTS.to_owned());
                }
                return Ok(Template { separators, turn_end, remarks });
            }
            Err(reason) => refused.push((kind, reason)),
        }
    }
    let reason = refused.pop().map(|(_, reason)| reason);
    Err(PackError::template(reason.unwrap_or_default()))
}

/// What a template takes, and why it does not take the next larger kinds.
fn remarks(kind: &Kind, refused: &[(&Kind, String)]) -> Vec<String> {
    let mut remarks = vec![format!("the chat template takes {}", kind.words)];
    let larger: Vec<_> = refused.iter().filter(|(it, _)| it.contains(kind)).collect();
    for (it, reason) in &larger {
        if !larger.iter().any(|(other, _)| it.contains(other) && !other.contains(it)) {
            remarks.push(format!("the chat template does not take {}: {reason}", it.words));
        }
    }
    remarks
}

/// The control token that a template writes first behind an answer. A template that takes no
/// answers says nothing of their end.
fn turn_end(renderer: &Renderer, specials: &Specials<'_>, controls: &[(u32, &str)]) -> Option<u32> {
    const MARK: &str = "\u{e000}answer\u{e000}";
    let messages = [("user", "hello"), ("assistant", MARK)];
    let turns = |opens| renderer.render(specials, &messages, opens).ok();
    let closed = turns(false)?;
    let (before, after) = closed.split_once(MARK)?;
    let opener = first_control(before.split_once("hello")?.0, controls);
    // Some templates begin another turn whether they are asked to or not.
    let always_opens = turns(true).is_none_or(|opened| opened == closed);
    first_control(after, controls).filter(|end| !always_opens || Some(*end) != opener)
}

fn first_control(text: &str, controls: &[(u32, &str)]) -> Option<u32> {
    split_controls(text, controls).into_iter().find_map(|piece| match piece {
        TemplatePiece::Control(token) => Some(token),
        TemplatePiece::Text(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use imo_model::tables::separator::index;

    use super::*;

    const CONTROLS: [(u32, &str); 3] = [(1, "<|start|>"), (2, "<|stop|>"), (3, "<|reply|>")];

    fn frozen(source: &str) -> Result<Template, PackError> {
        let specials =
            [("bos_token", "<|start|>"), ("eos_token", "<|stop|>"), ("unk_token", "<unk>")];
        freeze(source, &specials.into_iter().collect(), &CONTROLS)
    }

    fn text(it: &str) -> TemplatePiece {
        TemplatePiece::Text(it.to_owned())
    }

    /// Turns, and then the beginning of an answer.
    const TURNS: &str = "{% for m in messages %}<|start|>{{ m.content }}<|stop|>{% endfor %}";

    #[test]
    fn templates_are_rendered_as_for_a_conversation_without_tools() {
        use TemplatePiece::Control;

        let separator = |pieces| Some(Separator { pieces, ..Separator::default() });
        for (before, expected) in [
            ("{% if tools is not none %}tools{% endif %}", None),
            ("{% if tools %}tools{% endif %}{% if documents is not none %}x{% endif %}", None),
            ("{% if tools is none and documents is none %}alone{% endif %}", Some("alone")),
            ("{{ unk_token }}{{ pad_token }}", Some("<unk>")),
            (
                "{{ {'b': [1, 2.5, true, none], 'a': '<é>'} | tojson }}",
                Some(r#"{"b": [1, 2.5, true, null], "a": "<é>"}"#),
            ),
            (r#"{{ ["'", "\\u003c", "&"] | tojson }}"#, Some(r#"["'", "\\u003c", "&"]"#)),
            ("{{ [1] | tojson(indent=2) }}", Some("[\n  1\n]")),
            (
                "{% for i in [1, 2] %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}",
                Some("2"),
            ),
            (
                "{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}",
                Some("1"),
            ),
            ("a\n{%- generation -%}\n b {% endgeneration %}\nc", Some("ab c")),
            ("{% if strftime_now is defined %}today{% endif %}", None),
            ("{{ 'a\r\nb' }}\r{{ '\\r' }}", Some("a\nb\n\r")),
            ("{{ '\u{1f}\u{85}a\u{1c}' | trim }}{{ ' b '.strip() }}", Some("ab")),
        ] {
            let template = frozen(&format!("{before}{TURNS}")).expect(before);
            let first = expected.map(text).into_iter().chain([Control(1)]).collect();
            let user = Some(Role::User);
            let found = template.separators.all();
            assert_eq!(found[index(None, user)], separator(first), "{before}");
            assert_eq!(found[index(user, None)], separator(vec![Control(2)]), "{before}");
            assert_eq!(template.turn_end, Some(2), "{before}");
        }
    }

    #[test]
    fn a_template_that_looks_into_the_message_is_refused_by_name() {
        for (shown, expected) in [
            ("{{ c | e }}", r#"the user's message "<b>\"it's\" & more</b>""#),
            ("{{ c | replace('&', 'and') }}", "& more"),
            ("{{ c.replace('\"', '') }}", "looks into the user's message"),
            ("{{ c[:1000] }}", "… of 131072 bytes"),
            ("{{ c.split('</think>')[-1] }}", "</think>"),
            ("{% if '/no_think' in c %}quiet{% endif %}{{ c }}", "/no_think"),
            ("{% if c == 'abracadabra' %}open{% endif %}{{ c }}", "\"abracadabra\""),
            ("{% if c.startswith(\"\\tabra\") %}open{% endif %}{{ c }}", "\"\\tabra"),
            ("{% if c.endswith('abra') %}open{% endif %}{{ c }}", "abra\""),
            ("{% if c | length < 2 %}short{% endif %}{{ c }}", "the user's message \"?\""),
            ("{% if c | length > 99000 %}long{% endif %}{{ c }}", "… of 131072 bytes"),
            ("{{ c | upper }}", "message \"hello\""),
            ("{{ c.lstrip(' ') }}", "\" two  spaces \""),
            ("{{ messages | tojson }}", "looks into the user's message"),
            ("{{ raise_exception('system needed') }}", "system needed"),
            ("{{ strftime_now('%Y') }}{{ c }}", "strftime_now"),
            ("nothing", "does not show the user's message exactly once"),
            ("{{ c }}{{ c }}", "does not show the user's message exactly once"),
        ] {
            let refusal = frozen(&format!("{{% set c = messages[0].content %}}{shown}"))
                .err()
                .unwrap_or_else(|| panic!("{shown} is frozen"))
                .to_string();
            assert!(refusal.contains(expected), "{shown}: {refusal}");
        }
    }

    #[test]
    fn a_hostile_template_neither_runs_on_nor_fills_the_memory() {
        let literals: String = (0..2_000).map(|index| format!("{{{{ '{index}' }}}}")).collect();
        for source in [
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            literals.as_str(),
        ] {
            assert!(frozen(&format!("{source}{TURNS}")).is_err());
        }
    }

    #[test]
    fn the_token_after_an_answer_is_noticed() {
        let reply = "{% for m in messages %}{{ m.content }}<|reply|>{% endfor %}";
        assert_eq!(frozen(reply).expect("frozen").turn_end, Some(3));
        let none = "{% for m in messages %}{{ m.content }}\n{% endfor %}";
        assert_eq!(frozen(none).expect("frozen").turn_end, None);
        let always_opens = "{% for m in messages %}{% if m.role == 'user' %}<|start|>\
                            {{ m.content }}<|stop|>{% else %}{{ m.content }}{% endif %}\
                            {% endfor %}<|start|>";
        assert_eq!(frozen(always_opens).expect("frozen").turn_end, None);
        let single = "{% if messages[1] %}{{ raise_exception('one only') }}{% endif %}\
                      {{ messages[0].content }}<|reply|>";
        assert_eq!(frozen(single).expect("frozen").turn_end, None);
    }
}
