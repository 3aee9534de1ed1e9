// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { RequestStatus } from "../interfaces/IInferenceOracle.sol";

/// @notice What the oracle stores about a request: one word. A second word is in use while a
/// delivery is due that did not come with the finalization, and one more for each dropped claim.
/// @dev From the lowest bit: hash 208 | drawn 8 | anyDropped 8 | openClaims 24 | status 8.
struct RequestRecord {
    /// The first 26 bytes of the order's hash; once the request is final, of the answer's hash.
    bytes26 hash;
    /// Whether operators have turns for the first claim.
    bool drawn;
    /// Whether any claim was dropped.
    bool anyDropped;
    /// Number of claims that were not dropped. Has no meaning once the request is final.
    uint24 openClaims;
    RequestStatus status;
    /// The hash of an order whose answer is final and still to be delivered.
    bytes32 undelivered;
    mapping(bytes32 claim => bool) dropped;
}

using RequestRecords for RequestRecord global;

/// @title The states of a request: requested, then final or expired
/// @notice The oracle checks with this library that an order is the request's, and that a claim
/// still counts.
/// @dev Only the number of claims is stored: the verifier knows which there are, and takes them
/// only from the oracle. 26 bytes of a hash give 104 bits of security against two orders or answers
/// with the same hash, and 208 bits against another one with a given hash.
library RequestRecords {
    /// @notice Thrown when an order is not the request's, or nothing is left to do with it.
    error NotTheOrder(uint256 id);
    /// @notice Thrown when the request is in a state that does not allow the call.
    error WrongStatus(uint256 id, RequestStatus status);
    /// @notice Thrown for a claim that was dropped, or if no claim is open.
    error ClaimNotOpen(bytes32 claim);

    /// @notice Begins a request.
    function begin(RequestRecord storage self, bytes32 orderHash, bool drawn) internal {
        self.hash = bytes26(orderHash);
        self.drawn = drawn;
        self.status = RequestStatus.Requested;
    }

    /// @notice Reverts unless the request waits for an answer and this is the hash of its order.
    function check(RequestRecord storage self, uint256 id, bytes32 orderHash) internal view {
        self.checkStatus(id, RequestStatus.Requested);
        if (self.hash != bytes26(orderHash)) revert NotTheOrder(id);
    }

    /// @notice Reverts unless the request has this status.
    function checkStatus(RequestRecord storage self, uint256 id, RequestStatus status)
        internal
        view
    {
        if (self.status != status) revert WrongStatus(id, self.status);
    }

    /// @notice Reverts if a claim was dropped, or if none is open.
    function checkClaim(RequestRecord storage self, bytes32 claim) internal view {
        bool isDropped = self.anyDropped && self.dropped[claim];
        if (isDropped || self.openClaims == 0) revert ClaimNotOpen(claim);
    }

    /// @notice Drops a claim, which then no longer counts.
    function drop(RequestRecord storage self, bytes32 claim) internal {
        self.checkClaim(claim);
        self.dropped[claim] = true;
        self.anyDropped = true;
        --self.openClaims;
    }

    /// @notice Makes the answer with this hash final.
    function finish(RequestRecord storage self, bytes32 answerHash) internal {
        self.status = RequestStatus.Final;
        self.hash = bytes26(answerHash);
    }

    /// @notice Records that the consumer is still to be called with the answer.
    function postpone(RequestRecord storage self, bytes32 orderHash) internal {
        self.undelivered = orderHash;
    }

    /// @notice Takes up a postponed delivery, once.
    function resume(RequestRecord storage self, uint256 id, bytes32 orderHash) internal {
        self.checkStatus(id, RequestStatus.Final);
        if (self.undelivered != orderHash) revert NotTheOrder(id);
        self.undelivered = 0;
    }

    /// @notice Whether this is the hash of the final answer.
    function isAnswer(RequestRecord storage self, bytes32 answerHash) internal view returns (bool) {
        return self.status == RequestStatus.Final && self.hash == bytes26(answerHash);
    }
}
