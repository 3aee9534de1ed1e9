//! Whole games in the verifier's bytecode, over traces of a small model and of the real one: a
//! random fault, random ways to play dishonestly, several games about each claim.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use imo_commit::{Hash, keccak256};
use imo_dispute::{Game, Move, Run as _, Side, react};
use imo_engine::Means;
use imo_model::{ModelImage, TextProgram};
use imo_pack::tiny::{TinyShape, gguf};
use imo_pack::{pack, pack_bytes};
use imo_player::{ClaimedTrace, Model, Origin, PlayerRun, Request, first_difference};
use imo_tensor::Sampling;
use imo_text::layout::{Kind, Stops, TextRequest, TraceShape};
use imo_trace::{Fault, Trace};
use indicatif::HumanCount;

use crate::court::{CHAIN, Cost, Court, HOST, K_LOG2, account};
use crate::random::{Random, soak};

/// Number of claims with each kind of fault.
const FAULTS_OF_A_KIND: u64 = 2;

// ---- players ------------------------------------------------------------------------------------

/// How a dishonest player plays.
#[derive(Clone, Copy, Debug)]
struct Style {
    /// From this move of the game on, it never moves again.
    silent_from: u32,
    /// It invents the states inside its dissections.
    babbles: bool,
    /// It states at least this many steps (as a power of two), which changes who has the last move.
    steps_log2: Option<u32>,
    /// It lets its clock run out instead of conceding.
    never_concedes: bool,
}

impl Style {
    const HONEST: Self =
        Self { silent_from: u32::MAX, babbles: false, steps_log2: None, never_concedes: false };

    fn random(random: &mut Random) -> Self {
        Self {
            silent_from: if random.below(4) == 0 { random.below(12) } else { u32::MAX },
            babbles: random.below(4) == 0,
            steps_log2: (random.below(2) == 0).then(|| 20 + random.below(8)),
            never_concedes: random.below(2) == 0,
        }
    }
}

/// A run as a player presents it.
struct StyledRun<'a> {
    run: PlayerRun<'a, ClaimedTrace<'a>>,
    babbles: bool,
}

impl imo_dispute::Run for StyledRun<'_> {
    fn steps(&self) -> u64 {
        self.run.steps()
    }

    fn state_hashes(&self, steps: &[u64]) -> Vec<Hash> {
        let mut hashes = self.run.state_hashes(steps);
        // The first and the last state are agreed or were stated in full.
        if let [_, inside @ .., _] = &mut hashes[..]
            && self.babbles
        {
            inside.iter_mut().for_each(|hash| *hash = keccak256(&hash[..]));
        }
        hashes
    }

    fn final_state(&self) -> (Vec<u8>, Vec<Hash>) {
        self.run.final_state()
    }

    fn witness(&self, step: u64) -> Vec<u8> {
        self.run.witness(step)
    }
}

struct Player<'a> {
    side: Side,
    trace: &'a ClaimedTrace<'a>,
    run: StyledRun<'a>,
    style: Style,
}

impl Player<'_> {
    fn react(&self, game: &Game) -> Option<Move> {
        if game.ply >= self.style.silent_from {
            return None;
        }
        react(game, self.side, self.trace, &self.run)
            .filter(|action| !(self.style.never_concedes && *action == Move::Concede))
    }
}

/// A request with every option of sampling. No stop sequence occurs, so the answer has all its
/// tokens.
pub(crate) fn sampled(prompt: &str, tokens: u32) -> Request<Vec<u8>> {
    let text = TextRequest {
        sampling: Sampling {
            temperature: 80_000,
            top_k: 50,
            top_p: 60_000,
            min_p: 900,
            repeat_penalty: 80_000,
        },
        stops: Stops::new([&b"never said"[..], b"\n\n\n"]).expect("few and short"),
        prompt,
        ..TextRequest::default()
    };
    Request { seed: 3, ..text.local(tokens) }
}

// ---- the model ----------------------------------------------------------------------------------

struct Scene {
    model: Model,
    request: Request<Vec<u8>>,
    court: Court,
}

/// How a game went.
struct Played {
    winner: Side,
    cost: Cost,
    /// What the honest side has lost, in wei.
    lost: u128,
    /// Steps of the disputed node's run.
    steps: u64,
    /// Seconds that both players and the contract computed.
    seconds: f64,
}

