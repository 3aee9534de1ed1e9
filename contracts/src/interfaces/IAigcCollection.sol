// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC2981 } from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import { IERC4906 } from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {
    IERC721Metadata
} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import { IERC5192 } from "./external/IERC5192.sol";
import { IERC7007Enumerable, IERC7007Updatable } from "./external/IERC7007.sol";

/// @notice What a launch fixes of a collection.
struct CollectionTerms {
    /// 1 to 32 bytes of printable ASCII, as is the symbol.
    string name;
    string symbol;
    /// Wei for the splitter beside what the answer costs.
    uint96 mintFee;
    /// Basis points of a sale's price, at most 1,000.
    uint16 royaltyBps;
    /// Most tokens of an answer; at least 1.
    uint32 maxTokens;
    /// In units of 2^-16: 0, which is greedy, or at least 2^14, as between them all salts give much the same text.
    uint32 temperature;
    /// Candidates; 0 is the program's most. Not 1 where the temperature is not 0.
    uint16 topK;
    /// Whether answers are kept on chain as code (about 220 gas a byte, paid by who adds them), else by digest.
    bool keepText;
}

/// @notice What a collection is made of: the immutable arguments of its clone, ABI-encoded.
struct CollectionParams {
    bytes32 modelId;
    address oracle;
    address splitter;
    CollectionTerms terms;
}

/// @notice What a token's content is worth.
enum ContentStatus {
    /// No answer yet.
    Pending,
    /// There is one, and it may still be replaced.
    Early,
    /// The oracle's final answer.
    Final
}

/// @title A model's answers as tokens: ERC-721, ERC-7007, and ERC-2981, 4906, 5192, 7572
/// @notice A token is a prompt, and its id the prompt's hash. Prompt bytes are UTF-8 text, `imo1 by=0x<minter> salt=<salt>\n<text>`,
/// so an id binds who mints; the oracle is asked the text alone, with a seed of minter and salt. Somebody else who sends the same mint
/// gets another token with another answer.
///
/// A greedy collection (temperature 0) has one answer to a text and so one token for it: its prompts are `imo1\n<text>`, and a mint needs
/// a commitment that its minter made a minute to a day before, so that nobody can take the text out of a pending mint.
///
/// A token is *pending* and locked until its answer is final. If the request expires, anyone voids the token, and the minter is owed
/// everything. The mint fee goes to the splitter when the answer is final and not before. Format and life: docs/spec/collection.md.
interface IAigcCollection is
    IERC721Metadata,
    IERC7007Enumerable,
    IERC7007Updatable,
    IERC2981,
    IERC4906,
    IERC5192
{
    /// @notice A token was minted and its answer asked for.
    event Minted(
        uint256 indexed tokenId, uint256 indexed requestId, address indexed minter, bytes prompt
    );
    /// @notice A mint of a greedy collection was announced.
    event Committed(bytes32 indexed commitment);
    /// @notice The minter wants answers before they are final.
    event EarlyTaken(uint256 indexed tokenId);
    /// @notice An answer with this digest was noted.
    event Answered(uint256 indexed tokenId, bytes32 digest, ContentStatus status);
    /// @notice The content itself, which ERC-7007's events have as a hash only.
    event AigcRaw(uint256 indexed tokenId, bytes aigcData);
    /// @notice A token without an answer was burned; its minter is owed the mint fee.
    event Voided(uint256 indexed tokenId, address indexed minter, uint256 mintFee);
    /// @notice A minter took what it was owed here and what the oracle gave back.
    event Withdrawn(address indexed minter, address indexed to, uint256 amount);
    /// @notice ERC-7572; never emitted, as the metadata is fixed.
    event ContractURIUpdated();

    // Life of a token

    /// @notice Announces a mint of a greedy collection, as `commitmentOf` says. Anyone may, once.
    function commit(bytes32 commitment) external;

    /// @notice Mints the token of (caller, `salt`, `text`) and asks the model. Value above `mintPrice` stays the caller's, see `withdraw`.
    function mint(string calldata text, uint64 salt) external payable returns (uint256 id);

    /// @notice Takes the oracle's final answer. Only the oracle.
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata callbackData)
        external;

    /// @notice Has the token take answers that are not final, from whoever claims one with a bond: they are marked, and the final one follows.
    /// Only its minter, and only before the final one.
    function takeEarly(uint256 id) external;

    /// @notice Takes a claimed answer that is not final, for a token whose minter wants it. Only the oracle.
    function aiOracleEarlyCallback(
        uint256 requestId,
        bytes32 claim,
        bytes calldata output,
        bytes calldata callbackData
    ) external;

    /// @notice Notes a final answer, even if the oracle's callback failed: unlocks the token and pays the mint fee to the splitter. Anyone
    /// may; `addAigcData` does it too.
    /// @param answerHash keccak256 of the answer, as the oracle's log of its finality has it; not read once the answer was noted.
    function settle(uint256 id, bytes32 answerHash) external;

    /// @notice Burns a token whose request expired without an answer. Anyone may.
    function void(uint256 id) external;

    /// @notice Pays the caller what it is owed of voided tokens, and whatever the oracle gave back for its mints.
    function withdraw(address to) external returns (uint256 amount);

    // Views

    /// @notice What a mint with `textLength` bytes of text costs now: mint fee and the oracle's quote.
    function mintPrice(uint256 textLength) external view returns (uint256);

    /// @notice The prompt bytes of a mint. Reverts where the text is not UTF-8 or too long.
    function promptOf(address minter, uint64 salt, string calldata text)
        external
        view
        returns (bytes memory);

    /// @notice What a minter of a greedy collection commits to before it mints; the salt keeps the text from being guessed.
    function commitmentOf(address minter, uint64 salt, string calldata text)
        external
        view
        returns (bytes32);

    /// @notice When a commitment was made; 0: never.
    function committedAt(bytes32 commitment) external view returns (uint256);

    /// @notice The token of prompt bytes; ERC-7007's `tokenId` by another name.
    function tokenIdOf(bytes calldata promptBytes) external pure returns (uint256);

    /// @notice The seed that the oracle is asked with; a greedy sampler does not read it.
    function seedOf(address minter, uint64 salt) external pure returns (uint64);

    /// @notice The oracle's request for a token.
    function requestOf(uint256 id) external view returns (uint256);

    function statusOf(uint256 id) external view returns (ContentStatus);

    /// @notice keccak256 of the token's content; 0: none yet.
    function digestOf(uint256 id) external view returns (bytes32);

    /// @notice The content, where the collection keeps it and it was added; else empty.
    function contentOf(uint256 id) external view returns (bytes memory);

    /// @notice What `minter` can withdraw: owed here, and its credit at the oracle.
    function withdrawable(address minter) external view returns (uint256);

    /// @notice The account in whose name the oracle is asked for `minter`.
    function requesterOf(address minter) external view returns (address);

    /// @notice Metadata of the collection (ERC-7572), as a data URI.
    function contractURI() external view returns (string memory);

    /// @notice What the collection is made of.
    function params() external view returns (CollectionParams memory);
}
