// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { RevenueAsset, TokenParams } from "../../src/interfaces/IModelToken.sol";
import { ModelToken } from "../../src/token/ModelToken.sol";

/// @dev A token whose words of marks speak for few entries, so that short runs reach every path.
contract TokenHarness is ModelToken {
    uint256 private immutable _size;

    constructor(TokenParams memory params, uint256 chunkSize) ModelToken(params) {
        _size = chunkSize;
    }

    function _chunkSize() internal view override returns (uint256) {
        return _size;
    }
}

/// @dev A plain ERC-20 revenue token.
contract Coin is ERC20("Coin", "COIN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Terms of a token in tests: `supply` to `opener`, ETH and `coin` listed with `minimum`.
function tokenParams(
    uint96 supply,
    uint16 sharedBps,
    address opener,
    address registry,
    address coin,
    uint96 minimum
) pure returns (TokenParams memory params) {
    RevenueAsset[] memory assets = new RevenueAsset[](coin == address(0) ? 1 : 2);
    assets[0] = RevenueAsset(address(0), minimum);
    if (coin != address(0)) assets[1] = RevenueAsset(coin, minimum);
    return TokenParams("Model", "MDL", supply, sharedBps, opener, registry, assets);
}
