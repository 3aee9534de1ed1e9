//! Why a model cannot be run or judged here.

use imo_commit::Hash;
use imo_engine::SessionError;

/// Why a model cannot be run or judged here.
#[derive(Debug, thiserror::Error)]
pub enum PlayerError {
    /// No row of the table has the program that an image needs.
    #[error("the model needs program {number}, which this version does not have; it has {known}")]
    UnknownProgram {
        /// What the image's header says.
        number: u32,
        /// The rows of the table, by number and name.
        known: String,
    },
    /// The image needs another program than the one that this is for.
    #[error("the model needs program {number}, and this works with the program {wanted} only")]
    OtherProgram {
        /// What the image's header says.
        number: u32,
        /// The program's name.
        wanted: &'static str,
    },
    /// No trace of the program holds all the nodes.
    #[error("the model is too large for a trace")]
    TooLarge,
    /// A request for a model that was not opened.
    #[error("this node does not have the model")]
    NoModel {
        /// The content that was asked for.
        content_id: Hash,
    },
    /// A request that no oracle should have taken.
    #[error("the oracle took a malformed word")]
    MalformedSampling,
    /// Likewise: the text is shorter than the stop sequences behind it.
    #[error("the oracle took a text without its stop sequences")]
    MissingStops,
    /// The engine cannot run the model.
    #[error(transparent)]
    Engine(#[from] SessionError),
    /// The machine gives another slot than the engine.
    #[error("my engine and my machine disagree about node {node}: not claimed")]
    Disagreement {
        /// The first node that was compared and differs.
        node: u32,
    },
}
