// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IModelToken, RevenueAsset } from "../interfaces/IModelToken.sol";
import { Assets } from "../libraries/Assets.sol";
import { Calls } from "../libraries/Calls.sol";
import { Lock } from "../libraries/Lock.sol";
import { Claims } from "./Claims.sol";
import { Entries } from "./Entries.sol";
import { Ledger } from "./Ledger.sol";

/// @notice The account to which another account's revenue goes.
/// @dev From the lowest bit: to 160 | since 32.
struct Recipient {
    /// 0 for the account itself.
    address to;
    /// The tick in which holders decided it; 0 if they did not. Then it is only for revenue that is
    /// earned later and claimed by others.
    uint32 since;
}

/// @title The money of a model token
/// @notice The token credits revenue, pays claims and redeems burned tokens through this contract.
/// Who may call, and when, the token decides.
abstract contract Treasury is IModelToken, Lock {
    using Assets for address;
    using Claims for Claims.State;
    using Entries for Entries.Book;
    using Ledger for Ledger.State;

    /// @dev Gas that a credit asks for in a tick that has an epoch: what it takes to begin one.
    uint256 private constant EPOCH_GAS = 64_000;
    /// @dev Gas that a claim asks for in a tick with revenue: what it takes to pay it later.
    uint256 private constant CLAIM_GAS = 65_000;

    /// @inheritdoc IModelToken
    uint256 public immutable sharedBps;
    /// @dev Ticks count from 1, at the launch, so that 0 means never.
    uint256 private immutable _origin = block.number - 1;

    mapping(address account => Recipient) internal _recipients;
    Ledger.State internal _ledger;
    RevenueAsset[] internal _assets;

    constructor(uint256 sharedBps_) {
        sharedBps = sharedBps_;
    }

    function _sync(address asset) internal {
        _credit(asset, asset.held());
    }

    function _credit(address asset, uint256 held) internal {
        uint256 tick = _now();
        // To begin an epoch costs more than to add to this tick's, and it may be for the next tick
        // that the caller asks what this call costs.
        if (_ledger.head.latest() == tick) Calls.requireGas(EPOCH_GAS);
        (uint256 shared, uint256 redeemable, bool began) =
            _ledger.credit(asset, held, tick, sharedBps);
        if (began) emit Snapshot(_ledger.head.count());
        if (shared + redeemable != 0) {
            uint256 epoch = shared == 0 ? 0 : _ledger.head.count();
            emit RevenueCredited(asset, epoch, shared, redeemable);
        }
    }

    function _take(address account, address asset, uint256 epoch)
        internal
        returns (uint256 amount)
    {
        Ledger.Share memory share = _shareOf(account, asset, epoch);
        amount = share.amount;
        if (amount != 0) _ledger.take(account, asset, share, _chunkSize());
    }

    function _claimAssets(address account, address[] calldata assets, address to, uint256 steps)
        internal
    {
        for (uint256 i = 0; i < assets.length; ++i) {
            uint256 amount = _takeAll(account, assets[i], steps);
            _payOrAsk(account, assets[i], to, amount, assets.length - i);
        }
    }

    function _takeAll(address account, address asset, uint256 steps)
        internal
        returns (uint256 amount)
    {
        uint256 cursor;
        (amount, cursor) = _ledger.claimable(account, asset, _limits(asset, steps));
        _ledger.claims[asset][account].cursor.settled = uint32(cursor);
        if (amount != 0) _ledger.books[asset].totals.owed -= uint112(amount);
    }

    /// @dev Who gets what the caller claims. A vote of holders does not redirect that.
    function _payee() internal view returns (address) {
        Recipient storage recipient = _recipients[msg.sender];
        bool redirects = recipient.to != address(0) && recipient.since == 0;
        return redirects ? recipient.to : msg.sender;
    }

    function _payOrAsk(address account, address asset, address to, uint256 amount, uint256 payments)
        internal
    {
        if (amount == 0) _ask(asset, payments);
        else _pay(account, asset, to, amount);
    }

    function _pay(address account, address asset, address to, uint256 amount) internal {
        uint256 cursor = _ledger.claims[asset][account].cursor.settled;
        emit RevenueClaimed(account, asset, to, amount, cursor);
        asset.send(to, amount);
    }

    /// @dev Undoes the claim when the payment is refused. The lock keeps anything else from
    /// changing it.
    function _serve(address account, address asset, uint256 steps, uint256 left) internal {
        Recipient memory recipient = _recipients[account];
        Claims.State storage claims = _ledger.claims[asset][account];
        uint256 settled = claims.cursor.settled;
        Claims.Limits memory limits = _limits(asset, steps);
        limits.from = recipient.since == 0
            ? settled
            : _ledger.divertedFrom(account, asset, recipient.since, limits.entry);

        (uint256 amount, uint256 cursor) = _ledger.claimable(account, asset, limits);
        claims.settle(limits.from, cursor);
        if (amount == 0) return _ask(asset, left);

        _ledger.books[asset].totals.owed -= uint112(amount);
        address to = recipient.to == address(0) ? account : recipient.to;
        if (asset.trySend(to, amount, Assets.ETH_GAS)) {
            emit RevenueClaimed(account, asset, to, amount, cursor);
        } else {
            claims.restore(settled, limits.from);
            _ledger.books[asset].totals.owed += uint112(amount);
            emit ClaimRefused(account, asset, amount);
        }
    }

    function _tryRedeem(address asset, uint256 value) internal {
        if (asset.trySend(msg.sender, value, gasleft() / 2)) {
            emit Redeemed(msg.sender, asset, value);
        } else {
            _ledger.books[asset].totals.pool += uint112(value);
            emit RedemptionRefused(msg.sender, asset, value);
        }
    }

    /// @dev The present tick: the block, counted from the launch.
    function _now() internal view returns (uint256 tick) {
        unchecked {
            tick = block.number - _origin;
        }
        // 32 bits last 34 years at four blocks a second.
        assert(tick <= type(uint32).max);
    }

    /// @dev Entries for which a word holds marks. Tests use small numbers to reach the rare paths.
    function _chunkSize() internal view virtual returns (uint256) {
        return 192;
    }

    function _shareOf(address account, address asset, uint256 epoch)
        internal
        view
        returns (Ledger.Share memory)
    {
        return _ledger.shareOf(account, asset, epoch, _now(), _chunkSize());
    }

    function _limits(address asset, uint256 steps) internal view returns (Claims.Limits memory) {
        return Claims.Limits(0, _ledger.books[asset].closed(_now()), steps, _chunkSize());
    }

    /// @dev What `burn(amount)` would pay; for an asset that is not listed,
    /// `burn(amount, [asset])`.
    function _redeemable(uint256 amount, address asset) internal view unlocked returns (uint256) {
        uint256 supply = _ledger.supply.current;
        if (supply == 0) return 0;
        Ledger.Pending memory sum = _pending(asset, asset.held());
        bool booked = sum.begins || _ledger.head.latest() == _now() || _earlierBegins(asset);
        uint256 pool = _ledger.books[asset].totals.pool + (booked ? sum.redeemable : 0);
        return (amount < supply ? amount : supply) * pool / supply;
    }

    /// @dev Asks for the gas of `payments` payments if the asset's newest revenue can be claimed
    /// only from the next tick on. There is no payment now, but it may be for the next tick that
    /// the caller asks what a claim costs.
    function _ask(address asset, uint256 payments) private view {
        Entries.Book storage book = _ledger.books[asset];
        if (book.closed(_now()) != book.totals.count) Calls.requireGas(CLAIM_GAS * payments);
    }

    /// @dev Whether an asset that `burn` credits before `asset` begins an epoch, of which `asset`
    /// then makes use.
    function _earlierBegins(address asset) private view returns (bool begins) {
        if (_ledger.minimumOf[asset] == 0) return false;
        for (uint256 i = 0; !begins && _assets[i].asset != asset; ++i) {
            (bool ok, uint256 held) = _assets[i].asset.tryHeld();
            if (!ok) continue;
            Ledger.Pending memory sum = _pending(_assets[i].asset, held);
            begins = sum.begins && sum.shared != 0;
        }
    }

    function _pending(address asset, uint256 held) private view returns (Ledger.Pending memory) {
        return _ledger.pending(asset, held, _now(), sharedBps);
    }
}
