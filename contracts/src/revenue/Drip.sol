// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IDrip } from "../interfaces/IDrip.sol";
import { IModelToken } from "../interfaces/IModelToken.sol";
import { Assets } from "../libraries/Assets.sol";
import { Lock } from "../libraries/Lock.sol";
import { BPS } from "../libraries/Units.sol";

/// @title Pays holders what is theirs but not credited yet, a bounded part at a time
contract Drip is IDrip, Lock {
    using Assets for address;

    /// @dev Seconds in which all that waits would be released, were it called all the time.
    uint256 private constant SPAN = 7 days;
    uint256 private constant LONGEST = 1 days;
    uint256 private constant SHORTEST = 1 hours;

    /// @notice Thrown before transfers are open.
    error TokenClosed();
    /// @notice Thrown less than an hour after the last release.
    error TooEarly(uint256 next);
    /// @notice Thrown when less waits than begins an epoch.
    error TooLittle(uint256 waiting, uint256 needed);

    /// @inheritdoc IDrip
    address public immutable token;
    /// @inheritdoc IDrip
    address public immutable creator;

    /// @inheritdoc IDrip
    mapping(address asset => uint256) public lastRelease;

    constructor(address token_, address creator_) {
        token = token_;
        creator = creator_;
    }

    /// @notice Takes a plain send. Empty, so that 2,300 gas suffice.
    receive() external payable { }

    /// @inheritdoc IDrip
    function release(address asset) external lock returns (uint256 amount) {
        uint256 elapsed = _elapsed(asset);
        if (!IModelToken(token).isOpen()) revert TokenClosed();
        if (elapsed < SHORTEST) revert TooEarly(lastRelease[asset] + SHORTEST);

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
            if (asset == Assets.ETH) {
                IModelToken(token).deposit{ value: amount }();
            } else {
                asset.send(token, amount);
                IModelToken(token).sync(asset);
            }
        }
    }

    /// @inheritdoc IDrip
    function releasable(address asset) external view returns (uint256) {
        uint256 elapsed = _elapsed(asset);
        uint256 waiting = asset.held();
        uint256 needed = _needed(asset);
        bool waits = elapsed < SHORTEST || waiting == 0 || waiting < needed;
        if (waits || !IModelToken(token).isOpen()) return 0;
        return IModelToken(token).totalSupply() == 0 ? waiting : _due(waiting, needed, elapsed);
    }

    function _elapsed(address asset) private view returns (uint256) {
        uint256 elapsed = block.timestamp - lastRelease[asset];
        return elapsed < LONGEST ? elapsed : LONGEST;
    }

    /// @dev Least sum whose shared part begins an epoch. ROUNDING: up, or the token would let it wait.
    function _needed(address asset) private view returns (uint256) {
        uint256 sharedBps = IModelToken(token).sharedBps();
        uint256 minimum = IModelToken(token).minimumOf(asset);
        return sharedBps == 0 ? 0 : (minimum * BPS + sharedBps - 1) / sharedBps;
    }

    function _due(uint256 waiting, uint256 needed, uint256 elapsed)
        private
        pure
        returns (uint256)
    {
        return Math.max(waiting / SPAN * elapsed + waiting % SPAN * elapsed / SPAN, needed);
    }
}
