//! The privacy accounts: how much of what may ever be revealed is used up.

use maud::{Markup, html};

use crate::part;
use crate::view::Budget;

pub(super) fn budgets(budgets: &[Budget]) -> Markup {
    html! {
        @if budgets.is_empty() { p.nothing { "No privacy account has been agreed yet." } } @else {
            p { "What each holder’s rows may reveal about one person, ever. It never refills." }
            @if budgets.iter().any(|budget| budget.spent.is_some() && budget.permille >= NEARLY) {
                p {
                    "An account that is full is no fault: so much was agreed, and so much was used. For \
                     another run the parties agree on more, or bring in rows of other people."
                }
            }
            (part::wide("Privacy budget", &html! {
                table.budget.stack role="table" {
                    caption { "ε spent or reserved by each holder" }
                    (part::heads(&["Holder", "Dataset", "Spent of limit", "Share"]))
                    tbody role="rowgroup" { @for budget in budgets { (row(budget)) } }
                }
            }))
        }
    }
}

/// From so many thousandths on an account is nearly full.
const NEARLY: u32 = 900;

fn row(budget: &Budget) -> Markup {
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { (part::name(&budget.holder)) }
            td role="cell" { (budget.dataset) " " br; (part::clause(&budget.clause)) }
            td role="cell" {
                @match &budget.spent {
                    Some(spent) => { "ε " strong { (spent) } " of " (budget.limit) }
                    None => { "charged, not yet computed; limit ε " (budget.limit) }
                }
                " " br; span.quiet { "at δ " (budget.delta) }
            }
            td role="cell" { @if budget.spent.is_some() { (bar(budget.permille)) } @else { "unknown" } }
        }
    }
}

/// A bar, and the same in figures: the picture alone says nothing to a screen reader.
fn bar(permille: u32) -> Markup {
    let percent = format!("{}.{} %", permille / 10, permille % 10);
    html! {
        span.share { (percent) }
        @if permille >= 990 { " " span.quiet { "as good as nothing is left for another run" } }
        svg.bar.nearly[permille >= NEARLY] viewBox="0 0 1000 80" preserveAspectRatio="none"
            aria-hidden="true" focusable="false" {
            rect.track x="0" y="0" width="1000" height="80" {}
            rect.fill x="0" y="0" width=(permille) height="80" {}
        }
    }
}