impl Scene {
    fn tiny() -> Self {
        let (bytes, _) = pack_bytes(&gguf(5, &TinyShape::default()), |_, _| ()).expect("supported");
        Self::new(ModelImage::from_bytes(bytes).expect("sound"), sampled("and the end", 5))
    }

    /// The model that `IMO_MODEL` names.
    fn real() -> Self {
        let source = std::env::var_os("IMO_MODEL").expect("IMO_MODEL: `make test` sets it");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("games.imo");
        pack(Path::new(&source), TextProgram::TEXT, &target, |_, _| ()).expect("a supported file");
        let image = ModelImage::open(&target).expect("it was packed here");
        Self::new(image, Request::local("Name three colours.", 8))
    }

    fn new(image: ModelImage, request: Request<Vec<u8>>) -> Self {
        let model = Model::new(image).expect("the text program");
        let (host, claimant) = (HOST.into_array(), account(Side::Claimant).into_array());
        let origin = Origin { chain_id: CHAIN, host, claimant, ..request.origin };
        let request = Request { origin, ..request };
        let court = Court::new(model.program(), model.image());
        Self { model, request, court }
    }

    fn trace(&self, fault: Option<Fault>) -> Trace {
        let solution = self.model.solve(&self.request, fault, Means::detect(2));
        solution.expect("this machine can run it").trace
    }

    /// A game against a claim; `liar` is the side that is wrong. None if the contract refuses the
    /// claim.
    fn play(
        &self,
        (claimed, other): (&Trace, &Trace),
        (liar, style): (Side, Style),
        is_served: bool,
    ) -> Option<Played> {
        let started = Instant::now();
        let mut court = self.court.fresh();
        let claim = court.claim(
            &self.request,
            TraceShape::smallest(self.model.image().header()).emit(),
            claimed,
        )?;
        let difference = first_difference(other, claimed.tree().root(), |level, index| {
            let child = |at| claimed.tree().subtree(level - 1, at);
            Some((child(2 * index), child(2 * index + 1)))
        });
        let difference = difference.expect("the traces differ");
        court.challenge(claim, is_served.then_some(&difference));

        let node = u32::try_from(difference.node).expect("a node of a trace");
        let (claimants, challengers) =
            (ClaimedTrace::own(claimed), ClaimedTrace::with(other, difference));
        let challengers_own = ClaimedTrace::own(other);
        let input = self.request.encode();
        let seat = |side, trace: &'_ Trace, view| {
            let style = if side == liar { style } else { Style::HONEST };
            let program = self.model.program();
            let (it, image) = (program.parameters(), (self.model.image(), self.model.tree()));
            let run = program.run(image, &input, view, node);
            let run = PlayerRun::new(run, it.output_address as usize, it.slot_log2);
            let run = run.stating(style.steps_log2);
            let run = if side == liar { run.claiming(&trace.slot(node)) } else { run };
            (StyledRun { run, babbles: style.babbles }, style)
        };
        let (run, style) = seat(Side::Claimant, claimed, &claimants);
        let claimant = Player { side: Side::Claimant, trace: &claimants, run, style };
        let (run, style) = seat(Side::Challenger, other, &challengers);
        let challenger = Player { side: Side::Challenger, trace: &challengers_own, run, style };
        let winner = self.to_the_end(&mut court, &claimant, &challenger);
        let honest = if liar == Side::Claimant { &challenger } else { &claimant };
        let (cost, steps) = (court.cost.clone(), honest.run.steps());
        let seconds = started.elapsed().as_secs_f64();
        Some(Played { winner, cost, lost: court.loss(liar.other()), steps, seconds })
    }

    fn to_the_end(
        &self,
        court: &mut Court,
        claimant: &Player<'_>,
        challenger: &Player<'_>,
    ) -> Side {
        loop {
            let game = court.game();
            if let Some((_, winner)) = game.ending {
                return winner.expect("no other game has interrupted it");
            }
            assert!(game.turn.ply < 64, "a game is short");
            let position = game.at(K_LOG2, 0);
            let mover = position.to_move().expect("the game is open");
            let player = if mover == Side::Claimant { claimant } else { challenger };
            let action = player.react(&position);
            if !action.is_some_and(|action| court.play(mover, action, &self.request)) {
                // A player who does not move, or whose move is refused, runs out of time.
                court.call_time(mover.other());
            }
        }
    }
}

