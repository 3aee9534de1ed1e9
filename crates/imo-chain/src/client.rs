//! One account's view of one chain: reads, transactions, logs.

use std::convert::identity;
use std::time::Duration;

use alloy::eips::BlockNumberOrTag;
use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::utils::format_ether;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{Filter, Log, TransactionReceipt, TransactionRequest};
use alloy::sol_types::{SolCall, SolEvent, SolEventInterface};
use alloy::transports::{RpcError, TransportErrorKind};

use crate::contracts::explain_revert;
use crate::signer::Signer;

/// Pause between two checks for transactions on their way.
const SETTLING: Duration = Duration::from_millis(500);

/// Why a call or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The endpoint is not a URL that can be connected to.
    #[error("{endpoint:?} is not an Ethereum JSON-RPC endpoint")]
    Endpoint {
        /// What was given as the endpoint.
        endpoint: String,
    },
    /// The node could not be reached, or its answer made no sense; trying again may help.
    #[error("the Ethereum node does not answer: {0}")]
    Transport(String),
    /// A contract refused. The same call will fail again until the chain's state changes.
    #[error("{call} reverted: {reason}")]
    Reverted {
        /// The function that was called.
        call: String,
        /// Name and operands of the contract's error, or the raw data.
        reason: String,
    },
    /// The account has less than it wants to send, or nothing to pay gas with.
    #[error(
        "{account} has {} ETH, but the call of {call} takes {} ETH and gas",
        short_ether(*balance),
        short_ether(*value)
    )]
    Funds {
        /// The function that was called.
        call: String,
        /// The account that was to pay.
        account: Address,
        /// What the account has, in wei.
        balance: U256,
        /// What was to be sent, in wei.
        value: U256,
    },
    /// The chain lacks the contract through which systems are deployed.
    #[error("there is no deterministic deployment proxy at {proxy} on this chain; deploy it first")]
    NoDeploymentProxy {
        /// Where it should be.
        proxy: Address,
    },
    /// A contract's answer does not fit its interface.
    #[error("{call} at {address} answered nonsense; is it the right contract?")]
    Undecodable {
        /// The function or event that was expected.
        call: String,
        /// The contract that answered.
        address: Address,
    },
}

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

/// A connection to a chain, with one account that signs.
#[derive(Clone, Debug)]
pub struct Client {
    provider: DynProvider,
    address: Address,
}

impl Client {
    /// Connects to a JSON-RPC endpoint (`http://` or `https://`). `signer` signs all transactions.
    pub fn connect(endpoint: &str, signer: Signer) -> Result<Self, ChainError> {
        let url =
            endpoint.parse().map_err(|_| ChainError::Endpoint { endpoint: endpoint.to_owned() })?;
        let address = signer.0.address();
        let provider = ProviderBuilder::new()
            .with_simple_nonce_management()
            .wallet(EthereumWallet::from(signer.0))
            .connect_http(url)
            .erased();
        Ok(Self { provider, address })
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
        self.provider.get_block_number().await.map_err(transport)
    }

