// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { IModelOffering } from "../../interfaces/IModelOffering.sol";
import { ISaleValidationHook } from "../../interfaces/external/ISaleValidationHook.sol";

/// @title An allow-list with a cap for each address
/// @notice A leaf is keccak256(keccak256(abi.encode(owner, cap))), the tree OpenZeppelin's standard one; `hookData` is
/// abi.encode(cap, proof). Serves any number of sales.
contract AllowList is ISaleValidationHook {
    /// @notice Commits to who may bid and up to how much in all.
    bytes32 public immutable root;

    /// @notice Thrown for who is not on the list with this cap.
    error NotAllowed(address owner, uint256 cap);
    /// @notice Thrown for a bid above its cap.
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
