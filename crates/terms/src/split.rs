//! Parts of an amount: rounded once, exact in sum.

use std::cmp::Reverse;

use crate::Decimal;

impl Decimal {
    /// What is left after `other` is taken away, if it is a decimal.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    /// A fraction of it, rounded to so many digits after the point, a half away from zero; `None`
    /// if that is no decimal.
    pub fn fraction(self, of_one: Self, places: u32) -> Option<Self> {
        let product = i128::from(self.units()).checked_mul(i128::from(of_one.units()))?;
        let scale = self.scale() + of_one.scale();
        let Some(off) = scale.checked_sub(places) else {
            return Self::of_units(product, scale);
        };
        let power = 10_i128.checked_pow(off)?;
        let half = if product < 0 { -(power / 2) } else { power / 2 };
        Self::of_units(product.checked_add(half)? / power, places)
    }

    /// Parts of it by weights, each with so many digits after the point, that sum to it exactly:
    /// each part is rounded down, and what is left goes, a last digit each, to the parts that lost
    /// most, of several the first (the method of the largest remainder).
    ///
    /// `None` if it is below zero or has more digits, a weight is below zero, none is above, or
    /// the numbers are too large.
    pub fn split(self, weights: &[Self], places: u32) -> Option<Vec<Self>> {
        let scale = self.scale();
        let total = i128::from(self.units())
            .checked_mul(10_i128.checked_pow(places.checked_sub(scale)?)?)?;
        let finest = weights.iter().map(|weight| weight.scale()).max()?;
        let weights: Option<Vec<i128>> = weights
            .iter()
            .map(|weight| {
                i128::from(weight.units())
                    .checked_mul(10_i128.checked_pow(finest - weight.scale())?)
            })
            .collect();
        let weights = weights?;
        let sum: i128 = weights.iter().try_fold(0_i128, |sum, weight| sum.checked_add(*weight))?;
        if total < 0 || sum <= 0 || weights.iter().any(|weight| *weight < 0) {
            return None;
        }
        let mut parts = Vec::with_capacity(weights.len());
        let mut lost = Vec::with_capacity(weights.len());
        for (index, weight) in weights.iter().enumerate() {
            let whole = total.checked_mul(*weight)?;
            parts.push(whole / sum);
            lost.push((Reverse(whole % sum), index));
        }
        let left = total - parts.iter().sum::<i128>();
        lost.sort_unstable();
        for (_, index) in lost.into_iter().take(usize::try_from(left).ok()?) {
            *parts.get_mut(index)? += 1;
        }
        parts.into_iter().map(|part| Self::of_units(part, places)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn what_cannot_be_halved_goes_to_whoever_lost_most() {
        let parts = |total: &str, weights: &[&str], places| {
            let weights: Vec<Decimal> = weights.iter().map(|weight| d(weight)).collect();
            let parts = d(total).split(&weights, places)?;
            Some(parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(parts("100", &["1", "1", "1"], 2).unwrap(), "33.34 33.33 33.33");
        assert_eq!(parts("0.05", &["0.6", "0.25", "0.15"], 2).unwrap(), "0.03 0.01 0.01");
        assert_eq!(parts("1", &["0.6", "0.25", "0.15"], 0).unwrap(), "1 0 0");
        assert_eq!(parts("7", &["0", "1"], 0).unwrap(), "0 7");
        // Nothing is split by no weight, and nothing that has a finer digit.
        for (total, weights, places) in
            [("1", vec!["0"], 2), ("1", vec![], 2), ("1", vec!["-1", "2"], 2), ("-1", vec!["1"], 2)]
        {
            assert_eq!(parts(total, &weights, places), None);
        }
        assert_eq!(parts("0.001", &["1"], 2), None);
        // The largest amount of the smallest share is still told exactly.
        let most = "999999999999999999";
        assert_eq!(
            parts(most, &["0.000000000001", "0.999999999999"], 0).unwrap(),
            "1000000 999999999998999999"
        );
    }

    #[test]
    fn a_fraction_is_rounded_once() {
        let of = |amount: &str, rate: &str, places| d(amount).fraction(d(rate), places);
        assert_eq!(of("1000.01", "0.08", 2), Some(d("80")));
        assert_eq!(of("0.0625", "1", 3), Some(d("0.063")));
        assert_eq!(of("0.5", "1", 0), Some(d("1")));
        assert_eq!(of("2", "0.25", 2), Some(d("0.5")));
        assert_eq!(of("999999999999999999", "0.000000000001", 2), Some(d("1000000")));
        assert_eq!(of("999999999999999999", "10", 0), None);
    }

    proptest! {
        /// Whatever is split is there in full afterwards, and nobody is a digit away from its share.
        #[test]
        fn parts_sum_to_the_whole(
            total in 0_i64..1_000_000_000_000,
            weights in prop::collection::vec(0_i64..1_000_000, 1..12),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let places = 2;
            let whole = Decimal::of_units(i128::from(total), places).unwrap();
            let shares: Vec<Decimal> =
                weights.iter().map(|weight| Decimal::of_units(i128::from(*weight), 6).unwrap()).collect();
            let parts = whole.split(&shares, places).unwrap();
            let sum = parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.plus(*part)).unwrap();
            prop_assert_eq!(sum, whole);
            let all: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let cents = i128::from(part.fraction("100".parse().unwrap(), 0).unwrap().units());
                let exact = i128::from(total) * i128::from(*weight);
                prop_assert!((cents * all - exact).abs() < all);
            }
        }
    }
}
