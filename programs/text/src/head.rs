//! Logits of a part of the vocabulary, and the choice of the next token.

use imo_guest::{Memories, Workspace, copy_floats, number, put_word, take, word};
use imo_tensor::{
    CANDIDATES, Candidate, Candidates, RECENT, mat_vec, penalise, weight_of_negative,
};

use crate::context::Context;
use crate::layer::{norm, quantised};
use crate::layout::slots::{head, sampler};
use crate::layout::{Stops, TextRequest, draw};
use crate::tokens::{Prompt, text};

/// The slot of a head part: the best candidates of one part of the vocabulary.
pub(crate) fn part(
    memories: &mut impl Memories,
    context: &Context<'_>,
    position: u32,
    part: u32,
    workspace: Workspace<'_>,
    out: &mut [u8],
) {
    let prompt = Prompt::read(memories);
    if !prompt.is_sampled(position) || prompt.token(memories, context, position).is_none() {
        return;
    }
    let header = context.header;
    let first = part * header.part_rows();
    let count = header.part_rows().min(header.vocab.saturating_sub(first));
    let Workspace { mut floats, shorts, sums, .. } = workspace;
    let dim = header.dim as usize;
    let (x, normed, weight) =
        (take(&mut floats, dim), take(&mut floats, dim), take(&mut floats, dim));
    let logits = take(&mut floats, count as usize);
    copy_floats(x, memories.slot(context.shape.layer(position, header.layers - 1)));
    norm(memories, normed, x, header.output_norm, header.eps, weight);
    let input = quantised(&mut shorts[..dim], &mut sums[..dim / 32], normed);
    if count > 0 {
        let rows = header.head.groups(first, count);
        mat_vec(logits, &rows.over(memories.model(rows.offset, rows.bytes())), 0, &input);
    }
    let penalty = TextRequest::parse(memories.input(), header.program.input_limit)
        .map_or(0, |(_, text)| text.sampling.repeat_penalty);
    if penalty != 0 {
        let mut recent = [0; RECENT];
        let count = prompt.recent(memories, context, position, &mut recent);
        penalise(logits, first, &recent[..count], penalty);
    }

    let mut candidates = Candidates::default();
    candidates.offer_all(first, logits);
    let Some(best) = candidates.as_slice().first() else { return };
    let weights = logits.iter().map(|logit| u64::from(weight_of_negative(logit - best.logit)));
    let total: u64 = weights.sum();
    put_word(out, head::COUNT, number(candidates.as_slice().len()));
    put_word(out, head::LARGEST, best.logit.to_bits());
    out[head::TOTAL].copy_from_slice(&total.to_le_bytes());
    for (index, candidate) in candidates.as_slice().iter().enumerate() {
        let at = head::CANDIDATES + head::CANDIDATE_BYTES * index;
        put_word(out, at, candidate.id);
        put_word(out, at + 4, candidate.logit.to_bits());
    }
}

/// The slot of a sampler: the next token, and whether another position follows.
pub(crate) fn sampler(
    memories: &mut impl Memories,
    context: &Context<'_>,
    position: u32,
    out: &mut [u8],
) {
    let prompt = Prompt::read(memories);
    if !prompt.is_sampled(position) || prompt.token(memories, context, position).is_none() {
        return;
    }
    let mut candidates = Candidates::default();
    for part in 0..context.header.head_parts {
        let slot = memories.slot(context.shape.head(position, part));
        for index in 0..(word(slot, head::COUNT) as usize).min(CANDIDATES) {
            let at = head::CANDIDATES + head::CANDIDATE_BYTES * index;
            candidates
                .offer(Candidate { id: word(slot, at), logit: f32::from_bits(word(slot, at + 4)) });
        }
    }
    let (sampling, seed, stops) =
        TextRequest::parse(memories.input(), context.header.program.input_limit)
            .map(|(request, text)| (text.sampling, request.seed, text.stops))
            .unwrap_or_default();
    let token = draw(&candidates, &sampling, seed, position);
    let goes_on = !context.header.ends.contains(token)
        && position + 1 < prompt.end
        && (stops.is_empty() || !stopped(memories, context, &prompt, (position, token), &stops));
    put_word(out, sampler::TOKEN, token);
    put_word(out, sampler::FLAGS, sampler::SAMPLED | if goes_on { sampler::CONTINUE } else { 0 });
}

/// Whether a stop sequence ends within the text of the token that was chosen at a position.
fn stopped(
    memories: &mut impl Memories,
    context: &Context<'_>,
    prompt: &Prompt,
    (position, token): (u32, u32),
    stops: &Stops,
) -> bool {
    let mut before = [0; Stops::LONGEST - 1];
    let (mut start, mut place) = (before.len(), position);
    while start > 0 && place > prompt.first_sampled() {
        place -= 1;
        let earlier = word(memories.slot(context.shape.sampler(place)), sampler::TOKEN);
        let text = text(memories, context, earlier);
        let text = &text[text.len().saturating_sub(start)..];
        before[start - text.len()..start].copy_from_slice(text);
        start -= text.len();
    }
    stops.end_within(&before[start..], text(memories, context, token))
}
