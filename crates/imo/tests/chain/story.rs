//! A model from its launch to its holders, with a liar on the way.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use imo_chain::Deployment;
use imo_chain::contracts::Drip::releaseCall;
use imo_chain::contracts::ModelOffering::{bidCall, claimCall, openCall, settleCall};
use imo_chain::primitives::{Address, Bytes, U256};
use imo_pack::tiny::TinyShape;
use serde_json::{Value, json};

use crate::binary::{at, command, imo, tiny};
use crate::world::{
    CONVICTABLE, CUSTOMER, Chain, FIRST, LIAR, MAKER, OPERATOR, SALE, WINDOW, address, list,
    number, request, text, write_launch,
};

#[tokio::test]
async fn a_launched_model_earns_and_its_liar_is_convicted() {
    let chain = Chain::start("story").await;
    let gguf = tiny(&chain.folder, &TinyShape::default());
    let (model, terms) = (chain.file("model.imo"), chain.file("imo.toml"));
    imo(&["model", "pack", at(&gguf), "-o", &model, "--json"]).object();
    chain.deployed();

    write_launch(&chain.folder);
    let plan = imo(&["launch", "plan", &terms, "--json"]).object();
    assert!(number(&plan["for_sale"]) < number(&plan["supply"]), "{plan}");
    let launched = chain.object(&["launch", &terms, "--dev-account", MAKER]);
    let run = imo(&["run", &model, "the end", "--tokens", "8", "--json"]).object();
    assert_eq!(launched["content_id"], run["content_id"]);

    let poor = chain.file("poor.key");
    fs::write(&poor, "11".repeat(32)).expect("the folder can be written");
    let outcome = chain.imo(&["ask", "the end", "--key-file", &poor]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains(" has 0 ETH, but the call of request takes 0."), "{outcome:?}");

    let ask = ["ask", "the end", "--tokens", "8", "--dev-account", CUSTOMER];
    let operator = chain.node(OPERATOR, &[]);
    // Anyone who waits until the answer is final is told when that will be.
    let arguments = chain.arguments(&[&ask[..], &["--until-final", "--json"]].concat());
    let mut patient = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let notes = BufReader::new(patient.stderr.take().expect("it is piped"));
    let note = notes.lines().map_while(Result::ok).find(|line| line.starts_with("claimed by "));
    let note = note.expect("it is claimed");
    assert!(note.contains("; final in 1 h 0 min") || note.contains("; final in 59 min"), "{note}");
    let verdicts = chain.object(&["verify", FIRST, "--model", &model]);
    assert_eq!(list(&verdicts).len(), 1, "{verdicts}");
    assert_eq!(verdicts[0]["is_right"], true, "{verdicts}");
    assert_eq!(verdicts[0]["asked"], json!([{"role": "user", "content": "the end"}]));
    drop(operator);

    // The liar also answers the older request, which it considers wrongly answered. It serves no
    // trace, but its claims carry the roots of their slots in blobs.
    let lies = ["--roles", "operator", "--inject", "output", CONVICTABLE];
    let lies = [&lies[..], &["--withhold", "--blobs"]].concat();
    let liar = chain.node(LIAR, &lies);
    let lie = chain.object(&ask);
    assert_ne!(lie["answer"], run["text"]);
    let second = request(&lie);
    let verify = ["verify", &second, "--model", &model];
    let outcome = chain.imo(&[&verify[..], &["--json"]].concat());
    assert_eq!(outcome.code, Some(1), "an answer that stands is wrong: {outcome:?}");
    let verdicts: Value = serde_json::from_str(&outcome.stdout).expect("a report all the same");
    assert_eq!(verdicts[0]["claim"], lie["claim"]);
    assert_eq!(verdicts[0]["is_right"], false);
    assert_eq!(verdicts[0]["first_node"][1], "emit", "{verdicts}");
    assert!(verdicts[0]["first_byte"].is_u64(), "{verdicts}");
    // Without blobs, a reader sees that the answer is wrong, but not where.
    let without_blobs = [&verify[..], &["--beacon", "http://127.0.0.1:1"]].concat();
    let outcome = chain.imo(&without_blobs);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("another trace, which is not served"), "{outcome:?}");
    assert!(outcome.stderr.contains("no Beacon API answers at http://127.0.0.1:1"), "{outcome:?}");

    // While the liar is away, both games wait for its move.
    drop(liar);
    let _operator = chain.node(OPERATOR, &[]);
    chain.until(&["dispute", "list"], |games| list(games).len() == 2);
    check_deadlines(&chain);
    let liar = chain.node(LIAR, &lies);
    let games = chain.until(&["dispute", "list"], |games| {
        list(games).len() == 2 && list(games).iter().all(|game| game["winner"].is_string())
    });
    drop(liar);
    for game in list(&games) {
        check_game(&chain, game);
    }
    assert!(list(&games).iter().any(|game| game["claim"] == lie["claim"]), "{games}");
    // By now, the game has shown which node is wrong.
    let verdicts = chain.object(&without_blobs);
    assert_eq!(verdicts[0]["first_node"][1], "emit", "{verdicts}");
    // What was rejected does not count. The operator's answers do.
    let verdicts = chain.until(&verify, |verdicts| list(verdicts).len() == 2);
    assert_eq!((&verdicts[0]["is_right"], &verdicts[1]["is_right"]), (&json!(false), &json!(true)));
    assert_eq!(verdicts[1]["answer"], run["text"]);

    chain.pass(WINDOW + 1).await;
    let output = patient.wait_with_output().expect("it ends by itself");
    let honest: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!((&honest["is_final"], &honest["answer"]), (&json!(true), &run["text"]));
    assert_eq!((request(&honest).as_str(), &honest["model_id"]), (FIRST, &launched["model_id"]));
    check_revenue(&chain, &[&honest, &lie]);
    check_holder(&chain, address(&launched, "token"), address(&launched, "drip")).await;
}

