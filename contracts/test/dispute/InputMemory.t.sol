// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { InputMemory } from "../../src/dispute/InputMemory.sol";
import { Request } from "../../src/types/Request.sol";
import { Sampling, SamplingWord } from "../../src/types/Sampling.sol";

/// The requests that the Rust engine hashed, from what a contract's author writes to the root.
contract InputMemoryTest is Test {
    uint256 private constant DEPTH = 8;

    function test_requests_are_hashed_as_in_rust() external {
        string memory json = vm.readFile("../vectors/input.json");
        uint256[] memory chainIds = vm.parseJsonUintArray(json, ".chainId");
        bytes[] memory claimants = vm.parseJsonBytesArray(json, ".claimant");
        bytes[] memory samplings = vm.parseJsonBytesArray(json, ".sampling");
        bytes[] memory prompts = vm.parseJsonBytesArray(json, ".prompt");
        bytes[] memory requests = vm.parseJsonBytesArray(json, ".request");
        bytes32[] memory digests = vm.parseJsonBytes32Array(json, ".digest");
        bytes32[] memory roots = vm.parseJsonBytes32Array(json, ".root");
        assertGt(requests.length, 20);
        for (uint256 i = 0; i < requests.length; ++i) {
            Request memory request = abi.decode(requests[i], (Request));
            (bytes32 word, bytes memory stops) = this.pack(abi.decode(samplings[i], (Sampling)));
            bytes memory text = bytes.concat(prompts[i], stops);
            assertEq(word, request.sampling, vm.toString(i));
            assertEq(keccak256(text), request.textHash, vm.toString(i));
            vm.chainId(chainIds[i]);
            assertEq(request.digest(), digests[i], vm.toString(i));
            assertEq(this.root(request, address(bytes20(claimants[i])), text), roots[i]);
        }
    }

    function test_literals_are_stop_sequences() external view {
        Sampling memory sampling;
        sampling.stop[1] = "\n";
        sampling.stop[3] = "User:";
        (bytes32 word, bytes memory stops) = this.pack(sampling);
        assertEq(stops, "\nUser:");
        assertEq(word, bytes32(uint256(0x00010005) << 112));
    }

    function test_penalties_below_one_are_refused() external {
        Sampling memory sampling;
        sampling.repeatPenalty = 1 << 16;
        this.pack(sampling);
        sampling.repeatPenalty -= 1;
        vm.expectRevert(abi.encodeWithSelector(SamplingWord.PenaltyTooLow.selector, 65_535));
        this.pack(sampling);
    }

    function pack(Sampling calldata sampling) external pure returns (bytes32, bytes memory) {
        return sampling.pack();
    }

    function root(Request calldata request, address claimant, bytes calldata text)
        external
        view
        returns (bytes32)
    {
        return InputMemory.root(request, claimant, text, DEPTH);
    }
}
