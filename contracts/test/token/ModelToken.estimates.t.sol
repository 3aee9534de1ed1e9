// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { LaunchParams } from "../../src/interfaces/IImoFactory.sol";
import { BallotKind } from "../../src/interfaces/IModelBallots.sol";
import { IModelToken, RevenueAsset } from "../../src/interfaces/IModelToken.sol";
import { IUniswapV2Factory, IUniswapV2Pair } from "../../src/interfaces/external/IUniswapV2.sol";
import { IWrappedEther } from "../../src/interfaces/external/IWrappedEther.sol";
import { LaunchFixture } from "../factory/LaunchFixture.sol";
import { Coin } from "./TokenHarness.sol";

/// @dev Wallets estimate as of the latest block, and their transaction is in the next one. Each
/// action is estimated in the block in which somebody else acted, and is then given that gas, with
/// a wallet's margin, one block later.
/// forge-config: default.isolate = true
contract ModelTokenEstimatesTest is LaunchFixture {
    /// @dev What somebody does in a block.
    struct Action {
        string name;
        address from;
        address to;
        uint256 value;
        bytes data;
    }

    uint256 private constant BOB_KEY = 0xB0B;
    /// @dev More than any of the actions needs.
    uint256 private constant MOST_GAS = 4_000_000;
    /// @dev Estimates are this exact.
    uint256 private constant STEP_GAS = 64;

    Coin private _coin = new Coin();
    Router private _router = new Router();
    address private _pair;
    address private _weth;
    address private _ann = makeAddr("ann");
    address private _bob = vm.addr(BOB_KEY);
    address private _dan = makeAddr("dan");
    address[3] private _buyers = [makeAddr("eve"), makeAddr("fay"), makeAddr("gus")];
    Action[] private _actions;

    function setUp() public override {
        super.setUp();
        _relaunch();
        _offering.open(address(_token));
        _pair = IUniswapV2Factory(_factory.exchange()).getPair(address(_token), _weth);
        _roll();
    }

    /// @dev Launches and sells to seven, of whom four have their tokens.
    function _relaunch() private {
        LaunchParams memory params = _fullParams();
        params.token.sharedBps = 8000;
        params.token.assets = new RevenueAsset[](2);
        params.token.assets[0] = RevenueAsset(ETH, 0.001 ether);
        _coin.mint(makeAddr("vault"), 100_000 ether);
        params.token.assets[1] = RevenueAsset(address(_coin), 0.001 ether);
        _launch(params);
        address[4] memory people = [_ann, _bob, _dan, address(this)];
        for (uint256 i = 0; i < 4; ++i) {
            _bid(people[i], 15 ether);
        }
        for (uint256 i = 0; i < 3; ++i) {
            _bid(_buyers[i], 10 ether);
        }
        _settle();
        for (uint256 i = 0; i < 4; ++i) {
            _claim(people[i]);
            _prepare(people[i]);
        }
        _roll();
    }

    function test_who_estimates_in_the_block_of_anothers_action_has_enough_gas() external {
        _listActions();
        uint256 runs;
        for (uint256 history = 0; history < 3; ++history) {
            for (uint256 i = 0; i < _actions.length; ++i) {
                runs += _estimateAfter(_actions[i]);
            }
            _live();
        }
        assertGt(runs, 900, "nearly all actions are possible after nearly all others");
    }

    /// @dev The same before transfers open: claims of the sale, a vote, a buyer that burns, `open`.
    function test_who_estimates_before_the_opening_has_enough_gas() external {
        _relaunch();
        delete _actions;
        for (uint256 i = 0; i < 3; ++i) {
            address[] memory buyer = _one(_buyers[i]);
            bytes memory data = abi.encodeCall(_offering.claim, (address(_token), buyer));
            _addTo(address(_offering), "a claim of the sale", address(this), data);
        }
        bytes memory open = abi.encodeCall(_offering.open, (address(_token)));
        _addTo(address(_offering), "opening", address(this), open);
        _add("burning of bob", _bob, abi.encodeWithSignature("burn(uint256)", 1));
        _add(
            "settling the sale",
            address(this),
            abi.encodeCall(IModelToken.settle, (address(_offering)))
        );
        bytes memory ballot = abi.encodeCall(
            _registry.propose,
            (_factory.partOf(address(_token)), BallotKind.Price, bytes32(uint256(1.5e18)))
        );
        _addTo(address(_registry), "a proposal of ann", _ann, ballot);
        uint256 runs;
        for (uint256 i = 0; i < _actions.length; ++i) {
            runs += _estimateAfter(_actions[i]);
        }
        assertGt(runs, 25, "nearly all actions are possible after nearly all others");
    }

    /// @dev What the deposit between estimate and transaction costs, a trader pays no more: the
    /// release pays for the pair's checkpoint.
    function test_a_release_settles_the_pair() external {
        assertEq(_drip.pair(), _pair);
        _live();
        vm.deal(address(_drip), 1 ether);
        _drip.release(ETH);
        bytes32 word = _wordOf(_pair);
        _token.settle(_pair);
        assertEq(_wordOf(_pair), word, "nothing is left to settle");
        _roll();
        _act(_swap("", _ann, true));
        // The number of checkpoints lies below the highest bit.
        uint256 later = uint256(_wordOf(_pair));
        assertEq(later << 1 >> 225, uint256(word) << 1 >> 225, "no checkpoint is written");
        assertNotEq(later, uint256(word));
    }

    /// @dev Anyone may settle anyone, at any time, and no balance of any epoch is another one.
    function test_settling_changes_no_balance() external {
        _live();
        _token.settle(makeAddr("nobody"));
        for (uint256 i = 0; i < 4; ++i) {
            uint256[] memory before = _history(_ann);
            _token.settle(_ann);
            uint256[] memory afterwards = _history(_ann);
            for (uint256 j = 0; j < before.length; ++j) {
                assertEq(before[j], afterwards[j]);
            }
            if (i == 1) _token.deposit{ value: 1 ether }();
            if (i == 2) _roll();
        }
    }

    function _history(address account) private view returns (uint256[] memory balances) {
        balances = new uint256[](_token.epochCount() + 1);
        balances[0] = _token.balanceOf(account);
        for (uint256 epoch = 1; epoch < balances.length; ++epoch) {
            balances[epoch] = _token.balanceOfAt(account, epoch);
        }
    }

    /// @dev Each action, estimated in the block of `earlier`.
    /// @return runs How many were possible there.
    function _estimateAfter(Action memory earlier) private returns (uint256 runs) {
        uint256 snapshot = vm.snapshotState();
        if (_act(earlier)) {
            for (uint256 i = 0; i < _actions.length; ++i) {
                if (!_succeeds(_actions[i], MOST_GAS)) continue;
                ++runs;
                _checkLater(_actions[i], earlier.name);
            }
        }
        assertTrue(vm.revertToStateAndDelete(snapshot));
    }

    /// @dev The action, estimated now and done a block later.
    function _checkLater(Action memory action, string memory earlier) private {
        vm.resetGasMetering();
        uint256 estimate = _estimate(action);
        uint256 snapshot = vm.snapshotState();
        _roll();
        string memory names = string.concat(action.name, " after ", earlier);
        assertTrue(_succeeds(action, estimate + estimate / 4), names);
        bool isTransfer = bytes8(bytes(action.name)) == bytes8("transfer");
        if (isTransfer) assertTrue(_succeeds(action, estimate), names);
        assertTrue(vm.revertToStateAndDelete(snapshot));
    }

    /// @dev The least gas with which the action succeeds, as a node finds it.
    function _estimate(Action memory action) private returns (uint256 high) {
        uint256 low = 0;
        high = MOST_GAS;
        while (high - low > STEP_GAS) {
            uint256 middle = (low + high) / 2;
            if (_succeeds(action, middle)) high = middle;
            else low = middle;
        }
    }

    /// @dev Whether the action succeeds with that gas. Undoes it.
    function _succeeds(Action memory action, uint256 gas) private returns (bool ok) {
        uint256 snapshot = vm.snapshotState();
        vm.prank(action.from);
        (ok,) = action.to.call{ gas: gas, value: action.value }(action.data);
        assertTrue(vm.revertToStateAndDelete(snapshot));
    }

    function _act(Action memory action) private returns (bool ok) {
        vm.prank(action.from);
        (ok,) = action.to.call{ value: action.value }(action.data);
    }

    /// @dev Some days with revenue, and a change of everybody's balance after it.
    function _live() private {
        _token.deposit{ value: 1 ether }();
        _roll();
        address[4] memory people = [_ann, _bob, _dan, address(this)];
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(people[i]);
            _token.transfer(people[(i + 1) % 4], 1 ether + i);
        }
        _act(_swap("", _dan, true));
        skip(2 hours);
        _roll();
    }

    function _listActions() private {
        address[] memory accounts = new address[](3);
        (accounts[0], accounts[1], accounts[2]) = (_ann, _bob, _dan);
        address[] memory assets = new address[](1);
        uint256[] memory epochs = new uint256[](4);
        (epochs[0], epochs[1], epochs[2], epochs[3]) = (1, 2, 3, 4);
        _add("transfer of ann to bob", _ann, abi.encodeCall(IERC20.transfer, (_bob, 1)));
        _add("transfer of ann to dan", _ann, abi.encodeCall(IERC20.transfer, (_dan, 1)));
        _add("transfer of dan to bob", _dan, abi.encodeCall(IERC20.transfer, (_bob, 1)));
        address stranger = makeAddr("new");
        _add("transfer of ann to a stranger", _ann, abi.encodeCall(IERC20.transfer, (stranger, 1)));
        _add("transfer of dan to a stranger", _dan, abi.encodeCall(IERC20.transfer, (stranger, 1)));
        _add(
            "transfer of ann's by another",
            address(this),
            abi.encodeCall(IERC20.transferFrom, (_ann, _dan, 1))
        );
        _actions.push(_swap("buying of ann", _ann, true));
        _actions.push(_swap("buying of dan", _dan, true));
        _actions.push(_swap("selling of ann", _ann, false));
        _add("burning of bob", _bob, abi.encodeWithSignature("burn(uint256)", 1));
        bytes memory burning = abi.encodeWithSignature("burn(uint256,address[])", 1, assets);
        _add("burning for ETH", _bob, burning);
        _add("a deposit", address(this), abi.encodeWithSignature("deposit()"));
        _actions[_actions.length - 1].value = 1 ether;
        _add(
            "a deposit of coins",
            address(this),
            abi.encodeWithSignature("deposit(address,uint256)", _coin, 1 ether)
        );
        _add("a plain send", address(this), "");
        _actions[_actions.length - 1].value = 1 ether;
        _add("sync", address(this), abi.encodeCall(IModelToken.sync, (ETH)));
        _add("snapshot", address(this), abi.encodeWithSignature("snapshot()"));
        _add("a claim of epoch 1", _ann, abi.encodeWithSignature("claim(uint256)", 1));
        _add("a claim of coins", _ann, abi.encodeCall(IModelToken.claimERC20, (1, address(_coin))));
        _add("a claim of a batch", _ann, abi.encodeCall(IModelToken.claimBatch, (epochs)));
        _add("claiming all", _ann, abi.encodeCall(IModelToken.claimAll, (ETH, 100)));
        _add(
            "claiming all coins", _ann, abi.encodeCall(IModelToken.claimAll, (address(_coin), 100))
        );
        _add(
            "claims for others",
            address(this),
            abi.encodeCall(IModelToken.claimAllFor, (accounts, ETH, 100))
        );
        _add("a signed claim", address(this), _signedClaim());
        _listOthers();
    }

    /// @dev What is done through other contracts.
    function _listOthers() private {
        for (uint256 i = 0; i < 2; ++i) {
            address[] memory buyer = _one(_buyers[i]);
            bytes memory data = abi.encodeCall(_offering.claim, (address(_token), buyer));
            _addTo(address(_offering), "a claim of the sale", address(this), data);
        }
        for (uint256 i = 0; i < 2; ++i) {
            address asset = i == 0 ? ETH : address(_coin);
            bytes memory release = abi.encodeCall(_drip.release, (asset));
            _addTo(address(_drip), "a release", address(this), release);
        }
        bytes memory ballot = abi.encodeCall(
            _registry.propose,
            (_factory.partOf(address(_token)), BallotKind.Price, bytes32(uint256(1.5e18)))
        );
        _addTo(address(_registry), "a proposal of ann", _ann, ballot);
        _addTo(address(_registry), "a proposal of dan", _dan, ballot);
        bytes memory redirect = abi.encodeCall(_factory.redirectPair, (address(_token), _weth));
        _addTo(address(_factory), "redirecting the pair", address(this), redirect);
        address[] memory both = new address[](2);
        both[1] = address(_coin);
        _add("claims of two assets", _ann, abi.encodeCall(IModelToken.claimAssets, (both, 100)));
        _add("settling ann", address(this), abi.encodeCall(IModelToken.settle, (_ann)));
        _add("settling the pair", address(this), abi.encodeCall(IModelToken.settle, (_pair)));
        _add("a recipient of ann", _ann, abi.encodeCall(IModelToken.setRecipient, (_dan)));
        bytes memory release = abi.encodeCall(_drip.release, (address(_token)));
        _addTo(address(_drip), "burning the drip's tokens", address(this), release);
    }

    function _signedClaim() private view returns (bytes memory) {
        address[] memory assets = new address[](2);
        assets[1] = address(_coin);
        bytes32 data = keccak256(
            abi.encode(
                keccak256(
                    "Claim(address account,address to,bytes32 assets,"
                    "uint256 nonce,uint256 deadline)"
                ),
                _bob,
                _dan,
                keccak256(abi.encode(address(0), address(_coin))),
                0,
                type(uint256).max
            )
        );
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", _token.DOMAIN_SEPARATOR(), data));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BOB_KEY, digest);
        bytes memory signature = abi.encodePacked(r, s, v);
        return abi.encodeCall(
            IModelToken.claimBySignature, (_bob, _dan, assets, type(uint256).max, signature)
        );
    }

    function _swap(string memory name, address from, bool buys)
        private
        view
        returns (Action memory)
    {
        (address pay, address get) = buys ? (_weth, address(_token)) : (address(_token), _weth);
        bytes memory data =
            abi.encodeCall(Router.swap, (IUniswapV2Pair(_pair), IERC20(pay), get, 0.1 ether));
        return Action(name, from, address(_router), 0, data);
    }

    function _add(string memory name, address from, bytes memory data) private {
        _addTo(address(_token), name, from, data);
    }

    function _addTo(address to, string memory name, address from, bytes memory data) private {
        _actions.push(Action(name, from, to, 0, data));
    }

    /// @dev Has ether, wrapped ether and coins, and approved everybody who pulls.
    function _prepare(address person) private {
        _weth = _factory.weth();
        vm.deal(person, 1000 ether);
        _coin.mint(person, 1000 ether);
        _coin.mint(address(_drip), 10 ether);
        vm.deal(address(_drip), 10 ether);
        vm.startPrank(person);
        IWrappedEther(_weth).deposit{ value: 100 ether }();
        IERC20(_weth).approve(address(_router), type(uint256).max);
        _token.approve(address(_router), type(uint256).max);
        _token.approve(address(this), type(uint256).max);
        _coin.approve(address(_token), type(uint256).max);
        vm.stopPrank();
    }

    function _wordOf(address account) private returns (bytes32 word) {
        vm.record();
        _token.balanceOf(account);
        (bytes32[] memory reads,) = vm.accesses(address(_token));
        word = vm.load(address(_token), reads[0]);
    }

    function _roll() private {
        vm.roll(vm.getBlockNumber() + 1);
        skip(12);
    }
}

/// @dev The least of a router: pays the pair, and takes what it gives.
contract Router {
    function swap(IUniswapV2Pair pair, IERC20 pay, address get, uint256 amount) external {
        (uint256 into, uint256 out,) = pair.getReserves();
        bool isFirst = address(pay) < get;
        if (!isFirst) (into, out) = (out, into);
        pay.transferFrom(msg.sender, address(pair), amount);
        uint256 paid = amount * 997;
        uint256 bought = paid * out / (into * 1000 + paid);
        pair.swap(isFirst ? 0 : bought, isFirst ? bought : 0, msg.sender, "");
    }
}
