//! Prints an answer as it comes.

use std::str;

use imo_text::layout::Stops;

use crate::terminal::Terminal;

/// Passes the bytes of an answer to the terminal, in whole characters.
#[derive(Debug)]
pub(crate) struct Stream {
    terminal: Terminal,
    /// Most bytes that may still come.
    left: usize,
    stops: Stops,
    is_stopped: bool,
    /// Bytes that may be the beginning of a character or of a stop sequence.
    pending: Vec<u8>,
}

impl Stream {
    pub(crate) const fn new(terminal: Terminal, limit: usize, stops: Stops) -> Self {
        Self { terminal, left: limit, stops, is_stopped: false, pending: Vec::new() }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.is_stopped {
            return;
        }
        self.pending.extend_from_slice(bytes);
        if let Some(end) = self.stops.first_in(&self.pending) {
            self.pending.truncate(end);
            self.is_stopped = true;
        }
        let begun = if self.is_stopped { 0 } else { self.stops.begun_by(&self.pending) };
        let whole = self.pending.len() - begun;
        self.tell(whole - unfinished(&self.pending[..whole]));
    }

    /// Prints the rest. Returns whether a stop sequence came.
    pub(crate) fn finish(mut self) -> bool {
        self.tell(self.pending.len());
        self.terminal.line("");
        self.is_stopped
    }

    fn tell(&mut self, count: usize) {
        let told = count.min(self.left);
        self.left -= told;
        self.terminal.part(&String::from_utf8_lossy(&self.pending[..told]));
        self.pending.drain(..count);
    }
}

/// The number of bytes at the end that begin a character without finishing it.
pub(crate) fn unfinished(bytes: &[u8]) -> usize {
    let last = bytes.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    match str::from_utf8(last) {
        Err(error) if error.error_len().is_none() => last.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_wait_until_they_are_whole() {
        for (bytes, rest) in [
            (&b"plain"[..], 0),
            ("\u{20ac}".as_bytes(), 0),
            (b"a\xe2\x82", 2),
            (b"a\xf0\x9f\x99", 3),
            (b"a\xff", 0),
            (b"\xff\xc3", 1),
            (b"", 0),
        ] {
            assert_eq!(unfinished(bytes), rest, "{bytes:?}");
        }
    }
}
