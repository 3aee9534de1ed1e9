//! What a request pays whoever answers it (`docs/spec/oracle.md`, "The fee").

use imo_chain::GasPrice;
use imo_chain::contracts::InferenceOracle::Order;
use imo_chain::primitives::U256;

/// Most bytes of an answer that any fee has gas for.
const MOST_BYTES: u64 = 24_575;
/// Gas for each byte, at least.
const FLOOR: u64 = 40;
/// Basis points in a whole.
const WHOLE: u64 = 10_000;

/// What an answer to a request earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pay {
    /// At least its gas and a tenth more.
    Enough,
    /// Less than that, as gas is expensive now.
    TooLittle,
    /// Nothing but gas, whatever gas costs: the model was registered so.
    Nothing,
}

/// Gas that a claim with an answer and callback data of so many bytes is paid for.
fn claiming(answer: u64, data: u64) -> u64 {
    let arriving = 108_000 + 25 * answer + 17 * data;
    arriving.max(67_000 + FLOOR * (answer + data))
}

/// Gas that is in reserve for answering a request.
fn reserve(order: &Order, most: u64) -> u64 {
    let callback = match order.callback.gasLimit {
        0 => 0,
        gas => 90_000 + gas + FLOOR * most + 3 * 512 * FLOOR,
    };
    claiming(most, 0) + 75_000 + callback
}

/// What an answer of one unit to this request earns, at the present price of gas. More units earn
/// more.
pub(crate) fn pay(order: &Order, price: GasPrice) -> Pay {
    let terms = &order.terms;
    let most = (u64::from(terms.unitBytes) * u64::from(order.request.maxUnits)).min(MOST_BYTES);
    let of_order = U256::from(terms.gasPrice);
    let whole = U256::from(terms.fee).saturating_sub(U256::from(reserve(order, most)) * of_order);
    let unused = U256::from(terms.unitPrice) * U256::from(order.request.maxUnits.saturating_sub(1));
    let share = |price: U256| price * U256::from(terms.operatorBps) / U256::from(WHOLE);
    if share(whole).is_zero() {
        return Pay::Nothing;
    }
    let gas = U256::from(claiming(most, order.callback.data.len() as u64));
    let earned = share(whole.saturating_sub(unused)) + gas * of_order;
    let cost = gas * price.now();
    if earned >= cost + cost / U256::from(10) { Pay::Enough } else { Pay::TooLittle }
}

/// Whether finalization and delivery of a request are paid in full at the present price of gas.
pub(crate) fn covers(order: &Order, price: GasPrice) -> bool {
    price.now() <= U256::from(order.terms.gasPrice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GWEI: u64 = 1_000_000_000;

    fn price(gwei: u64) -> GasPrice {
        GasPrice { base_fee: U256::from(gwei * GWEI), tip: U256::ZERO }
    }

    /// An order at a gas price of 20 gwei, of a model whose answers cost this much beside gas.
    fn order(cost: u64, bps: u16) -> Order {
        let mut order = Order::default();
        (order.request.maxUnits, order.terms.unitBytes) = (10, 8);
        let gas = u128::from(reserve(&order, 80)) * 20 * u128::from(GWEI);
        let terms = &mut order.terms;
        (terms.gasPrice, terms.operatorBps) = (20 * GWEI, bps);
        terms.fee = gas + u128::from(cost);
        order
    }

    #[test]
    fn a_model_without_a_price_pays_nothing() {
        assert_eq!(pay(&order(0, 3_000), price(1)), Pay::Nothing);
        assert_eq!(pay(&order(GWEI, 0), price(1)), Pay::Nothing, "all is the receiver's");
        assert_eq!(pay(&order(GWEI, 3_000), price(1)), Pay::Enough);
    }

    #[test]
    fn an_answer_waits_while_gas_costs_more_than_the_share_covers() {
        // 110,000 gas (108,000 and 80 bytes at 25) at 20 gwei are 0.0022 ETH.
        assert_eq!(claiming(80, 0), 110_000);
        assert_eq!(pay(&order(GWEI, 3_000), price(18)), Pay::Enough);
        assert_eq!(pay(&order(GWEI, 3_000), price(19)), Pay::TooLittle);
        // A third of 0.003 ETH pays for another 8 gwei.
        let dear = order(3_000_000 * GWEI, 3_333);
        assert_eq!((pay(&dear, price(26)), pay(&dear, price(27))), (Pay::Enough, Pay::TooLittle));
        // What unused tokens would have cost is refunded, so it is not counted on.
        let mut per_unit = dear;
        per_unit.terms.unitPrice = 300_000 * GWEI;
        assert_eq!(pay(&per_unit, price(26)), Pay::TooLittle);
    }

    #[test]
    fn a_delivery_is_covered_up_to_the_price_of_its_order() {
        let order = order(0, 0);
        assert!(covers(&order, price(20)) && !covers(&order, price(21)));
    }
}
