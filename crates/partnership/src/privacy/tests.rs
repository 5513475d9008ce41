//! The arithmetic of accounts, on costs that anything could have made.

use std::collections::BTreeMap;

use concordat_agreement::{Adjacency, Monitoring, Privacy, Unspent};
use concordat_terms::{Cost, ORDERS, PurposeId};
use proptest::prelude::*;

use super::{Bounds, Charged, PrivacyAccount};

fn purpose(name: &str) -> PurposeId {
    name.parse().unwrap()
}

fn terms(unspent: Option<Unspent>) -> Privacy {
    Privacy {
        privacy: "rows".parse().unwrap(),
        also: Vec::new(),
        adjacency: Adjacency::AddRemove,
        epsilon: "1".parse().unwrap(),
        delta: "0.0001".parse().unwrap(),
        at_most: [(purpose("research"), "0.5".parse().unwrap())].into(),
        monitoring: Some(Monitoring {
            purposes: vec![purpose("watch")],
            epsilon: "0.1".parse().unwrap(),
            from: 2027,
            until: 2030,
            unspent,
        }),
        queries: None,
        trainers: Vec::new(),
        trainers_unsandboxed: false,
    }
}

/// A cost of two kinds of orders, small ones and large ones.
fn cost(small: u64, large: u64) -> Cost {
    let half = ORDERS / 2;
    let each = (0..ORDERS).map(|order| if order < half { small } else { large });
    Cost::from_micronats(each.collect()).unwrap()
}

fn bounds() -> Bounds {
    let at_most = BTreeMap::from([(purpose("research"), cost(400, 500))]);
    Bounds { whole: cost(1_000, 1_100), at_most, year: Some(cost(50, 60)) }
}

proptest! {
    /// Whatever is asked, in whatever order and year: what was taken never falls, everything that was
    /// ever let through is within the limit together at one order, each purpose within its part, and
    /// what monitors within what was kept for it. Nothing of that hangs on what was refused.
    #[test]
    fn an_account_is_never_overdrawn(
        returns in any::<bool>(),
        asked in prop::collection::vec((0..3_u8, 0..200_u64, 0..200_u64, 0..2_u32), 1..80),
    ) {
        let terms = terms(returns.then_some(Unspent::Returns));
        let (bounds, mut charged, mut year) = (bounds(), Charged::default(), 2026);
        let mut watched: BTreeMap<u32, Cost> = BTreeMap::new();
        let mut truth = Cost::zero();
        for (who, small, large, pass) in asked {
            year += pass;
            let who = purpose(["care", "research", "watch"][usize::from(who)]);
            let asks = cost(small, large);
            let own = PrivacyAccount { terms: &terms, bounds: &bounds, charged: Some(&charged), year };
            if !own.takes(&who, &asks) {
                continue;
            }
            charged.charge(year, &who, &asks);
            truth = truth.plus(&asks);
            if who == purpose("watch") {
                let sum = watched.entry(year).or_insert_with(Cost::zero);
                *sum = sum.plus(&asks);
            }

            let own = PrivacyAccount { terms: &terms, bounds: &bounds, charged: Some(&charged), year };
            prop_assert_eq!(&own.spent(), &truth);
            prop_assert!(truth.within(&bounds.whole));
            prop_assert!(own.taken().covers(&truth), "what is kept is beside what was spent");
            prop_assert!(own.taken().within(&bounds.whole));
            prop_assert!(own.of(&purpose("research")).within(&bounds.at_most[&purpose("research")]));
        }
        let part = bounds.year.unwrap();
        let mut sum = Cost::zero();
        for (year, drawn) in watched {
            prop_assert!((2027..=2030).contains(&year) || !returns && year > 2027);
            sum = sum.plus(&drawn);
            if returns {
                prop_assert!(part.covers(&drawn), "{} drew more than its part", year);
            } else {
                prop_assert!(part.times((year - 2026).min(4)).covers(&sum), "{} drew too early", year);
            }
        }
    }
}

#[test]
fn monitoring_takes_nothing_from_anybody_else() {
    let (terms, bounds) = (terms(None), bounds());
    let mut charged = Charged::default();
    let at = |charged: &Charged, year| {
        let own = PrivacyAccount { terms: &terms, bounds: &bounds, charged: Some(charged), year };
        (own.taken(), own.takes(&purpose("care"), &cost(800, 2_000)))
    };
    // Four years of 50 are kept of 1,000 at the small orders: 800 fit, to the last.
    assert_eq!(at(&charged, 2026), (cost(200, 240), true));
    charged.charge(2028, &purpose("watch"), &cost(100, 120));
    assert_eq!(at(&charged, 2028), (cost(200, 240), true));
    charged.charge(2028, &purpose("care"), &cost(1, 0));
    assert_eq!(at(&charged, 2040), (cost(201, 240), false));
}

/// What an amendment takes away from monitoring later was spent all the same.
#[test]
fn what_monitoring_spent_counts_where_less_is_kept_than_that() {
    let terms = terms(Some(Unspent::Returns));
    let less = Bounds { year: Some(cost(1, 1)), ..bounds() };
    let mut charged = Charged::default();
    charged.charge(2027, &purpose("watch"), &cost(900, 950));
    let own = PrivacyAccount { terms: &terms, bounds: &less, charged: Some(&charged), year: 2027 };
    assert_eq!(own.taken(), cost(903, 953), "three years are to come");
    assert!(!own.takes(&purpose("care"), &cost(98, 200)));
    assert!(own.takes(&purpose("care"), &cost(97, 200)));
    assert!(!own.takes(&purpose("watch"), &Cost::zero()), "it is beyond its part already");
}
