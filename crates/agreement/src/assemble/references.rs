//! Names: each is defined once, and whatever is named is defined.

use std::collections::BTreeMap;

use concordat_terms::{PartyId, Severity};

use crate::nearest::suggest;
use crate::source::Wrong;
use crate::{Asset, AssetKind, Clause, ColumnKind, Module, Rule, Terms};

use super::Check;

type At<'a> = (&'a Module, &'a Clause);

/// Kinds whose clause is a name that others use, with the word for it.
fn defines(terms: &Terms) -> Option<&'static str> {
    match terms {
        Terms::Party(_) => Some("party"),
        Terms::Seat(_) => Some("seat"),
        Terms::Purpose(_) => Some("purpose"),
        Terms::Asset(_) => Some("asset"),
        Terms::Body(_) => Some("body"),
        _ => None,
    }
}

pub(super) fn check(check: &mut Check<'_>) {
    let agreement = check.agreement;
    let mut names: BTreeMap<&'static str, BTreeMap<&str, At<'_>>> = BTreeMap::new();
    for at in agreement.clauses() {
        let Some(kind) = defines(&at.1.terms) else { continue };
        let first = *names.entry(kind).or_default().entry(at.1.id.as_str()).or_insert(at);
        if !std::ptr::eq(first.1, at.1) {
            let what = format!("there are two {kind} clauses `{}`", at.1.id);
            let hint = format!("rename one: the other is in module `{}`", first.0.id);
            check.fail(at, "id", Wrong::new("used-twice", what, hint));
        }
    }
    for at in agreement.clauses() {
        let signs = matches!(at.1.terms, Terms::Party(_) | Terms::Seat(_));
        if signs && at.1.id.as_str() == "all" {
            let what = "`all` stands for every party among signers";
            check.fail(at, "id", Wrong::new("reserved-name", what, "choose another name"));
        }
        let built_in = matches!(at.1.id.as_str(), "signatory" | "sequencer");
        if built_in && matches!(at.1.terms, Terms::Seat(_)) {
            let what =
                format!("the seat `{}` is filled by the log's founding, not by a clause", at.1.id);
            check.fail(at, "id", Wrong::new("reserved-name", what, "choose another name"));
        }
        let seat_of_this_name = names.get("seat").and_then(|s| s.get(at.1.id.as_str()));
        if let (Terms::Party(_), Some(seat)) = (&at.1.terms, seat_of_this_name) {
            let what = format!("`{}` is a party and a seat", at.1.id);
            let hint = "rename the seat, so that a signature names one of them";
            check.fail(*seat, "id", Wrong::new("used-twice", what, hint));
        }
    }

    let names = Names(names);
    for at in agreement.clauses() {
        clause(check, &names, at);
    }
}

/// What is defined, by kind.
struct Names<'a>(BTreeMap<&'static str, BTreeMap<&'a str, At<'a>>>);

impl Names<'_> {
    fn need(&self, check: &mut Check<'_>, at: At<'_>, field: &str, kind: &'static str, name: &str) {
        let known = self.0.get(kind);
        if known.is_some_and(|names| names.contains_key(name)) {
            return;
        }
        let names: Vec<&str> = known.into_iter().flat_map(|n| n.keys().copied()).collect();
        let what = format!("there is no {kind} `{name}`");
        let hint = suggest(name, names.iter().copied());
        check.fail(at, field, Wrong::new("unknown-reference", what, hint));
    }

    fn need_all<'n>(
        &self,
        check: &mut Check<'_>,
        at: At<'_>,
        field: &str,
        kind: &'static str,
        list: impl IntoIterator<Item = &'n str>,
    ) {
        for (index, name) in list.into_iter().enumerate() {
            self.need(check, at, &format!("{field}[{index}]"), kind, name);
        }
    }
}

