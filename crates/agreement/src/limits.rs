//! How much one file and one agreement may hold: far more than people write, and little enough
//! that reading costs little whoever wrote it. The numbers are rules (`rules/1/fold.md`, rule 7):
//! every replica reads and refuses the same files.

use crate::Module;
use crate::found::Found;
use crate::source::{Source, Wrong};

/// The largest file that is read: 1 MiB.
pub const BYTES_MAX: usize = 1 << 20;

/// The most lines of a file.
pub const LINES_MAX: usize = 20_000;

/// The longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 16_384;

/// The most clauses of a module.
pub const CLAUSES_MAX: usize = 1_000;

/// The most links of a module to places in the agreement.
pub const LINKS_MAX: usize = 4_000;

/// The most values in a module's blocks: texts, numbers, dates, yes and no.
pub const VALUES_MAX: usize = 10_000;

/// The most items of one list or table.
pub const ITEMS_MAX: usize = 1_000;

/// The most text of conditions in a module, in bytes: each is compiled and kept.
pub const CONDITION_BYTES_MAX: usize = 65_536;

/// The most prose that stands before one clause, in bytes.
pub const PROSE_BYTES_MAX: usize = 65_536;

/// The most modules of an agreement.
pub const MODULES_MAX: usize = 100;

/// The most clauses of an agreement.
pub const AGREEMENT_CLAUSES_MAX: usize = 3_000;

/// The most values of an agreement.
pub const AGREEMENT_VALUES_MAX: usize = 40_000;

/// The most links of an agreement.
pub const AGREEMENT_LINKS_MAX: usize = 12_000;

/// The most steps of one scenario. This and the next two are no rules: scenarios are for people and
/// `check`, and what is too much of them keeps no module from its log.
pub const STEPS_MAX: usize = 200;

/// The most scenarios of an agreement.
pub const SCENARIOS_MAX: usize = 200;

/// The most steps of all scenarios of an agreement.
pub const AGREEMENT_STEPS_MAX: usize = 2_000;

/// How many findings of each weight are kept of one file.
pub(crate) const FINDINGS_MOST: usize = 100;

/// How many findings of each weight are kept of an agreement.
pub(crate) const AGREEMENT_FINDINGS_MOST: usize = 1_000;

/// What is wrong with the lines of a file: they are looked at before anything else is.
pub(crate) fn lines(source: &Source) -> Found {
    let mut found = Found::of_at_most(FINDINGS_MOST);
    if source.line_count() > LINES_MAX {
        let what = format!("the file has more than {LINES_MAX} lines");
        let wrong = Wrong::new("too-many-lines", what, "split it into modules");
        found.push(source.error(&source.line_range(LINES_MAX + 1), wrong));
    }
    for number in 1..=source.line_count() {
        let range = source.line_range(number);
        if range.len() > LINE_BYTES_MAX {
            let what = format!("the line is longer than {LINE_BYTES_MAX} bytes");
            let wrong = Wrong::new("line-too-long", what, "break it: Markdown joins the parts");
            found.push(source.error(&range, wrong));
        }
    }
    found
}

/// What is wrong with the size of a set of modules, at the first that is too many.
pub(crate) fn agreement<'a>(modules: impl Iterator<Item = &'a Module>) -> Found {
    let mut found = Found::of_at_most(FINDINGS_MOST);
    let (mut count, mut clauses, mut values, mut links) = (0, 0, 0, 0);
    for module in modules {
        count += 1;
        clauses += module.clauses.len();
        values += module.values;
        links += module.links.len();
        let beyond = [
            ("modules", count, MODULES_MAX),
            ("clauses", clauses, AGREEMENT_CLAUSES_MAX),
            ("values", values, AGREEMENT_VALUES_MAX),
            ("links", links, AGREEMENT_LINKS_MAX),
        ];
        if let Some((what, _, most)) = beyond.into_iter().find(|(_, have, most)| have > most) {
            let what = format!("the agreement has more than {most} {what}");
            let hint = "make two agreements of it, or say it in fewer";
            found.push(module.about_module("id", Wrong::new("agreement-too-large", what, hint)));
            break;
        }
    }
    found
}
