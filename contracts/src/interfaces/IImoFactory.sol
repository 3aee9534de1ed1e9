// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import { CollectionTerms } from "./IAigcCollection.sol";
import { SaleParams } from "./IModelOffering.sol";
import { Pricing, Provenance } from "./IModelRegistrar.sol";
import { RevenueAsset } from "./IModelToken.sol";

/// @notice The model, and the price of its answers.
struct ModelTerms {
    bytes32 contentId;
    /// Judges claims on the model, and knows the content (`IVerifier.limits`).
    address verifier;
    Pricing pricing;
    Provenance provenance;
}

/// @notice The token. What is neither vested nor kept for the pool is for sale.
struct TokenTerms {
    /// 1 to 32 bytes of printable ASCII, without spaces at its ends or two in a row.
    string name;
    /// The same.
    string symbol;
    /// In token units (18 decimals), 10^6 to 2^96 - 1.
    uint96 supply;
    /// Part of revenue that holders claim, in basis points. The rest is redeemed by burning.
    uint16 sharedBps;
    /// ETH first, with a minimum of at least 0.0001 ether and at most the shared part of 0.1 ether;
    /// then at most four ERC-20 tokens, with minimums of 10^-12 of their supply to the shared part
    /// of 10^-7 of it.
    RevenueAsset[] assets;
}

/// @notice The parts of revenue that do not go to the holders, in basis points. They, the
/// operator's part and the grants leave buyers a twentieth of an answer's price, even at the soft
/// cap.
struct SplitTerms {
    address creator;
    address protocol;
    uint16 creatorBps;
    uint16 protocolBps;
}

/// @notice Tokens that vest linearly from the end of the sale. All grants together set free no
/// more tokens a year than the sale sells at its soft cap.
struct VestingTerms {
    address beneficiary;
    uint96 amount;
    /// Time, in seconds, before which nothing is released. Not before the end of the sale, nor
    /// before the end of an escrow's refunds: tokens that were never sold must not be returned for
    /// its money.
    uint40 cliff;
    /// Time, in seconds, from which on everything is released.
    uint40 end;
}

/// @notice The part of the supply that is not for sale. All zero for none.
struct AllocationTerms {
    /// Part of the proceeds that opens the pool at the price of the sale, in basis points. The
    /// tokens for it are kept back. Nobody can take its liquidity out.
    uint16 poolBps;
    /// At most four.
    VestingTerms[] vesting;
}

/// @notice The part of the proceeds that the creator gets only as the buyers earn. All zero for
/// none. Only for a sale in ETH, since answers are paid in ETH.
struct EscrowTerms {
    /// Basis points of the proceeds.
    uint16 bps;
    /// Time, in seconds, 30 days to five years after the end of the sale. What is not released by
    /// then is refunded for returned tokens.
    uint40 deadline;
    /// Time, in seconds, at which refunds end, 30 days to a year after the deadline.
    uint40 refundEnd;
}

/// @notice Everything that a launch fixes.
struct LaunchParams {
    ModelTerms model;
    TokenTerms token;
    SplitTerms split;
    SaleParams sale;
    CollectionTerms collection;
    AllocationTerms allocation;
    EscrowTerms escrow;
}

/// @notice The launcher and the contracts of a launch.
struct Launch {
    address launcher;
    address token;
    address splitter;
    address drip;
    address collection;
}

/// @title Launches a model in one transaction: token, splitter, drip, sale and collection
/// @notice A launcher gives all terms at once. The factory refuses terms that would trap somebody,
/// deploys and links the contracts, begins the sale and registers the model. To know whether a
/// contract belongs to a model, ask the factory, `launchOf(modelId)`; what a contract says about
/// itself proves nothing.
interface IImoFactory {
    /// @notice A model was launched.
    event Launched(
        bytes32 indexed modelId, address indexed launcher, Launch launch, LaunchParams params
    );

    /// @notice Deploys and links all parts of a model and begins its sale. An error names the term
    /// that is refused.
    /// @param params All terms.
    /// @return modelId The model's id. It commits to the caller and to every parameter, so nobody
    /// can launch it first with other terms.
    function launch(LaunchParams calldata params) external returns (bytes32 modelId);

    /// @notice Sends the revenue of a v2 pair to the drip, since a pair cannot claim. Anyone can
    /// call this.
    /// @param token A model token that was launched here.
    /// @param other The pair's other token.
    /// @return pair The pair.
    function redirectPair(address token, address other) external returns (address pair);

    /// @notice The id that `launch` would give.
    /// @param launcher The account that would call.
    /// @param params All terms.
    /// @return The model id.
    function modelIdOf(address launcher, LaunchParams calldata params)
        external
        view
        returns (bytes32);

    /// @notice The parts of a model.
    /// @param modelId The model.
    /// @return Its launcher and contracts; all 0 if it was not launched here.
    function launchOf(bytes32 modelId) external view returns (Launch memory);

    /// @notice The model that a contract belongs to.
    /// @param part The contract.
    /// @return modelId The model; 0 if there is none.
    function partOf(address part) external view returns (bytes32 modelId);

    /// @notice The contract that sells the tokens of all launches.
    /// @return The offering.
    function offering() external view returns (address);
    /// @notice The contract that models are registered with.
    /// @return The model registry.
    function registry() external view returns (address);
    /// @notice The contract that pays splitters for answers.
    /// @return The inference oracle.
    function oracle() external view returns (address);
    /// @notice Wrapped ETH.
    /// @return The contract; 0 if there is none.
    function weth() external view returns (address);
    /// @notice The v2 factory on which pools open.
    /// @return The contract; 0 if there is none.
    function exchange() external view returns (address);
    /// @notice keccak256 of the creation code of tokens.
    /// @return The hash.
    function tokenCodeHash() external view returns (bytes32);
    /// @notice keccak256 of the creation codes of splitters, drips and vesting wallets.
    /// @return The hash.
    function partsCodeHash() external view returns (bytes32);
    /// @notice The contract that collections are clones of.
    /// @return The contract.
    function collectionImplementation() external view returns (address);
    /// @notice The contract that refuses terms.
    /// @return The judge of terms.
    function terms() external view returns (address);
}
