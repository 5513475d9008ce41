//! Privacy cost as the fold sees it: integers to add and to compare, nothing to compute.

use serde::{Deserialize, Deserializer, Serialize};

/// How many Rényi orders a cost has: dp-accounting's default list, 1.1 to 10.9 by 0.1,
/// 11 to 63 by 1, then 128, 256, 512 and 1024.
pub const ORDERS: usize = 156;

/// Rényi differential privacy spent, or the most that may be spent: micro-nats at each of the
/// [`ORDERS`] fixed orders. Costs are rounded up, limits down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Cost(Vec<u64>);

impl Cost {
    /// Nothing spent.
    pub fn zero() -> Self {
        Self(vec![0; ORDERS])
    }

    /// A cost from micro-nats per order, if there is one for each order and none exceeds 2^53−1
    /// (the largest integer that travels safely in JSON).
    pub fn from_micronats(micronats: Vec<u64>) -> Option<Self> {
        let fits = micronats.len() == ORDERS && micronats.iter().all(|&v| v < 1 << 53);
        fits.then_some(Self(micronats))
    }

    /// Micro-nats, one per order.
    pub fn micronats(&self) -> &[u64] {
        &self.0
    }

    /// The sum; each order saturates at 2^53−1, which no limit reaches.
    pub fn plus(&self, other: &Self) -> Self {
        let most = (1 << 53) - 1;
        Self(self.0.iter().zip(&other.0).map(|(a, b)| (a + b).min(most)).collect())
    }

    /// So many of it; saturates as a sum does.
    pub fn times(&self, count: u32) -> Self {
        let most = (1 << 53) - 1;
        let each = self.0.iter().map(|&v| v.saturating_mul(u64::from(count)).min(most));
        Self(each.collect())
    }

    /// The larger of the two at each order.
    pub fn at_least(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| *a.max(b)).collect())
    }

    /// Whether this is at least `other` at every order.
    pub fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a >= b)
    }

    /// Whether the filter lets this through: within `limit` at one order or more
    /// (Lécuyer, "Practical privacy filters and odometers with Rényi differential privacy",
    /// arXiv 2103.01379).
    pub fn within(&self, limit: &Self) -> bool {
        self.0.iter().zip(&limit.0).any(|(spent, most)| *most > 0 && spent <= most)
    }
}

impl<'de> Deserialize<'de> for Cost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<u64>::deserialize(deserializer)?;
        Self::from_micronats(values).ok_or_else(|| {
            serde::de::Error::custom(format!("a cost is {ORDERS} integers below 2^53"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(value: u64) -> Cost {
        Cost::from_micronats(vec![value; ORDERS]).unwrap()
    }

    #[test]
    fn one_order_within_the_limit_is_enough() {
        let mut spent = vec![100; ORDERS];
        spent[7] = 5;
        let spent = Cost::from_micronats(spent).unwrap();
        assert!(spent.within(&flat(5)));
        assert!(!spent.plus(&flat(1)).within(&flat(5)));
        assert!(!Cost::zero().within(&Cost::zero()), "a limit of nothing admits nothing");
    }

    #[test]
    fn so_many_of_a_cost_are_their_sum_and_the_larger_covers_both() {
        let (mut one, two) = (vec![3; ORDERS], flat(5));
        one[7] = 9;
        let one = Cost::from_micronats(one).unwrap();
        assert_eq!(one.times(3), one.plus(&one).plus(&one));
        assert_eq!(one.times(0), Cost::zero());
        assert_eq!(one.times(u32::MAX).times(u32::MAX), flat((1 << 53) - 1));
        let larger = one.at_least(&two);
        assert!(larger.covers(&one) && larger.covers(&two) && !two.covers(&larger));
        assert_eq!((larger.micronats()[7], larger.micronats()[8]), (9, 5));
    }

    #[test]
    fn sums_saturate_instead_of_wrapping() {
        let most = flat((1 << 53) - 1);
        assert_eq!(most.plus(&most), most);
        assert!(Cost::from_micronats(vec![1 << 53; ORDERS]).is_none());
        assert!(Cost::from_micronats(vec![0; 3]).is_none());
    }
}
