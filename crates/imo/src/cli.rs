//! The arguments, and the command that they select.

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::Exit;
use crate::terminal::Terminal;
use crate::{ask, bench, demo, deploy, dispute, launch, model, node, revenue, run, verify, vm};

/// Sell ownership of an open AI model, run it for anyone who pays, prove every answer on Ethereum.
#[derive(Debug, Parser)]
#[command(name = "imo", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Print one JSON object on standard output instead of text
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell the whole story on a local Ethereum node: pack, launch, ask, dispute, mint, claim
    Demo(demo::Args),
    /// Run a model: stream its answer to a prompt, or chat with it
    ///
    /// Without a prompt, on a terminal, it is a chat; /help lists what can be typed there. Each
    /// answer of a chat takes the next seed, beginning with --seed: with the same one, equal
    /// questions would have equal answers.
    Run(run::Args),
    /// Pack a model, or show what is in a packed one
    #[command(subcommand)]
    Model(model::Command),
    /// Put the contracts that all models share on a chain
    Deploy(deploy::Args),
    /// Launch a model: its token, sale, revenue and collection
    Launch(launch::Args),
    /// Show where a model's revenue came from, where it went, and what has not been paid out yet
    Revenue(revenue::Args),
    /// Answer requests and dispute wrong answers, until stopped
    Node(node::Args),
    /// Ask a model through the oracle: pay, and wait for an operator's answer
    Ask(ask::Args),
    /// List and watch disputes, replay them, and show the instruction that decides them
    #[command(subcommand)]
    Dispute(dispute::Command),
    /// Run an answer again and show the first difference, if there is one
    Verify(verify::Args),
    /// Run RISC-V programs in the machine that judges disputes
    #[command(subcommand)]
    Vm(vm::Command),
    /// Measure the engine, its commitments and the virtual machine on this computer
    Bench(bench::Args),
    /// Print a completion script for a shell
    Completions {
        /// Shell to complete for
        shell: clap_complete::Shell,
    },
}

/// Reads the arguments, and carries out the command that they select.
pub(crate) fn main() -> anyhow::Result<Exit> {
    match Cli::try_parse() {
        Ok(cli) => run(cli),
        // Help and version are no errors: they are what was asked for.
        Err(shown) if !shown.use_stderr() => {
            Terminal::new(false).written(shown.print());
            Ok(Exit::Success)
        }
        Err(wrong) => {
            let _ = wrong.print();
            Ok(Exit::WrongArguments)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    let terminal = Terminal::new(cli.json);
    match cli.command {
        Command::Demo(args) => demo::run(args, terminal),
        Command::Run(args) => run::run(args, terminal),
        Command::Model(command) => model::run(command, terminal),
        Command::Deploy(args) => deploy::run(args, terminal),
        Command::Launch(args) => launch::run(&args, terminal),
        Command::Revenue(args) => revenue::run(&args, terminal),
        Command::Node(args) => node::run(args, terminal),
        Command::Ask(args) => ask::run(args, terminal),
        Command::Dispute(command) => dispute::run(command, terminal),
        Command::Verify(args) => verify::run(args, terminal),
        Command::Vm(command) => vm::run(command, terminal),
        Command::Bench(args) => bench::run(args, terminal),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "imo", &mut script);
            terminal.raw(&script);
            Ok(Exit::Success)
        }
    }
}
