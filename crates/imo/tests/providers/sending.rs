//! One account's transactions at endpoints that lose them, and in pools that do not want them.

use std::time::{Duration, Instant};

use imo::anvil::Anvil;
use imo_chain::primitives::{Address, U256};
use imo_chain::{ChainError, Client, Signer};
use serde_json::json;

use crate::proxy::{Answer, Fault, Proxy};
use crate::world::{HONEST, MAKER, client};

const ONE: Address = Address::repeat_byte(0x11);
const OTHER: Address = Address::repeat_byte(0x22);

/// A chain, an endpoint before it, and somebody who is in a hurry there.
async fn start(fault: Option<Fault>) -> (Anvil, Proxy, Client) {
    let anvil = Anvil::start(None, 2).await.expect("`make contracts` installed Anvil");
    let proxy = Proxy::start(&anvil.rpc, fault).await;
    let client = hasty(&proxy);
    (anvil, proxy, client)
}

fn hasty(proxy: &Proxy) -> Client {
    client(&proxy.rpc, MAKER).with_patience(Duration::from_secs(10))
}

async fn mining(proxy: &Proxy, is_automatic: bool) {
    proxy.ask("evm_setAutomine", json!([is_automatic])).await;
}

async fn mine(proxy: &Proxy) {
    proxy.ask("evm_mine", json!([])).await;
}

/// What both receivers have, and how many transactions the account has in blocks.
async fn outcome(proxy: &Proxy) -> (U256, U256, u64) {
    let direct = client(&proxy.rpc, HONEST);
    proxy.set(None);
    let count = proxy.ask("eth_getTransactionCount", json!([hasty(proxy).address(), "latest"]));
    let count = count.await.as_str().map(|text| text.trim_start_matches("0x").to_owned());
    let count = u64::from_str_radix(&count.expect("a number"), 16).expect("a number");
    let balance = async |of| direct.balance(of).await.expect("the chain answers");
    (balance(ONE).await, balance(OTHER).await, count)
}

const fn wei(amount: u64) -> U256 {
    U256::from_limbs([amount, 0, 0, 0])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_the_endpoint_loses_is_sent_again() {
    let (_anvil, proxy, client) = start(Some(Fault::Swallows { times: 2 })).await;
    client.transfer(ONE, wei(1)).await.expect("the third time it is passed on");
    assert_eq!(proxy.struck(), 2);
    assert_eq!(outcome(&proxy).await, (wei(1), wei(0), 1));
}

/// An error while asking for a receipt is no answer: nothing follows from it.
#[tokio::test(flavor = "multi_thread")]
async fn errors_on_a_receipt_send_nothing_again() {
    for answer in [Answer::Unavailable, Answer::RateLimit, Answer::Html, Answer::Dropped] {
        let method = "eth_getTransactionReceipt";
        let (_anvil, proxy, client) = start(Some(Fault::Only { method, times: 4, answer })).await;
        client.transfer(ONE, wei(1)).await.unwrap_or_else(|error| panic!("{answer:?}: {error}"));
        assert_eq!(proxy.struck(), 4, "{answer:?}");
        assert_eq!(outcome(&proxy).await, (wei(1), wei(0), 1), "{answer:?}");
    }
}

/// The endpoint passes a transaction on, but says that it did not.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_without_an_answer_is_sent_once() {
    let (_anvil, proxy, client) = start(Some(Fault::LosesAnswers { times: 1 })).await;
    client.transfer(ONE, wei(1)).await.expect("it is sent");
    client.transfer(OTHER, wei(2)).await.expect("it is sent");
    assert_eq!(outcome(&proxy).await, (wei(1), wei(2), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_priced_out_is_priced_again() {
    let (_anvil, proxy, client) = start(None).await;
    mining(&proxy, false).await;
    let sending = tokio::spawn(async move { client.transfer(ONE, wei(1)).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    // Ten times what it offers at most.
    proxy.ask("anvil_setNextBlockBaseFeePerGas", json!(["0x6fc23ac00"])).await;
    mine(&proxy).await;
    assert!(!sending.is_finished(), "it is too cheap for this block");
    let started = Instant::now();
    while !sending.is_finished() && started.elapsed() < Duration::from_secs(9) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        proxy.ask("anvil_setNextBlockBaseFeePerGas", json!(["0x6fc23ac00"])).await;
        mine(&proxy).await;
    }
    sending.await.expect("no panic").expect("it is in a block");
    assert_eq!(outcome(&proxy).await, (wei(1), wei(0), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_replaced_by_what_comes_next() {
    let (_anvil, proxy, client) = start(None).await;
    mining(&proxy, false).await;
    let hasty = client.with_patience(Duration::from_secs(3));
    let error = hasty.transfer(ONE, wei(1)).await.expect_err("nobody makes blocks");
    assert!(matches!(error, ChainError::Unmined { nonce: 0, .. }), "{error}");
    let sending = tokio::spawn(async move { hasty.transfer(OTHER, wei(2)).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    mine(&proxy).await;
    sending.await.expect("no panic").expect("it replaces the first");
    assert_eq!(outcome(&proxy).await, (wei(0), wei(2), 1));
}

/// A process that was killed leaves a transaction in the pool.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_left_in_the_pool_is_not_waited_for_without_end() {
    let (_anvil, proxy, client) = start(None).await;
    mining(&proxy, false).await;
    let killed = client.with_patience(Duration::from_secs(1));
    killed.transfer(ONE, wei(1)).await.expect_err("nobody makes blocks");
    let started = Instant::now();
    let restarted = hasty(&proxy);
    restarted.settle().await.expect("the endpoint answers");
    assert!(started.elapsed() < Duration::from_secs(5), "it waits only for a while");
    let sending = tokio::spawn(async move { restarted.transfer(OTHER, wei(2)).await });
    tokio::time::sleep(Duration::from_secs(4)).await;
    mine(&proxy).await;
    sending.await.expect("no panic").expect("it replaces what was there");
    assert_eq!(outcome(&proxy).await, (wei(0), wei(2), 1));
}

/// The base fee of the chain falls on whoever cannot pay it, with the sum that is needed.
#[tokio::test(flavor = "multi_thread")]
async fn too_little_for_gas_is_told_with_the_sum_that_is_needed() {
    let (_anvil, proxy, rich) = start(None).await;
    let signer = Signer::from_hex(&"11".repeat(32)).expect("a key");
    let poor = Client::connect(&proxy.rpc, signer).expect("an address");
    let ether = U256::from(10).pow(U256::from(18));
    rich.transfer(poor.address(), ether).await.expect("it can pay");
    let error = poor.transfer(ONE, ether).await.expect_err("nothing is left for gas").to_string();
    let told = " has 1 ETH, but the call of transfer of ether takes 1 ETH and up to 0.0000";
    assert!(error.contains(told) && error.ends_with(" ETH for gas"), "{error}");
    poor.transfer(ONE, ether / U256::from(2)).await.expect("half of it can be sent");
}
