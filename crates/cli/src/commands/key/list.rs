//! `concordat key list`: which key signed what, and in which time.

use std::ops::ControlFlow;

use serde::Serialize;

use super::super::look::see_folding;
use crate::archive::{Epoch, InDoubt, Signings};
use crate::args::Look;
use crate::failure::Failure;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    epoch: Epoch,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    in_doubt: Vec<InDoubt>,
}

pub(super) fn run(look: &Look, out: Out) -> Result<(), Failure> {
    let mut signings = Signings::default();
    let seen = see_folding(look, out, |step| {
        signings.heard(step.index, step.signed, step.verdict, step.state);
        ControlFlow::Continue(())
    })?;
    let doubts = signings.in_doubt(seen.state());
    let mut epochs = signings.epochs(seen.state());
    if look.party.is_some() {
        epochs.retain(|epoch| epoch.party == look.party);
    }
    let listed = epochs.into_iter().map(|epoch| {
        let own = doubts.iter().filter(|doubt| doubt.key == epoch.key).cloned();
        Listed { in_doubt: own.collect(), epoch }
    });
    listed.collect::<Vec<_>>().iter().try_for_each(|listed| out.answer(listed, || told(listed)))
}

fn told(listed: &Listed) -> String {
    let Listed { epoch, in_doubt } = listed;
    let mut lines = vec![epoch.to_string()];
    if !epoch.signed.is_empty() {
        lines.push(format!("  signed {}", epoch.signed));
    }
    if let Some(member) = &epoch.member {
        lines.push(format!("  member {member}, under mandates"));
    }
    if let Some(hint) = &epoch.hint {
        lines.push(format!("  in exports {hint}"));
    }
    lines.extend(in_doubt.iter().map(|doubt| format!("  {doubt}")));
    lines.join("\n")
}
