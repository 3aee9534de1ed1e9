// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Who says a part of a conversation.
enum Role {
    /// Tells the model how to answer.
    System,
    User,
    /// The model, in an earlier answer.
    Assistant
}

/// @notice A part of a conversation as a request for text holds it, where its form is
/// `TextForm.Conversation` (docs/spec/request.md). A conversation is its parts one after the other,
/// and the stop sequences, if any, behind them:
/// `bytes.concat(part(Role.System, "Be brief."), part(Role.User, question), stops)`.
/// @param role Who says it.
/// @param text UTF-8 with at least one character that is not white space.
/// @return The role in a byte, the length of the text in four, and the text.
function part(Role role, bytes memory text) pure returns (bytes memory) {
    // No transaction has room for 2^32 bytes.
    return abi.encodePacked(uint8(role), uint32(text.length), text);
}
