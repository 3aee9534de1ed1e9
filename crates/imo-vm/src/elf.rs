//! Static RV32 executables: what the memories hold before the first step.

use imo_commit::{LEAF_LOG2, depth};

use crate::memory::Memory;

/// Why a file is not a program for this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// It does not begin as an ELF file does.
    #[error("not an ELF file")]
    NotElf,
    /// It is an ELF file for another machine.
    #[error(
        "not a static 32-bit little-endian RISC-V executable: {what} is {found}, not {expected}"
    )]
    NotRv32 {
        /// The field.
        what: &'static str,
        /// Its value.
        found: u32,
        /// What it must be.
        expected: u32,
    },
    /// It ends before a part that its headers name.
    #[error("the file ends before its {what}")]
    Truncated {
        /// What is missing.
        what: &'static str,
    },
    /// It has nothing to execute.
    #[error("no segment is executable")]
    NoCode,
    /// Its entry is not the address of an instruction in its code.
    #[error(
        "the entry {entry:#010x} is not an instruction of the code at {base:#010x}, {size} bytes"
    )]
    Entry {
        /// First instruction.
        entry: u32,
        /// First address of the code.
        base: u32,
        /// Bytes of code.
        size: usize,
    },
    /// A segment lies where the machine has nothing to hold it.
    #[error(
        "the segment at {address:#010x} with {size} bytes fits neither memory \
         (the first {memory} bytes) nor code"
    )]
    Misplaced {
        /// Its address.
        address: u32,
        /// Its size in memory.
        size: u32,
        /// Bytes of memory.
        memory: u64,
    },
}

/// A program ready to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// First instruction.
    pub entry: u32,
    /// First address of the code segment; a multiple of 128.
    pub code_base: u32,
    /// The code segment: executable segments, and constants that lie outside memory.
    pub code: Vec<u8>,
    /// What memory holds at the start, by address.
    pub data: Vec<(u32, Vec<u8>)>,
}

/// A loadable segment.
struct Load<'a> {
    address: u32,
    size: u32,
    flags: u32,
    bytes: &'a [u8],
}

const EXECUTABLE: u32 = 1;
const WRITABLE: u32 = 2;
/// Most bytes of code: what the deepest code tree holds.
const CODE_LIMIT: u64 = 1 << 24;
/// Most bytes of memory: what the deepest memory tree holds.
const MEMORY_LIMIT: u64 = 1 << 30;

impl Load<'_> {
    fn end(&self) -> u64 {
        u64::from(self.address) + u64::from(self.size)
    }

    fn misplaced(&self, memory: u64) -> ElfError {
        ElfError::Misplaced { address: self.address, size: self.size, memory }
    }
}

impl Elf {
    /// The least depth of memory that holds what an executable may write, and `stack` bytes above
    /// that.
    pub fn memory_depth(file: &[u8], stack: u32) -> Result<u8, ElfError> {
        let mut loads = read_loads(file)?;
        // In this order a segment that begins in memory comes after all that lie below it.
        loads.sort_by_key(|load| load.address);
        let mut least = depth(stack.into());
        for load in &loads {
            let size = 1_u64 << (least + LEAF_LOG2);
            if load.flags & WRITABLE != 0 || u64::from(load.address) < size {
                let end = load.end() + u64::from(stack);
                if end > MEMORY_LIMIT {
                    return Err(load.misplaced(MEMORY_LIMIT));
                }
                least = least.max(depth(end));
            }
        }
        Ok(least)
    }

