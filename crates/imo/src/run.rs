//! Runs a model on a prompt, and streams the answer.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;
use std::process;
use std::str;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use imo_chain::primitives::hex::encode_prefixed as hex;
use imo_engine::{Answer, Deviations, Limits, Session};
use imo_model::ModelImage;
use imo_player::{Program, Request, text};
use imo_tensor::{CANDIDATES, Candidate};
use imo_text::layout::{Stops, TextRequest};
use imo_trace::Commitment;
use serde::Serialize;

use crate::exit::Exit;
use crate::model::ModelArgs;
use crate::sampling::Sampling;
use crate::terminal::Terminal;

/// A run on this computer.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// What to say to the model
    #[arg(required_unless_present = "prompt_ids")]
    prompt: Option<String>,
    /// Use these tokens, separated by commas, instead of a prompt
    #[arg(long, value_name = "IDS", value_delimiter = ',', conflicts_with_all = ["prompt", "raw"])]
    prompt_ids: Option<Vec<u32>>,
    #[command(flatten)]
    sampling: Sampling,
    /// Do not stop at a token that ends the answer
    #[arg(long)]
    ignore_eos: bool,
    /// Show the best logits (at most 64) at each generated position, after --repeat-penalty
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=CANDIDATES as i64))]
    top_logits: u16,
}

