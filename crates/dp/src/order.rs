//! The fixed Rényi orders.

use concordat_terms::ORDERS;

/// One Rényi order α above 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// α = tenths / 10, not a whole number.
    Tenths(u32),
    /// α itself.
    Whole(u32),
}

impl Order {
    /// α as the nearest double.
    pub fn alpha(self) -> f64 {
        match self {
            Self::Tenths(tenths) => f64::from(tenths) / 10.0,
            Self::Whole(alpha) => f64::from(alpha),
        }
    }
}

/// The orders of every [`concordat_terms::Cost`], ascending: 1.1 to 10.9 by 0.1, 11 to 63 by 1,
/// then 128, 256, 512 and 1024; [`ORDERS`] of them.
pub fn orders() -> impl Iterator<Item = Order> {
    let small = (11..110_u32).map(|tenths| match tenths % 10 {
        0 => Order::Whole(tenths / 10),
        _ => Order::Tenths(tenths),
    });
    let whole = (11..64).chain([128, 256, 512, 1024]).map(Order::Whole);
    small.chain(whole).take(ORDERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_order_for_each_place_in_a_cost_and_they_ascend() {
        let alphas: Vec<f64> = orders().map(Order::alpha).collect();
        assert_eq!(alphas.len(), ORDERS);
        assert!(alphas.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((alphas[0], alphas[98], alphas[99], alphas[155]), (1.1, 10.9, 11.0, 1024.0));
    }
}
