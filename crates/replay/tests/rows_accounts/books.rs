//! Compute credits: allocated by vote, spent by holders, and never more than there is.

use std::str::FromStr;

use concordat_partnership::act::{
    AccountAllocate, AccountOpen, AccountSettle, AccountTransfer, PaymentRecord, UsageReport,
};
use concordat_partnership::{Act, Effect, Holder, Verdict};
use concordat_terms::{ClauseRef, Decimal};

use crate::common::{HOSPITALS, Story, digest, texts};

pub(crate) fn a<T: FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("`{text}`"))
}

/// The clauses that all stories about accounts have.
const BOOKS: &str = r#"
id = "computing"
account = "Computing for training"
unit = "gpu-hour"
holder = "data-holder"
ceiling = 1000
allocated_by = "council"
metered_by = "operator"
alert_at = 0.8
---
id = "fees"
account = "Fees of the Vendor"
unit = "EUR"
holder = "trainer"
ceiling = 1000
alert_at = 0.5
---
id = "coffee"
account = "Coffee in the machine room"
unit = "cup"
holder = "data-holder"
ceiling = 10
opening = 2
---
id = "pool"
ip = "joint-pool"
on = ["risk-model"]
shares = { data-holder = 0.6, trainer = 0.25, test-lab = 0.15 }
licensed_to = ["trainer"]
royalty = 0.08
public_use = true
licence_out_by = "council"
---
id = "look-into-spending"
duty = "say how the rest of the year is paid"
owner = "trainer"
to = ["data-holder"]
due = { after = "alert: fees", period = "P10D" }
discharged_by = "duty.discharge"
---
id = "open-accounts"
permit = "account.open"
by = "council-member"
---
id = "allocate"
permit = "account.allocate"
by = "council-member"
---
id = "hand-on"
permit = "account.transfer"
by = "data-holder"
---
id = "settle"
permit = "account.settle"
by = "council-member"
---
id = "report-use"
permit = "usage.report"
by = ["data-holder", "trainer", "operator"]
---
id = "pay"
permit = "payment.record"
by = ["data-holder", "trainer", "council-member", "test-lab"]
---
id = "report-on-objectives"
permit = "objective.report"
by = "council-member"
---
id = "adopt-roadmap"
permit = "roadmap.adopt"
by = "council-member"
---
id = "tell-milestones"
permit = "project.milestone"
by = "trainer"
---
id = "pay-duty"
permit = "duty.discharge"
by = ["data-holder", "trainer"]
---
id = "measure"
permit = "signal.batch"
by = "operator"
"#;

/// A module `books` with these clauses and more, divided by lines of `---`.
pub(crate) fn books(more: &str) -> String {
    let blocks = BOOKS.split("---").chain(more.split("---"));
    let blocks = blocks.map(str::trim).filter(|block| !block.is_empty());
    let clauses: String = blocks.map(|block| format!("```clause\n{block}\n```\n\n")).collect();
    format!(
        "# Books\n\n```module\nid = \"books\"\nversion = \"1.0.0\"\n\
         needs = {{ parties = \"^1.0\", governance = \"^1.0\" }}\nsigners = [\"all\"]\n```\n\n{clauses}"
    )
}

/// A story with these clauses besides.
pub(crate) fn keeping(more: &str) -> Story {
    keeping_in(texts().into_values().chain([books(more)]))
}

/// A story with these texts.
pub(crate) fn keeping_in(all: impl IntoIterator<Item = String>) -> Story {
    Story::begun_but_for_the_project(all)
}

pub(crate) fn open(account: &str) -> Act {
    Act::AccountOpen(AccountOpen { account: a(account), until: None })
}

pub(crate) fn holder(party: &str) -> Holder {
    Holder { party: a(party), project: None }
}

pub(crate) fn allocation(to: Holder, amount: &str) -> AccountAllocate {
    AccountAllocate { account: a("books/computing"), to, amount: a(amount), report: None }
}

pub(crate) fn allocate(to: &str, amount: &str) -> Act {
    Act::AccountAllocate(allocation(holder(to), amount))
}

