//! What commands refuse, and what a command that was stopped leaves to the next one.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use imo::anvil::Anvil;
use imo_chain::Deployment;
use imo_chain::contracts::ModelOffering::termsOfCall;
use imo_chain::contracts::ModelRegistry::{Pricing, Provenance, Registration, registerCall};
use imo_chain::primitives::{Address, B256, U256};
use imo_pack::tiny::TinyShape;
use serde_json::json;

use crate::binary::{at, check_failure, command, imo, tiny};
use crate::world::{CUSTOMER, Chain, MAKER, OPERATOR, address, text, write_launch};

#[tokio::test]
async fn a_deployment_goes_on_where_it_was_killed_and_then_sends_nothing() {
    let chain = Chain::start("deploy").await;
    let arguments = chain.deploy();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut first = command(&arguments).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let words = BufReader::new(first.stdout.take().expect("it is piped"));
    let line = words.lines().next().expect("a line").expect("it is UTF-8");
    first.kill().expect("it runs");
    first.wait().expect("it was started here");
    assert!(line.starts_with("stepper ") && line.ends_with(" gas"), "{line}");

    let second = chain.deployed();
    let made = second["gas"].as_object().expect("gas by contract");
    assert!(!made.contains_key("stepper") && made.contains_key("factory"), "{second}");
    assert!(made.contains_key("code of text"), "{second}");
    let blocks = chain.blocks().await;
    let third = chain.deployed();
    assert_eq!(third["gas"], json!({}));
    assert_eq!(third["deployment"], second["deployment"]);
    assert_eq!(chain.blocks().await, blocks);
}

/// A model that costs nothing, with a verifier that is not ours.
fn foreign_model(deployed: &Deployment) -> Registration {
    Registration {
        contentId: B256::repeat_byte(1),
        verifier: deployed.registry,
        salt: B256::ZERO,
        receiver: deployed.registry,
        token: Address::ZERO,
        pricing: Pricing {
            basePrice: 0,
            bytePrice: 0,
            unitPrice: 0,
            unitBytes: 8,
            operatorBps: 0,
            defaultUnits: 1,
            defaultBytes: 1,
        },
        provenance: Provenance {
            sourceUri: String::new(),
            fileHash: B256::ZERO,
            licence: String::new(),
            licenceHash: B256::ZERO,
        },
    }
}

#[tokio::test]
async fn missing_models_requests_and_games_are_named() {
    let chain = Chain::start("nowhere").await;
    let model = at(&tiny(&chain.folder, &TinyShape::default())).to_owned();
    let fails = |args: &[&str], why: &str| {
        let arguments = chain.arguments(args);
        check_failure(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), 1, why);
    };
    let commands: [&[&str]; 9] = [
        &["node", &model, "--dev-account", OPERATOR],
        &["ask", "hi", "--dev-account", CUSTOMER],
        &["verify", "1", "--model", &model],
        &["dispute", "list"],
        &["dispute", "show", "0x12"],
        &["dispute", "replay", "0x12", "--model", &model],
        &["dispute", "step", "0x12", "--model", &model],
        &["revenue"],
        &["revenue", "position", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"],
    ];
    for args in commands {
        fails(args, "deployment.json: No such file");
    }

    let report = chain.deployed();
    let other = "0x1111111111111111111111111111111111111111111111111111111111111111";
    for (args, why) in [
        (&["verify", "7", "--model", &model][..], "there is no request 7"),
        (&["dispute", "show", "0x12"], "there is no game 0x12"),
        (&["dispute", "show", "0x"], "give a game's id"),
        (&["dispute", "replay", "12", "--model", &model], "there is no game 12"),
        (&["dispute", "step", "12", "--model", &model], "there is no game 12"),
        (&["ask", "hi", "--dev-account", CUSTOMER], "no model is registered"),
        (
            &["ask", "hi", "--dev-account", CUSTOMER, "--model", other],
            "modelOf reverted: UnknownModel { modelId: 0x1111",
        ),
        (&["ask", "", "--dev-account", CUSTOMER], "the prompt is empty"),
        (&["revenue"], "no model is registered"),
        (&["revenue", "--model", other], "was not launched"),
    ] {
        fails(args, why);
    }

    // If somebody else judges a model's claims, asking it costs nothing: the command only refuses.
    let deployed: Deployment =
        serde_json::from_value(report["deployment"].clone()).expect("addresses");
    let call = registerCall { model: foreign_model(&deployed) };
    chain.client.send(deployed.registry, &call, U256::ZERO).await.expect("anybody may register");
    fails(&["ask", "hi", "--dev-account", CUSTOMER], "not by this deployment's verifier");

    // A file of addresses whose contracts are gone, then one for another chain.
    let file = chain.folder.join("deployment.json");
    let fresh = Anvil::start(None, 1).await.expect("another Anvil starts");
    for args in commands {
        let there = [args, &["--rpc", &fresh.rpc, "--deployment", at(&file)]].concat();
        check_failure(&there, 1, "are not on the chain at");
    }
    let mut deployment = report["deployment"].clone();
    deployment["chain_id"] = json!(1);
    fs::write(&file, deployment.to_string()).expect("written");
    for args in commands {
        fails(args, "is for chain 1, but");
    }
    for other in ["{}", "not JSON"] {
        fs::write(&file, other).expect("written");
        fails(&["dispute", "list"], "is not a file of addresses as `imo deploy` writes it");
    }
}

