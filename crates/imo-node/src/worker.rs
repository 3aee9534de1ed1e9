//! One turn of a node: read the chain, decide, send.

use std::time::{Duration, Instant};

use imo_chain::{ClaimState, Client, RequestState, View};
use tokio::task::block_in_place;

use crate::agenda::{Action, Task};
use crate::error::NodeError;
use crate::event::{Event, Report};
use crate::funds::Stakes;
use crate::judge::{Judge, Next};
use crate::metrics::Metrics;
use crate::send::Sender;
use crate::traces::Traces;
use crate::treasury::Purse;
use crate::words::describe;

/// Pause between two comparisons of the view with what the contracts keep; shorter while they
/// differ.
const CONFIRMING: Duration = Duration::from_secs(60);
const COMPARING: Duration = Duration::from_secs(10);

/// A node at work.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) client: Client,
    pub(crate) view: View,
    pub(crate) judge: Judge,
    pub(crate) stakes: Stakes,
    pub(crate) sender: Sender,
    pub(crate) traces: Traces,
    pub(crate) metrics: Metrics,
    pub(crate) report: Report,
    /// What a contract refused last because the view was wrong.
    pub(crate) doubted: Option<Task>,
    /// When to compare the view with what the contracts keep.
    pub(crate) confirm_at: Instant,
}

impl Worker {
    /// Reads the chain and does the most urgent thing. Returns whether there was anything to do.
    pub(crate) async fn turn(&mut self) -> Result<bool, NodeError> {
        self.view.update(&self.client).await?;
        self.confirm().await?;
        self.watch();
        let purse = Purse::look(&self.client, self.judge.mine.account, self.stakes).await?;
        let action = match block_in_place(|| self.judge.next(&self.view, &purse)) {
            Next::Do(action) => action,
            Next::Again => return Ok(true),
            Next::Wait => return Ok(false),
        };
        let task = action.task();
        let Err(error) = self.send(action).await else {
            self.doubted = None;
            return Ok(true);
        };
        let is_new = error.is_outdated() && self.doubted.replace(task) != Some(task);
        if error.is_outdated() {
            self.view.doubt();
        }
        if is_new {
            // Usually somebody else was faster: look again, and think again.
            return Ok(true);
        }
        // Only this action failed: go on with the others.
        self.judge.shelve(task);
        if error.is_trouble() {
            return Err(error);
        }
        self.metrics.refused();
        self.report.tell(&Event::Failed { what: task.0, error });
        Ok(true)
    }

    /// Compares the view with what the contracts keep, from time to time.
    async fn confirm(&mut self) -> Result<(), NodeError> {
        let now = Instant::now();
        if now >= self.confirm_at {
            let is_confirmed =
                self.view.is_confirmed(&self.client, self.judge.mine.account).await?;
            self.confirm_at = now + if is_confirmed { CONFIRMING } else { COMPARING };
            if !is_confirmed {
                self.view.doubt();
                // It may have forgotten everything: what is not known must not look like what is
                // over, or the traces of all claims would be dropped.
                self.view.update(&self.client).await?;
            }
        }
        Ok(())
    }

    /// Counts what is open, and forgets traces that nobody can ask for any more.
    fn watch(&self) {
        let open = self.view.requests.values().filter(|it| it.state == RequestState::Open);
        self.metrics.sees(open.count() as u64, self.view.open_games().count() as u64);
        let claims = self.view.claims.values();
        let live = claims.filter(|claim| claim.state == ClaimState::Pending);
        let live: Vec<_> = live.map(|claim| claim.preimage.traceRoot.0).collect();
        self.traces.retain(|root| live.contains(root));
    }

    /// Sends an action and tells of it.
    async fn send(&mut self, action: Action) -> Result<(), NodeError> {
        let (view, sender) = (&self.view, &self.sender);
        let mut what = describe(&action, self.kind(&action));
        let receipt = match action {
            Action::Play { game, action } => {
                let gives_up = self.judge.gives_up(&action);
                let (receipt, action) = sender.play(view, game, action, gives_up).await?;
                what = describe(&Action::Play { game, action }, None);
                receipt
            }
            Action::CloseGame { game } => sender.close_game(view, game).await?,
            Action::Challenge { claim, difference } => {
                sender.challenge(view, claim, difference).await?
            }
            Action::Claim { request } => {
                let answer = block_in_place(|| self.judge.answer(view, request))?;
                sender.claim(view, request, &answer).await?
            }
            Action::Finalize { request, claim, deliver } => {
                let (receipt, delivered) = sender.finalize(view, request, claim, deliver).await?;
                if delivered {
                    what.push_str(", delivered");
                }
                receipt
            }
            Action::Deliver { request, claim } => sender.deliver(view, request, claim).await?,
            Action::SettleClaim { claim } => sender.settle_claim(view, claim).await?,
            Action::DropClaim { request, claim } => sender.drop_claim(view, request, claim).await?,
            Action::Expire { request } => sender.expire(view, request).await?,
            Action::PayReceiver { receiver } => sender.pay_receiver(receiver).await?,
        };
        self.metrics.sent(receipt.gas);
        self.report.tell(&Event::Sent { what, gas: receipt.gas });
        Ok(())
    }

    /// What the challenged node computes. None if the action is not a challenge.
    fn kind(&self, action: &Action) -> Option<imo_player::NodeKind> {
        let Action::Challenge { claim, difference: Some(difference) } = action else { return None };
        self.judge.kind(&self.view.claims[claim], difference.node)
    }
}
