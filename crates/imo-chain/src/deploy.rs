//! Puts a whole system on a chain.
//!
//! Each contract goes through the deterministic deployment proxy, so its address follows from its
//! code, its terms and the salt. A deployment that was interrupted can therefore go on where it
//! stopped, without any record of how far it came.

use alloy::primitives::{Address, B256, address, keccak256};
use alloy::sol_types::{SolConstructor, SolValue};

use crate::client::Client;
use crate::contracts::ImoFactory::FactoryParams;
use crate::contracts::OpmlVerifier::Parameters;
use crate::contracts::{
    AigcCollection, CodeStore, Drip, ImoFactory, InferenceOracle, LaunchTerms, ModelRegistry,
    ModelToken, OpmlVerifier, RevenueLens, RiscvStepper, Splitter, TokenVesting,
};
use crate::deployment::Deployment;
use crate::error::ChainError;

/// Makes contracts from a salt and creation code. It has this address on nearly every chain.
pub const DEPLOYMENT_PROXY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// The terms that a system is made with.
#[derive(Clone, Debug)]
pub struct SystemTerms {
    /// Tells systems with the same terms apart.
    pub salt: B256,
    /// The rules of claims and games.
    pub verifier: Parameters,
    /// What operators get per unit of gas on top of twice the base fee, in wei.
    pub tip: u64,
    /// Seconds in which a request must be answered.
    pub answer_time: u32,
    /// Wrapped ETH; 0 if the chain has none.
    pub weth: Address,
    /// Uniswap's v2 factory; 0 if the chain has none, and then no launch can have a pool.
    pub exchange: Address,
}

/// One contract of a system.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is called in messages.
    pub name: &'static str,
    /// The contract's name in its source.
    pub contract: &'static str,
    /// Where it is or will be.
    pub address: Address,
    /// Its ABI-encoded constructor arguments.
    pub arguments: Vec<u8>,
    creation_code: Vec<u8>,
}

/// What happened to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It was on the chain already.
    Before,
    /// It was made now, for this much gas.
    Now(u64),
}

impl Placed {
    /// Gas that it took; 0 if it was there already.
    pub const fn gas(self) -> u64 {
        match self {
            Self::Before => 0,
            Self::Now(gas) => gas,
        }
    }
}

/// A system with all its addresses. It need not be on the chain yet.
#[derive(Clone, Debug)]
pub struct System {
    /// The contracts, in an order in which they can be made.
    pub parts: Vec<Part>,
    salt: B256,
}

impl System {
    /// The system that follows from these terms.
    pub fn new(terms: &SystemTerms) -> Self {
        let mut system = Self { parts: Vec::new(), salt: terms.salt };
        let mut add =
            |name, contract, code: &[u8], arguments| system.add(name, contract, code, arguments);
        let stepper = add("stepper", "RiscvStepper", &RiscvStepper::BYTECODE, Vec::new());
        let parameters = terms.verifier.clone();
        let arguments = OpmlVerifier::constructorCall { stepper, parameters }.abi_encode();
        add("verifier", "OpmlVerifier", &OpmlVerifier::BYTECODE, arguments);
        let registry = add("registry", "ModelRegistry", &ModelRegistry::BYTECODE, Vec::new());
        let arguments = InferenceOracle::constructorCall {
            registry_: registry,
            tip: terms.tip,
            answerTime: terms.answer_time,
        };
        let arguments = arguments.abi_encode();
        let oracle = add("oracle", "InferenceOracle", &InferenceOracle::BYTECODE, arguments);
        let tokens = code_store(&ModelToken::BYTECODE);
        let token_code = add("code of tokens", "CodeStore", &CodeStore::BYTECODE, tokens);
        let parts = (&Splitter::BYTECODE, &Drip::BYTECODE, &TokenVesting::BYTECODE);
        let parts = code_store(&parts.abi_encode_params());
        let parts_code = add("code of parts", "CodeStore", &CodeStore::BYTECODE, parts);
        let collection = add("collection", "AigcCollection", &AigcCollection::BYTECODE, Vec::new());
        let judge = add("launch terms", "LaunchTerms", &LaunchTerms::BYTECODE, Vec::new());
        let params = FactoryParams {
            registry,
            oracle,
            weth: terms.weth,
            exchange: terms.exchange,
            tokenCode: token_code,
            partsCode: parts_code,
            collection,
            terms: judge,
        };
        let arguments = ImoFactory::constructorCall { params }.abi_encode();
        add("factory", "ImoFactory", &ImoFactory::BYTECODE, arguments);
        add("revenue lens", "RevenueLens", &RevenueLens::BYTECODE, Vec::new());
        system
    }

    fn add(
        &mut self,
        name: &'static str,
        contract: &'static str,
        code: &[u8],
        arguments: Vec<u8>,
    ) -> Address {
        let creation_code = [code, &arguments].concat();
        let address = DEPLOYMENT_PROXY.create2(self.salt, keccak256(&creation_code));
        self.parts.push(Part { name, contract, address, arguments, creation_code });
        address
    }

    /// The system's addresses, on a chain where none of its contracts is older than `block`.
    pub fn deployment(&self, chain_id: u64, block: u64) -> Deployment {
        let at = |name| self.parts.iter().find(|part| part.name == name).expect(name).address;
        let factory = at("factory");
        Deployment {
            chain_id,
            block,
            stepper: at("stepper"),
            verifier: at("verifier"),
            registry: at("registry"),
            oracle: at("oracle"),
            factory,
            // The offering is the first contract that the factory makes.
            offering: factory.create(1),
        }
    }

    /// Makes every contract that is not there yet, and calls `told` for each.
    pub async fn put(
        &self,
        client: &Client,
        mut told: impl FnMut(&Part, Placed),
    ) -> Result<(), ChainError> {
        if !client.has_code(DEPLOYMENT_PROXY).await? {
            return Err(ChainError::NoDeploymentProxy { proxy: DEPLOYMENT_PROXY });
        }
        // An earlier attempt may have left a transaction on its way: wait for it.
        client.settle().await?;
        for part in &self.parts {
            if client.has_code(part.address).await? {
                told(part, Placed::Before);
                continue;
            }
            // The proxy hides why a constructor fails, so try without it first.
            client.try_deploy(part.name, &part.creation_code).await?;
            let input = [self.salt.as_slice(), &part.creation_code].concat();
            let receipt = client.send_raw(part.name, DEPLOYMENT_PROXY, input).await?;
            told(part, Placed::Now(receipt.gas));
        }
        Ok(())
    }
}

impl Deployment {
    /// Puts a new system on a chain, and calls `told` for each contract.
    pub async fn create(
        client: &Client,
        terms: &SystemTerms,
        told: impl FnMut(&Part, Placed),
    ) -> Result<Self, ChainError> {
        let system = System::new(terms);
        let (chain_id, block) = (client.chain_id().await?, client.block_number().await?);
        system.put(client, told).await?;
        Ok(system.deployment(chain_id, block))
    }
}

/// The constructor argument of a store of creation code.
fn code_store(code: &[u8]) -> Vec<u8> {
    CodeStore::constructorCall { code: code.to_vec().into() }.abi_encode()
}
