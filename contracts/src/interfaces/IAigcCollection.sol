// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC2981 } from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import { IERC4906 } from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {
    IERC721Metadata
} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import { IERC5192 } from "./external/IERC5192.sol";
import { IERC7007Enumerable, IERC7007Updatable } from "./external/IERC7007.sol";

/// @notice The terms of a collection, which a launch fixes.
struct CollectionTerms {
    /// 1 to 32 bytes of printable ASCII.
    string name;
    /// 1 to 32 bytes of printable ASCII.
    string symbol;
    /// Wei that the splitter gets for a mint, in addition to the price of the answer.
    uint96 mintFee;
    /// Royalty of a sale, in basis points of its price; at most 1,000.
    uint16 royaltyBps;
    /// Most units of an answer; at least 1.
    uint32 maxUnits;
    /// The parameters of every request (`TextParameters`). Only temperature and candidates may be
    /// set. The temperature is 0 for greedy, or at least 2^14: between them all salts give nearly
    /// the same text. The candidates are not 1 unless the temperature is 0.
    bytes32 parameters;
    /// Whether answers are kept on chain as code. Whoever adds one pays about 220 gas a byte.
    /// Otherwise only their digests are kept.
    bool keepText;
}

/// @notice The immutable arguments of a collection's clone, ABI-encoded.
struct CollectionParams {
    bytes32 modelId;
    address oracle;
    address splitter;
    CollectionTerms terms;
}

/// @notice How far a token's content can be relied on.
enum ContentStatus {
    /// There is no answer yet.
    Pending,
    /// There is an answer, which may still be replaced.
    Early,
    /// The oracle's final answer is recorded, and the content is nothing else.
    Final
}

