// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { RequestStatus } from "../interfaces/IInferenceOracle.sol";

/// @dev Mark of a request for whose first claim operators have turns.
uint8 constant DRAWN = 1;
/// @dev Mark of a request of which a claim was dropped.
uint8 constant DROPPED = 2;
/// @dev Mark of a request that came through ORA's interface.
uint8 constant FOR_ORA = 4;

/// @notice What the oracle stores about a request: one word. A second word is in use while a
/// delivery is due that did not come with the finalization, a third once a claim was dropped, and
/// one more for each dropped claim.
/// @dev From the lowest bit: hash 208 | marks 8 | openClaims 32 | status 8; then answerLength 32 |
/// orderHash 224; then deadline 40.
struct RequestRecord {
    /// The first 26 bytes of the order's hash; once the request is final, of the answer's hash.
    bytes26 hash;
    /// The sum of those of the marks above that hold.
    uint8 marks;
    /// Number of claims that were not dropped. Has no meaning once the request is final.
    uint32 openClaims;
    RequestStatus status;
    /// The first 28 bytes of the hash of an order whose answer is final and still to be delivered,
    /// and the answer's length as the finalization counted it. The delivery's reserve follows from
    /// this length.
    bytes32 undelivered;
    /// Last second in which a claim can be posted, once a claim was dropped. Before that it is the
    /// order's expiry, which costs no word.
    uint40 deadline;
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
    function begin(RequestRecord storage self, bytes32 orderHash, uint8 marks) internal {
        self.hash = bytes26(orderHash);
        self.marks = marks;
        self.status = RequestStatus.Requested;
    }

    /// @notice Whether the request has a mark.
    function has(RequestRecord storage self, uint8 mark) internal view returns (bool) {
        return self.marks & mark != 0;
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
        bool isDropped = self.has(DROPPED) && self.dropped[claim];
        if (isDropped || self.openClaims == 0) revert ClaimNotOpen(claim);
    }

    /// @notice Counts a claim. A full count stays full, so that no number of claims keeps anyone
    /// from claiming; the request is then refunded as one whose verifier does not decide.
    function open(RequestRecord storage self) internal {
        if (self.openClaims != type(uint32).max) ++self.openClaims;
    }

    /// @notice Last second in which a claim can be posted, of a request with this expiry.
    function deadlineAfter(RequestRecord storage self, uint256 expiry)
        internal
        view
        returns (uint256)
    {
        return self.has(DROPPED) ? self.deadline : expiry;
    }

    /// @notice Drops a claim, which then no longer counts, and takes claims until `deadline`.
    function drop(RequestRecord storage self, bytes32 claim, uint256 deadline) internal {
        self.checkClaim(claim);
        self.dropped[claim] = true;
        self.marks |= DROPPED;
        // Later claims are dropped later, so it only grows.
        self.deadline = uint40(deadline);
        if (self.openClaims != type(uint32).max) --self.openClaims;
    }

    /// @notice Makes the answer with this hash final.
    function finish(RequestRecord storage self, bytes32 answerHash) internal {
        self.status = RequestStatus.Final;
        self.hash = bytes26(answerHash);
    }

    /// @notice Records that the consumer is still to be called with the answer, whose length the
    /// finalization counted.
    function postpone(RequestRecord storage self, bytes32 orderHash, uint32 answerLength) internal {
        self.undelivered = bytes28(orderHash) | bytes32(uint256(answerLength));
    }

    /// @notice Takes up a postponed delivery, once.
    /// @return answerLength The length that the finalization counted.
    function resume(RequestRecord storage self, uint256 id, bytes32 orderHash)
        internal
        returns (uint32 answerLength)
    {
        self.checkStatus(id, RequestStatus.Final);
        bytes32 word = self.undelivered;
        if (bytes28(word) != bytes28(orderHash)) revert NotTheOrder(id);
        self.undelivered = 0;
        answerLength = uint32(uint256(word));
    }

    /// @notice Whether this is the hash of the final answer.
    function isAnswer(RequestRecord storage self, bytes32 answerHash) internal view returns (bool) {
        return self.status == RequestStatus.Final && self.hash == bytes26(answerHash);
    }
}
