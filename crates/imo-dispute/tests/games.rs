//! Whole games over a toy trace: honest players against dishonest ones, before a referee that has
//! the contract's rules in Rust.
//!
//! The toy trace has `2^SLOTS_LOG2` slots. The run of node i begins with the value i and halts
//! after `STEPS` steps; the slot is the hash of its last value. A state is (value, step), and the
//! witness of a step is the state before it.

use std::cell::Cell;

use arbtest::arbitrary::{Result, Unstructured};
use imo_commit::{Hash, hash_branch, keccak256};
use imo_dispute::{
    Descent, Dissection, Game, Move, Phase, Range, Run, Side, Trace, pair_hash, react,
};

/// Slots of the toy trace, as a power of two.
const SLOTS_LOG2: u32 = 7;
/// The step cap, as a power of two.
const CAP_LOG2: u32 = 20;
/// Steps until the toy halts.
const STEPS: u64 = 700;
/// Games that a test plays.
const GAMES: u64 = 500;

// ---- the toy machine
// -------------------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    value: u64,
    step: u64,
}

impl State {
    fn encode(self) -> Vec<u8> {
        [self.value.to_be_bytes(), self.step.to_be_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (value, step) = bytes.split_at_checked(8)?;
        Some(Self {
            value: u64::from_be_bytes(value.try_into().ok()?),
            step: u64::from_be_bytes(step.try_into().ok()?),
        })
    }

    fn hash(self) -> Hash {
        keccak256(&self.encode())
    }

    const fn halted(self) -> bool {
        self.step == STEPS
    }

    /// Every state has one successor.
    const fn next(self) -> Self {
        if self.halted() {
            self
        } else {
            Self { value: self.value.wrapping_mul(3) ^ self.step, step: self.step + 1 }
        }
    }

    fn after(node: u64, steps: u64) -> Self {
        (0..steps.min(STEPS)).fold(Self { value: node, step: 0 }, |state, _| state.next())
    }

    /// What stands for the siblings of the slot in this state's memory.
    fn opening(self) -> Vec<Hash> {
        vec![keccak256(&self.encode())]
    }

    /// Root of the slot if this is the last state.
    fn slot(self) -> Hash {
        keccak256(&self.value.to_be_bytes())
    }
}

// ---- players
// ---------------------------------------------------------------------------------------

/// A player's run of one node: honest, or wrong from a step on.
#[derive(Clone, Copy, Debug)]
struct ToyRun {
    node: u64,
    /// Every state after the one at this step has a wrong value.
    wrong_from: Option<u64>,
    /// Whether every state that it gives is made up, except the first.
    babbles: bool,
    /// The number of steps that it states, as a power of two, if not the true one.
    stated_log2: Option<u32>,
}

impl ToyRun {
    fn state(self, step: u64) -> State {
        match self.wrong_from {
            Some(from) if from < step => {
                let mut state = State::after(self.node, from.min(STEPS));
                state.value ^= 1;
                (from.min(STEPS)..step.min(STEPS)).fold(state, |state, _| state.next())
            }
            _ => State::after(self.node, step),
        }
    }
}

impl Run for ToyRun {
    fn steps(&self) -> u64 {
        self.stated_log2.map_or(STEPS, |log2| 1 << log2)
    }

    fn state_hashes(&self, steps: &[u64]) -> Vec<Hash> {
        let invent = |step: &u64| {
            keccak256(&[&self.node.to_be_bytes()[..], &step.to_be_bytes(), b"?"].concat())
        };
        match self.babbles {
            // The referee refuses a move without the agreed first state.
            true => steps
                .iter()
                .map(|step| if *step == 0 { self.state(0).hash() } else { invent(step) })
                .collect(),
            false => steps.iter().map(|step| self.state(*step).hash()).collect(),
        }
    }

    fn final_state(&self) -> (Vec<u8>, Vec<Hash>) {
        let last = self.state(STEPS);
        (last.encode(), last.opening())
    }

