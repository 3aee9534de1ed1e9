//! The contracts as Rust sees them, from the compiler's output, which `make contracts` writes.
#![allow(
    missing_docs,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes,
    clippy::pedantic,
    clippy::restriction,
    reason = "generated; the interfaces are documented in Solidity"
)]

use alloy::sol_types::SolInterface;

macro_rules! bind {
    ($($name:ident: $file:literal),+ $(,)?) => {
        $(
            alloy::sol!(
                #[sol(all_derives)]
                $name,
                $file
            );
        )+

        /// The name and operands of a contract's error, or the bytes as they are.
        pub(crate) fn explain_revert(data: &[u8]) -> String {
            match alloy::sol_types::decode_revert_reason(data) {
                Some(reason) => reason,
                None => format!("unknown error {}", alloy::primitives::hex::encode_prefixed(data)),
            }
        }
    };
}

bind! {
    OpmlVerifier: "../../contracts/out/OpmlVerifier.sol/OpmlVerifier.json",
    InferenceOracle: "../../contracts/out/IInferenceOracle.sol/IInferenceOracle.json",
    ModelRegistry: "../../contracts/out/IModelRegistry.sol/IModelRegistry.json",
    ImoFactory: "../../contracts/out/ImoFactory.sol/ImoFactory.json",
    RiscvStepper: "../../contracts/out/RiscvStepper.sol/RiscvStepper.json",
}