pub(crate) fn used(under: &str, amount: &str, meter: &str) -> UsageReport {
    let (under, amount, reference) = (a(under), a(amount), digest(meter));
    UsageReport {
        under,
        amount,
        party: None,
        project: None,
        version: None,
        purpose: None,
        country: None,
        reference,
    }
}

pub(crate) fn uses(under: &str, amount: &str, meter: &str) -> Act {
    Act::UsageReport(used(under, amount, meter))
}

pub(crate) fn transfer(from: &str, to: &str, amount: &str) -> Act {
    let (from, to) = (holder(from), holder(to));
    Act::AccountTransfer(AccountTransfer {
        account: a("books/computing"),
        from,
        to,
        amount: a(amount),
        into: None,
    })
}

pub(crate) fn pays(under: &str, from: Option<&str>, to: Option<&str>, amount: &str) -> Act {
    let reference = digest(&format!("{under} {from:?} {to:?} {amount}"));
    let (from, to) = (from.map(a), to.map(a));
    let (under, amount) = (a(under), a(amount));
    Act::PaymentRecord(PaymentRecord {
        under,
        from,
        to,
        project: None,
        version: None,
        amount,
        reference,
    })
}

pub(crate) fn settle(account: &str) -> Act {
    Act::AccountSettle(AccountSettle { account: a(account) })
}

impl Story {
    /// Refused, and no book is otherwise than before.
    pub(crate) fn denied(&mut self, party: &str, seat: &str, act: Act, code: &str) {
        let before = self.state().clone();
        let verdict = self.act(party, seat, act);
        let refusal = verdict.refusal().unwrap_or_else(|| panic!("admitted, not {code}"));
        assert_eq!(refusal.code(), code, "{}", refusal.problem());
        assert!(self.state().equals_but_for_books(&before), "a refused act left a trace");
    }

    /// A motion is carried out and refused.
    pub(crate) fn outvoted(&mut self, name: &str, decision: Act, code: &str) {
        let verdict = self.try_decide(name, decision);
        let refusal = verdict.refusal().unwrap_or_else(|| panic!("admitted, not {code}"));
        assert_eq!(refusal.code(), code, "{}", refusal.problem());
    }

    /// What is in a book, told as in the log: `held alder`, `owed vendor`, `origin`.
    pub(crate) fn book(&self, under: &str, book: &str) -> String {
        let found = self.state().books().find(|((clause, _, own), _)| {
            let word = serde_json::to_value(own).unwrap();
            let told = match &word {
                serde_json::Value::String(word) => word.clone(),
                other => {
                    let (word, whose) = other.as_object().unwrap().iter().next().unwrap();
                    let party = whose.get("party").unwrap_or(whose).as_str().unwrap();
                    let project = whose.get("project").and_then(|p| p.as_str());
                    let project = project.map(|project| format!(" {project}"));
                    format!("{word} {party}{}", project.unwrap_or_default())
                }
            };
            *clause == a::<ClauseRef>(under) && told == book
        });
        found.map_or("0".to_owned(), |(_, amount)| amount.to_string())
    }

    /// Of each clause and unit the books sum to zero.
    pub(crate) fn balances(&self) {
        let mut sums = std::collections::BTreeMap::new();
        for ((clause, unit, _), amount) in self.state().books() {
            let sum = sums.entry((clause, unit)).or_insert(Decimal::ZERO);
            *sum = sum.plus(*amount).unwrap();
        }
        assert!(sums.values().all(|sum| *sum == Decimal::ZERO), "{sums:?}");
        for (_, posted) in self.state().postings() {
            let lines = posted.posting.lines.iter();
            let sum = lines.map(|line| line.amount).try_fold(Decimal::ZERO, Decimal::plus);
            assert_eq!(sum, Some(Decimal::ZERO), "{posted:?}");
        }
    }
}

