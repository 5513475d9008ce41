//! Witness policies that one party cannot stop and one side cannot bend.

use std::collections::BTreeMap;

use concordat_terms::Side;

use crate::source::Wrong;
use crate::{Clause, Module, Terms, Witnesses};

use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let all = check.each(|t| if let Terms::Witnesses(w) = t { Some(w) } else { None });
    for (index, (at, terms)) in all.into_iter().enumerate() {
        if index > 0 {
            let what = "an agreement has one witness policy, and this is another";
            check.fail(at, "id", Wrong::new("two-of-a-kind", what, "remove one of them"));
        }
        policy(check, at, terms);
    }
}

fn policy(check: &mut Check<'_>, at: (&Module, &Clause), terms: &Witnesses) {
    let (n, q) = (terms.witnesses.len(), terms.quorum as usize);
    // Parties under common control fall silent together.
    let mut together: BTreeMap<String, usize> = BTreeMap::new();
    let mut sides: BTreeMap<Side, usize> = BTreeMap::new();
    let known = terms.witnesses.iter().filter_map(|id| Some((id, check.agreement.party(id)?)));
    for (id, party) in known {
        let control = party.terms.control.as_ref().map(|c| format!("control of {c}"));
        *together.entry(control.unwrap_or_else(|| id.to_string())).or_default() += 1;
        *sides.entry(party.terms.side).or_default() += 1;
    }
    let mut fail = |code, what: String, hint: String| {
        check.fail(at, "quorum", Wrong::new(code, what, hint));
    };
    if q == 0 || q > n {
        let what = format!("{q} of {n} witnesses can never be a quorum");
        return fail("bad-quorum", what, format!("write a number from 1 to {n}"));
    }
    if let Some((who, _)) = together.iter().find(|(_, count)| n - **count < q) {
        let what = format!("the silence of `{who}` alone stops the log: {q} of {n} must cosign");
        fail("one-silence-stops", what, "lower `quorum`, or add a witness".to_owned());
    }
    if 2 * q <= n {
        let what = format!("two quorums of {q} among {n} need share no witness: history can split");
        return fail("quorums-apart", what, format!("raise `quorum` to at least {}", n / 2 + 1));
    }
    let shared = 2 * q - n;
    if let Some((side, count)) = sides.iter().find(|(_, count)| **count >= shared) {
        let what = format!(
            "two quorums may share only {shared} witnesses, all of the {side} side, which has {count}"
        );
        let hint = format!("raise `quorum`, so that any two share more than {count} witnesses");
        fail("quorums-meet-in-one-side", what, hint);
    }
}
