// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import { SaleParams } from "../../src/interfaces/IModelOffering.sol";
import { AddressCap } from "../../src/offering/hooks/AddressCap.sol";
import { AllowList } from "../../src/offering/hooks/AllowList.sol";
import { Sale } from "./Sale.sol";

/// @dev The shipped hooks, and what a hook sees.
contract HooksTest is Sale {
    address private _ann = makeAddr("ann");
    address private _bob = makeAddr("bob");

    function test_the_cap_is_on_what_is_bid_not_on_what_was_ever_bid() external {
        AddressCap hook = new AddressCap(10 ether);
        _beginWith(address(hook));
        _bid(_ann, 0, 10 ether);
        _refuse(
            _ann,
            1,
            "",
            abi.encodeWithSelector(AddressCap.BidAboveCap.selector, _ann, 10 ether + 1, 10 ether)
        );
        _bid(_bob, 0, 10 ether);
        vm.prank(_ann);
        _offering.cancel(address(_token));
        _bid(_ann, 0, 4 ether);
        _bid(_ann, 0, 6 ether);
        assertEq(_offering.demandAt(address(_token), 0), 20 ether);
    }

    function test_who_is_listed_bids_up_to_its_own_cap() external {
        bytes32 forAnn = _leaf(_ann, 5 ether);
        bytes32 forBob = _leaf(_bob, type(uint256).max);
        _beginWith(address(new AllowList(Hashes.commutativeKeccak256(forAnn, forBob))));
        bytes memory annsProof = _proof(5 ether, forBob);
        _bidWith(_ann, 5 ether, annsProof);
        _refuse(
            _ann,
            1,
            annsProof,
            abi.encodeWithSelector(AllowList.BidAboveCap.selector, _ann, 5 ether + 1, 5 ether)
        );
        _bidWith(_bob, 90 ether, _proof(type(uint256).max, forAnn));
        bytes memory refusal = abi.encodeWithSelector(AllowList.NotAllowed.selector, _bob, 5 ether);
        _refuse(_bob, 1, annsProof, refusal);
        refusal = abi.encodeWithSelector(AllowList.NotAllowed.selector, _creator, 5 ether);
        _refuse(_creator, 1, annsProof, refusal);
        refusal = abi.encodeWithSelector(AllowList.NotAllowed.selector, _ann, 6 ether);
        _refuse(_ann, 1, _proof(6 ether, forBob), refusal);
    }

    function test_what_a_hook_is_asked() external {
        Witness hook = new Witness();
        _beginWith(address(hook));
        _bidWith(_ann, 3 ether, "data");
        assertEq(
            hook.seen(), abi.encode(0.1 ether, uint128(3 ether), _ann, _ann, bytes("data"), _token)
        );
        assertEq(_offering.token(), address(0), "only while a hook is asked");
    }

    function test_a_hook_that_refuses_leaves_the_bid_as_it_was() external {
        _beginWith(address(new AddressCap(1 ether)));
        _bid(_ann, 0, 1 ether);
        vm.deal(_ann, 1 ether);
        vm.prank(_ann);
        vm.expectPartialRevert(AddressCap.BidAboveCap.selector);
        _offering.bid{ value: 1 ether }(address(_token), 0, 1 ether, "");
        assertEq(_offering.bidOf(address(_token), _ann).amount, 1 ether);
        assertEq(_ann.balance, 1 ether);
    }

    function _beginWith(address hook) private {
        SaleParams memory terms = _fixedPrice(1000 ether, 0.1 ether);
        terms.hook = hook;
        _begin(1000 ether, terms);
    }

    function _bidWith(address bidder, uint256 amount, bytes memory data) private {
        vm.deal(bidder, amount);
        vm.prank(bidder);
        _offering.bid{ value: amount }(address(_token), 0, amount, data);
    }

    function _refuse(address bidder, uint256 amount, bytes memory data, bytes memory reason)
        private
    {
        vm.deal(bidder, amount);
        vm.prank(bidder);
        vm.expectRevert(reason);
        _offering.bid{ value: amount }(address(_token), 0, amount, data);
    }

    function _leaf(address owner, uint256 cap) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(owner, cap))));
    }

    function _proof(uint256 cap, bytes32 sibling) private pure returns (bytes memory) {
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        return abi.encode(cap, proof);
    }
}

/// @dev Keeps what it was asked, as CCA's hooks are: with the caller's `token()`.
contract Witness {
    bytes public seen;

    function validate(
        uint256 price,
        uint128 amount,
        address owner,
        address sender,
        bytes calldata data
    ) external {
        (bool ok, bytes memory token) = msg.sender.staticcall(abi.encodeWithSignature("token()"));
        require(ok, "no token");
        seen = abi.encode(price, amount, owner, sender, data, abi.decode(token, (address)));
    }
}
