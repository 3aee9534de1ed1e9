//! The digest of the answer.

use imo_guest::{Memories, Workspace, number, word};

use crate::context::Context;
use crate::layout::slots::{emit, sampler};
use crate::layout::{ANSWER_BYTES, OUTPUT_LIMIT, Status, Stops, TextRequest};
use crate::tokens::{Prompt, text};

/// The last slot: length and hash of the answer, and the units used, in big-endian words.
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
        let stops = TextRequest::parse(memories.input(), context.header.program.input_limit)
            .map_or_else(|_| Stops::default(), |(_, text)| text.stops);
        let end = stops.first_in(&answer[..length]).unwrap_or(length);
        (end.min(OUTPUT_LIMIT as usize), tokens)
    } else {
        let text = prompt.status.answer().as_bytes();
        answer[..text.len()].copy_from_slice(text);
        (text.len(), 0)
    };
    out[emit::LENGTH].copy_from_slice(&number(length).to_be_bytes());
    out[emit::HASH].copy_from_slice(&imo_commit::keccak256(&answer[..length]));
    out[emit::UNITS_USED].copy_from_slice(&tokens.to_be_bytes());
}

/// Writes the text of all sampled tokens, as far as `answer` has room. A token that ends the
/// sequence has no text. Returns the length of the text and the number of tokens.
fn collect(
    memories: &mut impl Memories,
    context: &Context<'_>,
    prompt: &Prompt,
    answer: &mut [u8],
) -> (usize, u32) {
    let (mut length, mut tokens) = (0, 0);
    for position in prompt.first_sampled()..prompt.end.min(context.header.context) {
        let slot = memories.slot(context.shape.sampler(position));
        let (token, flags) = (word(slot, sampler::TOKEN), word(slot, sampler::FLAGS));
        if flags & sampler::SAMPLED == 0 {
            break;
        }
        tokens += 1;
        let text = text(memories, context, token);
        let room = text.len().min(answer.len() - length);
        answer[length..length + room].copy_from_slice(&text[..room]);
        length += room;
        if flags & sampler::CONTINUE == 0 {
            break;
        }
    }
    (length, tokens)
}
