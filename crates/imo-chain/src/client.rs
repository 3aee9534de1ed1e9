//! One account's view of one chain: reads, transactions, logs.

use std::time::Duration;

use alloy::eips::BlockNumberOrTag;
use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::RpcClient;
use alloy::rpc::types::{Filter, Log, TransactionReceipt, TransactionRequest};
use alloy::sol_types::{SolCall, SolEvent, SolEventInterface};

use crate::endpoint::Endpoint;
use crate::error::{ChainError, transport};
use crate::logs::Pages;
use crate::progress::{Listener, Progress};
use crate::queue::Queue;
use crate::signer::Signer;

/// How long a transaction may take to get into a block, if nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(600);

/// A transaction that is in a block and succeeded.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The transaction's hash.
    pub hash: B256,
    /// The block it is in.
    pub block: u64,
    /// Gas used, including the 21,000 of every transaction.
    pub gas: u64,
    /// What the sender paid for that gas, in wei.
    pub gas_cost: U256,
    /// The contract that it created, if any.
    pub created: Option<Address>,
    logs: Vec<Log>,
}

impl Receipt {
    /// The first event of this kind that `contract` logged in the transaction.
    pub fn event<E: SolEvent>(&self, contract: Address) -> Result<E, ChainError> {
        self.logs
            .iter()
            .filter(|log| log.address() == contract)
            .find_map(|log| log.log_decode::<E>().ok())
            .map(|log| log.inner.data)
            .ok_or_else(|| ChainError::Undecodable {
                call: name(E::SIGNATURE).to_owned(),
                address: contract,
            })
    }
}

/// An event, and where in the chain it was logged.
#[derive(Clone, Debug)]
pub struct Logged<E> {
    /// The event's fields.
    pub event: E,
    /// Number of its block.
    pub block: u64,
    /// Time of the block in seconds, if the node gives it with the log.
    pub time: Option<u64>,
    /// Hash of the transaction that logged it.
    pub transaction: B256,
}

/// A connection to a chain, with one account that signs. Clones share the connection and send one
/// transaction after the other.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) provider: DynProvider,
    pub(crate) wallet: EthereumWallet,
    pub(crate) queue: Queue,
    /// How long a transaction may take to get into a block.
    pub(crate) patience: Duration,
    pub(crate) listener: Listener,
    address: Address,
    pages: Pages,
}

impl Client {
    /// Connects to a JSON-RPC endpoint (`http://` or `https://`). `signer` signs all transactions.
    pub fn connect(endpoint: &str, signer: Signer) -> Result<Self, ChainError> {
        let url =
            endpoint.parse().map_err(|_| ChainError::Endpoint { endpoint: endpoint.to_owned() })?;
        let address = signer.0.address();
        let rpc = RpcClient::new(Endpoint::new(url), false);
        let provider = ProviderBuilder::new().disable_recommended_fillers().connect_client(rpc);
        Ok(Self {
            provider: provider.erased(),
            wallet: EthereumWallet::from(signer.0),
            queue: Queue::default(),
            patience: PATIENCE,
            listener: Listener::default(),
            address,
            pages: Pages::new(),
        })
    }

    /// Waits this long at most until a transaction is in a block.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Tells how transactions come along that are not in a block at once.
    #[must_use]
    pub fn with_progress(self, told: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self { listener: Listener::new(told), ..self }
    }

    /// The account that signs.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The underlying provider, for calls that only a development node has.
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Number of the newest block.
    pub async fn block_number(&self) -> Result<u64, ChainError> {
        self.provider.get_block_number().await.map_err(|error| transport(&error))
    }

