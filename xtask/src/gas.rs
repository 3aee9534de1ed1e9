//! Gas of what users do, beside other implementations', as a checked section of `docs/benchmarks.md`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

const FILE: &str = "docs/benchmarks.md";
const BEGIN: &str = "<!-- money: begin -->";
const END: &str = "<!-- money: end -->";

/// An action, its snapshot (file and name), our bar, and what others need with whose it is.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    (
        "transfer",
        "ModelToken",
        "transfer, no epoch since",
        "38,000",
        "41,840 (ERC-7641's reference)",
    ),
    (
        "transfer, first after a deposit",
        "ModelToken",
        "transfer, first after a deposit",
        "82,000",
        "151,487 (ORA) to 214,882 (reference)",
    ),
    ("claim, first", "ModelToken", "claim, first", "70,000", "75,343 (reference), 92,734 (ORA)"),
    ("claim, later", "ModelToken", "claim, next", "70,000", "75,343 (reference), 75,634 (ORA)"),
    ("burn and redeem", "ModelToken", "burn, later", "", "147,971 (reference), 150,540 (ORA)"),
    (
        "bid, new tick",
        "ModelOffering",
        "bid, new tick",
        "90,000",
        "150,000 to 341,000 (Uniswap CCA)",
    ),
    (
        "bid, used tick",
        "ModelOffering",
        "bid, used tick",
        "50,000",
        "150,000 to 341,000 (Uniswap CCA)",
    ),
    ("bid, raised", "ModelOffering", "bid, raised", "50,000", "150,000 to 341,000 (Uniswap CCA)"),
    ("claim of a sale", "ModelOffering", "claim", "40,000", "151,000 to 295,000 (Uniswap CCA)"),
    ("claim of a sale for 20 bidders", "ModelOffering", "claim for 20", "800,000", ""),
    ("settle, 60 used ticks", "ModelOffering", "settle, 60 ticks", "400,000", ""),
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
        "{BEGIN}\n## Gas\n\nWhole transactions, the 21,000 of each included, from `contracts/snapshots`; `make bench-gas` writes \
         this table.\nThe others' figures: ERC-7641's reference and ORA's token were compiled and run; Uniswap's are its own \
         snapshots.\n\n| action | ours | goal | met | others |\n|---|--:|--:|---|---|\n"
    );
    for (action, file, name, goal, others) in ROWS {
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
        writeln!(text, "| {action} | {} | {goal} | {met} | {others} |", grouped(gas))
            .expect("a string takes everything");
    }
    Ok(text + END)
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