/// Starts `imo ask`, and waits for a note that begins like this.
fn ask_until(chain: &Chain, more: &[&str], note: &str) -> (Child, impl Iterator<Item = String>) {
    let ask = ["ask", "the end", "--tokens", "4", "--dev-account", CUSTOMER];
    let arguments = chain.arguments(&[&ask[..], more].concat());
    let mut child = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let notes = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut notes = notes.lines().map_while(Result::ok);
    assert!(notes.any(|line| line.starts_with(note)), "nobody says {note:?}");
    (child, notes)
}

/// No node finalizes or refunds: the claimant is gone, and for others it is no business.
#[tokio::test]
async fn whoever_asks_brings_a_request_to_its_end_alone() {
    let chain = Chain::start("alone").await;
    let gguf = tiny(&chain.folder, &TinyShape::default());
    imo(&["model", "pack", at(&gguf), "-o", &chain.file("model.imo"), "--json"]).object();
    chain.deployed();
    write_launch(&chain.folder);
    chain.object(&["launch", &chain.file("imo.toml"), "--dev-account", MAKER]);

    let (refunded, mut notes) = ask_until(&chain, &[], "request 1, for at most ");
    chain.pass(SALE).await;
    let is_told = notes.any(|line| line.contains("request 1 expired without an answer"));
    assert!(is_told, "the fee is credit again");
    let outcome = refunded.wait_with_output().expect("it ends by itself");
    assert_eq!(outcome.status.code(), Some(1));

    let operator = chain.node(OPERATOR, &[]);
    let system = ["--until-final", "--json", "--system", "Be brief."];
    let (patient, _notes) = ask_until(&chain, &system, "claimed by ");
    let model = chain.file("model.imo");
    let looked = chain.imo(&["verify", "2", "--model", &model]);
    assert!(
        looked.stdout.starts_with("system  \"Be brief.\"\nuser    \"the end\"\n"),
        "{looked:?}"
    );
    drop(operator);
    chain.pass(WINDOW + 1).await;
    let outcome = patient.wait_with_output().expect("it ends by itself");
    let answer: Value = serde_json::from_slice(&outcome.stdout).expect("one JSON object");
    assert_eq!(answer["is_final"], true, "{answer}");
}

/// Two games wait for the claimant, and every look at them tells how long it has.
fn check_deadlines(chain: &Chain) {
    let is_told = |line: &str| {
        line.contains("the claimant's statement of its run; to move: the claimant, within ")
            && (line.ends_with("30 min 0 s") || line.contains("29 min "))
    };
    let listed = chain.imo(&["dispute", "list"]);
    let told: Vec<_> = listed.stdout.lines().filter(|line| is_told(line)).collect();
    assert_eq!(told.len(), 2, "{listed:?}");

    let watched = chain.arguments(&["dispute", "watch"]);
    let watched: Vec<_> = watched.iter().map(String::as_str).collect();
    let mut watch = command(&watched).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let words = BufReader::new(watch.stdout.take().expect("it is piped"));
    let told: Vec<_> = words.lines().map_while(Result::ok).take(2).collect();
    watch.kill().expect("it goes on watching");
    watch.wait().expect("it was started here");
    assert!(told.len() == 2 && told.iter().all(|line| is_told(line)), "{told:?}");
}

/// The challenger has won a game by one instruction, and every command shows this.
fn check_game(chain: &Chain, game: &Value) {
    assert_eq!((text(game, "ending"), text(game, "winner")), ("conviction", "challenger"));

    let (id, model) = (&text(game, "game")[..10], chain.file("model.imo"));
    let with_model = [id, "--model", &model];
    let shown = chain.object(&[&["dispute", "show"], &with_model[..]].concat());
    assert_eq!((text(&shown, "winner"), text(&shown, "kind")), ("challenger", "emit"));
    let replayed = chain.object(&[&["dispute", "replay"], &with_model[..]].concat());
    assert_eq!((text(&replayed, "right"), text(&replayed, "winner")), ("challenger", "challenger"));
    let (step, author) = (&replayed["false_step"][0], &replayed["false_step"][1]);
    assert_eq!(author, "claimant");
    let shown = chain.object(&[&["dispute", "step"], &with_model[..]].concat());
    assert_eq!(&shown["step"], step);
    for (look, words) in [
        ("show", "challenger won by conviction"),
        ("replay", "the challenger, as it should"),
        ("step", "state after"),
    ] {
        let outcome = chain.imo(&[&["dispute", look], &with_model[..]].concat());
        assert!(outcome.code == Some(0) && outcome.stdout.contains(words), "{outcome:?}");
    }
}

