//! What is known about an image, kept in a file beside the image.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use imo_commit::{Hash, hex, unhex};
use serde::{Deserialize, Serialize};

use crate::new_file::NewFile;

/// What tells one state of a file from another: its length, when it was modified, and its number in
/// the file system, since two files may be written at the same tick of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    length: u64,
    modified_ns: u128,
    file_number: u64,
}

impl Stamp {
    /// The stamp of an open file.
    pub fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let since = metadata.modified()?.duration_since(UNIX_EPOCH);
        let modified_ns = since.map_or(0, |since| since.as_nanos());
        #[cfg(unix)]
        let file_number = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let file_number = 0;
        Ok(Self { length: metadata.len(), modified_ns, file_number })
    }
}

/// What is known about an image since it was packed or validated. As long as the image has the same
/// stamp, it is opened without being validated and hashed again.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Record {
    version: u32,
    root: String,
    stamp: Stamp,
    source_sha256: String,
}

impl Record {
    /// The version of the record's own layout.
    const VERSION: u32 = 2;

    /// The record of an image with this stamp and root. `source_sha256` is the hash of the model
    /// file, if that is known.
    pub fn new(stamp: Stamp, root: Hash, source_sha256: Option<Hash>) -> Self {
        Self {
            version: Self::VERSION,
            root: hex(&root),
            stamp,
            source_sha256: source_sha256.map(|hash| hex(&hash)).unwrap_or_default(),
        }
    }

    /// Writes the record beside its image.
    pub fn write(&self, image: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).expect("a record is JSON");
        NewFile::write(&Self::path(image), (text + "\n").as_bytes())
    }

    /// The root of an image, if there is a record beside it and the stamp is still the same.
    pub(crate) fn root(image: &Path, stamp: Stamp) -> Option<Hash> {
        let record = Self::read(image)?;
        let fits = record.version == Self::VERSION && record.stamp == stamp;
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
