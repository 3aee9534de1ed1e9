// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { IERC7641AltRevToken } from "./external/IERC7641.sol";

/// @notice An asset of the launch list and the least shared sum of it that begins an epoch.
struct RevenueAsset {
    /// 0 is ETH.
    address asset;
    /// In the asset's units, above 0.
    uint96 minimum;
}

/// @notice What a model token is made of; none of it changes.
struct TokenParams {
    string name;
    string symbol;
    /// Token units (18 decimals), minted to `opener`; at most 2^96 - 1.
    uint96 supply;
    /// Basis points of revenue that holders claim; the rest is redeemed by burning. At most 10,000.
    uint16 sharedBps;
    /// Holds the supply at first and opens transfers: the offering.
    address opener;
    /// May call `mark`: the model registry.
    address registry;
    /// ETH first, then at most four ERC-20 tokens.
    RevenueAsset[] assets;
}

/// @title A model's token: ERC-20, permit, ERC-7641 in ETH and any ERC-20
/// @notice Revenue is credited to balances at the end of the block before, so tokens borrowed for a block earn nothing. Each
/// block in which revenue is credited is an *epoch*, which is ERC-7641's snapshot. Claims never expire. An asset is named by
/// its address, ETH by 0. Layout and rounding: docs/spec/money.md.
///
/// Departures from ERC-7641, all deliberate: `snapshot` with nothing new returns the same id (0 before the first); an id means
/// balances at the end of the block before it; unknown ids and the epoch of the present block have nothing to claim (read with
/// the block tag `pending`); what comes in later in the block of a burn still pays the burned tokens' last holder.
///
/// `burn` is also what bridges call on exit: a bridge that burns redeems to itself.
interface IModelToken is IERC7641AltRevToken, IERC20Metadata, IERC20Permit {
    /// @notice A new epoch began (ERC-7641's reference has this event).
    event Snapshot(uint256 id);
    /// @notice Revenue was booked: `shared` to be claimed in epoch `epoch`, `redeemable` to the pool that burning redeems.
    event RevenueCredited(
        address indexed asset, uint256 indexed epoch, uint256 shared, uint256 redeemable
    );
    /// @notice Revenue left for `to`. `cursor` is the last entry of `asset` up to which `account` is settled.
    event RevenueClaimed(
        address indexed account, address indexed asset, address to, uint256 amount, uint256 cursor
    );
    /// @notice Revenue that `account` earned before holders redirected it is settled up to entry `cursor`, and kept for it.
    event RevenueKept(
        address indexed account, address indexed asset, uint256 amount, uint256 cursor
    );
    /// @notice A claim made for `account` by another was not taken; nothing changed for it.
    event ClaimRefused(address indexed account, address indexed asset, uint256 amount);
    /// @notice Burning redeemed `amount` of `asset`.
    event Redeemed(address indexed account, address indexed asset, uint256 amount);
    /// @notice An asset could not be read or sent in `burn(uint256)`; `amount` stays in the pool.
    event RedemptionRefused(address indexed account, address indexed asset, uint256 amount);
    /// @notice Revenue of `account` goes to `to` from now on; 0 is `account` itself.
    event RecipientSet(address indexed account, address indexed to);
    /// @notice Transfers are open.
    event Opened();

    // Revenue in

    /// @notice Takes `msg.value` as revenue. Plain sends count too, from the next credit on.
    function deposit() external payable;

    /// @notice Pulls `amount` of `asset` as revenue; what arrived counts.
    /// @param asset An ERC-20.
    /// @param amount In its units; the caller has approved it.
    function deposit(address asset, uint256 amount) external;

    /// @notice Credits what of `asset` the token holds beyond its books. Never fails for a sum that is not creditable yet: it waits.
    /// @param asset 0 is ETH.
    function sync(address asset) external;

    /// @notice Begins an epoch without needing revenue, for a vote. Only the registry.
    /// @return epoch The epoch whose balances count.
    function mark() external returns (uint256 epoch);

    // Revenue out

    /// @notice Claims the caller's part of epoch `epoch` in `asset`; reverts when it is 0.
    /// @param epoch The epoch.
    /// @param asset 0 is ETH.
    function claimERC20(uint256 epoch, address asset) external;

    /// @notice Claims the caller's ETH of several epochs at once; ids without anything to claim are skipped.
    /// @param epochs Their ids.
    function claimBatch(uint256[] calldata epochs) external;

    /// @notice Claims all the caller has in `asset`, in at most `steps` steps of bounded gas; call again for the rest.
    /// @param asset 0 is ETH.
    /// @param steps At most so many.
    /// @return amount What was paid; 0 is no error.
    function claimAll(address asset, uint256 steps) external returns (uint256 amount);

