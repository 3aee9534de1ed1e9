//! From instruction words to operations.

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the manual's")]
pub enum Operation {
    Lui,
    Auipc,
    Jal,
    Jalr,
    Beq,
    Bne,
    Blt,
    Bge,
    Bltu,
    Bgeu,
    Lb,
    Lh,
    Lw,
    Lbu,
    Lhu,
    Sb,
    Sh,
    Sw,
    Addi,
    Slti,
    Sltiu,
    Xori,
    Ori,
    Andi,
    Slli,
    Srli,
    Srai,
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
    Fence,
    Ecall,
    /// Any other word; a fault.
    Illegal,
}

impl Operation {
    /// Whether the instruction behind this one is always the next, unless this one faults.
    pub(crate) const fn leads_on(self) -> bool {
        !matches!(
            self,
            Self::Jal
                | Self::Jalr
                | Self::Beq
                | Self::Bne
                | Self::Blt
                | Self::Bge
                | Self::Bltu
                | Self::Bgeu
                | Self::Ecall
                | Self::Illegal
        )
    }
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What it does.
    pub operation: Operation,
    /// Where the result goes: a register, or 32 for x0, whose writes are dropped.
    pub rd: u8,
    /// First operand's register.
    pub rs1: u8,
    /// Second operand's register.
    pub rs2: u8,
    /// The immediate, sign-extended; for a shift, how far it shifts.
    pub immediate: u32,
}

/// Decodes an instruction word. A word that is no instruction is `Illegal`.
pub const fn decode(word: u32) -> Instruction {
    let rd = ((word >> 7) & 31) as u8;
    let rs1 = ((word >> 15) & 31) as u8;
    let rs2 = ((word >> 20) & 31) as u8;
    let (operation, immediate) = match word & 0x7f {
        0x37 => (Operation::Lui, word & 0xffff_f000),
        0x17 => (Operation::Auipc, word & 0xffff_f000),
        0x6f => (Operation::Jal, immediate_j(word)),
        0x67 => (jalr(word), immediate_i(word)),
        0x63 => (branch(word), immediate_b(word)),
        0x03 => (load(word), immediate_i(word)),
        0x23 => (store(word), immediate_s(word)),
        0x13 => register_immediate(word),
        0x33 => (register_register(word), 0),
        // FENCE with any operands; FENCE.I would need a code segment that changes.
        0x0f if funct3(word) == 0 => (Operation::Fence, 0),
        0x73 if word == 0x0000_0073 => (Operation::Ecall, 0),
        _ => (Operation::Illegal, 0),
    };
    Instruction { operation, rd: if rd == 0 { 32 } else { rd }, rs1, rs2, immediate }
}

const fn jalr(word: u32) -> Operation {
    if funct3(word) == 0 { Operation::Jalr } else { Operation::Illegal }
}

const fn branch(word: u32) -> Operation {
    match funct3(word) {
        0 => Operation::Beq,
        1 => Operation::Bne,
        4 => Operation::Blt,
        5 => Operation::Bge,
        6 => Operation::Bltu,
        7 => Operation::Bgeu,
        _ => Operation::Illegal,
    }
}

const fn load(word: u32) -> Operation {
    match funct3(word) {
        0 => Operation::Lb,
        1 => Operation::Lh,
        2 => Operation::Lw,
        4 => Operation::Lbu,
        5 => Operation::Lhu,
        _ => Operation::Illegal,
    }
}

const fn store(word: u32) -> Operation {
    match funct3(word) {
        0 => Operation::Sb,
        1 => Operation::Sh,
        2 => Operation::Sw,
        _ => Operation::Illegal,
    }
}

const fn register_immediate(word: u32) -> (Operation, u32) {
    let amount = (word >> 20) & 31;
    match (funct3(word), word >> 25) {
        (0, _) => (Operation::Addi, immediate_i(word)),
        (2, _) => (Operation::Slti, immediate_i(word)),
        (3, _) => (Operation::Sltiu, immediate_i(word)),
        (4, _) => (Operation::Xori, immediate_i(word)),
        (6, _) => (Operation::Ori, immediate_i(word)),
        (7, _) => (Operation::Andi, immediate_i(word)),
        (1, 0x00) => (Operation::Slli, amount),
        (5, 0x00) => (Operation::Srli, amount),
        (5, 0x20) => (Operation::Srai, amount),
        _ => (Operation::Illegal, 0),
    }
}

const fn register_register(word: u32) -> Operation {
    match (word >> 25, funct3(word)) {
        (0x00, 0) => Operation::Add,
        (0x20, 0) => Operation::Sub,
        (0x00, 1) => Operation::Sll,
        (0x00, 2) => Operation::Slt,
        (0x00, 3) => Operation::Sltu,
        (0x00, 4) => Operation::Xor,
        (0x00, 5) => Operation::Srl,
        (0x20, 5) => Operation::Sra,
        (0x00, 6) => Operation::Or,
        (0x00, 7) => Operation::And,
        (0x01, 0) => Operation::Mul,
        (0x01, 1) => Operation::Mulh,
        (0x01, 2) => Operation::Mulhsu,
        (0x01, 3) => Operation::Mulhu,
        (0x01, 4) => Operation::Div,
        (0x01, 5) => Operation::Divu,
        (0x01, 6) => Operation::Rem,
        (0x01, 7) => Operation::Remu,
        _ => Operation::Illegal,
    }
}

const fn funct3(word: u32) -> u32 {
    (word >> 12) & 7
}

const fn immediate_i(word: u32) -> u32 {
    (word.cast_signed() >> 20).cast_unsigned()
}

const fn immediate_s(word: u32) -> u32 {
    (immediate_i(word) & !31) | ((word >> 7) & 31)
}

const fn immediate_b(word: u32) -> u32 {
    let sign = (word.cast_signed() >> 31).cast_unsigned();
    (sign << 12) | ((word << 4) & 0x800) | ((word >> 20) & 0x7e0) | ((word >> 7) & 0x1e)
}

const fn immediate_j(word: u32) -> u32 {
    let sign = (word.cast_signed() >> 31).cast_unsigned();
    (sign << 20) | (word & 0xf_f000) | ((word >> 9) & 0x800) | ((word >> 20) & 0x7fe)
}
