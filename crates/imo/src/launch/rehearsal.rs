//! Launches in this process, with the contracts' own code in an Ethereum virtual machine. So the
//! factory itself says what it would refuse, before anybody pays for it.

use anyhow::{anyhow, bail};
use imo_chain::contracts::ImoFactory::{FactoryParams, LaunchParams, launchCall};
use imo_chain::contracts::{
    AigcCollection, CodeStore, Drip, ImoFactory, LaunchTerms, ModelRegistry, ModelToken, Splitter,
    TokenVesting, explain_revert,
};
use imo_chain::primitives::{Address, U256};
use imo_chain::{SolCall, SolConstructor, SolValue};
use imo_player::Guest;
use revm::context::result::{ExecutionResult, Output};
use revm::context::{CfgEnv, TxEnv};
use revm::database::InMemoryDB;
use revm::handler::MainnetContext;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Bytes, TxKind};
use revm::state::{AccountInfo, Bytecode};
use revm::{Context, ExecuteCommitEvm, MainBuilder, MainContext, MainnetEvm};

/// What the factory's errors mean.
const MEANINGS: &str = include_str!("../../../../docs/spec/launch.md");
/// Stands for contracts that a launch names but does not call.
const ANYBODY: Address = Address::repeat_byte(0xca);
/// More gas than the factory and a launch take.
const GAS: u64 = 60_000_000;

/// Fails if the factory would refuse a launch at time `now`, with the name of its error and what it
/// means. The model's program is `guest`. Verifier, currency and hook are taken to be what they
/// should be, and the chain to have an exchange.
pub(crate) fn rehearse(params: LaunchParams, guest: &Guest, now: u64) -> anyhow::Result<()> {
    let mut stage = Stage::new(&params, guest, now);
    let factory = stage.factory()?;
    let launch = Bytes::from(launchCall { params }.abi_encode());
    match stage.send(TxKind::Call(factory), launch)? {
        ExecutionResult::Success { .. } => Ok(()),
        ExecutionResult::Revert { output, .. } => {
            let error = explain_revert(&output);
            let name = error.split_once(' ').map_or(error.as_str(), |(name, _)| name);
            match meaning(name) {
                Some(meaning) => bail!("the terms are refused: {error}\n{meaning}"),
                None => bail!("the terms are refused: {error}"),
            }
        }
        other @ ExecutionResult::Halt { .. } => {
            Err(anyhow!("the launch did not finish: {other:?}"))
        }
    }
}

/// The sentence about an error in the list of refused terms.
fn meaning(name: &str) -> Option<&'static str> {
    MEANINGS.lines().find_map(|line| {
        let (error, meaning) = line.strip_prefix("| `")?.split_once("` | ")?;
        (error == name).then(|| meaning.trim_end_matches(" |"))
    })
}

/// A chain with nothing but what a launch needs.
struct Stage {
    evm: MainnetEvm<MainnetContext<InMemoryDB>>,
}

impl Stage {
    fn new(params: &LaunchParams, guest: &Guest, now: u64) -> Self {
        let mut database = InMemoryDB::default();
        let mut put = |address: Address, code: Vec<u8>| {
            let code = Bytecode::new_raw(code.into());
            database.insert_account_info(address, AccountInfo::from_bytecode(code));
        };
        for address in [params.sale.currency, params.sale.hook] {
            if !address.is_zero() {
                put(address, vec![0]);
            }
        }
        put(params.model.verifier, verifier(guest));
        let mut rules = CfgEnv::new_with_spec(SpecId::PRAGUE);
        rules.disable_nonce_check = true;
        let mut evm = Context::mainnet().with_db(database).with_cfg(rules).build_mainnet();
        evm.ctx.block.timestamp = U256::from(now);
        evm.ctx.block.number = U256::ONE;
        Self { evm }
    }

    fn factory(&mut self) -> anyhow::Result<Address> {
        let parts = (&Splitter::BYTECODE, &Drip::BYTECODE, &TokenVesting::BYTECODE);
        let params = FactoryParams {
            registry: self.deploy(&ModelRegistry::BYTECODE, &[])?,
            oracle: ANYBODY,
            weth: ANYBODY,
            exchange: ANYBODY,
            tokenCode: self.store(&ModelToken::BYTECODE)?,
            partsCode: self.store(&parts.abi_encode_params())?,
            collection: self.deploy(&AigcCollection::BYTECODE, &[])?,
            terms: self.deploy(&LaunchTerms::BYTECODE, &[])?,
        };
        let arguments = ImoFactory::constructorCall { params }.abi_encode();
        self.deploy(&ImoFactory::BYTECODE, &arguments)
    }

    fn store(&mut self, code: &[u8]) -> anyhow::Result<Address> {
        let arguments = CodeStore::constructorCall { code: code.to_vec().into() }.abi_encode();
        self.deploy(&CodeStore::BYTECODE, &arguments)
    }

    fn deploy(&mut self, code: &[u8], arguments: &[u8]) -> anyhow::Result<Address> {
        match self.send(TxKind::Create, [code, arguments].concat().into())? {
            ExecutionResult::Success { output: Output::Create(_, Some(made)), .. } => Ok(made),
            other => Err(anyhow!("a contract was not made: {other:?}")),
        }
    }

    fn send(&mut self, kind: TxKind, data: Bytes) -> anyhow::Result<ExecutionResult> {
        let transaction = TxEnv { kind, data, gas_limit: GAS, ..TxEnv::default() };
        self.evm.transact_commit(transaction).map_err(|error| anyhow!("{error:?}"))
    }
}

/// Code that answers every call with a program's limits.
fn verifier(guest: &Guest) -> Vec<u8> {
    let [push4, push1, mstore, ret] = [0x63, 0x60, 0x52, 0xf3];
    [
        &[push4][..],
        &guest.input_limit.to_be_bytes(),
        &[push1, 0, mstore, push4],
        &guest.output_limit.to_be_bytes(),
        &[push1, 32, mstore, push1, 64, push1, 0, ret],
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of each error that a Solidity source declares.
    fn errors(source: &str) -> Vec<&str> {
        let names = source.lines().filter_map(|line| line.trim_start().strip_prefix("error "));
        names.filter_map(|rest| rest.split_once('(').map(|(name, _)| name)).collect()
    }

    #[test]
    fn every_refusal_of_the_factory_has_a_meaning() {
        let sources = [
            include_str!("../../../../contracts/src/factory/Allocation.sol"),
            include_str!("../../../../contracts/src/factory/Earnings.sol"),
            include_str!("../../../../contracts/src/factory/Traps.sol"),
        ];
        let names: Vec<_> = sources.into_iter().flat_map(errors).collect();
        assert!(names.len() > 30, "{names:?}");
        for name in names {
            assert!(meaning(name).is_some_and(|words| words.ends_with('.')), "{name}");
        }
        assert_eq!(meaning("error"), None);
    }
}
