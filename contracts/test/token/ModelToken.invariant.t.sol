// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { Coin, TokenHarness, tokenParams } from "./TokenHarness.sol";

/// @dev Whatever holders, payers and strangers do, the token can pay all it owes.
contract ModelTokenInvariantTest is Test {
    TokenHandler private _handler;
    TokenHarness private _token;

    function setUp() external {
        _handler = new TokenHandler();
        _token = _handler.token();
        targetContract(address(_handler));
    }

    function invariant_all_holders_together_can_claim_what_is_owed() external view {
        for (uint256 x = 0; x < 2; ++x) {
            (uint256 owed, uint256 pool,) = _token.booksOf(_handler.assets(x));
            assertLe(_handler.claimable(x), owed, "claimable");
            assertLe(owed + pool, _handler.heldByToken(x), "held");
        }
    }

    function invariant_every_unit_that_came_is_held_or_was_paid() external view {
        for (uint256 x = 0; x < 2; ++x) {
            assertEq(_handler.heldByToken(x) + _handler.paid(x), _handler.came(x));
        }
    }

    function invariant_balances_make_the_supply_now_and_at_every_epoch() external view {
        uint256 epochs = _token.epochCount();
        uint256 current;
        for (uint256 i = 0; i < _handler.PEOPLE(); ++i) {
            current += _token.balanceOf(_handler.people(i));
        }
        assertEq(current, _token.totalSupply());
        for (uint256 id = 1; id <= epochs; ++id) {
            uint256 past;
            for (uint256 i = 0; i < _handler.PEOPLE(); ++i) {
                past += _token.balanceOfAt(_handler.people(i), id);
            }
            assertEq(past, _token.totalSupplyAt(id));
        }
    }

    /// @dev A suite that does nothing would hold too. Shrunk sequences of a failure are short.
    function afterInvariant() external view {
        if (_handler.total() < 40) return;
        uint256 paidIn = _handler.calls("deposit") + _handler.calls("send");
        assertGt(paidIn + _handler.calls("transfer") + _handler.calls("burn"), 0);
    }
}

/// @dev Acts for five holders; counts what came, what was paid, and each action that did something.
contract TokenHandler is Test {
    uint256 public constant PEOPLE = 5;

    TokenHarness public token;
    address[PEOPLE] public people;
    address[2] public assets;
    uint256[2] public came;
    mapping(string action => uint256) public calls;
    uint256 public total;

    Coin private _coin = new Coin();

    constructor() {
        assets[1] = address(_coin);
        token = new TokenHarness(
            tokenParams(1e24, 7000, address(this), address(this), address(_coin), 1000), 3
        );
        for (uint256 i = 0; i < PEOPLE; ++i) {
            people[i] = address(uint160(0xA11CE000 + i));
            token.transfer(people[i], 2e23);
        }
        token.open();
        vm.roll(vm.getBlockNumber() + 1);
    }

    modifier counted(string memory action) {
        _;
        ++calls[action];
        ++total;
    }

    function transfer(uint256 from, uint256 to, uint256 amount) external counted("transfer") {
        address source = people[from % PEOPLE];
        amount = bound(amount, 0, token.balanceOf(source));
        vm.prank(source);
        token.transfer(people[to % PEOPLE], amount);
    }

    function deposit(uint256 amount, bool inCoin) external counted("deposit") {
        amount = bound(amount, 0, 1e30);
        if (inCoin) {
            _coin.mint(address(this), amount);
            _coin.approve(address(token), amount);
            token.deposit(address(_coin), amount);
        } else {
            vm.deal(address(this), amount);
            token.deposit{ value: amount }();
        }
        came[inCoin ? 1 : 0] += amount;
    }

    function send(uint256 amount) external counted("send") {
        amount = bound(amount, 0, 1e20);
        vm.deal(address(this), amount);
        payable(address(token)).transfer(amount);
        came[0] += amount;
    }

    function snapshot() external counted("snapshot") {
        token.snapshot();
    }

    function mark() external counted("mark") {
        token.mark();
    }

    function claim(uint256 who, uint256 epoch) external {
        uint256 count = token.epochCount();
        if (count == 0) return;
        epoch = 1 + epoch % count;
        address person = people[who % PEOPLE];
        if (token.claimableRevenue(person, epoch) == 0) return;
        vm.prank(person);
        token.claim(epoch);
        ++calls["claim"];
        ++total;
    }

    function claimAll(uint256 who, uint256 steps, bool inCoin) external counted("claimAll") {
        vm.prank(people[who % PEOPLE]);
        token.claimAll(assets[inCoin ? 1 : 0], steps % 6);
    }

    function claimForAll(bool inCoin) external counted("claimForAll") {
        address[] memory accounts = new address[](PEOPLE);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            accounts[i] = people[i];
        }
        token.claimAllFor(accounts, assets[inCoin ? 1 : 0], 100);
    }

    function burn(uint256 who, uint256 amount) external counted("burn") {
        address person = people[who % PEOPLE];
        amount = bound(amount, 0, token.balanceOf(person) / 8);
        vm.prank(person);
        token.burn(amount);
    }

    function roll(uint256 blocks) external counted("roll") {
        vm.roll(vm.getBlockNumber() + 1 + blocks % 3);
    }

    function claimable(uint256 x) external view returns (uint256 sum) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            sum += token.claimableAll(people[i], assets[x]);
        }
    }

    function paid(uint256 x) external view returns (uint256 sum) {
        for (uint256 i = 0; i < PEOPLE; ++i) {
            sum += x == 0 ? people[i].balance : _coin.balanceOf(people[i]);
        }
    }

    function heldByToken(uint256 x) external view returns (uint256) {
        return x == 0 ? address(token).balance : _coin.balanceOf(address(token));
    }
}
