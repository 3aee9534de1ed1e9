// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Commitments to mints of a greedy collection
/// @notice A minter first commits to a mint by its hash. Only a commitment of the right age lets it
/// mint. Whoever copies the text of a pending mint commits after its minter, and of two minters of
/// a text the one who committed before gets the token.
library Commitments {
    /// @notice All commitments of a collection.
    struct Book {
        /// Time of each commitment, in seconds; 0 for none.
        mapping(bytes32 commitment => uint256) madeAt;
    }

    /// @notice Least age: as long as a mint is usually pending, so that it is rarely overtaken.
    uint256 internal constant MIN_AGE = 1 minutes;
    /// @notice Most age.
    uint256 internal constant MAX_AGE = 1 days;

    /// @notice Thrown for a commitment that was made before.
    error CommittedBefore(bytes32 commitment);
    /// @notice Thrown for a mint without a commitment.
    error NotCommitted(bytes32 commitment);
    /// @notice Thrown for a mint too soon or too late after its commitment. Ages in seconds.
    error WrongAge(uint256 age, uint256 least, uint256 most);

    /// @notice The commitment to a mint. Only `minter` can use it.
    function hash(address minter, uint64 salt, uint256 id) internal pure returns (bytes32) {
        return keccak256(abi.encode(minter, salt, id));
    }

    /// @notice Records a commitment.
    /// @dev Only once. Otherwise whoever sees a commitment could make it too young again and again.
    function add(Book storage self, bytes32 commitment) internal {
        if (self.madeAt[commitment] != 0) revert CommittedBefore(commitment);
        self.madeAt[commitment] = block.timestamp;
    }

    /// @notice The time at which a commitment was made. Reverts unless it has the right age.
    function requireRipe(Book storage self, bytes32 commitment)
        internal
        view
        returns (uint256 madeAt)
    {
        madeAt = self.madeAt[commitment];
        if (madeAt == 0) revert NotCommitted(commitment);
        uint256 age = block.timestamp - madeAt;
        if (age < MIN_AGE || age > MAX_AGE) revert WrongAge(age, MIN_AGE, MAX_AGE);
    }
}
