//! A `ModelToken` in the in-process EVM.

use std::fs;

use alloy::hex;
use alloy::sol_types::{SolCall, SolConstructor, SolEvent, SolValue};
use imo_chain::contracts::ModelToken::{self, RevenueAsset, RevenueClaimed, TokenParams};
use revm::context::result::{ExecutionResult, Output};
use revm::context::{CfgEnv, ContextTr, TxEnv};
use revm::database::InMemoryDB;
use revm::handler::MainnetContext;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, Bytes, TxKind, U256};
use revm::state::AccountInfo;
use revm::{Context, Database, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext, MainnetEvm};

use super::model::{OPENER, Terms};

/// This account has no tokens and all the ETH, and is the token's registry.
pub(crate) const PAYER: Address = Address::repeat_byte(0xfe);

/// The account that holders redirect revenue to.
pub(crate) const DRIP: Address = Address::repeat_byte(0xfd);

/// How many entries a word of marks covers in the contract itself.
pub(crate) const CHUNK: u64 = 192;
/// A token with a chosen size of words; `make test-rust` compiles it.
const HARNESS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/out/TokenHarness.sol/TokenHarness.json");

/// The contract's creation code, or that of the harness if `chunk` is another number.
fn creation_code(params: TokenParams, chunk: u64) -> Vec<u8> {
    if chunk == CHUNK {
        let arguments = ModelToken::constructorCall { params }.abi_encode();
        return [&ModelToken::BYTECODE[..], &arguments].concat();
    }
    let artifact = fs::read_to_string(HARNESS).expect("the contracts' tests are compiled");
    let artifact: serde_json::Value = serde_json::from_str(&artifact).expect("an artifact");
    let code = artifact["bytecode"]["object"].as_str().expect("creation code");
    let arguments = (params, U256::from(chunk)).abi_encode_params();
    [hex::decode(code).expect("hexadecimal"), arguments].concat()
}

pub(crate) fn address(person: usize) -> Address {
    Address::repeat_byte(0xa0 + u8::try_from(person).expect("few people"))
}

pub(crate) struct Contract {
    evm: MainnetEvm<MainnetContext<InMemoryDB>>,
    pub(crate) token: Address,
}

impl Contract {
    pub(crate) fn launch(terms: Terms, block: u64) -> Self {
        let mut database = InMemoryDB::default();
        database.insert_account_info(PAYER, AccountInfo::from_balance(U256::MAX >> 1));
        let mut rules = CfgEnv::new_with_spec(SpecId::PRAGUE);
        rules.disable_nonce_check = true;
        let evm = Context::mainnet().with_db(database).with_cfg(rules).build_mainnet();
        let mut contract = Self { evm, token: Address::ZERO };
        contract.roll(block);

        let params = TokenParams {
            name: "Model".into(),
            symbol: "MDL".into(),
            supply: terms.supply.to(),
            sharedBps: terms.shared_bps,
            opener: address(OPENER),
            registry: PAYER,
            assets: vec![RevenueAsset { asset: Address::ZERO, minimum: terms.minimum.to() }],
        };
        let code = creation_code(params, terms.chunk);
        match contract.transact(PAYER, TxKind::Create, U256::ZERO, code.into()) {
            ExecutionResult::Success { output: Output::Create(_, Some(token)), .. } => {
                contract.token = token;
            }
            other => panic!("not deployed: {other:?}"),
        }
        contract
    }

    pub(crate) fn roll(&mut self, block: u64) {
        self.evm.ctx.block.number = U256::from(block);
    }

    /// What a transaction claimed. None if it reverted.
    pub(crate) fn call(
        &mut self,
        from: Address,
        call: &impl SolCall,
    ) -> Option<Vec<RevenueClaimed>> {
        self.pay(from, U256::ZERO, call.abi_encode())
    }

    /// Calls the contract with ETH and any data. None if it reverted.
    pub(crate) fn pay(
        &mut self,
        from: Address,
        value: U256,
        data: Vec<u8>,
    ) -> Option<Vec<RevenueClaimed>> {
        match self.transact(from, TxKind::Call(self.token), value, data.into()) {
            ExecutionResult::Success { logs, .. } => {
                let claimed = logs.iter().map(|log| RevenueClaimed::decode_log_data(&log.data));
                Some(claimed.flatten().collect())
            }
            ExecutionResult::Revert { .. } => None,
            halt => panic!("{halt:?}"),
        }
    }

    pub(crate) fn view<C: SolCall>(&mut self, call: &C) -> C::Return {
        let transaction =
            transaction(PAYER, TxKind::Call(self.token), U256::ZERO, call.abi_encode().into());
        let result = self.evm.transact(transaction).expect("a database that does not fail").result;
        let output = result.output().filter(|_| result.is_success());
        C::abi_decode_returns(output.expect("views do not revert")).expect("the return type")
    }

    pub(crate) fn eth(&mut self, account: Address) -> U256 {
        let info = self.evm.ctx.db_mut().basic(account).expect("a database that does not fail");
        info.unwrap_or_default().balance
    }

    fn transact(&mut self, from: Address, to: TxKind, value: U256, data: Bytes) -> ExecutionResult {
        let transaction = transaction(from, to, value, data);
        self.evm.transact_commit(transaction).expect("a transaction that is well formed")
    }
}

fn transaction(caller: Address, kind: TxKind, value: U256, data: Bytes) -> TxEnv {
    TxEnv { caller, kind, value, data, ..TxEnv::default() }
}
