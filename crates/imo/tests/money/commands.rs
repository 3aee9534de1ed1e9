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
    assert!(!output.status.success() && words.contains("an escrow needs a sale in ETH"), "{words}");
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
        ("\"200000\"", "\"1000000\"", "nothing is left to sell"),
    ] {
        let path = folder.join("wrong.toml");
        fs::write(&path, example.replace(from, to)).expect("the target folder can be written");
        let output = imo(&["launch", "plan", path.to_str().expect("UTF-8")]);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && words.contains(why), "{to}: {words}");
    }
}
