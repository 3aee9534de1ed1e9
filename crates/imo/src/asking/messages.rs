//! Conversations in JSON, as OpenAI's chat interface has them.

use anyhow::{Context, bail, ensure};
use imo_model::{Part, Role, is_space};
use serde::Serialize;
use serde_json::{Map, Value};

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) text: String,
}

impl Message {
    pub(crate) fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into() }
    }

    pub(crate) const fn part(&self) -> Part<'_> {
        Part { role: self.role, text: self.text.as_bytes() }
    }

    /// Whether it has nothing that one could see. No program answers such a message.
    pub(crate) fn is_blank(&self) -> bool {
        self.text.chars().all(is_space)
    }
}

/// Reads a list of messages, or an object that has one. Whatever would change the answer and cannot
/// be passed on is refused, with its place. Also returns the fields of the object that are not
/// read.
pub(crate) fn read(json: &str) -> anyhow::Result<(Vec<Message>, Vec<String>)> {
    let value = serde_json::from_str(json).context("this is no JSON")?;
    let (list, ignored) = match value {
        Value::Array(list) => (list, Vec::new()),
        Value::Object(mut object) => {
            let Some(Value::Array(list)) = object.remove("messages") else {
                bail!("the object has no list `messages`");
            };
            (list, object.into_iter().map(|(name, _)| name).collect())
        }
        _ => bail!("this is neither a list of messages nor an object with `messages`"),
    };
    ensure!(!list.is_empty(), "there are no messages");
    let messages = list
        .into_iter()
        .enumerate()
        .map(|(index, value)| message(value).with_context(|| format!("messages[{index}]")));
    Ok((messages.collect::<anyhow::Result<_>>()?, ignored))
}

fn message(value: Value) -> anyhow::Result<Message> {
    let Value::Object(mut fields) = value else { bail!("this is no message, but {value}") };
    let role = match fields.remove("role") {
        Some(Value::String(role)) => role_of(&role)?,
        _ => bail!("it has no role"),
    };
    let text = match fields.remove("content") {
        Some(Value::String(text)) => text,
        Some(Value::Array(parts)) => {
            let parts = parts.into_iter().enumerate().map(|(index, value)| {
                text_part(value).with_context(|| format!("content[{index}]"))
            });
            parts.collect::<anyhow::Result<String>>()?
        }
        None | Some(Value::Null) => {
            refuse_others(&fields)?;
            bail!("it has no content")
        }
        Some(other) => bail!("content is neither a text nor a list of parts, but {other}"),
    };
    refuse_others(&fields)?;
    let message = Message { role, text };
    ensure!(!message.is_blank(), "its content is blank");
    Ok(message)
}

fn role_of(name: &str) -> anyhow::Result<Role> {
    // The later name of the same role.
    let name = if name == "developer" { "system" } else { name };
    let role = Role::ALL.into_iter().find(|role| role.name() == name);
    role.with_context(|| {
        format!("there is no role {name:?}; roles are system, developer, user and assistant")
    })
}

fn text_part(value: Value) -> anyhow::Result<String> {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    ensure!(kind == "text", "a part of type {kind:?} is not supported, only \"text\"");
    match value.get("text") {
        Some(Value::String(text)) => Ok(text.clone()),
        _ => bail!("it has no text"),
    }
}

/// Refuses fields that say something, such as tool calls.
fn refuse_others(fields: &Map<String, Value>) -> anyhow::Result<()> {
    let says_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    match fields.iter().find(|(_, value)| !says_nothing(value)) {
        Some((name, _)) => bail!("`{name}` is not supported, only `role` and `content`"),
        None => Ok(()),
    }
}

