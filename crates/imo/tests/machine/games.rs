//! Whole games over traces of a small real model: a random fault, random styles of play, several games about each claim, and the contract
//! as the judge of the last step.

use std::collections::BTreeMap;
use std::fmt;

use imo::claimed::{ClaimedTrace, Difference, PlayerRun, first_difference};
use imo::evm::Stepper;
use imo::program::{TextProgram, answer};
use imo_commit::{DenseTree, Hash, hash_branch, keccak256, root_from_opening};
use imo_dispute::{Descent, Dissection, Game, Move, Phase, Range, Side, pair_hash, react};
use imo_engine::{Deviations, Fault, Means, Request, Session, Trace};
use imo_model::tiny::{TinyShape, gguf};
use imo_model::{Kind, ModelImage, Stops, pack_bytes};
use imo_vm::State;

use crate::random::{Random, soak};

const K_LOG2: u32 = 4;
/// Claims with a fault of each kind.
const FAULTS_OF_A_KIND: u64 = 2;

// ---- players -----------------------------------------------------------------------------------------------------------

/// How a dishonest player plays.
#[derive(Clone, Copy, Debug)]
struct Style {
    /// Never moves again from this move of the game on.
    silent_from: u32,
    /// Invents the states inside its dissections.
    babbles: bool,
    /// States at least so many steps, which changes who has the last move.
    steps_log2: Option<u32>,
    /// Lets its clock run out rather than concede.
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

/// A run as a player gives it.
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
        // The ends are agreed upon or stated in full.
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

/// A request with every option of sampling; no stop sequence comes, so it has all its tokens.
pub(crate) fn sampled(prompt: &str, tokens: u32) -> Request {
    Request {
        temperature: 80_000,
        top_k: 50,
        top_p: 60_000,
        min_p: 900,
        repeat_penalty: 80_000,
        stops: Stops::new([&b"never said"[..], b"\n\n\n"]).expect("few and short"),
        seed: 3,
        ..Request::local(prompt, tokens)
    }
}

// ---- the model ---------------------------------------------------------------------------------------------------------

struct Scene {
    image: ModelImage,
    tree: DenseTree,
    program: TextProgram,
    request: Request,
}

impl Scene {
    fn new() -> Self {
        let (bytes, _) = pack_bytes(&gguf(5, &TinyShape::default()), |_, _| ()).expect("supported");
        let image = ModelImage::from_bytes(bytes).expect("sound");
        let (tree, program) = (image.tree(), TextProgram::new(&image));
        let request = sampled("and the end", 5);
        Self { image, tree, program, request }
    }

    fn trace(&self, fault: Option<Fault>) -> Trace {
        let means = Means::detect(2);
        let session = Session::new(&self.image, self.program.limits(), means).expect("a session");
        let deviations = Deviations { fault, ..Deviations::default() };
        answer(&session, &self.request, &deviations).1
    }

