// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import { Permit, SaleParams } from "../../src/interfaces/IModelOffering.sol";
import { Assets } from "../../src/libraries/Assets.sol";
import { Sale } from "./Sale.sol";

/// @dev A bid in an ERC-20 in one transaction.
contract PermitTest is Sale {
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    Dollar private _coin = new Dollar();
    address private _ann;
    uint256 private _key;

    function setUp() external {
        (_ann, _key) = makeAddrAndKey("ann");
        SaleParams memory terms = _fixedPrice(1000 ether, 0.1 ether);
        terms.currency = address(_coin);
        _begin(1000 ether, terms);
        _coin.mint(_ann, 50 ether);
    }

    function test_a_signature_is_an_approval() external {
        Permit memory permit = _sign(50 ether);
        vm.prank(_ann);
        _offering.bidWithPermit(address(_token), 0, 50 ether, "", permit);
        assertEq(_offering.bidOf(address(_token), _ann).amount, 50 ether);
        assertEq(_coin.balanceOf(address(_offering)), 50 ether);
    }

    /// @dev Anyone who sees the signature in the mempool and uses it first stops nothing.
    function test_a_signature_that_was_used_first_stops_no_bid() external {
        Permit memory permit = _sign(50 ether);
        _coin.permit(
            _ann, address(_offering), 50 ether, permit.deadline, permit.v, permit.r, permit.s
        );
        vm.prank(_ann);
        _offering.bidWithPermit(address(_token), 0, 50 ether, "", permit);
        assertEq(_offering.bidOf(address(_token), _ann).amount, 50 ether);
    }

    function test_a_signature_is_nobody_elses_bid() external {
        Permit memory permit = _sign(50 ether);
        vm.expectPartialRevert(Assets.PullRefused.selector);
        _offering.bidWithPermit(address(_token), 0, 50 ether, "", permit);
    }

    function test_an_expired_signature_is_no_approval() external {
        Permit memory permit = _sign(50 ether);
        vm.warp(permit.deadline + 1);
        vm.expectPartialRevert(Assets.PullRefused.selector);
        vm.prank(_ann);
        _offering.bidWithPermit(address(_token), 0, 50 ether, "", permit);
    }

    function _sign(uint256 amount) private view returns (Permit memory permit) {
        permit.deadline = block.timestamp + 1 hours;
        bytes32 data = keccak256(
            abi.encode(
                PERMIT_TYPEHASH, _ann, _offering, amount, _coin.nonces(_ann), permit.deadline
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", _coin.DOMAIN_SEPARATOR(), data));
        (permit.v, permit.r, permit.s) = vm.sign(_key, digest);
    }
}

contract Dollar is ERC20("Dollar", "USD"), ERC20Permit("Dollar") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
