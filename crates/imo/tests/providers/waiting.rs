//! Commands that read, and commands that wait.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use imo_chain::contracts::ModelRegistry::ModelRegistered;
use serde_json::json;

use crate::proxy::{Answer, Fault, Proxy};
use crate::world::{CUSTOMER, HONEST, Running, World, client};

/// Longer than requests are repeated.
const OUTAGE: Duration = Duration::from_secs(20);

/// Collects the lines of a stream, without waiting for its end.
fn lines(stream: impl Read + Send + 'static) -> std::sync::mpsc::Receiver<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.for_each(|line| drop(sender.send(line)));
    });
    receiver
}

/// Waits for a line that has these words.
fn wait_for(lines: &std::sync::mpsc::Receiver<String>, words: &str) {
    let mut heard = Vec::new();
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(40)) {
        if line.contains(words) {
            return;
        }
        heard.push(line);
    }
    panic!("{words:?} is not in {heard:?}");
}

/// Customers who paid, and people who watch, only wait until an endpoint is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_ends_neither_a_paid_request_nor_a_watch() {
    let world = World::start("outage").await;
    let proxy = Proxy::start(&world.anvil.rpc, None).await;
    let ask = ["ask", "the end", "--tokens", "4"];
    let mut asking = world.run(&proxy.rpc, Some(CUSTOMER), &ask);
    let mut watching = world.run(&proxy.rpc, None, &["dispute", "watch"]);
    let asked = lines(asking.0.stderr.take().expect("it is piped"));
    let watched = lines(watching.0.stderr.take().expect("it is piped"));
    wait_for(&asked, "request 1, for at most ");

    proxy.set(Some(Fault::Every { requests: 1, answer: Answer::Unavailable }));
    let trouble = "waiting: the Ethereum node fails with HTTP status 503";
    wait_for(&asked, trouble);
    wait_for(&watched, trouble);
    tokio::time::sleep(OUTAGE / 10).await;
    proxy.set(None);
    wait_for(&asked, "the Ethereum node answers again");
    wait_for(&watched, "the Ethereum node answers again");

    let _node = world.node(&world.anvil.rpc, HONEST, &[]);
    wait_for(&asked, "claimed by ");
    assert!(ended(&mut asking), "an answer ends the waiting");
    assert!(watching.0.try_wait().expect("it was started here").is_none(), "it goes on");
}

fn ended(running: &mut Running) -> bool {
    running.0.wait().expect("it was started here").success()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reorganisation_takes_back_what_was_read() {
    let mut world = World::start("reorganisation").await;
    let asking = world.run(&world.anvil.rpc, Some(CUSTOMER), &["ask", "the end", "--tokens", "4"]);
    world.until("a request", |view| (view.requests.len() == 1).then_some(())).await;
    drop(asking);
    world.client.pass(1).await.expect("Anvil lets time pass");
    let proxy = Proxy::start(&world.anvil.rpc, None).await;
    proxy.ask("anvil_reorg", json!([3, []])).await;
    world.until("another past", |view| view.requests.is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_logs_are_read_in_pages_of_any_size() {
    let world = World::start("pages").await;
    for _ in 0..40 {
        world.client.pass(1).await.expect("Anvil lets time pass");
    }
    let registry = world.view.deployment().registry;
    let head = world.client.block_number().await.expect("the chain answers");
    for blocks in [1, 7, 10, 500] {
        let proxy = Proxy::start(&world.anvil.rpc, Some(Fault::LogsLimited { blocks })).await;
        let found = client(&proxy.rpc, CUSTOMER).logs::<ModelRegistered>(registry, 0, head).await;
        assert_eq!(found.expect("pages are small enough").len(), 1, "{blocks} at a time");
        let pages = head / blocks + 1;
        assert!(proxy.seen("eth_getLogs") < pages + 20, "it learns what is allowed");
    }
}

/// What an endpoint says when it wants fewer requests names the endpoint, and no contract.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_lasts_is_told_as_the_endpoints() {
    let world = World::start("limits").await;
    let proxy = Proxy::start(&world.anvil.rpc, None).await;
    let limited = client(&proxy.rpc, CUSTOMER);
    proxy.set(Some(Fault::Every { requests: 1, answer: Answer::RateLimit }));
    let error = limited.block_number().await.expect_err("it lasts").to_string();
    assert!(error.starts_with("the Ethereum node limits requests: daily request"), "{error}");
}
