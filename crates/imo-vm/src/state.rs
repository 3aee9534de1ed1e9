//! The state of a machine, as moves on chain carry it: with the root of memory in place of memory.

use imo_commit::{Hash, keccak256};

/// Bytes of an encoded state.
pub const STATE_BYTES: usize = 177;

/// Whether a machine still runs, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It takes another step.
    Running,
    /// It asked to exit; a0 is its code.
    Halted,
    /// It did something that is not allowed.
    Fault,
    /// A value that no run reaches. Like a halted machine, one with this status stays as it is.
    Other(u8),
}

impl Status {
    /// The byte of this status in an encoded state.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Running => 0,
            Self::Halted => 1,
            Self::Fault => 2,
            Self::Other(byte) => byte,
        }
    }
}

impl From<u8> for Status {
    fn from(byte: u8) -> Self {
        match byte {
            0 => Self::Running,
            1 => Self::Halted,
            2 => Self::Fault,
            other => Self::Other(other),
        }
    }
}

/// Too few or too many bytes for an encoded state; holds how many there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a state has {STATE_BYTES} bytes, not {0}")]
pub struct BadState(pub usize);

/// Everything that a machine has besides its memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Address of the next instruction.
    pub pc: u32,
    /// x0 … x31, and last a place for what is written to x0. INVARIANT: x0 is 0.
    pub(crate) registers: [u32; 33],
    /// Offset of the model's window.
    pub model_window: u64,
    /// Offset of the trace's window.
    pub trace_window: u64,
    /// Whether the machine runs.
    pub status: Status,
}

impl State {
    /// The state before the first step, with a0, a1 and a2 as given and everything else zero.
    pub fn new(entry: u32, arguments: [u32; 3]) -> Self {
        let mut registers = [0; 33];
        registers[10..13].copy_from_slice(&arguments);
        Self { pc: entry, registers, model_window: 0, trace_window: 0, status: Status::Running }
    }

    /// The value of x`index`.
    ///
    /// # Panics
    /// If there is no such register.
    pub fn register(&self, index: usize) -> u32 {
        assert!(index < 32, "x{index}");
        self.registers[index]
    }

    /// Sets x`index`; x0 stays 0.
    ///
    /// # Panics
    /// If there is no such register.
    pub fn set_register(&mut self, index: usize, value: u32) {
        assert!(index < 32, "x{index}");
        self.registers[if index == 0 { 32 } else { index }] = value;
    }

    /// Encodes this state, with the root of memory. Numbers are big-endian.
    ///
    /// | bytes | field |
    /// |---|---|
    /// | 0–31 | root of memory |
    /// | 32–35 | pc |
    /// | 36–159 | x1 … x31, 4 bytes each |
    /// | 160–167 | offset of the model's window |
    /// | 168–175 | offset of the trace's window |
    /// | 176 | status |
    pub fn encode(&self, root: Hash) -> [u8; STATE_BYTES] {
        let mut bytes = [0; STATE_BYTES];
        bytes[..32].copy_from_slice(&root);
        bytes[32..36].copy_from_slice(&self.pc.to_be_bytes());
        for (place, register) in
            bytes[36..160].as_chunks_mut().0.iter_mut().zip(&self.registers[1..])
        {
            *place = register.to_be_bytes();
        }
        bytes[160..168].copy_from_slice(&self.model_window.to_be_bytes());
        bytes[168..176].copy_from_slice(&self.trace_window.to_be_bytes());
        bytes[176] = self.status.byte();
        bytes
    }

    /// Reads what [`State::encode`] writes: a state and the root of its memory.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Hash), BadState> {
        let bytes: &[u8; STATE_BYTES] = bytes.try_into().map_err(|_| BadState(bytes.len()))?;
        let word = |at: usize| {
            u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let long = |at: usize| u64::from(word(at)) << 32 | u64::from(word(at + 4));
        let mut registers = [0; 33];
        for (index, register) in registers[1..32].iter_mut().enumerate() {
            *register = word(36 + 4 * index);
        }
        let mut root = [0; 32];
        root.copy_from_slice(&bytes[..32]);
        let state = Self {
            pc: word(32),
            registers,
            model_window: long(160),
            trace_window: long(168),
            status: bytes[176].into(),
        };
        Ok((state, root))
    }

    /// The hash of the encoded state, which moves on chain carry. `root` is that of memory.
    pub fn hash(&self, root: Hash) -> Hash {
        keccak256(&self.encode(root))
    }
}
