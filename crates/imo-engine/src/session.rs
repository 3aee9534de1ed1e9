//! A session: takes requests, and gives answers and traces.

use std::ops::ControlFlow;

use imo_guest::Request;
use imo_kernels::Isa;
use imo_model::{Header, ModelImage};
use imo_text::layout::TextRequest;
use imo_trace::{Fault, Sink, Uncommitted};

use crate::answer::{Answer, Step};
use crate::forward::Forward;
use crate::options::{Deviations, Limits, Means};
use crate::run::{Earlier, Run};
use crate::weights::{LayerWeights, Weights};

/// A model ready to run.
#[derive(Debug)]
pub struct Session<'a> {
    image: &'a ModelImage,
    weights: Weights<'a>,
    limits: Limits,
    means: Means,
    pool: rayon::ThreadPool,
}

/// Why a session cannot be opened.
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
    /// When the machine lacks the instructions, or the threads cannot be started.
    pub fn new(image: &'a ModelImage, limits: Limits, means: Means) -> Result<Self, SessionError> {
        if !means.isa.is_available() {
            return Err(SessionError::Isa(means.isa));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(means.threads.max(1))
            .thread_name(|index| format!("engine {index}"))
            .build()
            .map_err(|error| SessionError::Threads { count: means.threads, error })?;
        Ok(Self { image, weights: Weights::new(image), limits, means, pool })
    }

    /// The model's shapes.
    pub fn header(&self) -> &Header {
        self.image.header()
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

    /// How it computes.
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// Answers a request and hands every slot to `sink` and every token to `on_token`. `on_token`
    /// may end the run early; then the trace is not complete.
    pub fn run(
        &self,
        request: &Request<Vec<u8>>,
        deviations: &Deviations,
        sink: &(impl Sink + ?Sized),
        on_token: impl FnMut(Step<'_>) -> ControlFlow<()> + Send,
    ) -> Answer {
        self.run_with(request, deviations, None, sink, on_token)
    }

    /// Answers the next turn of a conversation, without a trace. What it has in common with the
    /// turn before is not computed again, and no answer depends on that.
    pub fn go_on(
        &self,
        earlier: &mut Earlier,
        request: &Request<Vec<u8>>,
        on_token: impl FnMut(Step<'_>) -> ControlFlow<()> + Send,
    ) -> Answer {
        let deviations = Deviations::default();
        self.run_with(request, &deviations, Some(earlier), &Uncommitted, on_token)
    }

    fn run_with(
        &self,
        request: &Request<Vec<u8>>,
        deviations: &Deviations,
        earlier: Option<&mut Earlier>,
        sink: &(impl Sink + ?Sized),
        mut on_token: impl FnMut(Step<'_>) -> ControlFlow<()> + Send,
    ) -> Answer {
        let run = Run {
            image: self.image,
            weights: &self.weights,
            limits: &self.limits,
            means: &self.means,
            request,
            text: TextRequest::of(request, self.limits.input_bytes),
            deviations,
            earlier,
            forward: self.forward(sink, deviations.fault),
        };
        self.pool.install(|| run.answer(&mut on_token))
    }

    /// Computes the tokens one by one and hands all logits after each to `on_logits`: to measure
    /// how good the model is, without a request or a trace.
    ///
    /// # Panics
    ///
    /// When there are more tokens than the model has positions.
    pub fn logits(&self, tokens: &[u32], mut on_logits: impl FnMut(&[f32]) + Send) {
        let mut forward = self.forward(&Uncommitted, None);
        self.pool.install(|| {
            forward.reserve(tokens.len());
            for (position, token) in tokens.iter().enumerate() {
                let x = forward.advance(position, &[*token]);
                on_logits(&forward.head_parts(&x, |_, logits| logits.to_vec()).concat());
            }
        });
    }
    fn forward<'s, S: Sink + ?Sized>(
        &'s self,
        sink: &'s S,
        fault: Option<Fault>,
    ) -> Forward<'s, S> {
        Forward::new(&self.weights, self.limits.shape, self.means, sink, fault)
    }
}
