//! The tokens of the prompt, and which positions are live.

use imo_guest::{Memories, Origin, Workspace, put_word, word};
use imo_model::{Scratch, TEMPLATE_LIMIT, Tokenizer};

use crate::context::Context;
use crate::layout::slots::{sampler, tokens};
use crate::layout::{Status, TextRequest};

/// The slot of chunk `chunk` of the prompt's tokens.
pub(crate) fn chunk(
    memories: &mut impl Memories,
    context: &Context<'_>,
    chunk: u32,
    workspace: Workspace<'_>,
    out: &mut [u8],
) {
    if chunk == 0 {
        out[tokens::CLAIMANT].copy_from_slice(&Origin::read(memories.input()).claimant);
    }
    let first = chunk * context.shape.chunk_tokens();
    let encoded = encode(memories, context, workspace, |index, token| {
        if let Some(within) = index.checked_sub(first)
            && within < context.shape.chunk_tokens()
        {
            put_word(out, tokens::TOKENS + 4 * within as usize, token);
        }
    });
    let positions = context.header.context;
    let status = match encoded {
        Ok((count, max_units)) if (1..=positions).contains(&count) => {
            put_word(out, tokens::COUNT, count);
            put_word(out, tokens::END, (count - 1).saturating_add(max_units).min(positions));
            return;
        }
        Ok((0, _)) => Status::Malformed,
        Ok(_) => Status::TooLong,
        Err(status) => status,
    };
    out[tokens::TOKENS..].fill(0);
    put_word(out, tokens::STATUS, status as u32);
}

/// Gives each token with its index to `emit`. Returns how many there are, and how many may be
/// generated.
fn encode(
    memories: &mut impl Memories,
    context: &Context<'_>,
    workspace: Workspace<'_>,
    mut emit: impl FnMut(u32, u32),
) -> Result<(u32, u32), Status> {
    let Workspace { bytes, words, longs, .. } = workspace;
    // The prompt is copied, because model and input cannot be borrowed at the same time.
    let (request, text) = TextRequest::parse(memories.input(), context.header.program.input_limit)?;
    let (max_units, length) = (request.max_units, text.prompt.len());
    let (run, rest) = bytes.split_at_mut(length + TEMPLATE_LIMIT);
    let prompt = &mut rest[..length];
    prompt.copy_from_slice(text.prompt);
    let text = TextRequest { prompt, sampling: text.sampling, stops: text.stops, form: text.form };
    let (offset, size) = context.header.tokenizer;
    let tables = memories.model(offset, usize::try_from(size).map_err(|_| Status::Malformed)?);
    let tokenizer = Tokenizer::parse(tables).map_err(|_| Status::Malformed)?;
    let mut count = 0_u32;
    text.encode(&tokenizer, &mut Scratch::new(run, words, longs), |token| {
        emit(count, token);
        count = count.saturating_add(1);
    })?;
    Ok((count, max_units))
}

/// The text of a sampled token; one that ends the sequence has none.
pub(crate) fn text<'a>(
    memories: &'a mut impl Memories,
    context: &Context<'_>,
    token: u32,
) -> &'a [u8] {
    if context.header.ends.contains(token) {
        return &[];
    }
    let (offset, size) = context.header.tokenizer;
    let tables = memories.model(offset, usize::try_from(size).unwrap_or(0));
    Tokenizer::parse(tables).map_or(&[], |tokenizer| tokenizer.decode(token))
}

/// The first tokenizer slot, read.
#[derive(Clone, Copy)]
pub(crate) struct Prompt {
    pub(crate) status: Status,
    /// Tokens of the prompt.
    pub(crate) count: u32,
    /// Positions below this may be sampled from.
    pub(crate) end: u32,
}

impl Prompt {
    pub(crate) fn read(memories: &mut impl Memories) -> Self {
        let slot = memories.slot(0);
        Self {
            status: Status::from_code(word(slot, tokens::STATUS)),
            count: word(slot, tokens::COUNT),
            end: word(slot, tokens::END),
        }
    }

    /// The token at a position; `None` if the position is not live.
    pub(crate) fn token(
        &self,
        memories: &mut impl Memories,
        context: &Context<'_>,
        position: u32,
    ) -> Option<u32> {
        if self.status != Status::Fine {
            return None;
        }
        if position < self.count {
            let (chunk, within) =
                (position / context.shape.chunk_tokens(), position % context.shape.chunk_tokens());
            return Some(word(memories.slot(chunk), tokens::TOKENS + 4 * within as usize));
        }
        // A count of zero is no prompt of ours, but a slot may hold it.
        let slot = memories.slot(context.shape.sampler(position.checked_sub(1)?));
        (word(slot, sampler::FLAGS) & sampler::CONTINUE != 0).then(|| word(slot, sampler::TOKEN))
    }

    /// Fills `recent` with the tokens of the last live positions, from `position` back. Returns how
    /// many there are.
    pub(crate) fn recent(
        &self,
        memories: &mut impl Memories,
        context: &Context<'_>,
        position: u32,
        recent: &mut [u32],
    ) -> usize {
        let places = (0..=position).rev().take(recent.len());
        let mut count = 0;
        for token in places.filter_map(|place| self.token(memories, context, place)) {
            recent[count] = token;
            count += 1;
        }
        count
    }

    /// The first position that is sampled from.
    pub(crate) const fn first_sampled(&self) -> u32 {
        self.count.saturating_sub(1)
    }

    /// Whether a token is chosen after this position, provided that it is live.
    pub(crate) const fn is_sampled(&self, position: u32) -> bool {
        position + 1 >= self.count
    }
}
