//! The subcommands of `imo dispute`.

use crate::dispute::args::{GameArgs, RunArgs};
use crate::dispute::{replay, show};
use crate::exit::Exit;
use crate::keys::Endpoint;
use crate::terminal::Terminal;

/// What to show.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List all games, open ones first
    List {
        #[command(flatten)]
        chain: Endpoint,
    },
    /// Show a game: players, bonds, clocks, who must move and until when
    Show(GameArgs),
    /// Print each move as it is made, of one game until it ends, or of all games
    Watch {
        /// Id of a game, or its first digits
        game: Option<String>,
        #[command(flatten)]
        chain: Endpoint,
    },
    /// Run the disputed node again and say who is right
    Replay(RunArgs),
    /// Show one step of the disputed node's run: instruction, source line, registers and memory
    Step {
        #[command(flatten)]
        run: RunArgs,
        /// Which step [default: the one that leads to the first state of the last dissection that
        /// differs here; if none differs, the one that leads to its end]
        #[arg(long, value_name = "NUMBER")]
        at: Option<u64>,
    },
}

/// Carries out a command.
pub(crate) fn run(command: Command, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::List { chain } => show::list(&chain, terminal).await,
            Command::Show(args) => show::show(args, terminal).await,
            Command::Watch { game, chain } => show::watch(game.as_deref(), &chain, terminal).await,
            Command::Replay(args) => replay::replay(args, terminal).await,
            Command::Step { run, at } => replay::step(run, at, terminal).await,
        }
    })
}
