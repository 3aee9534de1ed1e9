//! Puts a program's code on a chain, in pieces (`docs/spec/vm.md`).

use imo_chain::contracts::RiscvStepper::{placeOfCodeCall, storeCodeCall};
use imo_chain::primitives::{Address, U256};
use imo_chain::{ChainError, Client, Placed};
use imo_commit::dense_root;
use imo_vm::pieces;

/// The calls that store a code, one for each piece. `depth` is that of the code's tree.
pub fn store_calls(code: &[u8], depth: u8) -> impl Iterator<Item = storeCodeCall> {
    let root = dense_root(code, depth).into();
    pieces(code, depth).into_iter().map(move |piece| storeCodeCall {
        codeRoot: root,
        codeDepth: depth,
        index: U256::from(piece.index),
        piece: piece.bytes.to_vec().into(),
        siblings: piece.siblings.into_iter().map(Into::into).collect(),
    })
}

/// Stores the pieces of a code that a stepper does not have yet.
pub async fn put_code(
    client: &Client,
    stepper: Address,
    code: &[u8],
    depth: u8,
) -> Result<Placed, ChainError> {
    let mut placed = Placed::Before;
    for call in store_calls(code, depth) {
        let storeCodeCall { codeRoot, codeDepth, index, .. } = call;
        let place = placeOfCodeCall { codeRoot, codeDepth, index };
        if client.has_code(client.call(stepper, &place).await?).await? {
            continue;
        }
        let receipt = client.send(stepper, &call, U256::ZERO).await?;
        placed = Placed::Now(placed.gas() + receipt.gas);
    }
    Ok(placed)
}