    /// Reads an executable for a machine with this depth of memory.
    pub fn parse(file: &[u8], memory_depth: u8) -> Result<Self, ElfError> {
        let memory = 1_u64 << (memory_depth + LEAF_LOG2);
        let loads = read_loads(file)?;
        let in_memory = |load: &Load<'_>| load.end() <= memory;
        let is_code = |load: &Load<'_>| {
            load.flags & EXECUTABLE != 0 || (!in_memory(load) && load.flags & WRITABLE == 0)
        };
        let executable = loads.iter().filter(|load| load.flags & EXECUTABLE != 0);
        let code_base = executable.map(|load| load.address).min().ok_or(ElfError::NoCode)? & !127;
        let mut code = Vec::new();
        let mut data = Vec::new();
        for load in &loads {
            // A load below the end of memory reads memory, so what begins there must be there.
            if !in_memory(load) && (!is_code(load) || u64::from(load.address) < memory) {
                return Err(load.misplaced(memory));
            }
            if is_code(load) {
                let offset = load.address.checked_sub(code_base).ok_or(load.misplaced(memory))?;
                let end = u64::from(offset) + load.bytes.len() as u64;
                if end > CODE_LIMIT {
                    return Err(load.misplaced(memory));
                }
                let (start, end) = (offset as usize, offset as usize + load.bytes.len());
                code.resize(code.len().max(end), 0);
                code[start..end].copy_from_slice(load.bytes);
            }
            if in_memory(load) {
                data.push((load.address, load.bytes.to_vec()));
            }
        }
        let entry = word(file, 24)?;
        let in_code = entry.checked_sub(code_base).is_some_and(|at| (at as usize) < code.len());
        if entry & 3 != 0 || !in_code {
            return Err(ElfError::Entry { entry, base: code_base, size: code.len() });
        }
        Ok(Self { entry, code_base, code, data })
    }

    /// The depth of the code's tree.
    pub fn code_depth(&self) -> u8 {
        depth(self.code.len() as u64)
    }

    /// Memory before the first step.
    pub fn memory(&self, depth: u8) -> Memory {
        let mut memory = Memory::new(depth);
        for (address, bytes) in &self.data {
            memory.write(*address as usize, bytes);
        }
        memory
    }
}

fn read_loads(file: &[u8]) -> Result<Vec<Load<'_>>, ElfError> {
    if !file.starts_with(b"\x7fELF") {
        return Err(ElfError::NotElf);
    }
    let class = u32::from(*file.get(4).ok_or(ElfError::NotElf)?);
    let order = u32::from(*file.get(5).ok_or(ElfError::NotElf)?);
    let expectations = [
        ("the class", class, 1),
        ("the byte order", order, 1),
        ("the type", half_word(file, 16)?, 2),
        ("the machine", half_word(file, 18)?, 243),
        ("the size of a program header", half_word(file, 42)?, 32),
    ];
    for (what, found, expected) in expectations {
        if found != expected {
            return Err(ElfError::NotRv32 { what, found, expected });
        }
    }
    let table = word(file, 28)?;
    let count = half_word(file, 44)?;
    let mut loads = Vec::new();
    for index in 0..count as usize {
        let header = (table as usize).saturating_add(32 * index);
        let field = |number: usize| word(file, header.saturating_add(4 * number));
        let is_load = field(0)? == 1;
        let (offset, address, stored, size) = (field(1)?, field(2)?, field(4)?, field(5)?);
        let range = offset as usize..(offset as usize).saturating_add(stored as usize);
        let bytes = file.get(range).ok_or(ElfError::Truncated { what: "segments" })?;
        if is_load && size > 0 {
            loads.push(Load { address, size: size.max(stored), flags: field(6)?, bytes });
        }
    }
    Ok(loads)
}

fn word(file: &[u8], at: usize) -> Result<u32, ElfError> {
    let bytes = file.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map(|it| u32::from_le_bytes(*it)).ok_or(ElfError::Truncated { what: "headers" })
}

fn half_word(file: &[u8], at: usize) -> Result<u32, ElfError> {
    let bytes = file.get(at..).and_then(<[u8]>::first_chunk);
    let half = bytes.map(|it| u16::from_le_bytes(*it));
    half.map(u32::from).ok_or(ElfError::Truncated { what: "headers" })
}
