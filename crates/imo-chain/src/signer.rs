//! Keys that sign.

use std::path::Path;

use alloy::signers::local::{LocalSignerError, MnemonicBuilder, PrivateKeySigner};

/// The phrase of every development node. Its keys are public.
const DEVELOPMENT_PHRASE: &str = "test test test test test test test test test test test junk";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The keystore does not open.
    #[error("the keystore does not open; is the password right? ({0})")]
    Keystore(LocalSignerError),
    /// The text is not a private key.
    #[error("not a private key: 32 bytes in hexadecimal are needed")]
    NotAKey,
    /// Development accounts have no such number.
    #[error("development accounts are numbered from 0 to 2,147,483,647")]
    NoSuchAccount,
}

/// A private key.
#[derive(Clone, Debug)]
pub struct Signer(pub(crate) PrivateKeySigner);

impl Signer {
    /// The key in an encrypted keystore file (Web3 Secret Storage).
    pub fn from_keystore(path: &Path, password: &str) -> Result<Self, SignerError> {
        PrivateKeySigner::decrypt_keystore(path, password).map(Self).map_err(SignerError::Keystore)
    }

    /// A private key in hexadecimal.
    pub fn from_hex(text: &str) -> Result<Self, SignerError> {
        text.trim().parse().map(Self).map_err(|_| SignerError::NotAKey)
    }

    /// The key of a development node's account, by number.
    pub fn development(number: u32) -> Result<Self, SignerError> {
        MnemonicBuilder::from_phrase(DEVELOPMENT_PHRASE)
            .index(number)
            .and_then(|builder| builder.build())
            .map(Self)
            .map_err(|_| SignerError::NoSuchAccount)
    }
}