/// Both answers were paid for. Each wei is accounted for, from the request to the holders.
fn check_revenue(chain: &Chain, asked: &[&Value]) {
    let usage_of = |report: &Value| -> Vec<Value> {
        let movements = list(&report["movements"]).iter();
        movements.filter(|it| it["what"] == "usage").cloned().collect()
    };
    let report = chain.until(&["revenue"], |report| usage_of(report).len() == asked.len());
    assert!(usage_of(&report).iter().all(|it| it["to"] == "oracle"), "{report}");
    let owed: U256 = usage_of(&report).iter().map(|it| number(&it["amount"])).sum();
    assert_eq!(number(&report["owed"]), owed);
    let collect = ["revenue", "collect", "--dev-account", CUSTOMER];
    assert_eq!(number(&chain.object(&collect)["amount"]), owed);
    assert_eq!(number(&chain.object(&collect)["amount"]), U256::ZERO);
    let csv = chain.file("revenue.csv");
    let report = chain.object(&["revenue", "--csv", &csv]);
    assert_eq!(number(&report["owed"]), U256::ZERO);
    let movements = list(&report["movements"]);
    let sum = |what: &str| -> U256 {
        movements.iter().filter(|it| it["what"] == what).map(|it| number(&it["amount"])).sum()
    };
    let parts = ["to holders", "to creator", "to protocol"].map(sum);
    assert!(parts.iter().all(|part| !part.is_zero()), "{report}");
    assert_eq!(parts.iter().sum::<U256>(), sum("usage"));
    assert_eq!((sum("paid"), sum("usage")), (owed, owed));
    assert!(usage_of(&report).iter().all(|it| it["to"] == "payment 1"), "{report}");

    let written = fs::read_to_string(csv).expect("it was written");
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 1 + movements.len(), "{written}");
    for asked in asked {
        let paid = format!(",usage,{},", request(asked));
        assert!(lines.iter().any(|line| line.contains(&paid)), "{paid} is not in {written}");
    }

    let creator = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    let position = chain.object(&["revenue", "position", creator]);
    assert_eq!(number(&position["assets"][0]["waiting"]), sum("to holders"));
    assert_eq!(number(&position["balance"]), U256::ZERO);
}

/// Part of the revenue is released to the only buyer of the tokens, who can claim some of it and
/// redeem the rest.
async fn check_holder(chain: &Chain, token: Address, drip: Address) {
    let file = fs::read(chain.folder.join("deployment.json")).expect("it was deployed");
    let Deployment { offering, .. } = serde_json::from_slice(&file).expect("its own format");
    let buyer = chain.client.address();
    let amount = U256::from(25) * U256::from(10).pow(U256::from(18));
    let bid = bidCall { token_: token, tick: U256::ZERO, amount, hookData: Bytes::new() };
    chain.send(offering, &bid, amount).await;
    chain.pass(SALE).await;
    let settle = settleCall { token_: token, words: U256::from(8) };
    chain.send(offering, &settle, U256::ZERO).await;
    chain.send(offering, &openCall { token_: token }, U256::ZERO).await;
    let claim = claimCall { token_: token, bidders: vec![buyer] };
    chain.send(offering, &claim, U256::ZERO).await;

    let account = buyer.to_string();
    let before = chain.object(&["revenue", "position", &account]);
    assert!(number(&before["balance"]) > U256::ZERO, "{before}");
    let released = number(&before["assets"][0]["next_release"]);
    assert!(released > U256::ZERO, "{before}");
    chain.send(drip, &releaseCall { asset: Address::ZERO }, U256::ZERO).await;
    // An epoch can be claimed from the next block on.
    chain.pass(1).await;
    let after = chain.object(&["revenue", "position", &account]);
    let asset = &after["assets"][0];
    let of_buyer = number(&asset["claimable"]) + number(&asset["redeemable"]);
    assert!(U256::ZERO < of_buyer && of_buyer <= released, "{after}");
    assert_eq!(number(&asset["waiting"]), number(&before["assets"][0]["waiting"]) - released);
    let report = chain.object(&["revenue"]);
    let movements = list(&report["movements"]).iter();
    let credited = movements.filter(|it| it["what"] == "credited" || it["what"] == "redeemable");
    assert_eq!(credited.map(|it| number(&it["amount"])).sum::<U256>(), released);
}