// ---- the games ----------------------------------------------------------------------------------

/// What happened to the claims with one kind of fault.
#[derive(Default)]
struct Row {
    claims: u32,
    refused: u32,
    caught: u32,
    games: u32,
    lost: u128,
    gas: Vec<u64>,
}

/// Costs of the games with a served trace, or of those with a withheld one.
#[derive(Default)]
struct Costs {
    transactions: Vec<u64>,
    gas: Vec<u64>,
    claimant_gas: Vec<u64>,
    dearest: BTreeMap<&'static str, u64>,
}

impl Costs {
    fn add(&mut self, cost: &Cost) {
        self.transactions.push(cost.transactions.into());
        self.gas.push(cost.gas);
        self.claimant_gas.push(cost.claimant_gas);
        for (name, gas) in &cost.dearest {
            let dearest = self.dearest.entry(name).or_default();
            *dearest = *gas.max(dearest);
        }
    }
}

/// Minimum, median, 95th percentile and maximum, as cells of a table.
fn spread(numbers: &[u64]) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let last = sorted.len() - 1;
    let cells =
        [0, last / 2, last * 95 / 100, last].map(|at| format!(" {} |", HumanCount(sorted[at])));
    cells.concat()
}

/// Writes a report to the folder that `IMO_REPORT` names.
fn keep(name: &str, report: &str) {
    if let Some(folder) = std::env::var_os("IMO_REPORT") {
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        std::fs::write(Path::new(&folder).join(name), report).expect("a report can be written");
    }
}

