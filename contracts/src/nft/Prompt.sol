// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LibString } from "solady/utils/LibString.sol";
import { Utf8 } from "./Utf8.sol";

/// @notice A token's prompt: who mints, with which salt, and the text that the model is asked. Where the salt makes no difference, the
/// text alone.
library Prompt {
    /// @notice Most bytes of a prompt.
    uint256 internal constant MAX_LENGTH = 4096;

    error PromptTooLong(uint256 length);
    error NotUtf8();

    /// @notice `imo1 by=0x<minter> salt=<salt>\n<text>`, UTF-8.
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

    /// @notice `imo1\n<text>`, UTF-8.
    function encodeGreedy(string calldata text) internal pure returns (bytes memory) {
        return _checked(abi.encodePacked("imo1\n", text));
    }

    /// @notice The token of a prompt.
    function idOf(bytes memory prompt) internal pure returns (uint256) {
        return uint256(keccak256(prompt));
    }

    /// @notice What the model's randomness is drawn from.
    function seedOf(address minter, uint64 salt) internal pure returns (uint64) {
        return uint64(uint256(keccak256(abi.encode(minter, salt))));
    }

    function _checked(bytes memory prompt) private pure returns (bytes memory) {
        if (prompt.length > MAX_LENGTH) revert PromptTooLong(prompt.length);
        if (!Utf8.isWellFormed(prompt)) revert NotUtf8();
        return prompt;
    }
}
