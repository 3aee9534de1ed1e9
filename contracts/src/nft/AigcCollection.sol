// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { IERC2981 } from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { ERC721 } from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {
    IERC721Metadata
} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import { ERC721Utils } from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import { SSTORE2 } from "solady/utils/SSTORE2.sol";
import {
    CollectionParams,
    CollectionTerms,
    ContentStatus,
    IAigcCollection
} from "../interfaces/IAigcCollection.sol";
import { IERC5192 } from "../interfaces/external/IERC5192.sol";
import {
    IERC7007,
    IERC7007Enumerable,
    IERC7007Updatable
} from "../interfaces/external/IERC7007.sol";
import {
    Callback,
    IInferenceOracle,
    Question,
    RequestStatus
} from "../interfaces/IInferenceOracle.sol";
import { ISplitter } from "../interfaces/ISplitter.sol";
import { Accounts } from "../libraries/Accounts.sol";
import { Assets } from "../libraries/Assets.sol";
import { Lock } from "../libraries/Lock.sol";
import { BPS, MAX_CODE_DATA } from "../libraries/Units.sol";
import { TextWord } from "../types/TextParameters.sol";
import { Commitments } from "./Commitments.sol";
import { Metadata, TokenMetadata } from "./Metadata.sol";
import { Prompt } from "./Prompt.sol";
import { Requester } from "./Requester.sol";

