// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { ImoFactory } from "../../src/factory/ImoFactory.sol";
import { Launch, LaunchParams, VestingTerms } from "../../src/interfaces/IImoFactory.sol";
import { SaleView } from "../../src/interfaces/IModelOffering.sol";
import { RevenueAsset } from "../../src/interfaces/IModelToken.sol";
import { DeliveryEscrow } from "../../src/offering/DeliveryEscrow.sol";
import { ModelOffering } from "../../src/offering/ModelOffering.sol";
import { ModelRegistry } from "../../src/oracle/ModelRegistry.sol";
import { Drip } from "../../src/revenue/Drip.sol";
import { Splitter } from "../../src/revenue/Splitter.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { deployFactory } from "./Deploy.sol";

/// @dev Knows every content, and judges nothing.
contract Judge {
    function limits(bytes32) external pure returns (uint32, uint32) {
        return (4096, 2048);
    }
}

/// @dev Launches, and what people do with them. 1,000 tokens at 0.1 ether are for sale, for 10
/// ether at least.
abstract contract LaunchFixture is Test {
    address internal constant ETH = address(0);

    ModelRegistry internal _registry = new ModelRegistry();
    address internal _verifier = address(new Judge());
    address internal _oracle = makeAddr("oracle");
    address internal _creator = makeAddr("creator");
    address internal _protocol = makeAddr("protocol");
    ImoFactory internal _factory;
    ModelOffering internal _offering;
    DeliveryEscrow internal _escrow;

    /// @dev What the last `_launch` made.
    ModelToken internal _token;
    Splitter internal _splitter;
    Drip internal _drip;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        _factory = deployFactory(address(_registry), _oracle);
        _offering = ModelOffering(payable(_factory.offering()));
        _escrow = DeliveryEscrow(_offering.escrow());
    }

    function _launch(LaunchParams memory params) internal {
        _adopt(_factory.launch(params));
    }

    function _adopt(bytes32 modelId) internal {
        Launch memory parts = _factory.launchOf(modelId);
        _token = ModelToken(payable(parts.token));
        _splitter = Splitter(payable(parts.splitter));
        _drip = Drip(payable(parts.drip));
    }

    function _bid(address bidder, uint256 amount) internal {
        vm.deal(bidder, bidder.balance + amount);
        vm.prank(bidder);
        _offering.bid{ value: amount }(address(_token), 0, amount, "");
    }

    function _settle() internal {
        vm.warp(_offering.termsOf(address(_token)).end);
        while (!_offering.settle(address(_token), 100)) { }
    }

    function _claim(address bidder) internal {
        _offering.claim(address(_token), _one(bidder));
    }

    /// @dev A final answer whose fee is `amount`.
    function _use(uint256 amount) internal {
        vm.deal(_oracle, amount);
        vm.prank(_oracle);
        _splitter.payUsage{ value: amount }();
    }

    /// @dev Releases nearly everything that waits.
    function _releaseAll() internal {
        for (uint256 day = 0; day < 150; ++day) {
            skip(1 days);
            if (_drip.releasable(ETH) != 0) _drip.release(ETH);
            vm.roll(vm.getBlockNumber() + 1);
        }
    }

    function _sale() internal view returns (SaleView memory) {
        return _offering.saleOf(address(_token));
    }

    function _one(address account) internal pure returns (address[] memory accounts) {
        accounts = new address[](1);
        accounts[0] = account;
    }

    function _refuse(LaunchParams memory params, bytes memory reason) internal {
        vm.expectRevert(reason);
        _factory.launch(params);
    }

    /// @dev `_params` with 300 more tokens for a pool, half of the proceeds in escrow, and 200
    /// tokens of the creator's that vest.
    function _fullParams() internal view returns (LaunchParams memory params) {
        params = _params();
        params.token.supply = 1500 ether;
        params.allocation.poolBps = 3000;
        params.escrow.bps = 5000;
        params.escrow.deadline = params.sale.end + 180 days;
        params.escrow.refundEnd = params.sale.end + 240 days;
        params.allocation.vesting = new VestingTerms[](1);
        params.allocation.vesting[0] = VestingTerms(
            _creator, 200 ether, params.sale.end + 365 days, params.sale.end + 4 * 365 days
        );
    }

    function _params() internal view returns (LaunchParams memory params) {
        params.model.contentId = keccak256("content");
        params.model.verifier = _verifier;
        params.model.pricing.basePrice = 0.001 ether;
        params.model.pricing.unitBytes = 8;
        params.model.provenance.sourceUri = "https://example.org/model.gguf";
        params.model.provenance.licence = "Apache-2.0";
        params.token.name = "SmolLM2";
        params.token.symbol = "SMOL";
        params.token.supply = 1000 ether;
        params.token.sharedBps = 10_000;
        params.token.assets = new RevenueAsset[](1);
        params.token.assets[0] = RevenueAsset(ETH, 0.001 ether);
        params.split.creator = _creator;
        params.split.protocol = _protocol;
        params.split.creatorBps = 1000;
        params.split.protocolBps = 200;
        params.sale.creator = _creator;
        params.sale.floorPrice = 0.1 ether;
        params.sale.ticks = 1;
        params.sale.start = uint40(block.timestamp);
        params.sale.end = uint40(block.timestamp + 3 days);
        params.sale.softCap = 10 ether;
        params.sale.minimumBid = 0.01 ether;
        params.collection.name = "SmolLM2 Works";
        params.collection.symbol = "SMOLW";
        params.collection.mintFee = 0.01 ether;
        params.collection.royaltyBps = 500;
        params.collection.maxUnits = 256;
        params.collection.parameters = bytes32(uint256(1 << 15) << 224);
    }
}
