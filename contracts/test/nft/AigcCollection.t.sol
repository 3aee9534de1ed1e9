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
import { IERC5192 } from "../../src/interfaces/IERC5192.sol";
import { IERC7007, IERC7007Updatable } from "../../src/interfaces/IERC7007.sol";
import { IInferenceOracle } from "../../src/interfaces/IInferenceOracle.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { Prompt } from "../../src/nft/Prompt.sol";
import { Requester } from "../../src/nft/Requester.sol";
import { Assets } from "../../src/token/Assets.sol";
import { CollectionFixture, OracleStandIn } from "./CollectionFixture.sol";

contract AigcCollectionTest is CollectionFixture {
    bytes private constant OTHER = "Nobody said this";

    // Prompt, id, seed

    function test_promptNamesMinterSaltAndText() external view {
        assertEq(
            _collection.promptOf(address(0xAbC), 18_446_744_073_709_551_615, "two\nlines"),
            "imo1 by=0x0000000000000000000000000000000000000abc salt=18446744073709551615\ntwo\nlines"
        );
    }

    function test_theIdIsThePromptsHash(address minter, uint64 salt) external view {
        bytes memory prompt = _prompt(minter, salt);
        assertEq(_collection.tokenIdOf(prompt), uint256(keccak256(prompt)));
        assertEq(_collection.tokenId(prompt), uint256(keccak256(prompt)));
        assertEq(
            _collection.seedOf(minter, salt),
            uint64(uint256(keccak256(abi.encode(minter, salt))) % 2 ** 64)
        );
    }

    function test_theOracleIsAskedTheTextAloneByTheCollectionsTerms() external {
        (uint256 id, uint256 request) = _mint(_ann, 7);
        OracleStandIn.Asked memory asked = _oracle.askedOf(request);
        assertEq(asked.prompt, TEXT);
        assertEq(asked.question.modelId, MODEL);
        assertEq(asked.question.seed, _collection.seedOf(_ann, 7));
        assertEq(asked.question.maxTokens, 256);
        assertEq(asked.question.sampling.temperature, 1 << 15);
        assertEq(asked.question.sampling.topK, 40);
        assertEq(asked.question.flags, 0);
        assertEq(asked.callback.target, address(_collection));
        assertEq(_collection.prompt(id), string(_prompt(_ann, 7)));
    }

    function test_promptsAreUtf8AndBounded() external {
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

    /// @dev The attack on ERC-7007's reference: take a pending mint. Here it is another token with another seed.
    function test_aCopiedMintIsAnotherWork() external {
        (uint256 copy, uint256 copyRequest) = _mint(_bob, 7);
        (uint256 id, uint256 request) = _mint(_ann, 7);
        assertNotEq(id, copy);
        assertEq(_collection.ownerOf(id), _ann);
        assertNotEq(
            _oracle.askedOf(request).question.seed, _oracle.askedOf(copyRequest).question.seed
        );
    }

    function test_aTokenIsMintedOnce() external {
        _mint(_ann, 7);
        uint256 id = _collection.tokenIdOf(_prompt(_ann, 7));
        uint256 price = _collection.mintPrice(bytes(TEXT).length);
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.AlreadyMinted.selector, id));
        _collection.mint{ value: price }(TEXT, 7);
    }

    // Life

    function test_fromPendingToFinal() external {
        bytes memory prompt = _prompt(_ann, 1);
        uint256 id = _collection.tokenIdOf(prompt);
        uint256 price = _collection.mintPrice(bytes(TEXT).length);
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
        emit IERC7007.AigcData(id, prompt, ANSWER, "proof");
        vm.expectEmit();
        emit IAigcCollection.AigcRaw(id, ANSWER);
        vm.expectEmit();
        emit IERC4906.MetadataUpdate(id);
        _collection.addAigcData(id, prompt, ANSWER, "proof");
        assertEq(_collection.contentOf(id), ANSWER);
        assertEq(_drip.balance, MINT_FEE);
        assertEq(address(_collection).balance, 0);

        vm.prank(_ann);
        _collection.transferFrom(_ann, _bob, id);
        assertEq(_collection.ownerOf(id), _bob);
    }

    function test_aLockedTokenDoesNotMove() external {
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

    function test_anyoneSettlesWhereDeliveryFailed() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotFinal.selector, id));
        _collection.settle(id, keccak256(ANSWER));
        _oracle.finalize(request, ANSWER, 0);
        assertTrue(_collection.locked(id));
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotFinal.selector, id));
        _collection.settle(id, keccak256(OTHER));
        _collection.settle(id, keccak256(ANSWER));
        _isAt(id, ContentStatus.Final, false);
        assertEq(_drip.balance, MINT_FEE);
        _collection.settle(id, 0);
        bool ok = _oracle.deliver(request, ANSWER);
        assertTrue(ok);
        _collection.addAigcData(id, _prompt(_ann, 1), ANSWER, "");
        assertEq(_drip.balance, MINT_FEE, "paid once");
    }

    function test_anExpiredTokenIsVoidedAndPaidBackInFull() external {
        uint256 before = _ann.balance;
        (uint256 id, uint256 request) = _mint(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotExpired.selector, id));
        _collection.void(id);
        _oracle.expire(request);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotFinal.selector, id));
        _collection.settle(id, 0);

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

    function test_afterAVoidTheSameMintIsPossibleAndTheOldRequestIsNot() external {
        (uint256 id, uint256 old) = _mint(_ann, 1);
        _oracle.expire(old);
        _collection.void(id);
        (uint256 again, uint256 request) = _mint(_ann, 1);
        assertEq(again, id);
        bool ok = _oracle.deliver(old, ANSWER);
        assertFalse(ok);
        _isAt(id, ContentStatus.Pending, true);
        _oracle.finalize(request, ANSWER, 0);
        _collection.settle(id, keccak256(ANSWER));
    }

    function test_aFinalTokenIsNeverVoided() external {
        uint256 id = _minted(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotExpired.selector, id));
        _collection.void(id);
    }

    // Money

    function test_eachMintersRefundsAreItsOwn() external {
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

    function test_whatIsOverStaysTheMintersAndPaysItsNextMint() external {
        uint256 price = _collection.mintPrice(bytes(TEXT).length);
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

    function test_onlyTheCollectionUsesAnAccountAtTheOracle() external {
        _mint(_ann, 1);
        Requester account = Requester(_collection.requesterOf(_ann));
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(Requester.NotCollection.selector, _ann));
        account.withdraw(IInferenceOracle(address(_oracle)), _ann);
    }

    function test_whoTakesNoEtherChoosesAnotherAddress() external {
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

    function test_aFreeMintPaysNobody() external {
        CollectionTerms memory terms = _terms();
        terms.mintFee = 0;
        (_collection, _splitter) = _deploy(terms);
        uint256 id = _minted(_ann, 1);
        _collection.settle(id, 0);
        assertEq(_drip.balance, 0);
    }

    function test_royaltyIsThePricesPartAtAnyPrice(uint256 price, uint16 bps) external {
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

    // Content

    function test_onlyTheAnswerIsAddedAndOnce() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                AigcCollection.WrongContent.selector, id, keccak256(ANSWER), bytes32(0)
            )
        );
        _collection.addAigcData(id, prompt, ANSWER, "");
        _oracle.finalize(request, ANSWER, 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                AigcCollection.WrongContent.selector, id, keccak256(OTHER), bytes32(0)
            )
        );
        _collection.addAigcData(id, prompt, OTHER, "");
        (uint256 other,) = _mint(_ann, 2);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.WrongPrompt.selector, other, id));
        _collection.addAigcData(other, prompt, ANSWER, "");

        vm.prank(_bob);
        _collection.addAigcData(id, prompt, ANSWER, "");
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.ContentIsThere.selector, id));
        _collection.addAigcData(id, prompt, ANSWER, "");
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        _collection.addAigcData(1, prompt, ANSWER, "");
    }

    function test_onlyTheOracleAnswers() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotOracle.selector, address(this)));
        _collection.aiOracleCallback(request, ANSWER, abi.encode(id));
        vm.prank(address(_oracle));
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.WrongRequest.selector, request + 1));
        _collection.aiOracleCallback(request + 1, ANSWER, abi.encode(id));
        vm.prank(address(_oracle));
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.WrongRequest.selector, 0));
        _collection.aiOracleCallback(0, ANSWER, abi.encode(5));
        vm.prank(address(_oracle));
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotFinal.selector, id));
        _collection.aiOracleCallback(request, ANSWER, abi.encode(id));

        bytes memory data = abi.encode(id);
        vm.prank(_ann);
        _collection.takeEarly(id);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotOracle.selector, address(this)));
        _collection.aiOracleEarlyCallback(request, 0, ANSWER, data);
        vm.prank(address(_oracle));
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.WrongRequest.selector, request + 1));
        _collection.aiOracleEarlyCallback(request + 1, 0, ANSWER, data);
    }

    /// @dev Else whoever posts a bonded claim writes on the token what it likes.
    function test_earlyAnswersAreForWhoAsksForThem() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        assertFalse(_oracle.deliverEarly(request, OTHER));
        _isAt(id, ContentStatus.Pending, true);
        vm.prank(_bob);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotMinter.selector, _bob));
        _collection.takeEarly(id);
        vm.prank(_ann);
        vm.expectEmit();
        emit IAigcCollection.EarlyTaken(id);
        _collection.takeEarly(id);
        vm.expectEmit();
        emit IAigcCollection.Answered(id, keccak256(OTHER), ContentStatus.Early);
        assertTrue(_oracle.deliverEarly(request, OTHER));
        assertTrue(_oracle.deliverEarly(request, ANSWER));
        assertEq(_collection.digestOf(id), keccak256(ANSWER), "the last one that was offered");
        _oracle.finalize(request, OTHER, 0);
        _oracle.deliver(request, OTHER);
        assertFalse(_oracle.deliverEarly(request, ANSWER), "nothing comes after the final answer");
        assertEq(_collection.digestOf(id), keccak256(OTHER));
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.EarlyNotTaken.selector, id));
        _collection.takeEarly(id);
    }

    function test_verifyIsTrueForTheFinalAnswerOnly() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        assertFalse(_collection.verify(prompt, ANSWER, ""), "pending");
        assertTrue(_offerEarly(id, request, ANSWER));
        assertFalse(_collection.verify(prompt, ANSWER, ""), "early");
        _oracle.finalize(request, ANSWER, 0);
        assertTrue(_collection.verify(prompt, ANSWER, ""));
        assertTrue(_collection.verify(prompt, ANSWER, "whatever"));
        assertFalse(_collection.verify(prompt, OTHER, ""));
        assertFalse(_collection.verify(bytes(TEXT), ANSWER, ""), "unknown prompt");
        assertFalse(_collection.verify("", "", ""));
        (id, request) = _mint(_ann, 2);
        _oracle.expire(request);
        assertFalse(_collection.verify(_prompt(_ann, 2), "", ""), "expired");
        _collection.void(id);
        assertFalse(_collection.verify(_prompt(_ann, 2), "", ""), "voided");
    }

    /// @dev ERC-7007's reference asks `verify` of the recorded data, so that `update` can never pass there.
    function test_anEarlyAnswerIsMarkedAndCorrected() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        assertTrue(_offerEarly(id, request, OTHER));
        _isAt(id, ContentStatus.Early, true);
        _collection.addAigcData(id, prompt, OTHER, "");
        assertEq(_drip.balance, 0, "the fee waits for the final answer");
        assertFalse(_oracle.deliverEarly(request, ANSWER), "the content would not be that answer's");
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotVerified.selector, id));
        _collection.update(prompt, ANSWER);

        _oracle.finalize(request, ANSWER, 0);
        _oracle.deliver(request, ANSWER);
        _isAt(id, ContentStatus.Early, false);
        assertEq(_collection.contentOf(id), OTHER);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotVerified.selector, id));
        _collection.update(prompt, OTHER);
        vm.expectEmit();
        emit IERC7007Updatable.Update(id, prompt, ANSWER);
        vm.expectEmit();
        emit IAigcCollection.AigcRaw(id, ANSWER);
        vm.expectEmit();
        emit IERC4906.MetadataUpdate(id);
        vm.prank(_bob);
        _collection.update(prompt, ANSWER);
        _isAt(id, ContentStatus.Final, false);
        assertEq(_collection.contentOf(id), ANSWER);
        assertEq(_drip.balance, MINT_FEE);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NothingToUpdate.selector, id));
        _collection.update(prompt, ANSWER);
    }

    /// @dev Whoever replaces the content before anybody settled has settled with it.
    function test_anUpdateSettlesToo() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        assertTrue(_offerEarly(id, request, OTHER));
        _collection.addAigcData(id, _prompt(_ann, 1), OTHER, "");
        _oracle.finalize(request, ANSWER, 0);
        vm.expectEmit();
        emit IERC5192.Unlocked(id);
        _collection.update(_prompt(_ann, 1), ANSWER);
        _isAt(id, ContentStatus.Final, false);
        assertEq(_drip.balance, MINT_FEE);
        vm.prank(_ann);
        _collection.transferFrom(_ann, _bob, id);
    }

    function test_anEarlyAnswerThatHoldsBecomesFinalByItself() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        assertTrue(_offerEarly(id, request, ANSWER));
        _collection.addAigcData(id, _prompt(_ann, 1), ANSWER, "");
        _oracle.finalize(request, ANSWER, 0);
        _isAt(id, ContentStatus.Final, true);
        vm.expectEmit();
        emit IERC4906.MetadataUpdate(id);
        _oracle.deliver(request, ANSWER);
        _isAt(id, ContentStatus.Final, false);
    }

    function test_anEarlyAnswerThatExpiresIsVoidedWithItsContent() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        assertTrue(_offerEarly(id, request, OTHER));
        _collection.addAigcData(id, _prompt(_ann, 1), OTHER, "");
        _oracle.expire(request);
        _collection.void(id);
        assertEq(_collection.withdrawable(_ann), MINT_FEE + _quote());
        _mint(_ann, 1);
        assertEq(_collection.contentOf(id).length, 0);
    }

    function test_updateIsNoWayToAddContent() external {
        uint256 id = _minted(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NothingToUpdate.selector, id));
        _collection.update(prompt, ANSWER);
    }

    function test_textIsKeptWhereTheTermsSaySoAndItFits() external {
        bytes memory longest = new bytes(24_575);
        (uint256 id, uint256 request) = _mint(_ann, 1);
        _oracle.finalize(request, longest, 0);
        _collection.addAigcData(id, _prompt(_ann, 1), longest, "");
        assertEq(_collection.contentOf(id), longest);

        bytes memory longer = new bytes(24_576);
        (id, request) = _mint(_ann, 2);
        _oracle.finalize(request, longer, 0);
        _collection.addAigcData(id, _prompt(_ann, 2), longer, "");
        assertEq(_collection.contentOf(id).length, 0);
        assertEq(_collection.digestOf(id), keccak256(longer));

        CollectionTerms memory terms = _terms();
        terms.keepText = false;
        (_collection, _splitter) = _deploy(terms);
        id = _minted(_ann, 1);
        _collection.addAigcData(id, _prompt(_ann, 1), ANSWER, "");
        assertEq(_collection.contentOf(id).length, 0);
        assertEq(_collection.digestOf(id), keccak256(ANSWER));
    }

    // Reentrancy

    function test_nothingIsEnteredFromAMint() external {
        uint256 other = _minted(_bob, 1);
        (uint256 waits, uint256 request) = _mint(_bob, 2);
        _oracle.finalize(request, ANSWER, 0);
        Reentrant minter = new Reentrant(_collection, _oracle);
        vm.deal(address(minter), 1 ether);
        bytes[] memory calls = new bytes[](6);
        calls[0] = abi.encodeCall(AigcCollection.mint, (TEXT, 9));
        calls[1] = abi.encodeCall(AigcCollection.settle, (other, keccak256(ANSWER)));
        calls[2] = abi.encodeCall(AigcCollection.void, (other));
        calls[3] = abi.encodeCall(AigcCollection.withdraw, (address(minter)));
        calls[4] = abi.encodeCall(AigcCollection.addAigcData, (other, _prompt(_bob, 1), ANSWER, ""));
        calls[5] = abi.encodeCall(AigcCollection.update, (_prompt(_bob, 1), ANSWER));
        uint256 id = minter.mint(TEXT, calls, request, ANSWER);
        assertEq(minter.refusals(), calls.length);
        assertEq(_collection.ownerOf(id), address(minter));
        assertFalse(_collection.locked(waits), "an answer is taken at any time");
    }

    function test_aContractThatTakesNoTokensCannotMint() external {
        vm.etch(_ann, hex"5f5ffd");
        uint256 price = _collection.mintPrice(bytes(TEXT).length);
        vm.prank(_ann);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, _ann));
        _collection.mint{ value: price }(TEXT, 1);
    }

    // Interfaces

    function test_interfacesAreDeclared() external view {
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

    function test_unknownTokensRevert() external {
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

    function test_namesComeFromTheTerms() external view {
        assertEq(_collection.name(), 'The "Smol" Works');
        assertEq(_collection.symbol(), "SMOLW");
        assertEq(abi.encode(_collection.params().terms), abi.encode(_terms()));
    }

    function test_theImplementationIsNoCollection() external {
        vm.prank(_ann);
        vm.expectRevert();
        _implementation.mint{ value: 1 ether }(TEXT, 1);
        vm.expectRevert();
        _implementation.withdraw(_ann);
    }

    function _isAt(uint256 id, ContentStatus status, bool locked) private view {
        assertEq(uint8(_collection.statusOf(id)), uint8(status));
        assertEq(_collection.locked(id), locked);
    }

    function _quote() private view returns (uint256) {
        return _collection.mintPrice(bytes(TEXT).length) - MINT_FEE;
    }
}

/// @dev Tries calls of the collection while it receives its token, and delivers somebody else's answer.
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
