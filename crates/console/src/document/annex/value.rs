//! Annex E: what each brings, owns, pays and answers for.

use concordat_agreement::{Adjacency, AssetKind, IpModel, Terms, english};
use concordat_terms::ClauseRef;
use maud::{Markup, html};

use super::super::index::{Index, none, or_none, row};
use super::table;

pub(super) fn value(index: &Index<'_>) -> Markup {
    html! {
        (contributions(index))
        (ownership(index))
        (accounts(index))
        (budgets(index))
        (liability(index))
        (warranties(index))
    }
}

/// What seats bring: duties that say so, and the assets that they hold.
fn contributions(index: &Index<'_>) -> Markup {
    let mut found: Vec<(String, &str, Vec<Markup>)> = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let cited = ClauseRef::new(&module.id, &clause.id);
        let (seat, kind, what, when) = match &clause.terms {
            Terms::Duty(duty) => {
                let Some(kind) = duty.contributes else { continue };
                let when = index.words(&module.id, None, &english::due(&duty.due));
                (&duty.owner, kind.as_str(), html! { (duty.duty) }, when)
            }
            Terms::Asset(asset) => {
                let kind = match asset.kind {
                    AssetKind::Dataset => "data",
                    AssetKind::Model | AssetKind::Code => "model",
                    AssetKind::Report => continue,
                };
                let what = html! { "holds " (asset.asset) };
                (&asset.holder, kind, what, none())
            }
            _ => continue,
        };
        let row = vec![index.seat(seat), html! { (kind) }, what, when, index.cite(&cited)];
        found.push((seat.to_string(), kind, row));
    }
    found.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let rows = found.into_iter().map(|(.., row)| row);
    table("What each seat brings", &["Seat", "Kind", "What", "When", "Clause"], rows)
}

fn ownership(index: &Index<'_>) -> Markup {
    let mut rows = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let Terms::Ip(ip) = &clause.terms else { continue };
        let shares = ip.shares.iter().map(|(seat, share)| html! { (index.seat(seat)) " " (share) });
        rows.push(vec![
            if ip.on.is_empty() {
                html! { "What the partnership makes" }
            } else {
                row(ip.on.iter().map(|asset| index.asset(asset)))
            },
            html! { (match ip.ip {
                IpModel::GovernmentOwned => "the public side owns it",
                IpModel::JointPool => "the parties own it together",
                IpModel::PrivateRetained => "the private side keeps it",
            }) },
            if ip.by_lineage {
                html! { "by lineage" }
            } else {
                row(shares)
            },
            row(ip.licensed_to.iter().map(|seat| index.seat(seat))),
            match ip.royalty {
                Some(royalty) => html! { (royalty) " of reported revenue" },
                None => none(),
            },
            html! { (if ip.public_use { "free of royalty" } else { "–" }) },
            match &ip.licence_out_by {
                Some(body) => index.body(body),
                None => none(),
            },
            index.cite(&ClauseRef::new(&module.id, &clause.id)),
        ]);
    }
    let heads = [
        "Of what",
        "Model",
        "Shares",
        "Licensed to",
        "Royalty",
        "Public use",
        "Outsiders licensed by",
        "Clause",
    ];
    table("Ownership, licences and royalties", &heads, rows)
}

fn accounts(index: &Index<'_>) -> Markup {
    let mut rows = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let Terms::Account(account) = &clause.terms else { continue };
        rows.push(vec![
            html! { (account.account) },
            index.seat(&account.holder),
            html! { (account.unit) " " (account.ceiling) },
            match &account.allocated_by {
                Some(body) => index.body(body),
                None => none(),
            },
            or_none(account.alert_at.map(|at| format!("{at} of it"))),
            index.cite(&ClauseRef::new(&module.id, &clause.id)),
        ]);
    }
    let heads = ["Account", "Spent by", "Ceiling", "Allocated by", "Warning at", "Clause"];
    table("Accounts", &heads, rows)
}

fn budgets(index: &Index<'_>) -> Markup {
    let rows = index.agreement.privacies().map(|cited| {
        let holder = index.agreement.asset(&cited.terms.privacy).map(|asset| &asset.terms.holder);
        vec![
            index.asset(&cited.terms.privacy),
            match holder {
                Some(seat) => html! { "each " (index.seat(seat)) },
                None => none(),
            },
            html! { (cited.terms.epsilon) },
            html! { (cited.terms.delta) },
            html! { (match cited.terms.adjacency {
                Adjacency::AddRemove => "a person more or less",
                Adjacency::Replace => "a person replaced",
            }) },
            index.cite(&cited.clause),
        ]
    });
    let heads = ["Dataset", "Account of", "ε at most", "δ", "Neighbours differ by", "Clause"];
    table("Privacy budgets, which never refill", &heads, rows)
}

fn liability(index: &Index<'_>) -> Markup {
    let mut rows = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let Terms::Liability(liability) = &clause.terms else { continue };
        rows.push(vec![
            html! { (liability.liability) },
            html! { ol { @for seat in &liability.order { li { (index.seat(seat)) } } } },
            match &liability.cap {
                Some(cap) => html! { span.cited { (cap) } },
                None => html! { "none" },
            },
            if liability.uncapped.is_empty() {
                none()
            } else {
                html! { (liability.uncapped.join("; ")) }
            },
            match &liability.amounts {
                Some(table) => index.cite_from(&module.id, table),
                None => none(),
            },
            index.cite(&ClauseRef::new(&module.id, &clause.id)),
        ]);
    }
    let heads = ["For what", "Who answers, in order", "Cap", "Not capped", "Amounts", "Clause"];
    table("Liability", &heads, rows)
}

fn warranties(index: &Index<'_>) -> Markup {
    let mut rows = Vec::new();
    for (module, clause) in index.agreement.clauses() {
        let Terms::Warranty(warranty) = &clause.terms else { continue };
        let measure = match (&warranty.metric, warranty.at_least) {
            (Some(metric), Some(least)) => html! { code { (metric) } " at least " (least) },
            _ => none(),
        };
        rows.push(vec![
            html! { (warranty.warranty) },
            index.seat(&warranty.by),
            row(warranty.to.iter().map(|seat| index.seat(seat))),
            measure,
            match &warranty.remedy {
                Some(remedy) => index.cite_from(&module.id, remedy),
                None => none(),
            },
            index.cite(&ClauseRef::new(&module.id, &clause.id)),
        ]);
    }
    let heads = ["What", "By", "To", "Measured", "If not", "Clause"];
    table("Warranties", &heads, rows)
}
