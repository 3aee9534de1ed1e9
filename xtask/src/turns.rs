//! Turns at first claims (docs/spec/oracle.md), simulated: what the length of a slot and the number
//! of turns do to a request, and what delaying one costs.
//!
//! The figures behind docs/decisions/0003-turns.md.

use std::fmt::{self, Write};

use alloy_primitives::{U256, keccak256};

const REQUESTS: u64 = 20_000;
const OPERATORS: usize = 12;
/// Passes in a row after which an entry is dropped.
const MISSES: f64 = 3.0;
/// Seconds before an entry is active, and those before its stake is free after it was dropped,
/// together, where a request gives an hour to answer.
const SEAT_SECONDS: f64 = 2.0 * 25.0 * 3600.0;
const STAKE_ETH: f64 = 0.1;

/// How an operator behaves in its turn.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    /// Answers as soon as it may.
    Honest,
    /// Likewise, but takes a slot longer.
    Slow,
    /// Keeps a seat and never answers.
    Absent,
    /// Answers in the last block of its turn, and never out of turn.
    Hoarding,
}

/// A setting: milliseconds.
#[derive(Clone, Copy)]
struct Rules {
    block: u64,
    slot: u64,
    turns: u64,
}

/// Means per request.
struct Means {
    executions: f64,
    seconds: f64,
    /// Turns let pass by honest operators, and by others.
    honest_passes: f64,
    other_passes: f64,
}

/// The tables of the decision record.
pub(crate) fn report() -> Result<String, String> {
    render().map_err(|error| error.to_string())
}

fn render() -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(
        out,
        "{OPERATORS} operators, {REQUESTS} requests a row, 4 to 12 s of work, \
         a claim misses a block in 8\n"
    )?;
    writeln!(
        out,
        "| block s | slot s | honest passes in 1,000 | seconds, all honest | a third absent |"
    )?;
    writeln!(out, "|--:|--:|--:|--:|--:|")?;
    for (block, slots) in [(12_000, [36, 48, 60, 72, 96]), (500, [12, 15, 20, 30, 60])] {
        for slot in slots {
            let rules = Rules { block, slot: slot * 1000, turns: 2 };
            let all = simulate(rules, &with(0, Kind::Absent));
            let third = simulate(rules, &with(4, Kind::Absent));
            let (passes, block) = (1000.0 * all.honest_passes, seconds(block));
            writeln!(
                out,
                "| {block} | {slot} | {passes:.2} | {:.1} | {:.1} |",
                all.seconds, third.seconds
            )?;
        }
    }

    writeln!(
        out,
        "\n| block s, slot s | others | turns | executions | latency, slots | \
         passes of honest, others | burnt for a second of delay | stake for it, ETH |"
    )?;
    writeln!(out, "|--:|---|--:|--:|--:|--:|--:|--:|")?;
    let groups = [
        ("none", 0, Kind::Absent),
        ("a third slow", 4, Kind::Slow),
        ("a third absent", 4, Kind::Absent),
        ("two thirds absent", 8, Kind::Absent),
        ("a third hoarding", 4, Kind::Hoarding),
        ("two thirds hoarding", 8, Kind::Hoarding),
    ];
    for (block, slot) in [(12_000, 60), (500, 60), (500, 15)] {
        for (name, count, kind) in groups {
            for turns in 1..=4 {
                let rules = Rules { block, slot: slot * 1000, turns };
                let means = simulate(rules, &with(count, kind));
                let undisturbed = simulate(rules, &with(0, kind)).seconds;
                let delay = means.seconds - undisturbed;
                // Half of the operator's part of a fee for each pass.
                let burnt = if delay > 0.01 { means.other_passes / 2.0 / delay } else { 0.0 };
                let seats = means.other_passes / MISSES * SEAT_SECONDS / 60.0;
                writeln!(
                    out,
                    "| {}, {slot} | {name} | {turns} | {:.2} | {:.2} | {:.3}, {:.3} | \
                     {burnt:.4} | {:.0} |",
                    seconds(block),
                    means.executions,
                    1000.0 * means.seconds / to_float(rules.slot),
                    means.honest_passes,
                    means.other_passes,
                    seats * STAKE_ETH,
                )?;
            }
        }
    }
    Ok(out)
}

