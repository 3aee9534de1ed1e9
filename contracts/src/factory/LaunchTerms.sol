// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LaunchParams } from "../interfaces/IImoFactory.sol";
import { ILaunchTerms } from "../interfaces/ILaunchTerms.sol";
import { Allocation } from "./Allocation.sol";
import { Earnings } from "./Earnings.sol";
import { Traps } from "./Traps.sol";

/// @title Refuses the terms of a launch that would trap somebody
/// @notice A contract of its own, since the factory, which holds the offering's creation code, has
/// no room for it. Three libraries have the rules.
contract LaunchTerms is ILaunchTerms {
    /// @inheritdoc ILaunchTerms
    function refuse(LaunchParams calldata params, address exchange, address weth) external view {
        Traps.refuse(params);
        Allocation.refuse(params, exchange, weth);
        Earnings.refuse(params);
    }
}
