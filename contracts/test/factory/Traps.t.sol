// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Traps } from "../../src/factory/Traps.sol";
import { LaunchParams } from "../../src/interfaces/IImoFactory.sol";
import { RevenueAsset } from "../../src/interfaces/IModelToken.sol";
import { Auction } from "../../src/offering/Auction.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";
import { LaunchFixture } from "./LaunchFixture.sol";

/// @dev Terms that a launch refuses, each by name.
contract TrapsTest is LaunchFixture {
    function test_traps_are_refused_by_name() external {
        LaunchParams memory params = _params();
        params.model.contentId = 0;
        _refuse(params, abi.encodeWithSelector(Traps.NoContent.selector));
        params = _params();
        params.model.verifier = _creator;
        _refuse(params, abi.encodeWithSelector(Traps.VerifierHasNoCode.selector, _creator));
        params = _params();
        params.model.provenance.sourceUri = string(new bytes(513));
        _refuse(params, abi.encodeWithSelector(Traps.UriTooLong.selector, 513));
        params = _params();
        params.token.name = unicode"SmоlLM2";
        _refuse(params, abi.encodeWithSelector(Traps.NotPrintable.selector, unicode"SmоlLM2"));
        params = _params();
        params.token.symbol = "";
        _refuse(params, abi.encodeWithSelector(Traps.NotPrintable.selector, ""));
        params = _params();
        params.token.supply = 999_999;
        _refuse(params, abi.encodeWithSelector(Traps.SupplyTooSmall.selector, 999_999));
        params = _params();
        params.token.assets = new RevenueAsset[](0);
        _refuse(params, abi.encodeWithSelector(Traps.NoEthMinimum.selector));
        params = _params();
        params.split.protocol = address(0);
        _refuse(params, abi.encodeWithSelector(Traps.NoSink.selector));
        params = _params();
        params.token.sharedBps = 10_001;
        _refuse(params, abi.encodeWithSelector(ModelToken.InvalidSharedBps.selector, 10_001));
        params = _params();
        params.collection.name = "Smol\nWorks";
        _refuse(params, abi.encodeWithSelector(Traps.NotPrintable.selector, "Smol\nWorks"));
        params = _params();
        params.collection.symbol = string(new bytes(33));
        _refuse(params, abi.encodeWithSelector(Traps.NotPrintable.selector, new bytes(33)));
        params = _params();
        params.collection.royaltyBps = 1001;
        _refuse(params, abi.encodeWithSelector(Traps.RoyaltyTooHigh.selector, 1001));
        params = _params();
        params.collection.maxUnits = 0;
        _refuse(params, abi.encodeWithSelector(Traps.NoAnswerUnits.selector));
        params = _params();
        params.collection.parameters = bytes32(uint256((1 << 14) - 1) << 224);
        _refuse(params, abi.encodeWithSelector(Traps.NearlyGreedy.selector, 16_383, 0));
        params = _params();
        params.collection.parameters |= bytes32(uint256(1) << 208);
        _refuse(params, abi.encodeWithSelector(Traps.NearlyGreedy.selector, 1 << 15, 1));
        for (uint256 bit = 0; bit < 208; bit += 8) {
            params = _params();
            bytes32 parameters = params.collection.parameters | bytes32(1 << bit);
            params.collection.parameters = parameters;
            _refuse(params, abi.encodeWithSelector(Traps.UnfitParameters.selector, parameters));
        }
        params = _params();
        params.sale.softCap = 101 ether;
        _refuse(
            params,
            abi.encodeWithSelector(Auction.SoftCapAboveHardCap.selector, 101 ether, 100 ether)
        );
    }

    function test_what_is_no_verifier_is_refused() external {
        LaunchParams memory params = _params();
        params.model.verifier = address(_registry);
        _refuse(params, abi.encodeWithSelector(Traps.NotAVerifier.selector, _registry));
        for (uint256 way = 0; way < 3; ++way) {
            params.model.verifier = address(new Oddity(way));
            _refuse(
                params, abi.encodeWithSelector(Traps.NotAVerifier.selector, params.model.verifier)
            );
        }
        params.model.verifier = address(new Oddity(3));
        _refuse(
            params,
            abi.encodeWithSelector(
                Traps.ContentUnknown.selector, params.model.verifier, params.model.contentId
            )
        );
    }

    function test_requests_stay_within_the_verifiers_limits() external {
        LaunchParams memory params = _params();
        params.collection.maxUnits = 2048;
        _factory.launch(params);
        params.collection.maxUnits = type(uint32).max;
        _refuse(
            params, abi.encodeWithSelector(Traps.UnitsAboveLimit.selector, type(uint32).max, 2048)
        );
        params = _params();
        params.model.pricing.defaultUnits = 2049;
        _refuse(params, abi.encodeWithSelector(Traps.UnitsAboveLimit.selector, 2049, 2048));
        params = _params();
        params.model.pricing.defaultBytes = 4097;
        _refuse(params, abi.encodeWithSelector(Traps.InputAboveLimit.selector, 4097, 4096));
        params = _params();
        params.model.pricing.unitBytes = 2048;
        _factory.launch(params);
        params.model.pricing.unitBytes = 2049;
        _refuse(params, abi.encodeWithSelector(Traps.UnitBytesOutOfRange.selector, 2049, 2048));
        params.model.pricing.unitBytes = 0;
        _refuse(params, abi.encodeWithSelector(Traps.UnitBytesOutOfRange.selector, 0, 2048));
        params = _params();
        params.model.verifier = address(new Oddity(4));
        params.collection.maxUnits = 24_576;
        _refuse(params, abi.encodeWithSelector(Traps.UnitsAboveLimit.selector, 24_576, 24_575));
    }

    function test_no_two_names_look_the_same() external {
        string[4] memory lookalikes = ["SmolLM2 ", " SmolLM2", "Smol  LM2", " "];
        for (uint256 i = 0; i < lookalikes.length; ++i) {
            LaunchParams memory params = _params();
            params.token.name = lookalikes[i];
            _refuse(params, abi.encodeWithSelector(Traps.NotPrintable.selector, lookalikes[i]));
        }
    }

    function test_a_model_says_where_its_file_is() external {
        LaunchParams memory params = _params();
        params.model.provenance.sourceUri = "";
        _refuse(params, abi.encodeWithSelector(Traps.NoSource.selector));
        params.model.provenance.sourceUri = "https://example.org/\nmodel";
        _refuse(
            params,
            abi.encodeWithSelector(Traps.NotPrintable.selector, "https://example.org/\nmodel")
        );
    }

    function test_a_sale_starts_within_a_year() external {
        LaunchParams memory params = _params();
        uint256 latest = block.timestamp + 365 days;
        params.sale.start = uint40(block.timestamp + 300 * 365 days);
        params.sale.end = params.sale.start + 3 days;
        _refuse(
            params, abi.encodeWithSelector(Traps.SaleTooLate.selector, params.sale.start, latest)
        );
        params.sale.start = uint40(latest);
        params.sale.end = params.sale.start + 3 days;
        _factory.launch(params);
    }

    /// @dev At 2 ether a token unit a bid of 3 ether would buy one unit, and lose an ether.
    function test_rounding_takes_no_part_of_a_bid() external {
        LaunchParams memory params = _params();
        params.token.supply = 1e6;
        params.sale.floorPrice = 2e36;
        params.sale.softCap = 10 ether;
        params.sale.minimumBid = 3 ether;
        _refuse(params, abi.encodeWithSelector(Traps.BidBuysTooLittle.selector, 1, 1e4));
        params.sale.minimumBid = 20_000 ether;
        _factory.launch(params);
    }
}

/// @dev Answers in ways that no verifier does; and, last, one without a limit.
contract Oddity {
    uint256 private immutable _way;

    constructor(uint256 way) {
        _way = way;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (_way == 0) return "";
        if (_way == 1) return abi.encode(1);
        if (_way == 2) return abi.encode(1 << 32, 1);
        if (_way == 3) return abi.encode(4096, 0);
        return abi.encode(type(uint32).max, type(uint32).max);
    }
}
