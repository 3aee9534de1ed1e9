//! Serves traces, so that a challenger can find the node that it doubts; and the node's metrics.
//!
//! A reader need not trust the server: what it serves either hashes to the claimed root or is
//! useless. The server trusts its readers even less: connections are few, short, and bring no
//! bodies, so that nobody can take the files and the memory that the node needs for its games.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use imo_chain::primitives::B256;
use tokio::net::{TcpListener, TcpStream};

use crate::metrics::Metrics;
use crate::traces::Traces;

/// Pause after a connection could not be accepted, for example for want of files.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes of a request's head, at most. Hyper takes no smaller limit.
const HEAD_BYTES: usize = 8 << 10;

/// What readers may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at once.
    pub(crate) connections: usize,
    /// Connections at once from one address. The own computer has no such limit, as a proxy may
    /// stand in front.
    pub(crate) per_address: usize,
    /// Longest time to send a request's head, which also ends idle connections.
    pub(crate) head: Duration,
    /// Longest life of a connection, which also ends those that do not read.
    pub(crate) life: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            per_address: 8,
            head: Duration::from_secs(5),
            life: Duration::from_secs(60),
        }
    }
}

/// The paths that are served.
pub(crate) fn router(traces: Traces, metrics: Metrics) -> Router {
    Router::new()
        .route("/traces/{root}/{level}/{index}", get(children))
        .with_state(traces)
        .route("/metrics", get(move || async move { metrics.text() }))
        .route("/health", get(|| async { "ok\n" }))
        .layer(from_fn(without_body))
}

/// Starts the server. Returns its address.
pub(crate) fn start(
    listener: TcpListener,
    router: Router,
    limits: Limits,
) -> io::Result<SocketAddr> {
    let address = listener.local_addr()?;
    tokio::spawn(accept(listener, router, limits));
    Ok(address)
}