    /// Time of the newest block in seconds.
    pub async fn time(&self) -> Result<u64, ChainError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await;
        match block.map_err(transport)? {
            Some(block) => Ok(block.header.timestamp),
            None => Err(ChainError::Transport("there is no latest block".to_owned())),
        }
    }

    /// Base fee of the newest block, in wei per unit of gas; 0 on a chain without a base fee.
    pub async fn base_fee(&self) -> Result<U256, ChainError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await;
        let fee = block.map_err(transport)?.and_then(|block| block.header.base_fee_per_gas);
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
        let block = self.provider.get_block_by_number(number.into()).await.map_err(transport)?;
        Ok(block.map(|block| block.header.hash))
    }

    /// Waits until the account has no pending transaction. An earlier process that crashed may have
    /// left one.
    pub async fn settle(&self) -> Result<(), ChainError> {
        let count = || self.provider.get_transaction_count(self.address);
        while count().pending().await.map_err(transport)? > count().await.map_err(transport)? {
            tokio::time::sleep(SETTLING).await;
        }
        Ok(())
    }

    /// The chain's id.
    pub async fn chain_id(&self) -> Result<u64, ChainError> {
        self.provider.get_chain_id().await.map_err(transport)
    }

    /// Wei that an address holds now.
    pub async fn balance(&self, address: Address) -> Result<U256, ChainError> {
        self.provider.get_balance(address).await.map_err(transport)
    }

    /// Whether there is a contract at an address.
    pub async fn has_code(&self, address: Address) -> Result<bool, ChainError> {
        let code = self.provider.get_code_at(address).await.map_err(transport)?;
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
        self.execute(name(C::SIGNATURE), request, identity).await
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
        self.execute(name(C::SIGNATURE), request.with_gas_limit(gas), identity).await
    }

    /// Tries to create a contract without sending anything. The error has the constructor's reason.
    pub(crate) async fn try_deploy(&self, what: &str, code: &[u8]) -> Result<(), ChainError> {
        let request =
            TransactionRequest::default().with_from(self.address).with_deploy_code(code.to_vec());
        self.provider.call(request).await.map(drop).map_err(|error| refused(what, error))
    }

    /// Sends a transaction with raw input; `what` names it in errors.
    pub(crate) async fn send_raw(
        &self,
        what: &str,
        to: Address,
        input: Vec<u8>,
    ) -> Result<Receipt, ChainError> {
        let request = TransactionRequest::default().with_to(to).with_input(input);
        self.execute(what, request, identity).await
    }

    /// Sends ether to an account.
    pub async fn transfer(&self, to: Address, value: U256) -> Result<Receipt, ChainError> {
        let request = TransactionRequest::default().with_to(to).with_value(value);
        self.execute("transfer of ether", request, identity).await
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
        let receipt = self.execute(name, request, identity).await?;
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
        let filter = Filter::new().address(contracts).from_block(from).to_block(to);
        self.provider.get_logs(&filter).await.map_err(transport)
    }

    /// All events of one kind that `contract` logged in the blocks `from ..= to`, in order.
    pub async fn logs<E: SolEvent>(
        &self,
        contract: Address,
        from: u64,
        to: u64,
    ) -> Result<Vec<Logged<E>>, ChainError> {
        let filter = Filter::new()
            .address(contract)
            .event_signature(E::SIGNATURE_HASH)
            .from_block(from)
            .to_block(to);
        let logs = self.provider.get_logs(&filter).await.map_err(transport)?;
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
        let filter = Filter::new()
            .address(contract)
            .event_signature(kinds.to_vec())
            .from_block(from)
            .to_block(to);
        let logs = self.provider.get_logs(&filter).await.map_err(transport)?;
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
        self.provider.call(request).await.map_err(|error| refused(what, error))
    }

    /// Estimates the gas of a request, then sends what `complete` makes of it. `complete` may add
    /// what needs no gas, such as blobs.
    pub(crate) async fn execute(
        &self,
        what: &str,
        request: TransactionRequest,
        complete: impl FnOnce(TransactionRequest) -> TransactionRequest,
    ) -> Result<Receipt, ChainError> {
        let value = request.value.unwrap_or_default();
        let estimate = self.provider.estimate_gas(request.clone().with_from(self.address)).await;
        let estimate = match estimate {
            Ok(estimate) => estimate,
            Err(error) => return Err(self.cannot_pay(what, value, refused(what, error)).await),
        };
        // The state may change before the transaction is in a block. Unused gas costs nothing.
        let limit = request.gas.unwrap_or(estimate + estimate / 4);
        let request = complete(request.with_gas_limit(limit));
        let pending = match self.provider.send_transaction(request).await {
            Ok(pending) => pending,
            Err(error) => return Err(self.cannot_pay(what, value, refused(what, error)).await),
        };
        let receipt = pending
            .get_receipt()
            .await
            .map_err(|error| ChainError::Transport(error.to_string()))?;
        if !receipt.status() {
            return Err(ChainError::Reverted {
                call: what.to_owned(),
                reason: "the state changed between estimate and inclusion".to_owned(),
            });
        }
        Ok(read(receipt))
    }

    /// Replaces a refusal by [`ChainError::Funds`] if the account cannot pay. Each node words that
    /// error in its own way, so the balance decides.
    async fn cannot_pay(&self, call: &str, value: U256, error: ChainError) -> ChainError {
        let ChainError::Reverted { .. } = error else { return error };
        match self.balance(self.address).await {
            Ok(balance) if balance.is_zero() || balance < value => {
                ChainError::Funds { call: call.to_owned(), account: self.address, balance, value }
            }
            _ => error,
        }
    }
}

/// An amount in ether, without trailing zeros.
fn short_ether(wei: U256) -> String {
    let text = format_ether(wei);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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

fn read(receipt: TransactionReceipt) -> Receipt {
    Receipt {
        hash: receipt.transaction_hash,
        block: receipt.block_number.unwrap_or_default(),
        gas: receipt.gas_used,
        gas_cost: U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price),
        created: receipt.contract_address,
        logs: receipt.inner.logs().to_vec(),
    }
}

fn transport(error: RpcError<TransportErrorKind>) -> ChainError {
    ChainError::Transport(error.to_string())
}

/// A contract's refusal, or a transport error if no contract answered.
fn refused(call: &str, error: RpcError<TransportErrorKind>) -> ChainError {
    match &error {
        RpcError::ErrorResp(response) => {
            let reason = response
                .as_revert_data()
                .map_or_else(|| response.message.to_string(), |data| explain_revert(&data));
            ChainError::Reverted { call: call.to_owned(), reason }
        }
        _ => ChainError::Transport(error.to_string()),
    }
}
