//! The command `run`.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::{bail, ensure};
use imo_chain::primitives::hex::encode_prefixed as hex;
use imo_engine::{Deviations, Session};
use imo_model::ModelImage;
use imo_player::{Program, text};
use imo_tensor::CANDIDATES;
use imo_trace::Commitment;

use crate::asking::{Options, Prompt, Wanted, check_fits};
use crate::exit::{Exit, Misused};
use crate::model::ModelArgs;
use crate::run::chat::Chat;
use crate::run::editor::Typewriter;
use crate::run::interrupt::Interrupt;
use crate::run::report::{Position, Report, Speed, Stop};
use crate::run::stream::Stream;
use crate::terminal::Terminal;

/// A run on this computer.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    options: Options,
    /// Use these tokens, separated by commas, instead of a prompt
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    #[arg(conflicts_with_all = ["prompt", "raw", "system", "messages"])]
    prompt_ids: Option<Vec<u32>>,
    /// Do not stop at a token that ends the answer
    #[arg(long)]
    ignore_eos: bool,
    /// Show the best logits (at most 64) at each generated position, after --repeat-penalty
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=CANDIDATES as i64))]
    top_logits: u16,
    /// Keep no file of what is typed in a chat, for the arrow keys to find the next time
    #[arg(long)]
    no_history: bool,
}

/// Answers a prompt, or starts a chat.
pub(crate) fn run(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let wanted = args.wanted(terminal)?;
    let image = args.model.open(terminal)?;
    let limits = text::limits(&image)?;
    match wanted {
        Wanted::Answer(prompt) => {
            args.check(&prompt, &image)?;
            let session = Session::new(&image, limits, args.model.means())?;
            answer(&args, &prompt, (&image, &session), terminal)
        }
        Wanted::Chat(beginning) => {
            let session = Session::new(&image, limits, args.model.means())?;
            let chat = Chat::new((&image, &session), &args.options, beginning, terminal)?;
            chat.run(Typewriter::new(!args.no_history)?)
        }
    }
}

/// Answers a prompt, and prints the answer.
fn answer(
    args: &Args,
    prompt: &Prompt,
    (image, session): (&ModelImage, &Session<'_>),
    terminal: Terminal,
) -> anyhow::Result<Exit> {
    let (limits, most) = (session.limits(), args.options.sampling.tokens);
    let text = args.options.request(prompt)?;
    let mut request = text.local(most);
    request.seed = args.options.sampling.seed;
    let interrupt = Interrupt::watch()?;

    let sink = Commitment::new(limits.shape.slot_log2);
    let mut stream = Stream::new(terminal, limits.output_bytes, text.stops);
    let mut positions = Vec::new();
    let mut first_token = None;
    let started = Instant::now();
    let answer = session.run(&request, &args.deviations(), &sink, |step| {
        first_token.get_or_insert_with(|| started.elapsed());
        stream.push(step.text);
        let best = step.candidates.iter().take(args.top_logits.into()).copied().collect();
        positions.push(Position { position: step.position, best });
        if interrupt.is_pressed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let elapsed = started.elapsed();
    let is_stopped = stream.finish();
    let trace_root = sink.into_tree(limits.shape.nodes_log2).root();

    let stop = Stop::of(&answer, image, (args.ignore_eos, most), is_stopped);
    let speed = Speed::of(&answer, first_token.unwrap_or(elapsed), elapsed);
    if args.top_logits > 0 && !terminal.is_json() {
        positions.iter().for_each(|position| terminal.note(position.to_string()));
    }
    terminal.note(format!("{stop}: {speed}"));
    terminal.object(&Report {
        content_id: hex(Program::of(image)?.content_id(image)),
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
    fn wanted(&self, terminal: Terminal) -> anyhow::Result<Wanted> {
        if self.prompt_ids.is_some() {
            // The request must have some prompt. Its tokens are not used.
            return Ok(Wanted::Answer(Prompt::Raw("-".to_owned())));
        }
        let wanted = self.options.wanted(terminal)?;
        let is_seen = io::stdout().is_terminal() && !terminal.is_json();
        match wanted {
            Wanted::Chat(_) if !is_seen => {
                Err(Misused("there is no PROMPT, and a chat needs a terminal").into())
            }
            Wanted::Chat(_) if self.top_logits > 0 || self.ignore_eos => {
                Err(Misused("--top-logits and --ignore-eos need a PROMPT").into())
            }
            wanted => Ok(wanted),
        }
    }

    fn deviations(&self) -> Deviations {
        Deviations {
            prompt_tokens: self.prompt_ids.clone(),
            ignore_end: self.ignore_eos,
            fault: None,
        }
    }

    /// Refuses, with the reason, a prompt that the program would answer with an error text.
    fn check(&self, prompt: &Prompt, image: &ModelImage) -> anyhow::Result<()> {
        let (vocab, context) = (image.header().vocab, image.header().context);
        let Some(ids) = &self.prompt_ids else {
            return check_fits(image, &self.options.request(prompt)?);
        };
        if let Some(id) = ids.iter().find(|id| **id >= vocab) {
            bail!("the model has no token {id}, only {vocab}");
        }
        ensure!(!ids.is_empty(), "the prompt has no tokens");
        ensure!(
            ids.len() <= context as usize,
            "the prompt is too long: {} tokens, and the model has {context} positions",
            ids.len()
        );
        Ok(())
    }
}
