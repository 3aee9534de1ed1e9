//! What there is to see of disputes, in the words of people.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use imo_chain::contracts::OpmlVerifier::K_LOG2Call;
use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{ClaimView, Client, Ending, GameView, View};
use imo_dispute::{Descent, Game, Phase, Side};
use imo_model::Kind;
use serde::Serialize;

use crate::amount::ether;
use crate::exit::Exit;
use crate::keys::Endpoint;
use crate::model::table;
use crate::program::TextProgram;
use crate::terminal::Terminal;

mod replay;
mod step;

pub(crate) use replay::{ModelArgs, disputed};

/// What to see.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List all games, open ones first
    List {
        #[command(flatten)]
        chain: Endpoint,
    },
    /// Show a game: players, bonds, clocks, who must move and until when
    Show(GameArgs),
    /// Tell of each move as it is made, of one game until it ends or of all
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
        /// Which step [default: the one that the game came down to: to the first state of the last dissection that is not so here, or to its end]
        #[arg(long, value_name = "NUMBER")]
        at: Option<u64>,
    },
}

/// A game.
#[derive(Debug, clap::Args)]
pub(crate) struct GameArgs {
    /// Its id, or the first digits
    game: String,
    /// Model to name the kind of the node with: a packed image or a GGUF file
    #[arg(long, env = "IMO_MODEL", value_name = "FILE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    chain: Endpoint,
}

/// A game, and the model that it is about.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Id of the game, or its first digits
    game: String,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    chain: Endpoint,
}

/// Between two looks at the chain.
const POLL: Duration = Duration::from_millis(500);

/// Carries out a command.
pub(crate) fn run(command: Command, terminal: Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::List { chain } => list(&chain, terminal).await,
            Command::Show(args) => show(args, terminal).await,
            Command::Watch { game, chain } => watch(game.as_deref(), &chain, terminal).await,
            Command::Replay(args) => replay::replay(args, terminal).await,
            Command::Step { run, at } => replay::step(run, at, terminal).await,
        }
    })
}

/// The chain as it is now.
pub(crate) struct Scene {
    pub(crate) client: Client,
    pub(crate) view: View,
    k_log2: u32,
}

impl Scene {
    pub(crate) async fn look(chain: &Endpoint) -> anyhow::Result<Self> {
        let (client, deployment) = chain.look().await?;
        let k_log2 = client.call(deployment.verifier, &K_LOG2Call {}).await?.saturating_to();
        let mut view = View::new(deployment);
        view.update(&client).await?;
        Ok(Self { client, view, k_log2 })
    }

    /// The one game whose id begins like this.
    fn game(&self, prefix: &str) -> anyhow::Result<(&GameView, &ClaimView)> {
        let digits = prefix.strip_prefix("0x").unwrap_or(prefix).to_lowercase();
        ensure!(!digits.is_empty(), "no game is named; `imo dispute list` lists them");
        let mut found =
            self.view.games.values().filter(|game| format!("{:x}", game.id).starts_with(&digits));
        let game = found
            .next()
            .with_context(|| format!("there is no game {prefix}; `imo dispute list` lists them"))?;
        if found.next().is_some() {
            bail!("more than one game begins with {prefix}");
        }
        Ok((game, &self.view.claims[&game.claim]))
    }

    fn report(&self, game: &GameView, program: Option<&TextProgram>) -> Report {
        let claim = &self.view.claims[&game.claim];
        let position = game.at(self.k_log2, self.view.time);
        let kind = program.zip(position.node).and_then(|(program, node)| {
            Some(kind(program.shape().kind(u32::try_from(node).ok()?)))
        });
        let left = |side| seconds_left(game, &position, side, self.view.time);
        Report {
            game: game.id,
            claim: game.claim,
            request: claim.request,
            claimant: claim.preimage.claimant,
            challenger: game.challenger,
            claim_bond_wei: claim.bond,
            challenge_bond_wei: game.bond,
            node: position.node,
            kind,
            moves: game.turn.ply,
            stated_steps_log2: game.stated_log2(),
            waits_for: waits_for(&position),
            to_move: position.to_move().filter(|_| game.is_open()).map(side),
            deadline: game.is_open().then_some(game.deadline),
            now: self.view.time,
            claimant_seconds_left: left(Side::Claimant),
            challenger_seconds_left: left(Side::Challenger),
            ending: game.ending.map(|(ending, _)| ended(ending)),
            winner: game.ending.and_then(|(_, winner)| winner).map(side),
        }
    }
}