    /// Number and hash of the newest block.
    pub(crate) async fn head(&self) -> Result<(u64, B256), ChainError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await;
        match block.map_err(|error| transport(&error))? {
            Some(block) => Ok((block.header.number, block.header.hash)),
            None => Err(ChainError::Transport("has no latest block".to_owned())),
        }
    }

    /// Time of the newest block in seconds.
    pub async fn time(&self) -> Result<u64, ChainError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await;
        match block.map_err(|error| transport(&error))? {
            Some(block) => Ok(block.header.timestamp),
            None => Err(ChainError::Transport("has no latest block".to_owned())),
        }
    }

    /// Base fee of the newest block, in wei per unit of gas; 0 on a chain without a base fee.
    pub async fn base_fee(&self) -> Result<U256, ChainError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await;
        let fee = block
            .map_err(|error| transport(&error))?
            .and_then(|block| block.header.base_fee_per_gas);
        Ok(U256::from(fee.unwrap_or_default()))
    }

    /// Time of the pending block in seconds if the node gives it, otherwise of the newest block.
    pub async fn next_time(&self) -> Result<u64, ChainError> {
        match self.provider.get_block_by_number(BlockNumberOrTag::Pending).await {
            Ok(Some(block)) => Ok(block.header.timestamp),
            _ => self.time().await,
        }
    }

    /// Hash of a block, if there is one with this number.
    pub async fn block_hash(&self, number: u64) -> Result<Option<B256>, ChainError> {
        let block = self
            .provider
            .get_block_by_number(number.into())
            .await
            .map_err(|error| transport(&error))?;
        Ok(block.map(|block| block.header.hash))
    }

    /// The chain's id.
    pub async fn chain_id(&self) -> Result<u64, ChainError> {
        self.provider.get_chain_id().await.map_err(|error| transport(&error))
    }

    /// Wei that an address holds now.
    pub async fn balance(&self, address: Address) -> Result<U256, ChainError> {
        self.provider.get_balance(address).await.map_err(|error| transport(&error))
    }

    /// Whether there is a contract at an address.
    pub async fn has_code(&self, address: Address) -> Result<bool, ChainError> {
        let code = self.provider.get_code_at(address).await.map_err(|error| transport(&error))?;
        Ok(!code.is_empty())
    }

    /// Calls a view function.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ChainError> {
        let bytes = self.ask(name(C::SIGNATURE), to, call.abi_encode()).await?;
        C::abi_decode_returns(&bytes).map_err(|_| ChainError::Undecodable {
            call: name(C::SIGNATURE).to_owned(),
            address: to,
        })
    }

    /// Sends a transaction, waits until it is in a block, and fails unless it succeeded.
    pub async fn send<C: SolCall>(
        &self,
        to: Address,
        call: &C,
        value: U256,
    ) -> Result<Receipt, ChainError> {
        let request = TransactionRequest::default()
            .with_to(to)
            .with_value(value)
            .with_input(call.abi_encode());
        self.execute(name(C::SIGNATURE), request, None).await
    }

    /// Sends a transaction that is worth this many wei per unit of gas, and pays no more, however
    /// long it takes.
    pub async fn send_for<C: SolCall>(
        &self,
        to: Address,
        call: &C,
        gas_price: u128,
    ) -> Result<Receipt, ChainError> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        self.execute(name(C::SIGNATURE), request.with_max_fee_per_gas(gas_price), None).await
    }

    /// Sends a transaction that may call a stranger's contract, and fails if it needs more than
    /// `gas`.
    pub async fn send_within<C: SolCall>(
        &self,
        to: Address,
        call: &C,
        gas: u64,
    ) -> Result<Receipt, ChainError> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        self.execute(name(C::SIGNATURE), request.with_gas_limit(gas), None).await
    }

    /// Tries to create a contract without sending anything. The error has the constructor's reason.
    pub(crate) async fn try_deploy(&self, what: &str, code: &[u8]) -> Result<(), ChainError> {
        let request =
            TransactionRequest::default().with_from(self.address).with_deploy_code(code.to_vec());
        let tried = self.provider.call(request).await;
        tried.map(drop).map_err(|error| ChainError::of(what, &error))
    }

    /// Sends a transaction with raw input; `what` names it in errors.
    pub(crate) async fn send_raw(
        &self,
        what: &str,
        to: Address,
        input: Vec<u8>,
    ) -> Result<Receipt, ChainError> {
        let request = TransactionRequest::default().with_to(to).with_input(input);
        self.execute(what, request, None).await
    }

    /// Sends ether to an account.
    pub async fn transfer(&self, to: Address, value: U256) -> Result<Receipt, ChainError> {
        let request = TransactionRequest::default().with_to(to).with_value(value);
        self.execute("transfer of ether", request, None).await
    }

    /// Creates a contract from its creation code and encoded constructor arguments. Returns its
    /// address.
    pub async fn deploy(
        &self,
        name: &str,
        code: &Bytes,
        arguments: &[u8],
    ) -> Result<(Address, Receipt), ChainError> {
        let code = [code.as_ref(), arguments].concat();
        let request = TransactionRequest::default().with_deploy_code(code);
        let receipt = self.execute(name, request, None).await?;
        let address = receipt.created.ok_or_else(|| ChainError::Reverted {
            call: name.to_owned(),
            reason: "no contract was created".to_owned(),
        })?;
        Ok((address, receipt))
    }

    /// Everything that these contracts logged in the blocks `from ..= to`, in order.
    pub(crate) async fn raw_logs(
        &self,
        contracts: Vec<Address>,
        from: u64,
        to: u64,
    ) -> Result<Vec<Log>, ChainError> {
        let filter = Filter::new().address(contracts);
        self.pages.read(&self.provider, &filter, (from, to)).await
    }

    /// All events of one kind that `contract` logged in the blocks `from ..= to`, in order.
    pub async fn logs<E: SolEvent>(
        &self,
        contract: Address,
        from: u64,
        to: u64,
    ) -> Result<Vec<Logged<E>>, ChainError> {
        let filter = Filter::new().address(contract).event_signature(E::SIGNATURE_HASH);
        let logs = self.pages.read(&self.provider, &filter, (from, to)).await?;
        logs.iter()
            .map(|log| {
                let decoded = log.log_decode::<E>().map_err(|_| ChainError::Undecodable {
                    call: name(E::SIGNATURE).to_owned(),
                    address: contract,
                })?;
                Ok(logged(log, decoded.inner.data))
            })
            .collect()
    }

    /// Events of several kinds that `contract` logged in the blocks `from ..= to`, in order. `E` is
    /// the enum of all its events.
    pub async fn events<E: SolEventInterface>(
        &self,
        contract: Address,
        kinds: &[B256],
        from: u64,
        to: u64,
    ) -> Result<Vec<Logged<E>>, ChainError> {
        let filter = Filter::new().address(contract).event_signature(kinds.to_vec());
        let logs = self.pages.read(&self.provider, &filter, (from, to)).await?;
        logs.iter()
            .map(|log| {
                let event = E::decode_log(&log.inner).map_err(|_| ChainError::Undecodable {
                    call: E::NAME.to_owned(),
                    address: contract,
                })?;
                Ok(logged(log, event.data))
            })
            .collect()
    }

    async fn ask(&self, what: &str, to: Address, input: Vec<u8>) -> Result<Bytes, ChainError> {
        let request =
            TransactionRequest::default().with_from(self.address).with_to(to).with_input(input);
        self.provider.call(request).await.map_err(|error| ChainError::of(what, &error))
    }
}

/// The name in a function's or an event's signature.
pub(crate) fn name(signature: &str) -> &str {
    signature.split('(').next().unwrap_or(signature)
}

fn logged<E>(log: &Log, event: E) -> Logged<E> {
    Logged {
        event,
        block: log.block_number.unwrap_or_default(),
        time: log.block_timestamp,
        transaction: log.transaction_hash.unwrap_or_default(),
    }
}

impl From<TransactionReceipt> for Receipt {
    fn from(receipt: TransactionReceipt) -> Self {
        Self {
            hash: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            gas: receipt.gas_used,
            gas_cost: U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price),
            created: receipt.contract_address,
            logs: receipt.inner.logs().to_vec(),
        }
    }
}
