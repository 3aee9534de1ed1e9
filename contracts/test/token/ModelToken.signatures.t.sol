// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC1271 } from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { Test } from "forge-std/Test.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { Signatures } from "../../src/token/Signatures.sol";
import { Coin, tokenParams } from "./TokenHarness.sol";

/// @dev Permits, claims and recipients that bob signs, and somebody else sends.
contract ModelTokenSignaturesTest is Test {
    uint256 private constant BOB_KEY = 0xB0B;

    Coin private _coin = new Coin();
    ModelToken private _token;
    address private _ann = makeAddr("ann");
    address private _bob = vm.addr(BOB_KEY);
    address private _cold = makeAddr("cold");

    function setUp() external {
        address coin = address(_coin);
        _token = new ModelToken(tokenParams(1000 ether, 6000, address(this), address(1), coin, 1));
        _token.transfer(_bob, 300 ether);
        _token.open();
        vm.roll(vm.getBlockNumber() + 1);
        _token.deposit{ value: 10 ether }();
        _coin.mint(address(_token), 10 ether);
        _token.sync(coin);
        vm.roll(vm.getBlockNumber() + 1);
    }

    function test_the_domain_is_the_one_of_the_tokens_name() external view {
        (bytes1 fields, string memory name, string memory version, uint256 chain, address at,,) =
            _token.eip712Domain();
        assertEq(fields, hex"0f");
        assertEq(name, "Model");
        assertEq(version, "1");
        bytes32 domain = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 separator =
            keccak256(abi.encode(domain, keccak256("Model"), keccak256("1"), chain, at));
        assertEq(_token.DOMAIN_SEPARATOR(), separator);
        assertEq(chain, block.chainid);
        assertEq(at, address(_token));
    }

    function test_permit_sets_the_allowance_once() external {
        bytes32 data = _permit(77);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BOB_KEY, _digest(data));
        _token.permit(_bob, _ann, 77, block.timestamp, v, r, s);
        assertEq(_token.allowance(_bob, _ann), 77);
        assertEq(_token.nonces(_bob), 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.InvalidSignature.selector, _bob));
        _token.permit(_bob, _ann, 77, block.timestamp, v, r, s);
    }

    function test_nobody_signs_for_the_zero_address() external {
        vm.expectRevert(abi.encodeWithSelector(Signatures.InvalidSignature.selector, address(0)));
        _token.permit(address(0), _ann, 77, block.timestamp, 99, 0, 0);
    }

    function test_a_signature_ends_with_its_deadline() external {
        uint256 deadline = block.timestamp;
        bytes memory signature = _sign(_recipient(_cold));
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.SignatureExpired.selector, deadline));
        _token.setRecipientBySignature(_bob, _cold, deadline, signature);
    }

    function test_claim_by_signature_pays_where_it_says() external {
        address[] memory assets = _both();
        bytes memory signature = _sign(_claim(_cold));
        vm.expectRevert(abi.encodeWithSelector(Signatures.InvalidSignature.selector, _bob));
        _token.claimBySignature(_bob, _ann, assets, block.timestamp, signature);
        _token.claimBySignature(_bob, _cold, assets, block.timestamp, signature);
        // Walks round the revenue per token down.
        assertEq(_cold.balance, 1.8 ether - 1);
        assertEq(_coin.balanceOf(_cold), 1.8 ether - 1);
        vm.expectRevert(abi.encodeWithSelector(Signatures.InvalidSignature.selector, _bob));
        _token.claimBySignature(_bob, _cold, assets, block.timestamp, signature);
    }

    function test_the_recipient_is_set_by_signature_once() external {
        bytes memory signature = _sign(_recipient(_cold));
        vm.expectRevert(abi.encodeWithSelector(Signatures.InvalidSignature.selector, _bob));
        _token.setRecipientBySignature(_bob, _ann, block.timestamp, signature);
        _token.setRecipientBySignature(_bob, _cold, block.timestamp, signature);
        assertEq(_token.recipientOf(_bob), _cold);
        vm.prank(_bob);
        _token.claim(1);
        assertEq(_cold.balance, 1.8 ether);

        vm.prank(_bob);
        _token.setRecipient(address(0));
        vm.expectRevert(abi.encodeWithSelector(Signatures.InvalidSignature.selector, _bob));
        _token.setRecipientBySignature(_bob, _cold, block.timestamp, signature);

        bytes memory another = _sign(_recipient(address(_token)));
        vm.expectRevert(
            abi.encodeWithSelector(ModelToken.InvalidRecipient.selector, address(_token))
        );
        _token.setRecipientBySignature(_bob, address(_token), block.timestamp, another);
    }

    /// @dev An account that delegates to code (EIP-7702) still signs by its key, whatever the code
    /// does.
    function test_a_delegating_account_signs_by_its_key() external {
        vm.etch(_bob, abi.encodePacked(hex"ef0100", address(_coin)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BOB_KEY, _digest(_permit(77)));
        _token.permit(_bob, _ann, 77, block.timestamp, v, r, s);
        bytes memory signature = _sign(_claim(_cold));
        _token.claimBySignature(_bob, _cold, _both(), block.timestamp, signature);
        assertEq(_coin.balanceOf(_cold), 1.8 ether - 1);
    }

    function test_a_wallet_with_code_signs_by_erc1271() external {
        address wallet = address(new Wallet(_bob));
        vm.prank(_bob);
        _token.transfer(wallet, 300 ether);
        vm.roll(vm.getBlockNumber() + 1);
        _token.deposit{ value: 10 ether }();
        vm.roll(vm.getBlockNumber() + 1);
        _bob = wallet;
        _token.claimBySignature(wallet, _cold, _both(), block.timestamp, _sign(_claim(_cold)));
        assertEq(_cold.balance, 1.8 ether - 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BOB_KEY, _digest(_permit(77)));
        _token.permit(wallet, _ann, 77, block.timestamp, v, r, s);
        assertEq(_token.allowance(wallet, _ann), 77);
        bytes memory another = _sign(_permit(77));
        vm.expectRevert(abi.encodeWithSelector(Signatures.InvalidSignature.selector, wallet));
        _token.setRecipientBySignature(wallet, _cold, block.timestamp, another);
    }

    function _permit(uint256 value) private view returns (bytes32) {
        bytes32 kind = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        return keccak256(abi.encode(kind, _bob, _ann, value, _token.nonces(_bob), block.timestamp));
    }

    function _claim(address to) private view returns (bytes32) {
        bytes32 kind = keccak256(
            "Claim(address account,address to,bytes32 assets,uint256 nonce,uint256 deadline)"
        );
        bytes32 assets = keccak256(abi.encode(address(0), address(_coin)));
        return keccak256(abi.encode(kind, _bob, to, assets, _token.nonces(_bob), block.timestamp));
    }

    function _recipient(address to) private view returns (bytes32) {
        bytes32 kind =
            keccak256("SetRecipient(address account,address to,uint256 nonce,uint256 deadline)");
        return keccak256(abi.encode(kind, _bob, to, _token.nonces(_bob), block.timestamp));
    }

    function _sign(bytes32 data) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BOB_KEY, _digest(data));
        return abi.encodePacked(r, s, v);
    }

    function _digest(bytes32 data) private view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", _token.DOMAIN_SEPARATOR(), data));
    }

    function _both() private view returns (address[] memory assets) {
        assets = new address[](2);
        assets[1] = address(_coin);
    }
}

/// @dev Signs by the key of its owner.
contract Wallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature)
        external
        view
        returns (bytes4)
    {
        return ECDSA.recover(hash, signature) == _owner
            ? IERC1271.isValidSignature.selector
            : bytes4(0);
    }
}