/// What is known of a game: the object of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    game: B256,
    claim: B256,
    request: Option<U256>,
    claimant: Address,
    challenger: Address,
    claim_bond_wei: U256,
    challenge_bond_wei: U256,
    node: Option<u64>,
    kind: Option<String>,
    moves: u16,
    stated_steps_log2: Option<u8>,
    waits_for: String,
    to_move: Option<&'static str>,
    /// Last second for the next move.
    deadline: Option<u64>,
    /// Time of the chain.
    now: u64,
    claimant_seconds_left: u64,
    challenger_seconds_left: u64,
    ending: Option<&'static str>,
    winner: Option<&'static str>,
}

impl Report {
    /// How it stands, in a few words.
    fn state(&self) -> String {
        match (self.ending, self.winner) {
            (Some(ending), Some(winner)) => format!("{winner} won by {ending}"),
            (Some(ending), None) => ending.to_owned(),
            _ => self.waits_for.clone(),
        }
    }

    /// Who must move, and until when; nobody when it is over.
    fn turn(&self) -> Option<String> {
        let (to_move, deadline) = (self.to_move?, self.deadline?);
        let until = match deadline.checked_sub(self.now) {
            Some(seconds) => format!("within {}", duration(seconds)),
            None => "too late: anyone may call time".to_owned(),
        };
        Some(format!("the {to_move}, {until}"))
    }

    /// Same, as the end of a line.
    fn turn_or_nothing(&self) -> String {
        self.turn().map(|turn| format!("; to move: {turn}")).unwrap_or_default()
    }

    fn print(&self, terminal: Terminal) {
        let node = match (self.node, &self.kind) {
            (Some(node), Some(kind)) => format!("{node}, {kind}"),
            (Some(node), None) => node.to_string(),
            _ => "not known yet: the trace is being revealed".to_owned(),
        };
        let request =
            self.request.map_or_else(|| "of another host".to_owned(), |it| it.to_string());
        let clock = |seconds: u64| format!("{} left", duration(seconds));
        let mut rows = vec![
            ("game", self.game.to_string()),
            ("claim", self.claim.to_string()),
            ("request", request),
            ("claimant", format!("{}, bond {}", self.claimant, ether(self.claim_bond_wei))),
            ("challenger", format!("{}, bond {}", self.challenger, ether(self.challenge_bond_wei))),
            ("node", node),
            ("moves", self.moves.to_string()),
            ("state", self.state()),
        ];
        if let Some(log2) = self.stated_steps_log2 {
            rows.push(("stated run", format!("2^{log2} steps")));
        }
        if let Some(turn) = self.turn() {
            rows.extend([
                ("to move", turn),
                ("claimant's clock", clock(self.claimant_seconds_left)),
                ("challenger's clock", clock(self.challenger_seconds_left)),
            ]);
        }
        table(terminal, &rows);
    }
}

async fn list(chain: &Endpoint, terminal: Terminal) -> anyhow::Result<Exit> {
    let scene = Scene::look(chain).await?;
    let mut reports: Vec<_> =
        scene.view.games.values().map(|game| scene.report(game, None)).collect();
    reports.sort_by_key(|report| (report.ending.is_some(), report.deadline));
    terminal.object(&reports);
    if reports.is_empty() {
        terminal.line("there are no disputes");
        return Ok(Exit::Success);
    }
    terminal.line(format!("{:12}{:9}{:>9}{:>7}  {}", "game", "request", "node", "moves", "state"));
    for report in &reports {
        let request = report.request.map(|it| it.to_string()).unwrap_or_default();
        let node = report.node.map(|it| it.to_string()).unwrap_or_default();
        let (game, moves) = (short(&report.game), report.moves);
        let (state, turn) = (report.state(), report.turn_or_nothing());
        terminal.line(format!("{game:12}{request:9}{node:>9}{moves:>7}  {state}{turn}"));
    }
    Ok(Exit::Success)
}

