// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LibString } from "solady/utils/LibString.sol";
import { Utf8 } from "./Utf8.sol";

/// @title The prompt of a token
/// @notice It names the minter, the salt and the text that the model is asked; in a greedy
/// collection, where a salt makes no difference, only the text. Its hash is the token's id.
library Prompt {
    /// @notice Most bytes of a prompt.
    uint256 internal constant MAX_LENGTH = 4096;

    /// @notice Thrown for a prompt of more than 4,096 bytes.
    error PromptTooLong(uint256 length);
    /// @notice Thrown for a prompt that is not well-formed UTF-8.
    error NotUtf8();

    /// @notice The prompt of a mint: `imo1 by=0x<minter> salt=<salt>\n<text>`, UTF-8.
    function encode(address minter, uint64 salt, string calldata text)
        internal
        pure
        returns (bytes memory)
    {
        return _checked(
            abi.encodePacked(
                "imo1 by=",
                LibString.toHexString(minter),
                " salt=",
                LibString.toString(salt),
                "\n",
                text
            )
        );
    }

    /// @notice The prompt of a mint in a greedy collection: `imo1\n<text>`, UTF-8.
    function encodeGreedy(string calldata text) internal pure returns (bytes memory) {
        return _checked(abi.encodePacked("imo1\n", text));
    }

    /// @notice The token of a prompt.
    function idOf(bytes memory prompt) internal pure returns (uint256) {
        return uint256(keccak256(prompt));
    }

    /// @notice The seed with which the model is asked.
    function seedOf(address minter, uint64 salt) internal pure returns (uint64) {
        return uint64(uint256(keccak256(abi.encode(minter, salt))));
    }

    function _checked(bytes memory prompt) private pure returns (bytes memory) {
        if (prompt.length > MAX_LENGTH) revert PromptTooLong(prompt.length);
        if (!Utf8.isWellFormed(prompt)) revert NotUtf8();
        return prompt;
    }
}