    fn witness(&self, step: u64) -> Vec<u8> {
        self.state(step).encode()
    }
}

/// A player's trace: the roots of its slots, wrong ones included.
struct ToyTrace {
    slots: Vec<Hash>,
}

impl ToyTrace {
    fn new(wrong: &[(u64, ToyRun)]) -> Self {
        let mut slots: Vec<Hash> =
            (0..1 << SLOTS_LOG2).map(|node| State::after(node, STEPS).slot()).collect();
        for (node, run) in wrong {
            slots[usize::try_from(*node).expect("a small index")] = run.state(STEPS).slot();
        }
        Self { slots }
    }
}

impl Trace for ToyTrace {
    fn subtree(&self, levels: u32, index: u64) -> Hash {
        if levels == 0 {
            return self.slots[usize::try_from(index).expect("a small index")];
        }
        hash_branch(self.subtree(levels - 1, 2 * index), self.subtree(levels - 1, 2 * index + 1))
    }
}

// ---- the referee: the contract's rules
// -------------------------------------------------------------

#[derive(Clone, Debug)]
struct Referee {
    k_log2: u32,
    ply: u32,
    phase: Phase,
    committed: Hash,
    node: Option<u64>,
    slot: Hash,
}

impl Referee {
    fn served(k_log2: u32, node: u64, slot: Hash) -> Self {
        Self { k_log2, ply: 0, phase: Phase::Opening, committed: slot, node: Some(node), slot }
    }

    fn withheld(k_log2: u32, root: Hash) -> Self {
        let phase = Phase::Committed(Descent { prefix: 0, levels: SLOTS_LOG2 });
        Self { k_log2, ply: 0, phase, committed: root, node: None, slot: root }
    }

    fn game(&self, expired: bool) -> Game {
        Game {
            id: keccak256(b"game"),
            ply: self.ply,
            k_log2: self.k_log2,
            phase: self.phase.clone(),
            node: self.node,
            expired,
        }
    }

    /// Applies a move of `side`; a refused move changes nothing.
    fn apply(&mut self, side: Side, action: Move) -> bool {
        let next = match (self.phase.clone(), action) {
            (Phase::Committed(descent), Move::Reveal { children }) => {
                self.reveal(descent, children)
            }
            (Phase::Revealed(descent, children), Move::Pick { index })
                if side == Side::Challenger =>
            {
                self.pick(descent, &children, index)
            }
            (Phase::Opening, Move::State { steps_log2, final_state, opening, states })
                if side == Side::Claimant =>
            {
                self.state(steps_log2, (&final_state, &opening), states)
            }
            (
                Phase::Dissected { range, author, dissection },
                Move::Dissect { index, pair, proof, states, last },
            ) if side != author => {
                self.dissect((range, &dissection), index, (pair, &proof), (states, last), side)
            }
            (
                Phase::Dissected { range, author, dissection },
                Move::Convict { index, pair, proof, witness },
            ) => self.convict((range, &dissection), index, (pair, &proof), &witness, author),
            (phase, Move::Concede) if self.to_move(&phase) == Some(side) => {
                Some(Phase::Resolved { winner: side.other() })
            }
            _ => None,
        };
        let accepted = next.is_some();
        if let Some(phase) = next {
            self.phase = phase;
            self.ply += 1;
        }
        accepted
    }

    fn to_move(&self, phase: &Phase) -> Option<Side> {
        Game { phase: phase.clone(), ..self.game(false) }.to_move()
    }

    fn timeout(&mut self) {
        let loser = self.to_move(&self.phase).expect("an open game has a side to move");
        self.phase = Phase::Resolved { winner: loser.other() };
    }

    fn reveal(&self, descent: Descent, children: Vec<Hash>) -> Option<Phase> {
        let mut level = children.clone();
        while level.len() > 1 {
            level = level.chunks(2).map(|pair| hash_branch(pair[0], pair[1])).collect();
        }
        let complete = children.len() == 1 << descent.opened(self.k_log2);
        (complete && level[0] == self.committed).then_some(Phase::Revealed(descent, children))
    }

    fn pick(&mut self, descent: Descent, children: &[Hash], index: u64) -> Option<Phase> {
        let child = *children.get(usize::try_from(index).ok()?)?;
        let descent = descent.child(self.k_log2, index);
        self.committed = child;
        Some(if descent.levels == 0 {
            self.node = Some(descent.prefix);
            self.slot = child;
            Phase::Opening
        } else {
            Phase::Committed(descent)
        })
    }

