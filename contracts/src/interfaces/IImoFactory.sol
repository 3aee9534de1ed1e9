// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { CollectionTerms } from "./IAigcCollection.sol";
import { SaleParams } from "./IModelOffering.sol";
import { Pricing, Provenance } from "./IModelRegistrar.sol";
import { RevenueAsset } from "./IModelToken.sol";

/// @notice What is launched, and what an answer costs.
struct ModelTerms {
    bytes32 contentId;
    /// Judges claims on it; must have code.
    address verifier;
    Pricing pricing;
    Provenance provenance;
}

/// @notice The token; what is neither vested nor kept for the pool is for sale.
struct TokenTerms {
    /// At most 32 bytes of printable ASCII, as is the symbol.
    string name;
    string symbol;
    /// In token units (18 decimals), 10^6 to 2^96 - 1.
    uint96 supply;
    /// Basis points of revenue that holders claim; the rest is redeemed by burning.
    uint16 sharedBps;
    /// ETH first, with a minimum of 0.0001 to 0.1 ether; then at most four ERC-20 tokens.
    RevenueAsset[] assets;
}

/// @notice Who else than the holders gets revenue, in basis points, together at most 10,000.
struct SplitTerms {
    address creator;
    address protocol;
    uint16 creatorBps;
    uint16 protocolBps;
}

/// @notice Tokens that vest linearly from the end of the sale.
struct VestingTerms {
    address beneficiary;
    uint96 amount;
    /// Seconds; nothing before the first, all from the second on. Not before the sale's end, nor before the refunds' end of an
    /// escrow: tokens that were never sold cannot be returned for its money.
    uint40 cliff;
    uint40 end;
}

/// @notice What of the supply is not for sale. All zero: nothing.
struct AllocationTerms {
    /// Basis points of the proceeds that open the pool, at the price of the sale; the tokens for it are kept back. Its
    /// liquidity cannot be taken out by anybody.
    uint16 poolBps;
    /// At most four.
    VestingTerms[] vesting;
}

/// @notice Proceeds that the creator gets as the buyers do. All zero: none. Only for a sale in ETH, since usage is paid in it.
struct EscrowTerms {
    /// Basis points of the proceeds.
    uint16 bps;
    /// What is not released here is refunded against returned tokens; seconds, 30 days to five years after the sale's end.
    uint40 deadline;
    /// 30 days to a year later.
    uint40 refundEnd;
}

/// @notice Everything a launch fixes.
struct LaunchParams {
    ModelTerms model;
    TokenTerms token;
    SplitTerms split;
    SaleParams sale;
    CollectionTerms collection;
    AllocationTerms allocation;
    EscrowTerms escrow;
}

/// @notice The contracts of a launch.
struct Launch {
    address launcher;
    address token;
    address splitter;
    address drip;
    address collection;
}

/// @title Launches a model in one transaction: token, revenue router, sale and collection
/// @notice Truth runs one way: factory -> `launchOf(modelId)` -> parts. A contract that only says it belongs to a model does not.
interface IImoFactory {
    /// @notice A model was launched.
    event Launched(
        bytes32 indexed modelId, address indexed launcher, Launch launch, LaunchParams params
    );

    /// @notice Deploys and links all parts of a model and begins its sale. Refuses traps by name.
    /// @param params All terms.
    /// @return modelId Commits to the caller and to every parameter, so nobody can launch it first with others.
    function launch(LaunchParams calldata params) external returns (bytes32 modelId);

    /// @notice Sends what the v2 pair of `token`, a token launched here, and `other` earns to the drip, for a pair cannot claim.
    /// Anyone may.
    /// @param token The model token.
    /// @param other The pair's other token.
    /// @return pair Whose revenue it is.
    function redirectPair(address token, address other) external returns (address pair);

    /// @notice The id that `launch` would give.
    /// @param launcher Who would call.
    /// @param params All terms.
    /// @return The model id.
    function modelIdOf(address launcher, LaunchParams calldata params)
        external
        view
        returns (bytes32);

    /// @notice The parts of a model; all 0 when it was not launched here.
    /// @param modelId The model.
    /// @return Its launcher and contracts.
    function launchOf(bytes32 modelId) external view returns (Launch memory);

    /// @notice The model that `part` belongs to; 0: none.
    /// @param part A contract.
    /// @return modelId The model.
    function partOf(address part) external view returns (bytes32 modelId);

    /// @notice Sells the tokens of all launches.
    /// @return The offering.
    function offering() external view returns (address);
    /// @notice Where models are registered.
    /// @return The model registry.
    function registry() external view returns (address);
    /// @notice Pays usage to the splitters.
    /// @return The inference oracle.
    function oracle() external view returns (address);
    /// @notice Wrapped ETH; 0 where there is none.
    /// @return The contract.
    function weth() external view returns (address);
    /// @notice The v2 factory where pools open; 0 where there is none.
    /// @return The contract.
    function exchange() external view returns (address);
    /// @notice keccak256 of the creation code that tokens are deployed from.
    /// @return The hash.
    function tokenCodeHash() external view returns (bytes32);
    /// @notice keccak256 of the creation codes that splitters, drips and vesting wallets are deployed from.
    /// @return The hash.
    function partsCodeHash() external view returns (bytes32);
    /// @notice What collections are clones of.
    /// @return The contract.
    function collectionImplementation() external view returns (address);
}
