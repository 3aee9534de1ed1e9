//! Gas of what users do, beside that of other implementations, as a checked section of
//! `docs/benchmarks.md`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

const FILE: &str = "docs/benchmarks.md";
const BEGIN: &str = "<!-- money: begin -->";
const END: &str = "<!-- money: end -->";

/// An action, its snapshot (file and name), what it took before, our bar, and what others need with
/// whose it is.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const BIDS: &str = "170,490 to 187,590 (EasyAuction), 149,860 to 341,479 (Uniswap CCA)";
const REQUESTS: &str = "259,367 to 404,857 (ORA)";

/// Where the others' figures are from, and why a goal is missed.
const NOTES: &str = "\
- *ERC-7641's reference* (IMOLabs/ERC-7641 97fff71) and *ORA's token* were compiled and run, as was
  *ERC-7007's reference*: its mint, with the answer known already, and tiny data. *ORA's* oracle
  (OAO 49bc6e5): a request of 50 bytes, and `invokeCallback` with an answer of 46, which is the
  answer, its storing and the callback at once, with a stub for the proof, by a listed operator,
  before any challenge. Ours are two transactions, with a bond, an escrow of the fee and a window
  between them.
- *EasyAuction* is the code deployed on Ethereum at 0x0b7fFc1f4AD541A4Ed16b40D8c37f0929158D101
  (gnosis/ido-contracts e5ec2e6), run with a plain ERC-20 as both tokens: an order of a new user
  (the very first costs most) and of a known one, each given its place in the list or the one
  before; the settlement of 61 orders, 36 of which are filled, which is a shorter walk than ours;
  one claim of one order without a refund. Ours are in ETH.
- *Uniswap CCA*: `snapshots/AuctionTest.json` at 64f5212a, `submitBid`, and `exitBid` or
  `exitPartiallyFilledBid` with `claimTokens`. These are calls, without a transaction's 21,000.

Missed goals, and why:

- *transfer, first after a deposit*: 79,712 are the transaction, two new checkpoints, two accounts
  and the event. Compiled through solc's IR, or for more runs, it costs no less.
- *claim, first*: 70,300 are the transaction, the payment, its event and storage: a new mark; of the
  epoch, its entry and the one before; one word each of the books, the account, the recipient and
  the head. An epoch's revenue in a word of its own would save 4,200 here and cost 2,800 for each
  further deposit in a block; the goal would still be missed.
- *bid, used tick*: 22,100 are a new bid. A bidder that has one already pays 41,000.
- *claim of a sale*: 22,100 are a new account of the token, 21,000 the transaction. In a batch a
  claim costs 40,100, of which 220 are the token's: it writes in a way that others' transactions of
  the same block do not make cheaper, so that a wallet's estimate is enough.
";

