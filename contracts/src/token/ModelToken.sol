// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { IERC6372 } from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { IERC7641, IERC7641AltRevToken } from "../interfaces/external/IERC7641.sol";
import { IModelToken, RevenueAsset, TokenParams } from "../interfaces/IModelToken.sol";
import { Accounts } from "../libraries/Accounts.sol";
import { Assets } from "../libraries/Assets.sol";
import { BPS } from "../libraries/Units.sol";
import { Balances } from "./Balances.sol";
import { Entries } from "./Entries.sol";
import { Head } from "./Head.sol";
import { Ledger } from "./Ledger.sol";
import { Signatures } from "./Signatures.sol";
import { Recipient, Treasury } from "./Treasury.sol";

/// @title A model's token
/// @notice The interface explains revenue, epochs, claims and burning. This contract checks who
/// calls and when; `Treasury` moves the assets, and the libraries keep the books.
/// @dev State is written before any call to another contract. The lock covers everything that
/// measures or moves revenue: if an asset called back while it moves, money in flight would count
/// as revenue. Transfers move no revenue and are not locked.
contract ModelToken is Treasury, IERC6372, IERC165, IERC20Errors, Signatures {
    using Accounts for address;
    using Assets for address;
    using Balances for Balances.Book;
    using Balances for Balances.Cell;
    using Ledger for Ledger.State;

    /// @dev EIP-712 type of a signed approval (ERC-2612).
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    /// @dev EIP-712 type of a signed claim.
    bytes32 private constant CLAIM_TYPEHASH = keccak256(
        "Claim(address account,address to,bytes32 assets,uint256 nonce,uint256 deadline)"
    );
    /// @dev EIP-712 type of a signed recipient.
    bytes32 private constant RECIPIENT_TYPEHASH =
        keccak256("SetRecipient(address account,address to,uint256 nonce,uint256 deadline)");
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

    /// @inheritdoc IERC20Metadata
    string public name;
    /// @inheritdoc IERC20Metadata
    string public symbol;
    /// @inheritdoc IERC20
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    /// @inheritdoc IERC20Permit
    mapping(address account => uint256) public nonces;

    constructor(TokenParams memory params) Treasury(params.sharedBps) {
        if (params.supply == 0) revert InvalidSupply(params.supply);
        if (params.sharedBps > BPS) revert InvalidSharedBps(params.sharedBps);

        factory = msg.sender;
        opener = params.opener;
        registry = params.registry;
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
        bytes32 data = keccak256(
            abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonces[owner]++, deadline)
        );
        _verify(owner, data, deadline, abi.encodePacked(r, s, v));
        _approve(owner, spender, value);
    }

    /// @inheritdoc IModelToken
    function deposit() external payable lock {
        _sync(Assets.ETH);
    }

    /// @inheritdoc IModelToken
    function deposit(address asset, uint256 amount) external lock {
        asset.pull(msg.sender, amount);
        _sync(asset);
    }

    /// @inheritdoc IModelToken
    function sync(address asset) external lock {
        _sync(asset);
    }

    /// @inheritdoc IERC7641
    function snapshot() external lock returns (uint256) {
        _sync(Assets.ETH);
        return epochCount();
    }

    /// @inheritdoc IModelToken
    function settle(address account) external {
        _ledger.balances.cells[account].settle(_ledger.head, _now());
    }

    /// @inheritdoc IModelToken
    function mark() external lock returns (uint256 epoch) {
        if (msg.sender != registry) revert NotRegistry(msg.sender);

        _sync(Assets.ETH);
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
        _payOrAsk(msg.sender, Assets.ETH, _payee(), amount, 1);
    }

    /// @inheritdoc IModelToken
    function claimAll(address asset, uint256 steps) external lock returns (uint256 amount) {
        amount = _takeAll(msg.sender, asset, steps);
        _payOrAsk(msg.sender, asset, _payee(), amount, 1);
    }

    /// @inheritdoc IModelToken
    function claimAssets(address[] calldata assets, uint256 steps) external lock {
        _claimAssets(msg.sender, assets, _payee(), steps);
    }

    /// @inheritdoc IModelToken
    function claimAllFor(address[] calldata accounts, address asset, uint256 steps) external lock {
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            // A contract may not expect a payment that others ask for, unless it has a recipient.
            bool expects = account.hasNoCode() || _recipients[account].to != address(0);
            if (expects) _serve(account, asset, steps, accounts.length - i);
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
        if (to == address(0) || to == address(this)) {
            revert InvalidRecipient(to);
        }
        bytes32 data = keccak256(
            abi.encode(
                CLAIM_TYPEHASH,
                account,
                to,
                keccak256(abi.encodePacked(assets)),
                nonces[account]++,
                deadline
            )
        );
        _verify(account, data, deadline, signature);
        _claimAssets(account, assets, to, type(uint256).max);
    }

    /// @inheritdoc IModelToken
    function setRecipient(address to) external {
        _setRecipient(msg.sender, to, 0);
    }

    /// @inheritdoc IModelToken
    function setRecipientBySignature(
        address account,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 data = keccak256(
            abi.encode(RECIPIENT_TYPEHASH, account, to, nonces[account]++, deadline)
        );
        _verify(account, data, deadline, signature);
        _setRecipient(account, to, 0);
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
            _sync(assets[i]);
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
    // forge-lint: disable-next-line(mixed-case-function)
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
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
        Entries.Totals storage totals = _ledger.books[asset].totals;
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

    function _domainNameAndVersion() internal view override returns (string memory, string memory) {
        return (name, "1");
    }

    function _domainNameAndVersionMayChange() internal pure override returns (bool) {
        return true;
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

    function _claim(uint256 epoch, address asset) private {
        uint256 amount = _take(msg.sender, asset, epoch);
        if (amount == 0) revert NothingToClaim(msg.sender, asset, epoch);
        _pay(msg.sender, asset, _payee(), amount);
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
}
