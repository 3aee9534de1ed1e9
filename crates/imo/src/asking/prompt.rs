//! What is said to a model.

use anyhow::ensure;
use imo_model::Role;
use imo_text::layout::{Form, conversation};

use crate::asking::messages::Message;

/// What is said to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// A text to continue.
    Raw(String),
    /// Messages, at least one.
    Conversation(Vec<Message>),
}

impl Prompt {
    /// What it is in a request. A single message of the user is one however it was given, so that
    /// equal questions are equal requests.
    pub(crate) fn form(&self) -> Form {
        match self {
            Self::Raw(_) => Form::Raw,
            Self::Conversation(messages) if is_one_of_user(messages) => Form::Message,
            Self::Conversation(_) => Form::Conversation,
        }
    }

    /// The bytes in a request.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Raw(text) => text.clone().into_bytes(),
            Self::Conversation(messages) if is_one_of_user(messages) => {
                messages[0].text.clone().into_bytes()
            }
            Self::Conversation(messages) => conversation(messages.iter().map(Message::part)),
        }
    }

    /// Refuses what no program answers: nothing, or a message of white space.
    pub(crate) fn check_visible(&self) -> anyhow::Result<()> {
        match self {
            Self::Raw(text) => ensure!(!text.is_empty(), "the prompt is empty"),
            Self::Conversation(messages) => {
                for message in messages.iter().filter(|it| it.is_blank()) {
                    let nothing = if message.text.is_empty() { "empty" } else { "blank" };
                    match message.role {
                        Role::System => ensure!(false, "the system message is {nothing}"),
                        Role::User => ensure!(false, "the prompt is {nothing}"),
                        Role::Assistant => ensure!(false, "an answer is {nothing}"),
                    }
                }
            }
        }
        Ok(())
    }
}

fn is_one_of_user(messages: &[Message]) -> bool {
    matches!(messages, [Message { role: Role::User, .. }])
}

#[cfg(test)]
mod tests {
    use imo_text::layout::Parts;

    use super::*;

    #[test]
    fn a_single_message_of_the_user_is_a_plain_prompt() {
        let said = |role, text| Message::new(role, text);
        let one = Prompt::Conversation(vec![said(Role::User, "hi")]);
        assert_eq!((one.form(), one.bytes()), (Form::Message, b"hi".to_vec()));
        let raw = Prompt::Raw("hi".to_owned());
        assert_eq!((raw.form(), raw.bytes()), (Form::Raw, b"hi".to_vec()));
        for messages in
            [vec![said(Role::System, "s"), said(Role::User, "u")], vec![said(Role::Assistant, "a")]]
        {
            let prompt = Prompt::Conversation(messages.clone());
            assert_eq!(prompt.form(), Form::Conversation);
            let bytes = prompt.bytes();
            let parts: Vec<_> = Parts::parse(&bytes).expect("well-formed").collect();
            assert_eq!(parts, messages.iter().map(Message::part).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_shows_nothing_is_refused() {
        let error = |prompt: Prompt| prompt.check_visible().expect_err("nothing").to_string();
        assert_eq!(error(Prompt::Raw(String::new())), "the prompt is empty");
        let said = |text| vec![Message::new(Role::System, text), Message::new(Role::User, " \n")];
        assert_eq!(error(Prompt::Conversation(said("s"))), "the prompt is blank");
        assert_eq!(error(Prompt::Conversation(said(""))), "the system message is empty");
        assert!(Prompt::Raw(" ".to_owned()).check_visible().is_ok());
    }
}
