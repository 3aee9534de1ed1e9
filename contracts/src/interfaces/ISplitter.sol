// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Where revenue came from.
enum Source {
    /// Final answers since the oracle's payment before. The event's `id` is 0; the oracle's log
    /// names the requests.
    Usage,
    /// A mint. The event's `id` is the token.
    Mint,
    /// Royalties and everything else. The event's `id` is 0.
    Other
}

/// @notice How a model's revenue is divided. Nothing changes it. Holders get the rest.
struct SplitParams {
    address oracle;
    address drip;
    /// 0 if there is no wrapped ETH.
    address weth;
    address creator;
    address protocol;
    /// Basis points; with the protocol's at most 10,000.
    uint16 creatorBps;
    uint16 protocolBps;
}

/// @title Divides a model's revenue among holders, creator and protocol
/// @notice Each launched model has one splitter. The oracle pays it for answers, the collection for
/// mints; marketplaces send royalties. A launch fixes the parts, in basis points. The holders' part
/// goes to the drip at once. The parts of creator and protocol wait to be withdrawn, so that a
/// receiver that refuses payments stops nobody. Plain sends need 2,300 gas. An asset is its
/// address; ETH is 0.
interface ISplitter {
    /// @notice `amount` of `asset` came in and was divided.
    event Revenue(Source indexed source, uint256 indexed id, address indexed asset, uint256 amount);
    /// @notice `sink` was paid what it was owed.
    event Withdrawn(address indexed sink, address indexed asset, uint256 amount);
    /// @notice The collection is fixed whose mints are revenue.
    event CollectionSet(address indexed collection);

    /// @notice Takes the receiver's part of final answers. Only the oracle can call this.
    function payUsage() external payable;

    /// @notice Takes the fee of a mint. Only the collection can call this.
    /// @param tokenId The token that was minted.
    function payMint(uint256 tokenId) external payable;

    /// @notice Divides what arrived by plain sends. Unwraps wrapped ETH first. Anyone can call
    /// this.
    /// @param asset The asset; 0 is ETH.
    /// @return amount The sum that was divided, in units of the asset; 0 if nothing arrived.
    function collect(address asset) external returns (uint256 amount);

    /// @notice Pays `sink` what it is owed. Anyone can call this.
    /// @param sink The creator or the protocol.
    /// @param asset The asset; 0 is ETH.
    /// @return amount The payment, in units of the asset; 0 if nothing is owed.
    function withdraw(address sink, address asset) external returns (uint256 amount);

    /// @notice Fixes the collection, once. Only the factory that deployed the splitter can call
    /// this.
    /// @param collection The collection.
    function setCollection(address collection) external;

    /// @notice What holders got from final answers so far.
    /// @return The sum, in wei.
    function usage() external view returns (uint256);

    /// @notice What a sink can withdraw.
    /// @param sink The creator or the protocol.
    /// @param asset The asset; 0 is ETH.
    /// @return The sum, in units of the asset.
    function owed(address sink, address asset) external view returns (uint256);

    /// @notice What all sinks together can withdraw.
    /// @param asset The asset; 0 is ETH.
    /// @return The sum, in units of the asset.
    function reserved(address asset) external view returns (uint256);

    /// @notice The contract that pays for answers.
    /// @return The inference oracle.
    function oracle() external view returns (address);
    /// @notice The contract that pays for mints.
    /// @return The collection; 0 until it is fixed.
    function collection() external view returns (address);
    /// @notice The contract that gets the holders' part.
    /// @return The drip.
    function drip() external view returns (address);
    /// @notice Wrapped ETH.
    /// @return The contract; 0 if there is none.
    function weth() external view returns (address);
    /// @notice The account that gets the creator's part.
    /// @return The creator.
    function creator() external view returns (address);
    /// @notice The account that gets the protocol's part.
    /// @return The protocol.
    function protocol() external view returns (address);
    /// @notice The creator's part of revenue.
    /// @return Basis points.
    function creatorBps() external view returns (uint256);
    /// @notice The protocol's part of revenue.
    /// @return Basis points.
    function protocolBps() external view returns (uint256);
}
