//! What a launch's maker and its buyers type.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/imo.toml");

fn imo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imo")).args(args).output().expect("the binary starts")
}

fn object(args: &[&str]) -> Value {
    let output = imo(args);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("an object")
}

fn wei(value: &Value) -> u128 {
    let text = value.as_str().expect("a number in hexadecimal");
    u128::from_str_radix(text.trim_start_matches("0x"), 16).expect("a number")
}

#[test]
fn a_plan_says_what_the_example_sells_and_what_its_escrow_means() {
    let plan = object(&["launch", "plan", EXAMPLE, "--json"]);
    assert_eq!(wei(&plan["for_sale"]), 800_000 * 10_u128.pow(18));
    assert_eq!(wei(&plan["whole_at_floor"]), 80 * 10_u128.pow(18));
    // An answer costs 0.0002 ETH + 2,000 bytes at 0.1 gwei + 256 tokens at 2,000 gwei. 70 % of this
    // is revenue, and 88 % of the revenue is the holders'.
    assert_eq!(wei(&plan["answer_price_wei"]), 712_200_000_000_000);
    assert_eq!(wei(&plan["holders_of_answer_wei"]), 438_715_200_000_000);
    // The escrow has 40 ETH. Each answer releases 80 % of the holders' part.
    assert_eq!(wei(&plan["answers_to_release"]), 113_970);
}

#[test]
fn a_plan_sells_a_file_of_bids_to_the_wei() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let bids = folder.join("bids.csv");
    fs::write(&bids, "# price, amount\n0.0002, 100\n0.0001, 30\n0.00015 ETH, 20 ETH\n")
        .expect("the target folder can be written");
    let bids = bids.to_str().expect("UTF-8");
    let plan = object(&["launch", "plan", EXAMPLE, "--bids", bids, "--json"]);
    let (sale, ether) = (&plan["sale"], 10_u128.pow(18));
    // The supply costs 80 ETH at 0.0001, and 120 ETH at 0.00015. Bids of 100 and 20 buy all of it
    // at 0.00015.
    assert_eq!(wei(&sale["proceeds"]), 120 * ether);
    assert_eq!(wei(&sale["price"]), 150_000_000_000_000);
    let fills = sale["fills"].as_array().expect("a list");
    let back: Vec<u128> = fills.iter().map(|fill| wei(&fill["refund"]) / ether).collect();
    assert_eq!(back, [0, 30, 0]);
    let tokens: u128 = fills.iter().map(|fill| wei(&fill["tokens"])).sum();
    assert_eq!(tokens, wei(&sale["sold"]));
}

/// The example, sold for a coin of six decimals. Such a sale has no escrow.
fn in_coins(share: &str) -> String {
    let example = fs::read_to_string(EXAMPLE).expect("the example is in the tree");
    let (before, rest) = example.split_once("[sale]").expect("a sale");
    let (_, after) = rest.split_once("[works]").expect("works");
    let after = after.replace(r#"share = "50 %""#, &format!(r#"share = "{share}""#));
    let address = format!("0x{}", "11".repeat(20));
    format!(
        r#"{before}[sale]
currency = {{ address = "{address}", symbol = "USDC", decimals = 6 }}
floor-price = "0.25 USDC"
price-step = "0.05"
prices = 3
lasts = "7 days"
soft-cap = "50_000 USDC"
minimum-bid = "10 USDC"

[works]{after}"#
    )
}

#[test]
fn a_sale_for_a_coin_is_planned_in_that_coin() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (path, bids) = (folder.join("coins.toml"), folder.join("coins.csv"));
    fs::write(&path, in_coins("0 %")).expect("the target folder can be written");
    fs::write(&bids, "0.3, 150000 USDC\n0.25, 90000\n").expect("the target folder can be written");
    let (path, bids) = (path.to_str().expect("UTF-8"), bids.to_str().expect("UTF-8"));
    let plan = object(&["launch", "plan", path, "--bids", bids, "--json"]);
    assert_eq!(plan["currency"]["symbol"], "USDC");
    assert_eq!(wei(&plan["whole_at_floor"]), 200_000 * 10_u128.pow(6));
    assert_eq!(wei(&plan["most_proceeds"]), 280_000 * 10_u128.pow(6));
    assert_eq!(wei(&plan["sale"]["proceeds"]), 200_000 * 10_u128.pow(6));
    assert_eq!(wei(&plan["sale"]["price"]), 250_000);
    assert_eq!(wei(&plan["sale"]["fills"][1]["refund"]), 40_000 * 10_u128.pow(6));

    let words = imo(&["launch", "plan", path, "--bids", bids]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    for line in ["0.25 USDC to 0.35 USDC a token", "below 50000 USDC", "paid in       USDC, 0x1111"]
    {
        assert!(words.contains(line), "{line}: {words}");
    }

    let escrowed = folder.join("escrowed.toml");
    fs::write(&escrowed, in_coins("50 %")).expect("the target folder can be written");
    let output = imo(&["launch", "plan", escrowed.to_str().expect("UTF-8")]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && words.contains("EscrowNotInEther"), "{words}");
}

#[test]
fn mistakes_in_a_file_are_named() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let example = fs::read_to_string(EXAMPLE).expect("the example is in the tree");
    for (from, to, why) in [
        ("20 ETH", "20 EUR", "\"EUR\" is not ETH"),
        ("\"30 %\"", "\"130 %\"", "more than 100 %"),
        ("7 days", "a week", "a week"),
        ("prices = 64", "prize = 64", "unknown field `prize`"),
        (r#"minimum-bid = "0.01 ETH""#, r#"minimum-bid = "-3 ETH""#, "minimum-bid: \"-3\""),
    ] {
        let path = folder.join("wrong.toml");
        fs::write(&path, example.replace(from, to)).expect("the target folder can be written");
        let output = imo(&["launch", "plan", path.to_str().expect("UTF-8")]);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && words.contains(why), "{to}: {words}");
    }
}

