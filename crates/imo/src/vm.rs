//! Runs any static RV32IM program in the virtual machine, alone or with the contract checking each
//! step.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use imo_chain::primitives::hex::encode_prefixed as hex;
use imo_vm::{Elf, EmptyTrace, Machine, Memory, Run, Segments, State, Status, Stopped, WitnessRun};
use indicatif::HumanCount;
use serde::Serialize;

use crate::evm::Stepper;
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Smallest space for the stack, in bytes, between the program's data and the end of memory.
const STACK: u32 = 1 << 20;
/// The register that points to the stack.
const SP: usize = 2;
/// Bytes of the empty trace's slots, as a power of two.
const SLOT_LOG2: u8 = 7;

/// What to do with a program.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Run a program until it exits
    Run(Args),
    /// Run a program and let the contract check every step
    Check(Args),
}

/// A program, and how far to run it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Static RV32IM executable; ends with the exit system call (a7 = 93, a0 = exit code)
    file: PathBuf,
    /// Most steps to run
    #[arg(long, value_name = "COUNT", default_value_t = 1 << 32)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
    max_steps: u64,
}

/// Carries out a command.
pub(crate) fn run(command: Command, terminal: Terminal) -> anyhow::Result<Exit> {
    let (args, is_check) = match command {
        Command::Run(args) => (args, false),
        Command::Check(args) => (args, true),
    };
    let program = Program::load(&args.file)?;
    let started = Instant::now();
    let run = Run::new(program.segments(), program.state, program.memory.clone(), args.max_steps);
    let seconds = started.elapsed().as_secs_f64();
    let verified = is_check.then(|| program.verify(&run, terminal)).transpose()?;
    let report = Report::of(&run, seconds, verified)?;
    report.print(terminal);
    terminal.object(&report);
    Ok(if report.exit_code == Some(0) { Exit::Success } else { Exit::Failure })
}

/// A program, and a machine that fits it.
struct Program {
    elf: Elf,
    machine: Machine,
    state: State,
    memory: Memory,
    trace: EmptyTrace,
}

impl Program {
    fn load(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let file = fs::read(path).with_context(|| name.to_string())?;
        let memory_depth = Elf::memory_depth(&file, STACK).with_context(|| name.to_string())?;
        let elf = Elf::parse(&file, memory_depth).with_context(|| name.to_string())?;
        let machine = Machine {
            code_base: elf.code_base,
            code_depth: elf.code_depth(),
            memory_depth,
            input_depth: 0,
            model_depth: 0,
            trace_depth: 0,
            trace_limit: 0,
        };
        let mut state = State::new(elf.entry, [0; 3]);
        // The stack grows down from the end of memory.
        state.set_register(SP, u32::try_from(machine.memory_size())?);
        let (memory, trace) = (elf.memory(memory_depth), EmptyTrace { slot_log2: SLOT_LOG2 });
        Ok(Self { elf, machine, state, memory, trace })
    }

    fn segments(&self) -> Segments<'_, EmptyTrace> {
        let trace = (&self.trace, SLOT_LOG2);
        Segments::new(self.machine, &self.elf.code, &[], (&[], None), trace)
    }

    /// Takes every step of a run again in the contract, from the code and the witness alone.
    /// Reports the gas of the most expensive step.
    fn verify(&self, run: &Run<'_, EmptyTrace>, terminal: Terminal) -> anyhow::Result<Verified> {
        let segments = run.segments();
        let roots = segments.roots();
        let mut stepper = Stepper::new();
        stepper.store(&self.elf.code, self.machine.code_depth)?;
        let mut witnessed = WitnessRun::new(segments, self.state, self.memory.clone());
        let mut most_gas = 0;
        let bar = terminal.bar("steps in the contract", run.steps());
        for step in 0..run.steps() {
            let (pc, before) = (witnessed.state().pc, witnessed.hash());
            let witness = witnessed.step();
            let at = || format!("step {step} at {pc:#010x}");
            let stepped = stepper.step(&self.machine, &roots, &witness).with_context(at)?;
            let after = witnessed.hash();
            if (stepped.before, stepped.after) != (before, after) {
                let (ours, theirs) = (hex(after), hex(stepped.after));
                bail!("{}: the machine comes to {ours}, the contract to {theirs}", at());
            }
            most_gas = most_gas.max(stepped.gas);
            bar.inc(1);
        }
        bar.finish_and_clear();
        ensure!(
            run.state_hashes(&[run.steps()]) == [witnessed.hash()],
            "the run with witnesses ends in another state than the run without"
        );
        Ok(Verified { steps: run.steps(), most_gas })
    }
}

/// What the contract found.
#[derive(Debug, Serialize)]
struct Verified {
    steps: u64,
    /// Most gas of a transaction with one step, including calldata.
    most_gas: u64,
}

/// The object of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    status: &'static str,
    /// The exit code. None if the program did not exit.
    exit_code: Option<u32>,
    steps: u64,
    seconds: f64,
    steps_per_s: f64,
    pc: u32,
    /// x0 to x31.
    registers: Vec<u32>,
    memory_root: String,
    state_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<Verified>,
}

impl Report {
    fn of(
        run: &Run<'_, EmptyTrace>,
        seconds: f64,
        verified: Option<Verified>,
    ) -> anyhow::Result<Self> {
        let (state, memory_root) = State::decode(&run.state_at(run.steps()))?;
        let exit_code = match run.stopped() {
            Stopped::Halted { code } => Some(code),
            Stopped::Fault { .. } | Stopped::OutOfSteps => None,
        };
        Ok(Self {
            status: match state.status {
                Status::Running => "running",
                Status::Halted => "halted",
                Status::Fault | Status::Other(_) => "fault",
            },
            exit_code,
            steps: run.steps(),
            seconds,
            steps_per_s: run.steps() as f64 / seconds,
            pc: state.pc,
            registers: (0..32).map(|index| state.register(index)).collect(),
            memory_root: hex(memory_root),
            state_hash: hex(state.hash(memory_root)),
            verified,
        })
    }

    fn print(&self, terminal: Terminal) {
        let pc = format!("{:#010x}", self.pc);
        let ended = match self.exit_code {
            Some(code) => format!("exited with code {code}"),
            None if self.status == "running" => format!("still running, at {pc}"),
            None => format!("fault at {pc}"),
        };
        let steps = HumanCount(self.steps);
        let mut rows = vec![
            ("program", ended),
            ("steps", format!("{steps} at {:.1} M/s", self.steps_per_s / 1e6)),
        ];
        if let Some(Verified { steps, most_gas }) = &self.verified {
            let (steps, most_gas) = (HumanCount(*steps), HumanCount(*most_gas));
            rows.push(("contract", format!("agrees on {steps} steps, {most_gas} gas at most")));
        }
        rows.extend([
            ("pc", pc),
            ("memory root", self.memory_root.clone()),
            ("state hash", self.state_hash.clone()),
        ]);
        terminal.table(&rows);
        for (row, registers) in self.registers.chunks(4).enumerate() {
            let cells = registers.iter().zip(4 * row..);
            let cells =
                cells.map(|(value, index)| format!("{:>3} {value:08x}", format!("x{index}")));
            terminal.line(cells.collect::<Vec<_>>().join("  "));
        }
    }
}
