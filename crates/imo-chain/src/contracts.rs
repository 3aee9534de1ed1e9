//! Bindings of the contracts, made from the compiler's output, which `make contracts` writes.
#![allow(
    missing_docs,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes,
    clippy::pedantic,
    clippy::restriction,
    reason = "generated; the interfaces are documented in Solidity"
)]

use alloy::sol_types::{SolError, SolInterface};

macro_rules! bind {
    ($($name:ident: $file:literal),+ $(,)?) => {
        $(
            alloy::sol!(
                #[sol(all_derives)]
                $name,
                $file
            );
        )+
    };
}

bind! {
    AigcCollection: "../../contracts/out/AigcCollection.sol/AigcCollection.json",
    CodeStore: "../../contracts/out/CodeStore.sol/CodeStore.json",
    Drip: "../../contracts/out/Drip.sol/Drip.json",
    ImoFactory: "../../contracts/out/ImoFactory.sol/ImoFactory.json",
    InferenceOracle: "../../contracts/out/InferenceOracle.sol/InferenceOracle.json",
    Marketplace: "../../contracts/out/Marketplace.sol/Marketplace.json",
    LaunchTerms: "../../contracts/out/LaunchTerms.sol/LaunchTerms.json",
    ModelOffering: "../../contracts/out/ModelOffering.sol/ModelOffering.json",
    ModelRegistry: "../../contracts/out/ModelRegistry.sol/ModelRegistry.json",
    ModelToken: "../../contracts/out/ModelToken.sol/ModelToken.json",
    OpmlVerifier: "../../contracts/out/OpmlVerifier.sol/OpmlVerifier.json",
    PromptConsumer: "../../contracts/out/PromptConsumer.sol/PromptConsumer.json",
    RevenueLens: "../../contracts/out/RevenueLens.sol/RevenueLens.json",
    RiscvStepper: "../../contracts/out/RiscvStepper.sol/RiscvStepper.json",
    Splitter: "../../contracts/out/Splitter.sol/Splitter.json",
    TokenVesting: "../../contracts/out/TokenVesting.sol/TokenVesting.json",
}

/// The name and operands of a contract's error; the raw bytes if no contract of ours has it.
pub fn explain_revert(data: &[u8]) -> String {
    let known = explain::<ImoFactory::ImoFactoryErrors>(data)
        .or_else(|| explain::<LaunchTerms::LaunchTermsErrors>(data))
        .or_else(|| explain::<AigcCollection::AigcCollectionErrors>(data))
        .or_else(|| explain::<InferenceOracle::InferenceOracleErrors>(data))
        .or_else(|| explain::<ModelOffering::ModelOfferingErrors>(data))
        .or_else(|| explain::<ModelRegistry::ModelRegistryErrors>(data))
        .or_else(|| explain::<ModelToken::ModelTokenErrors>(data))
        .or_else(|| explain::<OpmlVerifier::OpmlVerifierErrors>(data))
        .or_else(|| explain::<Splitter::SplitterErrors>(data))
        .or_else(|| alloy::sol_types::decode_revert_reason(data));
    known.unwrap_or_else(|| {
        format!("unknown error {}", alloy::primitives::hex::encode_prefixed(data))
    })
}

/// Whether a contract's error says that its state is not the one that the call was made for: a game
/// has another position, a claim or a request came further, or something is not known.
pub(crate) fn is_of_another_state(data: &[u8]) -> bool {
    use InferenceOracle as oracle;
    use OpmlVerifier as verifier;
    let selectors = [
        verifier::NotThePosition::SELECTOR,
        verifier::WrongPhase::SELECTOR,
        verifier::NotPending::SELECTOR,
        verifier::AlreadySubmitted::SELECTOR,
        verifier::UnknownClaim::SELECTOR,
        verifier::GameIsOpen::SELECTOR,
        verifier::GamesOpen::SELECTOR,
        verifier::ClaimStands::SELECTOR,
        oracle::NotTheOrder::SELECTOR,
        oracle::WrongStatus::SELECTOR,
        oracle::ClaimNotOpen::SELECTOR,
        oracle::ClaimsOpen::SELECTOR,
        oracle::NotProven::SELECTOR,
        oracle::NotRejected::SELECTOR,
        oracle::NothingToPay::SELECTOR,
    ];
    data.first_chunk().is_some_and(|selector| selectors.contains(selector))
}

fn explain<E: SolInterface + std::fmt::Debug>(data: &[u8]) -> Option<String> {
    let error = format!("{:?}", E::abi_decode(data).ok()?);
    // Each variant holds a struct of the same name: print the struct alone.
    let inner = error.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')'));
    Some(inner.map_or_else(|| error.clone(), str::to_owned))
}