#[test]
fn row_071_the_council_allocates_computing_and_nobody_spends_more() {
    let mut story = keeping("");
    story.denied("alder", "council-member", allocate("alder", "gpu-hour 100"), "needs-motion");
    story.outvoted("too-early", allocate("alder", "gpu-hour 100"), "account-state");
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("to-alder", allocate("alder", "gpu-hour 600"));
    assert_eq!(story.book("books/computing", "held alder"), "600");
    assert_eq!(story.book("books/computing", "origin"), "-600");

    // No vote brings more than the ceiling, and the refusal says what is left under it.
    let verdict = story.try_decide("too-much", allocate("birch", "gpu-hour 401"));
    let refusal = verdict.refusal().unwrap();
    assert_eq!(refusal.code(), "over-ceiling");
    assert!(refusal.remedy().contains("gpu-hour 400"), "{}", refusal.remedy());
    story.decide("to-birch", allocate("birch", "gpu-hour 400"));

    story.admit("alder", "data-holder", uses("books/computing", "gpu-hour 599.5", "january"));
    story.denied(
        "alder",
        "data-holder",
        uses("books/computing", "gpu-hour 0.6", "february"),
        "overspent",
    );
    story.admit("alder", "data-holder", uses("books/computing", "gpu-hour 0.5", "february"));
    story.denied(
        "cypress",
        "data-holder",
        uses("books/computing", "gpu-hour 1", "march"),
        "overspent",
    );
    story.balances();
}

#[test]
fn what_is_handed_on_goes_to_another_account_where_the_clause_lets_it() {
    let mut story = keeping_in(
        texts().into_values().chain([books(
            r#"
id = "night"
account = "Computing at night"
unit = "gpu-hour"
holder = "data-holder"
ceiling = 50
allocated_by = "council"
"#,
        )
        .replace(
            "id = \"computing\"\n",
            "id = \"computing\"\ntransfers_to = [\"night\", \"coffee-hours\"]\n",
        )
        .replace("id = \"coffee\"", "id = \"coffee-hours\"")
        .replace("unit = \"cup\"", "unit = \"gpu-hour\"")]),
    );
    let into = |to: &str, amount: &str, into: &str| {
        let (from, to) = (holder("alder"), holder(to));
        let (account, into) = (a("books/computing"), Some(a(into)));
        Act::AccountTransfer(AccountTransfer { account, from, to, amount: a(amount), into })
    };
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("some", allocate("alder", "gpu-hour 100"));
    let night = |amount| into("birch", amount, "books/night");
    story.denied("alder", "data-holder", night("gpu-hour 5"), "account-state");
    story.admit("alder", "council-member", open("books/night"));
    story.denied("birch", "data-holder", night("gpu-hour 5"), "party-silent");
    story.denied("alder", "data-holder", night("gpu-hour 101"), "overspent");
    // The other account has a ceiling of its own.
    story.denied("alder", "data-holder", night("gpu-hour 51"), "over-ceiling");
    let vendor = into("vendor", "gpu-hour 5", "books/night");
    story.denied("alder", "data-holder", vendor, "not-a-holder");
    let fees = into("alder", "gpu-hour 5", "books/fees");
    story.denied("alder", "data-holder", fees, "not-transferable");
    story.admit("alder", "data-holder", night("gpu-hour 40"));
    assert_eq!(story.book("books/computing", "held alder"), "60");
    assert_eq!(story.book("books/night", "held birch"), "40");
    let put = |story: &Story, account: &str| {
        let budget = story.state().budget();
        budget.accounts.iter().find(|own| own.account == a(account)).unwrap().put.to_string()
    };
    assert_eq!(
        (put(&story, "books/computing"), put(&story, "books/night")),
        ("60".into(), "40".into())
    );
    story.balances();
}

