//! Measures how fast this computer runs a model, commits to what it computed, and proves a node.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::thread;
use std::time::Instant;

use anyhow::{anyhow, ensure};
use imo_engine::{Deviations, Session};
use imo_model::ModelImage;
use imo_player::text::{answer, limits};
use imo_player::{ClaimedTrace, Program, Request};
use imo_text::layout;
use imo_trace::{Commitment, Sink, Uncommitted};
use imo_vm::{Access, Instruction, Memories, Region, Run, State, Status, TraceBytes, decode, step};
use indicatif::HumanCount;
use serde::Serialize;

use crate::exit::Exit;
use crate::model::ModelArgs;
use crate::terminal::Terminal;

/// The prompt of the answer whose nodes run in the machine.
const PROVED_PROMPT: &str = "Hello";

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// How many rounds to measure, with and without commitments by turns; results are medians
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Length of the prompt in tokens
    #[arg(long, value_name = "COUNT", default_value_t = 128)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    prompt: u32,
    /// How many tokens to generate
    #[arg(long, value_name = "COUNT", default_value_t = 128)]
    #[arg(value_parser = clap::value_parser!(u32).range(2..))]
    tokens: u32,
    /// Measure only the engine
    #[arg(long)]
    engine: bool,
}

/// Runs the measurements.
pub(crate) fn run(args: Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let image = args.model.open(terminal)?;
    let (context, positions) = (image.header().context, args.prompt.saturating_add(args.tokens));
    ensure!(positions <= context, "the model has {context} positions, but this needs {positions}");
    let program = Program::of(&image)?;
    let session = Session::new(&image, limits(&image)?, args.model.means())?;
    let machine = || Machine::measure(&session, (&image, &program), args.rounds, terminal);
    let report = Report {
        instructions: session.means().isa.name(),
        threads: session.means().threads,
        rounds: args.rounds,
        memory: Memory::measure(&session, image.bytes(), args.rounds),
        engine: Engine::measure(&session, (args.prompt, args.tokens), args.rounds, terminal),
        machine: (!args.engine).then(machine).transpose()?,
    };
    report.print(terminal);
    terminal.object(&report);
    Ok(Exit::Success)
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    instructions: &'static str,
    threads: usize,
    rounds: u16,
    #[serde(flatten)]
    memory: Memory,
    #[serde(flatten)]
    engine: Engine,
    machine: Option<Machine>,
}

impl Report {
    fn print(&self, terminal: Terminal) {
        let Self { instructions, threads, rounds, memory, engine, machine } = self;
        let Engine { prompt_tokens, generated_tokens, committed, uncommitted, root_s } = engine;
        let pair = |with: f64, without: f64| {
            format!("{with:.1} tokens/s, {without:.1} without commitments")
        };
        let prompt = pair(committed.prompt_tokens_per_s, uncommitted.prompt_tokens_per_s);
        let decode = pair(committed.decode_tokens_per_s, uncommitted.decode_tokens_per_s);
        let bound = memory.read_bytes_per_s / memory.bytes_per_token as f64;
        let read = format!("{:.1} GB/s, enough for", memory.read_bytes_per_s / 1e9);
        let mut rows = vec![
            ("on", format!("{instructions}, {threads} threads, median of {rounds} rounds")),
            ("prompt", format!("{prompt} ({prompt_tokens} tokens)")),
            ("decode", format!("{decode} ({generated_tokens} tokens)")),
            ("memory", format!("{read} {bound:.1} tokens/s")),
            ("trace root", format!("{:.1} ms", root_s * 1e3)),
        ];
        if let Some(machine) = machine {
            let steps = |steps: u64| format!("{} steps", HumanCount(steps));
            rows.extend([
                ("image root", format!("{:.0} MB/s", machine.image_bytes_per_s / 1e6)),
                ("machine", machine.speed()),
                ("a layer's node", steps(machine.layer_steps)),
                ("a head's node", steps(machine.head_steps)),
                ("a sampler's node", steps(machine.sampler_steps)),
            ]);
        }
        terminal.table(&rows);
    }
}

/// The speed of memory bounds decoding, which reads all weights for each token.
#[derive(Debug, Serialize)]
struct Memory {
    bytes_per_token: usize,
    read_bytes_per_s: f64,
}

impl Memory {
    /// Reads the image as fast as possible, with as many threads as the session has.
    fn measure(session: &Session<'_>, image: &[u8], rounds: u16) -> Self {
        let threads = session.means().threads;
        let share = image.len().div_ceil(threads);
        let read = || {
            let started = Instant::now();
            thread::scope(|scope| {
                for part in image.chunks(share) {
                    scope.spawn(move || {
                        let words = part.as_chunks().0.iter().copied().map(u64::from_ne_bytes);
                        black_box(words.fold(0, |sum, word| sum ^ word));
                    });
                }
            });
            image.len() as f64 / started.elapsed().as_secs_f64()
        };
        // The first run reads the image from disk.
        read();
        let read_bytes_per_s = median((0..rounds).map(|_| read()).collect());
        Self { bytes_per_token: session.bytes_per_token(), read_bytes_per_s }
    }
}

