//! One inference, node by node as `docs/spec/trace.md` numbers them.

use std::mem;
use std::ops::ControlFlow;

use imo_commit::keccak256;
use imo_guest::Request;
use imo_kernels::{KvCache, Tile};
use imo_model::ModelImage;
use imo_tensor::{Candidates, RECENT, Sampling};
use imo_text::layout::slots::{emit, put_word, sampler, tokens as prompt_slots, word};
use imo_text::layout::{Status, Stops, TextRequest, draw};
use imo_trace::{Fault, Sink};

use crate::answer::{Answer, Step};
use crate::forward::{Forward, Penalty};
use crate::numbers::{number, size};
use crate::options::{Deviations, Limits, Means};
use crate::weights::Weights;

/// What the tokenizer's slots say, faults included.
struct Prompt {
    status: Status,
    /// How many tokens the slots say there are.
    count: usize,
    /// Tokens of the prompt, as many as there are positions at most.
    tokens: Vec<u32>,
    /// Positions from here on are not sampled from.
    end: usize,
}

/// A request on its way to its answer.
pub(crate) struct Run<'a, S: ?Sized> {
    pub(crate) image: &'a ModelImage,
    pub(crate) weights: &'a Weights<'a>,
    pub(crate) limits: &'a Limits,
    pub(crate) means: &'a Means,
    pub(crate) request: &'a Request<Vec<u8>>,
    /// What the request says, or why it cannot be answered.
    pub(crate) text: Result<TextRequest<&'a [u8]>, Status>,
    pub(crate) deviations: &'a Deviations,
    pub(crate) earlier: Option<&'a mut Earlier>,
    pub(crate) forward: Forward<'a, S>,
}

/// What a session remembers of a conversation, so that its next turn reads only what is new.
#[derive(Debug, Default)]
pub struct Earlier {
    /// The tokens whose keys and values the cache has.
    tokens: Vec<u32>,
    cache: KvCache,
}

