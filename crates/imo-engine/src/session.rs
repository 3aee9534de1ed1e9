//! A request in, an answer out.

use std::ops::ControlFlow;

use imo_kernels::Isa;
use imo_model::{Header, ModelImage};
use imo_tensor::Candidate;
use imo_text::layout::{OUTPUT_LIMIT, PROMPT_LIMIT, Request, Status, TraceShape};
use imo_trace::{Fault, Sink, Uncommitted};

use crate::forward::{Forward, number};
use crate::run::Run;
use crate::weights::{LayerWeights, Weights, size};

/// How a session computes. Nothing of it changes an answer or a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// Instructions to use; the machine must have them.
    pub isa: Isa,
    /// Threads, at least 1.
    pub threads: usize,
    /// Prompt positions that go through a layer together, at least 1.
    pub batch: usize,
}

impl Means {
    /// The machine's widest instructions, on this many threads.
    pub fn detect(threads: usize) -> Self {
        Self { isa: Isa::detect(), threads, batch: 256 }
    }
}

/// What the program that is traced allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How the trace is laid out.
    pub shape: TraceShape,
    /// The most bytes of a prompt.
    pub prompt_bytes: usize,
    /// The most bytes of an answer.
    pub output_bytes: usize,
}

impl Limits {
    /// The program's, with the smallest trace that holds the model's.
    pub fn of(image: &ModelImage) -> Self {
        Self {
            shape: TraceShape::smallest(image.header()),
            prompt_bytes: size(PROMPT_LIMIT),
            output_bytes: size(OUTPUT_LIMIT),
        }
    }
}

/// What is asked for beyond the request. With none of it, the trace is the program's.
#[derive(Debug, Clone, Default)]
pub struct Deviations {
    /// Takes these tokens for the prompt's, without the tokenizer.
    pub prompt_tokens: Option<Vec<u32>>,
    /// Goes on after a token that ends the sequence.
    pub ignore_end: bool,
    /// Gets something wrong.
    pub fault: Option<Fault>,
}

/// A token that was chosen.
#[derive(Debug)]
pub struct Step<'a> {
    /// The position that it was sampled at.
    pub position: u32,
    /// The token.
    pub token: u32,
    /// Its text; part of a character perhaps, and nothing when it ends the sequence.
    pub text: &'a [u8],
    /// The best candidates with their logits, best first.
    pub candidates: &'a [Candidate],
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer's bytes, cut at the program's limit; an error text when `status` is not fine.
    pub bytes: Vec<u8>,
    /// What became of the prompt.
    pub status: Status,
    /// Tokens of the prompt, template included.
    pub prompt_tokens: Vec<u32>,
    /// Tokens generated, the one that ends the sequence included.
    pub tokens: Vec<u32>,
}

impl Answer {
    /// The number of tokens generated, which a requester pays for. An answer that is an error text
    /// has none.
    pub fn tokens_used(&self) -> u32 {
        number(self.tokens.len())
    }
}

/// A model ready to run.
#[derive(Debug)]
pub struct Session<'a> {
    image: &'a ModelImage,
    weights: Weights<'a>,
    limits: Limits,
    means: Means,
    pool: rayon::ThreadPool,
}

/// Why a model cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The threads cannot be started.
    #[error("cannot start {count} threads: {error}")]
    Threads {
        /// How many were asked for.
        count: usize,
        /// Why.
        error: rayon::ThreadPoolBuildError,
    },
    /// The machine lacks the instructions asked for.
    #[error("this machine has no {}", .0.name())]
    Isa(Isa),
}

impl<'a> Session<'a> {
    /// Prepares a model.
    ///
    /// # Errors
    ///
    /// When the machine lacks what is asked for.
    pub fn new(image: &'a ModelImage, limits: Limits, means: Means) -> Result<Self, SessionError> {
        if !means.isa.is_available() {
            return Err(SessionError::Isa(means.isa));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(means.threads.max(1))
            .thread_name(|index| format!("engine {index}"))
            .build()
            .map_err(|error| SessionError::Threads { count: means.threads, error })?;
        let weights = Weights::new(image);
        Ok(Self { image, weights, limits, means, pool })
    }

    /// The model's shapes.
    pub fn header(&self) -> &Header {
        &self.weights.header
    }

    /// What the program allows.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Bytes of weights that each token goes through, in all layers and the head.
    pub fn bytes_per_token(&self) -> usize {
        let layers = self.weights.layers.iter().flat_map(LayerWeights::matrices);
        layers.chain([&self.weights.head]).map(|matrix| matrix.data().len()).sum()
    }

    pub(crate) fn image(&self) -> &'a ModelImage {
        self.image
    }

    pub(crate) fn weights(&self) -> &Weights<'a> {
        &self.weights
    }

    /// How it computes.
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// Answers a request, handing every slot to `sink` and every token to `on_token`, which may
    /// break off; then the trace is not complete.
    pub fn run(
        &self,
        request: &Request<Vec<u8>>,
        deviations: &Deviations,
        sink: &(impl Sink + ?Sized),
        mut on_token: impl FnMut(Step<'_>) -> ControlFlow<()> + Send,
    ) -> Answer {
        self.pool.install(|| Run::new(self, request, deviations, sink).answer(&mut on_token))
    }

    /// Takes tokens one by one and hands all logits after each to `on_logits`: to measure how good
    /// the model is, without a request or a trace.
    ///
    /// # Panics
    ///
    /// When there are more tokens than the model has positions.
    pub fn logits(&self, tokens: &[u32], mut on_logits: impl FnMut(&[f32]) + Send) {
        let mut forward = Forward::new(self, &Uncommitted, None);
        self.pool.install(|| {
            forward.reserve(tokens.len());
            for (position, token) in tokens.iter().enumerate() {
                let x = forward.advance(position, &[*token]);
                on_logits(&forward.head_parts(&x, |_, logits| logits.to_vec()).concat());
            }
        });
    }
}
