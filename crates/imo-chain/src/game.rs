//! One game, put together from its logs.

use alloy::primitives::{Address, B256, U256};
use imo_commit::{Hash, hash_branch, keccak256, root_from_opening};
use imo_dispute::{Descent, Dissection, Game, Phase, Range, Side};

use crate::contracts::OpmlVerifier::{
    Challenged, ClaimPreimage, Dissected, Game as Standing, Moved, Picked, Resolved, Revealed,
    Stated,
};
use crate::turn::{COMMITTED, OPENING, REVEALED, Turn, side};

/// How a game ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A false step was executed on chain.
    Conviction,
    /// The side to move gave up.
    Concession,
    /// The side to move ran out of time.
    Timeout,
    /// Another game rejected the claim. The challenger got bond and gas back.
    Interrupted,
}

/// A game as its logs tell it.
#[derive(Clone, Debug)]
pub struct GameView {
    /// The game's id.
    pub id: B256,
    /// The claim that it disputes.
    pub claim: B256,
    /// The account that opened it.
    pub challenger: Address,
    /// What the challenger put up, in wei.
    pub bond: U256,
    /// Whose turn it is, and about what.
    pub turn: Turn,
    /// Last second for the next move.
    pub deadline: u64,
    /// How it ended, and who won. An interrupted game has no winner.
    pub ending: Option<(Ending, Option<Side>)>,
    /// What the next move must repeat: the contract keeps only its hash.
    standing: Standing,
    /// Root of the subtree in dispute; once the node is known, of its slot.
    committed: Hash,
    /// The siblings of `committed` up to the claimed trace root, bottom-up.
    siblings: Vec<Hash>,
    /// The children of `committed`, once revealed.
    children: Vec<Hash>,
    /// The states of the last dissection.
    states: Vec<Hash>,
    stated_log2: Option<u8>,
    /// Whether no log of the game is missing, as far as its logs tell.
    is_whole: bool,
}

impl GameView {
    pub(crate) fn opened(event: Challenged, claim: &ClaimPreimage) -> Self {
        let standing = Standing {
            claim: event.claim,
            claimant: claim.claimant,
            delegate: claim.delegate,
            challenger: event.challenger,
            salt: event.salt,
            bond: event.bond.to(),
            digest: event.digest,
            turn: U256::ZERO,
        };
        Self {
            standing,
            id: event.game,
            claim: event.claim,
            challenger: event.challenger,
            bond: event.bond,
            // The first turn is logged in the same transaction.
            turn: Turn::unpack(U256::ZERO),
            deadline: 0,
            ending: None,
            committed: event.digest.0,
            siblings: event.siblings.iter().map(|hash| hash.0).collect(),
            children: Vec::new(),
            states: Vec::new(),
            stated_log2: None,
            is_whole: true,
        }
    }

    pub(crate) fn moved(&mut self, event: &Moved) {
        let turn = Turn::unpack(event.turn);
        let next = if self.standing.turn.is_zero() { 0 } else { u32::from(self.turn.ply) + 1 };
        let shows = match turn.phase {
            COMMITTED | OPENING => true,
            REVEALED => self.reveals_committed(),
            _ => Dissection::new(self.states.clone()).is_some(),
        };
        self.is_whole &= u32::from(turn.ply) == next && shows;
        self.standing.turn = event.turn;
        self.turn = turn;
        self.deadline = self.turn.deadline();
    }

    /// Whether the revealed children are those of the committed subtree.
    fn reveals_committed(&self) -> bool {
        self.children.first().is_some_and(|first| {
            let siblings = siblings_among(self.children.clone(), 0);
            root_from_opening(*first, 0, &siblings) == self.committed
        })
    }

    pub(crate) fn revealed(&mut self, event: Revealed) {
        self.children = event.children.iter().map(|hash| hash.0).collect();
        if !self.children.len().is_power_of_two() {
            self.children.clear();
        }
    }

    pub(crate) fn picked(&mut self, event: Picked) {
        let children = std::mem::take(&mut self.children);
        let index: usize = event.index.saturating_to();
        // The log of the reveal is missing where an endpoint left out its block.
        let Some(child) = children.get(index) else {
            self.is_whole = false;
            return;
        };
        self.committed = *child;
        self.standing.digest = self.committed.into();
        self.siblings.splice(0..0, siblings_among(children, index));
    }

    pub(crate) fn stated(&mut self, event: Stated) {
        self.stated_log2 = Some(event.statement.stepsLog2);
        let last = keccak256(&event.statement.finalState);
        let middle = event.statement.states.iter().map(|hash| hash.0);
        self.set_states([event.firstState.0].into_iter().chain(middle).chain([last]).collect());
    }

    pub(crate) fn dissected(&mut self, event: Dissected) {
        let middle = event.states.iter().map(|hash| hash.0);
        self.set_states([event.start.0].into_iter().chain(middle).chain([event.last.0]).collect());
    }

    fn set_states(&mut self, states: Vec<Hash>) {
        self.states = states;
        self.standing.digest = self.dissected_states().digest().into();
    }

    fn dissected_states(&self) -> Dissection {
        let unknown = || Dissection::new(vec![[0; 32]; 2]).expect("one section");
        Dissection::new(self.states.clone()).unwrap_or_else(unknown)
    }

    pub(crate) fn resolved(&mut self, event: &Resolved) {
        let ending = match event.ending {
            0 => Ending::Conviction,
            1 => Ending::Concession,
            _ => Ending::Timeout,
        };
        self.ending = Some((ending, Some(side(event.winner))));
    }

    pub(crate) const fn closed(&mut self) {
        self.ending = Some((Ending::Interrupted, None));
    }

