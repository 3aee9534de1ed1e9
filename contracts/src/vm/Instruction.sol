// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A 32-bit instruction word of RV32IM. The functions below take its fields apart.
type Instruction is uint32;

using { opcode, rd, rs1, rs2, funct3, funct7, immI, immS, immB, immU, immJ } for Instruction global;

// Opcode families: the low seven bits of a word.
uint32 constant LOAD = 0x03;
uint32 constant FENCE = 0x0f;
uint32 constant OP_IMM = 0x13;
uint32 constant AUIPC = 0x17;
uint32 constant STORE = 0x23;
uint32 constant OP = 0x33;
uint32 constant LUI = 0x37;
uint32 constant BRANCH = 0x63;
uint32 constant JALR = 0x67;
uint32 constant JAL = 0x6f;
uint32 constant SYSTEM = 0x73;

function opcode(Instruction self) pure returns (uint32) {
    return _bits(self, 0, 7);
}

function rd(Instruction self) pure returns (uint32) {
    return _bits(self, 7, 5);
}

function rs1(Instruction self) pure returns (uint32) {
    return _bits(self, 15, 5);
}

function rs2(Instruction self) pure returns (uint32) {
    return _bits(self, 20, 5);
}

function funct3(Instruction self) pure returns (uint32) {
    return _bits(self, 12, 3);
}

function funct7(Instruction self) pure returns (uint32) {
    return _bits(self, 25, 7);
}

/// @dev The immediates are signed, in two's complement. Bit 31 of the word is the sign of each.
function immI(Instruction self) pure returns (uint32) {
    return _signed(self, 20);
}

function immS(Instruction self) pure returns (uint32) {
    return (_signed(self, 25) << 5) | _bits(self, 7, 5);
}

function immB(Instruction self) pure returns (uint32) {
    return (_signed(self, 31) << 12) | (_bits(self, 7, 1) << 11) | (_bits(self, 25, 6) << 5)
        | (_bits(self, 8, 4) << 1);
}

function immU(Instruction self) pure returns (uint32) {
    return _bits(self, 12, 20) << 12;
}

function immJ(Instruction self) pure returns (uint32) {
    return (_signed(self, 31) << 20) | (_bits(self, 12, 8) << 12) | (_bits(self, 20, 1) << 11)
        | (_bits(self, 21, 10) << 1);
}

/// @dev The `count` bits from bit `from` on.
function _bits(Instruction self, uint32 from, uint32 count) pure returns (uint32) {
    return uint32((uint256(Instruction.unwrap(self)) >> from) & ((1 << uint256(count)) - 1));
}

/// @dev The bits from bit `from` to the sign, sign-extended.
function _signed(Instruction self, uint32 from) pure returns (uint32) {
    return uint32(int32(Instruction.unwrap(self)) >> from);
}
