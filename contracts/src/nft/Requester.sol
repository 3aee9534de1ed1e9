// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { Callback, IInferenceOracle, Question } from "../interfaces/IInferenceOracle.sol";

/// @title Asks the oracle for one minter of one collection
/// @notice The oracle credits what it gives back to who asked. So each minter has an account there of its own, and nobody has to
/// work out whose a refund is.
/// @dev A clone, whose argument is its collection. Never holds ETH.
contract Requester {
    error NotCollection(address caller);

    modifier onlyCollection() {
        address collection = abi.decode(Clones.fetchCloneArgs(address(this)), (address));
        if (msg.sender != collection) revert NotCollection(msg.sender);
        _;
    }

    /// @notice Passes a request on.
    function request(
        IInferenceOracle oracle,
        Question calldata question,
        bytes calldata prompt,
        Callback calldata callback
    ) external payable onlyCollection returns (uint256 id) {
        return oracle.request{ value: msg.value }(question, prompt, callback);
    }

    /// @notice Sends the credit to `to`.
    function withdraw(IInferenceOracle oracle, address to)
        external
        onlyCollection
        returns (uint256 amount)
    {
        return oracle.withdraw(to);
    }
}
