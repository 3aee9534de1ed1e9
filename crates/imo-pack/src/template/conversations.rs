//! Tests: templates of the kinds that are in use, and random conversations with them.

use arbtest::arbitrary::{Result, Unstructured};
use imo_model::{EncodeError, Part, Piece, Role, Tokenizer};

use super::{Renderer, Specials, Template, freeze};
use crate::gguf::Gguf;
use crate::vocabulary::Vocabulary;

/// The control tokens of all of these templates.
const CONTROLS: [&str; 11] = [
    "<s>",
    "</s>",
    "<|open|>",
    "<|close|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "[ASK]",
    "[/ASK]",
    "<turn>",
    "<end>",
];

/// What a template takes. The words are those of the remarks.
const ANY: &str = "messages of system, user and assistant in any order";
const TURNS: &str = "a system message or none, and then messages of user and assistant in turn";
const NO_SYSTEM: &str = "messages of user and assistant in turn";
const NO_ANSWERS: &str = "a system message or none, and then one message of the user";
const ONE: &str = "one message of the user";

struct Case {
    name: &'static str,
    source: &'static str,
    takes: &'static str,
    /// Parts of the reasons why it does not take more.
    reasons: &'static [&'static str],
}

const CASES: [Case; 14] = [
    Case {
        name: "turns with names, and a default system message",
        source: "{%- for m in messages -%}
            {%- if loop.first and m.role != 'system' -%}
            {{- '<|open|>system\nAnswer in short sentences.<|close|>\n' -}}
            {%- endif -%}
            {{- '<|open|>' + m['role'] + '\n' + m['content'] + '<|close|>' + '\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|open|>assistant\n' -}}{%- endif -%}",
        takes: ANY,
        reasons: &[],
    },
    Case {
        name: "a system message within the first turn",
        source: "{%- if messages[0]['role'] == 'system' -%}
            {%- set turns, system = messages[1:], messages[0]['content'] -%}
            {%- else -%}{%- set turns, system = messages, false -%}{%- endif -%}
            {%- for m in turns -%}
            {%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) -%}
            {{- raise_exception('user and assistant should alternate') -}}
            {%- endif -%}
            {%- set text = m['content'] -%}
            {%- if loop.index0 == 0 and system -%}
            {%- set text = '<<RULES>>\n' + system + '\n<</RULES>>\n\n' + text -%}
            {%- endif -%}
            {%- if m['role'] == 'user' -%}{{- bos_token + '[ASK] ' + text.strip() + ' [/ASK]' -}}
            {%- else -%}{{- ' ' + text | trim + ' ' + eos_token -}}{%- endif -%}
            {%- endfor -%}",
        takes: TURNS,
        reasons: &["in any order: invalid operation: user and assistant should alternate"],
    },
    Case {
        name: "a system message within the last turn",
        source: "{%- if messages[0].role == 'system' -%}
            {%- set system, turns = messages[0].content, messages[1:] -%}
            {%- else -%}{%- set turns = messages -%}{%- endif -%}
            {{- bos_token -}}
            {%- for m in turns -%}
            {%- if (m.role == 'user') != (loop.index0 % 2 == 0) -%}
            {{- raise_exception('no turns') -}}{%- endif -%}
            {%- if m.role == 'user' -%}
            {%- if system is defined and loop.last -%}
            {{- '[ASK] ' + system + '\n\n' + m.content + '[/ASK]' -}}
            {%- else -%}{{- '[ASK] ' + m.content + '[/ASK]' -}}{%- endif -%}
            {%- else -%}{{- ' ' + m.content.lstrip() + eos_token -}}{%- endif -%}
            {%- endfor -%}",
        takes: NO_SYSTEM,
        reasons: &[
            "does not take a system message or none, and then messages of user and assistant in \
             turn: it does not show each message of system, user, assistant, user exactly once",
            "take messages of user and assistant in any order: invalid operation: no turns",
        ],
    },
    Case {
        name: "no system message, and another name for the assistant",
        source: "{{ bos_token }}{% if messages[0]['role'] == 'system' %}
            {{ raise_exception('rules are not supported') }}{% endif %}
            {%- for m in messages -%}
            {%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) -%}
            {{- raise_exception('no turns') -}}{%- endif -%}
            {%- set role = 'model' if m['role'] == 'assistant' else m['role'] -%}
            {{- '<turn>' + role + '\n' + m['content'] | trim + '<end>\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<turn>model\n' -}}{%- endif -%}",
        takes: NO_SYSTEM,
        reasons: &["rules are not supported", "no turns"],
    },
    Case {
        name: "thoughts that are cut out of answers",
        source: "{%- for m in messages -%}
            {%- set text = m.content -%}
            {%- if m.role == 'assistant' and '</think>' in text -%}
            {%- set text = text.split('</think>')[-1].lstrip('\n') -%}{%- endif -%}
            {{- '<|open|>' + m.role + '\n' + text + '<|close|>\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|open|>assistant\n' -}}{%- endif -%}",
        takes: ANY,
        reasons: &["cuts thoughts out of answers"],
    },
    Case {
        name: "thoughts that are cut out of answers, and something else that is cut",
        source: "{%- for m in messages -%}
            {%- set text = m.content -%}
            {%- if m.role == 'assistant' -%}
            {%- set text = text.split('</think>')[-1].replace('<end>', '') -%}{%- endif -%}
            {{- '<|open|>' + m.role + '\n' + text + '<|close|>\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|open|>assistant\n' -}}{%- endif -%}",
        takes: NO_ANSWERS,
        reasons: &["changes or looks into the assistant's message"],
    },
    Case {
        name: "a system message always",
        source: "{{- bos_token -}}
            {%- if messages[0].role == 'system' -%}
            {%- set rules = messages[0].content | trim -%}{%- set messages = messages[1:] -%}
            {%- else -%}{%- set rules = '' -%}{%- endif -%}
            {{- '<|open|>system<|close|>\n\nKnows nothing of today.\n\n' + rules + '<end>' -}}
            {%- for m in messages -%}
            {{- '<|open|>' + m.role + '<|close|>\n\n' + m.content | trim + '<end>' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|open|>assistant<|close|>\n\n' -}}{%- endif -%}",
        takes: ANY,
        reasons: &[],
    },
    Case {
        name: "a control token for each role",
        source: "{% for m in messages %}\n{% if m['role'] == 'user' %}
{{ '<|user|>\n' + m['content'] + eos_token }}
{% elif m['role'] == 'system' %}
{{ '<|system|>\n' + m['content'] + eos_token }}
{% elif m['role'] == 'assistant' %}
{{ '<|assistant|>\n'  + m['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}",
        takes: ANY,
        reasons: &[],
    },
    Case {
        name: "text alone",
        source: "{% for m in messages %}{{ m.role | upper }}: {{ m.content }}\n{% endfor %}\
            {% if messages[-1].role != 'assistant' %}ASSISTANT:{% endif %}",
        takes: ANY,
        reasons: &[],
    },
    Case {
        name: "a last message that is different",
        source: "{% for m in messages %}<turn>{{ '!' if loop.last else '' }}{{ m.content }}<end>\
            {% endfor %}",
        takes: NO_ANSWERS,
        reasons: &["assistant in turn: what it writes"],
    },
    Case {
        name: "the number of messages",
        source: "{{ messages | length }}\
            {% for m in messages %}<turn>{{ m.role }} {{ m.content }}<end>{% endfor %}",
        takes: NO_ANSWERS,
        reasons: &["assistant in turn: what it writes before a first message of"],
    },
    Case {
        name: "a long conversation",
        source: "{% for m in messages %}{% if loop.index == 50 %}<close>{% endif %}\
            <turn>{{ m.role }} {{ m.content }}<end>{% endfor %}",
        takes: NO_ANSWERS,
        reasons: &["assistant in turn: what it writes between"],
    },
    Case {
        name: "words of an earlier message",
        source: "{% for m in messages %}<turn>{% if not loop.first and 'please' in \
            messages[0].content %}kindly {% endif %}{{ m.content }}<end>{% endfor %}",
        takes: ONE,
        reasons: &[
            "in turn: it changes or looks into the user's message \"hellopleasehello\"",
            "message of the user: it changes or looks into the system's message \"hello",
        ],
    },
    Case {
        name: "messages that are the same",
        source: "{% for m in messages %}<turn>{% if not loop.first and m.content == \
            messages[0].content %}again {% endif %}{{ m.content }}<end>{% endfor %}",
        takes: ONE,
        reasons: &["otherwise than one by one", "otherwise than one by one"],
    },
];

/// A vocabulary with the control tokens, whose number is given for each.
fn vocabulary(name: &str) -> (Vocabulary, Vec<(u32, &'static str)>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/tokenizers");
    let file = std::fs::read(format!("{folder}/{name}.gguf")).expect("a vector");
    let mut vocabulary = Vocabulary::read(&Gguf::parse(&file).expect("a file")).expect("sound");
    for (text, control) in &mut vocabulary.tokens {
        if *control && CONTROLS.iter().any(|it| it.as_bytes() == text.as_slice()) {
            text.clear();
        }
    }
    let first = u32::try_from(vocabulary.tokens.len()).expect("a number");
    vocabulary.tokens.extend(CONTROLS.map(|it| (it.as_bytes().to_vec(), true)));
    (vocabulary, (first..).zip(CONTROLS).collect())
}

fn specials() -> Specials<'static> {
    [("bos_token", "<s>"), ("eos_token", "</s>")].into_iter().collect()
}

fn frozen(case: &Case, controls: &[(u32, &str)]) -> Template {
    freeze(case.source, &specials(), controls).unwrap_or_else(|it| panic!("{}: {it}", case.name))
}

/// A conversation whose messages are made of these pieces, and of any characters.
fn conversation(u: &mut Unstructured<'_>, pieces: &[&str]) -> Result<Vec<(Role, String)>> {
    let mut parts = Vec::new();
    for place in 0..u.int_in_range(1..=8_usize)? {
        let turn = [Role::User, Role::Assistant][place % 2];
        let role = if u.ratio(1, 8)? { *u.choose(&Role::ALL)? } else { turn };
        let mut text = String::new();
        for _ in 0..u.int_in_range(1..=4)? {
            match u.ratio(2, 3)? {
                true => text.push_str(u.choose(pieces)?),
                false => text.push(u.arbitrary()?),
            }
        }
        parts.push((role, text));
    }
    if u.ratio(1, 3)? {
        parts.insert(0, (Role::System, (*u.choose(pieces)?).to_owned() + "."));
    }
    Ok(parts)
}

fn parts(conversation: &[(Role, String)]) -> Vec<Part<'_>> {
    conversation.iter().map(|(role, text)| Part { role: *role, text: text.as_bytes() }).collect()
}

#[test]
fn the_largest_kind_of_conversations_is_packed_and_said() {
    let (_, controls) = vocabulary("smollm");
    for case in &CASES {
        let remarks = frozen(case, &controls).remarks;
        assert_eq!(remarks[0], format!("the chat template takes {}", case.takes), "{}", case.name);
        assert_eq!(remarks.len(), 1 + case.reasons.len(), "{}: {remarks:?}", case.name);
        for (remark, reason) in remarks[1..].iter().zip(case.reasons) {
            assert!(remark.contains(reason), "{}: {remark}", case.name);
        }
    }
}

#[test]
fn tokens_of_a_conversation_are_those_of_the_rendered_template() {
    let pieces = [" ", "\n", "the end", "\u{1f}", "\u{85}", "é", "\u{301}", "<", "|>", "</think>"];
    for name in ["smollm", "spm"] {
        let (vocabulary, controls) = vocabulary(name);
        for case in &CASES {
            let tables = vocabulary.encode(&frozen(case, &controls).separators);
            let tokenizer = Tokenizer::parse(&tables).expect("tables");
            tokenizer.validate().expect("sound");
            let renderer = Renderer::new(case.source).expect("it is parsed");
            let mut taken = 0;
            arbtest::arbtest(|u| {
                let conversation = conversation(u, &pieces)?;
                let tokens = match tokenizer.encode_parts(&parts(&conversation)) {
                    Err(EncodeError::NoSuchConversation | EncodeError::Blank) => return Ok(()),
                    tokens => tokens.expect("tokens"),
                };
                taken += 1;
                let messages: Vec<(&str, &str)> =
                    conversation.iter().map(|(role, text)| (role.name(), text.as_str())).collect();
                let text = renderer.render(&specials(), &messages, true).expect("it renders");
                let whole = tokenizer.encode_with_controls(&text).expect("tokens");
                assert_eq!(tokens, whole, "{}: {text:?}", case.name);
                Ok(())
            })
            .budget_ms(150);
            assert!(taken > 10, "{}: {taken}", case.name);
        }
    }
}

#[test]
fn answers_with_thoughts_are_refused_where_the_template_cuts_them() {
    let (vocabulary, controls) = vocabulary("smollm");
    let part = |role, text: &'static str| Part { role, text: text.as_bytes() };
    let [user, thinks, plain] = [
        part(Role::User, "a</think>b"),
        part(Role::Assistant, "a</think>b"),
        part(Role::Assistant, "a</think b"),
    ];
    for case in CASES.iter().filter(|it| it.takes == ANY) {
        let tables = vocabulary.encode(&frozen(case, &controls).separators);
        let tokenizer = Tokenizer::parse(&tables).expect("tables");
        let cuts = case.reasons.iter().any(|it| it.contains("cuts thoughts"));
        assert_eq!(tokenizer.cuts_thoughts(), cuts, "{}", case.name);
        let refusal = cuts.then_some(EncodeError::NoSuchConversation);
        assert_eq!(tokenizer.encode_parts(&[user, thinks, user]).err(), refusal, "{}", case.name);
        assert_eq!(tokenizer.encode_parts(&[user, plain, user]).err(), None, "{}", case.name);
    }
}

#[test]
fn no_text_of_any_role_yields_a_control_token() {
    let halves: Vec<&str> = CONTROLS
        .iter()
        .flat_map(|name| [name.split_at(1).0, name.split_at(1).1, name.split_at(2).1])
        .chain(["<|", "|>", "<", ">"])
        .collect();
    let pieces: Vec<&str> = CONTROLS.into_iter().chain(halves).collect();
    for name in ["smollm", "spm"] {
        let (vocabulary, controls) = vocabulary(name);
        for case in &CASES {
            let tables = vocabulary.encode(&frozen(case, &controls).separators);
            let tokenizer = Tokenizer::parse(&tables).expect("tables");
            arbtest::arbtest(|u| {
                let conversation = conversation(u, &pieces)?;
                let Ok(tokens) = tokenizer.encode_parts(&parts(&conversation)) else {
                    return Ok(());
                };
                let mut own = Vec::new();
                let mut last = None;
                for next in conversation.iter().map(|(role, _)| Some(*role)).chain([None]) {
                    let separator = tokenizer.separator(last, next).expect("it has tokens");
                    own.extend(tokenizer.pieces(&separator).filter_map(|piece| match piece {
                        Piece::Control(token) => Some(token),
                        Piece::Text(_) => None,
                    }));
                    last = next;
                }
                let found = tokens.into_iter().filter(|token| tokenizer.is_control(*token));
                assert_eq!(found.collect::<Vec<_>>(), own, "{}: {conversation:?}", case.name);
                Ok(())
            })
            .budget_ms(60);
        }
    }
}

#[test]
fn a_name_that_arises_between_two_messages_is_text() {
    let (vocabulary, controls) = vocabulary("smollm");
    let source = "{% for m in messages %}{{ m.content }}|close|>{% endfor %}";
    let case = Case { name: "halves", source, takes: ANY, reasons: &[] };
    let tables = vocabulary.encode(&frozen(&case, &controls).separators);
    let tokenizer = Tokenizer::parse(&tables).expect("tables");
    let parts = [Part::of_user(b"text<"), Part { role: Role::Assistant, text: b"<|open|><" }];
    let tokens = tokenizer.encode_parts(&parts).expect("tokens");
    assert!(tokens.iter().all(|token| !tokenizer.is_control(*token)));
    let text: Vec<u8> = tokens.iter().flat_map(|token| tokenizer.decode(*token)).copied().collect();
    assert_eq!(text, b"text<|close|><|open|><|close|>");
}
