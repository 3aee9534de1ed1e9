//! Puts a whole system on a chain.

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::{SolConstructor, SolValue};

use crate::client::{ChainError, Client};
use crate::contracts::ImoFactory::FactoryParams;
use crate::contracts::OpmlVerifier::Parameters;
use crate::contracts::{
    AigcCollection, CodeStore, Drip, ImoFactory, InferenceOracle, ModelRegistry, ModelToken,
    OpmlVerifier, RiscvStepper, Splitter, TokenVesting,
};
use crate::deployment::Deployment;

/// What a system is made with.
#[derive(Clone, Debug)]
pub struct SystemTerms {
    /// Of claims and games.
    pub verifier: Parameters,
    /// Wei that a unit of gas is paid beside twice the base fee.
    pub tip: u64,
    /// Seconds in which a request may be answered.
    pub answer_time: u32,
    /// Wrapped ETH; 0 where there is none.
    pub weth: Address,
    /// Uniswap's v2 factory; 0 where there is none, and no launch can have a pool.
    pub exchange: Address,
}

impl Deployment {
    /// Deploys every contract that all models share; `told` hears of each, with its address and its gas.
    pub async fn create(
        client: &Client,
        terms: &SystemTerms,
        mut told: impl FnMut(&str, Address, u64),
    ) -> Result<Self, ChainError> {
        let (chain_id, block) = (client.chain_id().await?, client.block_number().await?);
        let mut put = async |name: &str, code: &Bytes, arguments: &[u8]| {
            let (address, receipt) = client.deploy(name, code, arguments).await?;
            told(name, address, receipt.gas);
            Ok::<_, ChainError>(address)
        };
        let stepper = put("RiscvStepper", &RiscvStepper::BYTECODE, &[]).await?;
        let parameters = terms.verifier.clone();
        let arguments = OpmlVerifier::constructorCall { stepper, parameters }.abi_encode();
        let verifier = put("OpmlVerifier", &OpmlVerifier::BYTECODE, &arguments).await?;
        let registry = put("ModelRegistry", &ModelRegistry::BYTECODE, &[]).await?;
        let arguments = InferenceOracle::constructorCall {
            registry_: registry,
            tip: terms.tip,
            answerTime: terms.answer_time,
        }
        .abi_encode();
        let oracle = put("InferenceOracle", &InferenceOracle::BYTECODE, &arguments).await?;
        let tokens = code_store(&ModelToken::BYTECODE);
        let token_code = put("CodeStore of tokens", &CodeStore::BYTECODE, &tokens).await?;
        let parts = (&Splitter::BYTECODE, &Drip::BYTECODE, &TokenVesting::BYTECODE);
        let parts = code_store(&parts.abi_encode_params().into());
        let parts_code = put("CodeStore of parts", &CodeStore::BYTECODE, &parts).await?;
        let collection = put("AigcCollection", &AigcCollection::BYTECODE, &[]).await?;
        let params = FactoryParams {
            registry,
            oracle,
            weth: terms.weth,
            exchange: terms.exchange,
            tokenCode: token_code,
            partsCode: parts_code,
            collection,
        };
        let arguments = ImoFactory::constructorCall { params };
        let factory = put("ImoFactory", &ImoFactory::BYTECODE, &arguments.abi_encode()).await?;
        let offering = client.call(factory, &ImoFactory::offeringCall {}).await?;
        Ok(Self { chain_id, block, stepper, verifier, registry, oracle, factory, offering })
    }
}

/// What a store of creation code is made with.
fn code_store(code: &Bytes) -> Vec<u8> {
    CodeStore::constructorCall { code: code.clone() }.abi_encode()
}
