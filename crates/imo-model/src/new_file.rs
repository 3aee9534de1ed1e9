//! Files that appear at their place only when they are whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::{Builder, NamedTempFile};

/// How every unfinished file's name ends.
const SUFFIX: &str = ".partial";
/// An unfinished file that nobody writes any more is removed once it is this old.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// A file that is being written. It has a name of its own, beside its place, until [`NewFile::put`]
/// moves it there. Dropped before that, it is removed. So whoever opens the place finds the old
/// file or the new one, and nobody writes to a file that somebody has mapped.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    place: PathBuf,
}

impl NewFile {
    /// An empty file beside its place.
    pub fn beside(place: &Path) -> io::Result<Self> {
        let folder = match place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut prefix = place.file_name().map(OsString::from).unwrap_or_default();
        prefix.push(".");
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        // Held as long as the file is written. Some file systems have no locks.
        let _ = file.as_file().try_lock();
        remove_left_behind(folder, &prefix, file.as_file().metadata()?.modified()?);
        Ok(Self { file, place: place.to_owned() })
    }

    /// Puts a file with these bytes at its place.
    pub fn write(place: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = Self::beside(place)?;
        file.file().write_all(bytes)?;
        file.put()
    }

    /// The file, to be written and read.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Moves the file to its place, where it replaces another one.
    pub fn put(self) -> io::Result<()> {
        self.file.persist(&self.place)?;
        Ok(())
    }
}

/// Removes unfinished files of processes that were killed. `now` is the time of a new file.
fn remove_left_behind(folder: &Path, prefix: &OsString, now: SystemTime) {
    let is_unfinished = |name: &OsString| {
        let (name, prefix) = (name.as_encoded_bytes(), prefix.as_encoded_bytes());
        name.starts_with(prefix) && name.ends_with(SUFFIX.as_bytes())
    };
    let is_old = |file: &File| {
        let modified = file.metadata().and_then(|it| it.modified()).ok();
        modified.and_then(|it| now.duration_since(it).ok()).is_some_and(|age| age > LEFT_BEHIND)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|it| is_unfinished(&it.file_name())) {
        let file = File::open(entry.path()).ok();
        if file.is_some_and(|file| is_old(&file) && file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<_> =
            entries.map(|it| it.file_name().into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("a");
        let mut first = NewFile::beside(&place).expect("a file");
        let mut second = NewFile::beside(&place).expect("another");
        first.file().write_all(b"first").expect("written");
        second.file().write_all(b"second").expect("written");
        assert!(!place.exists());
        first.put().expect("moved");
        assert_eq!(fs::read(&place).expect("read"), b"first");
        second.put().expect("moved");
        assert_eq!(fs::read(&place).expect("read"), b"second");
        drop(NewFile::beside(&place).expect("a third"));
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn only_what_a_killed_process_left_behind_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("a");
        let age = |file: &File| file.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
        let mut written = NewFile::beside(&place).expect("a file");
        age(written.file());
        for (name, old) in [("a.x.partial", true), ("a.y.partial", false), ("b.x.partial", true)] {
            let file = File::create(folder.path().join(name)).expect("a file");
            if old {
                age(&file);
            }
        }
        drop(NewFile::beside(&place).expect("another"));
        written.put().expect("it is still there");
        assert_eq!(names(folder.path()), ["a", "a.y.partial", "b.x.partial"]);
    }
}