/// Runs a model on a prompt and prints the answer.
pub(crate) fn run(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let image = args.model.open(terminal)?;
    let (program, limits) = (Program::of(&image)?, text::limits(&image)?);
    args.check_prompt(&image, &limits)?;
    let session = Session::new(&image, limits, args.model.means())?;
    let interrupted = watch_interrupt()?;

    let sink = Commitment::new(limits.shape.slot_log2);
    let text = args.text()?;
    let request = Request { seed: args.sampling.seed, ..text.local(args.sampling.tokens) };
    let mut stream = Stream::new(terminal, limits.output_bytes, text.stops);
    let mut positions = Vec::new();
    let mut first_token = None;
    let started = Instant::now();
    let answer = session.run(&request, &args.deviations(), &sink, |step| {
        first_token.get_or_insert_with(|| started.elapsed());
        stream.push(step.text);
        let best = step.candidates.iter().take(args.top_logits.into()).copied().collect();
        positions.push(Position { position: step.position, best });
        if interrupted.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let elapsed = started.elapsed();
    let is_stopped = stream.finish();
    let trace_root = sink.into_tree(limits.shape.nodes_log2).root();

    let stop = Stop::of(&answer, &args, &image, is_stopped);
    let speed = Speed::of(&answer, first_token.unwrap_or(elapsed), elapsed);
    if args.top_logits > 0 && !terminal.is_json() {
        positions.iter().for_each(|position| terminal.note(position.to_string()));
    }
    terminal.note(format!("{stop}: {speed}"));
    terminal.object(&Report {
        content_id: hex(program.content_id(&image)),
        prompt_ids: &answer.prompt_tokens,
        generated_ids: &answer.tokens,
        text: String::from_utf8_lossy(&answer.bytes),
        stop,
        top_logits: positions.iter().map(Position::pairs).collect(),
        trace_root: hex(trace_root),
        provable: args.prompt_ids.is_none() && !args.ignore_eos && stop != Stop::Interrupted,
        timings: speed,
    });
    Ok(if stop == Stop::Interrupted { Exit::Failure } else { Exit::Success })
}

impl Args {
    fn text(&self) -> anyhow::Result<TextRequest<String>> {
        self.sampling.text(self.prompt.clone().unwrap_or_default())
    }

    fn deviations(&self) -> Deviations {
        Deviations {
            prompt_tokens: self.prompt_ids.clone(),
            ignore_end: self.ignore_eos,
            fault: None,
        }
    }

    /// Refuses, with the reason, a prompt that the program would answer with an error text.
    fn check_prompt(&self, image: &ModelImage, limits: &Limits) -> anyhow::Result<()> {
        let (vocab, context) = (image.header().vocab, image.header().context);
        let tokens = match (&self.prompt_ids, &self.prompt) {
            (Some(ids), _) => {
                if let Some(id) = ids.iter().find(|id| **id >= vocab) {
                    bail!("the model has no token {id}, only {vocab}");
                }
                ids.len()
            }
            (None, _) => {
                let text = self.text()?;
                let (length, limit) = (text.input().len(), limits.input_bytes);
                ensure!(!text.prompt.is_empty(), "the prompt is empty");
                ensure!(
                    length <= limit as usize,
                    "the prompt is too long: {length} bytes, and the program takes {limit}"
                );
                text.tokens(&image.tokenizer()).map_err(|status| anyhow!(status.answer()))?.len()
            }
        };
        ensure!(tokens > 0, "the prompt has no tokens");
        ensure!(
            tokens <= context as usize,
            "the prompt is too long: {tokens} tokens, and the model has {context} positions"
        );
        Ok(())
    }
}

/// Watches for Ctrl-C. The second Ctrl-C ends the process at once.
fn watch_interrupt() -> anyhow::Result<Arc<AtomicBool>> {
    let pressed = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&pressed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot listen for Ctrl-C")?;
    let (listens, listening) = mpsc::channel();
    thread::spawn(move || {
        runtime.block_on(async {
            // Ctrl-C is caught from the first poll on. Poll before telling that we listen.
            let first = tokio::signal::ctrl_c();
            let (first, _) = tokio::join!(biased; first, async { listens.send(()) });
            // If signals cannot be caught, Ctrl-C keeps its usual effect.
            if first.is_ok() {
                told.store(true, Ordering::Relaxed);
                let _ = tokio::signal::ctrl_c().await;
                process::exit(130);
            }
        });
    });
    listening.recv().context("cannot listen for Ctrl-C")?;
    Ok(pressed)
}

/// Passes the bytes of an answer to the terminal, in whole characters.
#[derive(Debug)]
struct Stream {
    terminal: Terminal,
    /// Most bytes that may still come.
    left: usize,
    stops: Stops,
    is_stopped: bool,
    /// Bytes that may be the beginning of a character or of a stop sequence.
    pending: Vec<u8>,
}

impl Stream {
    const fn new(terminal: Terminal, limit: usize, stops: Stops) -> Self {
        Self { terminal, left: limit, stops, is_stopped: false, pending: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.is_stopped {
            return;
        }
        self.pending.extend_from_slice(bytes);
        if let Some(end) = self.stops.first_in(&self.pending) {
            self.pending.truncate(end);
            self.is_stopped = true;
        }
        let begun = if self.is_stopped { 0 } else { self.stops.begun_by(&self.pending) };
        let whole = self.pending.len() - begun;
        self.tell(whole - unfinished(&self.pending[..whole]));
    }

    /// Prints the rest. Returns whether a stop sequence came.
    fn finish(mut self) -> bool {
        self.tell(self.pending.len());
        self.terminal.line("");
        self.is_stopped
    }

    fn tell(&mut self, count: usize) {
        let told = count.min(self.left);
        self.left -= told;
        self.terminal.part(&String::from_utf8_lossy(&self.pending[..told]));
        self.pending.drain(..count);
    }
}

/// The number of bytes at the end that begin a character without finishing it.
fn unfinished(bytes: &[u8]) -> usize {
    let last = bytes.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    match str::from_utf8(last) {
        Err(error) if error.error_len().is_none() => last.len(),
        _ => 0,
    }
}

/// A position at which a token was sampled, with the best candidates.
#[derive(Debug)]
struct Position {
    position: u32,
    best: Vec<Candidate>,
}

impl Position {
    fn pairs(&self) -> Vec<(u32, f32)> {
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
enum Stop {
    EndOfSequence,
    /// A stop sequence came, given by `--stop`.
    #[serde(rename = "stop-sequence")]
    Sequence,
    Length,
    Context,
    Interrupted,
}

impl Stop {
    fn of(answer: &Answer, args: &Args, image: &ModelImage, is_stopped: bool) -> Self {
        let is_end = answer.tokens.last().is_some_and(|token| image.header().ends.contains(*token));
        let positions = answer.prompt_tokens.len() + answer.tokens.len() - 1;
        if is_end && !args.ignore_eos {
            Self::EndOfSequence
        } else if is_stopped {
            Self::Sequence
        } else if answer.units_used() == args.sampling.tokens {
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
struct Speed {
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
    fn of(answer: &Answer, first_token: Duration, elapsed: Duration) -> Self {
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
struct Report<'a> {
    content_id: String,
    prompt_ids: &'a [u32],
    generated_ids: &'a [u32],
    text: Cow<'a, str>,
    stop: Stop,
    /// For each generated position, (token, logit), best first.
    top_logits: Vec<Vec<(u32, f32)>>,
    trace_root: String,
    /// Whether the program gives exactly this trace: the options skipped or ignored nothing, and
    /// nothing broke the run off.
    provable: bool,
    timings: Speed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_wait_until_they_are_whole() {
        for (bytes, rest) in [
            (&b"plain"[..], 0),
            ("\u{20ac}".as_bytes(), 0),
            (b"a\xe2\x82", 2),
            (b"a\xf0\x9f\x99", 3),
            (b"a\xff", 0),
            (b"\xff\xc3", 1),
            (b"", 0),
        ] {
            assert_eq!(unfinished(bytes), rest, "{bytes:?}");
        }
    }
}
