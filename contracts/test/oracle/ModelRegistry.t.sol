// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Test } from "forge-std/Test.sol";
import { IModelRegistry, Model } from "../../src/interfaces/IModelRegistry.sol";
import { Registration } from "../../src/interfaces/IModelRegistrar.sol";
import { ModelRegistry } from "../../src/oracle/ModelRegistry.sol";

contract ModelRegistryTest is Test {
    ModelRegistry private _registry = new ModelRegistry();

    function testFuzz_what_was_registered_is_read_back(
        Registration memory model,
        address registrant
    ) external {
        vm.assume(model.contentId != 0);
        vm.assume(model.verifier != address(0) && model.receiver != address(0));
        model.pricing.unitBytes = uint16(bound(model.pricing.unitBytes, 1, type(uint16).max));
        model.pricing.operatorBps = uint16(bound(model.pricing.operatorBps, 0, 10_000));
        (model.provenance.sourceUri, model.provenance.licence) =
        ("https://example.org/model.gguf", "MIT");

        bytes32 expected = keccak256(
            abi.encode(
                bytes32("imo.model.v1"), model.contentId, model.verifier, registrant, model.salt
            )
        );
        vm.expectEmit(address(_registry));
        emit IModelRegistry.ModelRegistered(expected, model.contentId, registrant, model);
        vm.prank(registrant);
        bytes32 id = _registry.register(model);
        assertEq(id, expected);

        Model memory kept = Model({
            contentId: model.contentId,
            verifier: model.verifier,
            receiver: model.receiver,
            // Whom nobody launched has no vote.
            token: address(0),
            pricing: model.pricing
        });
        assertEq(abi.encode(_registry.modelOf(id)), abi.encode(kept));
    }

    /// @dev A registered id keeps its receiver and price, whoever registers it again with other
    /// terms.
    function test_nothing_is_written_twice() external {
        Registration memory model = _model();
        bytes32 id = _registry.register(model);
        Model memory before = _registry.modelOf(id);
        model.receiver = makeAddr("thief");
        model.pricing.basePrice = 0;
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.AlreadyRegistered.selector, id));
        _registry.register(model);
        vm.prank(makeAddr("thief"));
        assertNotEq(_registry.register(model), id, "another registrant has another id");
        assertEq(abi.encode(_registry.modelOf(id)), abi.encode(before));
    }

    function test_unusable_models_are_refused_by_name() external {
        Registration memory model = _model();
        model.contentId = 0;
        _refuse(model, "contentId");
        model = _model();
        model.verifier = address(0);
        _refuse(model, "verifier");
        model = _model();
        model.receiver = address(0);
        _refuse(model, "receiver");
        model = _model();
        model.pricing.unitBytes = 0;
        _refuse(model, "unitBytes");
        model = _model();
        model.pricing.operatorBps = 10_001;
        _refuse(model, "operatorBps");
        model = _model();
        model.provenance.sourceUri = string(new bytes(513));
        _refuse(model, "sourceUri");
        model = _model();
        model.provenance.licence = string(new bytes(65));
        _refuse(model, "licence");
        model = _model();
        (model.provenance.sourceUri, model.provenance.licence) =
        (string(new bytes(512)), string(new bytes(64)));
        _registry.attest(_registry.register(model), string(new bytes(512)));
    }

    function test_unknown_models() external {
        bytes32 none = keccak256("none");
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, none);
        vm.expectRevert(reason);
        _registry.modelOf(none);
        vm.expectRevert(reason);
        _registry.attest(none, "https://example.org");
    }

    function test_attesting_only_logs() external {
        bytes32 id = _registry.register(_model());
        vm.expectEmit(address(_registry));
        emit IModelRegistry.Attested(id, address(this), "https://example.org");
        vm.record();
        _registry.attest(id, "https://example.org");
        (, bytes32[] memory writes) = vm.accesses(address(_registry));
        assertEq(writes.length, 0);
        vm.expectRevert(abi.encodeWithSelector(ModelRegistry.RegistrationInvalid.selector, "uri"));
        _registry.attest(id, string(new bytes(513)));
    }

    function _refuse(Registration memory model, string memory field) private {
        vm.expectRevert(abi.encodeWithSelector(ModelRegistry.RegistrationInvalid.selector, field));
        _registry.register(model);
    }

    function _model() private pure returns (Registration memory model) {
        model.contentId = keccak256("content");
        model.verifier = address(1);
        model.receiver = address(2);
        model.pricing.basePrice = 3;
        model.pricing.unitBytes = 1;
        model.pricing.operatorBps = 10_000;
    }
}
