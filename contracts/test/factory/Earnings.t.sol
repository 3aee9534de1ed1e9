// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Earnings } from "../../src/factory/Earnings.sol";
import { LaunchParams, VestingTerms } from "../../src/interfaces/IImoFactory.sol";
import { RevenueAsset } from "../../src/interfaces/IModelToken.sol";
import { Coin } from "../token/TokenHarness.sol";
import { LaunchFixture } from "./LaunchFixture.sol";

/// @dev Terms under which revenue would not reach those who buy in the sale.
contract EarningsTest is LaunchFixture {
    /// @dev 1 basis point shared, with a minimum of 0.1 ether: 1,000 ether would wait in the drip.
    function test_what_waits_is_bounded_by_minimum_and_shared_part_together() external {
        LaunchParams memory params = _params();
        _refuseEth(params, 10_000, 0.1 ether + 1, 0.1 ether);
        _refuseEth(params, 10_000, 0.0001 ether - 1, 0.1 ether);
        _refuseEth(params, 1, 0.1 ether, 0.000_01 ether);
        _refuseEth(params, 1, 0.0001 ether, 0.000_01 ether);
        _refuseEth(params, 8000, 0.08 ether + 1, 0.08 ether);
        params.token.assets[0].minimum = 0.08 ether;
        _factory.launch(params);
        (params.token.sharedBps, params.token.assets[0].minimum) = (10, 0.0001 ether);
        _factory.launch(params);
        (params.token.sharedBps, params.token.assets[0].minimum) = (0, 0.1 ether);
        _factory.launch(params);
    }

    function test_a_coins_minimum_is_bounded_by_its_supply() external {
        Coin coin = new Coin();
        coin.mint(address(this), 60_000_000_000e6);
        LaunchParams memory params = _params();
        params.token.sharedBps = 5000;
        params.token.assets = new RevenueAsset[](2);
        params.token.assets[0] = RevenueAsset(ETH, 0.001 ether);
        uint96[4] memory wrong = [1, 59_999, 3_000_000_001, type(uint96).max];
        for (uint256 i = 0; i < wrong.length; ++i) {
            params.token.assets[1] = RevenueAsset(address(coin), wrong[i]);
            _refuse(params, _outOfRange(address(coin), wrong[i], 60_000, 3_000_000_000));
        }
        params.token.assets[1].minimum = 60_000;
        _factory.launch(params);
        params.token.assets[1].minimum = 3_000_000_000;
        _factory.launch(params);
        params.token.assets[1].asset = address(_registry);
        _refuse(params, _outOfRange(address(_registry), 3_000_000_000, 0, 0));
    }

    function test_an_answer_has_a_price_that_can_be_paid() external {
        LaunchParams memory params = _params();
        params.model.pricing.basePrice = 0;
        _refuse(params, abi.encodeWithSelector(Earnings.NoPrice.selector));
        params.model.pricing.basePrice = 1000 ether;
        _refuse(
            params,
            abi.encodeWithSelector(Earnings.AnswerTooDear.selector, 1000.01 ether, 1000 ether)
        );
        params.model.pricing.basePrice = 0.001 ether;
        params.model.pricing.unitPrice = 4 ether;
        _refuse(
            params,
            abi.encodeWithSelector(Earnings.AnswerTooDear.selector, 1024.011 ether, 1000 ether)
        );
        params.model.pricing.unitPrice = 0;
        params.collection.mintFee = 1000 ether;
        _refuse(
            params,
            abi.encodeWithSelector(Earnings.AnswerTooDear.selector, 1000.001 ether, 1000 ether)
        );
    }

    function test_a_million_answers_begin_a_release() external {
        LaunchParams memory params = _params();
        params.split.protocolBps = 0;
        params.split.creatorBps = 0;
        params.model.pricing.basePrice = 1e9 - 1;
        _refuse(
            params,
            abi.encodeWithSelector(Earnings.ReleaseOutOfReach.selector, 0.001 ether, 1e9 - 1)
        );
        params.model.pricing.basePrice = 1e9;
        _factory.launch(params);
    }

    /// @dev Each of the four parts could be the buyers' ruin, and so could their product.
    function test_a_part_of_each_answer_is_the_buyers() external {
        LaunchParams memory params = _params();
        params.split.creatorBps = 9800;
        _refuse(params, _tooLittle(0));
        params.split.creatorBps = 65_535;
        _refuse(params, _tooLittle(0));
        params = _params();
        params.model.pricing.operatorBps = 10_000;
        _refuse(params, _tooLittle(0));
        params.model.pricing.operatorBps = 65_535;
        _refuse(params, _tooLittle(0));
        params.model.pricing.operatorBps = 8000;
        params.split.creatorBps = 7301;
        _refuse(params, _tooLittle(499));
        params.split.creatorBps = 7300;
        _factory.launch(params);
    }

    /// @dev 100 tokens are sold at the soft cap. What is not sold is burned, so that grants of
    /// 1,661 tokens would then have over 94 % of all revenue.
    function test_the_buyers_part_counts_at_the_soft_cap() external {
        LaunchParams memory params = _params();
        params.token.supply = 3000 ether;
        params.allocation.vesting = new VestingTerms[](1);
        uint40 end = params.sale.end;
        params.allocation.vesting[0] = VestingTerms(_creator, 1661 ether, end, end + 20 * 365 days);
        _refuse(params, _tooLittle(499));
        params.allocation.vesting[0].amount = 1660 ether;
        _factory.launch(params);
    }

    /// @dev Whatever terms are accepted: of a million answers' revenue, a sale's only buyer gets
    /// its part.
    function test_accepted_terms_pay_buyers() external {
        uint256 accepted = 0;
        for (uint256 seed = 0; seed < 150; ++seed) {
            LaunchParams memory params = _drawn(uint256(keccak256(abi.encode(seed))));
            try _factory.launch(params) returns (bytes32 modelId) {
                ++accepted;
                _check(params, modelId);
            } catch { }
        }
        assertGt(accepted, 10);
        assertLt(accepted, 140);
    }

    function _check(LaunchParams memory params, bytes32 modelId) private {
        _adopt(modelId);
        address ann = makeAddr("ann");
        _bid(ann, params.sale.softCap);
        vm.warp(params.sale.end);
        _offering.finish(address(_token), _one(ann));
        vm.roll(vm.getBlockNumber() + 1);

        uint256 price = params.model.pricing.basePrice * 1e6;
        uint256 before = address(_drip).balance;
        _use(price * (10_000 - params.model.pricing.operatorBps) / 10_000);
        uint256 holders = address(_drip).balance - before;
        skip(1 days);
        uint256 released = _drip.release(ETH);
        vm.roll(vm.getBlockNumber() + 1);
        uint256 hers = _token.balanceOf(ann);
        uint256 got = _token.claimableAll(ann, ETH) + _token.redeemableOnBurn(hers);
        // Nothing of it is lost to rounding but some wei.
        assertGe(got + 3, released * hers / _token.totalSupply());
        assertGe(holders * hers / _token.totalSupply() + 3, price / 20);
    }

    function _drawn(uint256 seed) private view returns (LaunchParams memory params) {
        params = _params();
        params.model.pricing.basePrice = uint128(10 ** (8 + seed % 8));
        params.model.pricing.operatorBps = uint16((seed >> 16) % 10_001);
        params.token.sharedBps = uint16((seed >> 32) % 10_001);
        params.token.assets[0].minimum = uint96(10 ** (13 + (seed >> 48) % 4));
        params.split.creatorBps = uint16((seed >> 64) % 9801);
        uint40 end = params.sale.end;
        params.allocation.vesting = new VestingTerms[](1);
        params.allocation.vesting[0] = VestingTerms(
            _creator,
            uint96(1 + (seed >> 80) % 999 ether),
            end,
            end + uint40((seed >> 144) % (30 * 365 days))
        );
        params.token.supply += params.allocation.vesting[0].amount;
    }

    function _refuseEth(LaunchParams memory params, uint16 shared, uint96 minimum, uint256 most)
        private
    {
        (params.token.sharedBps, params.token.assets[0].minimum) = (shared, minimum);
        _refuse(params, _outOfRange(ETH, minimum, 0.0001 ether, most));
    }

    function _outOfRange(address asset, uint256 minimum, uint256 least, uint256 most)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            Earnings.MinimumOutOfRange.selector, asset, minimum, least, most
        );
    }

    function _tooLittle(uint256 bps) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Earnings.BuyersEarnTooLittle.selector, bps, 500);
    }
}
