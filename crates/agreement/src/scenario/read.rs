//! A `scenario` block to a typed scenario, with every step that is wrong.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::fields::{Fields, wrong_type};
use crate::limits::STEPS_MAX;
use crate::shape::Slot;
use crate::source::Wrong;

use super::token::{Token, lines};
use super::{Scenario, Step, step};

/// Reads a block; `None` after a mistake, which `fields` holds.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Scenario> {
    let name = <String as Slot>::take(fields, "name", false);
    let after = <Option<String> as Slot>::take(fields, "after", false);
    let steps = steps(fields);
    fields.end();
    let place = |field: &str| fields.places.get(field).cloned();
    let (span, after_at) = (place("name"), place("after"));
    let sound = fields.found.is_empty();
    let scenario = Scenario { name: name?, after: after?, steps: steps?, span: span?, after_at };
    sound.then_some(scenario)
}

fn steps(fields: &mut Fields<'_>) -> Option<Vec<Step>> {
    let Some(value) = fields.take("steps") else { return fields.missing("steps") };
    let span = value.span();
    let Some(text) = value.get_ref().as_str() else {
        fields.fail(&span, wrong_type("a text in three quotes", value.get_ref()));
        return None;
    };
    let Some(start) = start(fields.raw(&span)) else {
        let what = "steps stand between three quotes, without a backslash";
        let hint = "write `steps = \"\"\"`, one step a line, and `\"\"\"` below them";
        fields.fail(&span, Wrong::new("bad-step", what, hint));
        return None;
    };
    // Nothing in it is spelt otherwise than it reads: a place in the text is one in the file.
    let in_block = |range: &Range<usize>| {
        let from = span.start + start;
        from + range.start..from + range.end
    };
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for (at, line) in lines(text).into_iter().enumerate() {
        if at == STEPS_MAX {
            let begin = line.map_or_else(|(range, _)| range, |tokens| whole_of(&tokens));
            let what = format!("the scenario has more than {STEPS_MAX} steps");
            let hint = "tell it in several, each `after` the one before";
            faults.push((begin, Wrong::new("too-many-steps", what, hint)));
            break;
        }
        let step = line.and_then(|line| step::read(&line, &|range| fields.span(&in_block(range))));
        match step {
            Ok(step) => read.push(step),
            Err(fault) => faults.push(fault),
        }
    }
    if read.is_empty() && faults.is_empty() {
        let hint = "write one step a line: docs/reference/scenarios.md";
        faults.push((0..0, Wrong::new("empty-text", "the scenario has no steps", hint)));
    }
    let whole = faults.is_empty();
    let mut told: BTreeSet<String> = BTreeSet::new();
    for (range, wrong) in faults {
        // A day or a period that is written wrongly in every step is told once.
        let again =
            matches!(wrong.code, "bad-date" | "bad-period") && !told.insert(wrong.what.clone());
        if !again {
            fields.fail(&in_block(&range), wrong);
        }
    }
    whole.then_some(read)
}

/// Where the words of a step stand.
fn whole_of(tokens: &[Token<'_>]) -> Range<usize> {
    let first = tokens.first().map_or(0, |token| token.range.start);
    first..tokens.last().map_or(first, |token| token.range.end)
}

/// Where in a long TOML text its value begins; none in one that is not long, or has escapes.
fn start(raw: &str) -> Option<usize> {
    let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| raw.starts_with(quotes))?;
    let inner = raw.get(quotes.len()..).filter(|inner| !inner.contains('\\'))?;
    Some(quotes.len() + usize::from(inner.starts_with('\n')))
}