async fn show(args: GameArgs, terminal: Terminal) -> anyhow::Result<Exit> {
    let scene = Scene::look(&args.chain).await?;
    let (game, _) = scene.game(&args.game)?;
    let image = args.model.map(|path| crate::model::open(&path, None, terminal)).transpose()?;
    let program = image.as_ref().map(TextProgram::new);
    let report = scene.report(game, program.as_ref());
    report.print(terminal);
    terminal.object(&report);
    Ok(Exit::Success)
}

async fn watch(game: Option<&str>, chain: &Endpoint, terminal: Terminal) -> anyhow::Result<Exit> {
    let mut scene = Scene::look(chain).await?;
    let only = game.map(|prefix| scene.game(prefix).map(|(game, _)| game.id)).transpose()?;
    let mut told = std::collections::BTreeMap::new();
    loop {
        for game in scene.view.games.values().filter(|game| only.is_none_or(|id| game.id == id)) {
            let stands = (game.turn.ply, game.ending);
            if told.insert(game.id, stands) == Some(stands) {
                continue;
            }
            let report = scene.report(game, None);
            terminal.object(&report);
            let (id, moves, turn) = (short(&game.id), report.moves, report.turn_or_nothing());
            terminal.line(format!("{id}  move {moves:>2}: {}{turn}", report.state()));
            if only.is_some() && !game.is_open() {
                return Ok(Exit::Success);
            }
        }
        tokio::time::sleep(POLL).await;
        scene.view.update(&scene.client).await?;
    }
}

/// What a position waits for.
fn waits_for(game: &Game) -> String {
    let part = |it: &Descent| format!("part {} of the trace, 2^{} nodes", it.prefix, it.levels);
    match &game.phase {
        Phase::Committed(descent) => format!("a reveal of {}", part(descent)),
        Phase::Revealed(descent, _) => format!("a pick in {}", part(descent)),
        Phase::Opening => "the claimant's statement of its run".to_owned(),
        Phase::Dissected { range, .. } if range.length_log2 <= game.k_log2 => {
            format!("a conviction in one of the steps from {} on", range.start)
        }
        Phase::Dissected { range, .. } => {
            format!("a cut of 2^{} steps from {} on", range.length_log2, range.start)
        }
        Phase::Resolved { .. } => "nothing".to_owned(),
    }
}

/// What a side has left now: only the clock of the side to move runs.
fn seconds_left(game: &GameView, position: &Game, side: Side, now: u64) -> u64 {
    if game.is_open() && position.to_move() == Some(side) {
        game.deadline.saturating_sub(now)
    } else {
        game.seconds_left(side).into()
    }
}

/// A kind of node, for people.
pub(crate) fn kind(kind: Kind) -> String {
    match kind {
        Kind::Tokens { chunk } => format!("tokenizer, chunk {chunk}"),
        Kind::Layer { position, layer } => format!("layer {layer} at position {position}"),
        Kind::Head { position, part } => format!("head part {part} at position {position}"),
        Kind::Sampler { position } => format!("sampler at position {position}"),
        Kind::Emit => "emit".to_owned(),
        Kind::Zero => "beyond the context".to_owned(),
    }
}

pub(crate) const fn side(side: Side) -> &'static str {
    match side {
        Side::Claimant => "claimant",
        Side::Challenger => "challenger",
    }
}

const fn ended(ending: Ending) -> &'static str {
    match ending {
        Ending::Conviction => "conviction",
        Ending::Concession => "concession",
        Ending::Timeout => "timeout",
        Ending::Interrupted => "closed: another game rejected the claim",
    }
}

/// Seconds for people.
pub(crate) fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours} h {minutes} min")
    } else if minutes > 0 {
        format!("{minutes} min {seconds} s")
    } else {
        format!("{seconds} s")
    }
}

fn short(id: &B256) -> String {
    format!("{:.10}", id.to_string())
}
