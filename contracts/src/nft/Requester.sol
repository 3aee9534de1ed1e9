// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { Callback, IInferenceOracle, Question } from "../interfaces/IInferenceOracle.sol";

/// @title Asks the oracle for one minter of one collection
/// @notice The oracle credits refunds to the account that asked. So each minter has a requester of
/// its own, and the collection need not find out whose a refund is.
/// @dev A clone whose argument is its collection. It never holds ETH.
contract Requester {
    /// @notice Thrown when anyone but the collection calls.
    error NotCollection(address caller);

    /// @dev Only the collection can call.
    modifier onlyCollection() {
        address collection = abi.decode(Clones.fetchCloneArgs(address(this)), (address));
        if (msg.sender != collection) revert NotCollection(msg.sender);
        _;
    }

    /// @notice Passes a request on to the oracle.
    /// @return id The id of the request.
    function request(
        IInferenceOracle oracle,
        Question calldata question,
        bytes calldata input,
        Callback calldata callback
    ) external payable onlyCollection returns (uint256 id) {
        return oracle.request{ value: msg.value }(question, input, callback);
    }

    /// @notice Pays the credit at the oracle to `to`.
    /// @return amount The payment, in wei.
    function withdraw(IInferenceOracle oracle, address to)
        external
        onlyCollection
        returns (uint256 amount)
    {
        return oracle.withdraw(to);
    }
}
