// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { CommonBase } from "forge-std/Base.sol";
import { IEarlyCallback } from "../../src/interfaces/IEarlyCallback.sol";
import { IAIOracle, IAIOracleCallback } from "../../src/interfaces/external/IAIOracle.sol";
import { Callback, IInferenceOracle, Question } from "../../src/interfaces/IInferenceOracle.sol";
import { ISplitter } from "../../src/interfaces/ISplitter.sol";

/// @dev Notes what it was called with, and how much gas it had.
contract NotingConsumer is IAIOracleCallback {
    uint256 public requestId;
    bytes public output;
    bytes public data;
    uint256 public gasAtStart;

    function aiOracleCallback(uint256 id, bytes calldata answer, bytes calldata callbackData)
        external
    {
        gasAtStart = gasleft();
        (requestId, output, data) = (id, answer, callbackData);
    }
}

/// @dev Takes early answers too, and keeps them apart.
contract EagerConsumer is NotingConsumer, IEarlyCallback {
    mapping(bytes32 claim => bytes) public earlyOf;

    function aiOracleEarlyCallback(
        uint256 id,
        bytes32 claim,
        bytes calldata answer,
        bytes calldata callbackData
    ) external {
        earlyOf[claim] = abi.encode(id, answer, callbackData);
    }
}

contract RevertingConsumer is IAIOracleCallback {
    function aiOracleCallback(uint256, bytes calldata, bytes calldata) external pure {
        revert("no");
    }
}

/// @dev Sets the price that its caller's transaction pays, which an isolated test cannot set from
/// outside.
contract PricingConsumer is IAIOracleCallback, CommonBase {
    uint256 private immutable _price;

    constructor(uint256 price) {
        _price = price;
    }

    function aiOracleCallback(uint256, bytes calldata, bytes calldata) external {
        vm.txGasPrice(_price);
    }
}

/// @dev Takes all the gas it is given.
contract BurningConsumer is IAIOracleCallback {
    function aiOracleCallback(uint256, bytes calldata, bytes calldata) external pure {
        assembly {
            invalid()
        }
    }
}

/// @dev Returns so much that copying it would cost more gas than anybody has.
contract BombingConsumer is IAIOracleCallback {
    function aiOracleCallback(uint256, bytes calldata, bytes calldata) external pure {
        assembly {
            return(0, 500000)
        }
    }
}

/// @dev Takes no ETH; lives on its credit, and asks again from within its callback.
contract ChainingConsumer is IAIOracleCallback {
    IAIOracle private immutable _oracle;
    uint256 private immutable _modelId;
    uint256 public answers;

    constructor(IAIOracle oracle, uint256 modelId) {
        (_oracle, _modelId) = (oracle, modelId);
    }

    function ask() public payable {
        _oracle.requestCallback{ value: msg.value }(_modelId, "again?", address(this), 600_000, "");
    }

    function aiOracleCallback(uint256, bytes calldata, bytes calldata) external {
        ++answers;
        if (answers == 1) this.ask();
    }
}

/// @dev Makes its own request with no end of gas.
contract AbsurdConsumer {
    function ask(IAIOracle oracle, uint256 modelId) external payable {
        oracle.requestCallback{ value: msg.value }(
            modelId, "?", address(this), type(uint64).max, ""
        );
    }
}

/// @dev A receiver that takes all gas, or refuses, until it is told otherwise.
contract HostileReceiver {
    bool public open;
    bool public immutable BURNS;

    constructor(bool burns) {
        BURNS = burns;
    }

    function setOpen() external {
        open = true;
    }

    function payUsage() external payable {
        if (open) return;
        if (!BURNS) revert("no");
        assembly {
            invalid()
        }
    }
}

/// @dev A wallet with code that knows none of our functions. Its owner has it call others.
contract SmartWallet {
    receive() external payable { }

    function execute(address to, bytes calldata call) external {
        (bool success, bytes memory reason) = to.call(call);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}

/// @dev A splitter's creator that has the oracle pay the splitter while the splitter pays it.
contract ReenteringSink {
    bytes private _call;
    address private _oracle;
    bool public refused;

    function arm(address oracle, bytes calldata call) external {
        (_oracle, _call) = (oracle, call);
    }

    receive() external payable {
        if (_oracle == address(0)) return;
        (bool success,) = _oracle.call(_call);
        refused = !success;
    }
}
