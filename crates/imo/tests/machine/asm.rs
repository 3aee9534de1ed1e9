//! Assembles instruction words and executables.

/// Addresses of the text and the data of test programs.
pub(crate) const TEXT: u32 = 0x1_0000;
pub(crate) const DATA: u32 = 0x8_0000;

/// Flags of a segment.
pub(crate) const READ: u32 = 4;
pub(crate) const WRITE: u32 = 2;
pub(crate) const EXECUTE: u32 = 1;

pub(crate) fn r_type(funct7: u32, funct3: u32, [rd, rs1, rs2]: [u32; 3]) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x33
}

pub(crate) fn i_type(opcode: u32, funct3: u32, [rd, rs1]: [u32; 2], immediate: i32) -> u32 {
    immediate.cast_unsigned() << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

pub(crate) fn s_type(funct3: u32, [rs1, rs2]: [u32; 2], immediate: i32) -> u32 {
    let bits = immediate.cast_unsigned();
    (bits >> 5) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (bits & 31) << 7 | 0x23
}

pub(crate) fn b_type(funct3: u32, [rs1, rs2]: [u32; 2], offset: i32) -> u32 {
    let bits = offset.cast_unsigned();
    let high = (bits >> 12 & 1) << 6 | bits >> 5 & 0x3f;
    let low = bits & 0x1e | bits >> 11 & 1;
    high << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | low << 7 | 0x63
}

pub(crate) fn u_type(opcode: u32, rd: u32, upper: u32) -> u32 {
    upper & 0xffff_f000 | rd << 7 | opcode
}

pub(crate) fn jal(rd: u32, offset: i32) -> u32 {
    let bits = offset.cast_unsigned();
    let immediate = (bits >> 20 & 1) << 19
        | (bits >> 1 & 0x3ff) << 9
        | (bits >> 11 & 1) << 8
        | bits >> 12 & 0xff;
    immediate << 12 | rd << 7 | 0x6f
}

pub(crate) fn jalr(rd: u32, rs1: u32, offset: i32) -> u32 {
    i_type(0x67, 0, [rd, rs1], offset)
}

pub(crate) fn addi(rd: u32, rs1: u32, immediate: i32) -> u32 {
    i_type(0x13, 0, [rd, rs1], immediate)
}

pub(crate) const ECALL: u32 = 0x73;

/// Loads a constant; always two instructions.
pub(crate) fn li(rd: u32, value: u32) -> [u32; 2] {
    let low = (value << 20).cast_signed() >> 20;
    [u_type(0x37, rd, value.wrapping_sub(low.cast_unsigned())), addi(rd, rd, low)]
}

/// Exits with the code in a0.
pub(crate) fn exit() -> [u32; 2] {
    [addi(17, 0, 93), ECALL]
}

/// A segment of an executable.
pub(crate) struct Segment<'a> {
    pub(crate) address: u32,
    pub(crate) flags: u32,
    pub(crate) bytes: &'a [u8],
    /// Bytes in memory. Those that the file does not have are zero.
    pub(crate) size: u32,
}

/// Builds a static RV32 executable.
pub(crate) fn elf(entry: u32, segments: &[Segment<'_>]) -> Vec<u8> {
    let half = |value: u32| u16::try_from(value).expect("16 bits").to_le_bytes();
    let count = u32::try_from(segments.len()).expect("a few");
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("small");
    let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend([half(2), half(243)].concat());
    for value in [1, entry, 52, 0, 0] {
        file.extend(u32::to_le_bytes(value));
    }
    for value in [52, 32, count, 40, 0, 0] {
        file.extend(half(value));
    }
    let mut offset = 52 + 32 * count;
    for Segment { address, flags, bytes, size } in segments {
        for value in [1, offset, *address, *address, length(bytes), *size, *flags, 4] {
            file.extend(value.to_le_bytes());
        }
        offset += length(bytes);
    }
    file.extend(segments.iter().flat_map(|it| it.bytes));
    file
}

/// A program of these instructions, with some data that it may write.
pub(crate) fn program(words: &[u32], data: &[u8]) -> Vec<u8> {
    let text: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).expect("small");
    let segments = [
        Segment { address: TEXT, flags: READ | EXECUTE, bytes: &text, size: size(&text) },
        Segment { address: DATA, flags: READ | WRITE, bytes: data, size: size(data) + 64 },
    ];
    elf(TEXT, &segments)
}
