//! The boilerplate: one instrument, shares that sum to one, words without teeth they cannot have.

use std::collections::BTreeSet;

use concordat_terms::{ActName, Aspect, Decimal, RuledBy, Severity};

use crate::source::Wrong;
use crate::{
    Asset, AssetKind, Clause, Consent, Force, IfInvalid, Instrument, Ip, Liability, Module,
    Objective, Playbook, TableOf, Terms, Vehicle,
};

use super::{Check, half};

type At<'a> = (&'a Module, &'a Clause);

pub(super) fn check(check: &mut Check<'_>) {
    let instruments = check.each(|t| if let Terms::Instrument(i) = t { Some(i) } else { None });
    for (index, (at, terms)) in instruments.into_iter().enumerate() {
        if index > 0 {
            let what = "an agreement is one instrument, and this is another";
            check.fail(at, "id", Wrong::new("two-of-a-kind", what, "remove one of them"));
        }
        instrument(check, at, terms);
    }
    let agreement = check.agreement;
    for at in agreement.clauses() {
        standing(check, at);
        match &at.1.terms {
            Terms::Asset(asset) if asset.kind == AssetKind::Dataset => data_use(check, at, asset),
            Terms::Ip(terms) => ip(check, at, terms),
            Terms::Liability(terms) => liability(check, at, terms),
            Terms::Table(terms) => table(check, at, terms),
            Terms::Objective(Objective { metric, at_least, .. }) => {
                half(check, at, metric.is_some(), at_least.is_some(), "");
            }
            _ => {}
        }
    }
}

/// Each change of parties once, with a body where one decides, and none that a party makes alone
/// against another.
fn changes(check: &mut Check<'_>, at: At<'_>, instrument: &Instrument) {
    let mut seen = BTreeSet::new();
    for (index, row) in instrument.changes.iter().enumerate() {
        let act = row.change;
        let field = format!("changes[{index}].change");
        if act.ruled_by() != RuledBy::Instrument {
            let what = format!("`{act}` changes nothing about who the parties are");
            let hint = "name `party.accede`, `party.withdraw` or another act of a party";
            check.fail(at, &field, Wrong::new("no-party-change", what, hint));
        } else if !seen.insert(act) {
            let what = format!("`{act}` has a row already");
            check.fail(at, &field, Wrong::new("used-twice", what, "write one row for each act"));
        }
        if act == ActName::PartyControlChange {
            let what = "a party tells that its control has changed, and asks nobody";
            let hint = "remove the row; `party.clear` takes consent";
            check.fail(at, &field, Wrong::new("no-party-change", what, hint));
        }
        let body = format!("changes[{index}].body");
        if row.consent == Consent::Body && row.body.is_none() {
            let hint = "add `body`, or choose `others`";
            let wrong = Wrong::new("missing-field", "no body is named that decides", hint);
            check.fail(at, &format!("changes[{index}].consent"), wrong);
        }
        if row.consent != Consent::Body && row.body.is_some() {
            let what = "a body is named, and it decides nothing here";
            let hint = "write `consent = \"body\"`, or remove `body`";
            check.fail(at, &body, Wrong::new("body-without-say", what, hint));
        }
        if row.body.is_some() && !act.about().contains(&Aspect::Decision) {
            let what = format!("no motion decides `{act}`");
            let hint = "write `consent = \"own\"` or `consent = \"others\"`";
            check.fail(at, &body, Wrong::new("body-without-say", what, hint));
        }
        if row.consent == Consent::Own
            && matches!(
                act,
                ActName::PartyExpel
                    | ActName::PartyClear
                    | ActName::PartyAccede
                    | ActName::KeyRecover
            )
        {
            let what = format!("no party does `{act}` by itself");
            let hint = "write `consent = \"others\"`, or name a body";
            let field = format!("changes[{index}].consent");
            check.fail(at, &field, Wrong::new("alone-against-others", what, hint));
        }
    }
}

