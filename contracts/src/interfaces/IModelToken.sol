// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { IERC7641AltRevToken } from "./external/IERC7641.sol";

/// @notice An asset of the launch list.
struct RevenueAsset {
    /// 0 is ETH.
    address asset;
    /// Least shared sum that begins an epoch, in the asset's units; above 0.
    uint96 minimum;
}

/// @notice The parameters of a model token, which never change.
struct TokenParams {
    string name;
    string symbol;
    /// Token units (18 decimals), minted to `opener`; at most 2^96 - 1.
    uint96 supply;
    /// Part of revenue that holders claim, in basis points; at most 10,000. The rest is redeemed by
    /// burning.
    uint16 sharedBps;
    /// Holds the supply at first, and opens transfers: the offering.
    address opener;
    /// Can call `mark`: the model registry.
    address registry;
    /// The launch list: ETH first, then at most four ERC-20 tokens.
    RevenueAsset[] assets;
}

/// @title A model's token: ERC-20, permit, ERC-7641 in ETH and any ERC-20
/// @notice Holders of this token get the model's revenue. Part of the revenue is shared: each
/// holder claims its share. The rest goes to a pool, from which a holder redeems its part by
/// burning tokens. Claims never expire. An asset is named by its address, ETH by 0.
///
/// Revenue is credited to the balances at the end of the block before, so tokens that are borrowed
/// for one block earn nothing. A block in which revenue is credited is an *epoch*, ERC-7641's
/// snapshot. The layout of the books and the rounding are in docs/spec/money.md.
///
/// The token departs from ERC-7641 on purpose: `snapshot` returns the same id if nothing new came
/// in (0 before the first); an id stands for the balances at the end of the block before it; there
/// is nothing to claim for unknown ids and in the epoch of the present block (read with the block
/// tag `pending`); and revenue that comes in later in the block of a burn still pays the last
/// holder of the burned tokens. Bridges call `burn` on exit: a bridge that burns redeems to itself.
interface IModelToken is IERC7641AltRevToken, IERC20Metadata, IERC20Permit {
    /// @notice A new epoch began. ERC-7641's reference has this event.
    event Snapshot(uint256 id);
    /// @notice Revenue was booked: holders can claim `shared` in epoch `epoch`, and `redeemable`
    /// went to the pool.
    event RevenueCredited(
        address indexed asset, uint256 indexed epoch, uint256 shared, uint256 redeemable
    );
    /// @notice Revenue of `account` was paid to `to`. `account` is settled up to entry `cursor` of
    /// `asset`, except for what it earned before a redirect, if holders voted one.
    event RevenueClaimed(
        address indexed account, address indexed asset, address to, uint256 amount, uint256 cursor
    );
    /// @notice Somebody claimed for `account`, which refused the payment. Its claim is unchanged.
    event ClaimRefused(address indexed account, address indexed asset, uint256 amount);
    /// @notice A burn redeemed `amount` of `asset`.
    event Redeemed(address indexed account, address indexed asset, uint256 amount);
    /// @notice An asset could not be read or sent in `burn(uint256)`. `amount` stays in the pool.
    event RedemptionRefused(address indexed account, address indexed asset, uint256 amount);
    /// @notice Revenue of `account` goes to `to` from now on; 0 is the account itself.
    event RecipientSet(address indexed account, address indexed to);
    /// @notice Transfers are open.
    event Opened();

    // Revenue in

    /// @notice Takes the value as revenue. Plain sends count too, from the next credit on.
    function deposit() external payable;

    /// @notice Pulls revenue from the caller. What arrives counts.
    /// @param asset An ERC-20.
    /// @param amount In its units. The caller approved it.
    function deposit(address asset, uint256 amount) external;

    /// @notice Credits what the token holds beyond its books. A sum that cannot be credited yet
    /// waits; that is no error.
    /// @param asset The asset; 0 is ETH.
    function sync(address asset) external;

    /// @notice Writes now what epochs need to know of an account's balance, so that its next
    /// transfer does not pay for that. Changes nothing else. The drip calls this for the pair, so
    /// that no trader pays for a release.
    /// @param account The account.
    function settle(address account) external;

    /// @notice Begins an epoch for a vote, even without revenue. Only the registry can call this.
    /// @return epoch The epoch whose balances count.
    function mark() external returns (uint256 epoch);

    // Revenue out

    /// @notice Claims the caller's share of an epoch's revenue in an asset. Reverts when it is 0.
    /// @param epoch The epoch.
    /// @param asset The asset; 0 is ETH.
    function claimERC20(uint256 epoch, address asset) external;

    /// @notice Claims the caller's ETH of several epochs. Skips epochs without anything to claim.
    /// @param epochs The epochs.
    function claimBatch(uint256[] calldata epochs) external;

    /// @notice Claims everything that the caller has in an asset, in at most `steps` steps of
    /// bounded gas. Call again for the rest.
    /// @param asset The asset; 0 is ETH.
    /// @param steps Most steps.
    /// @return amount The payment; 0 if there was nothing.
    function claimAll(address asset, uint256 steps) external returns (uint256 amount);

    /// @notice Claims everything that the caller has in several assets, as `claimAll` does for one.
    /// Reverts when an asset refuses the payment; then leave it out.
    /// @param assets The assets; 0 is ETH.
    /// @param steps Most steps for each asset.
    function claimAssets(address[] calldata assets, uint256 steps) external;