/// Writes messages as they are read.
pub(crate) fn write(messages: &[Message]) -> String {
    #[derive(Serialize)]
    struct Written<'a> {
        role: &'a str,
        content: &'a str,
    }
    let written = messages.iter().map(|it| Written { role: it.role.name(), content: &it.text });
    let written: Vec<_> = written.collect();
    serde_json::to_string_pretty(&written).expect("texts are JSON") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str) -> Vec<(Role, String)> {
        let (messages, _) = read(json).unwrap_or_else(|error| panic!("{json}: {error:#}"));
        messages.into_iter().map(|it| (it.role, it.text)).collect()
    }

    #[test]
    fn lists_objects_and_parts_are_read() {
        let said = |role, text: &str| (role, text.to_owned());
        assert_eq!(
            texts(
                r#"[{"role": "developer", "content": "Be brief."},
                    {"role": "user", "content": [{"type": "text", "text": "Hel"},
                                                 {"type": "text", "text": "lo"}]},
                    {"role": "assistant", "content": "Hi", "refusal": null, "tool_calls": []},
                    {"content": "é\n", "role": "user"}]"#
            ),
            [
                said(Role::System, "Be brief."),
                said(Role::User, "Hello"),
                said(Role::Assistant, "Hi"),
                said(Role::User, "é\n"),
            ]
        );
        let body = r#"{"model": "m", "messages": [{"role": "user", "content": "x"}], "top_p": 1}"#;
        assert_eq!(texts(body), [said(Role::User, "x")]);
        assert_eq!(read(body).expect("read").1, ["model", "top_p"]);
    }

    #[test]
    fn what_cannot_be_asked_is_refused_with_its_place() {
        let user = r#"{"role": "user", "content": "x"}"#;
        for (second, why) in [
            (r#"{"role": "tool", "content": "x"}"#, "messages[1]: there is no role \"tool\""),
            (r#"{"role": "User", "content": "x"}"#, "no role \"User\"; roles are system, dev"),
            (r#"{"content": "x"}"#, "messages[1]: it has no role"),
            (r#"{"role": "user"}"#, "messages[1]: it has no content"),
            (r#"{"role": "user", "content": null}"#, "it has no content"),
            (r#"{"role": "user", "content": 7}"#, "neither a text nor a list of parts, but 7"),
            (r#"{"role": "user", "content": " \n\u001c"}"#, "messages[1]: its content is blank"),
            (r#"{"role": "user", "content": []}"#, "its content is blank"),
            (
                r#"{"role": "user", "content": [{"type": "text", "text": "x"},
                    {"type": "image_url", "image_url": {"url": "data:"}}]}"#,
                "messages[1]: content[1]: a part of type \"image_url\" is not supported",
            ),
            (r#"{"role": "user", "content": [{"type": "text"}]}"#, "content[0]: it has no text"),
            (
                r#"{"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]}"#,
                "messages[1]: `tool_calls` is not supported",
            ),
            (r#"{"role": "user", "content": "x", "name": "Ann"}"#, "`name` is not supported"),
            (r#""hello""#, "messages[1]: this is no message, but \"hello\""),
        ] {
            let error = read(&format!("[{user}, {second}]")).expect_err(second);
            let error = format!("{error:#}");
            assert!(error.contains(why), "{why:?} is not in {error:?}");
        }
        for (json, why) in [
            ("", "no JSON"),
            ("[", "no JSON"),
            ("[]", "there are no messages"),
            ("7", "neither a list of messages nor an object"),
            (r#"{"message": []}"#, "no list `messages`"),
            (r#"{"messages": {}}"#, "no list `messages`"),
        ] {
            let error = format!("{:#}", read(json).expect_err(json));
            assert!(error.contains(why), "{why:?} is not in {error:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        arbtest::arbtest(|u| {
            let mut messages = Vec::new();
            for _ in 0..u.int_in_range(1..=4)? {
                let text = format!("x{}", u.arbitrary::<String>()?);
                messages.push(Message::new(*u.choose(&Role::ALL)?, text));
            }
            assert_eq!(read(&write(&messages)).expect("read"), (messages, Vec::new()));
            Ok(())
        });
    }
}
