// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { IERC4906 } from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import { IERC721Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {
    CollectionTerms,
    ContentStatus,
    IAigcCollection
} from "../../src/interfaces/IAigcCollection.sol";
import { IERC5192 } from "../../src/interfaces/external/IERC5192.sol";
import { IERC7007Updatable } from "../../src/interfaces/external/IERC7007.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { CollectionFixture } from "./CollectionFixture.sol";

/// @dev The content of a token: early and final answers, and who can write them.
contract AigcCollectionContentTest is CollectionFixture {
    bytes private constant OTHER = "Nobody said this";

    function test_only_the_answer_is_added_and_once() external {
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

    function test_only_the_oracle_answers() external {
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

    /// @dev Otherwise anyone who posts a claim with a bond could write anything on the token.
    function test_early_answers_are_for_who_asks_for_them() external {
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

    function test_verify_is_true_for_the_final_answer_only() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        assertFalse(_collection.verify(prompt, ANSWER, ""), "pending");
        assertTrue(_offerEarly(id, request, ANSWER));
        assertFalse(_collection.verify(prompt, ANSWER, ""), "early");
        _oracle.finalize(request, ANSWER, 0);
        _oracle.deliver(request, ANSWER);
        assertTrue(_collection.verify(prompt, ANSWER, ""));
        assertFalse(_collection.verify(prompt, ANSWER, "whatever"), "this proves nothing");
        assertFalse(_collection.verify(prompt, OTHER, ""));
        assertFalse(_collection.verify(bytes(TEXT), ANSWER, ""), "unknown prompt");
        assertFalse(_collection.verify("", "", ""));
        (id, request) = _mint(_ann, 2);
        _oracle.expire(request);
        assertFalse(_collection.verify(_prompt(_ann, 2), "", ""), "expired");
        _collection.void(id);
        assertFalse(_collection.verify(_prompt(_ann, 2), "", ""), "voided");
    }

    /// @dev ERC-7007's reference asks `verify` of the recorded data, so that `update` can never
    /// pass there.
    function test_an_early_answer_is_marked_and_corrected() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        assertTrue(_offerEarly(id, request, OTHER));
        _isAt(id, ContentStatus.Early, true);
        _collection.addAigcData(id, prompt, OTHER, "");
        assertEq(_drip.balance, 0, "the fee waits for the final answer");
        assertFalse(_oracle.deliverEarly(request, ANSWER), "the content would not be the answer's");
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotVerified.selector, id));
        _collection.update(prompt, ANSWER);

        _oracle.finalize(request, ANSWER, 0);
        _oracle.deliver(request, ANSWER);
        _isAt(id, ContentStatus.Final, false);
        assertEq(_collection.digestOf(id), keccak256(ANSWER));
        assertEq(_collection.contentOf(id), "", "a final work never shows another answer");
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NotVerified.selector, id));
        _collection.update(prompt, OTHER);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.ContentIsThere.selector, id));
        _collection.addAigcData(id, prompt, ANSWER, "");
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
    function test_an_update_settles_too() external {
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

    function test_an_early_answer_that_holds_stays_on_its_token() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        assertTrue(_offerEarly(id, request, ANSWER));
        _collection.addAigcData(id, _prompt(_ann, 1), ANSWER, "");
        _oracle.finalize(request, ANSWER, 0);
        _oracle.deliver(request, ANSWER);
        _isAt(id, ContentStatus.Final, false);
        assertEq(_collection.contentOf(id), ANSWER);
        bytes memory prompt = _prompt(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NothingToUpdate.selector, id));
        _collection.update(prompt, ANSWER);
    }

    /// @dev Marketplaces read the metadata again at an event of ERC-4906, and only then.
    function test_the_oracle_alone_changes_nothing_that_a_token_says() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        assertTrue(_offerEarly(id, request, ANSWER));
        _collection.addAigcData(id, prompt, ANSWER, "");
        string memory before = _collection.tokenURI(id);
        _oracle.finalize(request, ANSWER, 0);
        _isAt(id, ContentStatus.Early, true);
        assertFalse(_collection.verify(prompt, ANSWER, ""));
        assertEq(_collection.tokenURI(id), before);

        vm.expectEmit();
        emit IERC5192.Unlocked(id);
        vm.expectEmit();
        emit IAigcCollection.Answered(id, keccak256(ANSWER), ContentStatus.Final);
        vm.expectEmit();
        emit IERC4906.MetadataUpdate(id);
        _collection.settle(id, ANSWER);
        _isAt(id, ContentStatus.Final, false);
        assertTrue(_collection.verify(prompt, ANSWER, ""));
        assertNotEq(_collection.tokenURI(id), before);
    }

    /// @dev Otherwise a stranger's bytes would stand as the proof in the log of the work for good.
    function test_nobody_writes_a_proof() external {
        uint256 id = _minted(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        vm.prank(_bob);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.ProofNotEmpty.selector, 5));
        _collection.addAigcData(id, prompt, ANSWER, "proof");
    }

    function test_an_early_answer_that_expires_is_voided_with_its_content() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        assertTrue(_offerEarly(id, request, OTHER));
        _collection.addAigcData(id, _prompt(_ann, 1), OTHER, "");
        _oracle.expire(request);
        _collection.void(id);
        assertEq(_collection.withdrawable(_ann), MINT_FEE + _quote());
        _mint(_ann, 1);
        assertEq(_collection.contentOf(id).length, 0);
    }

    function test_update_is_no_way_to_add_content() external {
        uint256 id = _minted(_ann, 1);
        bytes memory prompt = _prompt(_ann, 1);
        vm.expectRevert(abi.encodeWithSelector(AigcCollection.NothingToUpdate.selector, id));
        _collection.update(prompt, ANSWER);
    }

    function test_text_is_kept_where_the_terms_say_so_and_it_fits() external {
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
}
