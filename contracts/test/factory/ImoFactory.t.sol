// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { CodeStore } from "../../src/factory/CodeStore.sol";
import { ImoFactory } from "../../src/factory/ImoFactory.sol";
import { CollectionParams, IAigcCollection } from "../../src/interfaces/IAigcCollection.sol";
import {
    IImoFactory,
    Launch,
    LaunchParams,
    VestingTerms
} from "../../src/interfaces/IImoFactory.sol";
import { IModelRegistrar, Registration } from "../../src/interfaces/IModelRegistrar.sol";
import { Model } from "../../src/interfaces/IModelRegistry.sol";
import { SaleStatus } from "../../src/interfaces/IModelOffering.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { Drip } from "../../src/revenue/Drip.sol";
import { Splitter } from "../../src/revenue/Splitter.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { deployFactory } from "./Deploy.sol";
import { LaunchFixture } from "./LaunchFixture.sol";

/// @dev A launch as a whole, from its parameters to revenue in a holder's hands.
contract ImoFactoryTest is LaunchFixture {
    function test_from_launch_to_revenue() external {
        LaunchParams memory params = _params();
        bytes32 modelId = _factory.launch(params);
        Launch memory parts = _factory.launchOf(modelId);
        ModelToken token = ModelToken(payable(parts.token));

        address ann = makeAddr("ann");
        vm.deal(ann, 100 ether);
        vm.prank(ann);
        _offering.bid{ value: 100 ether }(parts.token, 0, 100 ether, "");
        vm.warp(params.sale.end);
        assertTrue(_offering.settle(parts.token, 1));
        _offering.open(parts.token);

        // Before she has claimed, the offering's tokens earn for all holders: their revenue goes
        // back to the drip.
        vm.deal(_oracle, 20 ether);
        vm.prank(_oracle);
        Splitter(payable(parts.splitter)).payUsage{ value: 20 ether }();
        vm.roll(vm.getBlockNumber() + 1);
        Drip(payable(parts.drip)).release(ETH);
        vm.roll(vm.getBlockNumber() + 1);
        address[] memory accounts = new address[](2);
        (accounts[0], accounts[1]) = (address(_offering), ann);
        uint256 waiting = parts.drip.balance;
        token.claimAllFor(accounts, ETH, 10);
        assertApproxEqAbs(parts.drip.balance - waiting, uint256(17.6 ether) / 7, 2);

        accounts[0] = ann;
        _offering.claim(parts.token, accounts);
        vm.roll(vm.getBlockNumber() + 1);
        vm.warp(block.timestamp + 1 days);
        uint256 released = Drip(payable(parts.drip)).release(ETH);
        vm.roll(vm.getBlockNumber() + 1);
        token.claimAllFor(accounts, ETH, 10);
        assertApproxEqAbs(ann.balance, released, 2);
    }

    function test_parts_are_linked() external {
        LaunchParams memory params = _params();
        bytes32 modelId = _factory.launch(params);
        Launch memory parts = _factory.launchOf(modelId);
        ModelToken token = ModelToken(payable(parts.token));
        Splitter splitter = Splitter(payable(parts.splitter));

        assertEq(parts.launcher, address(this));
        assertEq(_factory.partOf(parts.token), modelId);
        assertEq(_factory.partOf(parts.drip), modelId);
        assertEq(_factory.partOf(parts.splitter), modelId);
        assertEq(_factory.partOf(parts.collection), modelId);
        assertEq(_factory.partOf(address(this)), 0);
        assertEq(token.name(), "SmolLM2");
        assertEq(token.balanceOf(address(_offering)), params.token.supply);
        assertEq(token.recipientOf(address(_offering)), parts.drip);
        assertEq(token.recipientOf(parts.splitter), parts.drip);
        assertEq(token.recipientOf(parts.drip), parts.drip);
        assertEq(token.registry(), address(_registry));
        assertEq(splitter.drip(), parts.drip);
        assertEq(splitter.oracle(), _oracle);
        assertEq(splitter.collection(), parts.collection);
        CollectionParams memory made = AigcCollection(parts.collection).params();
        assertEq(made.modelId, modelId);
        assertEq(made.oracle, _oracle);
        assertEq(made.splitter, parts.splitter);
        assertEq(abi.encode(made.terms), abi.encode(params.collection));
        assertEq(Drip(payable(parts.drip)).token(), parts.token);
        Model memory model = _registry.modelOf(modelId);
        assertEq(model.contentId, params.model.contentId);
        assertEq(model.verifier, params.model.verifier);
        assertEq(model.receiver, parts.splitter);
        assertEq(model.token, parts.token);
        assertEq(model.pricing.basePrice, params.model.pricing.basePrice);
        assertEq(_factory.tokenCodeHash(), keccak256(type(ModelToken).creationCode));
        assertEq(uint8(_offering.saleOf(parts.token).status), uint8(SaleStatus.Bidding));
    }

    function test_marketplaces_hear_of_the_collection_and_of_its_creator() external {
        LaunchParams memory params = _params();
        vm.expectEmit();
        emit IAigcCollection.ContractURIUpdated();
        bytes32 modelId = _factory.launch(params);
        address collection = _factory.launchOf(modelId).collection;
        assertEq(AigcCollection(collection).owner(), params.split.creator);
    }

    function test_the_id_commits_to_launcher_and_parameters() external {
        LaunchParams memory params = _params();
        bytes32 mine = _factory.modelIdOf(address(this), params);
        assertNotEq(mine, _factory.modelIdOf(_creator, params));
        params.split.creatorBps += 1;
        assertNotEq(mine, _factory.modelIdOf(address(this), params));
        vm.prank(_creator);
        _factory.launch(params);
        params.split.creatorBps -= 1;
        assertEq(_factory.launch(params), mine, "a copy with other parameters takes nothing");
        vm.expectRevert(abi.encodeWithSelector(ImoFactory.AlreadyLaunched.selector, mine));
        _factory.launch(params);
    }

    function test_a_registry_that_gives_another_id_is_refused() external {
        ImoFactory factory = deployFactory(address(new LyingRegistry()), _oracle);
        vm.expectPartialRevert(ImoFactory.WrongModelId.selector);
        factory.launch(_params());
    }

    function test_parts_take_plain_sends() external {
        Launch memory parts = _factory.launchOf(_factory.launch(_params()));
        vm.deal(address(this), 3);
        payable(parts.token).transfer(1);
        payable(parts.drip).transfer(1);
        payable(parts.splitter).transfer(1);
    }

    /// forge-config: default.isolate = true
    function test_one_transaction_under_twelve_million_gas() external {
        _factory.launch(_params());
        assertLt(vm.snapshotGasLastCall("ImoFactory", "launch"), 12_000_000);
        LaunchParams memory params = _fullParams();
        params.allocation.vesting = new VestingTerms[](4);
        for (uint256 i = 0; i < 4; ++i) {
            uint40 refunded = params.escrow.refundEnd;
            params.allocation.vesting[i] = VestingTerms(_creator, 1 ether, refunded, refunded);
        }
        _factory.launch(params);
        uint256 used = vm.snapshotGasLastCall("ImoFactory", "launch, with all there is");
        assertLt(used, 12_000_000);
    }

    function test_a_greedy_collection_is_launched() external {
        LaunchParams memory params = _params();
        params.collection.parameters = bytes32(uint256(1) << 208);
        assertNotEq(_factory.launch(params), 0);
    }

    function test_code_comes_back_from_the_store() external {
        bytes memory code = type(Drip).creationCode;
        address store = address(new CodeStore(code));
        assertEq(store.code, bytes.concat(hex"00", code));
        vm.expectRevert(abi.encodeWithSelector(CodeStore.CodeTooLong.selector, 24_576));
        new CodeStore(new bytes(24_576));
    }
}

/// @dev Gives another id than the rule gives.
contract LyingRegistry is IModelRegistrar {
    function register(Registration calldata model) external view returns (bytes32) {
        return keccak256(
            abi.encode(
                bytes32("imo.other.v1"), model.contentId, model.verifier, msg.sender, model.salt
            )
        );
    }
}
