//! Which game a command is about, and with which model.

use std::path::PathBuf;

use imo_engine::Means;
use imo_player::{Model, Solver};

use crate::keys::Endpoint;
use crate::terminal::Terminal;
use crate::{model, threads};

/// Names a game.
#[derive(Debug, clap::Args)]
pub(crate) struct GameArgs {
    /// Id of the game, or its first digits
    pub(crate) game: String,
    /// Model to name the disputed node's kind with: a packed image or a GGUF file
    #[arg(long, env = "IMO_MODEL", value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) chain: Endpoint,
}

/// Names a game and the model that it is about.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Id of the game, or its first digits
    pub(crate) game: String,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) chain: Endpoint,
}

/// The model to run answers again with.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelArgs {
    /// The model that answered: a packed image or a GGUF file
    #[arg(long, env = "IMO_MODEL", value_name = "FILE")]
    model: PathBuf,
    /// Folder for images packed on first use [default: the GGUF file's own]
    #[arg(long, env = "IMO_CACHE", value_name = "FOLDER")]
    cache: Option<PathBuf>,
}

impl ModelArgs {
    /// A solver with only this model.
    pub(crate) fn solver(&self, terminal: Terminal) -> anyhow::Result<Solver> {
        let model = Model::new(model::open(&self.model, self.cache.as_deref(), terminal)?)?;
        Ok(Solver::new(vec![model], Means::detect(threads::count(None)), None))
    }
}