async fn accept(listener: TcpListener, router: Router, limits: Limits) {
    let guests = Guests::default();
    loop {
        match listener.accept().await {
            // A connection too many is closed at once.
            Ok((stream, from)) => {
                if let Some(place) = guests.seat(from.ip(), limits) {
                    tokio::spawn(attend(stream, router.clone(), limits, place));
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Serves one connection.
async fn attend(stream: TcpStream, router: Router, limits: Limits, _place: Place) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    // However it ends, the reader may come back.
    let _ = tokio::time::timeout(limits.life, connection).await;
}

/// Refuses requests with a body, which no path needs.
async fn without_body(request: Request<Body>, next: Next) -> Response {
    if request.body().is_end_stream() {
        next.run(request).await
    } else {
        (StatusCode::PAYLOAD_TOO_LARGE, "no body, please\n").into_response()
    }
}

/// Open connections, by address.
#[derive(Clone, Debug, Default)]
struct Guests(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// A connection's place among them, until it is dropped.
#[derive(Debug)]
struct Place {
    guests: Guests,
    address: IpAddr,
}

impl Guests {
    /// A place for one more connection, if there is one.
    fn seat(&self, from: IpAddr, limits: Limits) -> Option<Place> {
        let address = household(from);
        let mut open = self.0.lock().expect("no thread panicked while it held them");
        let all: usize = open.values().sum();
        let its = open.get(&address).copied().unwrap_or_default();
        let is_welcome = address.is_loopback() || its < limits.per_address;
        if all >= limits.connections || !is_welcome {
            return None;
        }
        open.insert(address, its + 1);
        drop(open);
        Some(Place { guests: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.guests.0.lock().expect("no thread panicked while it held them");
        let its = open.entry(self.address).or_default();
        *its = its.saturating_sub(1);
        open.retain(|_, its| *its > 0);
    }
}

/// What counts as one address: with IPv6, a customer gets at least 2^64 of them.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) if !it.is_loopback() => IpAddr::V6((u128::from(it) >> 64 << 64).into()),
        other => other,
    }
}

/// The two children of the subtree that lies `level` levels above the slots.
async fn children(
    State(traces): State<Traces>,
    Path((root, level, index)): Path<(String, u8, u32)>,
) -> Result<Json<[B256; 2]>, (StatusCode, &'static str)> {
    let root: Option<B256> = root.parse().ok();
    let found = root.and_then(|root| traces.children(&root, level, index));
    let (left, right) = found.ok_or((StatusCode::NOT_FOUND, "no such trace or subtree\n"))?;
    Ok(Json([B256::from(left), B256::from(right)]))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const LIMITS: Limits = Limits {
        connections: 4,
        per_address: 2,
        head: Duration::from_millis(300),
        life: Duration::from_secs(5),
    };

    async fn server(limits: Limits) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let router = router(Traces::default(), Metrics::default());
        start(listener, router, limits).expect("it has an address")
    }

    async fn connect(address: SocketAddr) -> TcpStream {
        TcpStream::connect(address).await.expect("it listens")
    }

    /// All that the server says to these words.
    async fn say(stream: &mut TcpStream, words: &str) -> String {
        // The server may have hung up already.
        let _ = stream.write_all(words.as_bytes()).await;
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said).await;
        String::from_utf8(said).expect("HTTP")
    }

    const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: it\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn idle_connections_do_not_keep_readers_out() {
        let address = server(LIMITS).await;
        let mut idle = Vec::new();
        for _ in 0..LIMITS.connections {
            idle.push(connect(address).await);
        }
        // One sends a head without end; the others nothing.
        idle[0].write_all(b"GET /health HTTP/1.1\r\nx: ").await.expect("it is connected");
        tokio::time::sleep(LIMITS.head / 3).await;
        assert_eq!(say(&mut connect(address).await, HEALTH).await, "", "no place is left");
        tokio::time::sleep(LIMITS.head).await;
        let said = say(&mut connect(address).await, HEALTH).await;
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("ok\n"), "{said}");
        for mut idle in idle {
            say(&mut idle, "").await;
        }
    }

    /// A connection that asks again and again ends all the same.
    #[tokio::test]
    async fn no_connection_lives_for_ever() {
        let life = Duration::from_millis(400);
        let address = server(Limits { life, head: Duration::from_secs(60), ..LIMITS }).await;
        let mut stream = connect(address).await;
        let ended = tokio::time::timeout(10 * life, async {
            let (ask, mut answer) = (HEALTH.replace("connection: close\r\n", ""), [0; 512]);
            loop {
                if stream.write_all(ask.as_bytes()).await.is_err()
                    || stream.read(&mut answer).await.unwrap_or_default() == 0
                {
                    return;
                }
                tokio::time::sleep(life / 10).await;
            }
        });
        ended.await.expect("the server hangs up");
    }

    #[tokio::test]
    async fn bodies_and_long_heads_are_refused() {
        let address = server(LIMITS).await;
        let bodies = ["content-length: 5\r\n\r\nhello", "transfer-encoding: chunked\r\n\r\n"];
        for body in bodies {
            let request =
                format!("GET /health HTTP/1.1\r\nhost: it\r\nconnection: close\r\n{body}");
            let said = say(&mut connect(address).await, &request).await;
            assert!(said.starts_with("HTTP/1.1 413"), "{said}");
        }
        let long = HEALTH.replace("it\r\n", &format!("{}\r\n", "x".repeat(1 << 20)));
        let said = say(&mut connect(address).await, &long).await;
        assert!(!said.contains(" 200 "), "{said}");
    }

    #[test]
    fn a_household_gets_its_share_of_the_places() {
        let guests = Guests::default();
        let seat = |address: &str| guests.seat(address.parse().expect("an address"), LIMITS);
        let first = seat("2001:db8::1");
        let _second = seat("2001:db8::2:1").expect("the second of two");
        assert!(seat("2001:db8::3").is_none(), "the same household");
        let _other = seat("2001:db8:0:1::1").expect("another household");
        drop(first);
        let _third = seat("2001:db8::3").expect("one has left");
        let _own = seat("127.0.0.1").expect("the fourth of four");
        assert!(seat("::ffff:192.0.2.1").is_none(), "no place is left");
    }

    #[test]
    fn a_proxy_on_this_computer_may_take_all_places() {
        let guests = Guests::default();
        let own = "::ffff:127.0.0.1".parse().expect("an address");
        let places: Vec<_> = (0..5).map(|_| guests.seat(own, LIMITS)).collect();
        assert_eq!(places.iter().flatten().count(), LIMITS.connections);
    }
}
