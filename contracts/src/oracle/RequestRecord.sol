// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { RequestStatus } from "../interfaces/IInferenceOracle.sol";

/// @notice What is stored of a request: one word. A second one only while a delivery is due that did not come with the finalization, and one
/// for each claim that was dropped.
struct RequestRecord {
    /// The first 26 bytes of a hash: the order's, until the request is final; then the answer's.
    bytes26 hash;
    /// Whether operators have turns at the first claim.
    bool drawn;
    /// Whether any claim was dropped.
    bool anyDropped;
    /// Claims that were not dropped; of no meaning once the request is final.
    uint24 openClaims;
    RequestStatus status;
    /// The hash of an order whose answer is final and still to be delivered.
    bytes32 undelivered;
    mapping(bytes32 claim => bool) dropped;
}

using RequestRecords for RequestRecord global;

/// @title The states of a request: requested, then final or expired
/// @dev Of claims only their number is kept: which there are, the verifier knows, and it takes them from the oracle alone. 26 bytes are 104 bits
/// against two orders or answers of one hash, and 208 against another one for a given one.
library RequestRecords {
    /// @notice Thrown when an order is not the request's, or nothing more is to be done with it.
    error NotTheOrder(uint256 id);
    /// @notice Thrown when a request is in another state than the call is for.
    error WrongStatus(uint256 id, RequestStatus status);
    /// @notice Thrown for a claim that was dropped, or when no claim is open.
    error ClaimNotOpen(bytes32 claim);

    function begin(RequestRecord storage self, bytes32 orderHash, bool drawn) internal {
        self.hash = bytes26(orderHash);
        self.drawn = drawn;
        self.status = RequestStatus.Requested;
    }

    /// @notice Reverts unless the request waits for an answer and the order with this hash is what it is about.
    function check(RequestRecord storage self, uint256 id, bytes32 orderHash) internal view {
        self.checkStatus(id, RequestStatus.Requested);
        if (self.hash != bytes26(orderHash)) revert NotTheOrder(id);
    }

    function checkStatus(RequestRecord storage self, uint256 id, RequestStatus status)
        internal
        view
    {
        if (self.status != status) revert WrongStatus(id, self.status);
    }

    /// @notice Reverts if a claim was dropped, or none is open.
    function checkClaim(RequestRecord storage self, bytes32 claim) internal view {
        bool isDropped = self.anyDropped && self.dropped[claim];
        if (isDropped || self.openClaims == 0) revert ClaimNotOpen(claim);
    }

    /// @notice A claim no longer counts.
    function drop(RequestRecord storage self, bytes32 claim) internal {
        self.checkClaim(claim);
        self.dropped[claim] = true;
        self.anyDropped = true;
        --self.openClaims;
    }

    /// @notice The answer with this hash is final.
    function finish(RequestRecord storage self, bytes32 answerHash) internal {
        self.status = RequestStatus.Final;
        self.hash = bytes26(answerHash);
    }

    /// @notice Somebody is still to be called with the answer.
    function postpone(RequestRecord storage self, bytes32 orderHash) internal {
        self.undelivered = orderHash;
    }

    /// @notice A delivery that was postponed is made, once.
    function resume(RequestRecord storage self, uint256 id, bytes32 orderHash) internal {
        self.checkStatus(id, RequestStatus.Final);
        if (self.undelivered != orderHash) revert NotTheOrder(id);
        self.undelivered = 0;
    }

    function isAnswer(RequestRecord storage self, bytes32 answerHash) internal view returns (bool) {
        return self.status == RequestStatus.Final && self.hash == bytes26(answerHash);
    }
}
