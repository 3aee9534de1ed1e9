//! Kinds of conversations that a template may take, and conversations of each kind to try.

use imo_model::Role;

/// A kind of conversations, by which roles may stand behind which.
pub(super) struct Kind {
    /// What such conversations are made of, for people.
    pub(super) words: &'static str,
    /// A role, or the beginning, and what may stand behind it: roles, or the end.
    pairs: &'static [(Option<Role>, &'static [Option<Role>])],
}

const EDGE: Option<Role> = None;
const SYSTEM: Option<Role> = Some(Role::System);
const USER: Option<Role> = Some(Role::User);
const ASSISTANT: Option<Role> = Some(Role::Assistant);

/// All kinds, the largest first.
pub(super) const KINDS: [Kind; 7] = [
    Kind {
        words: "messages of system, user and assistant in any order",
        pairs: &[
            (EDGE, &[SYSTEM, USER, ASSISTANT]),
            (SYSTEM, &[SYSTEM, USER, ASSISTANT, EDGE]),
            (USER, &[SYSTEM, USER, ASSISTANT, EDGE]),
            (ASSISTANT, &[SYSTEM, USER, ASSISTANT, EDGE]),
        ],
    },
    Kind {
        words: "a system message or none, and then messages of user and assistant in any order",
        pairs: &[
            (EDGE, &[SYSTEM, USER, ASSISTANT]),
            (SYSTEM, &[USER, ASSISTANT]),
            (USER, &[USER, ASSISTANT, EDGE]),
            (ASSISTANT, &[USER, ASSISTANT, EDGE]),
        ],
    },
    Kind {
        words: "a system message or none, and then messages of user and assistant in turn",
        pairs: &[
            (EDGE, &[SYSTEM, USER]),
            (SYSTEM, &[USER]),
            (USER, &[ASSISTANT, EDGE]),
            (ASSISTANT, &[USER]),
        ],
    },
    Kind {
        words: "messages of user and assistant in any order",
        pairs: &[
            (EDGE, &[USER, ASSISTANT]),
            (USER, &[USER, ASSISTANT, EDGE]),
            (ASSISTANT, &[USER, ASSISTANT, EDGE]),
        ],
    },
    Kind {
        words: "messages of user and assistant in turn",
        pairs: &[(EDGE, &[USER]), (USER, &[ASSISTANT, EDGE]), (ASSISTANT, &[USER])],
    },
    Kind {
        words: "a system message or none, and then one message of the user",
        pairs: &[(EDGE, &[SYSTEM, USER]), (SYSTEM, &[USER]), (USER, &[EDGE])],
    },
    Kind { words: "one message of the user", pairs: &[(EDGE, &[USER]), (USER, &[EDGE])] },
];

/// The most parts of the conversations that are all tried.
const SHORT: usize = 4;
/// The most parts of longer ones, which are drawn.
const LONG: usize = 10;
/// How many of the longer ones are drawn.
const LONG_WALKS: usize = 40;
/// The most parts of the longest ones.
const LONGEST: usize = 120;

impl Kind {
    /// The roles that occur.
    pub(super) fn roles(&self) -> impl Iterator<Item = Role> {
        self.pairs.iter().filter_map(|(role, _)| *role)
    }

    /// Whether every conversation of another kind is one of this kind, too.
    pub(super) fn contains(&self, other: &Self) -> bool {
        other.pairs.iter().all(|(from, behind)| behind.iter().all(|to| self.has(*from, *to)))
    }

    fn has(&self, from: Option<Role>, to: Option<Role>) -> bool {
        self.behind(from).contains(&to)
    }

    fn behind(&self, from: Option<Role>) -> &'static [Option<Role>] {
        self.pairs.iter().find(|(role, _)| *role == from).map_or(&[], |(_, behind)| behind)
    }

    /// The roles of all short conversations, and of some long ones: enough of them to tell first,
    /// last and other parts apart.
    pub(super) fn walks(&self, random: &mut Random) -> Vec<Vec<Role>> {
        let mut walks = Vec::new();
        let mut open: Vec<Vec<Role>> = vec![Vec::new()];
        while let Some(walk) = open.pop() {
            for next in self.behind(walk.last().copied()) {
                match next {
                    None => walks.push(walk.clone()),
                    Some(role) if walk.len() < SHORT => open.push([&walk[..], &[*role]].concat()),
                    Some(_) => {}
                }
            }
        }
        walks.extend((0..LONG_WALKS).map(|_| self.walk(random)));
        walks.push(self.walk_of(LONGEST, random));
        walks
    }

    /// The roles of a conversation, drawn.
    pub(super) fn walk(&self, random: &mut Random) -> Vec<Role> {
        let most = if random.below(40) == 0 { LONGEST } else { LONG };
        let length = 1 + random.below(most);
        self.walk_of(length, random)
    }

    /// The roles of a conversation that ends as soon as it has so many.
    fn walk_of(&self, length: usize, random: &mut Random) -> Vec<Role> {
        let mut walk: Vec<Role> = Vec::new();
        loop {
            let behind = self.behind(walk.last().copied());
            let may_end = behind.contains(&None);
            let roles: Vec<Role> = behind.iter().copied().flatten().collect();
            if may_end && (walk.len() >= length || roles.is_empty()) {
                return walk;
            }
            walk.push(*random.choose(&roles));
        }
    }
}

/// Numbers from a seed, the same on every machine.
pub(super) struct Random(pub(super) u64);

impl Random {
    /// `SplitMix64`.
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.number() % count as u64).expect("below a count")
    }

    pub(super) fn choose<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[self.below(some.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_go_from_the_largest_to_one_message() {
        let [any, .., turns, system, user] = &KINDS;
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(any.contains(kind) && kind.contains(user), "{}", kind.words);
            let larger = |before: &Kind| kind.contains(before) && !before.contains(kind);
            assert!(!KINDS[..at].iter().any(larger), "{}", kind.words);
        }
        assert!(!turns.contains(system) && !system.contains(turns));
    }

    #[test]
    fn walks_are_of_their_kind_and_show_every_pair() {
        for kind in &KINDS {
            let mut random = Random(1);
            let walks = kind.walks(&mut random);
            let mut seen = std::collections::BTreeSet::new();
            for walk in &walks {
                let edge = [None];
                let walk = edge.into_iter().chain(walk.iter().copied().map(Some)).chain(edge);
                let walk: Vec<Option<Role>> = walk.collect();
                for pair in walk.windows(2) {
                    assert!(kind.has(pair[0], pair[1]), "{}: {walk:?}", kind.words);
                    seen.insert((pair[0], pair[1]));
                }
            }
            let pairs: usize = kind.pairs.iter().map(|(_, behind)| behind.len()).sum();
            assert_eq!(seen.len(), pairs, "{}", kind.words);
        }
        let longest = KINDS[0].walks(&mut Random(1)).into_iter().map(|walk| walk.len()).max();
        assert_eq!(longest, Some(LONGEST));
    }
}
