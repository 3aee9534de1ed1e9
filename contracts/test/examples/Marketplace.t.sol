// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC721Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { ERC721 } from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import { ERC2981 } from "@openzeppelin/contracts/token/common/ERC2981.sol";
import { IERC721 } from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import { Marketplace } from "../../src/examples/Marketplace.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { CollectionFixture } from "../nft/CollectionFixture.sol";

contract MarketplaceTest is CollectionFixture {
    Marketplace private _marketplace = new Marketplace();
    uint256 private _id;

    function setUp() public override {
        super.setUp();
        _id = _minted(_ann, 1);
        _collection.settle(_id, ANSWER);
        vm.startPrank(_ann);
        _collection.approve(address(_marketplace), _id);
        _marketplace.list(_collection, _id, 1 ether);
        vm.stopPrank();
    }

    function test_a_sale_pays_seller_and_royalty() external {
        uint256 before = _ann.balance;
        uint256 mintFee = _drip.balance;
        vm.prank(_bob);
        _marketplace.buy{ value: 1 ether }(_collection, _id);
        assertEq(_collection.ownerOf(_id), _bob);
        assertEq(_ann.balance - before, 0.95 ether);
        assertEq(address(_splitter).balance, 0.05 ether);
        assertEq(_splitter.collect(address(0)), 0.05 ether);
        assertEq(_drip.balance - mintFee, 0.05 ether);
        assertEq(address(_marketplace).balance, 0);
    }

    function test_every_price_is_divided_without_rest(uint96 price) external {
        vm.prank(_ann);
        _marketplace.reprice(_collection, _id, price);
        uint256 before = _ann.balance;
        vm.deal(_bob, price);
        vm.prank(_bob);
        _marketplace.buy{ value: price }(_collection, _id);
        assertEq(_ann.balance - before + address(_splitter).balance, price);
    }

    function test_only_the_exact_price_buys() external {
        vm.expectRevert(
            abi.encodeWithSelector(Marketplace.WrongPrice.selector, 1 ether - 1, 1 ether)
        );
        _marketplace.buy{ value: 1 ether - 1 }(_collection, _id);
        vm.expectRevert(
            abi.encodeWithSelector(Marketplace.WrongPrice.selector, 1 ether + 1, 1 ether)
        );
        _marketplace.buy{ value: 1 ether + 1 }(_collection, _id);
        vm.expectRevert(
            abi.encodeWithSelector(Marketplace.NotListed.selector, _collection, _id + 1)
        );
        _marketplace.buy(_collection, _id + 1);
    }

    function test_the_owner_lists_and_the_seller_alone_reprices_and_unlists() external {
        uint256 other = _minted(_ann, 2);
        _collection.settle(other, ANSWER);
        vm.startPrank(_bob);
        vm.expectRevert(abi.encodeWithSelector(Marketplace.NotOwner.selector, _bob, _ann));
        _marketplace.list(_collection, other, 1);
        vm.expectRevert(abi.encodeWithSelector(Marketplace.NotSeller.selector, _bob, _ann));
        _marketplace.reprice(_collection, _id, 1);
        vm.expectRevert(abi.encodeWithSelector(Marketplace.NotSeller.selector, _bob, _ann));
        _marketplace.unlist(_collection, _id);
        vm.stopPrank();
        vm.prank(_ann);
        _marketplace.unlist(_collection, _id);
        assertEq(_collection.ownerOf(_id), _ann);
        vm.expectRevert(abi.encodeWithSelector(Marketplace.NotListed.selector, _collection, _id));
        _marketplace.buy{ value: 1 ether }(_collection, _id);
    }

    function test_a_locked_token_is_not_listed() external {
        (uint256 id,) = _mint(_ann, 2);
        vm.startPrank(_ann);
        _collection.approve(address(_marketplace), id);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.TokenLocked.selector, id));
        _marketplace.list(_collection, id, 1 ether);
        vm.stopPrank();
    }

    /// @dev A seller that kept its token could give it away, get it back and approve it for a new
    /// price, while the old offer was still there.
    function test_an_offer_ends_with_the_token() external {
        vm.prank(_ann);
        vm.expectPartialRevert(IERC721Errors.ERC721InsufficientApproval.selector);
        _collection.transferFrom(_ann, _bob, _id);
        vm.startPrank(_ann);
        _collection.setApprovalForAll(address(_marketplace), true);
        _marketplace.unlist(_collection, _id);
        _collection.transferFrom(_ann, _bob, _id);
        vm.stopPrank();
        vm.prank(_bob);
        _collection.transferFrom(_bob, _ann, _id);
        vm.expectRevert(abi.encodeWithSelector(Marketplace.NotListed.selector, _collection, _id));
        _marketplace.buy{ value: 1 ether }(_collection, _id);
    }

    /// @dev EIP-7702: the key of the account moves the token, whatever the code knows.
    function test_an_account_with_delegated_code_buys_and_a_deaf_contract_does_not() external {
        vm.etch(_bob, hex"5f5ffd");
        vm.startPrank(_bob);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, _bob));
        _marketplace.buy{ value: 1 ether }(_collection, _id);
        vm.etch(_bob, abi.encodePacked(hex"ef0100", makeAddr("a wallet")));
        _marketplace.buy{ value: 1 ether }(_collection, _id);
        vm.stopPrank();
        assertEq(_collection.ownerOf(_id), _bob);
    }

    function test_a_royalty_for_nobody_is_the_sellers() external {
        Nobodys nobodys = new Nobodys(_ann);
        uint256 before = _ann.balance;
        _sell(nobodys);
        assertEq(_ann.balance - before, 1 ether);
    }

    function test_a_collection_without_royalties_is_sold_without_one() external {
        Plain plain = new Plain(_ann);
        uint256 before = _ann.balance;
        _sell(plain);
        assertEq(_ann.balance - before, 1 ether);
    }

    function test_a_royalty_above_the_price_is_refused() external {
        Greedy greedy = new Greedy(_ann);
        vm.startPrank(_ann);
        greedy.approve(address(_marketplace), 1);
        _marketplace.list(greedy, 1, 1 ether);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(Marketplace.RoyaltyAbovePrice.selector, 2 ether, 1 ether)
        );
        _marketplace.buy{ value: 1 ether }(greedy, 1);
    }

    function _sell(IERC721 collection) private {
        vm.startPrank(_ann);
        collection.approve(address(_marketplace), 1);
        _marketplace.list(collection, 1, 1 ether);
        vm.stopPrank();
        vm.prank(_bob);
        _marketplace.buy{ value: 1 ether }(collection, 1);
    }
}

contract Plain is ERC721("Plain", "P") {
    constructor(address owner) {
        _mint(owner, 1);
    }
}

contract Nobodys is ERC721("Nobodys", "N"), ERC2981 {
    constructor(address owner) {
        _mint(owner, 1);
    }

    function royaltyInfo(uint256, uint256 price) public pure override returns (address, uint256) {
        return (address(0), price / 2);
    }

    function supportsInterface(bytes4 id) public view override(ERC721, ERC2981) returns (bool) {
        return super.supportsInterface(id);
    }
}

contract Greedy is ERC721("Greedy", "G"), ERC2981 {
    constructor(address owner) {
        _mint(owner, 1);
    }

    function royaltyInfo(uint256, uint256 price) public view override returns (address, uint256) {
        return (address(this), 2 * price);
    }

    function supportsInterface(bytes4 id) public view override(ERC721, ERC2981) returns (bool) {
        return super.supportsInterface(id);
    }
}
