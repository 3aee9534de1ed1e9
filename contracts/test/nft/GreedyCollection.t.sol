// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { CollectionTerms, IAigcCollection } from "../../src/interfaces/IAigcCollection.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { Commitments } from "../../src/nft/Commitments.sol";
import { Prompt } from "../../src/nft/Prompt.sol";
import { CollectionFixture } from "./CollectionFixture.sol";

/// @dev If the model has one answer to a text, there is one token for it, and it belongs to the
/// first who committed to it.
contract GreedyCollectionTest is CollectionFixture {
    uint64 private constant SALT = 0x5ec2e7;

    function setUp() public override {
        super.setUp();
        CollectionTerms memory terms = _terms();
        terms.parameters = 0;
        (_collection, _splitter) = _deploy(terms);
        vm.warp(1_800_000_000);
    }

    function test_the_text_alone_is_the_prompt() external {
        assertEq(_prompt(_ann, 1), bytes("imo1\nA haiku about proofs"));
        assertEq(_prompt(_bob, 2), _prompt(_ann, 1));
        string memory longest = string(new bytes(4091));
        assertEq(_collection.promptOf(_ann, 1, longest).length, 4096);
        vm.expectRevert(abi.encodeWithSelector(Prompt.PromptTooLong.selector, 4097));
        _collection.promptOf(_ann, 1, string.concat(longest, "a"));
        bytes memory cut = hex"e282";
        vm.expectRevert(Prompt.NotUtf8.selector);
        _collection.promptOf(_ann, 1, string(cut));
    }

    function test_one_token_for_a_text() external {
        _commit(_ann, 1);
        _commit(_bob, 1);
        _commit(_ann, 2);
        skip(1 hours);
        (uint256 id,) = _mint(_ann, 1);
        _refuses(_bob, 1, abi.encodeWithSelector(AigcCollection.AlreadyMinted.selector, id));
        _refuses(_ann, 2, abi.encodeWithSelector(AigcCollection.AlreadyMinted.selector, id));
    }

    /// @dev Bob sees Ann's commitment, then her mint, and is a block ahead of each.
    function test_a_pending_mint_cannot_be_taken() external {
        bytes32 hers = _collection.commitmentOf(_ann, SALT, TEXT);
        vm.prank(_bob);
        _collection.commit(hers);
        vm.expectRevert(abi.encodeWithSelector(Commitments.CommittedBefore.selector, hers));
        _collection.commit(hers);
        skip(10 minutes);

        bytes32 his = _collection.commitmentOf(_bob, SALT, TEXT);
        _refuses(_bob, SALT, abi.encodeWithSelector(Commitments.NotCommitted.selector, his));
        _commit(_bob, SALT);
        skip(59);
        _refuses(
            _bob, SALT, abi.encodeWithSelector(Commitments.WrongAge.selector, 59, 1 minutes, 1 days)
        );
        (uint256 id,) = _mint(_ann, SALT);
        assertEq(_collection.ownerOf(id), _ann);
    }

    /// @dev Bob sees Ann's mint, which waits for minutes: long enough for a commitment of his own.
    function test_a_mint_that_waited_takes_its_text_back() external {
        _commit(_ann, SALT);
        skip(2 minutes);
        _commit(_bob, SALT);
        skip(1 minutes);
        (uint256 id, uint256 his) = _mint(_bob, SALT);
        uint256 request = his + 1;
        vm.expectEmit();
        emit IAigcCollection.Voided(id, _bob, MINT_FEE);
        vm.expectEmit();
        emit IAigcCollection.Minted(id, request, _ann, _prompt(_ann, SALT));
        _mint(_ann, SALT);
        assertEq(_collection.ownerOf(id), _ann);
        assertEq(_collection.balanceOf(_bob), 0);
        assertEq(_collection.withdrawable(_bob), MINT_FEE, "he paid for the answer that he asked");
        assertEq(address(_collection).balance, 2 * MINT_FEE, "hers, and what he is owed");

        _oracle.finalize(his, ANSWER, 0);
        assertFalse(_oracle.deliver(his, ANSWER), "his request is nobody's now");
        _oracle.finalize(request, ANSWER, 0);
        assertTrue(_oracle.deliver(request, ANSWER));
        _commit(_bob, 1);
        skip(1 minutes);
        _refuses(_bob, 1, abi.encodeWithSelector(AigcCollection.AlreadyMinted.selector, id));
    }

    /// @dev A work that may have been sold is nobody's to take.
    function test_a_final_work_gives_way_to_nobody() external {
        _commit(_ann, SALT);
        skip(1 minutes);
        _commit(_bob, SALT);
        skip(1 minutes);
        uint256 id = _minted(_bob, SALT);
        _refuses(_ann, SALT, abi.encodeWithSelector(AigcCollection.AlreadyMinted.selector, id));
    }

    function test_of_two_commitments_in_a_block_neither_comes_before() external {
        _commit(_ann, SALT);
        _commit(_bob, SALT);
        skip(1 minutes);
        (uint256 id,) = _mint(_bob, SALT);
        _refuses(_ann, SALT, abi.encodeWithSelector(AigcCollection.AlreadyMinted.selector, id));
    }

    function test_a_commitment_holds_for_a_minute_to_a_day(uint32 age) external {
        age %= 2 days;
        _commit(_ann, SALT);
        skip(age);
        if (age >= 1 minutes && age <= 1 days) {
            (uint256 id,) = _mint(_ann, SALT);
            assertEq(_collection.ownerOf(id), _ann);
        } else {
            _refuses(
                _ann,
                SALT,
                abi.encodeWithSelector(Commitments.WrongAge.selector, age, 1 minutes, 1 days)
            );
        }
    }

    function test_a_commitment_holds_to_the_last_second_of_the_day() external {
        _commit(_ann, SALT);
        skip(1 days);
        _mint(_ann, SALT);
    }

    function test_a_commitment_binds_minter_salt_and_text(
        address minter,
        uint64 salt,
        string calldata text
    ) external view {
        vm.assume(bytes(text).length < 1000);
        bytes32 commitment = _collection.commitmentOf(minter, salt, text);
        assertNotEq(commitment, _collection.commitmentOf(address(~uint160(minter)), salt, text));
        assertNotEq(commitment, _collection.commitmentOf(minter, ~salt, text));
        assertNotEq(commitment, _collection.commitmentOf(minter, salt, string.concat(text, "a")));
    }

    function test_after_a_void_the_text_is_free_again() external {
        _commit(_ann, 1);
        skip(1 minutes);
        (uint256 id, uint256 request) = _mint(_ann, 1);
        _commit(_bob, 1);
        skip(1 minutes);
        _oracle.expire(request);
        _collection.void(id);
        (uint256 again,) = _mint(_bob, 1);
        assertEq(again, id);
        assertEq(_collection.ownerOf(id), _bob);
    }

    function _commit(address minter, uint64 salt) private {
        bytes32 commitment = _collection.commitmentOf(minter, salt, TEXT);
        vm.expectEmit();
        emit IAigcCollection.Committed(commitment);
        _collection.commit(commitment);
        assertEq(_collection.committedAt(commitment), vm.getBlockTimestamp());
    }

    function _refuses(address minter, uint64 salt, bytes memory reason) private {
        uint256 price = _collection.mintPrice(bytes(TEXT).length, block.basefee);
        vm.prank(minter);
        vm.expectRevert(reason);
        _collection.mint{ value: price }(TEXT, salt);
    }
}
