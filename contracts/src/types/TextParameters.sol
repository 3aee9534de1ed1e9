// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What the input of a request for text is.
enum TextForm {
    /// One message of the user.
    Message,
    /// Text that the model continues, without the chat template.
    Raw,
    /// A list of parts (`Conversation.sol`).
    Conversation
}

/// @notice How a text model chooses tokens, what ends the answer, and what the input is
/// (docs/spec/request.md). All zero is a message that is answered greedily, with everything else
/// off.
struct TextParameters {
    /// In units of 2^-16; 0 is greedy.
    uint32 temperature;
    /// Number of candidates; 0 for the program's maximum.
    uint16 topK;
    /// Part of the candidates' weight to choose from, in units of 2^-16; 0 is off.
    uint16 topP;
    /// Least weight of a candidate, as a part of the best one's, in units of 2^-16; 0 is off.
    uint16 minP;
    /// Divisor of the logits of recent tokens, in units of 2^-16; 0 is off, otherwise at least 1.
    uint32 repeatPenalty;
    /// The answer ends before the first of these sequences. Zeros at the end of a word are not part
    /// of its sequence, so a literal will do, as in `stop[0] = "\n"`. A word of zeros is no
    /// sequence.
    bytes32[4] stop;
    TextForm form;
}

using TextWord for TextParameters global;

/// @title Packs the parameters of text into the word that a request holds
/// @notice Consumers that ask text models use this; the oracle does not. The stop sequences go
/// behind the prompt or the conversation:
/// `(question.parameters, stops) = wanted.pack(); input = bytes.concat(prompt, stops);`.
/// @dev From the highest bit: temperature 32 | topK 16 | topP 16 | minP 16 | repeatPenalty 32 |
/// lengths of the four stop sequences 8 each | form 8 | 0.
library TextWord {
    /// @notice Thrown unless the penalty is off, or at least 1 (2^16). A smaller one would favour
    /// repeats.
    error PenaltyTooLow(uint256 repeatPenalty);

    /// @notice Packs the parameters.
    /// @return parameters The word.
    /// @return stops The stop sequences one after the other, with which the input ends.
    function pack(TextParameters memory self)
        internal
        pure
        returns (bytes32 parameters, bytes memory stops)
    {
        if (self.repeatPenalty != 0 && self.repeatPenalty < 1 << 16) {
            revert PenaltyTooLow(self.repeatPenalty);
        }
        uint256 lengths;
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory sequence = _trimmed(self.stop[i]);
            lengths = lengths << 8 | sequence.length;
            stops = bytes.concat(stops, sequence);
        }
        parameters = bytes32(
            uint256(self.temperature) << 224 | uint256(self.topK) << 208 | uint256(self.topP) << 192
                | uint256(self.minP) << 176 | uint256(self.repeatPenalty) << 144 | lengths << 112
                | uint256(self.form) << 104
        );
    }

    /// @notice The temperature in a word, in units of 2^-16; 0 is greedy.
    function temperatureOf(bytes32 parameters) internal pure returns (uint256) {
        return uint256(parameters) >> 224;
    }

    /// @notice The number of candidates in a word; 0 for the program's maximum.
    function topKOf(bytes32 parameters) internal pure returns (uint256) {
        return uint16(uint256(parameters) >> 208);
    }

    /// @notice What is in a word beside temperature and candidates; 0 for nothing.
    function othersOf(bytes32 parameters) internal pure returns (uint256) {
        return uint208(uint256(parameters));
    }

    /// @dev The bytes of a word up to its last one that is not zero.
    function _trimmed(bytes32 word) private pure returns (bytes memory sequence) {
        uint256 length = 32;
        while (length != 0 && word[length - 1] == 0) {
            --length;
        }
        sequence = bytes.concat(word);
        assembly ("memory-safe") {
            mstore(sequence, length)
        }
    }
}
