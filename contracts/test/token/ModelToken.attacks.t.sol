// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { Test } from "forge-std/Test.sol";
import { IModelToken } from "../../src/interfaces/IModelToken.sol";
import { Assets } from "../../src/libraries/Assets.sol";
import { Calls } from "../../src/libraries/Calls.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { TokenHarness, tokenParams } from "./TokenHarness.sol";

/// @dev What the token withstands: hostile assets, recipients and orders of claims.
contract ModelTokenAttacksTest is Test {
    address private constant ETH = address(0);

    TokenHarness private _token;
    HostileCoin private _coin;
    address private _ann = makeAddr("ann");

    function setUp() external {
        _coin = new HostileCoin();
        _token = _launch(192);
        vm.deal(address(this), 1e30);
    }

    receive() external payable { }

    /// @dev Chunks of 4: claims of 2 and 3 mark the word for chunk 0, 6 goes far, a walk settles
    /// chunk 0, and claim(5) moves the word to chunk 1, where 6 has its mark in `far` only.
    function test_a_mark_counts_in_either_of_its_homes() external {
        _token = _launch(4);
        _epochs(9);
        vm.startPrank(_ann);
        _token.claim(2);
        _token.claim(3);
        _token.claim(6);
        assertEq(_token.claimAll(ETH, 2), 0.5 ether, "1, stepping over 2 and 3");
        _token.claim(5);
        assertEq(_token.claimableRevenue(_ann, 6), 0, "paid, by its mark in far");
        assertEq(_token.claimableRevenue(_ann, 7), 0.5 ether, "not paid by chunk 0's mark");
        vm.expectRevert(abi.encodeWithSelector(ModelToken.NothingToClaim.selector, _ann, ETH, 6));
        _token.claim(6);
        _token.claimAll(ETH, type(uint256).max);
        assertEq(_ann.balance, 4.5 ether, "each epoch once");
    }

    function test_a_late_buyers_claims_in_order_leave_no_marks() external {
        _epochs(300);
        address late = makeAddr("late");
        vm.prank(_ann);
        _token.transfer(late, 256 ether);
        _epochs(20);
        vm.startPrank(late);
        for (uint256 id = 301; id <= 320; ++id) {
            vm.expectEmit();
            emit IModelToken.RevenueClaimed(late, ETH, late, 0.25 ether, id);
            _token.claim(id);
        }
        assertEq(late.balance, 5 ether);
    }

    /// @dev Ten thousand single claims, every second one: the walk passes them all in steps of
    /// bounded gas.
    function test_a_walk_over_ten_thousand_marks_is_bounded_by_its_steps() external {
        uint256 count = 20_000;
        vm.pauseGasMetering();
        _epochs(count);
        vm.startPrank(_ann);
        for (uint256 id = 2; id <= count; id += 2) {
            _token.claim(id);
        }
        vm.resumeGasMetering();
        uint256 steps = 500;
        uint256 worst;
        while (_ann.balance != 10_000 ether) {
            uint256 left = gasleft();
            _token.claimAll(ETH, steps);
            uint256 used = left - gasleft();
            if (used > worst) worst = used;
        }
        assertLt(worst, steps * 12_000);
    }

    function test_runs_of_marks_are_one_step() external {
        _epochs(400);
        vm.startPrank(_ann);
        for (uint256 id = 400; id > 1; --id) {
            _token.claim(id);
        }
        assertEq(_token.claimAll(ETH, 4), 0.5 ether, "one entry, then three words of marks");
        vm.stopPrank();
        _epochs(1);
        vm.prank(_ann);
        assertEq(_token.claimAll(ETH, 1), 0.5 ether);
    }

    function test_dust_transfers_cost_the_victim_one_step_each() external {
        for (uint256 i = 0; i < 50; ++i) {
            _epochs(1);
            _token.transfer(_ann, 1);
        }
        _epochs(1);
        vm.prank(_ann);
        uint256 left = gasleft();
        _token.claimAll(ETH, 51);
        assertLt(left - gasleft(), 51 * 12_000);
        assertEq(_token.claimableAll(_ann, ETH), 0);
    }

    function test_an_asset_that_calls_back_while_it_moves_counts_nothing_twice() external {
        _coin.mint(address(this), 100 ether);
        _coin.approve(address(_token), 100 ether);
        _coin.onMove(address(_token), abi.encodeCall(ModelToken.sync, (address(_coin))));
        _token.deposit(address(_coin), 10 ether);
        assertEq(_coin.failures(), 1, "the inner call was refused");
        (uint256 owed, uint256 pool,) = _token.booksOf(address(_coin));
        assertEq(owed + pool, 10 ether);

        bytes memory view_ =
            abi.encodeCall(ModelToken.redeemableERC20OnBurn, (1 ether, address(_coin)));
        _coin.onMove(address(_token), view_);
        _token.deposit(address(_coin), 10 ether);
        assertEq(_coin.failures(), 2, "views of what is held are refused too");
    }

    function test_a_claim_that_reenters_gets_nothing_more() external {
        Reentrant thief = new Reentrant(_token);
        vm.prank(_ann);
        _token.transfer(address(thief), 512 ether);
        _epochs(2);
        thief.claim();
        assertEq(address(thief).balance, 1 ether);
        assertEq(thief.refusals(), 1);
    }

    function test_a_refusing_recipient_loses_nothing_and_stops_nobody() external {
        Refuser refuser = new Refuser();
        address other = makeAddr("other");
        address bob = makeAddr("bob");
        vm.startPrank(_ann);
        _token.transfer(other, 64 ether);
        _token.transfer(bob, 64 ether);
        vm.stopPrank();
        vm.prank(other);
        _token.setRecipient(address(refuser));
        _epochs(3);
        address[] memory accounts = new address[](3);
        (accounts[0], accounts[1], accounts[2]) = (other, address(refuser), bob);
        vm.expectEmit();
        emit IModelToken.ClaimRefused(other, ETH, 0.1875 ether);
        _token.claimAllFor(accounts, ETH, 10);
        assertEq(bob.balance, 0.1875 ether);
        assertEq(_token.claimableAll(other, ETH), 0.1875 ether);
        vm.prank(other);
        _token.setRecipient(address(0));
        _token.claimAllFor(accounts, ETH, 10);
        assertEq(other.balance, 0.1875 ether);
    }

    function test_a_gas_burning_recipient_burns_a_bounded_part() external {
        GasBurner burner = new GasBurner();
        address[] memory accounts = new address[](4);
        for (uint256 i = 0; i < 3; ++i) {
            accounts[i] = address(uint160(0xAAA0 + i));
            vm.prank(_ann);
            _token.transfer(accounts[i], 64 ether);
            vm.prank(accounts[i]);
            _token.setRecipient(address(burner));
        }
        accounts[3] = makeAddr("last");
        vm.prank(_ann);
        _token.transfer(accounts[3], 64 ether);
        _epochs(1);
        uint256 left = gasleft();
        _token.claimAllFor(accounts, ETH, 1);
        assertLt(left - gasleft(), 500_000);
        assertEq(accounts[3].balance, 0.0625 ether);
    }

    function test_too_little_gas_reverts_instead_of_refusing() external {
        _epochs(1);
        address[] memory accounts = new address[](1);
        accounts[0] = _ann;
        vm.expectPartialRevert(Calls.NotEnoughGas.selector);
        _token.claimAllFor{ gas: 90_000 }(accounts, ETH, 1);
    }

    function test_contracts_are_not_served_unless_they_asked_for_it() external {
        GasBurner holder = new GasBurner();
        vm.prank(_ann);
        _token.transfer(address(holder), 10 ether);
        _epochs(1);
        address[] memory accounts = new address[](1);
        accounts[0] = address(holder);
        vm.recordLogs();
        _token.claimAllFor(accounts, ETH, 1);
        assertEq(vm.getRecordedLogs().length, 0);
        address delegated = makeAddr("delegated");
        vm.etch(delegated, abi.encodePacked(hex"ef0100", address(new Sink())));
        vm.prank(_ann);
        _token.transfer(delegated, 10 ether);
        _epochs(1);
        accounts[0] = delegated;
        _token.claimAllFor(accounts, ETH, 2);
        assertEq(_token.claimableAll(delegated, ETH), 0);
    }

    function test_a_broken_listed_asset_does_not_stop_burning() external {
        _epochs(1);
        _coin.mint(address(_token), 10 ether);
        _token.sync(address(_coin));
        _coin.breakDown();
        uint256 quoted = _token.redeemableOnBurn(100 ether);
        uint256 before = address(this).balance;
        vm.prank(_ann);
        _token.transfer(address(this), 100 ether);
        vm.expectEmit(true, true, false, false);
        emit IModelToken.RedemptionRefused(address(this), address(_coin), 0);
        _token.burn(100 ether);
        assertEq(address(this).balance - before, quoted);
        (, uint256 pool,) = _token.booksOf(address(_coin));
        assertEq(pool, 5 ether, "stays in the pool");
        address[] memory assets = new address[](1);
        assets[0] = address(_coin);
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(Assets.UnreadableAsset.selector, address(_coin)));
        _token.burn(1, assets);
    }

    function _launch(uint256 chunkSize) private returns (TokenHarness token) {
        token = new TokenHarness(
            tokenParams(1024 ether, 5000, address(this), address(this), address(_coin), 1),
            chunkSize
        );
        token.transfer(_ann, 512 ether);
        token.open();
        vm.roll(vm.getBlockNumber() + 1);
    }

    /// @dev Epochs that pay 1/1,024 ether for each token, and as much to the pool. Exact, so walks
    /// lose nothing to rounding.
    function _epochs(uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            vm.roll(vm.getBlockNumber() + 1);
            _token.deposit{ value: _token.totalSupply() / 512 }();
            vm.roll(vm.getBlockNumber() + 1);
        }
    }
}

contract HostileCoin is ERC20("Hostile", "H") {
    address private _target;
    bytes private _call;
    bool private _broken;
    uint256 public failures;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function onMove(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function breakDown() external {
        _broken = true;
    }

    function balanceOf(address account) public view override returns (uint256) {
        while (_broken) { }
        return super.balanceOf(account);
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        while (_broken) { }
        return super.transfer(to, value);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_target != address(0)) {
            (bool ok,) = _target.call(_call);
            if (!ok) ++failures;
        }
        super._update(from, to, value);
    }
}

contract Reentrant {
    ModelToken private immutable _token;
    uint256 public refusals;

    constructor(ModelToken token) {
        _token = token;
    }

    function claim() external {
        _token.claimAll(address(0), 100);
    }

    receive() external payable {
        try _token.claimAll(address(0), 100) { }
        catch {
            ++refusals;
        }
    }
}

contract Refuser { }

contract Sink {
    receive() external payable { }
}

contract GasBurner {
    receive() external payable {
        while (true) { }
    }
}
