//! Why a model cannot be run or judged here.

use imo_commit::Hash;
use imo_engine::SessionError;

/// Why a model cannot be run or judged here.
#[derive(Debug, thiserror::Error)]
pub enum PlayerError {
    /// The image needs a program that the table does not have.
    #[error("the model needs program {number}, which this version does not have; it has {known}")]
    UnknownProgram {
        /// The program's number in the image's header.
        number: u32,
        /// The programs of the table, by number and name.
        known: String,
    },
    /// The image needs another program than the caller works with.
    #[error(
        "the model needs program {number}, but this command works only with the program {wanted}"
    )]
    OtherProgram {
        /// The program's number in the image's header.
        number: u32,
        /// Name of the program that the caller works with.
        wanted: &'static str,
    },
    /// The model needs more nodes than a trace can have.
    #[error("the model is too large for a trace")]
    TooLarge,
    /// A node of the model could take more steps than a dispute can be about.
    #[error(
        "a node of the model could take {most} steps, and the machine stops after 2^{cap_log2}: a \
         claim could not be defended; pack the model file again, with fewer positions"
    )]
    TooManySteps {
        /// The most steps that a node could take.
        most: u64,
        /// Most steps of a run, as a power of two.
        cap_log2: u8,
    },
    /// A request for a model that was not opened.
    #[error("this node does not have the model")]
    NoModel {
        /// The content id that was asked for.
        content_id: Hash,
    },
    /// The engine cannot run the model.
    #[error(transparent)]
    Engine(#[from] SessionError),
    /// The machine gives another slot than the engine, so one of them is wrong.
    #[error("my engine and my machine disagree about node {node}: not claimed")]
    Disagreement {
        /// The node in which they differ.
        node: u32,
    },
    /// The machine did not reach the end of a node's run. Nobody can defend or convict there.
    #[error("node {node} takes more steps than a run may have: it can be judged by nobody")]
    BeyondMachine {
        /// The node.
        node: u32,
    },
}
