//! A conversation on chain: asked, lied about, and proven.

use std::fs;

use imo_pack::tiny::TinyShape;
use serde_json::{Value, json};

use crate::binary::{at, imo, tiny};
use crate::world::{
    CUSTOMER, Chain, LIAR, MAKER, OPERATOR, WINDOW, list, request, text, write_launch,
};

/// The second token of the prompt, in the tokenizer's slot: its lowest bit.
const TOKEN: &str = "node=0,bit=544";

/// A system message and eight turns of the user.
fn messages() -> Value {
    let mut messages = vec![json!({ "role": "system", "content": "and the rest" })];
    for turn in 0..8 {
        messages.push(json!({ "role": "user", "content": format!("the end of {turn}") }));
        messages.push(json!({ "role": "assistant", "content": "and the end" }));
    }
    messages.pop();
    messages.into()
}

#[tokio::test]
async fn a_conversation_is_asked_lied_about_and_the_liar_convicted() {
    let chain = Chain::start("talk").await;
    let gguf = tiny(&chain.folder, &TinyShape { context: 600, ..TinyShape::default() });
    let (model, talk) = (chain.file("model.imo"), chain.file("talk.json"));
    imo(&["model", "pack", at(&gguf), "-o", &model, "--json"]).object();
    fs::write(&talk, messages().to_string()).expect("the folder can be written");
    chain.deployed();
    write_launch(&chain.folder);
    chain.object(&["launch", &chain.file("imo.toml"), "--dev-account", MAKER]);
    let said = ["--messages", &talk, "--tokens", "6"];
    let run = imo(&[&["run", &model], &said[..], &["--json"]].concat()).object();

    // A token of the prompt is not the one that was asked, and the answer follows from it.
    let lies = ["--roles", "operator", "--inject", TOKEN, "--state-steps=25"];
    let liar = chain.node(LIAR, &lies);
    let ask = [&["ask"], &said[..], &["--dev-account", CUSTOMER]].concat();
    let lie = chain.object(&ask);
    let asked = request(&lie);
    let verify = ["verify", &asked, "--model", &model];
    let outcome = chain.imo(&[&verify[..], &["--json"]].concat());
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let shown = chain.imo(&verify).stdout;
    for words in ["system", "and the rest", "user", "the end of 7", "assistant", "and the end"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }

    let _operator = chain.node(OPERATOR, &[]);
    let games = chain.until(&["dispute", "list"], |games| {
        list(games).len() == 1 && list(games)[0]["winner"].is_string()
    });
    drop(liar);
    let game = &list(&games)[0];
    assert_eq!((text(game, "ending"), text(game, "winner")), ("conviction", "challenger"));
    let id = &text(game, "game")[..10];
    let shown = chain.object(&["dispute", "show", id, "--model", &model]);
    assert_eq!(text(&shown, "kind"), "tokenizer, chunk 0", "{shown}");

    // The operator's answer is that of everybody who runs the model.
    let verdicts = chain.until(&verify, |verdicts| list(verdicts).len() == 2);
    assert_eq!((&verdicts[0]["is_right"], &verdicts[1]["is_right"]), (&json!(false), &json!(true)));
    assert_eq!(verdicts[1]["answer"], run["text"]);
    chain.pass(WINDOW + 1).await;
    let answered = |report: &Value| report["movements"].to_string().contains("usage");
    chain.until(&["revenue"], answered);
}