/// The example with other values for some keys. A key is written `table.key`.
fn example_with(changes: &[(&str, &str)]) -> String {
    let example = fs::read_to_string(EXAMPLE).expect("the example is in the tree");
    let (mut table, mut found) = (String::new(), 0);
    let mut lines = Vec::new();
    for line in example.lines() {
        if line.starts_with('[') {
            line.trim_matches(['[', ']'])
                .split(']')
                .next()
                .unwrap_or_default()
                .clone_into(&mut table);
        }
        let key = line.split(" = ").next().unwrap_or_default();
        let name = format!("{table}.{key}");
        match changes.iter().find(|(changed, _)| *changed == name) {
            Some((_, value)) => {
                lines.push(format!("{key} = {value}"));
                found += 1;
            }
            None => lines.push(line.to_owned()),
        }
    }
    assert_eq!(found, changes.len(), "{changes:?}");
    lines.join("\n")
}

/// What a plan complains about, and the exit code.
fn complaint(name: &str, terms: &str) -> (Option<i32>, String) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, terms).expect("the target folder can be written");
    let output = imo(&["launch", "plan", path.to_str().expect("UTF-8")]);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The factory's own code refuses, so the names are the factory's.
#[test]
fn a_plan_refuses_each_trap_by_the_factorys_name() {
    let nobody = format!("\"0x{}\"", "00".repeat(20));
    let traps: [(&str, &[(&str, &str)]); 33] = [
        (
            "MinimumOutOfRange",
            &[("token.claimable-share", "\"0.01 %\""), ("token.least-revenue", "\"0.1 ETH\"")],
        ),
        ("BuyersEarnTooLittle", &[("revenue.creator-share", "\"98 %\"")]),
        ("BuyersEarnTooLittle", &[("model.operator-share", "\"95 %\"")]),
        ("BuyersEarnTooLittle", &[("sale.soft-cap", "\"1 ETH\""), ("vesting.end", "\"90 years\"")]),
        (
            "NoPrice",
            &[
                ("model.base-price", "\"0\""),
                ("model.byte-price", "\"0\""),
                ("model.unit-price", "\"0\""),
            ],
        ),
        (
            "ReleaseOutOfReach",
            &[
                ("model.base-price", "\"1 wei\""),
                ("model.byte-price", "\"0\""),
                ("model.unit-price", "\"0\""),
            ],
        ),
        ("AnswerTooDear", &[("model.base-price", "\"300000000000000000000 ETH\"")]),
        ("AnswerTooDear", &[("works.mint-fee", "\"1000 ETH\"")]),
        ("VestingTooFast", &[("vesting.tokens", "\"999000\"")]),
        (
            "VestingTooFast",
            &[
                ("escrow.share", "\"0 %\""),
                ("vesting.cliff", "\"0 days\""),
                ("vesting.end", "\"0 days\""),
            ],
        ),
        ("UnitsAboveLimit", &[("works.most-units", "4294967295")]),
        ("UnitsAboveLimit", &[("model.default-units", "4294967295")]),
        ("InputAboveLimit", &[("model.default-bytes", "4294967295")]),
        ("NoSource", &[("model.source", "\"\"")]),
        ("NotPrintable", &[("token.symbol", "\"EXAM \"")]),
        ("SupplyTooSmall", &[("token.supply", "\"0.0000000000001\"")]),
        ("TooLittleForSale", &[("vesting.tokens", "\"1000000\"")]),
        ("SaleTooShort", &[("sale.lasts", "\"4 seconds\"")]),
        ("SaleTooLong", &[("sale.lasts", "\"2 years\"")]),
        ("InvalidTicks", &[("sale.prices", "0")]),
        ("InvalidTicks", &[("sale.prices", "1025")]),
        ("NoFloorPrice", &[("sale.floor-price", "\"0 ETH\"")]),
        ("NoSoftCap", &[("sale.soft-cap", "\"0 ETH\"")]),
        ("SoftCapAboveHardCap", &[("sale.soft-cap", "\"1000000 ETH\"")]),
        ("MinimumBidAboveHardCap", &[("sale.minimum-bid", "\"1000000 ETH\"")]),
        ("HardCapTooLarge", &[("sale.price-step", "\"200000000 ETH\"")]),
        ("RoyaltyTooHigh", &[("works.royalty", "\"10.01 %\"")]),
        ("NearlyGreedy", &[("works.temperature", "\"0.2\"")]),
        ("NoSink", &[("revenue.creator", &nobody)]),
        ("ProceedsOverspent", &[("pool.share", "\"51 %\"")]),
        ("EscrowDeadlineOutOfRange", &[("escrow.deadline", "\"29 days\"")]),
        ("RefundsOutOfRange", &[("escrow.refunds", "\"366 days\"")]),
        ("CliffTooEarly", &[("vesting.cliff", "\"239 days\"")]),
    ];
    for (name, changes) in traps {
        let (code, words) = complaint("trap.toml", &example_with(changes));
        let refused = words.contains(&format!("the terms are refused: {name}"));
        assert!(code == Some(1) && refused, "{changes:?}: {words}");
    }
}

