// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Mints that were announced by their hash.
library Commitments {
    struct Book {
        /// @dev Seconds; 0: never.
        mapping(bytes32 commitment => uint256) madeAt;
    }

    /// @notice A commitment is older than a pending mint can be, or who sees one could commit to its text and be first.
    uint256 internal constant MIN_AGE = 1 minutes;
    uint256 internal constant MAX_AGE = 1 days;

    error CommittedBefore(bytes32 commitment);
    error NotCommitted(bytes32 commitment);
    error WrongAge(uint256 age, uint256 least, uint256 most);

    /// @notice What `minter` commits to; nobody else can use it.
    function hash(address minter, uint64 salt, uint256 id) internal pure returns (bytes32) {
        return keccak256(abi.encode(minter, salt, id));
    }

    /// @dev Once: or whoever sees it could make it too young again and again.
    function add(Book storage self, bytes32 commitment) internal {
        if (self.madeAt[commitment] != 0) revert CommittedBefore(commitment);
        self.madeAt[commitment] = block.timestamp;
    }

    function requireRipe(Book storage self, bytes32 commitment) internal view {
        uint256 madeAt = self.madeAt[commitment];
        if (madeAt == 0) revert NotCommitted(commitment);
        uint256 age = block.timestamp - madeAt;
        if (age < MIN_AGE || age > MAX_AGE) revert WrongAge(age, MIN_AGE, MAX_AGE);
    }
}
