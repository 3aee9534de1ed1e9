// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Base64 } from "solady/utils/Base64.sol";
import { LibString } from "solady/utils/LibString.sol";
import { CollectionParams, ContentStatus } from "../interfaces/IAigcCollection.sol";
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
/// @notice Wallets and marketplaces read it through `tokenURI` and `contractURI`.
/// @dev Anybody can choose the bytes of prompts and answers. So they appear only in JSON strings,
/// repaired and escaped.
library Metadata {
    /// @notice Metadata of a token: ERC-7007's schema, and how far the answer can be relied on.
    function tokenUri(CollectionParams memory params, TokenMetadata memory token)
        internal
        pure
        returns (string memory)
    {
        string memory id = LibString.toHexString(token.id, 32);
        string memory title = string.concat(params.terms.name, " ", LibString.slice(id, 0, 10));
        string memory head = string.concat(
            '{"name":',
            _quote(bytes(title)),
            ',"description":',
            _quote(_description(params)),
            ',"prompt":',
            _quote(token.prompt),
            ',"aigc_type":"text","aigc_data":',
            _quote(token.content)
        );
        string memory tail = string.concat(
            ',"aigc_digest":"',
            _hex(token.digest),
            '","proof_type":"fraud","status":"',
            _nameOf(token.status),
            '","request":"',
            LibString.toString(token.requestId),
            '","model":"',
            _hex(params.modelId),
            '"}'
        );
        return _dataUri(string.concat(head, tail));
    }

    /// @notice Metadata of the collection: ERC-7572's schema.
    function contractUri(CollectionParams memory params) internal pure returns (string memory) {
        return _dataUri(
            string.concat(
                '{"name":',
                _quote(bytes(params.terms.name)),
                ',"symbol":',
                _quote(bytes(params.terms.symbol)),
                ',"description":',
                _quote(_description(params)),
                "}"
            )
        );
    }

    function _description(CollectionParams memory params) private pure returns (bytes memory) {
        return abi.encodePacked("Answers of model ", _hex(params.modelId), ", proven on chain.");
    }

    function _nameOf(ContentStatus status) private pure returns (string memory) {
        if (status == ContentStatus.Pending) return "pending";
        return status == ContentStatus.Early ? "early" : "final";
    }

    function _quote(bytes memory text) private pure returns (string memory) {
        return LibString.escapeJSON(string(Utf8.repair(text)), true);
    }

    function _hex(bytes32 word) private pure returns (string memory) {
        return LibString.toHexString(uint256(word), 32);
    }

    function _dataUri(string memory json) private pure returns (string memory) {
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }
}