const ROWS: &[Row] = &[
    (
        "transfer",
        "ModelToken",
        "transfer, no epoch since",
        "37,783",
        "38,000",
        "41,840 (ERC-7641's reference)",
    ),
    (
        "transfer, first after a deposit",
        "ModelToken",
        "transfer, first after a deposit",
        "82,401",
        "82,000",
        "151,487 (ORA) to 214,882 (reference)",
    ),
    (
        "claim, first",
        "ModelToken",
        "claim, first",
        "76,683",
        "70,000",
        "75,343 (reference), 92,734 (ORA)",
    ),
    (
        "claim, later",
        "ModelToken",
        "claim, next",
        "59,583",
        "70,000",
        "75,343 (reference), 75,634 (ORA)",
    ),
    (
        "burn and redeem",
        "ModelToken",
        "burn, first",
        "70,262",
        "",
        "147,971 (reference), 150,540 (ORA)",
    ),
    ("bid, new tick", "ModelOffering", "bid, new tick", "80,655", "90,000", BIDS),
    ("bid, used tick", "ModelOffering", "bid, used tick", "57,999", "50,000", BIDS),
    ("bid, raised", "ModelOffering", "bid, raised", "41,000", "50,000", "122,107 (EasyAuction)"),
    (
        "claim of a sale",
        "ModelOffering",
        "claim",
        "75,240",
        "40,000",
        "102,409 (EasyAuction), 151,485 to 295,349 (Uniswap CCA)",
    ),
    ("claim of a sale for 20 bidders", "ModelOffering", "claim for 20", "797,739", "800,000", ""),
    (
        "settle, 60 used ticks",
        "ModelOffering",
        "settle, 60 ticks",
        "330,886",
        "400,000",
        "243,398 (EasyAuction, 61 orders)",
    ),
    ("request", "InferenceOracle", "request", "104,436", "120,000", REQUESTS),
    (
        "request, through an ORA consumer",
        "InferenceOracle",
        "request, through an ORA consumer",
        "161,599",
        "",
        REQUESTS,
    ),
    ("claim: the answer and its bond", "InferenceOracle", "claim", "108,081", "110,000", ""),
    (
        "finalize and deliver",
        "InferenceOracle",
        "finalize and deliver",
        "86,289",
        "120,000",
        "122,392 to 286,766 (ORA)",
    ),
    (
        "mint, the oracle's request left out",
        "AigcCollection",
        "mint, 20 bytes of text",
        "191,886",
        "",
        "194,980 (ERC-7007's reference)",
    ),
    ("addAigcData", "AigcCollection", "addAigcData, 24 bytes kept", "160,614", "", ""),
];

/// Writes the section.
pub(crate) fn write(root: &Path) -> Result<String, String> {
    let (path, text) = (root.join(FILE), with_section(root)?);
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(format!("wrote the gas table of {FILE}"))
}

/// Compares the section with the snapshots.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    if kept(root) != with_section(root)? {
        return Err(format!("the gas table of {FILE} is out of date; run `make bench-gas`"));
    }
    Ok("the gas table is current".to_owned())
}

fn kept(root: &Path) -> String {
    fs::read_to_string(root.join(FILE)).unwrap_or_else(|_| "# Benchmarks\n".to_owned())
}

fn with_section(root: &Path) -> Result<String, String> {
    let (kept, section) = (kept(root), section(root)?);
    let Some((before, rest)) = kept.split_once(BEGIN) else {
        return Ok(format!("{}\n\n{section}\n", kept.trim_end()));
    };
    let (_, after) = rest.split_once(END).ok_or(format!("{FILE}: no {END:?}"))?;
    Ok(format!("{before}{section}{after}"))
}

fn section(root: &Path) -> Result<String, String> {
    let mut text = format!(
        "{BEGIN}\n## Gas\n\nWhole transactions, the 21,000 of each included, from \
         `contracts/snapshots`; `make bench-gas` writes this table.\n\
         *Before* is at 674c233, before the contracts were attacked and repaired.\n\n\
         | action | ours | before | goal | met | others |\n|---|--:|--:|--:|---|---|\n"
    );
    for (action, file, name, before, goal, others) in ROWS {
        let path = root.join(format!("contracts/snapshots/{file}.json"));
        let json = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        let json: serde_json::Value =
            serde_json::from_str(&json).map_err(|error| format!("{file}: {error}"))?;
        let gas: u64 = json[name]
            .as_str()
            .and_then(|gas| gas.parse().ok())
            .ok_or(format!("{file} has no {name:?}"))?;
        let bar: Option<u64> = goal.replace(',', "").parse().ok();
        let met = bar.map_or("", |bar| if gas <= bar { "yes" } else { "**no**" });
        writeln!(text, "| {action} | {} | {before} | {goal} | {met} | {others} |", grouped(gas))
            .expect("a string takes everything");
    }
    Ok(format!("{text}\n{NOTES}{END}"))
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits"))
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_what_the_snapshots_give() {
        super::check(&crate::root()).expect("docs/benchmarks.md is current");
    }
}
