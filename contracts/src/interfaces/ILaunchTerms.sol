// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { LaunchParams } from "./IImoFactory.sol";

/// @title Judge of a launch's terms
/// @notice The factory asks it before it deploys anything. The list of what is refused is in
/// docs/spec/launch.md.
interface ILaunchTerms {
    /// @notice Reverts for terms that would trap somebody. The error names what is wrong.
    /// @param params The terms.
    /// @param exchange The v2 factory on which pools open; 0 if there is none.
    /// @param weth Wrapped ETH; 0 if there is none.
    function refuse(LaunchParams calldata params, address exchange, address weth) external view;
}
