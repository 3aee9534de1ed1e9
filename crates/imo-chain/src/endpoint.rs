//! A JSON-RPC endpoint that may be slow, busy or out of its mind: every request has a time limit,
//! and what failed for no reason of its own is asked again, for a while.
//!
//! Alloy's own retry layer knows neither time limits nor growing pauses, and it hides which error
//! came last.

use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket, ResponsePayload};
use alloy::transports::http::{Http, reqwest};
use alloy::transports::{
    RpcError, TransportError, TransportErrorKind, TransportFut, TransportResult,
};
use reqwest::Url;
use tokio::time::{Instant, sleep, timeout};
use tower::Service;

use crate::error::is_limit;

/// Longest wait for a connection.
const CONNECTING: Duration = Duration::from_secs(5);
/// Longest wait for an answer.
const ANSWERING: Duration = Duration::from_secs(10);
/// Longest wait for logs: an endpoint may have to search many blocks.
const SEARCHING: Duration = Duration::from_secs(30);
/// How long a request is repeated that the endpoint does not answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// First pause before a request is repeated. It doubles from time to time.
const PAUSE: Duration = Duration::from_millis(250);

/// Methods whose answer may be null: what was asked for is not there.
const NULLABLE: [&str; 3] =
    ["eth_getTransactionReceipt", "eth_getTransactionByHash", "eth_getBlockByNumber"];

/// Sends requests over HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint(Http<reqwest::Client>);

impl Endpoint {
    pub(crate) fn new(url: Url) -> Self {
        let client = reqwest::Client::builder().connect_timeout(CONNECTING).build();
        Self(Http::with_client(client.unwrap_or_default(), url))
    }

    async fn ask(self, packet: RequestPacket) -> TransportResult<ResponsePacket> {
        let started = Instant::now();
        let mut pause = PAUSE;
        loop {
            let answer = self.ask_once(&packet).await;
            let Err(error) = &answer else { return answer };
            let wait = hint(error).unwrap_or(pause);
            // Whatever an endpoint names: it may be more than any sum holds.
            let until = started.elapsed().saturating_add(wait);
            if !is_passing(error) || !is_repeatable(&packet) || until > PATIENCE {
                return answer;
            }
            sleep(wait).await;
            pause *= 2;
        }
    }

    async fn ask_once(&self, packet: &RequestPacket) -> TransportResult<ResponsePacket> {
        let has = |method| packet.method_names().any(|name| name == method);
        let limit = if has("eth_getLogs") { SEARCHING } else { ANSWERING };
        let Ok(answer) = timeout(limit, self.0.clone().call(packet.clone())).await else {
            let seconds = limit.as_secs();
            return Err(TransportErrorKind::custom_str(&format!("no answer within {seconds} s")));
        };
        let answer = answer?;
        if let Some(error) = answer.as_error().filter(|error| is_limit(error)) {
            return Err(RpcError::ErrorResp(error.clone()));
        }
        let is_null = |payload: &ResponsePayload| {
            payload.as_success().is_some_and(|result| result.get() == "null")
        };
        if answer.payloads().any(is_null) && !NULLABLE.into_iter().any(has) {
            return Err(RpcError::NullResp);
        }
        Ok(answer)
    }
}

/// How long the endpoint wants to be left alone.
fn hint(error: &TransportError) -> Option<Duration> {
    let RpcError::Transport(kind) = error else { return None };
    kind.retry_after()
}

/// Whether the same request may be answered a moment later. If nothing listens at all, people
/// should be told at once.
fn is_passing(error: &TransportError) -> bool {
    match error {
        RpcError::ErrorResp(_) | RpcError::DeserError { .. } | RpcError::NullResp => true,
        RpcError::Transport(kind) => match (kind.as_http_error(), kind.as_custom()) {
            (Some(http), _) => matches!(http.status, 408 | 425 | 429 | 500..),
            (None, Some(error)) => {
                !error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect)
            }
            (None, None) => false,
        },
        _ => false,
    }
}

/// Whether a request may be carried out twice without anybody's knowledge. What only development
/// nodes do may not; and whoever sends a transaction has to know whether it may be out.
fn is_repeatable(packet: &RequestPacket) -> bool {
    let mut names = packet.method_names();
    names.all(|name| name.starts_with("eth_") && name != "eth_sendRawTransaction")
}

impl Service<RequestPacket> for Endpoint {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        Box::pin(self.clone().ask(packet))
    }
}
