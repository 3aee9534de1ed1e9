// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimedAnswer, Order, RequestStatus } from "../interfaces/IInferenceOracle.sol";

/// @notice What is stored of a request: a word while it waits for claims, a second one for the answer, and one for each claim.
struct RequestRecord {
    /// The first 26 bytes of the order's hash; 0 once nothing more is to be done with it.
    bytes26 order;
    /// Whether operators have turns at the first claim.
    bool drawn;
    /// Claims that were neither dropped nor became the answer.
    uint32 openClaims;
    RequestStatus status;
    /// keccak256 of the final answer.
    bytes32 answerHash;
    /// Whether a claim, named by the hash of its `ClaimedAnswer`, is open.
    mapping(bytes32 claimed => bool) isOpen;
}

using RequestRecords for RequestRecord global;

/// @title The states of a request: requested, then final or expired
library RequestRecords {
    /// @notice Thrown when an order is not the request's, or nothing more is to be done with it.
    error NotTheOrder(uint256 id);
    /// @notice Thrown when a request is in another state than the call is for.
    error WrongStatus(uint256 id, RequestStatus status);
    error ClaimNotOpen(bytes32 claim);
    error AlreadyClaimed(bytes32 claim);

    function begin(RequestRecord storage self, Order memory order, bool drawn) internal {
        self.order = _hash(order);
        self.drawn = drawn;
        self.status = RequestStatus.Requested;
    }

    /// @notice Reverts unless the request is in `status` and `order` is what it is about.
    function check(RequestRecord storage self, Order memory order, RequestStatus status)
        internal
        view
    {
        uint256 id = order.request.id;
        if (self.status != status) revert WrongStatus(id, self.status);
        if (self.order != _hash(order)) revert NotTheOrder(id);
    }

    function addClaim(RequestRecord storage self, ClaimedAnswer memory claimed) internal {
        bytes32 hash = _hash(claimed);
        if (self.isOpen[hash]) revert AlreadyClaimed(claimed.claim);
        self.isOpen[hash] = true;
        ++self.openClaims;
    }

    function removeClaim(RequestRecord storage self, ClaimedAnswer memory claimed) internal {
        bytes32 hash = _hash(claimed);
        if (!self.isOpen[hash]) revert ClaimNotOpen(claimed.claim);
        delete self.isOpen[hash];
        --self.openClaims;
    }

    /// @notice The answer is final.
    /// @param deliverable Whether somebody is to be called with it.
    function finish(RequestRecord storage self, bytes32 answerHash, bool deliverable) internal {
        self.status = RequestStatus.Final;
        self.answerHash = answerHash;
        if (!deliverable) self.order = 0;
    }

    /// @notice The callback ran.
    function deliver(RequestRecord storage self) internal {
        self.order = 0;
    }

    /// @notice There will be no answer.
    function expire(RequestRecord storage self) internal {
        self.status = RequestStatus.Expired;
        self.order = 0;
    }

    /// @dev 104 bits against two orders of one hash, 208 against another order for a given one.
    function _hash(Order memory order) private pure returns (bytes26) {
        return bytes26(keccak256(abi.encode(order)));
    }

    function _hash(ClaimedAnswer memory claimed) private pure returns (bytes32) {
        return keccak256(abi.encode(claimed));
    }
}