/// A second launch would sell another token for the same model, so it is refused. The currency of a
/// sale must be what the file says.
#[tokio::test]
async fn the_same_launch_is_refused_and_a_currency_is_checked() {
    let chain = Chain::start("again").await;
    let gguf = tiny(&chain.folder, &TinyShape::default());
    let (model, terms) = (chain.file("model.imo"), chain.file("imo.toml"));
    imo(&["model", "pack", at(&gguf), "-o", &model, "--json"]).object();
    chain.deployed();
    write_launch(&chain.folder);
    let fails = |terms: &str, why: &str| {
        let arguments = chain.arguments(&["launch", terms, "--dev-account", MAKER]);
        check_failure(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), 1, why);
    };

    let first = chain.object(&["launch", &terms, "--dev-account", MAKER]);
    chain.pass(100).await;
    fails(&terms, &format!("model {}, token", text(&first, "model_id")));
    let other = chain.object(&["launch", &terms, "--dev-account", CUSTOMER]);
    let again = chain.object(&["launch", &terms, "--dev-account", MAKER, "--again"]);
    assert_ne!(again["model_id"], first["model_id"]);
    assert_ne!(other["model_id"], first["model_id"]);

    // The next sale is paid in the first model's token, which is an ERC-20 with 18 decimals.
    let sold = fs::read_to_string(&terms).expect("it was written");
    let (before, rest) = sold.split_once("[sale]").expect("a sale");
    let (_, after) = rest.split_once("[works]").expect("works");
    let after = after.replace(r#"share = "50 %""#, r#"share = "0 %""#);
    for (decimals, why) in
        [(6, Some("is EXAM with 18 decimals, but the file says EXAM with 6")), (18, None)]
    {
        let token = text(&first, "token");
        let sale = format!(
            r#"{before}[sale]
currency = {{ address = "{token}", symbol = "EXAM", decimals = {decimals} }}
floor-price = "2 EXAM"
prices = 1
lasts = "7 days"
soft-cap = "200000 EXAM"
minimum-bid = "1 EXAM"

[works]{after}"#
        );
        let file = chain.file("coins.toml");
        fs::write(&file, sale).expect("the folder can be written");
        match why {
            Some(why) => fails(&file, why),
            None => {
                let launched = chain.object(&["launch", &file, "--dev-account", MAKER]);
                let deployment =
                    fs::read(chain.folder.join("deployment.json")).expect("it is there");
                let deployment: Deployment =
                    serde_json::from_slice(&deployment).expect("addresses");
                let call = termsOfCall { token_: address(&launched, "token") };
                let terms = chain.client.call(deployment.offering, &call).await.expect("a sale");
                assert_eq!(terms.currency, address(&first, "token"));
                assert_eq!(terms.floorPrice, 2 * 10_u128.pow(18));
            }
        }
    }
}