#[test]
fn row_124_use_is_told_per_party_and_project_beside_what_was_allocated() {
    let mut story = keeping("");
    story.open_project();
    story.admit("alder", "council-member", open("books/computing"));
    let risk = |party| Holder { project: Some(a("risk")), ..holder(party) };
    story.decide("a", Act::AccountAllocate(allocation(risk("alder"), "gpu-hour 300")));
    story.decide("b", allocate("birch", "gpu-hour 200"));
    // What is allocated for a project is spent for it.
    story.denied("alder", "data-holder", uses("books/computing", "gpu-hour 5", "m1"), "overspent");
    let for_risk = |amount, meter| {
        let project = Some(a("risk"));
        Act::UsageReport(UsageReport { project, ..used("books/computing", amount, meter) })
    };
    story.admit("alder", "data-holder", for_risk("gpu-hour 5", "m1"));
    // The Operator meters as well, and says whose use it was.
    let metered =
        UsageReport { party: Some(a("birch")), ..used("books/computing", "gpu-hour 70", "m2") };
    story.denied("alder", "data-holder", Act::UsageReport(metered.clone()), "party-silent");
    story.admit("vendor", "operator", Act::UsageReport(metered));
    // What somebody owes for its revenue nobody says in its place.
    let revenue = UsageReport { party: Some(a("vendor")), ..used("books/pool", "EUR 9", "m3") };
    story.denied("alder", "data-holder", Act::UsageReport(revenue), "party-silent");

    let budget = story.state().budget();
    let account = budget.accounts.iter().find(|own| own.account == a("books/computing")).unwrap();
    let told: Vec<String> = account
        .holders
        .iter()
        .map(|own| {
            let project = own.project.as_ref().map_or("", |project| project.as_str());
            format!(
                "{} {project}: {} of {}, {} left",
                own.party, own.spent, own.allocated, own.left
            )
        })
        .collect();
    assert_eq!(told, ["alder risk: 5 of 300, 295 left", "birch : 70 of 200, 130 left"]);
    assert_eq!((account.put, account.spent, account.ceiling), (a("500"), a("75"), a("1000")));

    let elsewhere = Holder { project: Some(a("elsewhere")), ..holder("alder") };
    let unknown = Act::AccountAllocate(allocation(elsewhere, "gpu-hour 1"));
    let motion = concordat_partnership::act::MotionPropose::of(a("x"), a("council"), unknown);
    story.denied("alder", "council-member", Act::MotionPropose(motion), "unknown-project");
}

#[test]
fn row_126_credits_are_conserved_and_nothing_is_spent_twice() {
    let mut story = keeping("");
    story.admit("alder", "council-member", open("books/computing"));
    story.denied("alder", "council-member", open("books/computing"), "account-state");
    story.decide("to-alder", allocate("alder", "gpu-hour 100"));
    story.admit("alder", "data-holder", uses("books/computing", "gpu-hour 30", "meter"));
    // The same meter reading again, in another act and by another amount.
    story.denied(
        "alder",
        "data-holder",
        uses("books/computing", "gpu-hour 30", "meter"),
        "reference-used",
    );
    story.denied(
        "alder",
        "data-holder",
        uses("books/computing", "gpu-hour 1", "meter"),
        "reference-used",
    );

    // What one holder hands on it has no more.
    story.denied("birch", "data-holder", transfer("alder", "birch", "gpu-hour 50"), "party-silent");
    story.denied("alder", "data-holder", transfer("alder", "birch", "gpu-hour 71"), "overspent");
    story.admit("alder", "data-holder", transfer("alder", "birch", "gpu-hour 50"));
    assert_eq!(story.book("books/computing", "held alder"), "20");
    assert_eq!(story.book("books/computing", "held birch"), "50");
    story.denied("alder", "data-holder", transfer("alder", "vendor", "gpu-hour 1"), "not-a-holder");

    // Closing gives back what was not spent, and the next opening begins anew.
    story.admit("alder", "council-member", settle("books/computing"));
    assert_eq!(story.book("books/computing", "past"), "30");
    assert_eq!(story.book("books/computing", "origin"), "-30");
    assert_eq!(story.book("books/computing", "held birch"), "0");
    story.denied(
        "alder",
        "data-holder",
        uses("books/computing", "gpu-hour 1", "later"),
        "account-state",
    );
    story.denied("alder", "council-member", settle("books/computing"), "account-state");
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("all-of-it", allocate("birch", "gpu-hour 1000"));
    story.balances();
}