impl<'a, S: Sink + ?Sized> Run<'a, S> {
    /// Computes every node, hands its slot over, and tells `on_token` of each token.
    pub(crate) fn answer(
        mut self,
        on_token: &mut (impl FnMut(Step<'_>) -> ControlFlow<()> + ?Sized),
    ) -> Answer {
        let prompt = self.tokenize();
        let mut answer = Answer {
            bytes: prompt.status.answer().into(),
            status: prompt.status,
            prompt_tokens: Vec::new(),
            tokens: Vec::new(),
        };
        if prompt.status == Status::Fine && !prompt.tokens.is_empty() {
            self.generate(&prompt, &mut answer, on_token);
        }
        if let (Status::Fine, Some(end)) = (answer.status, self.stops().first_in(&answer.bytes)) {
            answer.bytes.truncate(end);
        }
        answer.prompt_tokens = prompt.tokens;
        answer.bytes.truncate(self.limits.output_bytes);
        self.emit(&mut answer);
        self.forward.flush();
        answer
    }

    /// The model's most positions.
    fn context(&self) -> usize {
        size(self.weights.header.context)
    }

    /// The prompt's tokens, through the slots that hold them.
    fn tokenize(&mut self) -> Prompt {
        let (status, tokens) = match self.encode() {
            Ok(tokens) if tokens.is_empty() => (Status::Malformed, tokens),
            Ok(tokens) if tokens.len() > self.context() => (Status::TooLong, Vec::new()),
            Ok(tokens) => (Status::Fine, tokens),
            Err(status) => (status, Vec::new()),
        };
        let end = match tokens.len() {
            0 => 0,
            n => (n - 1).saturating_add(size(self.request.max_units)).min(self.context()),
        };
        let shape = self.limits.shape;
        let chunk_tokens = size(shape.chunk_tokens());
        let mut chunks = Vec::new();
        for chunk in 0..size(shape.token_chunks()) {
            let node = number(chunk);
            let slot = self.forward.slot(node);
            put_word(slot, prompt_slots::STATUS, status as u32);
            put_word(slot, prompt_slots::COUNT, number(tokens.len()));
            put_word(slot, prompt_slots::END, number(end));
            if chunk == 0 {
                slot[prompt_slots::CLAIMANT].copy_from_slice(&self.request.origin.claimant);
            }
            let some = tokens.iter().skip(chunk * chunk_tokens).take(chunk_tokens);
            let places = slot[prompt_slots::TOKENS..].as_chunks_mut::<4>().0;
            for (bytes, token) in places.iter_mut().zip(some) {
                *bytes = token.to_le_bytes();
            }
            Fault::flip(self.deviations.fault, node, slot);
            chunks.push(slot.to_vec());
        }
        let first = &chunks[0];
        let count = size(word(first, prompt_slots::COUNT));
        let tokens = chunks.iter().flat_map(|slot| slot[prompt_slots::TOKENS..].as_chunks::<4>().0);
        Prompt {
            status: Status::from_code(word(first, prompt_slots::STATUS)),
            count,
            tokens: tokens
                .take(count.min(self.context()))
                .map(|bytes| u32::from_le_bytes(*bytes))
                .collect(),
            end: size(word(first, prompt_slots::END)),
        }
    }

    /// The prompt's tokens, or the status that says why there are none.
    fn encode(&self) -> Result<Vec<u32>, Status> {
        if let Some(tokens) = &self.deviations.prompt_tokens {
            return Ok(tokens.clone());
        }
        if self.request.max_units == 0 {
            return Err(Status::Malformed);
        }
        self.text?.tokens(&self.image.tokenizer())
    }

    /// Generates tokens until one ends the sequence, a stop sequence is complete, or there is no
    /// more room.
    fn generate(
        &mut self,
        prompt: &Prompt,
        answer: &mut Answer,
        on_token: &mut (impl FnMut(Step<'_>) -> ControlFlow<()> + ?Sized),
    ) {
        // Within a batch, a token does not see what a fault changes in another token's slot.
        let fault = self.deviations.fault.is_some();
        let batch = if fault { 1 } else { self.means.batch };
        // After a fault the answer may go on for longer than it should.
        let positions = prompt.tokens.len().max(prompt.end);
        let positions = if fault { self.context() } else { positions.min(self.context()) };
        let known = self.recall(&prompt.tokens, positions);
        let mut x = Tile::default();
        for (index, tokens) in prompt.tokens[known..].chunks(batch.max(1)).enumerate() {
            x = self.forward.advance(known + index * batch.max(1), tokens);
        }
        let mut tokens = prompt.tokens.clone();
        let mut written = Vec::new();
        // The emit node stops at the first position that is not sampled from.
        let mut is_answer = true;
        let mut position = prompt.count - 1;
        while position < self.context() {
            let candidates = self.forward.head(position, &x, self.penalty(&tokens));
            let (token, flags) = self.sample(position, &candidates, (prompt.end, &written));
            self.forward.flush();
            tokens.push(token);
            let text = self.text(token);
            written.extend_from_slice(text);
            is_answer &= position < prompt.end && flags & sampler::SAMPLED != 0;
            if is_answer {
                answer.tokens.push(token);
                answer.bytes.extend_from_slice(text);
            }
            let best = candidates.as_slice();
            let step = Step { position: number(position), token, text, candidates: best };
            position += 1;
            if on_token(step).is_break()
                || flags & sampler::CONTINUE == 0
                || position == self.context()
            {
                break;
            }
            x = self.forward.advance(position, &[token]);
        }
        if let Some(earlier) = &mut self.earlier {
            tokens.truncate(position);
            **earlier = Earlier { tokens, cache: self.forward.take_cache() };
        }
    }

    /// Makes room for positions. Returns how many tokens of the prompt are known from an earlier
    /// turn; at least the last one is not, since the head needs it.
    fn recall(&mut self, prompt: &[u32], positions: usize) -> usize {
        let Some(earlier) = &mut self.earlier else {
            self.forward.reserve(positions);
            return 0;
        };
        let Earlier { tokens, cache } = mem::take(&mut **earlier);
        let alike = tokens.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        let known = alike.min(prompt.len() - 1);
        if known == 0 {
            self.forward.reserve(positions);
        } else {
            self.forward.go_on(cache, positions);
        }
        known
    }

    /// The penalty on the head's logits after these tokens; `None` if the request asks for none.
    fn penalty<'t>(&self, tokens: &'t [u32]) -> Option<Penalty<'t>> {
        let penalty = self.sampling().repeat_penalty;
        let recent = &tokens[tokens.len().saturating_sub(RECENT)..];
        (penalty != 0).then_some(Penalty { recent, penalty })
    }

    /// The sampler's node: its token and its flags. Positions from `end` on are not sampled from,
    /// and `written` is the text before this token.
    fn sample(
        &mut self,
        position: usize,
        candidates: &Candidates,
        (end, written): (usize, &[u8]),
    ) -> (u32, u32) {
        let token = draw(candidates, &self.sampling(), self.request.seed, number(position));
        let is_end = self.ends(token) && !self.deviations.ignore_end;
        let is_stopped = self.stops().end_within(written, self.text(token));
        let goes_on = !is_end && position + 1 < end && !is_stopped;
        let node = self.limits.shape.sampler(number(position));
        let fault = self.deviations.fault;
        let slot = self.forward.slot(node);
        let flags = sampler::SAMPLED | if goes_on { sampler::CONTINUE } else { 0 };
        put_word(slot, sampler::TOKEN, token);
        put_word(slot, sampler::FLAGS, flags);
        Fault::flip(fault, node, slot);
        (word(slot, sampler::TOKEN), word(slot, sampler::FLAGS))
    }

    /// How tokens are chosen. After a fault, a request that cannot be read may be answered, too.
    fn sampling(&self) -> Sampling {
        self.text.map_or_else(|_| Sampling::default(), |text| text.sampling)
    }

    fn stops(&self) -> Stops {
        self.text.map_or_else(|_| Stops::default(), |text| text.stops)
    }

    fn ends(&self, token: u32) -> bool {
        self.weights.header.ends.contains(token)
    }

    /// The text of a token; one that ends the sequence has none.
    fn text(&self, token: u32) -> &'a [u8] {
        if self.ends(token) {
            return &[];
        }
        self.image.tokenizer().decode(token)
    }

    /// The last node: length, digest and units used, big-endian.
    fn emit(&mut self, answer: &mut Answer) {
        Fault::spoil(self.deviations.fault, &mut answer.bytes);
        let node = self.limits.shape.emit();
        let fault = self.deviations.fault;
        let slot = self.forward.slot(node);
        slot[emit::LENGTH].copy_from_slice(&number(answer.bytes.len()).to_be_bytes());
        slot[emit::HASH].copy_from_slice(&keccak256(&answer.bytes));
        slot[emit::UNITS_USED].copy_from_slice(&answer.units_used().to_be_bytes());
        Fault::flip(fault, node, slot);
    }
}
