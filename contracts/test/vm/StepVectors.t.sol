// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { IStepper, Machine } from "../../src/interfaces/IStepper.sol";

/// The golden steps that the Rust machine took.
contract StepVectorsTest is Test {
    function test_every_golden_step_is_taken_as_the_machine_took_it() public {
        IStepper stepper = IStepper(deployCode("RiscvStepper.sol:RiscvStepper"));
        string memory json = vm.readFile("../vectors/step.json");
        bytes[] memory machines = vm.parseJsonBytesArray(json, ".machine");
        bytes[] memory codes = vm.parseJsonBytesArray(json, ".code");
        bytes[] memory witnesses = vm.parseJsonBytesArray(json, ".witness");
        bytes32[] memory before = vm.parseJsonBytes32Array(json, ".before");
        bytes32[] memory afterwards = vm.parseJsonBytes32Array(json, ".after");
        assertGt(machines.length, 0);
        for (uint256 i = 0; i < machines.length; ++i) {
            Machine memory machine = abi.decode(machines[i], (Machine));
            stepper.storeCode(machine.codeRoot, machine.codeDepth, 0, codes[i], new bytes32[](0));
            (bytes32 pre, bytes32 post) = stepper.step(machine, witnesses[i]);
            assertEq(pre, before[i], vm.toString(i));
            assertEq(post, afterwards[i], vm.toString(i));
        }
    }
}
