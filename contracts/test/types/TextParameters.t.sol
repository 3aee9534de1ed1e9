// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";

import { TextForm, TextParameters, TextWord } from "../../src/types/TextParameters.sol";

/// The word of docs/spec/request.md.
contract TextParametersTest is Test {
    function testFuzz_every_field_stands_where_the_spec_says(
        uint32 temperature,
        uint16[3] memory choices,
        uint32 penalty,
        bytes32[4] memory stop,
        uint256[4] memory zeros,
        uint8 form
    ) external pure {
        if (penalty != 0) {
            penalty = uint32(bound(penalty, 1 << 16, type(uint32).max));
        }
        form %= 3;
        TextParameters memory text = TextParameters(
            temperature, choices[0], choices[1], choices[2], penalty, stop, TextForm(form)
        );
        bytes memory lengths;
        bytes memory sequences;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 shift = 8 * bound(zeros[i], 0, 32);
            text.stop[i] = bytes32(uint256(text.stop[i]) >> shift << shift);
            bytes memory sequence = _sequence(text.stop[i]);
            lengths = bytes.concat(lengths, bytes1(uint8(sequence.length)));
            sequences = bytes.concat(sequences, sequence);
        }
        (bytes32 parameters, bytes memory stops) = text.pack();
        assertEq(
            bytes.concat(parameters),
            bytes.concat(
                abi.encodePacked(temperature, choices[0], choices[1], choices[2], penalty),
                lengths,
                abi.encodePacked(form, bytes13(0))
            )
        );
        assertEq(stops, sequences);
    }

    /// A word from its first byte to its last one that is not zero.
    function _sequence(bytes32 word) private pure returns (bytes memory sequence) {
        uint256 length = 0;
        for (uint256 i = 0; i < 32; ++i) {
            if (word[i] != 0) length = i + 1;
        }
        for (uint256 i = 0; i < length; ++i) {
            sequence = bytes.concat(sequence, word[i]);
        }
    }

    function test_nothing_set_is_the_word_of_zeros() external pure {
        TextParameters memory text;
        (bytes32 parameters, bytes memory stops) = text.pack();
        assertEq(parameters, 0);
        assertEq(stops, "");
    }

    function test_literals_are_stop_sequences() external pure {
        TextParameters memory text;
        text.stop[1] = "\n";
        text.stop[3] = "User:";
        (bytes32 parameters, bytes memory stops) = text.pack();
        assertEq(stops, "\nUser:");
        assertEq(parameters, bytes32(uint256(0x00010005) << 112));
    }

    function test_forms_are_numbered_as_in_the_spec() external pure {
        TextParameters memory text;
        TextForm[3] memory forms = [TextForm.Message, TextForm.Raw, TextForm.Conversation];
        for (uint256 i = 0; i < 3; ++i) {
            text.form = forms[i];
            (bytes32 parameters,) = text.pack();
            assertEq(uint8(parameters[18]), i);
        }
    }

    function test_penalties_below_one_are_refused() external {
        TextParameters memory text;
        text.repeatPenalty = 1 << 16;
        this.pack(text);
        text.repeatPenalty -= 1;
        vm.expectRevert(abi.encodeWithSelector(TextWord.PenaltyTooLow.selector, 65_535));
        this.pack(text);
        text.repeatPenalty = 1;
        vm.expectRevert(abi.encodeWithSelector(TextWord.PenaltyTooLow.selector, 1));
        this.pack(text);
    }

    function testFuzz_a_word_splits_into_temperature_candidates_and_others(bytes32 word)
        external
        pure
    {
        bytes memory parts = abi.encodePacked(
            uint32(TextWord.temperatureOf(word)),
            uint16(TextWord.topKOf(word)),
            uint208(TextWord.othersOf(word))
        );
        assertEq(parts, bytes.concat(word));
        assertLe(TextWord.temperatureOf(word), type(uint32).max);
        assertLe(TextWord.topKOf(word), type(uint16).max);
        assertLe(TextWord.othersOf(word), type(uint208).max);
    }

    function pack(TextParameters memory text) external pure returns (bytes32, bytes memory) {
        return text.pack();
    }
}
