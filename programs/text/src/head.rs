//! Logits of a part of the vocabulary, and the choice of the next token.

use imo_tensor::{CANDIDATES, Candidate, Candidates, Sampling, mat_vec, weight_of_negative};

use crate::layer::{norm, quantised, read_floats};
use crate::memories::Memories;
use crate::node::{Context, put_word, word};
use crate::request::Request;
use crate::tokens::{CONTINUE, Prompt, SAMPLED};
use crate::workspace::{Workspace, take};

/// Where the candidates begin in a head part's slot.
const CANDIDATES_AT: usize = 16;

/// The best candidates of one part of the vocabulary.
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
    read_floats(x, memories.slot(context.shape.layer(position, header.layers - 1)));
    norm(memories, normed, x, header.output_norm, header.eps, weight);
    let input = quantised(&mut shorts[..dim], &mut sums[..dim / 32], normed);
    if count > 0 {
        let rows = header.head.groups(first, count);
        mat_vec(logits, &rows.over(memories.model(rows.offset, rows.bytes())), 0, &input);
    }

    let mut candidates = Candidates::default();
    candidates.offer_all(first, logits);
    let Some(best) = candidates.as_slice().first() else { return };
    let weights = logits.iter().map(|logit| u64::from(weight_of_negative(logit - best.logit)));
    let total: u64 = weights.sum();
    put_word(out, 0, candidates.as_slice().len() as u32);
    put_word(out, 4, best.logit.to_bits());
    out[8..16].copy_from_slice(&total.to_le_bytes());
    for (index, candidate) in candidates.as_slice().iter().enumerate() {
        put_word(out, CANDIDATES_AT + 8 * index, candidate.id);
        put_word(out, CANDIDATES_AT + 8 * index + 4, candidate.logit.to_bits());
    }
}

/// The next token.
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
        for index in 0..(word(slot, 0) as usize).min(CANDIDATES) {
            let at = CANDIDATES_AT + 8 * index;
            candidates
                .offer(Candidate { id: word(slot, at), logit: f32::from_bits(word(slot, at + 4)) });
        }
    }
    let sampling =
        Request::parse(memories.input()).map_or_else(Sampling::default, |request| Sampling {
            temperature: request.temperature,
            top_k: request.top_k,
            random: random(request.seed, position),
        });
    let token = candidates.choose(sampling);
    let goes_on = token != context.header.end_of_sequence && position + 1 < prompt.end;
    put_word(out, 0, token);
    put_word(out, 4, SAMPLED | if goes_on { CONTINUE } else { 0 });
}

/// 32 random bits: the first of Keccak-256 over seed and position, each as 8 big-endian bytes.
fn random(seed: u64, position: u32) -> u32 {
    let mut preimage = [0; 16];
    preimage[..8].copy_from_slice(&seed.to_be_bytes());
    preimage[12..].copy_from_slice(&position.to_be_bytes());
    let hash = imo_commit::keccak256(&preimage);
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}
