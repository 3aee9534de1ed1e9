// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Ballot, BallotKind, IModelBallots } from "../interfaces/IModelBallots.sol";
import {
    IModelRegistrar,
    MAX_URI_BYTES,
    MODEL_TAG,
    Pricing,
    Registration
} from "../interfaces/IModelRegistrar.sol";
import { IModelRegistry, Model } from "../interfaces/IModelRegistry.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";
import { Accounts } from "../libraries/Accounts.sol";
import { BPS } from "../libraries/Units.sol";
import { Ballots } from "./Ballots.sol";

/// @title The models that can be asked, and what their holders decide
/// @notice The factory registers models here, the oracle looks them up, and holders vote on prices,
/// successors and redirections. `Ballots` has the rules of a vote.
/// @dev INVARIANT: everything about an id is written once, except for what the holders of its token
/// decide: its price factor, its successor, and that they decide about the successor too.
contract ModelRegistry is IModelRegistry, IModelBallots {
    using Accounts for address;
    using Ballots for Ballot;

    /// @notice A model as it is stored.
    /// @dev Five words. From the lowest bit: contentId; verifier 160 | operatorBps 16 |
    /// defaultUnits 32 | defaultBytes 32 | unitBytes 16; receiver 160 | nextPrice 40; token 160 |
    /// factor 64 | isVotedOn 8; basePrice 128 | bytePrice 64 | unitPrice 64.
    struct Entry {
        bytes32 contentId;
        address verifier;
        uint16 operatorBps;
        uint32 defaultUnits;
        uint32 defaultBytes;
        uint16 unitBytes;
        address receiver;
        /// Time, in seconds, from which the price can move again.
        uint40 nextPrice;
        address token;
        /// The price factor, in units of 2^-32.
        uint64 factor;
        /// Whether the token's holders decide about the model. Anyone can register a model that
        /// names a token; this holds for the token's own launch, and for successors.
        bool isVotedOn;
        uint128 basePrice;
        uint64 bytePrice;
        uint64 unitPrice;
    }

    /// @dev Most bytes of a licence's SPDX id.
    uint256 private constant MAX_LICENCE_BYTES = 64;
    /// @dev A price factor of 1.
    uint64 private constant ONE = 1 << 32;
    /// @dev The greatest price factor.
    uint64 private constant MAX_FACTOR = 1 << 63;

    /// @notice The newest epoch of a token that was begun for a ballot, and its time in seconds.
    struct Mark {
        uint32 epoch;
        uint40 time;
    }

    /// @notice Thrown when a field of a registration is empty, too large or too long. Names the
    /// field.
    error RegistrationInvalid(string field);

    mapping(bytes32 modelId => Entry) private _entries;
    /// @notice The number of ballots so far, which is the number of the newest.
    uint256 public ballotCount;
    mapping(uint256 ballot => Ballot) private _ballots;
    /// @inheritdoc IModelBallots
    mapping(uint256 ballot => mapping(address account => bool)) public hasVoted;
    /// @dev Times at which a proposer can open its next ballot. A proposer that fails keeps nobody
    /// else from proposing.
    mapping(address token => mapping(BallotKind => mapping(address proposer => uint256))) private
        _nextBallot;
    mapping(address token => Mark) private _marks;
    /// @inheritdoc IModelBallots
    mapping(bytes32 modelId => bytes32) public successorOf;

    /// @inheritdoc IModelRegistrar
    function register(Registration calldata model) external returns (bytes32 modelId) {
        if (model.contentId == 0) revert RegistrationInvalid("contentId");
        if (model.verifier == address(0)) revert RegistrationInvalid("verifier");
        if (model.receiver == address(0)) revert RegistrationInvalid("receiver");
        // Without a byte paid for, whoever answers would pay for the answer's gas.
        if (model.pricing.unitBytes == 0) revert RegistrationInvalid("unitBytes");
        if (model.pricing.operatorBps > BPS) revert RegistrationInvalid("operatorBps");
        if (bytes(model.provenance.sourceUri).length > MAX_URI_BYTES) {
            revert RegistrationInvalid("sourceUri");
        }
        if (bytes(model.provenance.licence).length > MAX_LICENCE_BYTES) {
            revert RegistrationInvalid("licence");
        }

        modelId = keccak256(
            abi.encode(MODEL_TAG, model.contentId, model.verifier, msg.sender, model.salt)
        );
        if (_entries[modelId].contentId != 0) revert AlreadyRegistered(modelId);
        _entries[modelId] = Entry({
            contentId: model.contentId,
            verifier: model.verifier,
            operatorBps: model.pricing.operatorBps,
            defaultUnits: model.pricing.defaultUnits,
            defaultBytes: model.pricing.defaultBytes,
            unitBytes: model.pricing.unitBytes,
            receiver: model.receiver,
            nextPrice: 0,
            token: model.token,
            factor: ONE,
            isVotedOn: _isLaunch(model.token),
            basePrice: model.pricing.basePrice,
            bytePrice: model.pricing.bytePrice,
            unitPrice: model.pricing.unitPrice
        });
        emit ModelRegistered(modelId, model.contentId, msg.sender, model);
    }

    /// @inheritdoc IModelRegistry
    function attest(bytes32 modelId, string calldata uri) external {
        _known(modelId);
        if (bytes(uri).length > MAX_URI_BYTES) revert RegistrationInvalid("uri");
        emit Attested(modelId, msg.sender, uri);
    }

    // Ballots

    /// @inheritdoc IModelBallots
    function propose(bytes32 modelId, BallotKind kind, bytes32 data)
        external
        returns (uint256 ballot)
    {
        Entry storage entry = _known(modelId);
        if (!entry.isVotedOn) revert NoToken(modelId);
        _checkDecision(modelId, kind, data);
        IModelToken token = IModelToken(entry.token);
        uint256 next = _nextBallot[address(token)][kind][msg.sender];
        if (block.timestamp < next) revert BallotTooSoon(next);
        _nextBallot[address(token)][kind][msg.sender] = block.timestamp + Ballots.PAUSE;

        ballot = ++ballotCount;
        uint256 epoch = _mark(token);
        Ballot storage self = _ballots[ballot];
        self.open(modelId, kind, data, token, epoch);
        emit BallotOpened(
            ballot, modelId, address(token), msg.sender, kind, data, epoch, self.start(), self.end
        );
    }

    /// @inheritdoc IModelBallots
    function begin(uint256 ballot) public {
        Ballot storage self = _open(ballot);
        self.checkVoting();
        if (self.voteEpoch != 0) return;
        IModelToken token = _tokenOf(self);
        uint256 epoch = _mark(token);
        self.voteEpoch = uint32(epoch);
        emit VotingBegan(ballot, address(token), epoch);
    }

    /// @inheritdoc IModelBallots
    function vote(uint256 ballot, bool yes) external {
        Ballot storage self = _open(ballot);
        if (hasVoted[ballot][msg.sender]) revert VotedBefore(msg.sender);
        hasVoted[ballot][msg.sender] = true;
        begin(ballot);
        uint256 weight = self.vote(_tokenOf(self), yes);
        emit Voted(ballot, msg.sender, yes, weight);
    }

    /// @inheritdoc IModelBallots
    function execute(uint256 ballot) external {
        Ballot storage self = _open(ballot);
        self.execute(ballot, _tokenOf(self));
        (bytes32 modelId, BallotKind kind, bytes32 data) = (self.modelId, self.kind, self.data);
        // Another ballot may have moved the factor since this one was opened.
        _checkDecision(modelId, kind, data);
        IModelToken token = _tokenOf(self);
        emit BallotExecuted(ballot, modelId, address(token), kind, data);
        if (kind == BallotKind.Price) {
            _setFactor(_entries[modelId], uint64(uint256(data)));
        } else if (kind == BallotKind.Successor) {
            successorOf[modelId] = data;
            Entry storage successor = _entries[data];
            if (successor.token == address(token)) successor.isVotedOn = true;
        } else {
            token.fixRecipient(_account(data), _dripOf(token));
        }
    }

    // Views

    /// @inheritdoc IModelRegistry
    function modelOf(bytes32 modelId) external view returns (Model memory) {
        Entry memory entry = _known(modelId);
        return Model({
            contentId: entry.contentId,
            verifier: entry.verifier,
            receiver: entry.receiver,
            token: entry.isVotedOn ? entry.token : address(0),
            pricing: Pricing({
                basePrice: uint128(_scaled(entry.basePrice, entry.factor, type(uint128).max)),
                bytePrice: uint64(_scaled(entry.bytePrice, entry.factor, type(uint64).max)),
                unitPrice: uint64(_scaled(entry.unitPrice, entry.factor, type(uint64).max)),
                unitBytes: entry.unitBytes,
                operatorBps: entry.operatorBps,
                defaultUnits: entry.defaultUnits,
                defaultBytes: entry.defaultBytes
            })
        });
    }

    /// @inheritdoc IModelBallots
    function factorOf(bytes32 modelId) external view returns (uint256) {
        return _known(modelId).factor;
    }

    /// @inheritdoc IModelBallots
    function ballotOf(uint256 ballot) external view returns (Ballot memory) {
        return _ballots[ballot];
    }

    // Inside

    /// @dev Whether the caller deployed the token. The factory deploys one for each launch, and
    /// registers it with that launch's model only.
    function _isLaunch(address token) private view returns (bool) {
        if (token.code.length == 0) return false;
        try IModelToken(token).factory() returns (address factory) {
            return factory == msg.sender;
        } catch {
            return false;
        }
    }

    function _checkDecision(bytes32 modelId, BallotKind kind, bytes32 data) private view {
        Entry storage entry = _entries[modelId];
        if (kind == BallotKind.Price) return _checkFactor(entry.factor, uint256(data));
        if (kind == BallotKind.Redirect) {
            return _checkRedirect(IModelToken(entry.token), _account(data));
        }
        bool fits = data != modelId && _known(data).receiver == entry.receiver;
        if (!fits) revert NotASuccessor(data);
    }

    function _checkFactor(uint256 present, uint256 factor) private pure {
        uint256 least = (present + 1) / 2;
        uint256 most = 2 * present < MAX_FACTOR ? 2 * present : MAX_FACTOR;
        if (factor < least || factor > most) revert FactorOutOfRange(factor, least, most);
    }

    /// @dev Several ballots that were opened together may have passed. One of them moves the price;
    /// the next has to wait as long as a ballot takes.
    function _setFactor(Entry storage entry, uint64 factor) private {
        if (block.timestamp < entry.nextPrice) revert PriceTooSoon(entry.nextPrice);
        entry.nextPrice = uint40(block.timestamp + Ballots.NOTICE);
        entry.factor = factor;
    }

    function _checkRedirect(IModelToken token, address account) private view {
        if (_dripOf(token) == address(0)) revert NoDrip(address(token));
        bool claims = account.hasNoCode() || token.recipientOf(account) != address(0);
        if (claims) revert NotRedirectable(account);
    }

    /// @dev The drip. The launch made it the recipient of the opener, which has no way to change
    /// that.
    function _dripOf(IModelToken token) private view returns (address) {
        return token.recipientOf(token.opener());
    }

    /// @dev The account in the data of a redirection.
    function _account(bytes32 data) private pure returns (address) {
        return address(uint160(uint256(data)));
    }

    /// @dev The epoch of this day (UTC) that counts for ballots. They share one a day, so that many
    /// ballots cannot begin many epochs.
    function _mark(IModelToken token) private returns (uint256) {
        Mark memory last = _marks[address(token)];
        if (last.epoch != 0 && block.timestamp / 1 days == last.time / 1 days) return last.epoch;
        if (!token.isOpen()) revert TokenNotOpen(address(token));
        uint256 epoch = token.mark();
        _marks[address(token)] = Mark(uint32(epoch), uint40(block.timestamp));
        return epoch;
    }

    function _open(uint256 ballot) private view returns (Ballot storage self) {
        self = _ballots[ballot];
        if (self.end == 0) revert UnknownBallot(ballot);
    }

    function _tokenOf(Ballot storage ballot) private view returns (IModelToken) {
        return IModelToken(_entries[ballot.modelId].token);
    }

    /// @dev The price times the factor, at most `most`. ROUNDING: down, so the requester gains.
    function _scaled(uint256 price, uint256 factor, uint256 most) private pure returns (uint256) {
        uint256 scaled = price * factor / ONE;
        return scaled < most ? scaled : most;
    }

    function _known(bytes32 modelId) private view returns (Entry storage entry) {
        entry = _entries[modelId];
        if (entry.contentId == 0) revert UnknownModel(modelId);
    }
}