#[test]
fn an_account_that_was_opened_for_a_time_closes_by_itself_once() {
    let mut story = keeping("");
    let until = |moment| {
        Act::AccountOpen(AccountOpen { account: a("books/coffee"), until: Some(a(moment)) })
    };
    story.denied("alder", "council-member", until("2027-01-01T08:00:00Z"), "account-time-passed");
    story.admit("alder", "council-member", until("2027-02-01T00:00:00Z"));
    // Each holder has what the clause gives from the opening on.
    for hospital in HOSPITALS {
        assert_eq!(story.book("books/coffee", &format!("held {hospital}")), "2");
    }
    story.admit("dogwood", "data-holder", uses("books/coffee", "cup 1", "monday"));
    story.tick("2027-01-31T23:59:59Z");
    assert_eq!(story.state().open_accounts().count(), 1);
    story.tick("2027-03-01T00:00:00Z");
    assert_eq!(story.state().open_accounts().count(), 0);
    assert_eq!(story.book("books/coffee", "past"), "1");
    assert_eq!(story.book("books/coffee", "origin"), "-1");
    let closings = story
        .state()
        .postings()
        .filter(|(_, posted)| posted.posting.cause == concordat_partnership::Cause::Closed);
    assert_eq!(closings.count(), 1);
    story.balances();
}

#[test]
fn row_132_holders_are_warned_before_the_ceiling_and_stopped_at_it() {
    let mut story = keeping("");
    story.admit("alder", "council-member", open("books/fees"));
    let duties = |story: &Story| {
        let all = story.state().open_duties();
        all.iter().filter(|d| d.id.clause == a("books/look-into-spending")).count()
    };
    let warned = |verdict: &Verdict| {
        let Verdict::Admitted { effects, .. } = verdict else { panic!("{verdict:?}") };
        effects.iter().any(|effect| {
            matches!(effect, Effect::Account(_, concordat_partnership::AccountEvent::Warned))
        })
    };
    let pay = |amount| pays("books/fees", None, None, amount);
    assert!(!warned(&story.act("vendor", "trainer", pay("EUR 499.99"))));
    assert_eq!(duties(&story), 0);
    assert!(warned(&story.act("vendor", "trainer", pay("EUR 0.01"))), "at the half of it");
    assert_eq!(duties(&story), 1);
    // Once, and not with every payment after that.
    assert!(!warned(&story.act("vendor", "trainer", pay("EUR 100"))));
    assert_eq!(duties(&story), 1);

    story.denied("vendor", "trainer", pay("EUR 400.01"), "over-ceiling");
    story.admit("vendor", "trainer", pay("EUR 400"));
    story.denied("vendor", "trainer", pay("EUR 0.02"), "over-ceiling");
    let budget = story.state().budget();
    let fees = budget.accounts.iter().find(|own| own.account == a("books/fees")).unwrap();
    assert!(fees.warned && fees.spent == a("1000") && fees.alert == Some(a("500")));
    story.balances();
}

#[test]
fn an_amount_is_of_the_account_and_no_finer_than_its_unit() {
    let mut story = keeping("");
    story.admit("alder", "council-member", open("books/fees"));
    for (amount, code) in [
        ("USD 5", "wrong-unit"),
        ("EUR 0", "bad-amount"),
        ("EUR -5", "bad-amount"),
        ("EUR 0.001", "bad-amount"),
    ] {
        story.denied("vendor", "trainer", pays("books/fees", None, None, amount), code);
    }
    // A whole account is not divided, and another's is not spent.
    let part =
        AccountAllocate { account: a("books/fees"), ..allocation(holder("vendor"), "EUR 5") };
    story.denied("alder", "council-member", Act::AccountAllocate(part), "account-state");
    story.denied("alder", "data-holder", pays("books/fees", None, None, "EUR 5"), "not-a-holder");
    let others = pays("books/fees", Some("vendor"), None, "EUR 5");
    story.denied("alder", "data-holder", others, "party-silent");
    story.denied("alder", "council-member", open("books/nothing"), "unknown-account");
    story.denied("alder", "data-holder", uses("books/pay", "EUR 5", "x"), "unknown-account");
}