/// Whatever stands in the file, the answer is a plan or a sentence that names the field or the
/// factory's error.
#[test]
fn absurd_values_are_named_by_field_and_never_a_panic() {
    let example = fs::read_to_string(EXAMPLE).expect("the example is in the tree");
    let mut table = "";
    for line in example.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = name.trim_start_matches('[').split(']').next().unwrap_or_default();
        }
        let Some((key, value)) = line.split_once(" = ") else { continue };
        if line.starts_with('#') {
            continue;
        }
        let unit = [" ETH", " gwei", " %", " days", " years"];
        let unit = unit.into_iter().find(|unit| value.contains(unit)).unwrap_or_default();
        let huge = format!("\"{}{unit}\"", u128::MAX);
        let long = format!("\"{}{unit}\"", u64::MAX / 86_400);
        let name = format!("{table}.{key}");
        for absurd in ["-1", "nan", "\"-1\"", "\"\"", "18446744073709551616", &huge, &long] {
            let (code, words) = complaint("absurd.toml", &example_with(&[(&name, absurd)]));
            let named = words.contains(key) || words.contains("the terms are refused: ");
            let planned = code == Some(0) && words.is_empty();
            assert!(planned || code == Some(1) && named, "{name} = {absurd}: {code:?} {words}");
            assert!(!words.contains("panicked"), "{name} = {absurd}: {words}");
        }
    }
}

#[test]
fn a_plan_says_how_long_bids_are_locked_and_takes_only_bids_that_a_sale_takes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join("short.toml");
    fs::write(&path, example_with(&[("sale.lasts", "\"36 hours\"")])).expect("it can be written");
    let path = path.to_str().expect("UTF-8");
    let plan = imo(&["launch", "plan", path]);
    let words = String::from_utf8_lossy(&plan.stdout);
    assert!(words.contains("36 h 0 min from the launch on"), "{words}");
    assert!(words.contains("in the last 7 h 12 min"), "{words}");

    let bids = folder.join("small.csv");
    let bids = bids.to_str().expect("UTF-8");
    let huge = format!("0.0002, {}", u128::MAX);
    for (bid, why) in [("0.0002, 0.001", "below the least, 0.01 ETH"), (&huge, "small.csv:1: ")] {
        fs::write(bids, bid).expect("the target folder can be written");
        let output = imo(&["launch", "plan", path, "--bids", bids]);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && words.contains(why), "{bid}: {words}");
    }
    for count in ["0", "18446744073709551615"] {
        let output = imo(&["launch", "plan", path, "--bidders", count]);
        assert_eq!(output.status.code(), Some(2), "{count} bidders");
    }
}
