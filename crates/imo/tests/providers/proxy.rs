//! A JSON-RPC endpoint that misbehaves as real ones do. Behind it is an honest one.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use imo_chain::primitives::{hex, keccak256};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What is wrong with an endpoint.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It has no logs of the newest blocks yet.
    LogsLate { blocks: u64 },
    /// It refuses ranges of more blocks.
    LogsLimited { blocks: u64 },
    /// It says that there are no logs, so many times.
    LogsEmpty { times: u64 },
    /// It answers nothing to the first requests for these methods.
    Hangs { methods: &'static [&'static str] },
    /// It answers with hashes of transactions, which it loses, so many times.
    Swallows { times: u64 },
    /// It passes transactions on, but breaks off before it answers, so many times.
    LosesAnswers { times: u64 },
    /// Every so many requests it answers like this.
    Every { requests: u64, answer: Answer },
    /// For these methods it answers like this, so many times.
    Only { method: &'static str, times: u64, answer: Answer },
    /// It is slow.
    Slow(Duration),
    /// Its contracts see a base fee of 0 where a call offers no price, as geth and reth do.
    NoBaseFee,
    /// It estimates gas as of the newest block, not of the next.
    EstimatesLatest,
}

/// An answer that is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    TooMany,
    Unavailable,
    Html,
    Null,
    RateLimit,
    Dropped,
}

impl Answer {
    fn of(self, id: &Value) -> Response {
        let error = |status: StatusCode, text: &'static str| (status, text).into_response();
        match self {
            Self::TooMany => {
                let mut answer = error(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
                answer.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
                answer
            }
            Self::Unavailable => error(StatusCode::SERVICE_UNAVAILABLE, "<html>maintenance</html>"),
            Self::Html => error(StatusCode::OK, "<html>checking your browser</html>"),
            Self::Null => success(id, &Value::Null),
            Self::RateLimit => failure(id, -32005, "daily request count exceeded"),
            // An error in the body closes the connection.
            Self::Dropped => {
                let broken = async { Err::<Bytes, _>(io::Error::other("dropped")) };
                Response::new(Body::from_stream(stream::once(broken)))
            }
        }
    }
}

fn success(id: &Value, result: &Value) -> Response {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string().into_response()
}

fn failure(id: &Value, code: i64, message: &str) -> Response {
    let error = json!({"code": code, "message": message});
    json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string().into_response()
}

/// The endpoint. Clones share what it has seen.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) rpc: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    http: reqwest::Client,
    fault: Mutex<Option<Fault>>,
    /// Requests by method, and how often the fault struck.
    seen: Mutex<BTreeMap<String, u64>>,
    struck: Mutex<BTreeMap<String, u64>>,
}

impl Proxy {
    /// Starts an endpoint before another.
    pub(crate) async fn start(upstream: &str, fault: Option<Fault>) -> Self {
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            http: reqwest::Client::new(),
            fault: Mutex::new(fault),
            seen: Mutex::default(),
            struck: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let rpc = format!("http://{}", listener.local_addr().expect("it is bound"));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { rpc, shared }
    }

    /// Misbehaves in another way from now on.
    pub(crate) fn set(&self, fault: Option<Fault>) {
        *self.shared.fault.lock().expect("no panic") = fault;
        self.shared.struck.lock().expect("no panic").clear();
    }

    /// Asks the honest endpoint.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.shared.forward(&request).await["result"].clone()
    }

    /// Requests for a method so far.
    pub(crate) fn seen(&self, method: &str) -> u64 {
        self.shared.seen.lock().expect("no panic").get(method).copied().unwrap_or_default()
    }

    /// How often the fault struck.
    pub(crate) fn struck(&self) -> u64 {
        self.shared.struck.lock().expect("no panic").values().sum()
    }
}

impl Shared {
    /// Whether a fault strikes that strikes a method `times` times.
    fn strikes(&self, method: &str, times: u64) -> bool {
        let mut struck = self.struck.lock().expect("no panic");
        let count = struck.entry(method.to_owned()).or_default();
        let strikes = *count < times;
        *count += u64::from(strikes);
        strikes
    }