fn instrument(check: &mut Check<'_>, at: At<'_>, instrument: &Instrument) {
    let layers: BTreeSet<_> = instrument.precedence.iter().collect();
    if layers.len() < instrument.precedence.len() {
        let what = "`precedence` names a layer twice";
        check.fail(at, "precedence", Wrong::new("used-twice", what, "name each layer once"));
    }
    changes(check, at, instrument);
    playbook(check, at, instrument);
    regimes(check, at, instrument);
    let liability: &[&'static str] = &["liability"];
    check.points(at, "wrong_verdicts", instrument.wrong_verdicts.as_ref(), liability);
    check.points(at, "operator_faults", instrument.operator_faults.as_ref(), liability);
    if instrument.vehicle == Some(Vehicle::FixedDeliverable)
        && let Some(clause) = updates(check)
    {
        let what = format!(
            "a contract for one deliverable as specified cannot carry `{clause}`, which updates a model"
        );
        let hint = "choose `continuous-service` or `framework`, or remove the updates";
        check.fail(at, "vehicle", Wrong::new("vehicle-cannot-carry", what, hint));
    }
}

/// What has to come from a playbook does, in the version that was voted on.
fn playbook(check: &mut Check<'_>, at: At<'_>, instrument: &Instrument) {
    let Some(Playbook { asset, version }) = &instrument.playbook else { return };
    let (field, what) = match &instrument.pack {
        None => ("playbook.asset", format!("nothing says from which version of `{asset}` it is")),
        Some(made) if made.digest != *version => {
            let (is, voted) = (made.digest.short(), version.short());
            let what = format!(
                "the pack's digest is {is}, and the version of `{asset}` that was voted on is {voted}"
            );
            ("pack.digest", what)
        }
        Some(_) => return,
    };
    let hint = "make the agreement from that version, or name the one that it is made from";
    check.fail(at, field, Wrong::new("another-playbook", what, hint));
}

/// Each seat once, each of its regimes once, and one of them prevails.
fn regimes(check: &mut Check<'_>, at: At<'_>, instrument: &Instrument) {
    let mut seats = BTreeSet::new();
    for (index, row) in instrument.regimes.iter().enumerate() {
        let field = |name: &str| format!("regimes[{index}].{name}");
        if !seats.insert(&row.seat) {
            let what = format!("`{}` has a row already", row.seat);
            let wrong = Wrong::new("used-twice", what, "write one row for each seat");
            check.fail(at, &field("seat"), wrong);
        }
        let under: BTreeSet<_> = row.under.iter().collect();
        if under.len() < row.under.len() {
            let wrong = Wrong::new("used-twice", "a regime is named twice", "name each once");
            check.fail(at, &field("under"), wrong);
        }
        if let Some(regime) = row.prevails.as_ref().filter(|regime| !under.contains(regime)) {
            let what = format!("`{}` does not stand under `{regime}`", row.seat);
            let hint = format!("add `{regime}` to `under`, or name one that is there");
            check.fail(at, &field("prevails"), Wrong::new("regime-not-listed", what, hint));
        }
    }
}

/// A clause by which a model changes after it was delivered.
fn updates(check: &Check<'_>) -> Option<String> {
    let model = |asset| {
        let asset = check.agreement.asset(asset);
        asset.is_some_and(|asset| asset.terms.kind == AssetKind::Model)
    };
    let found = check.agreement.clauses().find(|(_, clause)| match &clause.terms {
        Terms::Permit(rule) => rule.act == ActName::UpdateDeclare,
        Terms::Duty(duty) => {
            duty.discharged_by == ActName::UpdateDeclare
                || (duty.due.every.is_some() && duty.on.iter().any(model))
        }
        _ => false,
    });
    found.map(|(module, clause)| format!("{}/{}", module.id, clause.id))
}

/// What a clause says about itself.
fn standing(check: &mut Check<'_>, at: At<'_>) {
    let standing = &at.1.standing;
    if standing.effect == Some(Force::NonBinding)
        && let Some((field, tooth)) = teeth(&at.1.terms)
    {
        let what = format!("a clause that does not bind cannot carry {tooth}");
        let hint = "remove it, or let the clause bind";
        check.fail(at, field, Wrong::new("non-binding-with-teeth", what, hint));
    }
    let replace = standing.if_invalid == Some(IfInvalid::Replace);
    if replace != standing.replaced_by.is_some() {
        let (field, what, hint) = if replace {
            ("if_invalid", "nothing says what replaces it", "add `replaced_by`")
        } else {
            ("replaced_by", "it is replaced by nothing", "add `if_invalid = \"replace\"`")
        };
        check.fail(at, field, Wrong::new("half-a-replacement", what, hint));
    }
    let kind = [at.1.terms.kind()];
    check.points(at, "replaced_by", standing.replaced_by.as_ref(), &kind);
}

/// What would be enforced against somebody: a cap, a sanction, a payment.
fn teeth(terms: &Terms) -> Option<(&'static str, &'static str)> {
    match terms {
        Terms::Liability(l) if l.cap.is_some() => Some(("cap", "a cap")),
        Terms::Liability(_) => Some(("order", "liability")),
        Terms::Duty(d) if d.consequence.is_some() => Some(("else", "a sanction")),
        Terms::Duty(d) if d.cure.is_some() => Some(("cure", "a breach")),
        Terms::Power(_) => Some(("power", "a power")),
        Terms::Forbid(_) => Some(("forbid", "a prohibition")),
        Terms::Gate(_) => Some(("gate", "a gate")),
        Terms::Warranty(w) if w.remedy.is_some() => Some(("remedy", "a remedy")),
        Terms::Ip(ip) if ip.royalty.is_some() => Some(("royalty", "a royalty")),
        Terms::Account(_) => Some(("ceiling", "a ceiling")),
        _ => None,
    }
}

/// A data-use agreement says what, for what, who owns what is derived, how it is anonymised and
/// who may audit (the second cannot be left out of an asset).
fn data_use(check: &mut Check<'_>, at: At<'_>, asset: &Asset) {
    let says = [
        ("columns", asset.columns.is_empty(), "which data it is"),
        ("derived_owner", asset.derived_owner.is_empty(), "who owns what is derived from it"),
        ("anonymisation", asset.anonymisation.is_none(), "by which standard it is anonymised"),
        ("audit_by", asset.audit_by.is_empty(), "who may audit its use"),
    ];
    let missing = || says.iter().filter(|(_, missing, _)| *missing);
    let unsaid: Vec<&str> = missing().map(|(.., says)| *says).collect();
    let fields: Vec<String> = missing().map(|(field, ..)| format!("`{field}`")).collect();
    if unsaid.is_empty() {
        return;
    }
    let what = format!("nothing says {}", unsaid.join(", or "));
    let hint = format!("add {} to the asset", fields.join(" and "));
    let wrong = Wrong::new("data-use-incomplete", what, hint);
    check.say(Severity::Warning, at, "asset", wrong);
}

fn ip(check: &mut Check<'_>, at: At<'_>, ip: &Ip) {
    let one = Decimal::whole(1).unwrap_or(Decimal::ZERO);
    let sum = ip.shares.values().try_fold(Decimal::ZERO, |sum, share| sum.plus(*share));
    if !ip.shares.is_empty() && sum != Some(one) {
        let sum = sum.map_or_else(|| "more than can be told".to_owned(), |sum| sum.to_string());
        let what = format!("the shares sum to {sum}, not to 1");
        let hint = "write each share as a fraction of 1";
        check.fail(at, "shares", Wrong::new("shares-do-not-sum", what, hint));
    }
    for (field, value) in [("royalty", ip.royalty)]
        .into_iter()
        .chain(ip.shares.values().map(|share| ("shares", Some(*share))))
    {
        if value.is_some_and(|value| value < Decimal::ZERO || value > one) {
            let what = format!("`{field}` holds a fraction outside of 0 to 1");
            check.fail(at, field, Wrong::new("bad-number", what, "write 0.05 for 5 %"));
        }
    }
}

fn liability(check: &mut Check<'_>, at: At<'_>, liability: &Liability) {
    for (index, seat) in liability.order.iter().enumerate() {
        if liability.order.iter().take(index).any(|earlier| earlier == seat) {
            let what = format!("`{seat}` is named twice");
            let wrong = Wrong::new("used-twice", what, "name each seat once");
            check.fail(at, &format!("order[{index}]"), wrong);
        }
    }
    check.points(at, "amounts", liability.amounts.as_ref(), &["table"]);
    if let (Some(cap), Some(base)) = (&liability.cap, &liability.base)
        && cap.currency() != base.currency()
    {
        let what = format!("`base` is in {}, and the cap in {}", base.currency(), cap.currency());
        let hint = "write both in one currency";
        check.fail(at, "base", Wrong::new("two-currencies", what, hint));
    }
}

fn table(check: &mut Check<'_>, at: At<'_>, table: &TableOf) {
    for (index, row) in table.rows.iter().enumerate() {
        if row.0.len() != table.columns.len() {
            let (cells, columns) = (row.0.len(), table.columns.len());
            let what =
                format!("row {} has {cells} cells, and there are {columns} columns", index + 1);
            let wrong = Wrong::new("ragged-table", what, "write one cell for each column");
            check.fail(at, &format!("rows[{index}][0]"), wrong);
        }
    }
}
