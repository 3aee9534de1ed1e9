// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { IERC6372 } from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { IERC7641, IERC7641AltRevToken } from "../interfaces/external/IERC7641.sol";
import { IModelToken, RevenueAsset, TokenParams } from "../interfaces/IModelToken.sol";
import { Accounts } from "../libraries/Accounts.sol";
import { Assets } from "../libraries/Assets.sol";
import { Lock } from "../libraries/Lock.sol";
import { BPS } from "../libraries/Units.sol";
import { Balances } from "./Balances.sol";
import { Claims } from "./Claims.sol";
import { Entries } from "./Entries.sol";
import { Head } from "./Head.sol";
import { Ledger } from "./Ledger.sol";

/// @notice The account to which another account's revenue goes.
/// @dev From the lowest bit: to 160 | since 32 | keeps 8.
struct Recipient {
    /// 0 for the account itself.
    address to;
    /// The tick in which holders decided it; 0 if they did not. Then it is only for revenue that is
    /// earned later and claimed by others.
    uint32 since;
    /// Whether anything was ever kept for the account.
    bool keeps;
}

/// @title A model's token
/// @notice The interface explains revenue, epochs, claims and burning. This contract checks who
/// calls and when, and moves the assets; the libraries keep the books.
/// @dev State is written before any call to another contract. The lock covers everything that
/// measures or moves revenue: if an asset called back while it moves, money in flight would count
/// as revenue. Transfers move no revenue and are not locked.
contract ModelToken is IModelToken, IERC6372, IERC165, IERC20Errors, EIP712, Nonces, Lock {
    using Accounts for address;
    using Assets for address;
    using Balances for Balances.Book;
    using Entries for Entries.Book;
    using Ledger for Ledger.State;

    /// @dev EIP-712 type of a signed approval (ERC-2612).
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    /// @dev EIP-712 type of a signed claim.
    bytes32 private constant CLAIM_TYPEHASH = keccak256(
        "Claim(address account,address to,bytes32 assets,uint256 nonce,uint256 deadline)"
    );
    /// @dev Most ERC-20 tokens of the launch list.
    uint256 private constant MAX_LISTED_TOKENS = 4;

    /// @notice Thrown when anyone but the factory and the registry calls.
    error NotFactory(address caller);
    /// @notice Thrown when anyone but the opener calls.
    error NotOpener(address caller);
    /// @notice Thrown when anyone but the registry calls.
    error NotRegistry(address caller);
    /// @notice Thrown when anyone but the opener transfers before transfers are open.
    error TransfersClosed();
    /// @notice Thrown when the caller has nothing to claim in the epoch.
    error NothingToClaim(address account, address asset, uint256 epoch);
    /// @notice Thrown for a signature after its deadline.
    error SignatureExpired(uint256 deadline);
    /// @notice Thrown for a signature of anyone but the account.
    error InvalidSignature(address signer);
    /// @notice Thrown for a recipient that is the token itself, or nobody.
    error InvalidRecipient(address to);
    /// @notice Thrown when assets to redeem do not ascend. A repeated asset would be redeemed
    /// twice.
    error AssetsNotAscending(uint256 index);
    /// @notice Thrown for a launch list that does not begin with ETH.
    error EthMustComeFirst();
    /// @notice Thrown for a launch list of more than ETH and four tokens.
    error TooManyAssets(uint256 count);
    /// @notice Thrown for an asset that is listed twice, has no minimum, or is not another
    /// contract.
    error InvalidRevenueAsset(address asset);
    /// @notice Thrown for more than 10,000 basis points.
    error InvalidSharedBps(uint256 bps);
    /// @notice Thrown for a supply of 0.
    error InvalidSupply(uint256 supply);

    /// @inheritdoc IModelToken
    address public immutable factory;
    /// @inheritdoc IModelToken
    address public immutable opener;
    /// @inheritdoc IModelToken
    address public immutable registry;
    /// @inheritdoc IModelToken
    uint256 public immutable sharedBps;
    /// @dev Ticks count from 1, at the launch, so that 0 means never.
    uint256 private immutable _origin = block.number - 1;

    /// @inheritdoc IERC20Metadata
    string public name;
    /// @inheritdoc IERC20Metadata
    string public symbol;
    /// @inheritdoc IERC20
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    mapping(address account => Recipient) private _recipients;
    Ledger.State private _ledger;
    RevenueAsset[] private _assets;

    constructor(TokenParams memory params) EIP712(params.name, "1") {
        if (params.supply == 0) revert InvalidSupply(params.supply);
        if (params.sharedBps > BPS) revert InvalidSharedBps(params.sharedBps);

        factory = msg.sender;
        opener = params.opener;
        registry = params.registry;
        sharedBps = params.sharedBps;
        name = params.name;
        symbol = params.symbol;
        _list(params.assets);
        _ledger.mint(params.opener, params.supply, _now());
        emit Transfer(address(0), params.opener, params.supply);
    }

    /// @notice Takes a plain send as revenue, which the next credit books. Empty, so that 2,300 gas
    /// suffice.
    receive() external payable { }

    /// @inheritdoc IERC20
    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < value) revert ERC20InsufficientAllowance(msg.sender, allowed, value);
            allowance[from][msg.sender] = allowed - value;
        }
        _move(from, to, value);
        return true;
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 value) external returns (bool) {
        _approve(msg.sender, spender, value);
        return true;
    }

    /// @inheritdoc IERC20Permit
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 data = keccak256(
            abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline)
        );
        address signer = ECDSA.recover(_hashTypedDataV4(data), v, r, s);
        if (signer != owner) revert InvalidSignature(signer);
        _approve(owner, spender, value);
    }

    /// @inheritdoc IModelToken
    function deposit() external payable lock {
        _credit(Assets.ETH, Assets.ETH.held());
    }

    /// @inheritdoc IModelToken
    function deposit(address asset, uint256 amount) external lock {
        asset.pull(msg.sender, amount);
        _credit(asset, asset.held());
    }

    /// @inheritdoc IModelToken
    function sync(address asset) external lock {
        _credit(asset, asset.held());
    }

    /// @inheritdoc IERC7641
    function snapshot() external lock returns (uint256) {
        _credit(Assets.ETH, Assets.ETH.held());
        return epochCount();
    }

    /// @inheritdoc IModelToken
    function mark() external lock returns (uint256 epoch) {
        if (msg.sender != registry) revert NotRegistry(msg.sender);

        _credit(Assets.ETH, Assets.ETH.held());
        uint256 tick = _now();
        uint256 supply = _ledger.supplyBefore(tick);
        bool began = supply != 0 && _ledger.begin(tick, supply, 0);
        epoch = epochCount();
        if (began) emit Snapshot(epoch);
    }

    /// @inheritdoc IERC7641
    function claim(uint256 epoch) external lock {
        _claim(epoch, Assets.ETH);
    }

    /// @inheritdoc IModelToken
    function claimERC20(uint256 epoch, address asset) external lock {
        _claim(epoch, asset);
    }

    /// @inheritdoc IModelToken
    function claimBatch(uint256[] calldata epochs) external lock {
        uint256 amount;
        for (uint256 i = 0; i < epochs.length; ++i) {
            amount += _take(msg.sender, Assets.ETH, epochs[i]);
        }
        _payCaller(Assets.ETH, amount);
    }

    /// @inheritdoc IModelToken
    function claimAll(address asset, uint256 steps) external lock returns (uint256 amount) {
        amount = _takeAll(msg.sender, asset, steps, _keptOf(msg.sender, asset));
        _payCaller(asset, amount);
    }

    /// @inheritdoc IModelToken
    function claimAllFor(address[] calldata accounts, address asset, uint256 steps) external lock {
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            // A contract may not expect a payment that others ask for, unless it has a recipient.
            bool expects = account.hasNoCode() || _recipients[account].to != address(0);
            if (expects) _serve(account, asset, steps);
        }
    }

    /// @inheritdoc IModelToken
    function claimBySignature(
        address account,
        address to,
        address[] calldata assets,
        uint256 deadline,
        bytes calldata signature
    ) external lock {
        if (block.timestamp > deadline) {
            revert SignatureExpired(deadline);
        }
        if (to == address(0) || to == address(this)) revert InvalidRecipient(to);
        bytes32 data = keccak256(
            abi.encode(
                CLAIM_TYPEHASH,
                account,
                to,
                keccak256(abi.encodePacked(assets)),
                _useNonce(account),
                deadline
            )
        );
        if (!SignatureChecker.isValidSignatureNow(account, _hashTypedDataV4(data), signature)) {
            revert InvalidSignature(account);
        }
        for (uint256 i = 0; i < assets.length; ++i) {
            uint256 kept = _keptOf(account, assets[i]);
            uint256 amount = _takeAll(account, assets[i], type(uint256).max, kept);
            _pay(account, assets[i], to, amount);
        }
    }

    /// @inheritdoc IModelToken
    function setRecipient(address to) external {
        _setRecipient(msg.sender, to, 0);
    }

    /// @inheritdoc IERC7641
    /// @dev Redeems the launch list. An asset that fails stays in the pool, so that it blocks
    /// nobody.
    function burn(uint256 amount) external lock {
        uint256 count = _assets.length;
        address[] memory assets = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            assets[i] = _assets[i].asset;
            (bool ok, uint256 held) = assets[i].tryHeld();
            if (ok) _credit(assets[i], held);
        }
        uint256[] memory values = _burn(amount, assets);
        for (uint256 i = 0; i < count; ++i) {
            if (values[i] != 0) _tryRedeem(assets[i], values[i]);
        }
    }

    /// @inheritdoc IModelToken
    function burn(uint256 amount, address[] calldata assets) external lock {
        for (uint256 i = 0; i < assets.length; ++i) {
            if (i != 0 && assets[i] <= assets[i - 1]) revert AssetsNotAscending(i);
            _credit(assets[i], assets[i].held());
        }
        uint256[] memory values = _burn(amount, assets);
        for (uint256 i = 0; i < assets.length; ++i) {
            emit Redeemed(msg.sender, assets[i], values[i]);
            if (values[i] != 0) assets[i].send(msg.sender, values[i]);
        }
    }

    /// @inheritdoc IModelToken
    function fixRecipient(address account, address to) external {
        bool voted = msg.sender == registry;
        if (!voted && msg.sender != factory) revert NotFactory(msg.sender);
        _setRecipient(account, to, voted ? _now() : 0);
    }

    /// @inheritdoc IModelToken
    function open() external {
        if (msg.sender != opener) revert NotOpener(msg.sender);
        _ledger.head = _ledger.head.opened();
        emit Opened();
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external pure returns (uint8) {
        return 18;
    }

    /// @inheritdoc IERC20
    function totalSupply() public view returns (uint256) {
        return _ledger.supply.current;
    }

    /// @inheritdoc IERC20
    function balanceOf(address account) external view returns (uint256) {
        return _ledger.balances.cells[account].word.balance();
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc IERC20Permit
    // forge-lint: disable-next-line(mixed-case-function)
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IERC7641
    function claimableRevenue(address account, uint256 epoch) external view returns (uint256) {
        return _shareOf(account, Assets.ETH, epoch).amount;
    }

    /// @inheritdoc IERC7641AltRevToken
    function claimableERC20(address account, uint256 epoch, address asset)
        external
        view
        returns (uint256)
    {
        return _shareOf(account, asset, epoch).amount;
    }

    /// @inheritdoc IModelToken
    function claimableAll(address account, address asset) external view returns (uint256 amount) {
        (amount,) = _ledger.claimable(account, asset, _limits(asset, type(uint256).max));
        amount += _keptOf(account, asset);
    }

    /// @inheritdoc IModelToken
    function recipientOf(address account) public view returns (address) {
        return _recipients[account].to;
    }

    /// @inheritdoc IERC7641
    function redeemableOnBurn(uint256 amount) external view returns (uint256) {
        return _redeemable(amount, Assets.ETH);
    }

    /// @inheritdoc IERC7641AltRevToken
    function redeemableERC20OnBurn(uint256 amount, address asset) external view returns (uint256) {
        return _redeemable(amount, asset);
    }

    /// @inheritdoc IModelToken
    function balanceOfAt(address account, uint256 epoch) external view returns (uint256) {
        return _ledger.balances.balanceAt(account, _ledger.epochAt(epoch).tick);
    }

    /// @inheritdoc IModelToken
    function totalSupplyAt(uint256 epoch) external view returns (uint256) {
        return _ledger.epochAt(epoch).supply;
    }

    /// @inheritdoc IModelToken
    function epochCount() public view returns (uint256) {
        return _ledger.head.count();
    }

    /// @inheritdoc IModelToken
    function booksOf(address asset)
        external
        view
        returns (uint256 owed, uint256 pool, uint256 entries)
    {
        Entries.Totals memory totals = _ledger.books[asset].totals;
        return (totals.owed, totals.pool, totals.count);
    }

    /// @inheritdoc IModelToken
    function minimumOf(address asset) external view returns (uint256) {
        return _ledger.minimumOf[asset];
    }

    /// @inheritdoc IModelToken
    function revenueAssets() external view returns (RevenueAsset[] memory) {
        return _assets;
    }

    /// @inheritdoc IModelToken
    function isOpen() external view returns (bool) {
        return _ledger.head.isOpen();
    }

    /// @inheritdoc IERC6372
    function clock() external view override(IERC6372, IModelToken) returns (uint48) {
        return uint48(block.number);
    }

    /// @inheritdoc IERC6372
    // forge-lint: disable-next-line(mixed-case-function)
    function CLOCK_MODE() external pure override(IERC6372, IModelToken) returns (string memory) {
        return "mode=blocknumber&from=default";
    }

    /// @inheritdoc IERC165
    /// @dev ERC-7641 names no id. So both are true: the id of its own functions, and that id with
    /// ERC-20's functions xor-ed in.
    function supportsInterface(bytes4 id) external pure returns (bool) {
        bytes4 plain = type(IERC7641).interfaceId;
        return id == type(IERC165).interfaceId || id == type(IERC20).interfaceId
            || id == type(IERC20Metadata).interfaceId || id == type(IERC20Permit).interfaceId
            || id == plain || id == plain ^ type(IERC20).interfaceId
            || id == type(IERC7641AltRevToken).interfaceId || id == type(IERC6372).interfaceId;
    }

    /// @dev Entries for which a word holds marks. Tests use small numbers to reach the rare paths.
    function _chunkSize() internal view virtual returns (uint256) {
        return 192;
    }

    /// @dev The present tick: the block, counted from the launch.
    function _now() private view returns (uint256 tick) {
        unchecked {
            tick = block.number - _origin;
        }
        // 32 bits last 34 years at four blocks a second.
        assert(tick <= type(uint32).max);
    }

    function _list(RevenueAsset[] memory assets) private {
        if (assets.length == 0 || assets[0].asset != Assets.ETH) revert EthMustComeFirst();
        if (assets.length > MAX_LISTED_TOKENS + 1) revert TooManyAssets(assets.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            RevenueAsset memory listed = assets[i];
            bool isToken = listed.asset.code.length != 0 && listed.asset != address(this);
            bool known = _ledger.minimumOf[listed.asset] != 0;
            if (known || listed.minimum == 0 || (i != 0 && !isToken)) {
                revert InvalidRevenueAsset(listed.asset);
            }
            _ledger.minimumOf[listed.asset] = listed.minimum;
            _assets.push(listed);
        }
    }

    function _move(address from, address to, uint256 value) private {
        // A transfer of 0 writes nothing, since anyone can transfer 0 of anyone's tokens.
        if (value != 0) {
            if (to == address(0) || to == address(this)) revert ERC20InvalidReceiver(to);
            Head head = _ledger.head;
            if (!head.isOpen() && from != opener) revert TransfersClosed();
            uint256 available = _ledger.move(from, to, value, head, _now());
            if (available < value) revert ERC20InsufficientBalance(from, available, value);
        }
        emit Transfer(from, to, value);
    }

    function _approve(address owner, address spender, uint256 value) private {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        allowance[owner][spender] = value;
        emit Approval(owner, spender, value);
    }

    function _setRecipient(address account, address to, uint256 since) private {
        if (to == address(this)) revert InvalidRecipient(to);
        Recipient storage recipient = _recipients[account];
        (recipient.to, recipient.since) = (to, uint32(since));
        emit RecipientSet(account, to);
    }

    function _credit(address asset, uint256 held) private {
        (uint256 shared, uint256 redeemable, bool began) =
            _ledger.credit(asset, held, _now(), sharedBps);
        if (began) emit Snapshot(epochCount());
        if (shared + redeemable != 0) {
            uint256 epoch = shared == 0 ? 0 : epochCount();
            emit RevenueCredited(asset, epoch, shared, redeemable);
        }
    }

    function _shareOf(address account, address asset, uint256 epoch)
        private
        view
        returns (Ledger.Share memory)
    {
        return _ledger.shareOf(account, asset, epoch, _now(), _chunkSize());
    }

    function _claim(uint256 epoch, address asset) private {
        uint256 amount = _take(msg.sender, asset, epoch);
        if (amount == 0) revert NothingToClaim(msg.sender, asset, epoch);
        _payCaller(asset, amount);
    }

    function _take(address account, address asset, uint256 epoch) private returns (uint256 amount) {
        Ledger.Share memory share = _shareOf(account, asset, epoch);
        amount = share.amount;
        if (amount != 0) _ledger.take(account, asset, share, _chunkSize());
    }

    function _limits(address asset, uint256 steps) private view returns (Claims.Limits memory) {
        return Claims.Limits(_ledger.books[asset].closed(_now()), steps, _chunkSize());
    }

    function _takeAll(address account, address asset, uint256 steps, uint256 kept)
        private
        returns (uint256 amount)
    {
        Claims.State storage claims = _ledger.claims[asset][account];
        uint256 cursor;
        (amount, cursor) = _ledger.claimable(account, asset, _limits(asset, steps));
        claims.cursor.settled = uint32(cursor);
        if (kept != 0) {
            amount += kept;
            claims.kept = 0;
        }
        if (amount != 0) _ledger.books[asset].totals.owed -= uint112(amount);
    }

    function _keptOf(address account, address asset) private view returns (uint256) {
        return _recipients[account].keeps ? _ledger.claims[asset][account].kept : 0;
    }

    /// @dev Keeps for a redirected account what it earned before. Returns whether all of that is
    /// settled.
    function _keepPast(address account, address asset, uint256 since, uint256 steps)
        private
        returns (bool done)
    {
        uint256 kept;
        (kept, done) = _ledger.keep(account, asset, since, _limits(asset, steps));
        if (kept == 0) return done;
        _recipients[account].keeps = true;
        emit RevenueKept(account, asset, kept, _ledger.claims[asset][account].cursor.settled);
    }

    /// @dev A vote of holders does not redirect what an account claims itself.
    function _payCaller(address asset, uint256 amount) private {
        Recipient storage recipient = _recipients[msg.sender];
        address to = recipient.to;
        if (to == address(0) || recipient.since != 0) to = msg.sender;
        _pay(msg.sender, asset, to, amount);
    }

    function _pay(address account, address asset, address to, uint256 amount) private {
        if (amount == 0) return;
        _emitClaimed(account, asset, to, amount);
        asset.send(to, amount);
    }

    /// @dev Undoes the claim when the payment is refused. The lock keeps anything else from
    /// changing it.
    function _serve(address account, address asset, uint256 steps) private {
        Recipient memory recipient = _recipients[account];
        bool redirected = recipient.since != 0;
        if (redirected && !_keepPast(account, asset, recipient.since, steps)) return;

        Claims.State storage claims = _ledger.claims[asset][account];
        Claims.Cursor memory before = claims.cursor;
        uint256 kept = redirected ? 0 : _keptOf(account, asset);
        uint256 amount = _takeAll(account, asset, steps, kept);
        if (amount == 0) return;

        address to = recipient.to == address(0) ? account : recipient.to;
        if (asset.trySend(to, amount, Assets.ETH_GAS)) {
            _emitClaimed(account, asset, to, amount);
        } else {
            claims.cursor = before;
            if (kept != 0) claims.kept = kept;
            _ledger.books[asset].totals.owed += uint112(amount);
            emit ClaimRefused(account, asset, amount);
        }
    }

    function _emitClaimed(address account, address asset, address to, uint256 amount) private {
        uint256 cursor = _ledger.claims[asset][account].cursor.settled;
        emit RevenueClaimed(account, asset, to, amount, cursor);
    }

    /// @dev Burns tokens of the caller and takes their part of each asset's pool.
    function _burn(uint256 amount, address[] memory assets)
        private
        returns (uint256[] memory values)
    {
        values = new uint256[](assets.length);
        uint256 available = _ledger.balances.cells[msg.sender].word.balance();
        if (available < amount) revert ERC20InsufficientBalance(msg.sender, available, amount);
        if (amount != 0) {
            uint256 supply = _ledger.burn(msg.sender, amount, _now());
            for (uint256 i = 0; i < assets.length; ++i) {
                values[i] = _ledger.redeem(assets[i], amount, supply);
            }
        }
        emit Transfer(msg.sender, address(0), amount);
    }

    function _tryRedeem(address asset, uint256 value) private {
        if (asset.trySend(msg.sender, value, gasleft() / 2)) {
            emit Redeemed(msg.sender, asset, value);
        } else {
            _ledger.books[asset].totals.pool += uint112(value);
            emit RedemptionRefused(msg.sender, asset, value);
        }
    }

    /// @dev What `burn(amount)` would pay; for an asset that is not listed,
    /// `burn(amount, [asset])`.
    function _redeemable(uint256 amount, address asset) private view unlocked returns (uint256) {
        uint256 supply = totalSupply();
        if (supply == 0) return 0;
        Ledger.Pending memory sum = _pending(asset, asset.held());
        bool booked = sum.begins || _ledger.head.latest() == _now() || _earlierBegins(asset);
        uint256 pool = _ledger.books[asset].totals.pool + (booked ? sum.redeemable : 0);
        return (amount < supply ? amount : supply) * pool / supply;
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
