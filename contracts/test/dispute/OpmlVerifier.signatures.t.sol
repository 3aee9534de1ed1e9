// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Side } from "../../src/types/Turn.sol";
import { IOpmlVerifier } from "../../src/interfaces/IOpmlVerifier.sol";
import { GameFixture, Player } from "./GameFixture.sol";
import { Toy } from "./Toy.sol";

/// Carries calls, so that nothing of a move is in the transaction itself.
contract Relay {
    function carry(address target, bytes calldata data) external {
        (bool ok, bytes memory reason) = target.call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }
}

/// A wallet with code: signs by the key of its owner (ERC-1271).
contract Wallet {
    address private immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature)
        external
        view
        returns (bytes4)
    {
        (uint8 v, bytes32 r, bytes32 s) = (
            uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64])
        );
        return ecrecover(hash, v, r, s) == OWNER ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @dev All moves of a player are signed and sent by a stranger's contract.
contract OpmlVerifierSignaturesTest is GameFixture {
    Relay private immutable RELAY = new Relay();
    mapping(address signer => uint256) private _keys;

    function setUp() public override {
        super.setUp();
        string[4] memory names = ["ann", "bob", "eve", "delegate"];
        for (uint256 i = 0; i < names.length; ++i) {
            (address signer, uint256 key) = makeAddrAndKey(names[i]);
            _keys[signer] = key;
        }
    }

    /// @dev GameFixture plays from the logs alone, and here no transaction has a move in its
    /// calldata.
    function test_moves_hidden_in_internal_calls_are_in_the_logs() external {
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 game = _challengeWithheld(claim, BOB);
        _play(game, liar, _honest(BOB, ANN));
        assertEq(uint256(_views[game].winner), uint256(Side.Challenger));
        assertEq(uint256(_views[game].ending), uint256(IOpmlVerifier.Ending.Conviction));
        assertEq(_views[game].turn.ply, 7);
    }

    function test_a_delegate_signs_for_the_claimant() external {
        (address delegate,) = makeAddrAndKey("delegate");
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ANN, ann.trace, delegate);
        bytes32 game = _challenge(claim, BOB, ann.trace, 3);
        ann.who = delegate;
        _move(game, ann, ann.trace);
        assertEq(_views[game].turn.ply, 1);
    }

    function test_a_wallet_with_code_signs_by_erc1271() external {
        Wallet wallet = new Wallet(BOB);
        _keys[address(wallet)] = _keys[BOB];
        Player memory liar = _liar(ANN, ANN, 3, 9);
        bytes32 claim = _submit(liar);
        bytes32 game = _challengeWithheld(claim, address(wallet));
        _play(game, liar, _honest(address(wallet), ANN));
        assertEq(uint256(_views[game].winner), uint256(Side.Challenger));
        // Its owner is not the player, and another's signature is not its own.
        game = _challengeWithheld(_submit(ANN, liar.trace, ANN), address(wallet));
        _move(game, liar, liar.trace);
        _expectRefused(_concession(game), _keys[EVE]);
    }

    function test_a_signature_is_the_players_own() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        bytes32 game = _challengeWithheld(claim, BOB);
        _expectRefused(_concession(game), _keys[BOB]);
        _expectRefused(_concession(game), _keys[EVE]);
        _move(game, ann, ann.trace);
        _expectRefused(_concession(game), _keys[ANN]);
        _expectRefused(_concession(game), _keys[EVE]);
        _sendSigned(_concession(game), _keys[BOB]);
        _read();
        assertTrue(_views[game].over);
    }

    function test_a_signature_stands_for_its_arguments_only() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        bytes32 game = _challengeWithheld(claim, BOB);
        _move(game, ann, ann.trace);
        bytes memory pickTwo = _pickOf(game, 2);
        bytes memory signature = _sign(pickTwo, _keys[BOB]);
        // Another index, and another function.
        _expectRefusedWith(_pickOf(game, 1), signature);
        _expectRefusedWith(_concession(game), signature);
        // What stands before the signature in calldata is signed; nothing can be moved behind it.
        bytes32[] memory path = _path(_views[game].children, 1);
        bytes32 child = _views[game].children[1];
        bytes memory head = bytes.concat(
            abi.encode(_views[game].game), abi.encode(uint256(1), child, 12 * 32 + 4 * 32, 12 * 32)
        );
        bytes memory tail = abi.encodePacked(signature, new bytes(31), path.length, path);
        bytes memory reordered =
            bytes.concat(_verifier.pick.selector, head, bytes32(uint256(65)), tail);
        vm.expectPartialRevert(IOpmlVerifier.NotThePlayer.selector);
        _carry(reordered);

        _carry(_withSignature(pickTwo, signature));
        _read();
        assertEq(_views[game].turn.node, 2);
        // And it is spent: the position is another one.
        vm.expectPartialRevert(IOpmlVerifier.NotThePosition.selector);
        _carry(_withSignature(pickTwo, signature));
    }

    function test_a_signature_for_one_game_does_not_move_another() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 claim = _submit(ann);
        bytes32 one = _challengeWithheld(claim, BOB);
        bytes32 two = _challengeWithheld(claim, BOB);
        _move(one, ann, ann.trace);
        _move(two, ann, ann.trace);
        bytes memory signature = _sign(_concession(one), _keys[BOB]);
        _expectRefusedWith(_concession(two), signature);
    }

    function test_a_signature_is_for_one_chain() external {
        Player memory ann = _honest(ANN, ANN);
        bytes32 game = _challengeWithheld(_submit(ann), BOB);
        bytes memory signature = _sign(_concession(game), _keys[ANN]);
        vm.chainId(5);
        _expectRefusedWith(_concession(game), signature);
    }

    // Helpers

    function _send(address who, bytes memory data) internal override {
        _sendSigned(data, _keys[who]);
    }

    function _sendSigned(bytes memory data, uint256 key) private {
        _carry(_withSignature(data, _sign(data, key)));
    }

    function _carry(bytes memory data) private {
        RELAY.carry(address(_verifier), data);
    }

    function _expectRefused(bytes memory data, uint256 key) private {
        _expectRefusedWith(data, _sign(data, key));
    }

    function _expectRefusedWith(bytes memory data, bytes memory signature) private {
        bytes memory signed = _withSignature(data, signature);
        bytes4 notThePlayer = IOpmlVerifier.NotThePlayer.selector;
        vm.expectRevert(abi.encodeWithSelector(notThePlayer, address(RELAY)));
        _carry(signed);
    }

    function _concession(bytes32 game) private view returns (bytes memory) {
        return abi.encodeCall(_verifier.concede, (_views[game].game, ""));
    }

    function _pickOf(bytes32 game, uint256 index) private view returns (bytes memory) {
        bytes32[] memory children = _views[game].children;
        bytes32[] memory path = _path(children, index);
        bytes32 child = children[index];
        return abi.encodeCall(_verifier.pick, (_views[game].game, index, child, path, ""));
    }

    /// EIP-712, as docs/spec/game.md says; `data` ends with the length of an empty signature.
    function _sign(bytes memory data, uint256 key) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,"
                    "uint256 chainId,address verifyingContract)"
                ),
                keccak256("imo opML"),
                keccak256("1"),
                block.chainid,
                address(_verifier)
            )
        );
        // The game comes first, and its position is the hash of a tag and that.
        bytes32 position =
            keccak256(bytes.concat(bytes32("imo.position.v1"), Toy.slice(data, 4, 8 * 32)));
        bytes32 payload = keccak256(Toy.slice(data, 0, data.length - 32));
        bytes32 move = keccak256(
            abi.encode(keccak256("Move(bytes32 position,bytes32 payload)"), position, payload)
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, move)));
        return abi.encodePacked(r, s, v);
    }

    function _withSignature(bytes memory data, bytes memory signature)
        private
        pure
        returns (bytes memory)
    {
        bytes memory signed = Toy.slice(data, 0, data.length - 32);
        return bytes.concat(signed, bytes32(signature.length), signature, new bytes(31));
    }
}
