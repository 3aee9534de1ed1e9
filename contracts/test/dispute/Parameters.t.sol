// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { Parameters, ParametersCheck } from "../../src/dispute/Parameters.sol";

/// The library behind external calls.
contract ParametersCaller {
    function check(Parameters memory parameters) external view {
        ParametersCheck.check(parameters);
    }
}

contract ParametersTest is Test {
    ParametersCaller private immutable CALLER = new ParametersCaller();

    function test_a_chain_has_its_least_times() external {
        _expectLeast(31_337, 1, 1, 1);
        _expectLeast(1, 24 hours, 12 hours, 30 minutes);
        _expectLeast(11_155_111, 24 hours, 12 hours, 30 minutes);
        _expectLeast(560_048, 24 hours, 12 hours, 30 minutes);
        // Rollups, and whatever is not known.
        _expectLeast(42_161, 36 hours, 36 hours, 30 minutes);
        _expectLeast(10, 36 hours, 36 hours, 30 minutes);
        _expectLeast(1337, 36 hours, 36 hours, 30 minutes);
    }

    function _expectLeast(uint256 chainId, uint32 window, uint32 clock, uint32 extension) private {
        vm.chainId(chainId);
        Parameters memory p = Parameters(4, window, clock, extension, 0.25 ether, 0.08 ether);
        CALLER.check(p);
        p.window -= 1;
        _expectRefused(p, "window");
        (p.window, p.clock) = (window, clock - 1);
        _expectRefused(p, "clock");
        (p.clock, p.extension) = (clock, extension - 1);
        _expectRefused(p, "extension");
    }

    function test_what_makes_no_sense_is_refused_by_name() external {
        Parameters memory p = Parameters(4, 1 days, 1 days, 1 hours, 0.25 ether, 0.08 ether);
        CALLER.check(p);
        p.kLog2 = 0;
        _expectRefused(p, "kLog2");
        p.kLog2 = 7;
        _expectRefused(p, "kLog2");
        p.kLog2 = 6;
        p.extension = 1 days + 1;
        _expectRefused(p, "extension");
        (p.extension, p.challengeBond) = (1 days, 0);
        _expectRefused(p, "challengeBond");
        (p.challengeBond, p.claimBond) = (0.125 ether + 1, 0.25 ether);
        _expectRefused(p, "claimBond");
        p.challengeBond = 0.125 ether;
        CALLER.check(p);
    }

    /// @dev Window, both clocks, and the extension for each of the 14 moves of each side.
    function test_a_claim_is_decided_within_75_days() external {
        Parameters memory p = Parameters(4, 36 hours, 36 hours, 30 minutes, 0.4 ether, 0.1 ether);
        assertEq(ParametersCheck.decisionTime(p), 108 hours + 28 * 30 minutes);
        p.window = 75 days - 72 hours - 28 * 30 minutes;
        CALLER.check(p);
        p.window += 1;
        _expectRefused(p, "decisionTime");
        (p.window, p.clock) = (36 hours, 40 days);
        _expectRefused(p, "decisionTime");
        (p.clock, p.extension) = (5 days, 5 days);
        _expectRefused(p, "decisionTime");
        (p.kLog2, p.clock, p.extension) = (6, type(uint32).max, type(uint32).max);
        _expectRefused(p, "decisionTime");
    }

    function test_a_defence_takes_at_most_its_reveals_dissections_and_a_conviction() external pure {
        uint32[6] memory gas =
            [uint32(2_680_400), 1_554_800, 1_248_400, 1_109_600, 1_211_200, 1_426_400];
        for (uint8 kLog2 = 1; kLog2 <= 6; ++kLog2) {
            Parameters memory p = Parameters(kLog2, 1, 1, 1, 2, 1);
            assertEq(ParametersCheck.defenceGas(p), gas[kLog2 - 1]);
        }
    }

    function _expectRefused(Parameters memory p, string memory name) private {
        vm.expectRevert(abi.encodeWithSelector(ParametersCheck.ParameterOutOfRange.selector, name));
        CALLER.check(p);
    }
}