    fn state(
        &self,
        steps_log2: u32,
        (final_state, opening): (&[u8], &[Hash]),
        states: Vec<Hash>,
    ) -> Option<Phase> {
        let last = State::decode(final_state)?;
        let range = Range { start: 0, length_log2: steps_log2 };
        let complete = states.len() + 1 == 1 << range.sections_log2(self.k_log2);
        let shown = last.slot() == self.slot && opening == last.opening();
        if steps_log2 > CAP_LOG2 || !last.halted() || !shown || !complete {
            return None;
        }
        let first = State { value: self.node?, step: 0 }.hash();
        let all = [vec![first], states, vec![last.hash()]].concat();
        Some(Phase::Dissected { range, author: Side::Claimant, dissection: Dissection::new(all)? })
    }

    fn dissect(
        &self,
        (range, theirs): (Range, &Dissection),
        index: u64,
        pair: ((Hash, Hash), &[Hash]),
        (states, last): (Vec<Hash>, Hash),
        author: Side,
    ) -> Option<Phase> {
        let section = range.section(self.k_log2, index)?;
        let complete = states.len() + 1 == 1 << section.sections_log2(self.k_log2);
        let ((start, end), _) = pair;
        if !leads_to(theirs.digest(), index, pair)
            || section.length_log2 == 0
            || !complete
            || last == end
        {
            return None;
        }
        let dissection = Dissection::new([vec![start], states, vec![last]].concat())?;
        Some(Phase::Dissected { range: section, author, dissection })
    }

    /// This move can only convict: a true pair is refused, and does not help its author.
    fn convict(
        &self,
        (range, theirs): (Range, &Dissection),
        index: u64,
        pair: ((Hash, Hash), &[Hash]),
        witness: &[u8],
        author: Side,
    ) -> Option<Phase> {
        let section = range.section(self.k_log2, index)?;
        let ((start, end), _) = pair;
        let state = State::decode(witness)?;
        let proven = section.length_log2 == 0
            && leads_to(theirs.digest(), index, pair)
            && state.hash() == start
            && state.next().hash() != end;
        proven.then_some(Phase::Resolved { winner: author.other() })
    }
}

fn leads_to(digest: Hash, index: u64, ((start, end), proof): ((Hash, Hash), &[Hash])) -> bool {
    let root = (0..).zip(proof).fold(pair_hash(start, end), |hash, (height, sibling)| {
        if (index >> height) & 1 == 0 {
            hash_branch(hash, *sibling)
        } else {
            hash_branch(*sibling, hash)
        }
    });
    root == digest
}

// ---- the table
// -------------------------------------------------------------------------------------

/// A player at the table: its trace and its runs, and how it behaves.
struct Player {
    trace: ToyTrace,
    run: Box<dyn Fn(u64) -> ToyRun>,
    /// It never moves from this ply on.
    silent_from: u32,
    concedes: bool,
}

impl Player {
    fn honest() -> Self {
        let run = |node| ToyRun { node, wrong_from: None, babbles: false, stated_log2: None };
        Self {
            trace: ToyTrace::new(&[]),
            run: Box::new(run),
            silent_from: u32::MAX,
            concedes: true,
        }
    }