/// Speeds of the engine.
#[derive(Debug, Serialize)]
struct Engine {
    prompt_tokens: u32,
    generated_tokens: u32,
    committed: Pace,
    uncommitted: Pace,
    /// From a round's last slot to the root of its trace, in seconds.
    root_s: f64,
}

impl Engine {
    fn measure(
        session: &Session<'_>,
        (prompt_tokens, generated_tokens): (u32, u32),
        rounds: u16,
        terminal: Terminal,
    ) -> Self {
        let header = session.header();
        let request = Request::local("", generated_tokens);
        let deviations = Deviations {
            // Any tokens will do. These are spread over the vocabulary.
            prompt_tokens: Some(
                (0..prompt_tokens).map(|i| i.wrapping_mul(7919) % header.vocab).collect(),
            ),
            ignore_end: true,
            fault: None,
        };
        let bar = terminal.bar("running the model", 1 + 2 * u64::from(rounds));
        // The first run reads the weights from disk.
        Pace::measure(session, &request, &deviations, &Uncommitted);
        bar.inc(1);
        let shape = session.limits().shape;
        let (mut committed, mut uncommitted, mut root_s) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            // The second of two runs finds a warmer computer, so they take turns to be first.
            for with_commitments in [round % 2 == 0, round % 2 == 1] {
                if with_commitments {
                    let sink = Commitment::new(shape.slot_log2);
                    committed.push(Pace::measure(session, &request, &deviations, &sink));
                    let ended = Instant::now();
                    black_box(sink.into_tree(shape.nodes_log2).root());
                    root_s.push(ended.elapsed().as_secs_f64());
                } else {
                    uncommitted.push(Pace::measure(session, &request, &deviations, &Uncommitted));
                }
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        Self {
            prompt_tokens,
            generated_tokens,
            committed: Pace::median(&committed),
            uncommitted: Pace::median(&uncommitted),
            root_s: median(root_s),
        }
    }
}

/// The speeds of one run, or their medians over several runs.
#[derive(Clone, Copy, Debug, Serialize)]
struct Pace {
    prompt_tokens_per_s: f64,
    decode_tokens_per_s: f64,
}

impl Pace {
    /// Runs a request, which must be for more than one token.
    fn measure(
        session: &Session<'_>,
        request: &Request<Vec<u8>>,
        deviations: &Deviations,
        sink: &impl Sink,
    ) -> Self {
        let mut tokens_at = Vec::new();
        let started = Instant::now();
        let answer = session.run(request, deviations, sink, |_| {
            tokens_at.push(started.elapsed());
            ControlFlow::Continue(())
        });
        let (first, last) = (tokens_at[0], tokens_at[tokens_at.len() - 1]);
        Self {
            prompt_tokens_per_s: answer.prompt_tokens.len() as f64 / first.as_secs_f64(),
            decode_tokens_per_s: (tokens_at.len() - 1) as f64 / (last - first).as_secs_f64(),
        }
    }

    fn median(runs: &[Self]) -> Self {
        let of = |field: fn(&Self) -> f64| median(runs.iter().map(field).collect());
        Self {
            prompt_tokens_per_s: of(|pace| pace.prompt_tokens_per_s),
            decode_tokens_per_s: of(|pace| pace.decode_tokens_per_s),
        }
    }
}

/// The speed of the virtual machine, and how many steps the nodes take.
#[derive(Debug, Serialize)]
struct Machine {
    /// Speed on a layer's node.
    steps_per_s: f64,
    /// Speed of a plain loop, which fetches, decodes and executes one instruction after the other,
    /// on the same node in the same rounds.
    plain_steps_per_s: f64,
    layer_steps: u64,
    head_steps: u64,
    sampler_steps: u64,
    /// Speed of hashing the image into its tree, which a dispute needs.
    image_bytes_per_s: f64,
}

impl Machine {
    fn speed(&self) -> String {
        let (ours, plain) = (self.steps_per_s, self.plain_steps_per_s);
        format!("{:.1} M steps/s, {:.2} times a plain loop", ours / 1e6, ours / plain)
    }

