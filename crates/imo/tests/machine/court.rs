//! The verifier in the in-process EVM: claims and games are transactions, and players see only what
//! the contract logs.

use std::collections::BTreeMap;

use alloy::sol_types::{SolCall, SolConstructor, SolInterface, SolValue};
use imo_chain::contracts::OpmlVerifier::{
    self, OpmlVerifierCalls, Parameters, Request as RequestOnChain, Submission, challengeCall,
    challengeWithheldCall, proveInputCall, settleClaimCall, submitCall,
};
use imo_chain::contracts::RiscvStepper;
use imo_chain::primitives::aliases::U96;
use imo_chain::primitives::{B256, keccak256};
use imo_chain::{Deployment, GameView, View, call_of, evidence};
use imo_dispute::{Move, Side};
use imo_model::ModelImage;
use imo_node::{registration, store_calls};
use imo_player::{Difference, Program, Request};
use imo_trace::Trace;
use revm::context::result::{ExecutionResult, Output};
use revm::context::{CfgEnv, ContextTr, TxEnv};
use revm::database::InMemoryDB;
use revm::handler::MainnetContext;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, TxKind, U256};
use revm::state::AccountInfo;
use revm::{Context, Database, ExecuteCommitEvm, MainBuilder, MainContext, MainnetEvm};

/// The chain's id; below, the address of the host that took the request.
pub(crate) const CHAIN: u64 = 1;
pub(crate) const HOST: Address = Address::repeat_byte(0x05);
/// Sections of a dissection, as a power of two.
pub(crate) const K_LOG2: u32 = 4;

/// What each player has at the start, in wei.
const WEALTH: u128 = 10_u128.pow(18);
const CLAIM_BOND: u128 = WEALTH * 2 / 5;
const CHALLENGE_BOND: u128 = WEALTH / 10;
/// In seconds, as `imo deploy` sets them by default.
const WINDOW: u32 = 36 * 3600;
const EXTENSION: u32 = 30 * 60;
/// Time of the chain's start, in seconds.
const START: u64 = 1_800_000_000;

/// What the transactions of a game cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) transactions: u32,
    pub(crate) gas: u64,
    pub(crate) claimant_gas: u64,
    /// The most expensive call of each of the contract's functions.
    pub(crate) dearest: BTreeMap<&'static str, u64>,
}

/// A player's account.
pub(crate) const fn account(side: Side) -> Address {
    match side {
        Side::Claimant => Address::repeat_byte(0xc1),
        Side::Challenger => Address::repeat_byte(0xc2),
    }
}

/// A chain with one registered model, for one game.
pub(crate) struct Court {
    evm: MainnetEvm<MainnetContext<InMemoryDB>>,
    pub(crate) view: View,
    pub(crate) cost: Cost,
    content_id: B256,
}

impl Court {
    /// Deploys the stepper and the verifier, and registers the program and the model.
    pub(crate) fn new(program: &Program, image: &ModelImage) -> Self {
        let mut database = InMemoryDB::default();
        for side in [Side::Claimant, Side::Challenger] {
            let info = AccountInfo::from_balance(U256::from(WEALTH));
            database.insert_account_info(account(side), info);
        }
        let nobody = Address::ZERO;
        let deployment = Deployment {
            chain_id: CHAIN,
            block: 0,
            stepper: nobody,
            verifier: nobody,
            registry: nobody,
            oracle: nobody,
            factory: nobody,
            offering: nobody,
        };
        let mut court = Self::over(database, View::new(deployment.clone()), B256::ZERO);
        let stepper = court.create(RiscvStepper::BYTECODE.to_vec());
        let parameters = Parameters {
            kLog2: u8::try_from(K_LOG2).expect("small"),
            window: WINDOW,
            clock: WINDOW,
            extension: EXTENSION,
            claimBond: U96::from(CLAIM_BOND),
            challengeBond: U96::from(CHALLENGE_BOND),
        };
        let arguments = OpmlVerifier::constructorCall { stepper, parameters }.abi_encode();
        let verifier = court.create([&OpmlVerifier::BYTECODE[..], &arguments].concat());
        court.view = View::new(Deployment { stepper, verifier, ..deployment });
        court.register(program, image);
        court
    }

