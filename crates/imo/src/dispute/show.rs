//! Shows games: all of them, one, or each move as it is made.

use std::time::Duration;

use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{Ending, GameView};
use imo_dispute::{Descent, Game, Phase, Side};
use imo_model::ModelImage;
use imo_node::short;
use imo_player::Program;
use serde::Serialize;

use crate::amount::{duration, ether};
use crate::dispute::args::GameArgs;
use crate::dispute::scene::Scene;
use crate::dispute::words::side;
use crate::exit::Exit;
use crate::keys::Endpoint;
use crate::outage::Outage;
use crate::terminal::Terminal;

/// Pause between two looks at the chain.
const POLL: Duration = Duration::from_millis(500);

/// Everything that is shown of a game: the object of `--json`.
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
    /// The chain's time.
    now: u64,
    claimant_seconds_left: u64,
    challenger_seconds_left: u64,
    ending: Option<&'static str>,
    winner: Option<&'static str>,
}

impl Report {
    /// Describes a game. The kind of its node is known only if the model is given.
    fn of(scene: &Scene, game: &GameView, model: Option<(&Program, &ModelImage)>) -> Self {
        let (view, claim) = (&scene.view, &scene.view.claims[&game.claim]);
        let position = game.at(scene.k_log2, view.time);
        let kind = model.zip(position.node).and_then(|((program, image), node)| {
            Some(program.kind(image, u32::try_from(node).ok()?).words)
        });
        let left = |side| seconds_left(game, &position, side, view.time);
        Self {
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
            now: view.time,
            claimant_seconds_left: left(Side::Claimant),
            challenger_seconds_left: left(Side::Challenger),
            ending: game.ending.map(|(ending, _)| ended(ending)),
            winner: game.ending.and_then(|(_, winner)| winner).map(side),
        }
    }

    /// The state of the game in a few words.
    fn state(&self) -> String {
        match (self.ending, self.winner) {
            (Some(ending), Some(winner)) => format!("{winner} won by {ending}"),
            (Some(ending), None) => ending.to_owned(),
            _ => self.waits_for.clone(),
        }
    }

    /// Who must move, and until when. None if the game is over.
    fn turn(&self) -> Option<String> {
        let (to_move, deadline) = (self.to_move?, self.deadline?);
        let until = match deadline.checked_sub(self.now) {
            Some(seconds) => format!("within {}", duration(seconds)),
            None => "too late: anyone may call time".to_owned(),
        };
        Some(format!("the {to_move}, {until}"))
    }

    /// The same, to end a line with.
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
        terminal.table(&rows);
    }
}

/// Lists all games.
pub(crate) async fn list(chain: &Endpoint, terminal: Terminal) -> anyhow::Result<Exit> {
    let scene = Scene::look(chain).await?;
    let mut reports: Vec<_> =
        scene.view.games.values().map(|game| Report::of(&scene, game, None)).collect();
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

/// Shows one game.
pub(crate) async fn show(args: GameArgs, terminal: Terminal) -> anyhow::Result<Exit> {
    let scene = Scene::look(&args.chain).await?;
    let (game, _) = scene.game(&args.game)?;
    let image = args.model.map(|path| crate::model::open(&path, None, terminal)).transpose()?;
    let program = image.as_ref().map(Program::of).transpose()?;
    let report = Report::of(&scene, game, program.as_ref().zip(image.as_ref()));
    report.print(terminal);
    terminal.object(&report);
    Ok(Exit::Success)
}

/// Prints each move as it is made.
pub(crate) async fn watch(
    game: Option<&str>,
    chain: &Endpoint,
    terminal: Terminal,
) -> anyhow::Result<Exit> {
    let mut scene = Scene::look(chain).await?;
    let only = game.map(|prefix| scene.game(prefix).map(|(game, _)| game.id)).transpose()?;
    let mut told = std::collections::BTreeMap::new();
    let mut outage = Outage::new(terminal);
    loop {
        for game in scene.view.games.values().filter(|game| only.is_none_or(|id| game.id == id)) {
            let stands = (game.turn.ply, game.ending);
            if told.insert(game.id, stands) == Some(stands) {
                continue;
            }
            let report = Report::of(&scene, game, None);
            terminal.object(&report);
            let (id, moves, turn) = (short(&game.id), report.moves, report.turn_or_nothing());
            terminal.line(format!("{id}  move {moves:>2}: {}{turn}", report.state()));
            if only.is_some() && !game.is_open() {
                return Ok(Exit::Success);
            }
        }
        tokio::time::sleep(POLL).await;
        outage.survive(scene.view.update(&scene.client).await)?;
    }
}

/// What the game waits for.
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
            format!("a dissection of the 2^{} steps from {} on", range.length_log2, range.start)
        }
        Phase::Resolved { .. } => "nothing".to_owned(),
    }
}

/// Seconds that a side has left now. Only the clock of the side to move is running.
fn seconds_left(game: &GameView, position: &Game, side: Side, now: u64) -> u64 {
    if game.is_open() && position.to_move() == Some(side) {
        game.deadline.saturating_sub(now)
    } else {
        game.seconds_left(side).into()
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
