// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { IERC721 } from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title ERC-7007: Verifiable AI-Generated Content Token
/// @notice ERC-165 id 0x702c55a6.
interface IERC7007 is IERC165, IERC721 {
    /// @notice Content was added to a token.
    event AigcData(
        uint256 indexed tokenId, bytes indexed prompt, bytes indexed aigcData, bytes proof
    );

    /// @notice Adds content to a token.
    /// @param tokenId The token.
    /// @param prompt The prompt.
    /// @param aigcData The content.
    /// @param proof Proof that the model gave this content. May be empty.
    function addAigcData(
        uint256 tokenId,
        bytes calldata prompt,
        bytes calldata aigcData,
        bytes calldata proof
    ) external;

    /// @notice Whether `aigcData` is the model's final answer to `prompt`.
    /// @param prompt The prompt.
    /// @param aigcData The content.
    /// @param proof Proof that the model gave this content. May be empty.
    /// @return success True if it is.
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof)
        external
        view
        returns (bool success);
}

/// @title ERC-7007's optional extension that leads from prompt to token and back
/// @notice ERC-165 id 0xfa1a557a.
interface IERC7007Enumerable is IERC7007 {
    /// @notice The token of a prompt.
    /// @param text The prompt.
    /// @return The token.
    function tokenId(bytes calldata text) external view returns (uint256);

    /// @notice The prompt of a token.
    /// @param id The token.
    /// @return The prompt.
    function prompt(uint256 id) external view returns (string memory);
}

/// @title ERC-7007's optional extension for content that a challenge changed
/// @notice ERC-165 id 0x3f37dce2.
interface IERC7007Updatable is IERC7007 {
    /// @notice The content of a token was replaced.
    event Update(uint256 indexed tokenId, bytes indexed prompt, bytes indexed aigcData);

    /// @notice Replaces the content of a prompt's token.
    /// @param prompt The prompt.
    /// @param aigcData The new content.
    function update(bytes calldata prompt, bytes calldata aigcData) external;
}