    fn react(&self, game: &Game, side: Side) -> Option<Move> {
        if game.ply >= self.silent_from {
            return None;
        }
        let run = (self.run)(game.node.unwrap_or_default());
        react(game, side, &self.trace, &run)
            .filter(|action| self.concedes || *action != Move::Concede)
    }
}

/// Plays a game to its end. A side that does not move in its turn, or whose move is refused, runs
/// out of time. Returns the winner and the number of plies.
fn play(mut referee: Referee, claimant: &Player, challenger: &Player) -> (Side, u32) {
    loop {
        if let Phase::Resolved { winner } = referee.phase {
            return (winner, referee.ply);
        }
        assert!(referee.ply < 64, "a game has fewer than 64 plies");
        let game = referee.game(false);
        let mover = game.to_move().expect("the game is open");
        let player = if mover == Side::Claimant { claimant } else { challenger };
        let moved = player.react(&game, mover).is_some_and(|action| referee.apply(mover, action));
        if !moved {
            referee.timeout();
        }
    }
}

/// A dishonest player, whose trace is wrong at `node` and who behaves at random.
fn liar(u: &mut Unstructured<'_>, node: u64) -> Result<Player> {
    let wrong_from = u.int_in_range(0..=STEPS - 1)?;
    let babbles = u.ratio(1, 4)?;
    let stated_log2 = if u.arbitrary()? { Some(u.int_in_range(0..=CAP_LOG2)?) } else { None };
    let run = move |node| ToyRun { node, wrong_from: Some(wrong_from), babbles, stated_log2 };
    let trace = ToyTrace::new(&[(node, run(node))]);
    let silent_from = if u.ratio(1, 4)? { u.int_in_range(0..=12)? } else { u32::MAX };
    Ok(Player { trace, run: Box::new(run), silent_from, concedes: u.arbitrary()? })
}

/// Plays `GAMES` random games, the same ones each time.
fn rehearse(game: impl Fn(&mut Unstructured<'_>) -> Result<()>) {
    for seed in 0..GAMES {
        let choices: Vec<u8> = (0..8_u64)
            .flat_map(|part| keccak256(&[seed, part].map(u64::to_be_bytes).concat()))
            .collect();
        game(&mut Unstructured::new(&choices)).expect("a game takes few choices");
    }
}

#[test]
fn an_honest_challenger_convicts_every_wrong_claim() {
    let longest = Cell::new(0);
    rehearse(|u| {
        let node = u.int_in_range(0..=(1 << SLOTS_LOG2) - 1)?;
        let k_log2 = u.int_in_range(1..=6)?;
        let liar = liar(u, node)?;
        let root = liar.trace.subtree(SLOTS_LOG2, 0);
        let referee = if u.arbitrary()? {
            Referee::withheld(k_log2, root)
        } else {
            Referee::served(k_log2, node, liar.trace.subtree(0, node))
        };
        let (winner, plies) = play(referee, &liar, &Player::honest());
        assert_eq!(winner, Side::Challenger);
        longest.set(longest.get().max(plies));
        Ok(())
    });
    assert!(longest.get() > 4, "the games were played");
}

#[test]
fn an_honest_claimant_outlasts_every_accuser() {
    rehearse(|u| {
        let node = u.int_in_range(0..=(1 << SLOTS_LOG2) - 1)?;
        let k_log2 = u.int_in_range(1..=6)?;
        let accuser = liar(u, node)?;
        let honest = Player::honest();
        let referee = if u.arbitrary()? {
            Referee::withheld(k_log2, honest.trace.subtree(SLOTS_LOG2, 0))
        } else {
            Referee::served(k_log2, node, honest.trace.subtree(0, node))
        };
        let (winner, _) = play(referee, &honest, &accuser);
        assert_eq!(winner, Side::Claimant);
        Ok(())
    });
}

/// Every slot before the disputed one is as the challenger has it, so the disputed node reads what
/// the challenger's does.
#[test]
fn the_first_of_several_wrong_slots_is_disputed() {
    rehearse(|u| {
        let last = (1_u64 << SLOTS_LOG2) - 1;
        let first = u.int_in_range(0..=last - 1)?;
        let second = u.int_in_range(first + 1..=last)?;
        let k_log2 = u.int_in_range(1..=6)?;
        let run = |node| ToyRun { node, wrong_from: Some(0), babbles: false, stated_log2: None };
        let wrong = [first, second, last].map(|node| (node, run(node)));
        let liar = Player { trace: ToyTrace::new(&wrong), run: Box::new(run), ..Player::honest() };
        let mut referee = Referee::withheld(k_log2, liar.trace.subtree(SLOTS_LOG2, 0));
        while referee.node.is_none() {
            let game = referee.game(false);
            let side = game.to_move().expect("the game is open");
            let honest = Player::honest();
            let player = if side == Side::Claimant { &liar } else { &honest };
            let action = player.react(&game, side).expect("its turn");
            assert!(referee.apply(side, action), "a reveal or a pick");
        }
        assert_eq!(referee.node, Some(first));
        Ok(())
    });
}

#[test]
fn a_true_pair_proves_nothing() {
    // The honest claimant has stated single steps, all true. Nobody can turn one into a verdict,
    // for or against.
    let node = 5;
    let honest = (Player::honest().run)(node);
    let mut referee = Referee::served(6, node, State::after(node, STEPS).slot());
    let start = Range { start: 0, length_log2: 5 };
    let hashes = honest.state_hashes(&start.split_points(6).collect::<Vec<_>>());
    let dissection = Dissection::new(hashes).expect("32 sections");
    referee.phase =
        Phase::Dissected { range: start, author: Side::Claimant, dissection: dissection.clone() };
    for index in 0..32 {
        let at = usize::try_from(index).expect("small");
        for side in [Side::Claimant, Side::Challenger] {
            let action = Move::Convict {
                index,
                pair: dissection.pair(at),
                proof: dissection.proof(at),
                witness: honest.witness(index),
            };
            assert!(!referee.apply(side, action), "a true step convicts nobody");
        }
    }
}

#[test]
fn an_expired_clock_is_called_by_the_opponent_only() {
    let referee = Referee::served(4, 3, State::after(3, STEPS).slot());
    let game = referee.game(true);
    let (trace, run) = (ToyTrace::new(&[]), (Player::honest().run)(3));
    assert_eq!(react(&game, Side::Challenger, &trace, &run), Some(Move::Timeout));
    assert_eq!(react(&game, Side::Claimant, &trace, &run), None);
}

// ---- single moves
// ----------------------------------------------------------------------------------

/// What `side` does when the game waits for `phase`, by the right trace and the right run of node
/// 5.
fn reaction(phase: Phase, side: Side) -> Option<Move> {
    let node = 5;
    let referee = Referee { phase, ..Referee::served(3, node, State::after(node, STEPS).slot()) };
    Player::honest().react(&referee.game(false), side)
}

/// The eight subtrees below the root of the right trace.
fn right_children() -> (Descent, Vec<Hash>) {
    let trace = ToyTrace::new(&[]);
    let children = (0..8).map(|index| trace.subtree(SLOTS_LOG2 - 3, index)).collect();
    (Descent { prefix: 0, levels: SLOTS_LOG2 }, children)
}

/// The right states of node 5 at the ends of eight sections.
fn right_states(range: Range) -> Vec<Hash> {
    (Player::honest().run)(5).state_hashes(&range.split_points(3).collect::<Vec<_>>())
}

fn dissected(range: Range, author: Side, states: Vec<Hash>) -> Phase {
    let dissection = Dissection::new(states).expect("eight sections");
    Phase::Dissected { range, author, dissection }
}

#[test]
fn a_player_waits_for_its_turn() {
    let (descent, mut children) = right_children();
    children[2] = keccak256(b"wrong");
    let range = Range { start: 0, length_log2: 10 };
    let mut states = right_states(range);
    states[4] = keccak256(b"wrong");
    let phases = [
        (Phase::Committed(descent), Side::Claimant),
        (Phase::Revealed(descent, children), Side::Challenger),
        (Phase::Opening, Side::Claimant),
        (dissected(range, Side::Claimant, states.clone()), Side::Challenger),
        (dissected(range, Side::Challenger, states), Side::Claimant),
    ];
    for (phase, to_move) in phases {
        assert!(reaction(phase.clone(), to_move).is_some(), "{phase:?}");
        assert_eq!(reaction(phase, to_move.other()), None);
    }
    for side in [Side::Claimant, Side::Challenger] {
        assert_eq!(reaction(Phase::Resolved { winner: Side::Claimant }, side), None);
    }
}

#[test]
fn who_finds_nothing_wrong_concedes() {
    let (descent, children) = right_children();
    let revealed = Phase::Revealed(descent, children);
    assert_eq!(reaction(revealed, Side::Challenger), Some(Move::Concede));
    for length_log2 in [3, 10] {
        let range = Range { start: 0, length_log2 };
        let phase = dissected(range, Side::Claimant, right_states(range));
        assert_eq!(reaction(phase, Side::Challenger), Some(Move::Concede));
    }
}

/// The players agreed to the first state of a range when they came to it.
#[test]
fn a_first_state_that_differs_cannot_be_disputed() {
    let range = Range { start: 0, length_log2: 10 };
    let mut states = right_states(range);
    states[0] = keccak256(b"wrong");
    let phase = dissected(range, Side::Claimant, states);
    assert_eq!(reaction(phase, Side::Challenger), Some(Move::Concede));
}

#[test]
fn a_run_is_stated_with_the_fewest_steps_that_hold_it() {
    let stated = |stated_log2| {
        let run = ToyRun { node: 5, wrong_from: None, babbles: false, stated_log2 };
        let referee = Referee::served(3, 5, State::after(5, STEPS).slot());
        match react(&referee.game(false), Side::Claimant, &ToyTrace::new(&[]), &run) {
            Some(Move::State { steps_log2, .. }) => steps_log2,
            other => panic!("not a statement: {other:?}"),
        }
    };
    assert_eq!(stated(None), 10, "700 steps");
    for log2 in 0..=CAP_LOG2 {
        assert_eq!(stated(Some(log2)), log2, "a power of two is held by itself");
    }
}
