// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ISplitter, Source, SplitParams } from "../interfaces/ISplitter.sol";
import { IWrappedEther } from "../interfaces/external/IWrappedEther.sol";
import { Assets } from "../libraries/Assets.sol";
import { Lock } from "../libraries/Lock.sol";
import { BPS } from "../libraries/Units.sol";

/// @title Divides a model's revenue among holders, creator and protocol
/// @notice Each launched model has one splitter. The interface explains who pays it and who gets
/// what.
contract Splitter is ISplitter, Lock {
    using Assets for address;

    /// @notice Thrown when anyone but the oracle pays usage.
    error NotOracle(address caller);
    /// @notice Thrown when anyone but the collection pays a mint.
    error NotCollection(address caller);
    /// @notice Thrown when anyone but the factory sets the collection.
    error NotFactory(address caller);
    /// @notice Thrown when the collection is set again.
    error CollectionIsSet(address collection);
    /// @notice Thrown when the two parts are together more than 10,000 basis points.
    error SplitAboveWhole(uint256 creatorBps, uint256 protocolBps);

    /// @notice The contract that deployed the splitter.
    address public immutable factory;
    /// @inheritdoc ISplitter
    address public immutable oracle;
    /// @inheritdoc ISplitter
    address public immutable drip;
    /// @inheritdoc ISplitter
    address public immutable weth;
    /// @inheritdoc ISplitter
    address public immutable creator;
    /// @inheritdoc ISplitter
    address public immutable protocol;
    /// @inheritdoc ISplitter
    uint256 public immutable creatorBps;
    /// @inheritdoc ISplitter
    uint256 public immutable protocolBps;

    /// @inheritdoc ISplitter
    address public collection;
    /// @inheritdoc ISplitter
    uint256 public usage;
    /// @inheritdoc ISplitter
    mapping(address sink => mapping(address asset => uint256)) public owed;
    /// @inheritdoc ISplitter
    mapping(address asset => uint256) public reserved;

    constructor(SplitParams memory params) {
        if (uint256(params.creatorBps) + params.protocolBps > BPS) {
            revert SplitAboveWhole(params.creatorBps, params.protocolBps);
        }
        factory = msg.sender;
        oracle = params.oracle;
        drip = params.drip;
        weth = params.weth;
        creator = params.creator;
        protocol = params.protocol;
        creatorBps = params.creatorBps;
        protocolBps = params.protocolBps;
    }

    /// @notice Takes a plain send, which `collect` divides. Empty, so that 2,300 gas suffice.
    receive() external payable { }

    /// @inheritdoc ISplitter
    function payUsage() external payable lock {
        if (msg.sender != oracle) revert NotOracle(msg.sender);
        emit Revenue(Source.Usage, 0, Assets.ETH, msg.value);
        usage += _split(Assets.ETH, msg.value);
    }

    /// @inheritdoc ISplitter
    function payMint(uint256 tokenId) external payable lock {
        if (msg.sender != collection) revert NotCollection(msg.sender);
        emit Revenue(Source.Mint, tokenId, Assets.ETH, msg.value);
        _split(Assets.ETH, msg.value);
    }

    /// @inheritdoc ISplitter
    function collect(address asset) external lock returns (uint256 amount) {
        if (asset == weth && asset != Assets.ETH) {
            IWrappedEther(weth).withdraw(weth.held());
            asset = Assets.ETH;
        }
        (uint256 held, uint256 kept) = (asset.held(), reserved[asset]);
        if (held <= kept) return 0;
        amount = held - kept;
        emit Revenue(Source.Other, 0, asset, amount);
        _split(asset, amount);
    }

    /// @inheritdoc ISplitter
    function withdraw(address sink, address asset) external lock returns (uint256 amount) {
        amount = owed[sink][asset];
        if (amount == 0) return 0;
        owed[sink][asset] = 0;
        reserved[asset] -= amount;
        emit Withdrawn(sink, asset, amount);
        asset.send(sink, amount);
    }

    /// @inheritdoc ISplitter
    function setCollection(address collection_) external {
        if (msg.sender != factory) revert NotFactory(msg.sender);
        if (collection != address(0)) revert CollectionIsSet(collection);
        collection = collection_;
        emit CollectionSet(collection_);
    }

    /// @dev Divides `amount` and sends the holders' part to the drip. ROUNDING: down for creator
    /// and protocol, so holders gain.
    function _split(address asset, uint256 amount) private returns (uint256 holders) {
        uint256 toCreator = amount * creatorBps / BPS;
        uint256 toProtocol = amount * protocolBps / BPS;
        uint256 kept = toCreator + toProtocol;
        if (kept != 0) reserved[asset] += kept;
        if (toCreator != 0) owed[creator][asset] += toCreator;
        if (toProtocol != 0) owed[protocol][asset] += toProtocol;

        holders = amount - kept;
        if (holders != 0) asset.send(drip, holders);
    }
}
