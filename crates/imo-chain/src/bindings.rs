//! The contracts as Rust sees them, from the compiler's output.
//!
//! `make contracts` writes what these macros read.

use alloy::sol_types::SolInterface;

macro_rules! bind {
    ($($name:ident: $path:literal),+ $(,)?) => {
        $(
            #[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction, reason = "generated; the interfaces are documented in Solidity")]
            pub(crate) mod $name {
                alloy::sol!(
                    #[sol(all_derives)]
                    Contract,
                    $path
                );
            }
        )+

        /// The name and operands of a contract's error, or the bytes as they are.
        pub(crate) fn explain_revert(data: &[u8]) -> String {
            $(
                if let Ok(error) = $name::Contract::ContractErrors::abi_decode(data) {
                    return format!("{error:?}");
                }
            )+
            match alloy::sol_types::decode_revert_reason(data) {
                Some(reason) => reason,
                None => format!("unknown error {}", alloy::primitives::hex::encode_prefixed(data)),
            }
        }
    };
}

bind! {
    verifier: "../../contracts/out/OpmlVerifier.sol/OpmlVerifier.json",
    stepper: "../../contracts/out/RiscvStepper.sol/RiscvStepper.json",
}
