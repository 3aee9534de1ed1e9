// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { Vm } from "forge-std/Vm.sol";
import { CodeStore } from "../../src/factory/CodeStore.sol";
import { FactoryParams, ImoFactory } from "../../src/factory/ImoFactory.sol";
import { LaunchTerms } from "../../src/factory/LaunchTerms.sol";
import { AigcCollection } from "../../src/nft/AigcCollection.sol";
import { TokenVesting } from "../../src/offering/TokenVesting.sol";
import { Drip } from "../../src/revenue/Drip.sol";
import { Splitter } from "../../src/revenue/Splitter.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";

Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @dev A factory with wrapped ETH and an exchange.
function deployFactory(address registry, address oracle) returns (ImoFactory) {
    return new ImoFactory(factoryParams(registry, oracle));
}

function factoryParams(address registry, address oracle) returns (FactoryParams memory) {
    bytes memory parts = abi.encode(
        type(Splitter).creationCode, type(Drip).creationCode, type(TokenVesting).creationCode
    );
    return FactoryParams({
        registry: registry,
        oracle: oracle,
        weth: deployUniswap("v2-periphery/build/WETH9.json", ""),
        exchange: deployUniswap("v2-core/build/UniswapV2Factory.json", abi.encode(address(0))),
        tokenCode: address(new CodeStore(type(ModelToken).creationCode)),
        partsCode: address(new CodeStore(parts)),
        collection: address(new AigcCollection()),
        terms: address(new LaunchTerms())
    });
}

/// @dev Deploys what Uniswap's npm packages hold, as it was compiled there.
function deployUniswap(string memory file, bytes memory arguments) returns (address deployed) {
    string memory json = VM.readFile(string.concat("node_modules/@uniswap/", file));
    bytes memory code = VM.parseBytes(string.concat("0x", VM.parseJsonString(json, ".bytecode")));
    code = bytes.concat(code, arguments);
    assembly ("memory-safe") {
        deployed := create(0, add(code, 32), mload(code))
    }
    require(deployed != address(0), "not deployed");
}