    /// A game against a claim: `lie` says who is wrong. Returns the winner and the number of moves.
    fn play(
        &self,
        stepper: &mut Stepper,
        (claimed, other): (&Trace, &Trace),
        (liar, style): (Side, Style),
        is_served: bool,
    ) -> (Side, u32) {
        let difference = first_difference(other, claimed.tree().root(), |level, index| {
            let child = |at| claimed.tree().subtree(level - 1, at);
            Some((child(2 * index), child(2 * index + 1)))
        });
        let difference = difference.expect("the traces differ");
        let Difference { node, slot_root, .. } = difference;
        let node = u32::try_from(node).expect("a node of a trace");
        let input = self.request.encode();
        let (claimants, challengers) =
            (ClaimedTrace::own(claimed), ClaimedTrace::with(other, difference));
        let challengers_own = ClaimedTrace::own(other);
        let seat = |side, trace: &'_ Trace, view| {
            let style = if side == liar { style } else { Style::HONEST };
            let (program, image) = (&self.program, (&self.image, &self.tree));
            let it = program.program();
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
        let true_run = self.program.run((&self.image, &self.tree), &input, &claimants, node);
        let (machine, roots) = (*true_run.segments().machine(), true_run.segments().roots());
        stepper.store(true_run.segments().code(), machine.code_depth).expect("sound pieces");
        let first = true_run.state_hashes(&[0])[0];
        let mut referee = Referee {
            ply: 0,
            phase: if is_served {
                Phase::Opening
            } else {
                Phase::Committed(Descent { prefix: 0, levels: claimed.tree().nodes_log2().into() })
            },
            committed: if is_served { slot_root } else { claimed.tree().root() },
            node: is_served.then_some(node.into()),
            first,
            program: &self.program,
        };
        let mut convicts = |witness: &[u8], (start, end)| {
            let stepped = stepper.step(&machine, &roots, witness);
            stepped.is_ok_and(|it| it.before == start && it.after != end)
        };
        loop {
            if let Phase::Resolved { winner } = referee.phase {
                return (winner, referee.ply);
            }
            assert!(referee.ply < 64, "a game is short");
            let game = referee.game();
            let mover = game.to_move().expect("the game is open");
            let player = if mover == Side::Claimant { &claimant } else { &challenger };
            let next = player.react(&game).and_then(|action| referee.next(action, &mut convicts));
            // Who does not move, or makes a move that is refused, runs out of time.
            referee.phase = next.unwrap_or(Phase::Resolved { winner: mover.other() });
            referee.ply += 1;
        }
    }
}

// ---- the referee: the contract's rules -----------------------------------------------------------------------------------

struct Referee<'a> {
    ply: u32,
    phase: Phase,
    /// The committed subtree, at last the slot.
    committed: Hash,
    node: Option<u64>,
    /// First state of the run.
    first: Hash,
    program: &'a TextProgram,
}

impl Referee<'_> {
    fn game(&self) -> Game {
        Game {
            id: [0; 32],
            ply: self.ply,
            k_log2: K_LOG2,
            phase: self.phase.clone(),
            node: self.node,
            expired: false,
        }
    }

    /// What follows from a move of the side to move; none when it is refused.
    fn next(
        &mut self,
        action: Move,
        convicts: &mut impl FnMut(&[u8], (Hash, Hash)) -> bool,
    ) -> Option<Phase> {
        let mover = self.game().to_move()?;
        match (self.phase.clone(), action) {
            (_, Move::Concede) => Some(Phase::Resolved { winner: mover.other() }),
            (Phase::Committed(descent), Move::Reveal { children }) => {
                let mut level = children.clone();
                while level.len() > 1 {
                    level = level.chunks(2).map(|pair| hash_branch(pair[0], pair[1])).collect();
                }
                let is_whole = children.len() == 1 << descent.opened(K_LOG2);
                (is_whole && level[0] == self.committed)
                    .then_some(Phase::Revealed(descent, children))
            }
            (Phase::Revealed(descent, children), Move::Pick { index }) => {
                self.committed = *children.get(usize::try_from(index).ok()?)?;
                let descent = descent.child(K_LOG2, index);
                if descent.levels > 0 {
                    return Some(Phase::Committed(descent));
                }
                self.node = Some(descent.prefix);
                Some(Phase::Opening)
            }
            (Phase::Opening, Move::State { steps_log2, final_state, opening, states }) => {
                let (last, root) = State::decode(&final_state).ok()?;
                let it = self.program.program();
                let index = u64::from(it.output_address >> it.slot_log2);
                let is_right_end = last.status == imo_vm::Status::Halted
                    && last.register(10) == 0
                    && root_from_opening(self.committed, index, &opening) == root
                    && steps_log2 <= it.steps_log2.into();
                let range = Range { start: 0, length_log2: steps_log2 };
                let states = [vec![self.first], states, vec![keccak256(&final_state)]].concat();
                is_right_end.then_some(())?;
                dissected(range, mover, states)
            }
            (
                Phase::Dissected { range, dissection, .. },
                Move::Dissect { index, pair, proof, states, last },
            ) => {
                let section = range.section(K_LOG2, index)?;
                let is_stated = leads_to(dissection.digest(), index, pair, &proof);
                let is_new = section.length_log2 > 0 && last != pair.1;
                (is_stated && is_new).then_some(())?;
                dissected(section, mover, [vec![pair.0], states, vec![last]].concat())
            }
            (
                Phase::Dissected { range, dissection, .. },
                Move::Convict { index, pair, proof, witness },
            ) => {
                let is_step = range.section(K_LOG2, index)?.length_log2 == 0;
                let is_stated = leads_to(dissection.digest(), index, pair, &proof);
                (is_step && is_stated && convicts(&witness, pair))
                    .then_some(Phase::Resolved { winner: mover })
            }
            _ => None,
        }
    }
}

