//! Why a node could not do something.

use std::io;

use imo_chain::ChainError;
use imo_player::PlayerError;

/// Why a node could not do something.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The chain, or a contract on it.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A model, its engine or its machine.
    #[error(transparent)]
    Player(#[from] PlayerError),
    /// The server of traces cannot start.
    #[error(transparent)]
    Serve(#[from] io::Error),
    /// A request that this node was not meant to answer.
    #[error("the model is not here")]
    NoModel,
}

impl NodeError {
    /// Whether the chain's node does not answer, so that nothing else can be done either.
    pub(crate) const fn is_silence(&self) -> bool {
        matches!(self, Self::Chain(ChainError::Transport(_)))
    }
}
