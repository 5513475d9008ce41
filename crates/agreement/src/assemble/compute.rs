//! Training: sums that hide, privacy that is accounted.

use std::collections::BTreeMap;

use concordat_terms::{ActName, AssetId, Severity};

use crate::source::Wrong;
use crate::{Aggregation, Agreement, AssetKind, Clause, Module, Rule, RunKind, Terms};

use super::{Check, accounts, aggregators};

type At<'a> = (&'a Module, &'a Clause);

pub(super) fn check(check: &mut Check<'_>) {
    let sums = check.each(|t| if let Terms::Aggregation(a) = t { Some(a) } else { None });
    for (index, (at, terms)) in sums.into_iter().enumerate() {
        if index > 0 {
            let what = "an agreement has one aggregation clause, and this is another";
            check.fail(at, "id", Wrong::new("two-of-a-kind", what, "remove one of them"));
        }
        aggregation(check, at, terms);
        aggregators::check(check, at, terms);
    }
    let counted = accounts::check(check);
    let assets = check.agreement.assets();
    let datasets: Vec<AssetId> = assets
        .filter(|asset| asset.terms.kind == AssetKind::Dataset)
        .filter_map(|asset| asset.id())
        .collect();
    let uncounted: Vec<&AssetId> = datasets.iter().filter(|id| !counted.contains(id)).collect();
    for (at, rule) in check.each(|t| if let Terms::Permit(r) = t { Some(r) } else { None }) {
        if rule.act == ActName::RunPropose {
            training(check, at, rule, &datasets, &uncounted);
        }
    }
}

/// The bounds of PROTOCOLS: c < 2t − N, t ≤ m, m ≥ c + 2, N ≥ 3, with m = N − d.
/// That sums cannot overflow is proved where the noise is known.
fn aggregation(check: &mut Check<'_>, at: At<'_>, a: &Aggregation) {
    let n = check.agreement.parties_of(&a.of).len() as u64;
    let (t, c, d) = (u64::from(a.threshold), u64::from(a.colluders), u64::from(a.dropouts));
    let m = n.saturating_sub(d);
    let code = "aggregation-impossible";
    let mut fail = |field: &str, what: String, hint: String| {
        check.fail(at, field, Wrong::new(code, what, hint));
    };
    if n < 3 {
        let fill = if n == 1 { "party fills" } else { "parties fill" };
        let what = format!("{n} {fill} `{}`: a sum of two reveals the other", a.of);
        return fail("of", what, "seat at least three parties".to_owned());
    }
    if t > m {
        let what = format!("t = {t} shares are needed, and after {d} dropouts {m} are left");
        fail("threshold", what, format!("lower `threshold` to {m}, or `dropouts`"));
    }
    if n + c >= 2 * t {
        let least = (n + c) / 2 + 1;
        let what = format!("c < 2t − N does not hold: c = {c}, t = {t}, N = {n}");
        fail("threshold", what, format!("raise `threshold` to {least}, or lower `colluders`"));
    }
    if m < c + 2 {
        let what = format!("m ≥ c + 2 does not hold: {m} stay, of whom {c} may collude");
        fail("dropouts", what, "lower `dropouts` or `colluders`, or seat more parties".to_owned());
    }
    if c == 0 {
        let what = "no colluder is allowed for: noise is split so that one of them learns nothing";
        fail("colluders", what.to_owned(), "write at least 1".to_owned());
    }
    if let Some((control, together)) = controlled(check.agreement, a)
        && together > c
    {
        let what = format!("{together} parties of `{}` are under the control of `{control}`", a.of);
        let hint = format!("raise `colluders` to {together}: who controls one has all of them");
        check.fail(at, "colluders", Wrong::new(code, what, hint));
    }
    let mut fail = |field: &str, what: String, hint: String| {
        check.fail(at, field, Wrong::new(code, what, hint));
    };
    if !matches!(a.ring_bits, 32 | 64) {
        let what = format!("there is no ring of {} bits", a.ring_bits);
        fail("ring_bits", what, "write 32 or 64".to_owned());
    }
    if a.scale_bits >= a.ring_bits {
        let what = "the quantiser leaves no room in the ring".to_owned();
        fail("scale_bits", what, "write fewer bits than `ring_bits`".to_owned());
    }
    for (field, value) in
        [("units_per_round", a.units_per_round), ("dimension_most", a.dimension_most)]
    {
        if value == 0 {
            fail(field, format!("`{field}` is 0"), "write at least 1".to_owned());
        }
    }
    for (field, value) in [("clip_most", a.clip_most), ("noise_most", a.noise_most)] {
        if !value.is_positive() {
            fail(field, format!("`{field}` is not above 0"), "write more than 0".to_owned());
        }
    }
    // A sensitivity is 2^16 ring units at least: what exceeds this is beyond the ring in every plan.
    let room = 1_u128 << (a.ring_bits.clamp(32, 64) - 1);
    if a.noise_most.is_positive() && a.noise_most.times_whole(12 << 16) >= room {
        let what = format!("`noise_most` is more than a ring of {} bits holds", a.ring_bits);
        let most = room / (12 << 16);
        fail("noise_most", what, format!("write at most {most}: twelve times it has to fit"));
    }
    if d == 0 {
        let what = format!("with N = {n} and t = {t} a round survives no dropout");
        let hint = "seat more parties, if rounds should survive one";
        check.say(Severity::Note, at, "dropouts", Wrong::new("no-dropout", what, hint));
    }
}

/// The largest group of contributors under one control.
fn controlled(agreement: &Agreement, a: &Aggregation) -> Option<(String, u64)> {
    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    for party in agreement.parties_of(&a.of) {
        let control = agreement.party(party).and_then(|p| p.terms.control.clone());
        if let Some(control) = control {
            *groups.entry(control).or_default() += 1;
        }
    }
    groups.into_iter().max_by_key(|(_, count)| *count)
}

/// Every dataset that a permit lets train has an account and a way to be summed.
fn training(
    check: &mut Check<'_>,
    at: At<'_>,
    rule: &Rule,
    datasets: &[AssetId],
    uncounted: &[&AssetId],
) {
    if !rule.kinds.is_empty() && !rule.kinds.contains(&RunKind::Train) {
        return;
    }
    let meant = |id: &AssetId| rule.on.is_empty() || rule.on.contains(id);
    for dataset in uncounted.iter().filter(|id| meant(id)) {
        let what = format!("training on `{dataset}` is permitted without a privacy account");
        let hint = format!("add a clause `privacy = \"{dataset}\"`");
        check.fail(at, "permit", Wrong::new("training-unbounded", what, hint));
    }
    if check.agreement.aggregation().is_none() && datasets.iter().any(meant) {
        let what = "training is permitted without a way to sum contributions unseen";
        let hint = "add a clause `aggregation = \"pairwise-masks\"`";
        check.fail(at, "permit", Wrong::new("training-unmasked", what, hint));
    }
}
