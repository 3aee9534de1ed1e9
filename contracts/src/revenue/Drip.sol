// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IDrip } from "../interfaces/IDrip.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";
import { Assets } from "../libraries/Assets.sol";
import { Calls } from "../libraries/Calls.sol";
import { Lock } from "../libraries/Lock.sol";
import { BPS } from "../libraries/Units.sol";

/// @title Pays holders the revenue that is not credited yet, a bounded part at a time
/// @notice Each launched model has one drip. The interface explains why it pays in parts.
contract Drip is IDrip, Lock {
    using Assets for address;

    /// @dev Time in which everything that waits would be released at the full rate.
    uint256 private constant SPAN = 7 days;
    /// @dev Most time between two releases that counts.
    uint256 private constant MAX_ELAPSED = 1 days;
    /// @dev Least time between two releases.
    uint256 private constant MIN_ELAPSED = 1 hours;

    /// @dev Gas that a release asks for: what it takes to begin an epoch and to settle the pair. In
    /// a block that has an epoch it takes less, and it may be for the next block that the caller
    /// asks what a release costs.
    uint256 private constant CREDIT_GAS = 120_000;

    /// @notice Thrown when anyone but the factory names the pair.
    error NotFactory(address caller);
    /// @notice Thrown when the factory names another pair.
    error PairIsSet(address pair);
    /// @notice Thrown before transfers of the token are open.
    error TokenClosed();
    /// @notice Thrown less than an hour after the last release. The next one can be at `next`.
    error TooEarly(uint256 next);
    /// @notice Thrown when the waiting sum is too small to begin an epoch.
    error TooLittle(uint256 waiting, uint256 needed);

    /// @notice The contract that deployed the drip.
    address public immutable factory;
    /// @inheritdoc IDrip
    address public immutable token;
    /// @inheritdoc IDrip
    address public immutable creator;

    /// @inheritdoc IDrip
    address public pair;
    /// @inheritdoc IDrip
    mapping(address asset => uint256) public lastRelease;

    constructor(address token_, address creator_) {
        factory = msg.sender;
        token = token_;
        creator = creator_;
    }

    /// @notice Takes a plain send. Empty, so that 2,300 gas suffice.
    receive() external payable { }

    /// @inheritdoc IDrip
    function release(address asset) external lock returns (uint256 amount) {
        if (asset == token) return _burn();
        uint256 elapsed = _elapsed(asset);
        if (!IModelToken(token).isOpen()) revert TokenClosed();
        if (elapsed < MIN_ELAPSED) revert TooEarly(lastRelease[asset] + MIN_ELAPSED);

        uint256 waiting = asset.held();
        uint256 needed = _needed(asset);
        if (waiting == 0 || waiting < needed) revert TooLittle(waiting, needed);

        lastRelease[asset] = block.timestamp;
        if (IModelToken(token).totalSupply() == 0) {
            amount = waiting;
            emit ReleasedToCreator(asset, amount);
            asset.send(creator, amount);
        } else {
            amount = _due(waiting, needed, elapsed);
            emit Released(asset, amount);
            if (asset != Assets.ETH) asset.send(token, amount);
            Calls.requireGas(CREDIT_GAS);
            if (asset == Assets.ETH) IModelToken(token).deposit{ value: amount }();
            else IModelToken(token).sync(asset);
            if (pair != address(0)) IModelToken(token).settle(pair);
        }
    }

    /// @inheritdoc IDrip
    function setPair(address pair_) external {
        if (msg.sender != factory) revert NotFactory(msg.sender);
        if (pair != address(0)) revert PairIsSet(pair);
        pair = pair_;
    }

    /// @inheritdoc IDrip
    function releasable(address asset) external view returns (uint256) {
        uint256 elapsed = _elapsed(asset);
        uint256 waiting = asset.held();
        uint256 needed = _needed(asset);
        if (asset == token) return waiting;
        bool waits = elapsed < MIN_ELAPSED || waiting == 0 || waiting < needed;
        if (waits || !IModelToken(token).isOpen()) return 0;
        return IModelToken(token).totalSupply() == 0 ? waiting : _due(waiting, needed, elapsed);
    }

    /// @dev Tokens of the model are no revenue: nobody could take them out of the token again. What
    /// burning them redeems comes here.
    function _burn() private returns (uint256 amount) {
        amount = token.held();
        if (amount == 0) revert TooLittle(0, 1);
        emit Burned(amount);
        IModelToken(token).burn(amount);
    }

    function _elapsed(address asset) private view returns (uint256) {
        uint256 elapsed = block.timestamp - lastRelease[asset];
        return elapsed < MAX_ELAPSED ? elapsed : MAX_ELAPSED;
    }

    /// @dev The least sum whose shared part begins an epoch. ROUNDING: up; otherwise the token
    /// would let it wait.
    function _needed(address asset) private view returns (uint256) {
        uint256 sharedBps = IModelToken(token).sharedBps();
        uint256 minimum = IModelToken(token).minimumOf(asset);
        return sharedBps == 0 ? 0 : (minimum * BPS + sharedBps - 1) / sharedBps;
    }

    function _due(uint256 waiting, uint256 needed, uint256 elapsed)
        private
        pure
        returns (uint256 amount)
    {
        amount = waiting / SPAN * elapsed + waiting % SPAN * elapsed / SPAN;
        if (amount < needed) amount = needed;
    }
}
