//! Fewer acts that still break the same invariant: the log of a seed is signed anew without some of
//! its acts, one chunk after another, as long as it breaks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use concordat_partnership::Act;
use concordat_partnership::act::{Header, Seen as Sight};
use concordat_terms::Timestamp;

use crate::invariant::{Broken, Invariant, Seen, Watch};
use crate::party::Draft;
use crate::play::{Options, play};
use crate::story::Line;
use crate::view::View;
use crate::world::world;

/// The shortest story found that breaks what the seed breaks, as one replica folds it; `None` if the
/// seed breaks nothing, or only what takes several replicas.
pub fn shrink(seed: u64, options: Options) -> Option<Vec<Line>> {
    let outcome = play(seed, options);
    let invariant = outcome.broken?.1.invariant;
    let mut script = outcome.script;
    retell(seed, &script, options).filter(|(_, broken)| broken.invariant == invariant)?;
    let mut chunk = script.len() / 2;
    while chunk > 0 {
        let mut from = 0;
        while from < script.len() {
            let mut fewer = script.clone();
            fewer.drain(from..(from + chunk).min(script.len()));
            match breaks(seed, &fewer, options, invariant) {
                true => script = fewer,
                false => from += chunk,
            }
        }
        chunk /= 2;
    }
    retell(seed, &script, options).map(|(lines, _)| lines)
}

fn breaks(seed: u64, script: &[Draft], options: Options, invariant: Invariant) -> bool {
    retell(seed, script, options).is_some_and(|(_, broken)| broken.invariant == invariant)
}

/// The story up to what breaks, if something does.
fn retell(seed: u64, script: &[Draft], options: Options) -> Option<(Vec<Line>, Broken)> {
    let mut lines = Vec::new();
    let told = catch_unwind(AssertUnwindSafe(|| fold(seed, script, options, &mut lines)));
    let what = "the fold panics".to_owned();
    let panics = Broken { invariant: Invariant::NothingPanics, what };
    told.unwrap_or(Some(panics)).map(|broken| (lines, broken))
}

fn fold(seed: u64, script: &[Draft], options: Options, lines: &mut Vec<Line>) -> Option<Broken> {
    let world = world(seed);
    let mut replica = world.replica.clone();
    let mut watch = Watch::new();
    watch.begun(world);
    for (nonce, draft) in script.iter().enumerate() {
        let before = replica.state().clone();
        let now = before.time().unwrap_or(Timestamp::EPOCH);
        let header = Header {
            log: before.log()?,
            signers: draft.signers.clone(),
            nonce: format!("{:032x}", nonce + (1 << 40)),
            seen: Sight { size: replica.size(), root: replica.root() },
            expires_at: now.plus("P9D".parse().ok()?),
            attached: None,
        };
        if matches!(draft.act, Act::Genesis(_)) {
            continue;
        }
        let Some(entry) = world.ring.seal(&header, &draft.act) else { continue };
        let opened = replica.open(&entry);
        let signed = opened.signed().cloned();
        let index = replica.size();
        let Ok(verdict) = replica.step_opened(&opened) else { continue };
        let mut seen = Seen {
            index,
            signed,
            verdict,
            before: View::of(&before),
            after: View::of(replica.state()),
            books_only: replica.state().equals_but_for_books(&before),
        };
        if let Some(fault) = options.fault {
            fault(&mut seen);
        }
        lines.push(Line::of(&seen));
        if let Err(broken) = watch.see(&seen, &before) {
            return Some(broken);
        }
    }
    None
}
