//! What `effect` tells, held against asking every point of a finite space by other means: the
//! rules are asked as the test wrote them, their conditions by Cedar itself.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
mod generated;
mod oracle;
mod told;

use common::Rng;
use concordat_agreement::Agreement;
use concordat_agreement::effect::effect;
use generated::{ACT, MAKERS, Text};
use oracle::{Answered, Oracle, Point, answer};
use told::{answered, points_of};

/// A party of the union of both seats may be outside of it in this grid: it is never told about.
fn seated(point: &Point, old: &Text, new: &Text) -> bool {
    let fills = |text: &Text| point.seat == 0 || MAKERS[text.world.maker].contains(&point.party);
    fills(old) || fills(new)
}

/// Likewise an asset that neither has.
fn there(point: &Point, old: &Text, new: &Text) -> bool {
    point.data == 0 || old.world.scans || new.world.scans
}

#[test]
fn what_is_told_of_a_thousand_pairs_is_what_asking_every_point_finds() {
    let mut rng = Rng(5);
    let mut texts: Vec<Text> = Vec::new();
    for index in 0..46 {
        let text = match texts.last() {
            Some(last) if index % 3 > 0 => last.amended(&mut rng),
            _ => Text::generate(&mut rng),
        };
        texts.push(text);
    }
    let points = Point::all();
    let mut oracle = Oracle::default();
    let pool: Vec<(Text, Agreement, Vec<Answered>)> = texts
        .into_iter()
        .map(|text| {
            let answers = points.iter().map(|point| answer(&text, point, &mut oracle)).collect();
            let agreement = text.agreement();
            (text, agreement, answers)
        })
        .collect();

    let mut pairs: Vec<(usize, usize)> = (1..pool.len()).map(|new| (new - 1, new)).collect();
    while pairs.len() < 1_000 {
        pairs.push((rng.below(pool.len()), rng.below(pool.len())));
    }
    let (mut differing, mut empty) = (0_usize, 0_usize);
    for (from, to) in pairs {
        let ((old_text, old, before), (new_text, new, after)) = (&pool[from], &pool[to]);
        let effect = effect(old, new);
        let mut told = vec![0_u8; points.len()];
        // Approvals of runs differ where assets do, by a clause that all texts share.
        for change in effect.acts.iter().filter(|change| change.act == ACT) {
            for index in points_of(change) {
                let point = &points[index];
                if !seated(point, old_text, new_text) || !there(point, old_text, new_text) {
                    continue;
                }
                told[index] += 1;
                let (was, is) = (answered(&change.was), answered(&change.is));
                assert_eq!((was, is), (before[index], after[index]), "{from} to {to}: {point:?}");
            }
        }
        for (index, point) in points.iter().enumerate() {
            let wanted = u8::from(before[index] != after[index]);
            assert_eq!(told[index], wanted, "{from} to {to}: {point:?}\n{:#?}", effect.acts);
            differing += usize::from(wanted);
        }
        empty += usize::from(effect.is_empty());
    }
    // The pairs say something: many points differ, and some pairs nowhere.
    assert!(differing > 1_000_000 && empty > 20, "{differing} points, {empty} pairs alike");
}

#[test]
fn an_agreement_changes_nothing_beside_itself() {
    let mut rng = Rng(77);
    for case in 0..100 {
        let text = Text::generate(&mut rng);
        let agreement = text.agreement();
        assert!(effect(&agreement, &agreement).is_empty(), "{case}");
        // Another name for every rule says nothing new either.
        let mut turned = text.clone();
        turned.rules.reverse();
        turned.gates.reverse();
        assert!(effect(&agreement, &turned.agreement()).acts.is_empty(), "{case}");
    }
}