    fn over(database: InMemoryDB, view: View, content_id: B256) -> Self {
        let mut rules = CfgEnv::new_with_spec(SpecId::PRAGUE);
        rules.disable_nonce_check = true;
        let mut evm = Context::mainnet().with_db(database).with_cfg(rules).build_mainnet();
        evm.ctx.block.timestamp = U256::from(START);
        Self { evm, view, cost: Cost::default(), content_id }
    }

    fn create(&mut self, code: Vec<u8>) -> Address {
        match self.transact(Side::Claimant, TxKind::Create, 0, code) {
            ExecutionResult::Success { output: Output::Create(_, Some(place)), .. } => place,
            other => panic!("not deployed: {other:?}"),
        }
    }

    fn register(&mut self, program: &Program, image: &ModelImage) {
        let Deployment { stepper, .. } = *self.view.deployment();
        let (code, depth) = (program.code(), program.parameters().code_depth);
        for call in store_calls(code, depth) {
            let stored = self.transact(Side::Claimant, TxKind::Call(stepper), 0, call.abi_encode());
            assert!(stored.is_success(), "{stored:?}");
        }
        let (of_program, of_content) =
            registration(program, image.root(), image.bytes().len() as u64);
        assert!(self.send(Side::Claimant, 0, of_program.abi_encode()));
        assert!(self.send(Side::Claimant, 0, of_content.abi_encode()));
        self.content_id = program.content_id(image).into();
    }

    /// A copy of the chain after registration, for another game.
    pub(crate) fn fresh(&self) -> Self {
        let database = self.evm.ctx.db().clone();
        Self::over(database, View::new(self.view.deployment().clone()), self.content_id)
    }

    /// Posts the claim that a trace's last slot describes. None if the contract refuses it.
    pub(crate) fn claim(
        &mut self,
        request: &Request<Vec<u8>>,
        emit: u32,
        trace: &Trace,
    ) -> Option<B256> {
        let (slot, tree) = (trace.slot(emit), trace.tree());
        let word = |index: usize| U256::from_be_slice(&slot[32 * index..32 * (index + 1)]);
        let submission = Submission {
            contentId: self.content_id,
            requestDigest: digest(&on_chain(request)),
            claimant: account(Side::Claimant),
            answerHash: word(1).into(),
            answerLength: word(0).try_into().ok()?,
            unitsUsed: word(2).try_into().ok()?,
        };
        let evidence = evidence(&tree.root(), &tree.open(emit), "");
        let call = submitCall { submission, evidence };
        if !self.send(Side::Claimant, CLAIM_BOND, call.abi_encode()) {
            return None;
        }
        self.cost = Cost::default();
        self.view.claims.keys().next().copied()
    }

    /// Opens the game, on the node that differs or on a trace that is withheld.
    pub(crate) fn challenge(&mut self, claim: B256, difference: Option<&Difference>) {
        let (preimage, salt) = (self.view.claims[&claim].preimage.clone(), 0);
        let call = match difference {
            Some(Difference { node, slot_root, siblings }) => challengeCall {
                preimage,
                salt,
                node: u32::try_from(*node).expect("a node of a trace"),
                slotRoot: slot_root.into(),
                siblings: siblings.iter().map(B256::from).collect(),
            }
            .abi_encode(),
            None => challengeWithheldCall { preimage, salt }.abi_encode(),
        };
        assert!(self.send(Side::Challenger, CHALLENGE_BOND, call), "a challenge is taken");
    }

    /// The game that was opened.
    pub(crate) fn game(&self) -> &GameView {
        self.view.games.values().next().expect("it was opened")
    }

