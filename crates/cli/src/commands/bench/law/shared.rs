//! What a batch takes of a state: what it touches, and nothing else. Counted, not timed.

use std::collections::BTreeSet;
use std::ptr::from_ref;

use concordat_partnership::{State, Verdict};

use super::mix::Mix;
use super::office::Office;

/// How many things there are, and how many of them are not where the copy has them.
fn apart<'a, T: 'a>(
    copy: impl Iterator<Item = &'a T>,
    now: impl Iterator<Item = &'a T>,
) -> (usize, usize) {
    let before: BTreeSet<usize> = copy.map(|thing| from_ref(thing).addr()).collect();
    let mut all = 0;
    let mut other = 0;
    for thing in now {
        all += 1;
        other += usize::from(!before.contains(&from_ref(thing).addr()));
    }
    (all, other)
}

fn each(copy: &State, now: &State) -> Vec<(&'static str, (usize, usize))> {
    fn values<'a, K: 'a, V: 'a>(
        of: impl Iterator<Item = (&'a K, &'a V)>,
    ) -> impl Iterator<Item = &'a V> {
        of.map(|(_, value)| value)
    }
    vec![
        ("runs", apart(copy.runs().values(), now.runs().values())),
        ("models", apart(copy.models().values(), now.models().values())),
        ("datasets", apart(copy.datasets().values(), now.datasets().values())),
        ("evidence", apart(copy.evidence().values(), now.evidence().values())),
        ("motions", apart(copy.motions().values(), now.motions().values())),
        ("duties", apart(values(copy.duties()), values(now.duties()))),
        ("notices", apart(values(copy.notices()), values(now.notices()))),
        ("versions", apart(values(copy.versions()), values(now.versions()))),
        ("postings", apart(values(copy.postings()), values(now.postings()))),
    ]
}

#[test]
fn a_batch_takes_of_a_state_what_it_touches_and_shares_the_rest_with_the_copy() {
    let mut office = Office::founded(50, 500).unwrap();
    let mut mix = Mix::new(50);
    mix.prepare(&mut office).unwrap();
    let mut work = |office: &mut Office, acts: u64| {
        let mut admitted = 0;
        for _ in 0..acts {
            let signed = mix.next(office).unwrap();
            let (verdict, _) = office.fold(&signed);
            mix.heard(&verdict);
            admitted += usize::from(matches!(verdict, Verdict::Admitted { .. }));
        }
        admitted
    };
    work(&mut office, 6_000);

    let copy = office.state.clone();
    let batch = 64;
    let admitted = work(&mut office, batch);
    assert!(admitted > 40, "{admitted} of {batch} admitted");
    let mut touched = 0;
    for (what, (all, other)) in each(&copy, &office.state) {
        assert!(all > 0, "there are no {what}");
        // An act touches a few things of a kind at most, however many there are.
        assert!(other <= 2 * batch as usize, "{other} of {all} {what} are elsewhere");
        assert!(all < 200 || other < all / 2, "{other} of {all} {what} are elsewhere");
        touched += other;
    }
    assert!(touched > 0, "nothing was touched");
    // Only what the batch did is not in the copy.
    assert_eq!(copy.index() + batch, office.state.index());
}
