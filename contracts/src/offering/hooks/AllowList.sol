// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { IModelOffering } from "../../interfaces/IModelOffering.sol";
import { ISaleValidationHook } from "../../interfaces/external/ISaleValidationHook.sol";

/// @title An allow-list with a cap for each address
/// @notice A sale that names this hook takes bids only from addresses on the list, each up to its
/// cap. The list is OpenZeppelin's standard Merkle tree over leaves
/// keccak256(keccak256(abi.encode(owner, cap))). A bidder gives `hookData` = abi.encode(cap,
/// proof). One hook serves any number of sales.
contract AllowList is ISaleValidationHook {
    /// @notice Root of the list.
    bytes32 public immutable root;

    /// @notice Thrown for an address that is not on the list with this cap.
    error NotAllowed(address owner, uint256 cap);
    /// @notice Thrown for a bid above the cap.
    error BidAboveCap(address owner, uint256 total, uint256 cap);

    constructor(bytes32 root_) {
        root = root_;
    }

    /// @inheritdoc ISaleValidationHook
    function validate(uint256, uint128, address owner, address, bytes calldata hookData)
        external
        view
    {
        (uint256 cap, bytes32[] memory proof) = abi.decode(hookData, (uint256, bytes32[]));
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(owner, cap))));
        if (!MerkleProof.verify(proof, root, leaf)) revert NotAllowed(owner, cap);

        IModelOffering offering = IModelOffering(msg.sender);
        uint256 total = offering.bidOf(offering.token(), owner).amount;
        if (total > cap) revert BidAboveCap(owner, total, cap);
    }
}
