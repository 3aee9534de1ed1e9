// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC2981 } from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import { IERC721 } from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import { ERC165Checker } from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import { Accounts } from "../libraries/Accounts.sol";
import { Assets } from "../libraries/Assets.sol";

/// @title A marketplace at fixed prices that pays royalties
/// @notice An example of a marketplace for collections. It holds the tokens that are offered: if
/// sellers kept them, the old offer of a token that was given away would be open again, at its old
/// price, once the token came back and was approved. It sends the royalty that ERC-2981 names as
/// plain ETH, and the rest to the seller. It takes no fee and has no owner.
/// @dev Each sale pays out exactly what it brought, and an offer moves only its own token. So a
/// hostile collection or receiver of royalties can spoil only its own offers. Nothing is left to do
/// once a payment runs.
contract Marketplace {
    using Accounts for address;
    using Assets for address;

    /// @notice An offer, with its price in wei.
    struct Listing {
        address seller;
        uint96 price;
    }

    /// @notice A token is offered for `price` wei.
    event Listed(
        IERC721 indexed collection, uint256 indexed tokenId, address indexed seller, uint256 price
    );
    /// @notice An offer was withdrawn, and the token went back to its seller.
    event Unlisted(IERC721 indexed collection, uint256 indexed tokenId);
    /// @notice A token was sold for `price` wei. `royalty` of it went to the receiver that the
    /// collection names.
    event Sold(
        IERC721 indexed collection,
        uint256 indexed tokenId,
        address indexed buyer,
        uint256 price,
        uint256 royalty
    );

    /// @notice Thrown when anyone but the owner offers a token.
    error NotOwner(address caller, address owner);
    /// @notice Thrown when anyone but the seller changes or withdraws an offer.
    error NotSeller(address caller, address seller);
    /// @notice Thrown for a token that is not offered.
    error NotListed(IERC721 collection, uint256 tokenId);
    /// @notice Thrown when the value of the call is not the price. In wei.
    error WrongPrice(uint256 value, uint256 price);
    /// @notice Thrown for a royalty above the price. In wei.
    error RoyaltyAbovePrice(uint256 royalty, uint256 price);

    /// @notice The offer of a token; all 0 for none.
    mapping(IERC721 collection => mapping(uint256 tokenId => Listing)) public listingOf;

    /// @notice Offers a token of the caller for `price` wei. The caller must have approved this
    /// contract, which takes the token.
    function list(IERC721 collection, uint256 tokenId, uint96 price) external {
        address owner = collection.ownerOf(tokenId);
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        listingOf[collection][tokenId] = Listing(msg.sender, price);
        emit Listed(collection, tokenId, msg.sender, price);
        collection.transferFrom(msg.sender, address(this), tokenId);
    }

    /// @notice Changes the price of the caller's offer.
    function reprice(IERC721 collection, uint256 tokenId, uint96 price) external {
        _checkSeller(collection, tokenId);
        listingOf[collection][tokenId].price = price;
        emit Listed(collection, tokenId, msg.sender, price);
    }

    /// @notice Withdraws an offer of the caller, which gets the token back.
    function unlist(IERC721 collection, uint256 tokenId) external {
        _checkSeller(collection, tokenId);
        delete listingOf[collection][tokenId];
        emit Unlisted(collection, tokenId);
        // Not `safeTransferFrom`: who owned the token before can own it again.
        collection.transferFrom(address(this), msg.sender, tokenId);
    }

    /// @notice Buys an offered token for exactly its price.
    function buy(IERC721 collection, uint256 tokenId) external payable {
        Listing memory listing = listingOf[collection][tokenId];
        if (listing.seller == address(0)) revert NotListed(collection, tokenId);
        if (msg.value != listing.price) revert WrongPrice(msg.value, listing.price);

        delete listingOf[collection][tokenId];
        (address receiver, uint256 royalty) = _royaltyOf(collection, tokenId, msg.value);
        if (royalty > msg.value) revert RoyaltyAbovePrice(royalty, msg.value);
        emit Sold(collection, tokenId, msg.sender, msg.value, royalty);
        _handOver(collection, tokenId);
        if (royalty != 0) Assets.ETH.send(receiver, royalty);
        Assets.ETH.send(listing.seller, msg.value - royalty);
    }

    /// @dev Asks a contract whether it takes tokens. An account whose code is a delegation
    /// (EIP-7702) has a key that moves them, and its code need not know how to answer.
    function _handOver(IERC721 collection, uint256 tokenId) private {
        if (msg.sender.hasNoCode()) collection.transferFrom(address(this), msg.sender, tokenId);
        else collection.safeTransferFrom(address(this), msg.sender, tokenId);
    }

    function _checkSeller(IERC721 collection, uint256 tokenId) private view {
        address seller = listingOf[collection][tokenId].seller;
        if (msg.sender != seller) revert NotSeller(msg.sender, seller);
    }

    function _royaltyOf(IERC721 collection, uint256 tokenId, uint256 price)
        private
        view
        returns (address receiver, uint256 royalty)
    {
        bool has = ERC165Checker.supportsInterface(address(collection), type(IERC2981).interfaceId);
        if (!has) return (address(0), 0);
        (receiver, royalty) = IERC2981(address(collection)).royaltyInfo(tokenId, price);
        // Some collections name nobody. Their royalty is the seller's.
        if (receiver == address(0)) royalty = 0;
    }
}