    /// @notice Pays other accounts what they have in an asset, each to its recipient. Serves
    /// accounts without code of their own and accounts with a recipient; skips the others. A
    /// refused payment stays claimable.
    /// @param accounts The accounts.
    /// @param asset The asset; 0 is ETH.
    /// @param steps Most steps for each account.
    function claimAllFor(address[] calldata accounts, address asset, uint256 steps) external;

    /// @notice Pays everything that `account` has in `assets` to `to`, as `account` signed:
    /// EIP-712, `Claim(address account,address to,bytes32 assets,uint256 nonce,uint256
    /// deadline)`, where `assets` is keccak256 of the packed 32-byte words. The nonces are those of
    /// permit. ERC-1271 signatures count.
    /// @param account The account that signed.
    /// @param to The account to pay.
    /// @param assets The assets; 0 is ETH.
    /// @param deadline Last second in which the signature is valid.
    /// @param signature The signature.
    function claimBySignature(
        address account,
        address to,
        address[] calldata assets,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Sends the caller's future claims to `to`.
    /// @param to The recipient, which cannot be the token; 0 is the caller itself.
    function setRecipient(address to) external;

    /// @notice Sends the future claims of `account` to `to`, as `account` signed: EIP-712,
    /// `SetRecipient(address account,address to,uint256 nonce,uint256 deadline)`. Nonces and
    /// ERC-1271 as in `claimBySignature`.
    /// @param account The account that signed.
    /// @param to The recipient, which cannot be the token; 0 is the account itself.
    /// @param deadline Last second in which the signature is valid.
    /// @param signature The signature.
    function setRecipientBySignature(
        address account,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Burns tokens and redeems exactly `assets`. Reverts when one of them fails.
    /// @param amount Token units.
    /// @param assets Ascending, without repeats; 0 is ETH.
    function burn(uint256 amount, address[] calldata assets) external;

    // Launch

    /// @notice Fixes where an account's revenue goes. The factory fixes it for the contracts of a
    /// launch. The registry fixes it for a contract that cannot claim, when holders decided so:
    /// then it covers only what the account earns in later blocks and what others claim for it. The
    /// account keeps what it earned before, and what it claims itself.
    /// @param account The account.
    /// @param to The recipient; 0 is the account itself.
    function fixRecipient(address account, address to) external;

    /// @notice Opens transfers, for good. Only the opener can call this.
    function open() external;

    // Views

    /// @notice Whether transfers are open. Before that, nothing is credited and only the opener's
    /// tokens move.
    /// @return True if they are.
    function isOpen() external view returns (bool);

    /// @notice What `claimAll` would pay with unlimited steps.
    /// @param account The account.
    /// @param asset The asset; 0 is ETH.
    /// @return The sum, in units of the asset.
    function claimableAll(address account, address asset) external view returns (uint256);

    /// @notice The recipient of an account's revenue. If holders decided it, only of what the
    /// account earns later and others claim.
    /// @param account The account.
    /// @return The recipient; 0 is the account itself.
    function recipientOf(address account) external view returns (address);

    /// @notice An account's balance at the end of the block before an epoch. Reverts for an unknown
    /// epoch.
    /// @param account The account.
    /// @param epoch The epoch.
    /// @return Token units.
    function balanceOfAt(address account, uint256 epoch) external view returns (uint256);

    /// @notice The supply at the end of the block before an epoch. Reverts for an unknown epoch.
    /// @param epoch The epoch.
    /// @return Token units.
    function totalSupplyAt(uint256 epoch) external view returns (uint256);

    /// @notice The number of epochs so far, which is the id of the newest.
    /// @return The count.
    function epochCount() external view returns (uint256);

    /// @notice The books of an asset.
    /// @param asset The asset; 0 is ETH.
    /// @return owed What holders can claim, in units of the asset.
    /// @return pool What burning can redeem, in units of the asset.
    /// @return entries The number of entries.
    function booksOf(address asset)
        external
        view
        returns (uint256 owed, uint256 pool, uint256 entries);

    /// @notice The least shared sum of an asset that begins an epoch.
    /// @param asset The asset; 0 is ETH.
    /// @return The sum, in units of the asset; 0 if the asset never begins an epoch.
    function minimumOf(address asset) external view returns (uint256);

    /// @notice The launch list, ETH first.
    /// @return The assets with their minima.
    function revenueAssets() external view returns (RevenueAsset[] memory);

    /// @notice The part of revenue that holders claim.
    /// @return Basis points.
    function sharedBps() external view returns (uint256);

    /// @notice The contract that deployed the token, and that registers its model.
    /// @return The factory.
    function factory() external view returns (address);

    /// @notice The account that can open transfers.
    /// @return The offering.
    function opener() external view returns (address);

    /// @notice The account that can call `mark`.
    /// @return The model registry.
    function registry() external view returns (address);

    /// @notice The present block (ERC-6372).
    /// @return Its number.
    function clock() external view returns (uint48);

    /// @notice The clock's unit (ERC-6372).
    /// @return `mode=blocknumber&from=default`.
    // forge-lint: disable-next-line(mixed-case-function)
    function CLOCK_MODE() external view returns (string memory);
}
