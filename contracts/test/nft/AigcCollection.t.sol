// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { stdError } from "forge-std/Test.sol";
import { IERC4906 } from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import { IERC721Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { IERC721Receiver } from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {
    CollectionTerms,
    ContentStatus,
    IAigcCollection
} from "../../src/interfaces/IAigcCollection.sol";
import { IERC5192 } from "../../src/interfaces/external/IERC5192.sol";
import { IERC7007 } from "../../src/interfaces/external/IERC7007.sol";
import { IInferenceOracle } from "../../src/interfaces/IInferenceOracle.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { Prompt } from "../../src/nft/Prompt.sol";
import { Requester } from "../../src/nft/Requester.sol";
import { Assets } from "../../src/libraries/Assets.sol";
import { CollectionFixture, OracleStandIn } from "./CollectionFixture.sol";

contract AigcCollectionTest is CollectionFixture {
    bytes private constant OTHER = "Nobody said this";

    // Prompt, id, seed

    function test_prompt_names_minter_salt_and_text() external view {
        assertEq(
            _collection.promptOf(address(0xAbC), 18_446_744_073_709_551_615, "two\nlines"),
            "imo1 by=0x0000000000000000000000000000000000000abc "
            "salt=18446744073709551615\ntwo\nlines"
        );
    }

    function test_the_id_is_the_prompts_hash(address minter, uint64 salt) external view {
        bytes memory prompt = _prompt(minter, salt);
        assertEq(_collection.tokenIdOf(prompt), uint256(keccak256(prompt)));
        assertEq(_collection.tokenId(prompt), uint256(keccak256(prompt)));
        assertEq(
            _collection.seedOf(minter, salt),
            uint64(uint256(keccak256(abi.encode(minter, salt))) % 2 ** 64)
        );
    }

    function test_the_oracle_is_asked_the_text_alone_by_the_collections_terms() external {
        (uint256 id, uint256 request) = _mint(_ann, 7);
        OracleStandIn.Asked memory asked = _oracle.askedOf(request);
        assertEq(asked.prompt, TEXT);
        assertEq(asked.question.modelId, MODEL);
        assertEq(asked.question.seed, _collection.seedOf(_ann, 7));
        assertEq(asked.question.maxUnits, 256);
        assertEq(asked.question.parameters, _terms().parameters);
        assertEq(asked.callback.target, address(_collection));
        assertEq(_collection.prompt(id), string(_prompt(_ann, 7)));
    }

    function test_prompts_are_utf8_and_bounded() external {
        uint256 head = _collection.promptOf(_ann, 1, "").length;
        string memory longest = string(new bytes(4096 - head));
        assertEq(_collection.promptOf(_ann, 1, longest).length, 4096);
        vm.expectRevert(abi.encodeWithSelector(Prompt.PromptTooLong.selector, 4097));
        _collection.promptOf(_ann, 1, string.concat(longest, "a"));
        bytes memory cut = hex"e282";
        vm.prank(_ann);
        vm.expectRevert(Prompt.NotUtf8.selector);
        _collection.mint{ value: 1 ether }(string(cut), 1);
    }

    /// @dev The attack on ERC-7007's reference: take a pending mint. Here it is another token with
    /// another seed.
    function test_a_copied_mint_is_another_work() external {
        (uint256 copy, uint256 copyRequest) = _mint(_bob, 7);
        (uint256 id, uint256 request) = _mint(_ann, 7);
        assertNotEq(id, copy);
        assertEq(_collection.ownerOf(id), _ann);
        assertNotEq(
            _oracle.askedOf(request).question.seed, _oracle.askedOf(copyRequest).question.seed
        );
    }

    function test_a_token_is_minted_once() external {
        _mint(_ann, 7);
        uint256 id = _collection.tokenIdOf(_prompt(_ann, 7));
        uint256 price = _collection.mintPrice(bytes(TEXT).length, block.basefee);
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.AlreadyMinted.selector, id));
        _collection.mint{ value: price }(TEXT, 7);
    }

    // Life

    function test_from_pending_to_final() external {
        bytes memory prompt = _prompt(_ann, 1);
        uint256 id = _collection.tokenIdOf(prompt);
        uint256 price = _collection.mintPrice(bytes(TEXT).length, block.basefee);
        vm.expectEmit();
        emit IERC5192.Locked(id);
        vm.expectEmit();
        emit IAigcCollection.Minted(id, 1, _ann, prompt);
        vm.prank(_ann);
        _collection.mint{ value: price }(TEXT, 1);
        _isAt(id, ContentStatus.Pending, true);

        _oracle.finalize(1, ANSWER, 0);
        vm.expectEmit();
        emit IERC5192.Unlocked(id);
        vm.expectEmit();
        emit IAigcCollection.Answered(id, keccak256(ANSWER), ContentStatus.Final);
        vm.expectEmit();
        emit IERC4906.MetadataUpdate(id);
        bool ok = _oracle.deliver(1, ANSWER);
        assertTrue(ok);
        _isAt(id, ContentStatus.Final, false);
        assertEq(_collection.digestOf(id), keccak256(ANSWER));
        assertEq(address(_splitter).balance + _drip.balance, 0, "delivery pays nobody");

        vm.expectEmit();
        emit IERC7007.AigcData(id, prompt, ANSWER, "");
        vm.expectEmit();
        emit IAigcCollection.AigcRaw(id, ANSWER);
        vm.expectEmit();
        emit IERC4906.MetadataUpdate(id);
        _collection.addAigcData(id, prompt, ANSWER, "");
        assertEq(_collection.contentOf(id), ANSWER);
        assertEq(_drip.balance, MINT_FEE);
        assertEq(address(_collection).balance, 0);

        vm.prank(_ann);
        _collection.transferFrom(_ann, _bob, id);
        assertEq(_collection.ownerOf(id), _bob);
    }

    function test_a_locked_token_does_not_move() external {
        (uint256 id,) = _mint(_ann, 1);
        vm.startPrank(_ann);
        _collection.approve(_bob, id);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.TokenLocked.selector, id));
        _collection.transferFrom(_ann, _bob, id);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.TokenLocked.selector, id));
        _collection.safeTransferFrom(_ann, _bob, id);
        vm.stopPrank();
        vm.prank(_bob);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.TokenLocked.selector, id));
        _collection.transferFrom(_ann, _bob, id);
    }

    function test_anyone_settles_where_delivery_failed() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotFinal.selector, id));
        _collection.settle(id, ANSWER);
        _oracle.finalize(request, ANSWER, 0);
        assertTrue(_collection.locked(id));
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotFinal.selector, id));
        _collection.settle(id, OTHER);
        _collection.settle(id, ANSWER);
        _isAt(id, ContentStatus.Final, false);
        assertEq(_drip.balance, MINT_FEE);
        _collection.settle(id, "");
        bool ok = _oracle.deliver(request, ANSWER);
        assertTrue(ok);
        _collection.addAigcData(id, _prompt(_ann, 1), ANSWER, "");
        assertEq(_drip.balance, MINT_FEE, "paid once");
    }

    function test_an_expired_token_is_voided_and_paid_back_in_full() external {
        uint256 before = _ann.balance;
        (uint256 id, uint256 request) = _mint(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotExpired.selector, id));
        _collection.void(id);
        _oracle.expire(request);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotFinal.selector, id));
        _collection.settle(id, "");

        vm.expectEmit();
        emit IAigcCollection.Voided(id, _ann, MINT_FEE);
        vm.prank(_bob);
        _collection.void(id);
        assertEq(_collection.balanceOf(_ann), 0);
        assertEq(_collection.withdrawable(_ann), before - _ann.balance);
        vm.prank(_ann);
        assertEq(_collection.withdraw(_ann), before - (before - MINT_FEE - _quote()));
        assertEq(_ann.balance, before);
        assertEq(address(_collection).balance + address(_oracle).balance, 0);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, id));
        _collection.void(id);
    }

    function test_after_a_void_the_same_mint_is_possible_and_the_old_request_is_not() external {
        (uint256 id, uint256 old) = _mint(_ann, 1);
        _oracle.expire(old);
        _collection.void(id);
        (uint256 again, uint256 request) = _mint(_ann, 1);
        assertEq(again, id);
        bool ok = _oracle.deliver(old, ANSWER);
        assertFalse(ok);
        _isAt(id, ContentStatus.Pending, true);
        _oracle.finalize(request, ANSWER, 0);
        _collection.settle(id, ANSWER);
    }

    function test_a_final_token_is_never_voided() external {
        uint256 id = _minted(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotExpired.selector, id));
        _collection.void(id);
    }

    // Money

    function test_each_minters_refunds_are_its_own() external {
        (, uint256 request) = _mint(_ann, 1);
        _mint(_bob, 1);
        _oracle.finalize(request, ANSWER, 1000);
        assertEq(_collection.withdrawable(_ann), 1000, "what the answer did not use");
        assertEq(_collection.withdrawable(_bob), 0);
        vm.prank(_bob);
        assertEq(_collection.withdraw(_bob), 0);
        address to = makeAddr("to");
        vm.prank(_ann);
        assertEq(_collection.withdraw(to), 1000);
        assertEq(to.balance, 1000);
        assertEq(_collection.withdrawable(_ann), 0);
    }

    function test_what_is_over_stays_the_minters_and_pays_its_next_mint() external {
        uint256 price = _collection.mintPrice(bytes(TEXT).length, block.basefee);
        vm.startPrank(_ann);
        _collection.mint{ value: 2 * price }(TEXT, 1);
        assertEq(_collection.withdrawable(_ann), price);
        _collection.mint{ value: MINT_FEE }(TEXT, 2);
        assertEq(_collection.withdrawable(_ann), MINT_FEE);
        vm.expectRevert(
            abi.encodeWithSelector(AigcCollection.MintFeeNotPaid.selector, MINT_FEE - 1, MINT_FEE)
        );
        _collection.mint{ value: MINT_FEE - 1 }(TEXT, 3);
        vm.stopPrank();
        vm.prank(_bob);
        vm.expectRevert(stdError.arithmeticError);
        _collection.mint{ value: price - 1 }(TEXT, 1);
    }

    function test_only_the_collection_uses_an_account_at_the_oracle() external {
        _mint(_ann, 1);
        Requester account = Requester(_collection.requesterOf(_ann));
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(Requester.NotCollection.selector, _ann));
        account.withdraw(IInferenceOracle(address(_oracle)), _ann);
    }

    function test_who_takes_no_ether_chooses_another_address() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        _oracle.expire(request);
        _collection.void(id);
        vm.etch(_ann, hex"5f5ffd");
        vm.startPrank(_ann);
        vm.expectRevert(
            abi.encodeWithSelector(Assets.PaymentRefused.selector, address(0), _ann, MINT_FEE)
        );
        _collection.withdraw(_ann);
        assertEq(_collection.withdraw(_bob), MINT_FEE + _quote());
        vm.stopPrank();
    }

    function test_a_free_mint_pays_nobody() external {
        CollectionTerms memory terms = _terms();
        terms.mintFee = 0;
        (_collection, _splitter) = _deploy(terms);
        uint256 id = _minted(_ann, 1);
        _collection.settle(id, "");
        assertEq(_drip.balance, 0);
    }

    function test_royalty_is_the_prices_part_at_any_price(uint256 price, uint16 bps) external {
        CollectionTerms memory terms = _terms();
        terms.royaltyBps = bps % 1001;
        (_collection, _splitter) = _deploy(terms);
        (address receiver, uint256 royalty) = _collection.royaltyInfo(1, price);
        assertEq(receiver, address(_splitter));
        if (price < type(uint256).max / 1000) {
            assertEq(royalty, price * terms.royaltyBps / 10_000);
        }
        assertLe(royalty, price / 10);
    }

    // Reentrancy

    function test_nothing_is_entered_from_a_mint() external {
        uint256 other = _minted(_bob, 1);
        (uint256 waits, uint256 request) = _mint(_bob, 2);
        _oracle.finalize(request, ANSWER, 0);
        Reentrant minter = new Reentrant(_collection, _oracle);
        vm.deal(address(minter), 1 ether);
        bytes[] memory calls = new bytes[](6);
        calls[0] = abi.encodeCall(AigcCollection.mint, (TEXT, 9));
        calls[1] = abi.encodeCall(AigcCollection.settle, (other, ANSWER));
        calls[2] = abi.encodeCall(AigcCollection.void, (other));
        calls[3] = abi.encodeCall(AigcCollection.withdraw, (address(minter)));
        bytes memory prompt = _prompt(_bob, 1);
        calls[4] = abi.encodeCall(AigcCollection.addAigcData, (other, prompt, ANSWER, ""));
        calls[5] = abi.encodeCall(AigcCollection.update, (_prompt(_bob, 1), ANSWER));
        uint256 id = minter.mint(TEXT, calls, request, ANSWER);
        assertEq(minter.refusals(), calls.length);
        assertEq(_collection.ownerOf(id), address(minter));
        assertFalse(_collection.locked(waits), "an answer is taken at any time");
    }

    function test_a_contract_that_takes_no_tokens_cannot_mint() external {
        vm.etch(_ann, hex"5f5ffd");
        uint256 price = _collection.mintPrice(bytes(TEXT).length, block.basefee);
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, _ann));
        _collection.mint{ value: price }(TEXT, 1);
    }

    /// @dev Its key moves the token, even if the code that it names knows nothing about tokens
    /// (EIP-7702).
    function test_an_account_with_delegated_code_mints_and_sells() external {
        address wallet = makeAddr("a wallet without onERC721Received");
        vm.etch(wallet, hex"5f5ffd");
        vm.etch(_ann, abi.encodePacked(hex"ef0100", wallet));
        uint256 id = _minted(_ann, 1);
        assertEq(_collection.ownerOf(id), _ann);
        vm.prank(_ann);
        _collection.transferFrom(_ann, _bob, id);
        assertEq(_collection.ownerOf(id), _bob);
    }

    // Interfaces

    function test_interfaces_are_declared() external view {
        bytes4[9] memory ids = [
            bytes4(0x01ffc9a7),
            0x80ac58cd,
            0x5b5e139f,
            0x702c55a6,
            0xfa1a557a,
            0x3f37dce2,
            0x2a55205a,
            0x49064906,
            0xb45a3c0e
        ];
        for (uint256 i = 0; i < ids.length; ++i) {
            assertTrue(_collection.supportsInterface(ids[i]), vm.toString(ids[i]));
        }
        assertFalse(_collection.supportsInterface(0xffffffff));
        assertFalse(_collection.supportsInterface(0x780e9d63), "no enumeration of ERC-721");
    }

    function test_unknown_tokens_revert() external {
        bytes memory reason =
            abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 5);
        bytes4[7] memory views = [
            AigcCollection.locked.selector,
            AigcCollection.prompt.selector,
            AigcCollection.requestOf.selector,
            AigcCollection.statusOf.selector,
            AigcCollection.digestOf.selector,
            AigcCollection.contentOf.selector,
            AigcCollection.tokenURI.selector
        ];
        for (uint256 i = 0; i < views.length; ++i) {
            (bool ok, bytes memory said) =
                address(_collection).staticcall(abi.encodeWithSelector(views[i], 5));
            assertFalse(ok);
            assertEq(said, reason);
        }
    }

    function test_names_come_from_the_terms() external view {
        assertEq(_collection.name(), 'The "Smol" Works');
        assertEq(_collection.symbol(), "SMOLW");
        assertEq(abi.encode(_collection.params().terms), abi.encode(_terms()));
    }

    function test_the_owner_is_the_creator_who_can_do_nothing() external {
        address creator = _collection.owner();
        assertEq(creator, _splitter.creator());
        uint256 id = _minted(_ann, 1);
        vm.startPrank(creator);
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, creator, id)
        );
        _collection.transferFrom(_ann, creator, id);
        (bool ok,) =
            address(_collection).call(abi.encodeWithSignature("transferOwnership(address)", _bob));
        assertFalse(ok);
    }

    function test_the_implementation_is_no_collection() external {
        vm.prank(_ann);
        vm.expectRevert();
        _implementation.mint{ value: 1 ether }(TEXT, 1);
        vm.expectRevert();
        _implementation.withdraw(_ann);
    }
}

/// @dev Tries calls of the collection while it receives its token, and delivers somebody else's
/// answer.
contract Reentrant is IERC721Receiver {
    AigcCollection private immutable _collection;
    OracleStandIn private immutable _oracle;
    bytes[] private _calls;
    uint256 private _request;
    bytes private _answer;
    uint256 public refusals;

    constructor(AigcCollection collection, OracleStandIn oracle) {
        _collection = collection;
        _oracle = oracle;
    }

    receive() external payable { }

    function mint(
        string calldata text,
        bytes[] memory calls,
        uint256 request,
        bytes calldata answer
    ) external returns (uint256) {
        (_calls, _request, _answer) = (calls, request, answer);
        return _collection.mint{ value: 0.1 ether }(text, 1);
    }

    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool ok, bytes memory said) = address(_collection).call(_calls[i]);
            bool refused = !ok && bytes4(said) == AigcCollection.Reentered.selector;
            if (refused) ++refusals;
        }
        _oracle.deliver(_request, _answer);
        return IERC721Receiver.onERC721Received.selector;
    }
}