    /// Makes a move. Returns whether the contract accepted it.
    pub(crate) fn play(&mut self, side: Side, action: Move, request: &Request<Vec<u8>>) -> bool {
        match call_of(&self.view, self.game(), action) {
            OpmlVerifierCalls::convict(mut call) => {
                if self.send(side, 0, call.abi_encode()) {
                    return true;
                }
                // Only a step that loads the request needs the root of the input.
                call.conviction.inputRoot = self.input_root(side, request);
                self.send(side, 0, call.abi_encode())
            }
            call => self.send(side, 0, call.abi_encode()),
        }
    }

    fn input_root(&mut self, side: Side, request: &Request<Vec<u8>>) -> B256 {
        let claim = self.game().claim;
        if self.view.claims[&claim].input_root.is_none() {
            let call = proveInputCall {
                preimage: self.view.claims[&claim].preimage.clone(),
                request: on_chain(request),
                input: request.input.clone().into(),
            };
            assert!(self.send(side, 0, call.abi_encode()), "the request is the claim's");
        }
        self.view.claims[&claim].input_root.expect("it was proven")
    }

    /// Lets the side to move run out of time, and its opponent call time.
    pub(crate) fn call_time(&mut self, winner: Side) {
        self.evm.ctx.block.timestamp = U256::from(self.game().deadline + 1);
        let call = call_of(&self.view, self.game(), Move::Timeout);
        assert!(self.send(winner, 0, call.abi_encode()), "the clock has run out");
    }

    /// What a side has lost when all is over and it has its bond back, if it gets it back.
    pub(crate) fn loss(&mut self, side: Side) -> u128 {
        if side == Side::Claimant {
            self.evm.ctx.block.timestamp = U256::from(START + 100 * u64::from(WINDOW));
            let claim = self.game().claim;
            let preimage = self.view.claims[&claim].preimage.clone();
            self.send(side, 0, settleClaimCall { preimage }.abi_encode());
        }
        let info = self.evm.ctx.db_mut().basic(account(side)).expect("a database in memory");
        let balance: u128 = info.unwrap_or_default().balance.to();
        WEALTH.saturating_sub(balance)
    }

    /// Sends a transaction to the verifier. Returns whether the contract accepted it. A refused one
    /// is not counted: a node would not have sent it.
    fn send(&mut self, side: Side, value: u128, data: Vec<u8>) -> bool {
        let verifier = TxKind::Call(self.view.deployment().verifier);
        let selector = data[..4].try_into().expect("a call");
        let ExecutionResult::Success { gas, logs, .. } = self.transact(side, verifier, value, data)
        else {
            return false;
        };
        let gas = gas.tx_gas_used();
        self.cost.transactions += 1;
        self.cost.gas += gas;
        self.cost.claimant_gas += if side == Side::Claimant { gas } else { 0 };
        let name = OpmlVerifierCalls::name_by_selector(selector).expect("a function of it");
        let dearest = self.cost.dearest.entry(name).or_default();
        *dearest = gas.max(*dearest);
        logs.iter().for_each(|log| self.view.take(log, B256::ZERO));
        true
    }

    fn transact(&mut self, from: Side, to: TxKind, value: u128, data: Vec<u8>) -> ExecutionResult {
        let transaction = TxEnv {
            caller: account(from),
            kind: to,
            value: U256::from(value),
            data: data.into(),
            ..TxEnv::default()
        };
        self.evm.transact_commit(transaction).expect("a transaction that is well formed")
    }
}

/// A request in the contract's types.
fn on_chain(request: &Request<Vec<u8>>) -> RequestOnChain {
    RequestOnChain {
        host: request.origin.host.into(),
        id: U256::from_be_bytes(request.origin.id),
        modelId: request.origin.model_id.into(),
        seed: request.seed,
        maxUnits: request.max_units,
        parameters: request.parameters.into(),
        inputHash: keccak256(&request.input),
    }
}

fn digest(request: &RequestOnChain) -> B256 {
    let mut tag = [0; 32];
    tag[..15].copy_from_slice(b"imo.request.v3\0");
    keccak256((B256::from(tag), U256::from(CHAIN), request.clone()).abi_encode())
}