fn clause(check: &mut Check<'_>, names: &Names<'_>, at: At<'_>) {
    match &at.1.terms {
        Terms::Seat(seat) => {
            let parties = seat.filled_by.iter().map(PartyId::as_str);
            names.need_all(check, at, "filled_by", "party", parties);
            once(check, at, "filled_by", &seat.filled_by);
            if seat.filled_by.is_empty() {
                let what = format!("nobody fills the seat `{}`", at.1.id);
                let hint = "name at least one party in `filled_by`";
                check.fail(at, "filled_by", Wrong::new("seat-unfilled", what, hint));
            }
        }
        Terms::Asset(terms) => {
            names.need(check, at, "holder", "seat", terms.holder.as_str());
            let purposes = terms.purposes.iter().map(|p| p.as_str());
            names.need_all(check, at, "purposes", "purpose", purposes);
            asset(check, at, terms);
        }
        Terms::Permit(rule) | Terms::Forbid(rule) => {
            names.need_all(check, at, "by", "seat", rule.by.iter().map(|s| s.as_str()));
            names.need_all(check, at, "on", "asset", rule.on.iter().map(|a| a.as_str()));
            let purposes = rule.purposes.iter().map(|p| p.as_str());
            names.need_all(check, at, "purposes", "purpose", purposes);
            if matches!(at.1.terms, Terms::Permit(_)) {
                purposes_fit(check, at, rule);
            }
        }
        Terms::Gate(gate) => {
            for (index, module) in gate.modules.iter().enumerate() {
                let known = check.agreement.modules();
                if !known.contains_key(module) {
                    let all: Vec<&str> = known.keys().map(|m| m.as_str()).collect();
                    let what = format!("there is no module `{module}`");
                    let hint = suggest(module.as_str(), all.iter().copied());
                    let wrong = Wrong::new("unknown-reference", what, hint);
                    check.fail(at, &format!("modules[{index}]"), wrong);
                }
            }
            for (index, approval) in gate.approvals.iter().enumerate() {
                let field = format!("approvals[{index}].seat");
                names.need(check, at, &field, "seat", approval.seat.as_str());
            }
            for (index, evidence) in gate.evidence.iter().enumerate() {
                let field = format!("evidence[{index}].by");
                names.need(check, at, &field, "seat", evidence.by.as_str());
            }
            if let Some(body) = &gate.motion {
                names.need(check, at, "motion", "body", body.as_str());
            }
        }
        Terms::Body(body) => names.need(check, at, "members", "seat", body.members.as_str()),
        Terms::Privacy(privacy) => {
            names.need(check, at, "privacy", "asset", privacy.privacy.as_str());
        }
        Terms::Aggregation(terms) => names.need(check, at, "of", "seat", terms.of.as_str()),
        Terms::Witnesses(terms) => {
            let parties = terms.witnesses.iter().map(PartyId::as_str);
            names.need_all(check, at, "witnesses", "party", parties);
            once(check, at, "witnesses", &terms.witnesses);
        }
        Terms::Party(_) | Terms::Purpose(_) | Terms::Objective(_) | Terms::Term(_) => {}
    }
}

/// A party that is named twice would count twice.
fn once(check: &mut Check<'_>, at: At<'_>, field: &str, list: &[PartyId]) {
    for (index, party) in list.iter().enumerate() {
        if list.iter().take(index).any(|earlier| earlier == party) {
            let what = format!("`{party}` is named twice");
            let wrong = Wrong::new("used-twice", what, "remove it here");
            check.fail(at, &format!("{field}[{index}]"), wrong);
        }
    }
}

fn purposes_fit(check: &mut Check<'_>, at: At<'_>, rule: &Rule) {
    for asset in rule.on.iter().filter_map(|id| check.agreement.asset(id)) {
        for (index, purpose) in rule.purposes.iter().enumerate() {
            if !asset.terms.purposes.contains(purpose) {
                let what = format!("`{}` may never be used for `{purpose}`", asset.clause.clause);
                let hint = "add the purpose to the asset, or remove it here";
                let wrong = Wrong::new("purpose-not-of-asset", what, hint);
                check.fail(at, &format!("purposes[{index}]"), wrong);
            }
        }
    }
}

fn asset(check: &mut Check<'_>, at: At<'_>, asset: &Asset) {
    if asset.kind == AssetKind::Model {
        for field in ["person", "rows_per_person", "columns"] {
            if at.1.places.contains_key(field) {
                let what = format!("a model has no `{field}`");
                check.fail(at, field, Wrong::new("not-of-this-kind", what, "remove the field"));
            }
        }
        return;
    }
    for (index, column) in asset.columns.iter().enumerate() {
        let name = format!("columns[{index}].name");
        if asset.columns.iter().take(index).any(|c| c.name == column.name) {
            let what = format!("the column `{}` is named twice", column.name);
            check.fail(at, &name, Wrong::new("used-twice", what, "remove one of them"));
        }
        let number = column.kind == ColumnKind::Number;
        let bounds = (column.min, column.max);
        let bounded = matches!(bounds, (Some(min), Some(max)) if min < max);
        let wrong = match column.kind {
            ColumnKind::Number if !bounded => {
                Some("a number needs `min` below `max`: sensitivity comes from declared bounds")
            }
            ColumnKind::Category if column.levels.len() < 2 => {
                Some("a category needs at least two `levels`")
            }
            _ if !number && bounds != (None, None) => Some("only a number has `min` and `max`"),
            ColumnKind::Number | ColumnKind::Text if !column.levels.is_empty() => {
                Some("only a category has `levels`")
            }
            _ => None,
        };
        if let Some(what) = wrong {
            let hint = "declare what the cells may hold, without looking at the data";
            check.fail(at, &name, Wrong::new("bad-column", what, hint));
        }
    }
    if let Some(person) = &asset.person
        && !asset.columns.iter().any(|c| c.name == *person)
    {
        let what = format!("there is no column `{person}`");
        let hint = suggest(person, asset.columns.iter().map(|c| c.name.as_str()));
        check.fail(at, "person", Wrong::new("unknown-reference", what, hint));
    }
    if asset.rows_per_person == Some(0) {
        let wrong = Wrong::new("bad-number", "no row is about anybody", "write at least 1");
        check.fail(at, "rows_per_person", wrong);
    }
    if asset.columns.is_empty() {
        let what = "the dataset has no columns";
        let hint = "list them, so that every holder brings the same schema";
        check.say(Severity::Warning, at, "id", Wrong::new("no-columns", what, hint));
    }
}
