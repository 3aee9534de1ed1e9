//! Takes a step as the contract does, in this process: runs its bytecode in an Ethereum virtual
//! machine.

use alloy::sol_types::{SolCall, SolInterface};
use imo_chain::contracts::RiscvStepper::{self, RiscvStepperErrors, stepCall};
use imo_commit::Hash;
use imo_node::store_calls;
use imo_vm::{Machine, Roots};
use revm::context::result::{ExecutionResult, Output};
use revm::context::{CfgEnv, TxEnv};
use revm::database::InMemoryDB;
use revm::handler::MainnetContext;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, Bytes, TxKind};
use revm::state::{AccountInfo, Bytecode};
use revm::{Context, ExecuteCommitEvm, MainBuilder, MainContext, MainnetEvm};

/// The contract's address. Any address will do.
const STEPPER: Address = Address::repeat_byte(0x51);

/// A deployed `RiscvStepper`.
#[derive(Debug)]
pub struct Stepper {
    evm: MainnetEvm<MainnetContext<InMemoryDB>>,
}

/// What the contract says about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Hash of the state in the witness.
    pub before: Hash,
    /// Hash of the state after the step.
    pub after: Hash,
    /// Gas of a transaction with just this step, including its calldata.
    pub gas: u64,
}

/// Why the contract gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The contract reverted.
    #[error("the contract refused: {0}")]
    Reverted(String),
    /// The execution failed, or its result makes no sense.
    #[error("the contract did not finish: {0}")]
    Broken(String),
}

impl Default for Stepper {
    fn default() -> Self {
        Self::new()
    }
}

impl Stepper {
    /// Deploys the contract.
    pub fn new() -> Self {
        let code = Bytecode::new_raw(RiscvStepper::DEPLOYED_BYTECODE.clone());
        let mut database = InMemoryDB::default();
        database.insert_account_info(STEPPER, AccountInfo::from_bytecode(code));
        let mut rules = CfgEnv::new_with_spec(SpecId::PRAGUE);
        rules.disable_nonce_check = true;
        Self { evm: Context::mainnet().with_db(database).with_cfg(rules).build_mainnet() }
    }

    /// Stores a code, for the steps that read it. `depth` is that of the code's tree.
    pub fn store(&mut self, code: &[u8], depth: u8) -> Result<(), Refused> {
        store_calls(code, depth).try_for_each(|call| self.transact(&call).map(drop))
    }

    /// Takes a step.
    pub fn step(
        &mut self,
        machine: &Machine,
        roots: &Roots,
        witness: &[u8],
    ) -> Result<Stepped, Refused> {
        let call = stepCall { machine: encode(machine, roots), witness: witness.to_vec().into() };
        let (hashes, gas) = self.transact(&call)?;
        Ok(Stepped { before: hashes.preState.0, after: hashes.postState.0, gas })
    }

    /// Sends a transaction. Returns what the function returns, and the gas used.
    fn transact<C: SolCall>(&mut self, call: &C) -> Result<(C::Return, u64), Refused> {
        let transaction = TxEnv {
            kind: TxKind::Call(STEPPER),
            data: Bytes::from(call.abi_encode()),
            ..TxEnv::default()
        };
        let broken = |what: &dyn std::fmt::Debug| Refused::Broken(format!("{what:?}"));
        match self.evm.transact_commit(transaction).map_err(|error| broken(&error))? {
            ExecutionResult::Success { gas, output: Output::Call(data), .. } => {
                let returned = C::abi_decode_returns(&data).map_err(|error| broken(&error))?;
                Ok((returned, gas.tx_gas_used()))
            }
            ExecutionResult::Revert { output, .. } => {
                let error = RiscvStepperErrors::abi_decode(&output);
                Err(Refused::Reverted(
                    error.map_or_else(|_| output.to_string(), |it| format!("{it:?}")),
                ))
            }
            other => Err(broken(&other)),
        }
    }
}

fn encode(machine: &Machine, roots: &Roots) -> RiscvStepper::Machine {
    RiscvStepper::Machine {
        codeRoot: roots.code.into(),
        modelRoot: roots.model.into(),
        inputRoot: roots.input.into(),
        traceRoot: roots.trace.into(),
        codeBase: machine.code_base,
        codeDepth: machine.code_depth,
        memoryDepth: machine.memory_depth,
        inputDepth: machine.input_depth,
        modelDepth: machine.model_depth,
        traceDepth: machine.trace_depth,
        traceLimit: machine.trace_limit,
    }
}
