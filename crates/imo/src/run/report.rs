//! What is said of an answer beside its text.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use imo_engine::Answer;
use imo_model::ModelImage;
use imo_tensor::Candidate;
use serde::Serialize;

/// A position at which a token was sampled, with the best candidates.
#[derive(Debug)]
pub(crate) struct Position {
    pub(crate) position: u32,
    pub(crate) best: Vec<Candidate>,
}

impl Position {
    pub(crate) fn pairs(&self) -> Vec<(u32, f32)> {
        self.best.iter().map(|it| (it.id, it.logit)).collect()
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}:", self.position)?;
        self.best.iter().try_for_each(|it| write!(f, " {} ({:.4})", it.id, it.logit))
    }
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stop {
    EndOfSequence,
    /// A stop sequence came, given by `--stop`.
    #[serde(rename = "stop-sequence")]
    Sequence,
    Length,
    Context,
    Interrupted,
}

impl Stop {
    pub(crate) fn of(
        answer: &Answer,
        image: &ModelImage,
        (ignore_end, most): (bool, u32),
        is_stopped: bool,
    ) -> Self {
        let is_end = answer.tokens.last().is_some_and(|token| image.header().ends.contains(*token));
        let positions = answer.prompt_tokens.len() + answer.tokens.len() - 1;
        if is_end && !ignore_end {
            Self::EndOfSequence
        } else if is_stopped {
            Self::Sequence
        } else if answer.units_used() == most {
            Self::Length
        } else if positions == image.header().context as usize {
            Self::Context
        } else {
            Self::Interrupted
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndOfSequence => "complete",
            Self::Sequence => "ended by --stop",
            Self::Length => "cut at --tokens",
            Self::Context => "cut at the model's last position",
            Self::Interrupted => "interrupted",
        })
    }
}

/// How long a run took, including commitments.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Speed {
    prompt_tokens: usize,
    generated_tokens: usize,
    /// Seconds until the first token.
    prompt_s: f64,
    /// Seconds from the first token to the last.
    decode_s: f64,
    prompt_tokens_per_s: f64,
    /// None if there was only one token.
    decode_tokens_per_s: Option<f64>,
}

impl Speed {
    pub(crate) fn of(answer: &Answer, first_token: Duration, elapsed: Duration) -> Self {
        let (prompt_tokens, generated_tokens) = (answer.prompt_tokens.len(), answer.tokens.len());
        let (prompt_s, decode_s) =
            (first_token.as_secs_f64(), (elapsed - first_token).as_secs_f64());
        Self {
            prompt_tokens,
            generated_tokens,
            prompt_s,
            decode_s,
            prompt_tokens_per_s: prompt_tokens as f64 / prompt_s,
            decode_tokens_per_s: (generated_tokens > 1)
                .then(|| (generated_tokens - 1) as f64 / decode_s),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prompt_tokens, generated_tokens, .. } = self;
        let speed = self.prompt_tokens_per_s;
        write!(f, "{prompt_tokens} tokens read at {speed:.1}/s, {generated_tokens} written")?;
        self.decode_tokens_per_s.map_or(Ok(()), |speed| write!(f, " at {speed:.1}/s"))
    }
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    pub(crate) content_id: String,
    pub(crate) prompt_ids: &'a [u32],
    pub(crate) generated_ids: &'a [u32],
    pub(crate) text: Cow<'a, str>,
    pub(crate) stop: Stop,
    /// For each generated position, (token, logit), best first.
    pub(crate) top_logits: Vec<Vec<(u32, f32)>>,
    pub(crate) trace_root: String,
    /// Whether the program gives exactly this trace: the options skipped or ignored nothing, and
    /// nothing broke the run off.
    pub(crate) provable: bool,
    pub(crate) timings: Speed,
}
