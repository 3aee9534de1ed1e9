//! What is known about an image, kept in a file beside the image.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use imo_commit::{Hash, hex, unhex};
use serde::{Deserialize, Serialize};

/// What tells one state of a file from another: its length and when it was modified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    length: u64,
    modified_ns: u128,
}

impl Stamp {
    /// The stamp of a file of `length` bytes as it lies on disk now.
    pub fn of(file: &Path, length: u64) -> io::Result<Self> {
        let modified = fs::metadata(file)?.modified()?;
        let since = modified.duration_since(UNIX_EPOCH);
        Ok(Self { length, modified_ns: since.map_or(0, |since| since.as_nanos()) })
    }
}

/// What is known about an image since it was packed or validated. As long as the image has the same
/// stamp, it is opened without being validated and hashed again.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Record {
    version: u32,
    root: String,
    length: u64,
    modified_ns: u128,
    source_sha256: String,
}

impl Record {
    /// The version of the record's own layout.
    const VERSION: u32 = 1;

    /// The record of an image with this stamp and root. `source_sha256` is the hash of the model
    /// file, if that is known.
    pub fn new(stamp: Stamp, root: Hash, source_sha256: Option<Hash>) -> Self {
        Self {
            version: Self::VERSION,
            root: hex(&root),
            length: stamp.length,
            modified_ns: stamp.modified_ns,
            source_sha256: source_sha256.map(|hash| hex(&hash)).unwrap_or_default(),
        }
    }

    /// Writes the record beside its image.
    pub fn write(&self, image: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).expect("a record is JSON");
        fs::write(Self::path(image), text + "\n")
    }

    /// The root of an image, if there is a record beside it and the stamp is still the same.
    pub(crate) fn root(image: &Path, stamp: Stamp) -> Option<Hash> {
        let record = Self::read(image)?;
        let then = Stamp { length: record.length, modified_ns: record.modified_ns };
        let fits = record.version == Self::VERSION && then == stamp;
        unhex(&record.root).filter(|_| fits)?.try_into().ok()
    }

    fn read(image: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::path(image)).ok()?).ok()
    }

    fn path(image: &Path) -> PathBuf {
        let mut name = image.as_os_str().to_owned();
        name.push(".json");
        name.into()
    }
}
