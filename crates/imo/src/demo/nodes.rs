//! Runs nodes as separate processes, as anybody would.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::Context;

use crate::demo::people::Person;
use crate::terminal::Terminal;

/// A running node. Dropping it kills it, which a node must survive at any moment.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
}

/// What a node needs to find the chain, the contracts and the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) rpc: &'a str,
    pub(crate) deployment: &'a Path,
    pub(crate) model: &'a Path,
    pub(crate) terminal: Terminal,
}

impl Node {
    /// Starts `imo node` with a person's key and more arguments.
    pub(crate) fn start(
        who: Person,
        surroundings: Surroundings<'_>,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let Surroundings { rpc, deployment, model, terminal } = surroundings;
        let binary = std::env::current_exe().context("cannot find this program's file")?;
        let mut child = Command::new(binary)
            .arg("node")
            .arg(model)
            .args([
                "--rpc",
                rpc,
                "--listen",
                "127.0.0.1:0",
                "--poll",
                "100",
                "--dev-account",
                &who.account().to_string(),
            ])
            .arg("--deployment")
            .arg(deployment)
            .args(arguments)
            .env_remove("IMO_KEYSTORE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start a node")?;
        repeat(who, child.stdout.take(), terminal);
        repeat(who, child.stderr.take(), terminal);
        Ok(Self { child })
    }

    /// Kills the node without warning, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}

/// Repeats what a node prints, under its owner's name.
fn repeat(who: Person, words: Option<impl Read + Send + 'static>, terminal: Terminal) {
    let Some(words) = words else { return };
    thread::spawn(move || {
        for line in BufReader::new(words).lines().map_while(Result::ok) {
            terminal.line(format!("      {:>9} | {line}", who.to_string()));
        }
    });
}
