//! `concordat check --coverage`: what clauses meet of regimes and frameworks, and where regimes
//! differ.

use concordat_agreement::Agreement;
use concordat_node::plain::Kind;
use concordat_partnership::coverage::{
    Applies, Conflict, Coverage, Pack, Requirement, applying, conflicts, covered, regimes_named,
    shipped, shipped_names, uncited,
};
use concordat_partnership::read_pack;
use concordat_terms::{ClauseRef, Date};
use serde::Serialize;

use crate::failure::Failure;
use crate::files;
use crate::files::counted;

/// What was asked about packs.
#[derive(Debug, Default, Serialize)]
pub(super) struct Covered {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coverage: Vec<Coverage>,
    /// How many of these packs were asked for: the others are regimes that the instrument names.
    #[serde(skip)]
    asked: usize,
    /// Clauses of high tier, and those of them that cite nothing of the packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    high_tier: Option<HighTier>,
    /// Where regimes have different clocks for one kind of incident.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<Conflict>,
    /// Regimes that the instrument names and this program has no pack of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown_regimes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct HighTier {
    clauses: usize,
    uncited: Vec<ClauseRef>,
}

impl Covered {
    /// Holds an agreement against the packs asked for, by name or in a file, and against each other
    /// those, the regimes that its instrument names, and those of the parties' countries.
    pub(super) fn of(agreement: &Agreement, names: &[String], on: Date) -> Result<Self, Failure> {
        let mut packs = Vec::new();
        for name in names {
            packs.push(match shipped(name) {
                Some(pack) => pack,
                None => in_file(name)?,
            });
        }
        let asked = packs.len();
        let high_tier = (asked > 0).then(|| {
            let (clauses, uncited) = uncited(agreement, &packs);
            HighTier { clauses, uncited }
        });
        let mut unknown_regimes = Vec::new();
        for name in regimes_named(agreement) {
            if packs.iter().any(|pack| pack.id.as_str() == name) {
                continue;
            }
            match shipped(&name) {
                Some(pack) => packs.push(pack),
                None => unknown_regimes.push(name),
            }
        }
        let coverage = packs.iter().map(|pack| covered(agreement, pack, on)).collect();
        // Whatever the instrument says, the law of the parties' countries binds them.
        for pack in applying(agreement) {
            if !packs.iter().any(|other| other.id == pack.id) {
                packs.push(pack);
            }
        }
        let conflicts = conflicts(agreement, &packs);
        Ok(Self { coverage, asked, high_tier, conflicts, unknown_regimes })
    }

    /// How many requirements of the packs that were asked for apply, and no clause cites them.
    pub(super) fn gaps(&self) -> usize {
        self.coverage.iter().take(self.asked).map(|one| one.gaps).sum()
    }

    pub(super) fn in_words(&self, verbose: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, one) in self.coverage.iter().enumerate() {
            of_pack(one, at < self.asked, verbose, &mut lines);
        }
        if let Some(HighTier { clauses, uncited }) = &self.high_tier {
            let all = counted(*clauses, "clause");
            lines.push(format!("of {all} of high tier {} cite nothing of these", uncited.len()));
            lines.extend(uncited.iter().map(|clause| format!("  uncited  {clause}")));
        }
        for one in &self.conflicts {
            let clocks: Vec<String> =
                one.clocks.iter().map(|(_, row, clock)| format!("{row} {clock}")).collect();
            let (incident, role, to) = (&one.incident, &one.role, &one.to);
            let clocks = clocks.join("; ");
            lines.push(format!("regimes differ on {incident}, {role} to {to}: {clocks}"));
            if !one.open.is_empty() {
                let open: Vec<String> = one.open.iter().map(|seat| format!("`{seat}`")).collect();
                let open = open.join(", ");
                lines
                    .push(format!("  `regimes` of the instrument says nothing of this for {open}"));
            }
        }
        lines.extend(self.unknown_regimes.iter().map(|name| {
            format!("regime `{name}` is none of this program's: name its pack with --coverage FILE")
        }));
        lines
    }
}

fn of_pack(one: &Coverage, asked: bool, verbose: bool, lines: &mut Vec<String>) {
    let Coverage { pack, version, title, met, gaps, beside, requirements, on, .. } = one;
    let apart = requirements.len().saturating_sub(met + gaps);
    let cited = match beside {
        0 => String::new(),
        beside => format!(" ({beside} of them cited all the same)"),
    };
    lines.push(format!(
        "{title} ({pack} {version}) on {on}: {met} met, {}, {apart} not for this agreement{cited}",
        counted(*gaps, "gap")
    ));
    if one.roles_unsaid && requirements.iter().any(|own| own.applies == Applies::Here) {
        lines.push("  no seat says what it is under regimes (`roles`): all are asked".to_owned());
    }
    if one.classes_unsaid && requirements.iter().any(|own| own.applies == Applies::NoClass) {
        lines.push(
            "  no asset says of which class it is (`classes`): rows about some are out".to_owned(),
        );
    }
    for heading in one.headings.iter().filter(|_| verbose) {
        let (met, rows) = (heading.met, heading.rows);
        lines.push(format!("  {met} of {rows}  {} {}", heading.heading, heading.title));
    }
    for own in requirements {
        let Requirement { id, title, source, confirmed, met_by, .. } = own;
        if own.is_gap() && (asked || verbose) {
            lines.push(format!("  gap  {id}: {title} ({source}; {confirmed})"));
        } else if verbose && !met_by.is_empty() {
            let by: Vec<String> =
                met_by.iter().map(|(clause, law)| format!("{clause} ({law})")).collect();
            lines.push(format!("  met  {id}: {}", by.join(", ")));
        }
    }
}

/// A pack in a file.
fn in_file(name: &str) -> Result<Pack, Failure> {
    let path = std::path::Path::new(name);
    if path.symlink_metadata().is_err() {
        let known: Vec<&str> = shipped_names().collect();
        let what = format!("`{name}` is neither a pack of this program nor a file");
        let hint = format!("name one of {}", known.join(", "));
        return Err(Failure::usage("unknown-regime", what, hint));
    }
    let bytes = files::bytes(path, Kind::Blob)?;
    read_pack(&bytes).map(|pack| *pack).map_err(|(count, first)| {
        let what = format!("`{name}` is no pack of a regime: {first} (findings: {count})");
        Failure::usage("bad-regime", what, "compare it with those in `regimes/`")
    })
}