/// @title A model's answers as tokens: ERC-721, ERC-7007, and ERC-2981, 4906, 5192, 7572
/// @notice Each launched model has one collection. A minter pays for a question, and gets a token
/// that stands for the question and the model's answer to it. The token is *pending* and locked
/// until the answer is final. When the request expires without an answer, anyone can void the
/// token, and the minter gets everything back. The mint fee goes to the splitter once the answer is
/// final, not before.
///
/// A work becomes final when the collection records the oracle's final answer, and in all views at
/// once: `statusOf`, `locked`, `verify` and the metadata, with the events of ERC-5192 and ERC-4906.
/// An answer's proof is that it stood at the oracle. So `proof`, which ERC-7007 lets be empty,
/// must be: `addAigcData` refuses any other, and `verify` is false for it.
///
/// A token's id is the hash of its prompt. The prompt is UTF-8 text,
/// `imo1 by=0x<minter> salt=<salt>`, a line feed, and the text that the model is asked. So the id
/// depends on the minter: anybody else who sends the same mint gets another token with another
/// answer. Minter and salt give the seed of the answer.
///
/// A greedy collection (temperature 0) has one answer to a text, and therefore one token for it.
/// Its prompts are `imo1`, a line feed and the text. A mint needs a commitment that the minter made
/// a minute to a day before. Until the work is final, the token belongs to whoever of its minters
/// committed first, so that nobody can steal the text from a pending mint. The format of prompts
/// and the life of a token are in docs/spec/collection.md.
interface IAigcCollection is
    IERC721Metadata,
    IERC7007Enumerable,
    IERC7007Updatable,
    IERC2981,
    IERC4906,
    IERC5192
{
    /// @notice A token was minted, and the oracle was asked for its answer.
    event Minted(
        uint256 indexed tokenId, uint256 indexed requestId, address indexed minter, bytes prompt
    );
    /// @notice Somebody committed to a mint of a greedy collection.
    event Committed(bytes32 indexed commitment);
    /// @notice The minter wants answers before they are final.
    event EarlyTaken(uint256 indexed tokenId);
    /// @notice The collection recorded an answer with this digest.
    event Answered(uint256 indexed tokenId, bytes32 digest, ContentStatus status);
    /// @notice The content itself. ERC-7007's events have only its hash.
    event AigcRaw(uint256 indexed tokenId, bytes aigcData);
    /// @notice A token without an answer was burned. Its minter can withdraw the mint fee.
    event Voided(uint256 indexed tokenId, address indexed minter, uint256 mintFee);
    /// @notice A minter withdrew its fees of voided tokens and its credit at the oracle.
    event Withdrawn(address indexed minter, address indexed to, uint256 amount);
    /// @notice The collection has metadata (ERC-7572). They never change after the launch.
    event ContractURIUpdated();

    /// @notice Tells indexers of the collection's metadata, by ERC-7572's event. The factory calls
    /// this at the launch. Anyone else can, which changes nothing.
    function announce() external;

    // Life of a token

    /// @notice Commits to a mint of a greedy collection. Anyone can, once for each commitment.
    /// @param commitment The result of `commitmentOf`.
    function commit(bytes32 commitment) external;

    /// @notice Mints the token of (caller, `salt`, `text`) and asks the model. Value above
    /// `mintPrice` stays the caller's and can be withdrawn. In a greedy collection this voids the
    /// token of a minter who committed to the same text later, unless it is final.
    /// @param text The text that the model is asked.
    /// @param salt Distinguishes the caller's mints of one text.
    /// @return id The token.
    function mint(string calldata text, uint64 salt) external payable returns (uint256 id);

    /// @notice Takes the oracle's final answer. Only the oracle can call this.
    /// @param requestId The token's request.
    /// @param output The answer.
    /// @param callbackData The token's id, ABI-encoded.
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata callbackData)
        external;

    /// @notice Lets the token take answers that are not final yet. They are marked as early, and
    /// the final one follows. Only the token's minter can call this, and only before the final
    /// answer.
    /// @param id The token.
    function takeEarly(uint256 id) external;

    /// @notice Takes a claimed answer that is not final, for a token whose minter wants it. Only
    /// the oracle can call this.
    /// @param requestId The token's request.
    /// @param claim The claim whose answer it is.
    /// @param output The answer.
    /// @param callbackData The token's id, ABI-encoded.
    function aiOracleEarlyCallback(
        uint256 requestId,
        bytes32 claim,
        bytes calldata output,
        bytes calldata callbackData
    ) external;

    /// @notice Records a final answer, even if the oracle's callback failed. This unlocks the token
    /// and pays the mint fee to the splitter. Anyone can call this; `addAigcData` does the same.
    /// @param id The token.
    /// @param answer The answer, as in the oracle's log of its claim. Not read when an answer is
    /// already recorded.
    function settle(uint256 id, bytes calldata answer) external;

    /// @notice Burns a token whose request expired without an answer. Anyone can call this.
    /// @param id The token.
    function void(uint256 id) external;

    /// @notice Pays the caller its mint fees of voided tokens and its credit at the oracle.
    /// @param to The account to pay.
    /// @return amount The sum, in wei.
    function withdraw(address to) external returns (uint256 amount);

    // Views

    /// @notice The price of a mint in a block with a base fee: the mint fee and the oracle's quote.
    /// @param textLength Bytes of the text.
    /// @param baseFee The base fee, in wei, as for `IInferenceOracle.quote`.
    /// @return The price, in wei.
    function mintPrice(uint256 textLength, uint256 baseFee) external view returns (uint256);

    /// @notice The prompt of a mint. Reverts when the text is not UTF-8 or too long.
    /// @param minter The minter.
    /// @param salt The salt.
    /// @param text The text that the model is asked.
    /// @return The prompt's bytes.
    function promptOf(address minter, uint64 salt, string calldata text)
        external
        view
        returns (bytes memory);

    /// @notice The commitment that a minter of a greedy collection makes before the mint. The salt
    /// keeps others from guessing the text.
    /// @param minter The minter.
    /// @param salt The salt.
    /// @param text The text that the model is asked.
    /// @return The commitment.
    function commitmentOf(address minter, uint64 salt, string calldata text)
        external
        view
        returns (bytes32);

    /// @notice The time at which a commitment was made.
    /// @param commitment The commitment.
    /// @return The time, in seconds; 0 if it was never made.
    function committedAt(bytes32 commitment) external view returns (uint256);

    /// @notice The token of a prompt. Another name of ERC-7007's `tokenId`.
    /// @param promptBytes The prompt.
    /// @return The token.
    function tokenIdOf(bytes calldata promptBytes) external pure returns (uint256);

    /// @notice The seed of a mint's request. A greedy sampler does not read it.
    /// @param minter The minter.
    /// @param salt The salt.
    /// @return The seed.
    function seedOf(address minter, uint64 salt) external pure returns (uint64);

    /// @notice The oracle's request for a token.
    /// @param id The token.
    /// @return The id of the request.
    function requestOf(uint256 id) external view returns (uint256);

    /// @notice How far a token's content can be relied on.
    /// @param id The token.
    /// @return The status.
    function statusOf(uint256 id) external view returns (ContentStatus);

    /// @notice The digest of a token's content.
    /// @param id The token.
    /// @return keccak256 of the content; 0 if there is none yet.
    function digestOf(uint256 id) external view returns (bytes32);

    /// @notice A token's content, if the collection keeps contents and it was added.
    /// @param id The token.
    /// @return The content; otherwise empty.
    function contentOf(uint256 id) external view returns (bytes memory);

    /// @notice What `minter` can withdraw: its mint fees of voided tokens and its credit at the
    /// oracle.
    /// @param minter The minter.
    /// @return The sum, in wei.
    function withdrawable(address minter) external view returns (uint256);

    /// @notice The account that asks the oracle for `minter`.
    /// @param minter The minter.
    /// @return The account, which exists after the minter's first mint.
    function requesterOf(address minter) external view returns (address);

    /// @notice Metadata of the collection (ERC-7572).
    /// @return A data URI.
    function contractURI() external view returns (string memory);

    /// @notice The model's creator, for marketplaces, which let this account edit their page of the
    /// collection. It has no power here: nobody can change a collection.
    /// @return The account.
    function owner() external view returns (address);

    /// @notice The collection's immutable arguments.
    /// @return Its parameters.
    function params() external view returns (CollectionParams memory);
}
