// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice How tokens are chosen, and what ends the answer (docs/spec/request.md). All zero is greedy, with everything else off.
struct Sampling {
    /// In units of 2^-16; 0 is greedy.
    uint32 temperature;
    /// Candidates; 0 is the program's most.
    uint16 topK;
    /// The part of the candidates' weight to choose from, in units of 2^-16; 0 is off.
    uint16 topP;
    /// The least weight, as a part of the best candidate's, in units of 2^-16; 0 is off.
    uint16 minP;
    /// What recent tokens' logits are divided by, in units of 2^-16: 1 at least; 0 is off.
    uint32 repeatPenalty;
    /// The answer ends before the first of these. A literal will do, as in `stop[0] = "\n"`: zeros at the end are not part of it, and all
    /// zero is none.
    bytes32[4] stop;
}

using SamplingWord for Sampling global;

/// @title The word that a request has of its sampling
library SamplingWord {
    /// @notice Thrown when repeats would be made likelier.
    error PenaltyTooLow(uint256 repeatPenalty);

    /// @notice The word, and the stop sequences one after the other, which stand behind the prompt.
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

    /// @dev The length of each, a byte for a byte, and all of them.
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