/// The nodes of a trace by kind.
fn nodes_by_kind(scene: &Scene, honest: &Trace) -> [(&'static str, Vec<u32>); 5] {
    let shape = TraceShape::smallest(scene.model.image().header());
    let of_kind = |wanted: fn(Kind) -> bool| -> Vec<u32> {
        honest.nodes().filter(|node| wanted(shape.kind(*node))).collect()
    };
    [
        ("tokenizer", of_kind(|kind| matches!(kind, Kind::Tokens { .. }))),
        ("layer", of_kind(|kind| matches!(kind, Kind::Layer { .. }))),
        ("head", of_kind(|kind| matches!(kind, Kind::Head { .. }))),
        ("sampler", of_kind(|kind| matches!(kind, Kind::Sampler { .. }))),
        ("emit", vec![shape.emit()]),
    ]
}

/// The same number of faults of every kind, at random nodes and bits.
fn faults(scene: &Scene, honest: &Trace, random: &mut Random) -> Vec<(&'static str, Fault)> {
    let bits = 8 << honest.tree().slot_log2();
    let mut faults = vec![("wrong output", Fault::Output), ("wrong length", Fault::Length)];
    for (name, nodes) in nodes_by_kind(scene, honest) {
        for _ in 0..FAULTS_OF_A_KIND * soak() {
            let (index, bit) = (random.of(&nodes), random.below(bits));
            faults.push((name, Fault::Node { index, bit }));
        }
    }
    faults
}

#[test]
fn every_fault_is_caught_and_no_honest_bond_is_lost() {
    let scene = Scene::tiny();
    let honest = scene.trace(None);
    let mut random = Random(11);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut costs: BTreeMap<&str, Costs> = BTreeMap::new();
    for (name, fault) in faults(&scene, &honest, &mut random) {
        let wrong = scene.trace(Some(fault));
        assert_ne!(wrong.tree().root(), honest.tree().root(), "{fault:?} changes the trace");
        let row = rows.entry(name).or_default();
        row.claims += 1;
        let mut is_caught = true;
        for (is_served, served) in [(true, "served"), (false, "withheld")] {
            // The wrong claim is challenged; then the right one, by a player who believes the wrong
            // trace.
            for (liar, traces) in
                [(Side::Claimant, (&wrong, &honest)), (Side::Challenger, (&honest, &wrong))]
            {
                let style = Style::random(&mut random);
                let Some(played) = scene.play(traces, (liar, style), is_served) else {
                    assert_eq!((liar, name), (Side::Claimant, "emit"), "{fault:?} is refused");
                    row.refused += u32::from(is_served);
                    continue;
                };
                assert_eq!(played.winner, liar.other(), "{fault:?}, {style:?}, {served}");
                assert_eq!(played.lost, 0, "{fault:?}, {style:?}, {served}");
                is_caught &= played.winner == liar.other();
                row.games += 1;
                row.lost += played.lost;
                row.gas.push(played.cost.gas);
                costs.entry(served).or_default().add(&played.cost);
            }
        }
        row.caught += u32::from(is_caught);
    }
    let report = tables(&rows, &costs);
    keep("faults.md", &report);
    assert!(rows.len() == 7 && rows["emit"].games > 0, "{report}");
    check_allowances(&costs["withheld"].dearest);
}

/// Checks the gas that `Parameters.defenceGas` allows for each of a claimant's moves, at k = 16.
fn check_allowances(dearest: &BTreeMap<&str, u64>) {
    let of = |name: &str| dearest[name];
    assert!(of("reveal") <= 42_000 + 1_200 * 16, "{dearest:?}");
    assert!(of("dissect") <= 50_000 + 1_300 * 16, "{dearest:?}");
    let last = of("state") + of("convict") + of("proveInput");
    assert!(last <= 250_000 + 1_000 * 16, "{dearest:?}");
}

fn tables(rows: &BTreeMap<&str, Row>, costs: &BTreeMap<&str, Costs>) -> String {
    let mut text = "\
| fault | wrong claims | refused when posted | caught | games | honest bonds lost \
| gas: least | median | 95 % | most |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"
    .to_owned();
    for (name, row) in rows {
        let Row { claims, refused, caught, games, lost, gas } = row;
        let gas = spread(gas);
        writeln!(text, "| {name} | {claims} | {refused} | {caught} | {games} | {lost} |{gas}")
            .expect("a text takes everything");
    }
    text.push_str("\n| games | number | of each game | least | median | 95 % | most |\n");
    text.push_str("|---|--:|---|--:|--:|--:|--:|\n");
    for (name, costs) in costs {
        let count = costs.gas.len();
        for (what, numbers) in [
            ("transactions", &costs.transactions),
            ("gas", &costs.gas),
            ("the claimant's part", &costs.claimant_gas),
        ] {
            writeln!(text, "| {name} | {count} | {what} |{}", spread(numbers))
                .expect("a text takes everything");
        }
    }
    let mut dearest = BTreeMap::<&str, u64>::new();
    for (name, gas) in costs.values().flat_map(|costs| &costs.dearest) {
        let most = dearest.entry(name).or_default();
        *most = *gas.max(most);
    }
    text.push_str("\n| transaction | gas of the dearest |\n|---|--:|\n");
    for (name, gas) in dearest {
        writeln!(text, "| `{name}` | {} |", HumanCount(gas)).expect("a text takes everything");
    }
    text
}

/// A liar plays to the end, with each kind of fault in the real model. Only one kind is tried
/// unless there is time for more.
#[test]
fn a_fault_of_each_kind_in_the_real_model_is_caught() {
    let scene = Scene::real();
    let honest = scene.trace(None);
    let mut faults = vec![("wrong output", Fault::Output), ("wrong length", Fault::Length)];
    for (name, nodes) in nodes_by_kind(&scene, &honest) {
        // Flip a bit of the answer's hash in the last slot, or of a number in another slot. None of
        // these slots is shorter than that.
        let index = nodes[nodes.len() / 2];
        faults.push((name, Fault::Node { index, bit: 8 * 40 + 2 }));
    }
    let kinds = if soak() > 1 { faults.len() } else { 1 };
    let mut report = "\
| fault | steps of the node | served: transactions | gas | seconds \
| withheld: transactions | gas | seconds |
|---|--:|--:|--:|--:|--:|--:|--:|
"
    .to_owned();
    for (name, fault) in &faults[..kinds] {
        let wrong = scene.trace(Some(*fault));
        let mut cells = String::new();
        let mut steps = 0;
        for is_served in [true, false] {
            let lie = (Side::Claimant, Style::HONEST);
            let played = scene.play((&wrong, &honest), lie, is_served).expect("it can be claimed");
            assert_eq!((played.winner, played.lost), (Side::Challenger, 0), "{fault:?}");
            let Cost { transactions, gas, .. } = played.cost;
            let gas = HumanCount(gas);
            write!(cells, " {transactions} | {gas} | {:.1} |", played.seconds)
                .expect("a text takes everything");
            steps = played.steps;
        }
        writeln!(report, "| {name} | {} |{cells}", HumanCount(steps))
            .expect("a text takes everything");
    }
    keep("kinds.md", &report);
}
