//! Shares in a version: exact parts of one, which never sum to anything else.

use std::collections::BTreeMap;

use concordat_terms::{Decimal, PartyId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Parts of 10⁻¹² in a whole.
const WHOLE: u64 = 1_000_000_000_000;

/// Who owns which part. Never empty in a version; the parts sum to exactly 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares(BTreeMap<PartyId, u64>);

impl Shares {
    /// Equal parts; what does not divide goes to the first by name, a part of 10⁻¹² each.
    pub(crate) fn equal(parties: impl IntoIterator<Item = PartyId>) -> Self {
        let parties: std::collections::BTreeSet<PartyId> = parties.into_iter().collect();
        Self::by_weight(parties.into_iter().map(|party| (party, 1)).collect())
    }

    /// Parts in proportion to weights; what does not divide goes to the first by name.
    pub(crate) fn by_weight(weights: BTreeMap<PartyId, u128>) -> Self {
        let total: u128 = weights.values().sum();
        if total == 0 {
            return Self::default();
        }
        let part = |weight: u128| {
            let part = weight.saturating_mul(u128::from(WHOLE)) / total;
            u64::try_from(part).unwrap_or(WHOLE)
        };
        let weighed = weights.into_iter().filter(|(_, weight)| *weight > 0);
        let mut parts: BTreeMap<PartyId, u64> =
            weighed.map(|(party, weight)| (party, part(weight))).collect();
        let mut left = WHOLE.saturating_sub(parts.values().sum());
        while left > 0 {
            for part in parts.values_mut().take(usize::try_from(left).unwrap_or(usize::MAX)) {
                *part += 1;
                left -= 1;
            }
        }
        Self(parts)
    }

    /// Several shares, each with a weight, as one.
    pub(crate) fn merged(of: impl IntoIterator<Item = (Self, u64)>) -> Self {
        let mut weights: BTreeMap<PartyId, u128> = BTreeMap::new();
        for (shares, weight) in of {
            for (party, part) in shares.0 {
                *weights.entry(party).or_default() += u128::from(part) * u128::from(weight);
            }
        }
        Self::by_weight(weights)
    }

    /// Whether nobody has a part.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A party's part.
    pub fn of(&self, party: &PartyId) -> Decimal {
        decimal(self.0.get(party).copied().unwrap_or_default())
    }

    /// Every part, by party.
    pub fn iter(&self) -> impl Iterator<Item = (&PartyId, Decimal)> {
        self.0.iter().map(|(party, part)| (party, decimal(*part)))
    }

    /// Moves a part from one party to another; nothing, if that one has not so much.
    pub(crate) fn hand(&mut self, from: &PartyId, to: &PartyId, share: Decimal) {
        let Some(part) = parts(share) else { return };
        let Some(own) = self.0.get_mut(from).filter(|own| **own >= part) else { return };
        *own -= part;
        if *own == 0 {
            self.0.remove(from);
        }
        *self.0.entry(to.clone()).or_default() += part;
    }

    /// What one party has is another's from here on.
    pub(crate) fn follow(&mut self, old: &PartyId, new: &PartyId) {
        if let Some(part) = self.0.remove(old) {
            *self.0.entry(new.clone()).or_default() += part;
        }
    }
}

impl Serialize for Shares {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Shares {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shares = BTreeMap::<PartyId, Decimal>::deserialize(deserializer)?;
        let parts: Option<BTreeMap<PartyId, u64>> =
            shares.into_iter().map(|(party, share)| Some((party, parts(share)?))).collect();
        let parts = parts.filter(|parts| {
            let sum = parts.values().try_fold(0_u64, |sum, part| sum.checked_add(*part));
            parts.is_empty() || sum == Some(WHOLE)
        });
        parts.map(Self).ok_or_else(|| serde::de::Error::custom("shares do not sum to 1"))
    }
}

/// A decimal from 0 to 1 in parts; none of another, or of one that is finer.
pub(crate) fn parts(share: Decimal) -> Option<u64> {
    let text = share.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<12}").parse().ok()?;
    let parts = whole.checked_mul(WHOLE)?.checked_add(fraction)?;
    (parts <= WHOLE).then_some(parts)
}

fn decimal(parts: u64) -> Decimal {
    let text = format!("{}.{:012}", parts / WHOLE, parts % WHOLE);
    text.parse().unwrap_or(Decimal::ZERO)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn party(name: &str) -> PartyId {
        name.parse().unwrap()
    }

    fn sum(shares: &Shares) -> u64 {
        shares.0.values().sum()
    }

    #[test]
    fn thirds_sum_to_one() {
        let mut thirds = Shares::equal(["alder", "birch", "cypress"].map(party));
        assert_eq!(thirds.of(&party("alder")).to_string(), "0.333333333334");
        assert_eq!(thirds.of(&party("birch")).to_string(), "0.333333333333");
        assert_eq!(sum(&thirds), WHOLE);
        thirds.hand(&party("birch"), &party("elm"), "0.333333333333".parse().unwrap());
        assert!(thirds.of(&party("birch")) == Decimal::ZERO && sum(&thirds) == WHOLE);
        thirds.hand(&party("elm"), &party("birch"), "0.5".parse().unwrap());
        assert_eq!(thirds.of(&party("elm")).to_string(), "0.333333333333");
    }

    proptest::proptest! {
        /// Whatever is merged, split and handed on, the parts sum to one.
        #[test]
        fn shares_always_sum_to_one(
            weights in proptest::collection::vec((0_u8..6, 1_u64..1_000), 1..8),
            others in 1_u8..6,
        ) {
            let each = weights.iter().map(|(first, weight)| {
                let named = (*first..*first + others).map(|n| party(&format!("p{n}")));
                (Shares::equal(named), *weight)
            });
            let merged = Shares::merged(each);
            proptest::prop_assert_eq!(sum(&merged), WHOLE);
            proptest::prop_assert_eq!(sum(&Shares::merged([(merged, 1)])), WHOLE);
        }
    }
}
