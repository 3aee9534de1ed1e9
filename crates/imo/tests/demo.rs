//! The whole story on a local Ethereum node, with the real model, as `make demo` tells it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use imo_chain::primitives::U256;
use serde_json::Value;

/// The same model file and the same guest give the same id on any machine. If either changes, this
/// changes too.
const CONTENT_ID: &str = "0xd8d8b782f99558ddf36a86922517fff5d9e4f4acb6680af5443c7196154acb6d";

fn model() -> PathBuf {
    std::env::var_os("IMO_MODEL").map(PathBuf::from).expect("IMO_MODEL: `make test` sets it")
}

#[test]
fn the_story_is_told_to_its_end_and_its_money_adds_up() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo");
    let output = Command::new(env!("CARGO_BIN_EXE_imo"))
        .args(["demo", "--json", "--model"])
        .arg(model())
        .arg("--folder")
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts");
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{notes}");
    let story: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");

    assert_eq!(story["content_id"], CONTENT_ID);
    assert!(story["model_id"].as_str().is_some_and(|id| id.len() == 66 && id != CONTENT_ID));
    assert_eq!(story["answers"][0], "The capital of France is Paris.");

    let dispute = &story["dispute"];
    assert!(dispute["transactions"].as_u64().is_some_and(|count| count <= 12), "{dispute}");
    assert!(dispute["seconds"].as_f64().is_some_and(|seconds| seconds < 60.0), "{dispute}");
    assert!(dispute["one_step_gas"].as_u64() < dispute["gas"].as_u64(), "{dispute}");

    // This game begins with a descent, which takes moves of both sides. No instruction is executed.
    let withheld = &story["withheld"];
    assert_eq!(withheld["node"], dispute["node"]);
    assert!(withheld["one_step_gas"].is_null(), "{withheld}");
    let count = |dispute: &Value, name: &str| dispute[name].as_u64().expect("a number");
    assert!(count(withheld, "transactions") > count(dispute, "transactions"), "{withheld}");
    assert!(count(withheld, "gas") > count(dispute, "gas"), "{withheld}");
    assert!(count(withheld, "claimant_gas") * 3 > count(withheld, "gas"), "{withheld}");
    assert!(count(withheld, "claimant_gas") * 3 < count(withheld, "gas") * 2, "{withheld}");

    let wei = |name: &str| -> U256 {
        let text = story["balance"][name].as_str().expect("amounts are decimal texts");
        text.parse().expect("a number of wei")
    };
    assert!(wei("burnt_wei") > U256::ZERO, "bonds were lost");
    assert!(wei("paid_wei") > U256::ZERO);
    assert_eq!(wei("received_wei"), wei("paid_wei") + wei("held_wei"));

    for action in [
        "transfer",
        "transfer_after_deposit",
        "claim_revenue",
        "bid",
        "settle",
        "claim_sale",
        "request",
        "claim_answer",
        "challenge",
        "dissect",
        "one_step",
        "finalize",
        "mint",
    ] {
        assert!(story["gas"][action].as_u64().is_some_and(|gas| gas > 21_000), "{action}");
    }
    for rate in ["decode_tps", "prompt_tps", "vm_mips"] {
        assert!(story["speed"][rate].as_f64().is_some_and(|rate| rate > 0.0), "{rate}");
    }
}
