// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice How tokens are chosen, and what ends the answer (docs/spec/request.md). All zero is
/// greedy, with everything else off.
struct Sampling {
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
}

using SamplingWord for Sampling global;

/// @title Packs sampling into the word that a request holds
/// @dev From the highest bit: temperature 32 | topK 16 | topP 16 | minP 16 | repeatPenalty 32 |
/// lengths of the four stop sequences 8 each | 0.
library SamplingWord {
    /// @notice Thrown unless the penalty is off, or at least 1 (2^16). A smaller one would favour
    /// repeats.
    error PenaltyTooLow(uint256 repeatPenalty);

    /// @notice Packs the sampling.
    /// @return word The word.
    /// @return stops The stop sequences one after the other, as they follow the prompt.
    function pack(Sampling calldata self) internal pure returns (bytes32 word, bytes memory stops) {
        if (self.repeatPenalty != 0 && self.repeatPenalty < 1 << 16) {
            revert PenaltyTooLow(self.repeatPenalty);
        }
        uint256 lengths;
        bytes32[4] calldata stop = self.stop;
        if (stop[0] | stop[1] | stop[2] | stop[3] != 0) (lengths, stops) = _join(stop);
        word = bytes32(
            uint256(self.temperature) << 224 | uint256(self.topK) << 208 | uint256(self.topP) << 192
                | uint256(self.minP) << 176 | uint256(self.repeatPenalty) << 144 | lengths << 112
        );
    }

    /// @dev The lengths of the sequences, a byte each, and all sequences one after the other.
    function _join(bytes32[4] calldata stop)
        private
        pure
        returns (uint256 lengths, bytes memory all)
    {
        for (uint256 i = 0; i < 4; ++i) {
            uint256 length = 32;
            while (length != 0 && stop[i][length - 1] == 0) {
                --length;
            }
            bytes memory one = new bytes(length);
            for (uint256 j = 0; j < length; ++j) {
                one[j] = stop[i][j];
            }
            lengths = lengths << 8 | length;
            all = bytes.concat(all, one);
        }
    }
}