/// `count` operators of a kind, the others honest.
fn with(count: usize, kind: Kind) -> Vec<Kind> {
    (0..OPERATORS).map(|index| if index < count { kind } else { Kind::Honest }).collect()
}

fn simulate(rules: Rules, operators: &[Kind]) -> Means {
    let mut random = Random(U256::ZERO);
    let mut sums = [0_u64; 4];
    for _ in 0..REQUESTS {
        let mut drawn = operators.to_vec();
        random.shuffle(&mut drawn);
        for (sum, value) in sums.iter_mut().zip(one(rules, &drawn, &mut random)) {
            *sum += value;
        }
    }
    let [executions, latency, honest_passes, other_passes] =
        sums.map(|sum| to_float(sum) / to_float(REQUESTS));
    Means { executions, seconds: latency / 1000.0, honest_passes, other_passes }
}

/// One request, whose operators come in the order of their turns: its executions and latency, and
/// the passes of honest operators and of others.
fn one(rules: Rules, drawn: &[Kind], random: &mut Random) -> [u64; 4] {
    let (mut executions, mut first, mut claimant) = (0, u64::MAX, usize::MAX);
    for (index, kind) in (0_u64..).zip(drawn) {
        let place = index.min(rules.turns);
        let opens = place * rules.slot;
        let seen = next_block(opens, rules.block);
        let is_late = first <= seen;
        let takes_part = match kind {
            Kind::Absent => false,
            Kind::Hoarding => place < rules.turns,
            Kind::Honest | Kind::Slow => true,
        };
        if is_late || !takes_part {
            continue;
        }
        executions += 1;
        let ready = seen + 4_000 + random.below(8_000);
        let time = match kind {
            Kind::Slow => random.included(ready + rules.slot, rules.block),
            Kind::Hoarding => (opens + rules.slot - 1) / rules.block * rules.block,
            Kind::Honest | Kind::Absent => random.included(ready, rules.block),
        };
        if time < first {
            (first, claimant) = (time, usize::try_from(index).expect("a dozen"));
        }
    }
    let passed = |index: usize| index != claimant && to_slots(first, rules.slot) > index;
    let turns = usize::try_from(rules.turns).expect("a few").min(drawn.len());
    let passes: Vec<Kind> = (0..turns).filter(|&it| passed(it)).map(|it| drawn[it]).collect();
    let honest = passes.iter().filter(|&&kind| kind == Kind::Honest).count();
    let counted = |count: usize| u64::try_from(count).expect("a few");
    [executions, first, counted(honest), counted(passes.len() - honest)]
}

fn to_slots(time: u64, slot: u64) -> usize {
    usize::try_from(time / slot).expect("somebody answers")
}

fn next_block(time: u64, block: u64) -> u64 {
    (time / block + 1) * block
}

fn seconds(milliseconds: u64) -> f64 {
    to_float(milliseconds) / 1000.0
}

fn to_float(count: u64) -> f64 {
    f64::from(u32::try_from(count / 1_000_000).expect("small")) * 1e6
        + f64::from(u32::try_from(count % 1_000_000).expect("a remainder"))
}

/// A counter-based generator, so that a table is the same everywhere.
struct Random(U256);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 += U256::ONE;
        let drawn = U256::from_be_bytes(keccak256(self.0.to_be_bytes::<32>()).0);
        (drawn % U256::from(bound)).to()
    }

    fn shuffle(&mut self, kinds: &mut [Kind]) {
        for end in (1..kinds.len()).rev() {
            let other = self.below(u64::try_from(end).expect("a dozen") + 1);
            kinds.swap(end, usize::try_from(other).expect("a dozen"));
        }
    }

    /// When a claim that is ready now is in a block: one in 8 misses the next.
    fn included(&mut self, ready: u64, block: u64) -> u64 {
        let mut time = next_block(ready, block);
        while self.below(8) == 0 {
            time += block;
        }
        time
    }
}
