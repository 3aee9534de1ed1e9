//! What a node has found out. After a restart it would find out the same again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use imo_chain::primitives::B256;
use imo_player::Difference;

use crate::agenda::Task;

/// How long an action rests after it failed. Twice as long after each further failure, except for
/// moves, whose clocks run.
const REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(600);
/// After this long without a failure, an action has not failed before.
const FORGIVEN: Duration = Duration::from_secs(1_800);

/// What was found out about a claim.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// My own trace has the same root.
    Right,
    /// It differs from mine at this node first, or nobody shows where. My machine agrees with my
    /// engine.
    Wrong(Option<Difference>),
    /// It differs from mine, but its server is silent. It is asked again, as it may just be down.
    Silent {
        /// When it was asked first.
        since: u64,
        /// When to ask it again.
        again: u64,
    },
    /// It differs from mine, but my engine and my machine disagree: the mistake may be mine.
    MyMistake,
    /// It differs from mine where the machine does not come to an end: nobody can judge it.
    Beyond,
}

impl Verdict {
    /// Whether the request still needs a correct answer.
    pub(crate) const fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_) | Self::Silent { .. })
    }

    /// Whether the claim is to be looked at again at this time.
    pub(crate) const fn is_due(&self, time: u64) -> bool {
        matches!(self, Self::Silent { again, .. } if *again <= time)
    }
}

/// What a node has found out.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// By claim.
    pub(crate) verdicts: BTreeMap<B256, Verdict>,
    /// Rejected claims, and whether they were right.
    pub(crate) lost: BTreeMap<B256, bool>,
    /// Models of which a node of every kind was compared with the machine.
    pub(crate) checked: Vec<B256>,
    /// Turns in which there was something to do beside moves.
    pub(crate) count: u64,
    /// Actions that failed: when last, and how often.
    shelved: BTreeMap<Task, (Instant, u32)>,
    /// What was said already, and is true for long.
    said: BTreeSet<String>,
}

impl Memory {
    /// Lets a failed action rest.
    pub(crate) fn shelve(&mut self, task: Task) {
        let now = Instant::now();
        let (last, times) = self.shelved.entry(task).or_insert((now, 0));
        if last.elapsed() > FORGIVEN {
            *times = 0;
        }
        (*last, *times) = (now, times.saturating_add(1));
    }

    /// Whether an action failed a short while ago.
    pub(crate) fn rests(&self, task: &Task) -> bool {
        let Some((last, times)) = self.shelved.get(task) else { return false };
        let doublings = if task.0 == "move" { 0 } else { (*times - 1).min(10) };
        last.elapsed() < (REST * (1 << doublings)).min(LONGEST_REST)
    }

    /// Whether something is to be said: it was not said before.
    pub(crate) fn says(&mut self, what: &str) -> bool {
        self.said.insert(what.to_owned())
    }

    /// Lets something be said again that is no longer true.
    pub(crate) fn unsay(&mut self, what: &str) {
        self.said.remove(what);
    }
}
