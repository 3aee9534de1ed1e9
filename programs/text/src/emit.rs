//! The digest of the answer.

use imo_model::Stops;

use crate::memories::Memories;
use crate::node::{Context, word};
use crate::request::{OUTPUT_LIMIT, Request};
use crate::status::Status;
use crate::tokens::{CONTINUE, Prompt, SAMPLED, text};
use crate::workspace::Workspace;

/// Bytes of text to look for a stop sequence in: one that begins before the limit ends before this.
pub(crate) const ANSWER_BYTES: usize = OUTPUT_LIMIT as usize + Stops::LONGEST - 1;

/// Length and hash of the answer and the tokens used, in big-endian words.
pub(crate) fn emit(
    memories: &mut impl Memories,
    context: &Context<'_>,
    workspace: Workspace<'_>,
    out: &mut [u8],
) {
    let answer = &mut workspace.bytes[..ANSWER_BYTES];
    let prompt = Prompt::read(memories);
    let (length, tokens) = if prompt.status == Status::Fine {
        let (length, tokens) = collect(memories, context, &prompt, answer);
        let stops = Request::parse(memories.input()).map_or_else(Stops::default, |it| it.stops);
        let end = stops.first_in(&answer[..length]).unwrap_or(length);
        (end.min(OUTPUT_LIMIT as usize), tokens)
    } else {
        let text = prompt.status.answer().as_bytes();
        answer[..text.len()].copy_from_slice(text);
        (text.len(), 0)
    };
    out[28..32].copy_from_slice(&(length as u32).to_be_bytes());
    out[32..64].copy_from_slice(&imo_commit::keccak256(&answer[..length]));
    out[92..96].copy_from_slice(&tokens.to_be_bytes());
}

/// The text of all sampled tokens but the one that ends the sequence, cut where `answer` ends; its length, and the number of tokens.
fn collect(
    memories: &mut impl Memories,
    context: &Context<'_>,
    prompt: &Prompt,
    answer: &mut [u8],
) -> (usize, u32) {
    let (mut length, mut tokens) = (0, 0);
    for position in prompt.first_sampled()..prompt.end.min(context.header.context) {
        let slot = memories.slot(context.shape.sampler(position));
        let (token, flags) = (word(slot, 0), word(slot, 4));
        if flags & SAMPLED == 0 {
            break;
        }
        tokens += 1;
        let text = text(memories, context, token);
        let room = text.len().min(answer.len() - length);
        answer[length..length + room].copy_from_slice(&text[..room]);
        length += room;
        if flags & CONTINUE == 0 {
            break;
        }
    }
    (length, tokens)
}
