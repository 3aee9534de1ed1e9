//! Why a node could not do something.

use std::io;

use imo_chain::ChainError;
use imo_player::PlayerError;

/// Why a node could not do something.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The chain, or a contract on it, failed or refused.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A model, its engine or its machine failed.
    #[error(transparent)]
    Player(#[from] PlayerError),
    /// The server of traces cannot start.
    #[error(transparent)]
    Serve(#[from] io::Error),
    /// The request is for a model that this node does not have.
    #[error("this node does not have the model")]
    NoModel,
    /// I claimed another trace than I compute now.
    #[error(
        "I claimed another trace than I compute now, so this claim can lose its bond; was it made \
         with --inject, or by another version?"
    )]
    OtherTrace,
}

impl NodeError {
    /// Whether the chain's node is in trouble, and no contract said anything.
    pub(crate) const fn is_trouble(&self) -> bool {
        matches!(self, Self::Chain(error) if error.is_trouble())
    }

    /// Whether a contract says that the view of the chain is wrong.
    pub(crate) const fn is_outdated(&self) -> bool {
        matches!(self, Self::Chain(error) if error.is_outdated())
    }
}
