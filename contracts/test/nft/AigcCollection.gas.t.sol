// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { CollectionFixture, OracleStandIn } from "./CollectionFixture.sol";

/// @dev Whole transactions, 21,000 included, in snapshots/AigcCollection.json; mints without what
/// the oracle does in them.
/// forge-config: default.isolate = true
contract AigcCollectionGasTest is CollectionFixture {
    function test_mint() external {
        vm.mockCall(
            address(_oracle), abi.encodePacked(OracleStandIn.request.selector), abi.encode(1)
        );
        _mint(_ann, 1);
        vm.startPrank(_ann);
        _collection.mint{ value: 1 ether }(TEXT, 2);
        vm.snapshotGasLastCall("AigcCollection", "mint, 20 bytes of text");
        _collection.mint{ value: 1 ether }(string(new bytes(1000)), 3);
        vm.snapshotGasLastCall("AigcCollection", "mint, 1,000 bytes of text");
        vm.stopPrank();
        vm.prank(_bob);
        _collection.mint{ value: 1 ether }(TEXT, 2);
        vm.snapshotGasLastCall("AigcCollection", "mint, first of a minter");
    }

    function test_life() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        _oracle.finalize(request, ANSWER, 0);
        _oracle.deliver(request, ANSWER);
        _collection.addAigcData(id, _prompt(_ann, 1), ANSWER, "");
        vm.snapshotGasLastCall("AigcCollection", "addAigcData, 24 bytes kept");
        vm.prank(_ann);
        _collection.transferFrom(_ann, _bob, id);
        vm.snapshotGasLastCall("AigcCollection", "transfer");
        (id, request) = _mint(_ann, 2);
        _oracle.finalize(request, ANSWER, 0);
        _collection.settle(id, ANSWER);
        vm.snapshotGasLastCall("AigcCollection", "settle");
    }

    function test_void_and_withdraw() external {
        (uint256 id, uint256 request) = _mint(_ann, 1);
        _oracle.expire(request);
        _collection.void(id);
        vm.snapshotGasLastCall("AigcCollection", "void");
        vm.prank(_ann);
        _collection.withdraw(_ann);
        vm.snapshotGasLastCall("AigcCollection", "withdraw");
    }

    function test_the_longest_content() external {
        bytes memory content = new bytes(24_575);
        for (uint256 i = 0; i < content.length; ++i) {
            content[i] = "a";
        }
        (uint256 id, uint256 request) = _mint(_ann, 1);
        _oracle.finalize(request, content, 0);
        assertTrue(_oracle.deliver(request, content), "within the gas that is paid for");
        _collection.addAigcData(id, _prompt(_ann, 1), content, "");
        uint256 spent = vm.snapshotGasLastCall("AigcCollection", "addAigcData, 24,575 bytes kept");
        assertLe(spent, 1 << 24, "EIP-7825");
    }
}