    /// @notice Pays others what they have in `asset`, each to its recipient. Serves accounts without code (delegated ones
    /// included) and those with a recipient set; skips the rest. Who refuses the payment keeps the claim.
    /// @param steps At most so many for each account, and as many again where what it earned before a redirect is kept for it.
    /// @param accounts Whom to pay.
    /// @param asset 0 is ETH.
    function claimAllFor(address[] calldata accounts, address asset, uint256 steps) external;

    /// @notice Pays all that `account` has in `assets` to `to`, as `account` signed (EIP-712,
    /// `Claim(address account,address to,bytes32 assets,uint256 nonce,uint256 deadline)`, assets = keccak256 of the packed
    /// 32-byte words; nonces are permit's; ERC-1271 signatures count).
    /// @param account Who signed.
    /// @param to Whom to pay.
    /// @param assets 0 is ETH.
    /// @param deadline Last second at which it can be used.
    /// @param signature Of the account.
    function claimBySignature(
        address account,
        address to,
        address[] calldata assets,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Sends the caller's future claims to `to`; 0 is the caller itself.
    /// @param to Not the token.
    function setRecipient(address to) external;

    /// @notice Burns and redeems exactly `assets` (ascending, without repeats); reverts when one fails.
    /// @param amount Token units.
    /// @param assets 0, which is ETH, comes first.
    function burn(uint256 amount, address[] calldata assets) external;

    // Launch

    /// @notice Fixes where the revenue of a launch contract goes: only the factory. Or that of a contract that cannot claim: only the
    /// registry, when holders decided so. Then it is only for what is earned in later blocks, and claimed by others: what the account
    /// earned before is kept for it, and what it claims itself it gets.
    /// @param account Whose revenue.
    /// @param to Whom to pay; 0 is the account itself.
    function fixRecipient(address account, address to) external;

    /// @notice Opens transfers, for good. Only the opener.
    function open() external;

    // Views

    /// @notice Whether transfers are open. Before, nothing is credited and only the opener's tokens move.
    /// @return Whether they are.
    function isOpen() external view returns (bool);

    /// @notice All that `claimAll` would pay `account` with unlimited steps, what is kept for it included.
    /// @param account Whose.
    /// @param asset 0 is ETH.
    /// @return The sum, in units of the asset.
    function claimableAll(address account, address asset) external view returns (uint256);

    /// @notice Where `account`'s revenue goes; 0 is itself. If holders decided it, only what is earned later and claimed by others.
    /// @param account Whose.
    /// @return The recipient.
    function recipientOf(address account) external view returns (address);

    /// @notice Balance at the end of the block before epoch `epoch`; reverts for an unknown epoch.
    /// @param account Whose.
    /// @param epoch The epoch.
    /// @return Token units.
    function balanceOfAt(address account, uint256 epoch) external view returns (uint256);

    /// @notice Supply at the end of the block before epoch `epoch`; reverts for an unknown epoch.
    /// @param epoch The epoch.
    /// @return Token units.
    function totalSupplyAt(uint256 epoch) external view returns (uint256);

    /// @notice Epochs so far, which is the newest one's id.
    /// @return The count.
    function epochCount() external view returns (uint256);

    /// @notice The books of an asset: what holders can claim, what burning redeems, and how many entries it has.
    /// @param asset 0 is ETH.
    /// @return owed To holders, in units of the asset.
    /// @return pool To who burns.
    /// @return entries Their count.
    function booksOf(address asset)
        external
        view
        returns (uint256 owed, uint256 pool, uint256 entries);

    /// @notice Least shared sum of `asset` that begins an epoch; 0: it never begins one.
    /// @param asset 0 is ETH.
    /// @return The sum, in units of the asset.
    function minimumOf(address asset) external view returns (uint256);

    /// @notice The launch list, ETH first.
    /// @return The assets with their minima.
    function revenueAssets() external view returns (RevenueAsset[] memory);

    /// @notice Basis points of revenue that holders claim.
    /// @return Basis points.
    function sharedBps() external view returns (uint256);

    /// @notice Who may open transfers.
    /// @return The account.
    function opener() external view returns (address);

    /// @notice Who may call `mark`.
    /// @return The account.
    function registry() external view returns (address);

    /// @notice The block (ERC-6372).
    /// @return Its number.
    function clock() external view returns (uint48);

    /// @notice `mode=blocknumber&from=default`.
    /// @return That text.
    // forge-lint: disable-next-line(mixed-case-function)
    function CLOCK_MODE() external view returns (string memory);
}
