// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { Coin, TokenHarness, tokenParams } from "./TokenHarness.sol";

/// @dev The token against a model that remembers every balance at the end of every tick and every
/// payment.
contract ModelTokenHistoryTest is Test {
    uint256 private constant PEOPLE = 3;
    uint256 private constant ASSETS = 2;
    uint256 private constant MINIMUM = 50;
    uint256 private constant STEPS = 120;

    struct Epoch {
        uint256 tick;
        uint256[ASSETS] revenue;
        mapping(uint256 person => bool)[ASSETS] paid;
    }

    TokenHarness private _token;
    Coin private _coin;
    address[PEOPLE] private _people;
    address[ASSETS] private _assets;
    uint256 private _sharedBps;

    uint256 private _tick;
    mapping(uint256 tick => uint256[PEOPLE]) private _balances;
    mapping(uint256 tick => uint256) private _supply;
    Epoch[] private _epochs;
    uint256[ASSETS] private _held;
    uint256[ASSETS] private _owed;
    uint256[ASSETS] private _pool;
    uint256 private _claims;
    uint256 private _random;

    function testFuzz_chunks_of_two(uint256 seed) external {
        _run(seed, 2);
    }

    function testFuzz_chunks_of_three(uint256 seed) external {
        _run(seed, 3);
    }

    function testFuzz_chunks_of_192(uint256 seed) external {
        _run(seed, 192);
    }

    function _run(uint256 seed, uint256 chunkSize) private {
        _random = seed;
        _launch(chunkSize);
        for (uint256 i = 0; i < STEPS; ++i) {
            _act(_draw(21));
            _check(_draw(PEOPLE));
        }
        _advance(1);
        for (uint256 person = 0; person < PEOPLE; ++person) {
            for (uint256 x = 0; x < ASSETS; ++x) {
                _claimAll(person, x, type(uint256).max);
            }
            _check(person);
        }
        // Dust: less than one unit for each claim made and, for roundings of sums, each claim of a
        // range.
        for (uint256 x = 0; x < ASSETS; ++x) {
            assertLe(_owed[x], _claims + _epochs.length * PEOPLE, "dust");
        }
    }

    function _launch(uint256 chunkSize) private {
        _sharedBps = [uint256(10_000), 6000, 3333, 0][_draw(4)];
        _coin = new Coin();
        _assets[1] = address(_coin);
        uint96 supply = uint96(_draw(2) == 0 ? 1000 + _draw(1000) : 1e24 + _draw(1e18));
        _token = new TokenHarness(
            tokenParams(
                supply,
                uint16(_sharedBps),
                address(this),
                address(this),
                address(_coin),
                uint96(MINIMUM)
            ),
            chunkSize
        );
        _tick = 1;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            _people[i] = address(uint160(0xA11CE000 + i));
        }
        _token.transfer(_people[0], supply);
        _balances[1][0] = supply;
        _supply[1] = supply;
        _token.open();
        _coin.mint(address(this), type(uint128).max);
        vm.deal(address(this), type(uint128).max);
    }

    function _act(uint256 action) private {
        if (action <= 2) _transfer(_draw(PEOPLE), _draw(PEOPLE));
        else if (action == 3) _burn(_draw(PEOPLE));
        else if (action <= 5) _deposit(_draw(ASSETS));
        else if (action == 6) _send(_draw(ASSETS));
        else if (action == 7) _mark();
        else if (action <= 14) _claim(_draw(PEOPLE), _draw(ASSETS));
        else if (action <= 16) _claimAll(_draw(PEOPLE), _draw(ASSETS), 1 + _draw(4));
        else if (action == 17) _token.settle(_people[_draw(PEOPLE)]);
        else _advance(1 + _draw(3) / 2);
    }

    function _advance(uint256 ticks) private {
        for (uint256 i = 0; i < ticks; ++i) {
            _balances[_tick + 1] = _balances[_tick];
            _supply[_tick + 1] = _supply[_tick];
            ++_tick;
        }
        vm.roll(vm.getBlockNumber() + ticks);
    }

    function _transfer(uint256 from, uint256 to) private {
        uint256 amount = _part(_balances[_tick][from]);
        vm.prank(_people[from]);
        _token.transfer(_people[to], amount);
        _balances[_tick][from] -= amount;
        _balances[_tick][to] += amount;
    }

    function _burn(uint256 person) private {
        uint256 amount = _part(_balances[_tick][person]) / (1 + _draw(20));
        uint256[ASSETS] memory quoted =
            [_token.redeemableOnBurn(amount), _token.redeemableERC20OnBurn(amount, _assets[1])];
        uint256 eth = _people[person].balance;
        uint256 coins = _coin.balanceOf(_people[person]);
        vm.prank(_people[person]);
        _token.burn(amount);

        for (uint256 x = 0; x < ASSETS; ++x) {
            _credit(x);
        }
        uint256[ASSETS] memory got =
            [_people[person].balance - eth, _coin.balanceOf(_people[person]) - coins];
        for (uint256 x = 0; x < ASSETS; ++x) {
            uint256 value = amount == 0 ? 0 : amount * _pool[x] / _supply[_tick];
            assertEq(got[x], value, "redeemed");
            assertEq(quoted[x], value, "quoted");
            _pool[x] -= value;
            _held[x] -= value;
        }
        _balances[_tick][person] -= amount;
        _supply[_tick] -= amount;
    }

    function _deposit(uint256 x) private {
        uint256 amount = _amount();
        _held[x] += amount;
        if (x == 0) {
            _token.deposit{ value: amount }();
        } else {
            _coin.approve(address(_token), amount);
            _token.deposit(address(_coin), amount);
        }
        _credit(x);
    }

    function _send(uint256 x) private {
        uint256 amount = _amount();
        _held[x] += amount;
        if (x == 0) payable(address(_token)).transfer(amount);
        else _coin.transfer(address(_token), amount);
        if (_draw(2) == 0) return;
        _credit(x);
        if (x == 0) assertEq(_token.snapshot(), _epochs.length, "snapshot");
        else _token.sync(address(_coin));
    }

    function _mark() private {
        uint256 epoch = _token.mark();
        _credit(0);
        if (_supply[_tick - 1] != 0) _begin();
        assertEq(epoch, _epochs.length, "mark");
    }

    /// @dev The rule in one place: what is creditable is booked, or all of it waits.
    function _credit(uint256 x) private {
        uint256 amount = _held[x] - _owed[x] - _pool[x];
        if (amount == 0 || _supply[_tick - 1] == 0) return;
        uint256 shared = amount * _sharedBps / 10_000;
        bool hasEpoch = _epochs.length != 0 && _epochs[_epochs.length - 1].tick == _tick;
        if (shared != 0 && !hasEpoch && shared < MINIMUM) return;
        if (shared != 0) {
            _begin();
            _epochs[_epochs.length - 1].revenue[x] += shared;
        }
        _owed[x] += shared;
        _pool[x] += amount - shared;
    }

    function _begin() private {
        if (_epochs.length != 0 && _epochs[_epochs.length - 1].tick == _tick) return;
        _epochs.push();
        _epochs[_epochs.length - 1].tick = _tick;
    }

    function _claim(uint256 person, uint256 x) private {
        if (_epochs.length == 0) return;
        uint256 id = 1 + _draw(_epochs.length);
        uint256 value = _share(person, id, x);
        uint256 before = _wealth(person, x);
        if (value == 0) vm.expectRevert();
        vm.prank(_people[person]);
        if (x == 0) _token.claim(id);
        else _token.claimERC20(id, _assets[x]);
        assertEq(_wealth(person, x) - before, value, "claimed");
        if (value != 0) _pay(person, id, x, value);
    }

    function _claimAll(uint256 person, uint256 x, uint256 steps) private {
        uint256 before = _wealth(person, x);
        if (_draw(2) == 0) {
            vm.prank(_people[person]);
            _token.claimAll(_assets[x], steps);
        } else {
            address[] memory accounts = new address[](1);
            accounts[0] = _people[person];
            _token.claimAllFor(accounts, _assets[x], steps);
        }
        uint256 value = _wealth(person, x) - before;

        uint256 floors;
        uint256 paid;
        bool stopped;
        for (uint256 id = 1; id <= _epochs.length; ++id) {
            uint256 share = _share(person, id, x);
            if (share == 0) continue;
            bool isPaid = _claimable(person, id, x) == 0;
            assertFalse(isPaid && stopped, "a walk pays a prefix");
            if (isPaid) {
                floors += share;
                ++paid;
                _pay(person, id, x, 0);
            } else {
                stopped = true;
            }
        }
        if (steps == type(uint256).max) assertFalse(stopped, "all paid");
        // Each share's fraction may add up, those of shares below one unit too.
        assertGe(value + 1, floors, "at least the floors less one");
        assertLe(value, floors + _epochs.length, "at most the exact sum");
        _owed[x] -= value;
        _held[x] -= value;
        ++_claims;
    }

    function _pay(uint256 person, uint256 id, uint256 x, uint256 value) private {
        _epochs[id - 1].paid[x][person] = true;
        _owed[x] -= value;
        _held[x] -= value;
        ++_claims;
    }

    function _share(uint256 person, uint256 id, uint256 x) private view returns (uint256) {
        Epoch storage epoch = _epochs[id - 1];
        if (epoch.tick == _tick || epoch.paid[x][person]) return 0;
        return _balances[epoch.tick - 1][person] * epoch.revenue[x] / _supply[epoch.tick - 1];
    }

    function _check(uint256 person) private view {
        assertEq(_token.balanceOf(_people[person]), _balances[_tick][person], "balance");
        assertEq(_token.totalSupply(), _supply[_tick], "supply");
        assertEq(_token.epochCount(), _epochs.length, "epochs");
        for (uint256 x = 0; x < ASSETS; ++x) {
            uint256 claimable;
            for (uint256 id = 1; id <= _epochs.length; ++id) {
                uint256 share = _share(person, id, x);
                assertEq(_claimable(person, id, x), share, "claimable");
                claimable += share;
            }
            assertGe(_token.claimableAll(_people[person], _assets[x]) + 1, claimable, "all");
            (uint256 owed, uint256 pool,) = _token.booksOf(_assets[x]);
            assertEq(owed, _owed[x], "owed");
            assertEq(pool, _pool[x], "pool");
            assertLe(owed + pool, _held[x], "solvent");
            assertLe(_sumClaimable(x), owed, "all can claim");
        }
        for (uint256 id = 1; id <= _epochs.length; ++id) {
            uint256 before = _epochs[id - 1].tick - 1;
            assertEq(
                _token.balanceOfAt(_people[person], id), _balances[before][person], "balanceOfAt"
            );
            assertEq(_token.totalSupplyAt(id), _supply[before], "totalSupplyAt");
        }
    }

    function _sumClaimable(uint256 x) private view returns (uint256 sum) {
        for (uint256 person = 0; person < PEOPLE; ++person) {
            sum += _token.claimableAll(_people[person], _assets[x]);
        }
    }

    function _claimable(uint256 person, uint256 id, uint256 x) private view returns (uint256) {
        if (x == 0) return _token.claimableRevenue(_people[person], id);
        return _token.claimableERC20(_people[person], id, _assets[x]);
    }

    function _wealth(uint256 person, uint256 x) private view returns (uint256) {
        return x == 0 ? _people[person].balance : _coin.balanceOf(_people[person]);
    }

    function _amount() private returns (uint256) {
        uint256 kind = _draw(4);
        if (kind == 0) return _draw(80);
        if (kind == 1) return _draw(1 ether);
        return 1 + _draw(5000);
    }

    function _part(uint256 whole) private returns (uint256) {
        uint256 kind = _draw(5);
        if (kind == 0) return whole;
        if (kind == 1) return 0;
        return whole * _draw(1000) / 1000;
    }

    function _draw(uint256 bound) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return (_random >> 64) % bound;
    }
}
