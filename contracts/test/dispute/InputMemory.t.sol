// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { InputMemory } from "../../src/dispute/InputMemory.sol";
import { Merkle } from "../../src/libraries/Merkle.sol";
import { Request } from "../../src/types/Request.sol";
import { TextParameters } from "../../src/types/TextParameters.sol";

/// The requests that the Rust engine hashed, from what a contract's author writes to the root.
contract InputMemoryTest is Test {
    uint256 private constant DEPTH = 8;

    function test_requests_are_hashed_as_in_rust() external {
        string memory json = vm.readFile("../vectors/input.json");
        uint256[] memory chainIds = vm.parseJsonUintArray(json, ".chainId");
        bytes[] memory claimants = vm.parseJsonBytesArray(json, ".claimant");
        bytes[] memory texts = vm.parseJsonBytesArray(json, ".text");
        bytes[] memory prompts = vm.parseJsonBytesArray(json, ".prompt");
        bytes[] memory inputs = vm.parseJsonBytesArray(json, ".input");
        bytes[] memory requests = vm.parseJsonBytesArray(json, ".request");
        bytes32[] memory digests = vm.parseJsonBytes32Array(json, ".digest");
        bytes32[] memory roots = vm.parseJsonBytes32Array(json, ".root");
        assertGt(requests.length, 20);
        for (uint256 i = 0; i < requests.length; ++i) {
            Request memory request = abi.decode(requests[i], (Request));
            TextParameters memory text = abi.decode(texts[i], (TextParameters));
            (bytes32 parameters, bytes memory stops) = text.pack();
            assertEq(parameters, request.parameters, vm.toString(i));
            assertEq(bytes.concat(prompts[i], stops), inputs[i], vm.toString(i));
            assertEq(keccak256(inputs[i]), request.inputHash, vm.toString(i));
            vm.chainId(chainIds[i]);
            assertEq(request.digest(), digests[i], vm.toString(i));
            assertEq(this.root(request, address(bytes20(claimants[i])), inputs[i]), roots[i]);
        }
    }

    /// The words of docs/spec/request.md, whatever the program makes of parameters and input.
    function testFuzz_any_request_has_ten_words_and_its_input(
        Request memory request,
        address claimant,
        bytes memory input
    ) external {
        vm.assume(input.length <= 16_384);
        request.inputHash = keccak256(input);
        bytes32[10] memory words = [
            bytes32(uint256(3)),
            bytes32(block.chainid),
            bytes32(uint256(uint160(request.host))),
            bytes32(request.id),
            request.modelId,
            bytes32(uint256(uint160(claimant))),
            bytes32(uint256(request.seed)),
            bytes32(uint256(request.maxUnits)),
            request.parameters,
            bytes32(input.length)
        ];
        bytes memory whole = bytes.concat(abi.encode(words), input);
        assertEq(this.root(request, claimant, input), Merkle.root(whole, DEPTH));
    }

    function test_another_input_is_refused() external {
        Request memory request;
        request.inputHash = keccak256("asked");
        vm.expectRevert(
            abi.encodeWithSelector(InputMemory.WrongInput.selector, keccak256("another"))
        );
        this.root(request, address(1), "another");
    }

    function root(Request calldata request, address claimant, bytes calldata input)
        external
        view
        returns (bytes32)
    {
        return InputMemory.root(request, claimant, input, DEPTH);
    }
}
