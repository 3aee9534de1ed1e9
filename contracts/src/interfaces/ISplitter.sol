// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Where revenue came from.
enum Source {
    /// Final answers since the oracle paid last; `id` is 0, as the oracle's log names the requests.
    Usage,
    /// A mint; `id` is the token.
    Mint,
    /// Royalties and whatever else arrived; `id` is 0.
    Other
}

/// @title Divides a model's revenue among holders, creator and protocol
/// @notice In basis points fixed at launch; the holders' part goes to the drip at once, the two others wait to be withdrawn, so
/// that one that cannot be paid stops nobody. Plain sends take 2,300 gas. An asset is its address, ETH 0.
interface ISplitter {
    /// @notice `amount` of `asset` came in and was divided.
    event Revenue(Source indexed source, uint256 indexed id, address indexed asset, uint256 amount);
    /// @notice `sink` was paid what it was owed.
    event Withdrawn(address indexed sink, address indexed asset, uint256 amount);
    /// @notice The collection that may pay mints is fixed.
    event CollectionSet(address indexed collection);

    /// @notice Takes fees of final answers. Only the oracle.
    function payUsage() external payable;

    /// @notice Takes the fee of a mint. Only the collection.
    function payMint(uint256 tokenId) external payable;

    /// @notice Divides what of `asset` arrived by plain sends; wrapped ETH is unwrapped first. Anyone may.
    /// @return amount What was divided; 0 is no error.
    function collect(address asset) external returns (uint256 amount);

    /// @notice Pays `sink` what it is owed. Anyone may.
    /// @return amount What was paid; 0 is no error.
    function withdraw(address sink, address asset) external returns (uint256 amount);

    /// @notice Fixes the collection, once. Only the deployer, the factory.
    function setCollection(address collection) external;

    /// @notice ETH of final answers that went to the holders, in wei.
    function usage() external view returns (uint256);

    /// @notice What `sink` can withdraw of `asset`.
    function owed(address sink, address asset) external view returns (uint256);

    /// @notice Owed to all sinks together.
    function reserved(address asset) external view returns (uint256);

    function oracle() external view returns (address);
    function collection() external view returns (address);
    function drip() external view returns (address);
    /// @notice Wrapped ETH; 0 where there is none.
    function weth() external view returns (address);
    function creator() external view returns (address);
    function protocol() external view returns (address);
    function creatorBps() external view returns (uint256);
    function protocolBps() external view returns (uint256);
}