/// @title A model's answers as tokens
/// @notice The interface explains tokens, prompts and answers. This contract mints, asks the
/// oracle, takes answers and pays the mint fees.
/// @dev One implementation is deployed, and each collection is a clone with `CollectionParams` as
/// immutable arguments. A collection holds the mint fees of tokens without a final answer, the mint
/// fees of voided tokens that their minters have not withdrawn, and nothing else.
contract AigcCollection is IAigcCollection, ERC721("", ""), Lock {
    using Assets for address;
    using Accounts for address;
    using Commitments for Commitments.Book;

    /// @notice What was added to a token.
    enum Content {
        Nothing,
        /// An early answer that is not the final one. Nothing of it is left.
        Replaced,
        /// The answer that is recorded.
        Added
    }

    /// @dev Four words: from the lowest bit prompt 160 | committedAt 40 | isFinal 8 | isPaid 8 |
    /// added 8 | takesEarly 8; content 160; requestId; digest.
    struct Token {
        /// The contract whose code is the prompt.
        address prompt;
        /// Time of the mint's commitment, in seconds; 0 unless the collection is greedy.
        uint40 committedAt;
        /// The oracle's final answer is recorded: the token is unlocked and can no longer be
        /// voided. INVARIANT: nothing else makes a work final.
        bool isFinal;
        /// The mint fee was paid to the splitter.
        bool isPaid;
        Content added;
        /// The minter wants answers before they are final.
        bool takesEarly;
        /// The contract whose code is the content, if it is kept.
        address content;
        /// The oracle's request.
        uint256 requestId;
        /// Digest of the recorded answer, which is also that of the content; 0 for none yet.
        bytes32 digest;
    }

    /// @notice Gas of the oracle's callback: enough to hash the longest answer and to record its
    /// digest.
    uint64 public constant CALLBACK_GAS = 75_000;
    /// @notice Most bytes of content that are kept. A contract's code holds so many.
    uint256 public constant MAX_KEPT = MAX_CODE_DATA;
    bytes4 private constant ERC4906_ID = 0x49064906;

    /// @notice Thrown when a locked function is called while another one is running.
    error Reentered();
    /// @notice Thrown when anyone but the oracle calls.
    error NotOracle(address caller);
    /// @notice Thrown when the value of a mint does not cover the mint fee. In wei.
    error MintFeeNotPaid(uint256 value, uint256 mintFee);
    /// @notice Thrown for a token that exists already. In a greedy collection it may be somebody
    /// else's, who committed to the text before.
    error AlreadyMinted(uint256 id);
    /// @notice Thrown when a token is transferred before its answer is final.
    error TokenLocked(uint256 id);
    /// @notice Thrown for an answer to a request for which no token waits.
    error WrongRequest(uint256 requestId);
    /// @notice Thrown for an answer that is not the final one.
    error NotFinal(uint256 id);
    /// @notice Thrown when anyone but the minter calls.
    error NotMinter(address caller);
    /// @notice Thrown for an early answer that the minter does not want, or that comes after the
    /// final one.
    error EarlyNotTaken(uint256 id);
    /// @notice Thrown when a token is to be voided whose request has not expired.
    error NotExpired(uint256 id);
    /// @notice Thrown for a prompt that is another token's.
    error WrongPrompt(uint256 id, uint256 promptId);
    /// @notice Thrown when content is added again. `update` replaces an early answer.
    error ContentIsThere(uint256 id);
    /// @notice Thrown for content with a proof. The oracle has the proof of an answer, so that
    /// `proof` is always empty.
    error ProofNotEmpty(uint256 length);
    /// @notice Thrown for content that is not the answer. `expected` is 0 if there is none yet.
    error WrongContent(uint256 id, bytes32 digest, bytes32 expected);
    /// @notice Thrown for content that is not the final answer.
    error NotVerified(uint256 id);
    /// @notice Thrown when there is no early answer to replace.
    error NothingToUpdate(uint256 id);

    address private immutable _requester = address(new Requester());
    Metadata private immutable _metadata = new Metadata();

    mapping(uint256 id => Token) private _tokens;
    mapping(address minter => uint256) private _owed;
    Commitments.Book private _commitments;

    /// @inheritdoc IAigcCollection
    function announce() external {
        emit ContractURIUpdated();
    }

    // Life of a token

    /// @inheritdoc IAigcCollection
    function commit(bytes32 commitment) external {
        _commitments.add(commitment);
        emit Committed(commitment);
    }

    /// @inheritdoc IAigcCollection
    function mint(string calldata text, uint64 salt) external payable lock returns (uint256 id) {
        CollectionParams memory collection = params();
        uint256 mintFee = collection.terms.mintFee;
        if (msg.value < mintFee) revert MintFeeNotPaid(msg.value, mintFee);

        bytes memory promptBytes = _promptOf(collection, msg.sender, salt, text);
        id = Prompt.idOf(promptBytes);
        uint256 madeAt = 0;
        if (_isGreedy(collection)) {
            madeAt = _commitments.requireRipe(Commitments.hash(msg.sender, salt, id));
        }
        if (_ownerOf(id) != address(0)) _giveWay(id, madeAt, mintFee);
        _mint(msg.sender, id);
        emit Locked(id);
        Token storage token = _tokens[id];
        token.prompt = SSTORE2.write(promptBytes);
        token.committedAt = uint40(madeAt);
        token.requestId = _account(msg.sender).request{ value: msg.value - mintFee }(
            IInferenceOracle(collection.oracle),
            _question(collection, Prompt.seedOf(msg.sender, salt)),
            bytes(text),
            Callback(address(this), CALLBACK_GAS, abi.encode(id))
        );
        emit Minted(id, token.requestId, msg.sender, promptBytes);
        // Contracts alone are asked. An account whose code is a delegation (EIP-7702) has a key
        // that moves the token, whether or not the code knows about tokens.
        if (msg.sender.hasNoCode()) return id;
        ERC721Utils.checkOnERC721Received(msg.sender, address(0), msg.sender, id, "");
    }

    /// @inheritdoc IAigcCollection
    /// @dev Not under the lock. Otherwise a receiver that is called during a mint could spoil the
    /// delivery of another token's answer.
    function aiOracleCallback(uint256 requestId, bytes calldata output, bytes calldata callbackData)
        external
    {
        (uint256 id, Token storage token) = _waiting(requestId, callbackData);
        if (!_recordIfFinal(id, token, keccak256(output))) revert NotFinal(id);
    }

    /// @inheritdoc IAigcCollection
    function aiOracleEarlyCallback(
        uint256 requestId,
        bytes32,
        bytes calldata output,
        bytes calldata callbackData
    ) external {
        (uint256 id, Token storage token) = _waiting(requestId, callbackData);
        bool waits = !token.isFinal && token.added == Content.Nothing;
        if (!token.takesEarly || !waits) revert EarlyNotTaken(id);
        _record(id, token, keccak256(output), ContentStatus.Early);
    }

    /// @inheritdoc IAigcCollection
    function takeEarly(uint256 id) external {
        // A locked token still belongs to its minter.
        if (_requireOwned(id) != msg.sender) revert NotMinter(msg.sender);
        if (_tokens[id].isFinal) revert EarlyNotTaken(id);
        _tokens[id].takesEarly = true;
        emit EarlyTaken(id);
    }

    /// @inheritdoc IAigcCollection
    function settle(uint256 id, bytes calldata answer) external lock {
        _requireOwned(id);
        Token storage token = _tokens[id];
        if (!_recordIfFinal(id, token, keccak256(answer))) revert NotFinal(id);
        _payMintFee(id, token);
    }

    /// @inheritdoc IAigcCollection
    function void(uint256 id) external lock {
        // A locked token still belongs to its minter.
        address minter = _requireOwned(id);
        CollectionParams memory collection = params();
        RequestStatus status = IInferenceOracle(collection.oracle).statusOf(_tokens[id].requestId);
        if (status != RequestStatus.Expired) revert NotExpired(id);
        _void(id, minter, collection.terms.mintFee);
    }

    /// @inheritdoc IAigcCollection
    function withdraw(address to) external lock returns (uint256 amount) {
        IInferenceOracle oracle = _oracle();
        amount = _owed[msg.sender];
        if (amount != 0) {
            _owed[msg.sender] = 0;
            Assets.ETH.send(to, amount);
        }
        address account = requesterOf(msg.sender);
        if (oracle.creditOf(account) != 0) amount += Requester(account).withdraw(oracle, to);
        emit Withdrawn(msg.sender, to, amount);
    }

    /// @inheritdoc IERC7007
    function addAigcData(
        uint256 id,
        bytes calldata promptBytes,
        bytes calldata aigcData,
        bytes calldata proof
    ) external lock {
        _requireOwned(id);
        if (Prompt.idOf(promptBytes) != id) revert WrongPrompt(id, Prompt.idOf(promptBytes));
        if (proof.length != 0) revert ProofNotEmpty(proof.length);
        Token storage token = _tokens[id];
        if (token.added != Content.Nothing) revert ContentIsThere(id);
        bytes32 digest = keccak256(aigcData);
        bool isFinal = _recordIfFinal(id, token, digest);
        if (digest != token.digest) revert WrongContent(id, digest, token.digest);

        emit AigcData(id, promptBytes, aigcData, proof);
        _add(id, token, aigcData);
        if (isFinal) _payMintFee(id, token);
    }

    /// @inheritdoc IERC7007Updatable
    function update(bytes calldata promptBytes, bytes calldata aigcData) external lock {
        uint256 id = Prompt.idOf(promptBytes);
        Token storage token = _tokens[id];
        bytes32 digest = keccak256(aigcData);
        bool isFinal = _recordIfFinal(id, token, digest);
        if (!isFinal || digest != token.digest) revert NotVerified(id);
        if (token.added != Content.Replaced) revert NothingToUpdate(id);

        emit Update(id, promptBytes, aigcData);
        _add(id, token, aigcData);
        _payMintFee(id, token);
    }

    // Views

    /// @inheritdoc IERC7007
    function verify(bytes calldata promptBytes, bytes calldata aigcData, bytes calldata proof)
        external
        view
        returns (bool)
    {
        Token storage token = _tokens[Prompt.idOf(promptBytes)];
        return token.isFinal && token.digest == keccak256(aigcData) && proof.length == 0;
    }

    /// @inheritdoc IAigcCollection
    function mintPrice(uint256 textLength, uint256 baseFee) external view returns (uint256) {
        CollectionParams memory collection = params();
        uint256 fee = IInferenceOracle(collection.oracle)
            .quote(_question(collection, 0), textLength, CALLBACK_GAS, baseFee);
        return collection.terms.mintFee + fee;
    }

    /// @inheritdoc IAigcCollection
    function promptOf(address minter, uint64 salt, string calldata text)
        external
        view
        returns (bytes memory)
    {
        return _promptOf(params(), minter, salt, text);
    }

    /// @inheritdoc IAigcCollection
    function commitmentOf(address minter, uint64 salt, string calldata text)
        external
        view
        returns (bytes32)
    {
        uint256 id = Prompt.idOf(_promptOf(params(), minter, salt, text));
        return Commitments.hash(minter, salt, id);
    }

    /// @inheritdoc IAigcCollection
    function committedAt(bytes32 commitment) external view returns (uint256) {
        return _commitments.madeAt[commitment];
    }

    /// @inheritdoc IAigcCollection
    function tokenIdOf(bytes calldata promptBytes) external pure returns (uint256) {
        return Prompt.idOf(promptBytes);
    }

    /// @inheritdoc IERC7007Enumerable
    function tokenId(bytes calldata promptBytes) external pure returns (uint256) {
        return Prompt.idOf(promptBytes);
    }

    /// @inheritdoc IERC7007Enumerable
    function prompt(uint256 id) external view returns (string memory) {
        _requireOwned(id);
        return string(SSTORE2.read(_tokens[id].prompt));
    }

    /// @inheritdoc IAigcCollection
    function seedOf(address minter, uint64 salt) external pure returns (uint64) {
        return Prompt.seedOf(minter, salt);
    }

    /// @inheritdoc IAigcCollection
    function requestOf(uint256 id) external view returns (uint256) {
        _requireOwned(id);
        return _tokens[id].requestId;
    }

    /// @inheritdoc IAigcCollection
    function statusOf(uint256 id) public view returns (ContentStatus) {
        _requireOwned(id);
        if (_tokens[id].isFinal) return ContentStatus.Final;
        return _tokens[id].digest == 0 ? ContentStatus.Pending : ContentStatus.Early;
    }

    /// @inheritdoc IAigcCollection
    function digestOf(uint256 id) external view returns (bytes32) {
        _requireOwned(id);
        return _tokens[id].digest;
    }

    /// @inheritdoc IAigcCollection
    function contentOf(uint256 id) public view returns (bytes memory) {
        _requireOwned(id);
        address content = _tokens[id].content;
        return content == address(0) ? bytes("") : SSTORE2.read(content);
    }

    /// @inheritdoc IAigcCollection
    function withdrawable(address minter) external view returns (uint256) {
        return _owed[minter] + _oracle().creditOf(requesterOf(minter));
    }

    /// @inheritdoc IAigcCollection
    function requesterOf(address minter) public view returns (address) {
        return Clones.predictDeterministicAddressWithImmutableArgs(
            _requester, abi.encode(address(this)), _saltOf(minter)
        );
    }

    /// @inheritdoc IERC5192
    function locked(uint256 id) external view returns (bool) {
        _requireOwned(id);
        return !_tokens[id].isFinal;
    }

    /// @inheritdoc IERC2981
    /// @dev ROUNDING: down, so the seller gains. Cannot overflow.
    function royaltyInfo(uint256, uint256 price) external view returns (address, uint256) {
        CollectionParams memory collection = params();
        uint256 bps = collection.terms.royaltyBps;
        return (collection.splitter, price / BPS * bps + price % BPS * bps / BPS);
    }

    /// @inheritdoc IERC721Metadata
    function name() public view override(ERC721, IERC721Metadata) returns (string memory) {
        return params().terms.name;
    }

    /// @inheritdoc IERC721Metadata
    function symbol() public view override(ERC721, IERC721Metadata) returns (string memory) {
        return params().terms.symbol;
    }

    /// @inheritdoc IERC721Metadata
    function tokenURI(uint256 id)
        public
        view
        override(ERC721, IERC721Metadata)
        returns (string memory)
    {
        ContentStatus status = statusOf(id);
        Token storage token = _tokens[id];
        return _metadata.tokenUri(
            params(),
            TokenMetadata(
                id, token.requestId, status, token.digest, SSTORE2.read(token.prompt), contentOf(id)
            )
        );
    }

    /// @inheritdoc IAigcCollection
    function contractURI() external view returns (string memory) {
        return _metadata.contractUri(params());
    }

    /// @inheritdoc IAigcCollection
    function owner() external view returns (address) {
        return ISplitter(params().splitter).creator();
    }

    /// @inheritdoc IAigcCollection
    function params() public view returns (CollectionParams memory) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (CollectionParams));
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) public view override(ERC721, IERC165) returns (bool) {
        return id == type(IERC7007).interfaceId || id == type(IERC7007Enumerable).interfaceId
            || id == type(IERC7007Updatable).interfaceId || id == type(IERC2981).interfaceId
            || id == type(IERC5192).interfaceId || id == ERC4906_ID || super.supportsInterface(id);
    }

    // Inside

    /// @dev The lock's own error has the name of ERC-5192's event.
    function _refuse() internal pure override {
        revert Reentered();
    }

    function _update(address to, uint256 id, address auth) internal override returns (address) {
        bool transfers = to != address(0) && _ownerOf(id) != address(0);
        if (transfers && !_tokens[id].isFinal) revert TokenLocked(id);
        return super._update(to, id, auth);
    }

    /// @dev The token that waits for the answer of this call. Reverts unless the oracle calls.
    function _waiting(uint256 requestId, bytes calldata callbackData)
        private
        view
        returns (uint256 id, Token storage token)
    {
        if (msg.sender != address(_oracle())) revert NotOracle(msg.sender);
        id = abi.decode(callbackData, (uint256));
        token = _tokens[id];
        if (token.prompt == address(0) || token.requestId != requestId) {
            revert WrongRequest(requestId);
        }
    }

    /// @dev Makes room for a minter who committed to the same text before, as long as the work is
    /// not final. Anyone who saw the text in a pending mint has committed after its minter.
    function _giveWay(uint256 id, uint256 madeAt, uint256 mintFee) private {
        Token storage token = _tokens[id];
        if (token.isFinal || madeAt >= token.committedAt) revert AlreadyMinted(id);
        _void(id, _ownerOf(id), mintFee);
    }

    function _void(uint256 id, address minter, uint256 mintFee) private {
        delete _tokens[id];
        _burn(id);
        _owed[minter] += mintFee;
        emit Voided(id, minter, mintFee);
    }

    /// @dev Records the answer with this digest if it is the final one. Returns whether a final
    /// answer is recorded. This is the moment at which a work becomes final, in every view of it.
    /// The oracle compares only part of a hash, so `digest` must be the hash of bytes that the
    /// caller gave: of a given hash, anyone could make another one that the oracle takes as well.
    function _recordIfFinal(uint256 id, Token storage token, bytes32 digest)
        private
        returns (bool)
    {
        if (token.isFinal) return true;
        if (!_oracle().isAnswer(token.requestId, digest)) return false;
        token.isFinal = true;
        if (token.added == Content.Added && digest != token.digest) {
            (token.added, token.content) = (Content.Replaced, address(0));
        }
        emit Unlocked(id);
        _record(id, token, digest, ContentStatus.Final);
        return true;
    }

    function _record(uint256 id, Token storage token, bytes32 digest, ContentStatus status)
        private
    {
        token.digest = digest;
        emit Answered(id, digest, status);
        emit MetadataUpdate(id);
    }

    function _add(uint256 id, Token storage token, bytes calldata content) private {
        token.added = Content.Added;
        bool keep = params().terms.keepText && content.length <= MAX_KEPT;
        if (keep) token.content = SSTORE2.write(content);
        emit AigcRaw(id, content);
        emit MetadataUpdate(id);
    }

    function _payMintFee(uint256 id, Token storage token) private {
        if (token.isPaid) return;
        token.isPaid = true;
        CollectionParams memory collection = params();
        uint256 mintFee = collection.terms.mintFee;
        if (mintFee != 0) ISplitter(collection.splitter).payMint{ value: mintFee }(id);
    }

    function _promptOf(
        CollectionParams memory collection,
        address minter,
        uint64 salt,
        string calldata text
    ) private pure returns (bytes memory) {
        if (_isGreedy(collection)) return Prompt.encodeGreedy(text);
        return Prompt.encode(minter, salt, text);
    }

    function _isGreedy(CollectionParams memory collection) private pure returns (bool) {
        return TextWord.temperatureOf(collection.terms.parameters) == 0;
    }

    function _question(CollectionParams memory collection, uint64 seed)
        private
        pure
        returns (Question memory)
    {
        CollectionTerms memory terms = collection.terms;
        return Question(collection.modelId, seed, terms.maxUnits, terms.parameters);
    }

    /// @dev The minter's account at the oracle. The first mint deploys it.
    function _account(address minter) private returns (Requester) {
        address account = requesterOf(minter);
        if (account.code.length != 0) return Requester(account);
        bytes memory arguments = abi.encode(address(this));
        return Requester(
            Clones.cloneDeterministicWithImmutableArgs(_requester, arguments, _saltOf(minter))
        );
    }

    function _saltOf(address minter) private pure returns (bytes32) {
        return bytes32(uint256(uint160(minter)));
    }

    /// @dev Decodes only the head of the arguments, which is cheaper than the strings.
    function _oracle() private view returns (IInferenceOracle oracle) {
        bytes memory arguments = Clones.fetchCloneArgs(address(this));
        (,, oracle) = abi.decode(arguments, (uint256, bytes32, IInferenceOracle));
    }
}
