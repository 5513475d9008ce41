//! Ladders: each kind of case goes up one, and every stage but the last comes to an end.

use std::collections::BTreeSet;

use crate::source::Wrong;
use crate::{Clause, Ladder, Module, Terms};

use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let mut climbing = BTreeSet::new();
    let ladders = check.each(|t| if let Terms::Ladder(l) = t { Some(l) } else { None });
    for (at, ladder) in ladders {
        for (index, kind) in ladder.cases.iter().enumerate() {
            if !climbing.insert(*kind) {
                let what = format!("cases of the kind `{kind}` go up a ladder already");
                let wrong = Wrong::new("used-twice", what, "name each kind in one ladder");
                check.fail(at, &format!("cases[{index}]"), wrong);
            }
        }
        stages(check, at, ladder);
    }
}

fn stages(check: &mut Check<'_>, at: (&Module, &Clause), ladder: &Ladder) {
    let last = ladder.stages.len().saturating_sub(1);
    for (index, stage) in ladder.stages.iter().enumerate() {
        let field = |name: &str| format!("stages[{index}].{name}");
        if ladder.stages.iter().take(index).any(|earlier| earlier.stage == stage.stage) {
            let what = format!("the stage `{}` is named twice", stage.stage);
            let wrong = Wrong::new("used-twice", what, "give each stage its own name");
            check.fail(at, &field("stage"), wrong);
        }
        if index < last && stage.within.is_none() {
            let what = format!("the stage `{}` has no end, and others come after it", stage.stage);
            let wrong = Wrong::new("missing-field", what, "add `within`, like `\"P30D\"`");
            check.fail(at, &field("stage"), wrong);
        }
        if index == last && stage.within.is_some() {
            let what = format!("the stage `{}` ends, and none comes after it", stage.stage);
            let hint = "add the stage that comes then, or remove `within`";
            let wrong = Wrong::new("missing-field", what, hint);
            check.fail(at, &field("within"), wrong);
        }
    }
}
