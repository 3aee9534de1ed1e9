//! Keeps a view up to date with a chain, whatever its endpoint says and does not say of new blocks.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::error::ChainError;
use crate::recent::Recorded;
use crate::view::{Settled, View};

/// Blocks that are read again with every update. What an endpoint says of new blocks is not final:
/// it may not have their logs yet, and a reorganisation of the chain may replace them.
const UNSETTLED: u64 = 64;
/// Blocks that are taken in at a time, while the view is far behind.
const STRIDE: u64 = 50_000;
/// How long what was read is good enough, while there is no new block.
const AGAIN: Duration = Duration::from_millis(500);
/// How long contracts have to contradict a view before everything is read again.
const DOUBT: Duration = Duration::from_secs(30);

impl View {
    /// Reads the logs of new blocks, and once more those of the last ones.
    pub async fn update(&mut self, client: &Client) -> Result<(), ChainError> {
        let (head, hash) = client.head().await?;
        self.time = client.next_time().await?;
        if self.read.is_some_and(|(of, at)| of == hash && at.elapsed() < AGAIN) {
            return Ok(());
        }
        self.check_settled(client).await?;
        while head > self.settled_until() + UNSETTLED + STRIDE {
            let to = self.settled_until() + STRIDE;
            let told = self.ask(client, to).await?;
            self.settle(client, to, told).await?;
            self.restore();
        }
        let told = self.ask(client, head).await?;
        let recent = self.recent.with(client, told, head).await?;
        if recent.since(&self.recent).is_none() {
            self.restore();
        }
        for it in recent.since(&self.recent).unwrap_or_default() {
            self.take(&it.log, it.transaction);
        }
        self.recent = recent;
        if head > self.settled_until() + 2 * UNSETTLED {
            let to = head - UNSETTLED;
            let mut rest = self.recent.clone();
            let stays = rest.take_until(to);
            self.settle(client, to, stays).await?;
            self.recent = rest;
        }
        self.read = Some((hash, Instant::now()));
        Ok(())
    }

    /// Says that a contract contradicts the view. The newest blocks are read again anyway; if that
    /// does not help for a while, everything is.
    pub fn doubt(&mut self) {
        let now = Instant::now();
        let since = match self.doubted {
            Some((since, last)) if now.duration_since(last) < DOUBT => since,
            _ => now,
        };
        self.doubted = Some((since, now));
        if now.duration_since(since) > DOUBT {
            self.forget();
        }
    }

    /// Checks that the chain still has what has settled, and forgets everything if it has not.
    async fn check_settled(&mut self, client: &Client) -> Result<(), ChainError> {
        let Some(settled) = &self.settled else { return Ok(()) };
        let number = settled.number;
        match client.block_hash(number).await? {
            Some(hash) if hash == settled.hash => {}
            Some(_) => self.forget(),
            None => {
                let words = format!("has no block {number} any more; it may be behind");
                return Err(ChainError::Transport(words));
            }
        }
        Ok(())
    }

    /// The last block of what has settled.
    fn settled_until(&self) -> u64 {
        let before = || self.deployment.block.saturating_sub(1);
        self.settled.as_ref().map_or_else(before, |it| it.number)
    }

    /// The logs after what has settled, up to a block.
    async fn ask(&self, client: &Client, to: u64) -> Result<Vec<Recorded>, ChainError> {
        let addresses = vec![self.deployment.verifier, self.deployment.oracle];
        let logs = client.raw_logs(addresses, self.settled_until() + 1, to).await?;
        Ok(logs.into_iter().filter_map(Recorded::of).collect())
    }

    /// Adds logs to what has settled, which ends with block `number` then.
    async fn settle(
        &mut self,
        client: &Client,
        number: u64,
        logs: Vec<Recorded>,
    ) -> Result<(), ChainError> {
        let Some(hash) = client.block_hash(number).await? else {
            return Err(ChainError::Transport(format!("has no block {number}")));
        };
        let before = self.settled.take();
        let before = before.map_or_else(|| Self::new(self.deployment.clone()), |it| it.view);
        let mut settled = Settled { view: before, number, hash };
        for it in logs {
            settled.view.take(&it.log, it.transaction);
        }
        self.settled = Some(Box::new(settled));
        Ok(())
    }

    /// Goes back to what has settled.
    fn restore(&mut self) {
        let settled = self.settled.take();
        let view = settled.as_ref().map(|it| it.view.clone());
        let view = view.unwrap_or_else(|| Self::new(self.deployment.clone()));
        *self = Self { settled, time: self.time, doubted: self.doubted, ..view };
    }

    /// Goes back to nothing, so that everything is read again.
    fn forget(&mut self) {
        *self = Self { time: self.time, ..Self::new(self.deployment.clone()) };
    }
}