    /// What every call about the game must repeat.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The disputed node, the root of its slot, and the siblings up to the claimed trace root. None
    /// until the node is known.
    pub fn slot(&self) -> Option<(u64, Hash, &[Hash])> {
        let known = self.turn.phase >= OPENING;
        known.then_some((self.turn.node.into(), self.committed, &self.siblings))
    }

    /// The last dissection, even if the game is over: its range, the side that gave the states, and
    /// the states.
    pub fn dissection(&self) -> Option<(Range, Side, Dissection)> {
        match self.phase_in_play() {
            Phase::Dissected { range, author, dissection } => Some((range, author, dissection)),
            _ => None,
        }
    }

    /// Seconds that a side had left after the last move.
    pub const fn seconds_left(&self, side: Side) -> u32 {
        match side {
            Side::Claimant => self.turn.claimant_left,
            Side::Challenger => self.turn.challenger_left,
        }
    }

    /// Steps that the claimant stated, as a power of two.
    pub const fn stated_log2(&self) -> Option<u8> {
        self.stated_log2
    }

    /// The children of the committed subtree, while a player must pick one.
    pub(crate) fn children(&self) -> &[Hash] {
        &self.children
    }

    /// Whether no log of the game is missing. Without this, nobody knows how the game stands: the
    /// endpoint has left out a block's logs, and may tell them later.
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether a move is still possible.
    pub const fn is_open(&self) -> bool {
        self.ending.is_none()
    }

    /// The game as a player sees it at this time of the chain.
    pub fn at(&self, k_log2: u32, time: u64) -> Game {
        Game {
            id: self.id.0,
            ply: self.turn.ply.into(),
            k_log2,
            phase: self.phase(),
            node: self.slot().map(|(node, ..)| node),
            expired: time > self.deadline,
        }
    }

    fn phase(&self) -> Phase {
        if let Some((_, Some(winner))) = self.ending {
            return Phase::Resolved { winner };
        }
        self.phase_in_play()
    }

    fn phase_in_play(&self) -> Phase {
        let Turn { phase, author, node, length_log2, .. } = self.turn;
        let length_log2 = u32::from(length_log2);
        let descent = || Descent { prefix: node.into(), levels: length_log2 };
        match phase {
            COMMITTED => Phase::Committed(descent()),
            REVEALED => Phase::Revealed(descent(), self.children.clone()),
            OPENING => Phase::Opening,
            _ => Phase::Dissected {
                range: Range { start: self.turn.start, length_log2 },
                author: side(author),
                dissection: self.dissected_states(),
            },
        }
    }
}

/// The siblings of the hash at `index` in the tree over 2^n hashes, bottom-up.
pub(crate) fn siblings_among(mut level: Vec<Hash>, mut index: usize) -> Vec<Hash> {
    let mut siblings = Vec::new();
    while level.len() > 1 {
        siblings.push(level[index ^ 1]);
        level = level.chunks(2).map(|pair| hash_branch(pair[0], pair[1])).collect();
        index /= 2;
    }
    siblings
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCENT: u8 = 8;

    /// The word of a turn in a descent of one reveal after another.
    fn turn(phase: u8, levels: u8, ply: u16) -> Moved {
        let word = u64::from(phase) | u64::from(levels) << 16 | u64::from(ply) << 24;
        Moved { game: B256::ZERO, turn: U256::from(word) }
    }

    /// A game about a withheld trace over 2^8 slots.
    fn withheld() -> (GameView, Vec<Hash>) {
        let leaves: Vec<Hash> = (0..16_u8).map(|i| keccak256(&[i])).collect();
        let root = root_from_opening(leaves[0], 0, &siblings_among(leaves.clone(), 0));
        let event = Challenged { digest: root.into(), ..Challenged::default() };
        let mut game = GameView::opened(event, &ClaimPreimage::default());
        game.moved(&turn(COMMITTED, DESCENT, 0));
        (game, leaves)
    }

    fn reveal(leaves: &[Hash]) -> Revealed {
        let children = leaves.iter().map(|hash| B256::from(*hash)).collect();
        Revealed { game: B256::ZERO, children }
    }

    fn pick(index: u64) -> Picked {
        Picked { game: B256::ZERO, index: U256::from(index) }
    }

    /// An endpoint may tell the logs of a block before those of the one before.
    #[test]
    fn a_game_with_a_missing_log_is_not_whole() {
        let (mut game, leaves) = withheld();
        game.revealed(reveal(&leaves));
        game.moved(&turn(REVEALED, DESCENT, 1));
        game.picked(pick(3));
        game.moved(&turn(COMMITTED, DESCENT / 2, 2));
        assert!(game.is_whole(), "nothing is missing");

        let (mut game, _) = withheld();
        game.picked(pick(3));
        game.moved(&turn(COMMITTED, DESCENT / 2, 2));
        assert!(!game.is_whole(), "no reveal");

        let (mut game, mut leaves) = withheld();
        leaves[5] = [0; 32];
        game.revealed(reveal(&leaves));
        game.moved(&turn(REVEALED, DESCENT, 1));
        assert!(!game.is_whole(), "the reveal of something else");

        let (mut game, _) = withheld();
        game.moved(&turn(4, 4, 1));
        assert!(!game.is_whole(), "no states");
        assert!(game.dissection().is_some(), "and no panic");
        game.moved(&turn(OPENING, 0, 3));
        assert!(!game.is_whole(), "it stays so");
    }

    #[test]
    fn siblings_lead_to_the_root() {
        for depth in 0..5 {
            let leaves: Vec<Hash> = (0..1_u8 << depth).map(|i| keccak256(&[i])).collect();
            let root = |index: usize| {
                let siblings = siblings_among(leaves.clone(), index);
                root_from_opening(leaves[index], index as u64, &siblings)
            };
            assert!((0..leaves.len()).all(|index| root(index) == root(0)));
        }
    }
}
