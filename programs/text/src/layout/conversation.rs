//! The prompt of a conversation: a list of parts, each with the role that says it.

use imo_model::{Part, Role};

/// Bytes before the text of a part: u8 role, u32 length, big-endian.
const HEADER_BYTES: usize = 5;

/// The parts of a well-formed list.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Reads a list. `None` if it is malformed: without parts, with a role that does not exist, or
    /// with a part that is cut.
    pub fn parse(list: &'a [u8]) -> Option<Self> {
        let mut parts = Self { rest: list };
        while parts.next().is_some() {}
        (parts.rest.is_empty() && !list.is_empty()).then_some(Self { rest: list })
    }

    fn take(&mut self) -> Option<Part<'a>> {
        let (header, rest) = self.rest.split_first_chunk::<HEADER_BYTES>()?;
        let [role, length @ ..] = *header;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
        let (text, rest) = rest.split_at_checked(length)?;
        let part = Part { role: Role::from_code(role)?, text };
        self.rest = rest;
        Some(part)
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        self.take()
    }
}

/// Writes a list of parts.
///
/// # Panics
///
/// When a text has 4 GiB or more, which no program's limit allows.
#[cfg(any(test, feature = "std"))]
pub fn conversation<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> Vec<u8> {
    let mut list = Vec::new();
    for Part { role, text } in parts {
        let length = u32::try_from(text.len()).expect("a text is far below 4 GiB");
        list.push(role as u8);
        list.extend(length.to_be_bytes());
        list.extend_from_slice(text);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_read_as_it_was_written() {
        arbtest::arbtest(|u| {
            let roles = [Role::System, Role::User, Role::Assistant];
            let mut texts: Vec<(Role, Vec<u8>)> = Vec::new();
            for _ in 0..u.int_in_range(1..=5)? {
                texts.push((*u.choose(&roles)?, u.arbitrary()?));
            }
            let parts: Vec<Part<'_>> =
                texts.iter().map(|(role, text)| Part { role: *role, text }).collect();
            let list = conversation(parts.iter().copied());
            let read: Vec<Part<'_>> = Parts::parse(&list).expect("well-formed").collect();
            assert_eq!(read, parts);
            // Whatever a byte more or less makes of it, it is not this conversation.
            let at = u.choose_index(list.len())?;
            let cut = Parts::parse(&list[..at]).map(Iterator::collect::<Vec<_>>);
            assert!(cut.is_none_or(|fewer| fewer.len() < parts.len()));
            Ok(())
        });
    }

    #[test]
    fn a_part_has_its_role_and_its_length_before_its_text() {
        let part = Part { role: Role::Assistant, text: b"yes" };
        assert_eq!(conversation([part]), b"\x02\0\0\0\x03yes");
        for list in [&b""[..], b"\x03\0\0\0\x01x", b"\x01\0\0\0\x02x", b"\x01\0\0\0\x01x\x01"] {
            assert!(Parts::parse(list).is_none(), "{list:?}");
        }
    }
}
