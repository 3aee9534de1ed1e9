// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { RevertingConsumer } from "./Consumers.sol";
import "./OracleFixture.sol";

/// @dev Which bytes of an answer are paid for, in models whose units are large or small.
contract InferenceOracleUnitsTest is OracleFixture {
    uint256 private constant MAX_ANSWER = 24_575;

    /// @dev Four steps of an image that has 24,000 bytes.
    function test_a_few_units_pay_for_a_long_answer() external {
        bytes memory picture = new bytes(24_000);
        (Order memory order, uint256 earned) = _earned(6000, 4, picture);
        assertEq(order.terms.unitBytes, 6000);
        assertEq(earned, _share(order) + 1_027_000 * GAS_PRICE, "67,000 and 40 a byte");

        vm.txGasPrice(GAS_PRICE);
        vm.prank(_rival);
        _oracle.deliver(order, picture);
        assertGe(_oracle.creditOf(_rival), (40_500 + 40 * 24_000) * GAS_PRICE);
    }

    function test_bytes_beyond_the_units_are_the_operators_own() external {
        (Order memory order, uint256 earned) = _earned(1, 4, new bytes(24_000));
        assertEq(earned, _share(order) + (108_000 + 25 * 4) * GAS_PRICE);
    }

    function testFuzz_as_many_bytes_are_paid_for_as_units_allow(
        uint16 unitBytes,
        uint32 maxUnits,
        uint16 length
    ) external {
        unitBytes = uint16(bound(unitBytes, 1, type(uint16).max));
        maxUnits = uint32(bound(maxUnits, 1, type(uint32).max));
        bytes memory answer = new bytes(bound(length, 0, MAX_ANSWER));
        (Order memory order, uint256 earned) = _earned(unitBytes, maxUnits, answer);

        uint256 most = uint256(unitBytes) * maxUnits;
        assertEq(earned, _share(order) + _claimGas(_min(answer.length, most)) * GAS_PRICE);
        uint256 reserve = _claimGas(_min(MAX_ANSWER, most)) + 75_000 + 90_000 + 100_000 + 40
            * _min(MAX_ANSWER, most) + 3 * 512 * 40;
        uint256 price = 0.001 ether + 21 * (1e10 + 7) + uint256(maxUnits) * (1e12 + 13);
        assertEq(order.terms.fee, price + reserve * GAS_PRICE);
    }

    /// @dev Asks with a callback of 100,000 gas, and has the operator answer in one unit.
    /// @return order The request, which is final and to be delivered.
    /// @return earned The operator's credit.
    function _earned(uint16 unitBytes, uint32 maxUnits, bytes memory answer)
        private
        returns (Order memory order, uint256 earned)
    {
        Registration memory model = _registration();
        (model.salt, model.pricing.unitBytes) = ("units", unitBytes);
        _modelId = _registry.register(model);
        Question memory question = _question();
        question.maxUnits = maxUnits;
        order = _askFor(question, Callback(address(new RevertingConsumer()), 100_000, ""));
        ClaimedAnswer memory claimed = _claim(order, _operator, answer, 1);
        skip(WINDOW + 1);
        _oracle.finalize(order, claimed);
        earned = _oracle.creditOf(_operator);
    }

    /// @dev The operator's part of the price of one unit.
    function _share(Order memory order) private pure returns (uint256) {
        uint256 used = 0.001 ether + 21 * (1e10 + 7) + 1e12 + 13;
        return used * order.terms.operatorBps / 10_000;
    }

    function _claimGas(uint256 length) private pure returns (uint256) {
        uint256 executed = 108_000 + 25 * length;
        uint256 floor = 67_000 + 40 * length;
        return executed > floor ? executed : floor;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
