//! Starts the binary, as people and programs do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use imo_pack::tiny::{TinyShape, gguf};
use serde_json::Value;

/// An empty folder for one test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // An earlier run may have left it.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// A model file with random weights.
pub(crate) fn tiny(folder: &Path, shape: &TinyShape) -> PathBuf {
    let path = folder.join("tiny.gguf");
    fs::write(&path, gguf(7, shape)).expect("the folder can be written");
    path
}

/// A path as an argument.
pub(crate) fn at(path: &Path) -> &str {
    path.to_str().expect("the target folder's name is UTF-8")
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imo"));
    command.args(args).env_remove("IMO_CACHE").stdin(Stdio::null());
    command
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("words are UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The object of a command that succeeded.
    pub(crate) fn object(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn imo(args: &[&str]) -> Outcome {
    Outcome::of(command(args).output().expect("the binary starts"))
}

/// Checks that a command fails with this exit code, says why, and prints no result.
pub(crate) fn check_failure(args: &[&str], code: i32, why: &str) {
    let outcome = imo(args);
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    assert!(outcome.stderr.contains(why), "{why:?} is not in {outcome:?}");
    assert_eq!(outcome.stdout, "", "a failure has no result");
}
