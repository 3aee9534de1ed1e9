//! A whole game behind each kind of misbehaviour: somebody lies, an honest node sees it and wins,
//! answers, and keeps all of its bonds; and whoever asked gets that answer.

use std::time::Duration;

use imo_chain::contracts::InferenceOracle::claimCall;
use imo_chain::contracts::OpmlVerifier::challengeCall;
use imo_chain::primitives::{Address, B256};
use imo_chain::{ClaimState, Ending, Ledger, SolCall, View};
use imo_dispute::Side;
use serde_json::Value;

use crate::binary::Outcome;
use crate::proxy::{Answer, Fault, Proxy};
use crate::world::{CUSTOMER, HONEST, LIAR, WINDOW, World, client};

/// How the liar lies. Its number of steps gives the challenger the last move.
const LIES: [&str; 5] = ["--roles", "operator", "--inject", "output", "--state-steps=17"];
const ASK: [&str; 7] = ["ask", "the end", "--tokens", "4", "--until-final", "--json", "--seed=1"];

/// The claims of an account.
fn claims_of(view: &View, account: Address) -> Vec<B256> {
    let claims = view.claims.values().filter(|it| it.preimage.claimant == account);
    claims.map(|claim| claim.id).collect()
}

/// Plays the game behind an endpoint with this fault. Returns how often the fault struck.
async fn play(test: &str, fault: Fault) -> u64 {
    let mut world = World::start(test).await;
    let honest = client(&world.anvil.rpc, HONEST).address();
    let liar = client(&world.anvil.rpc, LIAR).address();
    let ticking = world.tick();
    let proxy = Proxy::start(&world.anvil.rpc, Some(fault)).await;
    let (rpc, direct) = (proxy.rpc.clone(), world.anvil.rpc.clone());

    let ask = [&ASK[..], &["--model", &world.model_id]].concat();
    let mut asking = world.run(&rpc, Some(CUSTOMER), &ask);
    let lying = world.node(&direct, LIAR, &LIES);
    world.until("a lie", |view| claims_of(view, liar).first().copied()).await;
    let _node = world.node(&rpc, HONEST, &[]);
    let rejected = |view: &View| {
        claims_of(view, liar)
            .into_iter()
            .find(|claim| view.claims[claim].state == ClaimState::Rejected)
    };
    let lie = world.until("a conviction", rejected).await;
    world.until("a right answer", |view| claims_of(view, honest).first().copied()).await;
    drop(lying);
    ticking.abort();
    world.client.pass(WINDOW + 1).await.expect("Anvil lets time pass");
    let ticking = world.tick();
    let settled = |view: &View| {
        claims_of(view, honest)
            .into_iter()
            .find(|claim| view.claims[claim].state == ClaimState::Settled)
    };
    let answer = world.until("the honest bond", settled).await;

    let games: Vec<_> = world.view.games.values().collect();
    for game in &games {
        assert_eq!((game.challenger, game.claim), (honest, lie), "nobody else disputes");
        assert_eq!(game.ending, Some((Ending::Conviction, Some(Side::Challenger))));
    }
    assert_eq!((games.len(), claims_of(&world.view, honest).len()), (1, 1));
    let head = world.client.block_number().await.expect("the chain answers");
    let ledger = Ledger::read(&world.client, 0, head).await.expect("the chain answers");
    for selector in [claimCall::SELECTOR, challengeCall::SELECTOR] {
        let sent = ledger.calls.iter().filter(|it| it.from == honest && it.selector == selector);
        assert_eq!(sent.count(), 1, "each thing is sent once");
    }

    let output = wait(&mut asking.0).await;
    ticking.abort();
    assert_eq!(output.code, Some(0), "{output:?}");
    let told: Value = serde_json::from_str(&output.stdout).expect("one JSON object");
    assert_eq!(told["claim"], Value::from(answer.to_string()), "{output:?}");
    assert_eq!(told["is_final"], true);
    proxy.struck()
}

/// Waits for a command to end, but not for ever.
async fn wait(child: &mut std::process::Child) -> Outcome {
    for _ in 0..600 {
        if child.try_wait().expect("it was started here").is_some() {
            let (mut out, mut err) = (String::new(), String::new());
            use std::io::Read;
            let stdout = child.stdout.as_mut().expect("it is piped");
            stdout.read_to_string(&mut out).expect("UTF-8");
            let stderr = child.stderr.as_mut().expect("it is piped");
            stderr.read_to_string(&mut err).expect("UTF-8");
            let code = child.wait().expect("it ended").code();
            return Outcome { code, stdout: out, stderr: err };
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the command does not end");
}

macro_rules! games {
    ($($name:ident: $fault:expr),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            assert!(play(stringify!($name), $fault).await > 0, "the fault never struck");
        }
    )+};
}

const fn every(answer: Answer) -> Fault {
    Fault::Every { requests: 7, answer }
}

games! {
    logs_that_come_blocks_late_cost_nothing: Fault::LogsLate { blocks: 3 },
    ranges_of_ten_blocks_are_enough: Fault::LogsLimited { blocks: 10 },
    empty_answers_are_not_believed_for_ever: Fault::LogsEmpty { times: 40 },
    requests_without_an_answer_stop_nobody: Fault::Hangs {
        methods: &["eth_sendRawTransaction", "eth_getTransactionReceipt", "eth_call"],
    },
    lost_transactions_are_sent_again: Fault::Swallows { times: 5 },
    transactions_without_an_answer_are_not_sent_twice: Fault::LosesAnswers { times: 5 },
    too_many_requests_are_no_reverts: every(Answer::TooMany),
    an_unavailable_endpoint_is_waited_for: every(Answer::Unavailable),
    pages_for_people_are_no_answers: every(Answer::Html),
    null_is_no_answer: every(Answer::Null),
    rate_limits_are_no_reverts: every(Answer::RateLimit),
    dropped_connections_are_made_again: every(Answer::Dropped),
    a_slow_endpoint_is_fast_enough: Fault::Slow(Duration::from_millis(150)),
    a_base_fee_of_0_in_calls_is_no_price: Fault::NoBaseFee,
    estimates_as_of_the_newest_block_are_enough: Fault::EstimatesLatest,
    receipts_that_are_missing_do_not_send_twice: Fault::Only {
        method: "eth_getTransactionReceipt",
        times: 30,
        answer: Answer::Unavailable,
    },
}
