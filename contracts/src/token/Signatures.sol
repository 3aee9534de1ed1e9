// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ECDSA } from "solady/utils/ECDSA.sol";
import { EIP712 } from "solady/utils/EIP712.sol";
import { SignatureCheckerLib } from "solady/utils/SignatureCheckerLib.sol";

/// @title What holders of a model token sign
/// @notice The token checks permits, claims and recipients with this contract. All are typed data
/// (EIP-712).
abstract contract Signatures is EIP712 {
    /// @notice Thrown for a signature after its deadline.
    error SignatureExpired(uint256 deadline);
    /// @notice Thrown for a signature that is not of the account.
    error InvalidSignature(address account);

    /// @dev Reverts unless `account` signed the data. An account that only delegates to code
    /// (EIP-7702) signs as before; what its code accepts (ERC-1271) counts too.
    function _verify(address account, bytes32 structHash, uint256 deadline, bytes memory signature)
        internal
        view
    {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 digest = _hashTypedData(structHash);
        bool signed = account != address(0) && ECDSA.tryRecover(digest, signature) == account;
        bool accepted =
            signed || SignatureCheckerLib.isValidERC1271SignatureNow(account, digest, signature);
        if (!accepted) revert InvalidSignature(account);
    }
}