    fn measure(
        session: &Session<'_>,
        (image, program): (&ModelImage, &Program),
        rounds: u16,
        terminal: Terminal,
    ) -> anyhow::Result<Self> {
        let bar = terminal.bar("running nodes in the machine", 3 + 2 * u64::from(rounds));
        let started = Instant::now();
        let tree = image.tree();
        let image_bytes_per_s = image.bytes().len() as f64 / started.elapsed().as_secs_f64();
        bar.inc(1);

        let request = Request::local(PROVED_PROMPT, 1);
        let (answer, trace) = answer(session, &request, &Deviations::default());
        ensure!(
            answer.status == layout::Status::Fine,
            "{}",
            String::from_utf8_lossy(&answer.bytes)
        );
        let (input, claimed) = (request.encode(), ClaimedTrace::own(&trace));
        // The steps of a node and the seconds they took. Fails if the slot is not the engine's.
        let measure = |node| {
            let started = Instant::now();
            let run = program.run((image, &tree), &input, &claimed, node);
            let seconds = started.elapsed().as_secs_f64();
            let slot = program.slot(&run).map_err(|stopped| anyhow!("node {node}: {stopped:?}"))?;
            ensure!(slot == trace.slot(node), "node {node}: engine and machine disagree");
            bar.inc(1);
            Ok((run, seconds))
        };

        let shape = session.limits().shape;
        let position = u32::try_from(answer.prompt_tokens.len())? - 1;
        let layer = shape.layer(position, image.header().layers / 2);
        let (mut layer_steps, mut speeds, mut plain_speeds) = (0, Vec::new(), Vec::new());
        for _ in 0..rounds {
            let (run, seconds) = measure(layer)?;
            layer_steps = run.steps();
            speeds.push(run.steps() as f64 / seconds);
            let mut plain = Plain::new(&run, &input, image.bytes(), (&claimed, shape.slot_log2));
            let started = Instant::now();
            plain.run(run.segments().machine(), &run.state_at(0))?;
            plain_speeds.push(run.steps() as f64 / started.elapsed().as_secs_f64());
            let length = 1 << shape.slot_log2;
            let same = plain.memory[..length] == run.output(0, length);
            ensure!(same, "node {layer}: machine and plain loop disagree");
            bar.inc(1);
        }
        let (head, _) = measure(shape.head(position, 0))?;
        let (sampler, _) = measure(shape.sampler(position))?;
        bar.finish_and_clear();
        Ok(Self {
            steps_per_s: median(speeds),
            plain_steps_per_s: median(plain_speeds),
            layer_steps,
            head_steps: head.steps(),
            sampler_steps: sampler.steps(),
            image_bytes_per_s,
        })
    }
}

/// The machine as a plain loop without any preparation, to compare with.
struct Plain<'a, T> {
    memory: Vec<u8>,
    code: &'a [u8],
    input: &'a [u8],
    model: &'a [u8],
    trace: &'a T,
    slot_log2: u8,
}

impl<'a, T: TraceBytes> Plain<'a, T> {
    fn new(
        run: &Run<'a, T>,
        input: &'a [u8],
        model: &'a [u8],
        (trace, slot_log2): (&'a T, u8),
    ) -> Self {
        let memory = vec![0; index(run.segments().machine().memory_size())];
        Self { memory, code: run.segments().code(), input, model, trace, slot_log2 }
    }

    fn run(&mut self, machine: &imo_vm::Machine, state: &[u8]) -> anyhow::Result<()> {
        let (mut state, _) = State::decode(state)?;
        while state.status == Status::Running {
            step(&mut state, machine, self);
        }
        Ok(())
    }
}

impl<T: TraceBytes> Memories for Plain<'_, T> {
    fn fetch(&mut self, offset: u32) -> Instruction {
        decode(read(self.code, offset as usize, 4))
    }

    fn load(&mut self, access: Access) -> u32 {
        let offset = index(access.offset);
        match access.region {
            Region::Memory => read(&self.memory, offset, access.size),
            Region::Code => read(self.code, offset, access.size),
            Region::Input => read(self.input, offset, access.size),
            Region::Model => read(self.model, offset, access.size),
            Region::Trace => {
                let slot = self.trace.slot(access.offset >> self.slot_log2);
                read(slot, offset & ((1 << self.slot_log2) - 1), access.size)
            }
        }
    }

    fn store(&mut self, access: Access, value: u32) {
        let bytes = &value.to_le_bytes()[..access.size as usize];
        self.memory[index(access.offset)..][..bytes.len()].copy_from_slice(bytes);
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("what lies in memory has an address")
}

/// Reads a little-endian number. Bytes past the end count as zero.
fn read(bytes: &[u8], offset: usize, size: u32) -> u32 {
    let byte = |index: u32| bytes.get(offset + index as usize).copied().unwrap_or(0);
    (0..size).rev().fold(0, |value, index| value << 8 | u32::from(byte(index)))
}

/// The median; of an even count, the upper one of the middle two.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
