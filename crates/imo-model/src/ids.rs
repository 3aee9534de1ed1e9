//! The ids of a program, a content and a model on the chain (`docs/spec/commitments.md`,
//! `docs/spec/vm.md`).

use imo_commit::{Hash, keccak256};

/// The parameters of a program, as the chain has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Root of the code.
    pub code_root: Hash,
    /// First address of the code.
    pub code_base: u32,
    /// First instruction.
    pub entry: u32,
    /// Depth of the code's tree.
    pub code_depth: u8,
    /// Depth of memory's tree.
    pub memory_depth: u8,
    /// Depth of the input's tree.
    pub input_depth: u8,
    /// Nodes of a trace, as a power of two.
    pub nodes_log2: u8,
    /// Bytes of a slot, as a power of two.
    pub slot_log2: u8,
    /// Step cap, as a power of two.
    pub steps_log2: u8,
    /// Where in memory a node leaves its slot.
    pub output_address: u32,
    /// Most bytes of a request's input.
    pub input_limit: u32,
    /// Most bytes of an answer.
    pub output_limit: u32,
}

impl Program {
    /// Version of the virtual machine.
    pub const VM_VERSION: u8 = 1;

    /// `keccak256(abi.encode("imo.program.v1", …))`.
    pub fn id(&self) -> Hash {
        let numbers = [
            self.code_base,
            self.entry,
            self.code_depth.into(),
            self.memory_depth.into(),
            self.input_depth.into(),
            self.nodes_log2.into(),
            self.slot_log2.into(),
            self.steps_log2.into(),
            self.output_address,
            self.input_limit,
            self.output_limit,
            Self::VM_VERSION.into(),
        ];
        let mut words = [[0; 32]; 14];
        words[0] = tag(b"imo.program.v1");
        words[1] = self.code_root;
        for (word, number) in words[2..].iter_mut().zip(numbers) {
            word[28..].copy_from_slice(&number.to_be_bytes());
        }
        keccak256(words.as_flattened())
    }
}

/// `keccak256(abi.encode("imo.content.v1", imageRoot, imageLength, programId))`.
pub fn content_id(image_root: Hash, image_length: u64, program_id: Hash) -> Hash {
    let mut length = [0; 32];
    length[24..].copy_from_slice(&image_length.to_be_bytes());
    keccak256([tag(b"imo.content.v1"), image_root, length, program_id].as_flattened())
}

/// `keccak256(abi.encode("imo.model.v1", contentId, verifier, registrant, salt))`.
pub fn model_id(content_id: Hash, verifier: [u8; 20], registrant: [u8; 20], salt: Hash) -> Hash {
    let words = [tag(b"imo.model.v1"), content_id, address(verifier), address(registrant), salt];
    keccak256(words.as_flattened())
}

fn address(bytes: [u8; 20]) -> Hash {
    let mut word = [0; 32];
    word[12..].copy_from_slice(&bytes);
    word
}

fn tag(text: &[u8]) -> Hash {
    let mut word = [0; 32];
    word[..text.len()].copy_from_slice(text);
    word
}