fn dissected(range: Range, author: Side, states: Vec<Hash>) -> Option<Phase> {
    let is_whole = states.len() == (1 << range.sections_log2(K_LOG2)) + 1;
    let dissection = Dissection::new(states).filter(|_| is_whole)?;
    Some(Phase::Dissected { range, author, dissection })
}

fn leads_to(digest: Hash, index: u64, (start, end): (Hash, Hash), proof: &[Hash]) -> bool {
    root_from_opening(pair_hash(start, end), index, proof) == digest
}

// ---- the games -----------------------------------------------------------------------------------------------------------

/// What became of the claims with one kind of fault.
#[derive(Default)]
struct Row {
    claims: u32,
    games: u32,
    moves: Vec<u32>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { claims, games, moves } = self;
        let (least, most) = (moves.iter().min().unwrap_or(&0), moves.iter().max().unwrap_or(&0));
        write!(f, "{claims:>6} {games:>6} {least:>6} {most:>6}")
    }
}

/// Faults of every kind, as many of each, at random nodes and bits.
fn faults(scene: &Scene, honest: &Trace, random: &mut Random) -> Vec<(&'static str, Fault)> {
    let shape = scene.program.shape();
    let of_kind = |wanted: fn(Kind) -> bool| -> Vec<u32> {
        honest.nodes().filter(|node| wanted(shape.kind(*node))).collect()
    };
    let kinds = [
        ("tokenizer", of_kind(|kind| matches!(kind, Kind::Tokens { .. }))),
        ("layer", of_kind(|kind| matches!(kind, Kind::Layer { .. }))),
        ("head", of_kind(|kind| matches!(kind, Kind::Head { .. }))),
        ("sampler", of_kind(|kind| matches!(kind, Kind::Sampler { .. }))),
        ("emit", vec![shape.emit()]),
    ];
    let bits = 8 << honest.tree().slot_log2();
    let mut faults = vec![("wrong output", Fault::Output), ("wrong length", Fault::Length)];
    for (name, nodes) in kinds {
        for _ in 0..FAULTS_OF_A_KIND * soak() {
            let (index, bit) = (random.of(&nodes), random.below(bits));
            faults.push((name, Fault::Node { index, bit }));
        }
    }
    faults
}

#[test]
fn every_fault_is_caught_and_no_honest_bond_is_lost() {
    let scene = Scene::new();
    let honest = scene.trace(None);
    let mut stepper = Stepper::new();
    let mut random = Random(11);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for (name, fault) in faults(&scene, &honest, &mut random) {
        let wrong = scene.trace(Some(fault));
        assert_ne!(wrong.tree().root(), honest.tree().root(), "{fault:?} changes the trace");
        let row = rows.entry(name).or_default();
        row.claims += 1;
        for is_served in [true, false] {
            // The wrong claim is challenged, and the right one by who believes the wrong trace.
            for (liar, traces) in
                [(Side::Claimant, (&wrong, &honest)), (Side::Challenger, (&honest, &wrong))]
            {
                let style = Style::random(&mut random);
                let (winner, moves) = scene.play(&mut stepper, traces, (liar, style), is_served);
                assert_eq!(winner, liar.other(), "{fault:?}, {style:?}, served {is_served}");
                row.games += 1;
                row.moves.push(moves);
            }
        }
    }
    let table: Vec<String> = rows.iter().map(|(name, row)| format!("{name:14}{row}")).collect();
    let report =
        format!("fault         claims  games  fewest and most moves\n{}\n", table.join("\n"));
    if let Some(path) = std::env::var_os("IMO_REPORT") {
        std::fs::write(path, &report).expect("the report can be written");
    }
    assert_eq!(rows.len(), 7, "{report}");
}