    async fn forward(&self, request: &Value) -> Value {
        let body = request.to_string();
        let sent = self.http.post(&self.upstream).header("content-type", "application/json");
        let answer = sent.body(body).send().await.expect("the honest endpoint answers");
        let bytes = answer.bytes().await.expect("the honest endpoint answers");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    async fn head(&self) -> u64 {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []});
        number(&self.forward(&request).await["result"])
    }

    /// What the endpoint answers instead of the truth, if anything. It may change the request.
    async fn misbehave(&self, fault: &Fault, request: &mut Value) -> Option<Response> {
        let id = request["id"].clone();
        let method = request["method"].as_str().unwrap_or_default().to_owned();
        let is_logs = method == "eth_getLogs";
        let is_call = method == "eth_call" || method == "eth_estimateGas";
        match *fault {
            Fault::LogsLimited { blocks } if is_logs => {
                let filter = &request["params"][0];
                let range = number(&filter["toBlock"]) - number(&filter["fromBlock"]) + 1;
                if range > blocks {
                    self.strikes(&method, u64::MAX);
                    let text = format!("eth_getLogs is limited to a {blocks} block range");
                    return Some(failure(&id, -32602, &text));
                }
            }
            Fault::LogsLate { blocks } if is_logs => {
                let known = self.head().await.saturating_sub(blocks);
                let mut answer = self.forward(request).await;
                let logs = answer["result"].as_array_mut()?;
                let all = logs.len();
                logs.retain(|log| number(&log["blockNumber"]) <= known);
                if logs.len() < all {
                    self.strikes(&method, u64::MAX);
                }
                return Some(answer.to_string().into_response());
            }
            Fault::LogsEmpty { times } if is_logs && self.strikes(&method, times) => {
                return Some(success(&id, &json!([])));
            }
            Fault::Hangs { methods }
                if methods.contains(&method.as_str()) && self.strikes(&method, 1) =>
            {
                tokio::time::sleep(Duration::from_secs(3600)).await;
            }
            Fault::Swallows { times }
                if method == "eth_sendRawTransaction" && self.strikes(&method, times) =>
            {
                let raw = request["params"][0].as_str().unwrap_or_default();
                let raw = hex::decode(raw).expect("a transaction");
                return Some(success(&id, &json!(keccak256(raw))));
            }
            Fault::LosesAnswers { times }
                if method == "eth_sendRawTransaction" && self.strikes(&method, times) =>
            {
                self.forward(request).await;
                return Some(Answer::Dropped.of(&id));
            }
            Fault::Every { requests, answer } => {
                let seen: u64 = self.seen.lock().expect("no panic").values().sum();
                if seen.is_multiple_of(requests) {
                    self.strikes(&method, u64::MAX);
                    return Some(answer.of(&id));
                }
            }
            Fault::Only { method: only, times, answer }
                if method == only && self.strikes(&method, times) =>
            {
                return Some(answer.of(&id));
            }
            Fault::Slow(time) => {
                self.strikes(&method, u64::MAX);
                tokio::time::sleep(time).await;
            }
            Fault::NoBaseFee if is_call => {
                let call = &request["params"][0];
                if call["gasPrice"].is_null() && call["maxFeePerGas"].is_null() {
                    self.strikes(&method, u64::MAX);
                    let block = match &request["params"][1] {
                        Value::Null => json!("latest"),
                        block => block.clone(),
                    };
                    request["params"] = json!([call, block, {}, {"baseFee": "0x0"}]);
                }
            }
            Fault::EstimatesLatest if method == "eth_estimateGas" => {
                self.strikes(&method, u64::MAX);
                request["params"] = json!([request["params"][0], "latest"]);
            }
            _ => {}
        }
        None
    }
}

async fn answer(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(mut request) = serde_json::from_slice::<Value>(&body) else {
        // Other people's questions, such as a Beacon API's.
        return StatusCode::NOT_FOUND.into_response();
    };
    let method = request["method"].as_str().unwrap_or_default().to_owned();
    *shared.seen.lock().expect("no panic").entry(method).or_default() += 1;
    let fault = shared.fault.lock().expect("no panic").clone();
    if let Some(fault) = fault
        && let Some(answer) = shared.misbehave(&fault, &mut request).await
    {
        return answer;
    }
    shared.forward(&request).await.to_string().into_response()
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_default().trim_start_matches("0x");
    u64::from_str_radix(text, 16).unwrap_or_else(|_| panic!("{value} is not a number"))
}
