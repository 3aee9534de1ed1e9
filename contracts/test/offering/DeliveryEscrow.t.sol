// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { VestingWallet } from "@openzeppelin/contracts/finance/VestingWallet.sol";
import { LaunchParams } from "../../src/interfaces/IImoFactory.sol";
import { Delivery, EscrowBooks, IDeliveryEscrow } from "../../src/interfaces/IDeliveryEscrow.sol";
import { IUniswapV2Factory } from "../../src/interfaces/external/IUniswapV2.sol";
import { Permit, SaleView } from "../../src/interfaces/IModelOffering.sol";
import { Credits } from "../../src/offering/Credits.sol";
import { DeliveryEscrow } from "../../src/offering/DeliveryEscrow.sol";
import { Assets } from "../../src/libraries/Assets.sol";
import { LaunchFixture } from "../factory/LaunchFixture.sol";

/// @dev 1,000 of 1,500 tokens sold for 100 ether: 30 in the pool with 300 tokens, 50 in escrow, 20
/// the creator's at once. The holders get 0.88 of an ether of fees, and the sold tokens get two
/// thirds of that.
contract DeliveryEscrowTest is LaunchFixture {
    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");
    address private _vesting;

    function setUp() public override {
        super.setUp();
        _open(_fullParams());
    }

    function test_the_proceeds_are_divided_as_the_terms_say() external view {
        assertEq(_creator.balance, 20 ether);
        assertEq(address(_escrow).balance, 50 ether);
        assertEq(_token.totalSupply(), 1500 ether);
        assertEq(_token.balanceOf(_vesting), 200 ether);
        Delivery memory delivery = _escrow.deliveryOf(address(_token));
        assertEq(delivery.sold, 1000 ether);
        assertEq(delivery.returnable, 1300 ether);
        assertEq(delivery.supply, 1500 ether);
        assertEq(_token.recipientOf(_vesting), _creator);
    }

    function test_the_creator_is_paid_as_the_buyers_are() external {
        _use(3 ether);
        assertEq(_escrow.releasable(address(_token)), 1.76 ether);
        assertEq(_escrow.release(address(_token)), 1.76 ether);
        assertEq(_creator.balance, 21.76 ether);
        assertEq(_escrow.release(address(_token)), 0, "once");
        _use(1000 ether);
        assertEq(_escrow.release(address(_token)), 48.24 ether, "no more than there is");
        assertEq(address(_escrow).balance, 0);
    }

    /// @dev The log says whom the escrow paid, how much and why.
    function test_the_log_tells_a_deliverys_course() external {
        address token = address(_token);
        _use(3 ether);
        vm.expectEmit();
        emit IDeliveryEscrow.Released(token, 1.76 ether, 1.76 ether);
        _escrow.release(token);
        vm.recordLogs();
        assertEq(_escrow.release(token), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        _toDeadline();
        vm.startPrank(_ann);
        _token.approve(address(_escrow), 130 ether);
        vm.expectEmit();
        emit IDeliveryEscrow.Refunded(token, _ann, _bob, 130 ether, 4.824 ether);
        _escrow.refund(token, 130 ether, _bob);
        vm.stopPrank();
        vm.warp(_escrow.deliveryOf(token).refundEnd);
        vm.expectEmit();
        emit IDeliveryEscrow.Forgone(token, 50 ether - 1.76 ether - 4.824 ether);
        _escrow.close(token);
    }

    function test_mints_royalties_and_deposits_release_nothing() external {
        vm.deal(address(this), 300 ether);
        payable(address(_splitter)).transfer(100 ether);
        _splitter.collect(ETH);
        _token.deposit{ value: 100 ether }();
        vm.deal(_splitter.collection(), 100 ether);
        vm.prank(_splitter.collection());
        _splitter.payMint{ value: 100 ether }(1);
        assertEq(_escrow.release(address(_token)), 0);
    }

    /// @dev The creator buys answers from itself to get at the escrow, holding part of the sale.
    /// Whatever it gets out, its buyers got first, and no buyer is worse off than without it.
    function testFuzz_a_creator_that_buys_its_own_answers_pays_its_buyers(uint256 fees, uint256 own)
        external
    {
        fees = 0.1 ether + fees % 200 ether;
        own = 0.01 ether + own % 99 ether;
        super.setUp();
        LaunchParams memory params = _fullParams();
        params.split.creatorBps = 5000;
        _launch(params);
        _bid(_creator, own);
        _bid(_ann, 100 ether - own);
        _settle();
        _offering.open(address(_token));
        _claim(_ann);
        uint256 hers = _token.balanceOf(_ann);
        uint256 refundBefore = _escrow.refundOf(address(_token), hers);

        vm.roll(vm.getBlockNumber() + 1);
        _use(fees);
        uint256 released = _escrow.release(address(_token));
        uint256 lost = refundBefore - _escrow.refundOf(address(_token), hers);
        _releaseAll();
        uint256 earned = _token.claimableAll(_ann, ETH);

        assertLe(released, _splitter.usage() * 1000 / 1500, "no more than the sold tokens earn");
        // A last bit waits in the drip for more to come; each release rounds a wei away.
        uint256 waiting = address(_drip).balance * hers / _token.totalSupply();
        assertLe(lost, earned + waiting + 150, "no buyer loses more than it earns");
    }

    function test_after_the_deadline_the_rest_is_refunded() external {
        _use(30 ether);
        _escrow.release(address(_token));
        _toDeadline();
        vm.expectPartialRevert(DeliveryEscrow.DeliveryOver.selector);
        _escrow.release(address(_token));

        uint256 value = _refund(_ann, 400 ether);
        assertEq(value, uint256(32.4 ether) * 400 / 1300);
        assertEq(_ann.balance, value);
        assertEq(_token.totalSupply(), 1100 ether, "returned tokens are burned");
        _use(100 ether);
        assertEq(_escrow.refundOf(address(_token), 400 ether), value, "the same for all");
        assertEq(_refund(_bob, 400 ether), value);
    }

    function test_refunds_are_from_the_deadline_to_their_end() external {
        vm.prank(_ann);
        _token.approve(address(_escrow), 1 ether);
        vm.expectPartialRevert(DeliveryEscrow.DeliveryNotOver.selector);
        vm.prank(_ann);
        _escrow.refund(address(_token), 1 ether, _ann);
        _toDeadline();
        vm.expectPartialRevert(DeliveryEscrow.RefundsNotOver.selector);
        _escrow.close(address(_token));
        _refund(_ann, 130 ether);
        vm.warp(_escrow.deliveryOf(address(_token)).refundEnd);
        vm.expectPartialRevert(DeliveryEscrow.RefundsOver.selector);
        vm.prank(_ann);
        _escrow.refund(address(_token), 1 ether, _ann);

        uint256 before = address(_drip).balance;
        assertEq(_escrow.close(address(_token)), 45 ether, "what nobody asked for is the holders'");
        assertEq(address(_drip).balance - before, 45 ether);
        assertEq(_escrow.close(address(_token)), 0);
        EscrowBooks memory books = _escrow.booksOf(address(_token));
        assertEq(books.released + books.refunded + books.forgone, books.funded);
    }

    function test_tokens_that_were_never_sold_cannot_be_returned() external {
        _toDeadline();
        VestingWallet(payable(_vesting)).release(address(_token));
        assertEq(_token.balanceOf(_creator), 0, "its own come after the refunds");
        vm.warp(_escrow.deliveryOf(address(_token)).refundEnd - 1);
        VestingWallet(payable(_vesting)).release(address(_token));
        assertEq(_token.balanceOf(_creator), 0);
        assertEq(_token.balanceOf(address(_offering)), 0, "and unsold ones are burned");
    }

    /// @dev Even if all tokens that anybody can hold come back, with those of the pool, the last
    /// one is paid.
    function test_the_last_to_return_is_paid() external {
        _use(1.000_000_007 ether);
        _escrow.release(address(_token));
        _toDeadline();
        address pool = makeAddr("who bought the pool empty");
        address pair =
            IUniswapV2Factory(_factory.exchange()).getPair(address(_token), _factory.weth());
        vm.prank(pair);
        _token.transfer(pool, 300 ether);
        uint256 sum = _refund(_ann, 333 ether + 1) + _refund(pool, 300 ether);
        sum += _refund(_bob, 500 ether) + _refund(_ann, 167 ether - 1);
        EscrowBooks memory books = _escrow.booksOf(address(_token));
        assertEq(sum, books.refunded);
        assertLe(books.released + books.refunded, books.funded);
        assertLt(address(_escrow).balance, 4, "but for what rounding leaves");
    }

    function test_returning_redeems_nothing() external {
        super.setUp();
        LaunchParams memory params = _fullParams();
        params.token.sharedBps = 5000;
        _open(params);
        vm.roll(vm.getBlockNumber() + 1);
        vm.deal(address(this), 10 ether);
        _token.deposit{ value: 10 ether }();
        _toDeadline();
        uint256 forBob = _token.redeemableOnBurn(500 ether);
        _refund(_ann, 500 ether);
        assertGt(_token.redeemableOnBurn(500 ether), forBob, "the pool is left to those who stay");
    }

    function test_a_creator_that_refuses_gets_a_credit() external {
        super.setUp();
        LaunchParams memory params = _fullParams();
        params.sale.creator = address(_registry);
        _open(params);
        _use(3 ether);
        _escrow.release(address(_token));
        assertEq(_escrow.creditOf(address(_registry), ETH), 1.76 ether);
        vm.prank(address(_registry));
        _escrow.withdraw(ETH, _bob);
        assertEq(_bob.balance, 1.76 ether);
    }

    function test_a_holder_that_refuses_stops_only_itself() external {
        _toDeadline();
        vm.startPrank(_ann);
        _token.approve(address(_escrow), 500 ether);
        vm.expectPartialRevert(Assets.PaymentRefused.selector);
        _escrow.refund(address(_token), 500 ether, address(_registry));
        vm.expectRevert(abi.encodeWithSelector(Credits.InvalidRecipient.selector, address(0)));
        _escrow.refund(address(_token), 500 ether, address(0));
        vm.stopPrank();
        assertEq(_token.balanceOf(_ann), 500 ether);
        assertGt(_refund(_bob, 500 ether), 0);
    }

    function test_a_holder_that_reenters_is_refused() external {
        Returner thief = new Returner(_escrow, address(_token));
        vm.prank(_ann);
        _token.transfer(address(thief), 500 ether);
        _toDeadline();
        thief.go();
        assertEq(address(thief).balance, uint256(50 ether) * 250 / 1300);
        assertEq(_token.balanceOf(address(thief)), 250 ether);
    }

    /// @dev What a buyer burns before transfers open earns nothing, so it releases nothing.
    function test_tokens_burned_before_the_opening_release_nothing() external {
        super.setUp();
        _launch(_fullParams());
        _bid(_ann, 50 ether);
        _bid(_bob, 50 ether);
        _settle();
        _claim(_ann);
        vm.prank(_ann);
        _token.burn(400 ether);
        _offering.open(address(_token));
        _claim(_bob);
        Delivery memory delivery = _escrow.deliveryOf(address(_token));
        assertEq(delivery.sold, 600 ether);
        assertEq(delivery.returnable, 900 ether);
        assertEq(delivery.supply, 1100 ether);

        _use(10 ether);
        assertEq(_escrow.release(address(_token)), uint256(8.8 ether) * 600 / 1100);
        _toDeadline();
        uint256 left = 50 ether - uint256(8.8 ether) * 600 / 1100;
        assertEq(_refund(_bob, 500 ether), left * 500 / 900);
    }

    /// @dev Then nothing earns, so nothing is released or refunded; the rest is the drip's, and of
    /// the drip, without holders, the creator's.
    function test_an_escrow_without_any_token_ends() external {
        super.setUp();
        LaunchParams memory params = _fullParams();
        (params.allocation.poolBps, params.token.supply) = (0, 1000 ether);
        delete params.allocation.vesting;
        _launch(params);
        _bid(_ann, 100 ether);
        _settle();
        _claim(_ann);
        vm.prank(_ann);
        _token.burn(1000 ether);
        _offering.open(address(_token));
        assertEq(_token.totalSupply(), 0);

        _use(10 ether);
        assertEq(_escrow.releasable(address(_token)), 0);
        assertEq(_escrow.release(address(_token)), 0);
        assertEq(_escrow.refundOf(address(_token), 1), 0);
        vm.warp(_escrow.deliveryOf(address(_token)).refundEnd);
        assertEq(_escrow.close(address(_token)), 50 ether);
        uint256 before = _creator.balance;
        _drip.release(ETH);
        assertEq(_creator.balance - before, 50 ether + 8.8 ether);
    }

    /// @dev Whatever buyers burn before the opening, no wei is released that sold tokens did not
    /// earn.
    function testFuzz_what_is_released_was_earned(uint256 first, uint256 second, uint256 fees)
        external
    {
        super.setUp();
        LaunchParams memory params = _fullParams();
        _launch(params);
        _bid(_ann, 60 ether);
        _bid(_bob, 40 ether);
        _settle();
        _claim(_ann);
        _claim(_bob);
        vm.prank(_ann);
        _token.burn(first % 600 ether);
        vm.prank(_bob);
        _token.burn(second % 400 ether);
        _offering.open(address(_token));
        vm.roll(vm.getBlockNumber() + 1);
        _use(1 ether + fees % 100 ether);
        uint256 released = _escrow.release(address(_token));

        uint256 held = _token.balanceOf(_ann) + _token.balanceOf(_bob);
        assertLe(released, _splitter.usage() * held / _token.totalSupply());
        _releaseAll();
        uint256 earned = _token.claimableAll(_ann, ETH) + _token.claimableAll(_bob, ETH);
        uint256 waiting = address(_drip).balance * held / _token.totalSupply();
        assertLe(released, earned + waiting + 150);
    }

    function test_a_signature_returns_tokens_in_one_call() external {
        (address cid, uint256 key) = makeAddrAndKey("cid");
        vm.prank(_ann);
        _token.transfer(cid, 100 ether);
        _toDeadline();
        Permit memory permit = _sign(cid, key, 100 ether);
        vm.expectPartialRevert(Assets.PullRefused.selector);
        vm.prank(_bob);
        _escrow.refundWithPermit(address(_token), 100 ether, _bob, permit);

        vm.prank(cid);
        uint256 value = _escrow.refundWithPermit(address(_token), 100 ether, _bob, permit);
        assertEq(value, uint256(50 ether) * 100 / 1300);
        assertEq(_bob.balance, value);
        assertEq(_token.balanceOf(cid), 0);
    }

    function test_a_signature_that_was_used_first_stops_no_refund() external {
        (address cid, uint256 key) = makeAddrAndKey("cid");
        vm.prank(_ann);
        _token.transfer(cid, 100 ether);
        _toDeadline();
        Permit memory permit = _sign(cid, key, 100 ether);
        _token.permit(
            cid, address(_escrow), 100 ether, permit.deadline, permit.v, permit.r, permit.s
        );
        vm.prank(cid);
        _escrow.refundWithPermit(address(_token), 100 ether, cid, permit);
        assertEq(cid.balance, uint256(50 ether) * 100 / 1300);
    }

    function test_only_the_offering_funds() external {
        Delivery memory delivery;
        vm.expectRevert(abi.encodeWithSelector(DeliveryEscrow.NotOffering.selector, address(this)));
        _escrow.fund(address(_token), delivery);
        vm.expectRevert(
            abi.encodeWithSelector(DeliveryEscrow.AlreadyFunded.selector, address(_token))
        );
        vm.prank(address(_offering));
        _escrow.fund(address(_token), delivery);
        vm.expectRevert(abi.encodeWithSelector(DeliveryEscrow.NoEscrow.selector, _ann));
        _escrow.release(_ann);
    }

    function test_a_failed_sale_funds_nothing() external {
        super.setUp();
        _launch(_fullParams());
        _bid(_ann, 1 ether);
        _settle();
        _offering.open(address(_token));
        assertEq(address(_escrow).balance, 0);
        assertEq(_token.totalSupply(), 0, "vested tokens are burned too");
        _claim(_ann);
        assertEq(_ann.balance, 1 ether);
    }

    function _open(LaunchParams memory params) private {
        _launch(params);
        _vesting = _offering.openingOf(address(_token)).grants[0].wallet;
        _bid(_ann, 50 ether);
        _bid(_bob, 50 ether);
        _settle();
        _offering.open(address(_token));
        _claim(_ann);
        _claim(_bob);
        SaleView memory sale = _sale();
        assertEq(sale.sold, 1000 ether);
    }

    function _refund(address holder, uint256 tokens) private returns (uint256) {
        vm.startPrank(holder);
        _token.approve(address(_escrow), tokens);
        uint256 value = _escrow.refund(address(_token), tokens, holder);
        vm.stopPrank();
        return value;
    }

    function _sign(address owner, uint256 key, uint256 tokens)
        private
        view
        returns (Permit memory permit)
    {
        permit.deadline = block.timestamp + 1 hours;
        bytes32 typeHash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        bytes32 data = keccak256(
            abi.encode(typeHash, owner, _escrow, tokens, _token.nonces(owner), permit.deadline)
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", _token.DOMAIN_SEPARATOR(), data));
        (permit.v, permit.r, permit.s) = vm.sign(key, digest);
    }

    function _toDeadline() private {
        vm.warp(_escrow.deliveryOf(address(_token)).deadline);
        vm.roll(vm.getBlockNumber() + 1);
    }
}

/// @dev Returns more from within the payment.
contract Returner {
    DeliveryEscrow private immutable _escrow;
    address private immutable _token;

    constructor(DeliveryEscrow escrow, address token) {
        (_escrow, _token) = (escrow, token);
    }

    function go() external {
        (bool ok,) = _token.call(
            abi.encodeWithSignature("approve(address,uint256)", address(_escrow), 500 ether)
        );
        require(ok, "not approved");
        _escrow.refund(_token, 250 ether, address(this));
    }

    receive() external payable {
        try _escrow.refund(_token, 250 ether, address(this)) { } catch { }
    }
}
