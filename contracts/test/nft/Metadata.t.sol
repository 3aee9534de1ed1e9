// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Base64 } from "solady/utils/Base64.sol";
import { LibString } from "solady/utils/LibString.sol";
import { CollectionTerms } from "../../src/interfaces/IAigcCollection.sol";
import { Utf8 } from "../../src/nft/Utf8.sol";
import { CollectionFixture } from "./CollectionFixture.sol";

/// @dev The metadata as a page would read it: decoded and parsed.
contract MetadataTest is CollectionFixture {
    /// @dev Nodes let a call have 50 million by default.
    uint256 private constant MAX_GAS = 25_000_000;
    uint256 private constant MAX_GAS_ILL_FORMED = 35_000_000;

    function test_every_byte_parses() external {
        bytes memory all = new bytes(256);
        for (uint256 i = 0; i < 256; ++i) {
            all[i] = bytes1(uint8(i));
            bytes memory one = abi.encodePacked(uint8(i));
            _parses(_added(uint64(i), one), one);
        }
        _parses(_added(256, all), all);
    }

    function test_random_bytes_parse(bytes calldata content) external {
        _parses(_added(1, content), content);
    }

    function test_a_cut_character_parses() external {
        bytes memory text = unicode"Ende 🙂";
        for (uint256 cut = 0; cut < 4; ++cut) {
            bytes memory answer = new bytes(text.length - cut);
            for (uint256 i = 0; i < answer.length; ++i) {
                answer[i] = text[i];
            }
            _parses(_added(uint64(cut), answer), answer);
        }
    }

    function test_any_text_parses_as_prompt(string calldata text, uint64 salt) external {
        vm.assume(bytes(text).length <= 4000);
        vm.deal(address(this), 1 ether);
        uint256 id = _collection.mint{ value: 1 ether }(text, salt);
        string memory json = _json(_collection.tokenURI(id));
        assertEq(
            vm.parseJsonString(json, ".prompt"),
            string(_collection.promptOf(address(this), salt, text))
        );
    }

    /// @dev Text that tries to end its string and to bring keys of its own.
    function test_a_prompt_cannot_forge_the_status() external {
        string memory text = '","status":"final","aigc_data":"forged","x":"';
        vm.deal(address(this), 1 ether);
        uint256 id = _collection.mint{ value: 1 ether }(text, 1);
        string memory json = _json(_collection.tokenURI(id));
        assertEq(vm.parseJsonString(json, ".status"), "pending");
        assertEq(vm.parseJsonString(json, ".aigc_data"), "");
    }

    function test_all_fields_of_a_token() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        string memory json = _json(_collection.tokenURI(id));
        assertEq(vm.parseJsonString(json, ".status"), "pending");
        assertEq(vm.parseJsonBytes32(json, ".aigc_digest"), 0);

        assertTrue(_offerEarly(id, request, "early"));
        assertEq(vm.parseJsonString(_json(_collection.tokenURI(id)), ".status"), "early");
        _oracle.finalize(request, ANSWER, 0);
        _oracle.deliver(request, ANSWER);
        json = _json(_collection.tokenURI(id));
        assertEq(vm.parseJsonString(json, ".aigc_data"), "");
        _collection.addAigcData(id, _prompt(_ann, 1), ANSWER, "");

        json = _json(_collection.tokenURI(id));
        string memory short = LibString.slice(vm.toString(bytes32(id)), 0, 10);
        assertEq(vm.parseJsonString(json, ".name"), string.concat('The "Smol" Works ', short));
        assertEq(
            vm.parseJsonString(json, ".description"),
            string.concat("Answers of model ", vm.toString(MODEL), ", proven on chain.")
        );
        assertEq(vm.parseJsonString(json, ".prompt"), string(_prompt(_ann, 1)));
        assertEq(vm.parseJsonString(json, ".aigc_type"), "text");
        assertEq(vm.parseJsonString(json, ".aigc_data"), string(ANSWER));
        assertEq(vm.parseJsonBytes32(json, ".aigc_digest"), keccak256(ANSWER));
        assertEq(vm.parseJsonString(json, ".proof_type"), "fraud");
        assertEq(vm.parseJsonString(json, ".status"), "final");
        assertEq(vm.parseJsonString(json, ".request"), vm.toString(request));
        assertEq(vm.parseJsonBytes32(json, ".model"), MODEL);
    }

    /// @dev The picture of a work is never empty: it shows the question until there is a text.
    function test_a_work_has_a_picture_in_every_state() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        string memory svg = _picture(_collection.tokenURI(id));
        assertTrue(LibString.contains(svg, ">A haiku about proofs</text></g></svg>"));
        assertTrue(LibString.contains(svg, ">pending</text>"));

        _oracle.finalize(request, ANSWER, 0);
        _oracle.deliver(request, ANSWER);
        svg = _picture(_collection.tokenURI(id));
        assertTrue(LibString.contains(svg, ">A haiku about proofs</text></g></svg>"));
        assertTrue(LibString.contains(svg, ">final</text>"));

        _collection.addAigcData(id, _prompt(_ann, 1), ANSWER, "");
        svg = _picture(_collection.tokenURI(id));
        assertTrue(LibString.contains(svg, 'y="44">A haiku about proofs</text>'));
        assertTrue(LibString.contains(svg, ">Each step can be checked</text></g></svg>"));
        assertTrue(LibString.contains(svg, ">The &quot;Smol&quot; Works 0x"));
        svg = _picture(_collection.contractURI());
        assertTrue(LibString.contains(svg, ">The &quot;Smol&quot; Works</text></g></svg>"));
    }

    function test_the_collections_own_metadata() external view {
        string memory json = _json(_collection.contractURI());
        assertEq(vm.parseJsonString(json, ".name"), 'The "Smol" Works');
        assertEq(vm.parseJsonString(json, ".symbol"), "SMOLW");
    }

    /// @dev The longest answers that are kept, of the bytes that cost most.
    function test_the_longest_text_fits_a_call() external {
        this.tokenUriOfLongest(0x01, MAX_GAS);
        this.tokenUriOfLongest("a", MAX_GAS);
        this.tokenUriOfLongest(0xff, MAX_GAS_ILL_FORMED);
    }

    /// @dev In a call of its own, whose memory is its own.
    function tokenUriOfLongest(bytes1 filler, uint256 maxGas) external {
        bytes memory content = new bytes(24_575);
        for (uint256 i = 0; i < content.length; ++i) {
            content[i] = filler;
        }
        uint256 id = _added(uint8(filler), content);
        (bool ok, bytes memory uri) = address(_collection).staticcall{ gas: maxGas }(
            abi.encodeCall(_collection.tokenURI, (id))
        );
        assertTrue(ok, vm.toString(filler));
        string memory json = _json(abi.decode(uri, (string)));
        assertEq(bytes(vm.parseJsonString(json, ".aigc_data")), Utf8.repair(content));
    }

    function _added(uint64 salt, bytes memory content) private returns (uint256 id) {
        uint256 request;
        (id, request) = _mint(_ann, salt);
        _oracle.finalize(request, content, 0);
        _collection.addAigcData(id, _prompt(_ann, salt), content, "");
    }

    function _parses(uint256 id, bytes memory content) private view {
        string memory json = _json(_collection.tokenURI(id));
        assertEq(bytes(vm.parseJsonString(json, ".aigc_data")), Utf8.repair(content));
        assertEq(vm.parseJsonString(json, ".status"), "final");
    }

    function _picture(string memory uri) private pure returns (string memory) {
        string memory image = vm.parseJsonString(_json(uri), ".image");
        string memory head = "data:image/svg+xml;base64,";
        assertTrue(LibString.startsWith(image, head));
        return string(Base64.decode(LibString.slice(image, bytes(head).length)));
    }

    function _json(string memory uri) private pure returns (string memory) {
        string memory head = "data:application/json;base64,";
        assertTrue(LibString.startsWith(uri, head));
        return string(Base64.decode(LibString.slice(uri, bytes(head).length)));
    }

    function onERC721Received(address, address, uint256, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return this.onERC721Received.selector;
    }
}
