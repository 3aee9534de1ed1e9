//! Ctrl-C while a model answers.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use anyhow::Context;

/// Tells whether Ctrl-C was pressed. Pressed again before that is forgotten, it ends the process at
/// once.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Watches for Ctrl-C from now on.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let pressed = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&pressed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot listen for Ctrl-C")?;
        let (listens, listening) = mpsc::channel();
        thread::spawn(move || {
            runtime.block_on(async {
                // Ctrl-C is caught from the first poll on. Poll before telling that we listen.
                let first = tokio::signal::ctrl_c();
                let (mut caught, _) = tokio::join!(biased; first, async { listens.send(()) });
                // If signals cannot be caught, Ctrl-C keeps its usual effect.
                while caught.is_ok() {
                    if told.swap(true, Ordering::Relaxed) {
                        process::exit(130);
                    }
                    caught = tokio::signal::ctrl_c().await;
                }
            });
        });
        listening.recv().context("cannot listen for Ctrl-C")?;
        Ok(Self(pressed))
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn is_pressed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Forgets that it was.
    pub(crate) fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
