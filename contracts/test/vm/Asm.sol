// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Instruction words by format, for tests
library Asm {
    function r(uint32 funct7, uint32 rs2, uint32 rs1, uint32 funct3, uint32 rd)
        internal
        pure
        returns (uint32)
    {
        return (funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | 0x33;
    }

    function i(uint32 opcode, uint32 funct3, uint32 rd, uint32 rs1, int32 imm)
        internal
        pure
        returns (uint32)
    {
        return (uint32(imm) << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
    }

    function s(uint32 funct3, uint32 rs2, uint32 rs1, int32 imm) internal pure returns (uint32) {
        uint32 bits = uint32(imm);
        return ((bits >> 5 & 0x7f) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12)
            | ((bits & 0x1f) << 7) | 0x23;
    }

    function b(uint32 funct3, uint32 rs1, uint32 rs2, int32 imm) internal pure returns (uint32) {
        uint32 bits = uint32(imm);
        return ((bits >> 12 & 1) << 31) | ((bits >> 5 & 0x3f) << 25) | (rs2 << 20) | (rs1 << 15)
            | (funct3 << 12) | ((bits >> 1 & 0xf) << 8) | ((bits >> 11 & 1) << 7) | 0x63;
    }

    function u(uint32 opcode, uint32 rd, uint32 top20) internal pure returns (uint32) {
        return (top20 << 12) | (rd << 7) | opcode;
    }

    function jal(uint32 rd, int32 imm) internal pure returns (uint32) {
        uint32 bits = uint32(imm);
        return ((bits >> 20 & 1) << 31) | ((bits >> 1 & 0x3ff) << 21) | ((bits >> 11 & 1) << 20)
            | ((bits >> 12 & 0xff) << 12) | (rd << 7) | 0x6f;
    }
}
