// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Base64 } from "solady/utils/Base64.sol";
import { LibString } from "solady/utils/LibString.sol";
import { CollectionParams, ContentStatus } from "../interfaces/IAigcCollection.sol";
import { Page, Svg } from "./Svg.sol";
import { Utf8 } from "./Utf8.sol";

/// @notice The values in a token's metadata.
struct TokenMetadata {
    uint256 id;
    uint256 requestId;
    ContentStatus status;
    /// keccak256 of the content; 0 for none.
    bytes32 digest;
    bytes prompt;
    /// Empty if it is not kept.
    bytes content;
}

/// @title Metadata of a collection and its tokens, as JSON in a data URI
/// @notice Collections pass on to wallets and marketplaces what this contract makes of their terms
/// and tokens. It has no state; one is deployed with the collections' code, which would be too
/// large with this in it.
/// @dev Anybody can choose the bytes of prompts and answers. So they appear only in JSON strings
/// and in the text of pictures, escaped. Prompts and names are well-formed UTF-8, since mints and
/// launches check them; answers are repaired.
contract Metadata {
    /// @notice Metadata of a token: ERC-7007's schema, a picture, and how far the answer can be
    /// relied on.
    function tokenUri(CollectionParams memory params, TokenMetadata memory token)
        external
        pure
        returns (string memory)
    {
        bytes memory content = Utf8.repair(token.content);
        string memory title = _titleOf(params, token.id);
        string memory status = _nameOf(token.status);
        string memory head = string.concat(
            '{"name":',
            _quote(bytes(title)),
            ',"description":',
            _quote(_description(params)),
            ',"image":"',
            _picture(Page(_question(token.prompt), content, title, status)),
            '","prompt":',
            _quote(token.prompt),
            ',"aigc_type":"text","aigc_data":',
            _quote(content)
        );
        string memory tail = string.concat(
            ',"aigc_digest":"',
            _hex(token.digest),
            '","proof_type":"fraud","status":"',
            status,
            '","request":"',
            LibString.toString(token.requestId),
            '","model":"',
            _hex(params.modelId),
            '"}'
        );
        return _dataUri(string.concat(head, tail));
    }

    /// @notice Metadata of the collection: ERC-7572's schema.
    function contractUri(CollectionParams memory params) external pure returns (string memory) {
        (string memory name, string memory symbol) = (params.terms.name, params.terms.symbol);
        return _dataUri(
            string.concat(
                '{"name":',
                _quote(bytes(name)),
                ',"symbol":',
                _quote(bytes(symbol)),
                ',"description":',
                _quote(_description(params)),
                ',"image":"',
                _picture(Page("", bytes(name), symbol, "")),
                '"}'
            )
        );
    }

    function _titleOf(CollectionParams memory params, uint256 id)
        private
        pure
        returns (string memory)
    {
        string memory digits = LibString.slice(LibString.toHexString(id, 32), 0, 10);
        return string.concat(params.terms.name, " ", digits);
    }

    function _description(CollectionParams memory params) private pure returns (bytes memory) {
        return abi.encodePacked("Answers of model ", _hex(params.modelId), ", proven on chain.");
    }

    /// @dev What the model was asked: the prompt after its first line.
    function _question(bytes memory prompt) private pure returns (bytes memory) {
        uint256 end = LibString.indexOf(string(prompt), "\n");
        return bytes(LibString.slice(string(prompt), end + 1));
    }

    function _nameOf(ContentStatus status) private pure returns (string memory) {
        if (status == ContentStatus.Pending) return "pending";
        return status == ContentStatus.Early ? "early" : "final";
    }

    /// @dev The picture of a work without a text shows the question in its place.
    function _picture(Page memory page) private pure returns (string memory) {
        if (page.text.length == 0) (page.head, page.text) = ("", page.head);
        string memory svg = Svg.draw(page);
        return string.concat("data:image/svg+xml;base64,", Base64.encode(bytes(svg)));
    }

    function _quote(bytes memory text) private pure returns (string memory) {
        return LibString.escapeJSON(string(text), true);
    }

    function _hex(bytes32 word) private pure returns (string memory) {
        return LibString.toHexString(uint256(word), 32);
    }

    function _dataUri(string memory json) private pure returns (string memory) {
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }
}
