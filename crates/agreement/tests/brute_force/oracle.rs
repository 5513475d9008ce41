//! The plain reading of a generated text, point by point, its conditions by Cedar itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::common::Cedar;
use crate::generated::{CONDITIONS, KINDS, MAKERS, PARTIES, PURPOSES, Text, World};

/// The countries that conditions and parties name, and one that none names.
pub(crate) const COUNTRIES: [&str; 5] = ["BE", "CH", "JP", "US", "NZ"];
/// The numbers of conditions and their neighbours.
pub(crate) const ROUNDS: [u32; 7] = [0, 19, 20, 21, 22, 23, 4_000_000_000];
pub(crate) const PARTICIPANTS: [u32; 5] = [0, 1, 2, 3, 9];

/// A request, by index in each dimension.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) seat: usize,
    pub(crate) party: usize,
    pub(crate) kind: usize,
    pub(crate) data: usize,
    purpose: usize,
    class: usize,
    country: usize,
    rounds: usize,
    participants: usize,
}

const SIZES: [usize; 9] = [2, 3, 3, 2, 2, 3, 5, 7, 5];

impl Point {
    pub(crate) fn all() -> Vec<Self> {
        let total: usize = SIZES.iter().product();
        let each = (0..total).map(|mut rest| {
            let [seat, party, kind, data, purpose, class, country, rounds, participants] = SIZES
                .map(|size| {
                    let at = rest % size;
                    rest /= size;
                    at
                });
            Self { seat, party, kind, data, purpose, class, country, rounds, participants }
        });
        each.collect()
    }
}

/// Refused, or allowed once so much is there: a module, and approvals.
pub(crate) type Answered = Option<(bool, u32)>;

/// Cedar's answers so far: condition, party and its countries, place, run, asset and its label.
#[derive(Default)]
pub(crate) struct Oracle {
    cedar: BTreeMap<usize, Cedar>,
    known: BTreeMap<(usize, [usize; 4]), bool>,
}

impl Oracle {
    fn holds(&mut self, when: usize, world: World, point: &Point, asset: usize) -> bool {
        let text = CONDITIONS[when];
        let asks = |root: &str| text.contains(root);
        let key = [
            if asks("@party") { point.party + 3 * usize::from(world.belgian) + 1 } else { 0 },
            if asks("@place") { point.class * 5 + point.country + 1 } else { 0 },
            if asks("@run") {
                ((point.kind * 2 + point.purpose) * 7 + point.rounds) * 5 + point.participants + 1
            } else {
                0
            },
            if asks("@asset") { asset + 3 * usize::from(world.restricted) + 1 } else { 0 },
        ];
        if let Some(known) = self.known.get(&(when, key)) {
            return *known;
        }
        let cedar =
            self.cedar.entry(when).or_insert_with(|| Cedar::of(&text.replace('@', "context.")));
        let holds = cedar.holds(&facts(world, point, asset)).unwrap();
        self.known.insert((when, key), holds);
        holds
    }
}

fn facts(world: World, point: &Point, asset: usize) -> Value {
    let countries: &[&str] = match point.party {
        0 => &["BE"],
        1 => &["CH", "JP"],
        _ if world.belgian => &["US", "BE"],
        _ => &["US"],
    };
    let side = ["public", "private", "private"][point.party];
    let kind = ["dataset", "dataset", "model"][asset];
    json!({
        "place": { "class": point.class + 1, "jurisdiction": COUNTRIES[point.country] },
        "party": {
            "id": PARTIES[point.party],
            "side": side,
            "jurisdictions": countries,
        },
        "run": {
            "kind": KINDS[point.kind],
            "purpose": PURPOSES[point.purpose],
            "rounds": ROUNDS[point.rounds],
            "participants": PARTICIPANTS[point.participants],
        },
        "asset": {
            "kind": kind,
            "label": if asset == 0 && world.restricted { "restricted" } else { "internal" },
        },
    })
}

/// The plain reading of a text.
pub(crate) fn answer(text: &Text, point: &Point, oracle: &mut Oracle) -> Answered {
    let seated = point.seat == 0 || MAKERS[text.world.maker].contains(&point.party);
    let there = point.data == 0 || text.world.scans;
    if !seated || !there {
        return None;
    }
    // A query gives no model.
    let things = if KINDS[point.kind] == "query" { vec![point.data] } else { vec![point.data, 2] };
    let named = |list: &[usize], one: usize| list.is_empty() || list.contains(&one);
    let mut allowed = false;
    for rule in &text.rules {
        let on = text.on(rule);
        let of_these = |thing: &usize| named(&on, *thing);
        let on_fits =
            if rule.permit { things.iter().all(of_these) } else { things.iter().any(of_these) };
        let listed = named(&rule.by, point.seat)
            && named(&rule.kinds, point.kind)
            && named(&rule.purposes, point.purpose)
            && on_fits;
        if !listed {
            continue;
        }
        let mut meant = things.iter().filter(|thing| of_these(thing));
        let mut holds = |asset: &usize| {
            rule.when.is_none_or(|when| oracle.holds(when, text.world, point, *asset))
        };
        if rule.permit {
            allowed |= meant.all(&mut holds);
        } else if meant.any(&mut holds) {
            return None;
        }
    }
    let gates = text.gates.iter().filter(|gate| named(&gate.kinds, point.kind));
    let demand = gates.fold((false, 0), |(module, least), gate| {
        (module || gate.module, gate.approvals.max(least))
    });
    allowed.then_some(demand)
}
