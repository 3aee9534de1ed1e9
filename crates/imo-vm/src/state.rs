//! The state that a move on chain carries, but for memory, which stands in it as a root.

use imo_commit::{Hash, keccak256};

/// Bytes of an encoded state.
pub const STATE_BYTES: usize = 177;

/// Whether a machine goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It takes another step.
    Running,
    /// It asked to exit; a0 is its code.
    Halted,
    /// It did what is not allowed.
    Fault,
    /// A value that no run reaches; a fixed point like the last two.
    Other(u8),
}

impl Status {
    /// As encoded.
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

/// Bytes that are too few or too many for a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a state has {STATE_BYTES} bytes, not {0}")]
pub struct BadState(pub usize);

/// Registers and windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Address of the next instruction.
    pub pc: u32,
    /// x0 … x31 and, last, where writes to x0 go. INVARIANT: x0 is 0.
    pub(crate) registers: [u32; 33],
    /// Offset of the model's window.
    pub model_window: u64,
    /// Offset of the trace's window.
    pub trace_window: u64,
    /// Whether it runs.
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

    /// The bytes whose hash stands for this state with memory under `root`.
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

    /// Reads a state and the root of its memory.
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

    /// The hash that stands for this state with memory under `root`.
    pub fn hash(&self, root: Hash) -> Hash {
        keccak256(&self.encode(root))
    }
}
