// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ClaimedAnswer, Order, RequestStatus } from "../interfaces/IInferenceOracle.sol";

/// @notice What is stored of a request: a word while it waits for claims, a second one from its first claim on, and one for each further
/// claim while that is open.
struct RequestRecord {
    /// The first 26 bytes of the order's hash; 0 once nothing more is to be done with it.
    bytes26 order;
    /// Whether operators have turns at the first claim.
    bool drawn;
    /// Claims that were neither dropped nor became the answer.
    uint32 openClaims;
    RequestStatus status;
    /// Until it is final, the open claim that came when there was no other; then keccak256 of the answer.
    bytes32 claimOrAnswer;
    /// Whether one of the other claims is open. Claims are named by the hash of their `ClaimedAnswer`.
    mapping(bytes32 claimed => bool) others;
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

    /// @notice Opens a claim, unless the request came to an end while the verifier took it.
    function addClaim(RequestRecord storage self, uint256 id, ClaimedAnswer memory claimed)
        internal
    {
        if (self.status != RequestStatus.Requested) revert WrongStatus(id, self.status);
        bytes32 hash = _hash(claimed);
        if (self.openClaims == 0) {
            self.claimOrAnswer = hash;
        } else {
            if (self.isOpen(hash)) revert AlreadyClaimed(claimed.claim);
            self.others[hash] = true;
        }
        ++self.openClaims;
    }

    function checkOpen(RequestRecord storage self, ClaimedAnswer memory claimed) internal view {
        if (!self.isOpen(_hash(claimed))) revert ClaimNotOpen(claimed.claim);
    }

    function removeClaim(RequestRecord storage self, ClaimedAnswer memory claimed) internal {
        self.checkOpen(claimed);
        bytes32 hash = _hash(claimed);
        if (self.claimOrAnswer == hash) self.claimOrAnswer = 0;
        else delete self.others[hash];
        --self.openClaims;
    }

    /// @notice The answer is final.
    /// @param answer Its keccak256.
    /// @param deliverable Whether somebody is to be called with it.
    function finish(RequestRecord storage self, bytes32 answer, bool deliverable) internal {
        self.status = RequestStatus.Final;
        self.claimOrAnswer = answer;
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

    /// @notice keccak256 of the final answer; 0 while there is none.
    function answerHash(RequestRecord storage self) internal view returns (bytes32) {
        return self.status == RequestStatus.Final ? self.claimOrAnswer : bytes32(0);
    }

    function isOpen(RequestRecord storage self, bytes32 claimed) internal view returns (bool) {
        return self.claimOrAnswer == claimed || self.others[claimed];
    }

    /// @dev 104 bits against two orders of one hash, 208 against another order for a given one.
    function _hash(Order memory order) private pure returns (bytes26) {
        return bytes26(keccak256(abi.encode(order)));
    }

    function _hash(ClaimedAnswer memory claimed) private pure returns (bytes32) {
        return keccak256(abi.encode(claimed));
    }
}
