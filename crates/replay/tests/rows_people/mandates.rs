//! Who may sign for a party, for how long and how far.

use concordat_partnership::act::{
    AccountAllocate, AccountOpen, KeyRevoke, Limits, MandateApprove, MandateDelegate, MandateGrant,
    MandateRevoke, ProcessorEngage,
};
use concordat_partnership::{Act, Holder, MandateStatus};
use concordat_terms::{ActName, ClauseRef, Digest};
use concordat_wire::act::encode;

use crate::common::{Story, digest, id_of, one_run, seal};
use crate::people::{TRAINER, a, and, at, mandate, trained, with};

fn grant(mandate: MandateGrant) -> Act {
    Act::MandateGrant(mandate)
}

fn revoke(mandate: &str) -> Act {
    Act::MandateRevoke(MandateRevoke { mandate: a(mandate) })
}

fn acts(names: &[ActName]) -> Limits {
    Limits { acts: names.iter().copied().collect(), ..Limits::default() }
}

fn status(story: &Story, id: &str) -> MandateStatus {
    story.state().mandate(&a(id)).unwrap().status
}

#[test]
fn a_seat_that_asks_for_mandates_takes_no_key_of_the_party_alone() {
    let mut story = Story::in_force();
    story.amend(&[with("parties", TRAINER, &format!("{TRAINER}\nmandates = true"))]);
    story.refuse("vendor", "trainer", Story::charter(), "needs-mandate", "parties/trainer");
    story.employ("vendor", "ann");
    story.refuse("ann", "trainer", Story::charter(), "no-mandate", "");
    story.admit("vendor", "signatory", grant(mandate("ann", "trainer")));
    story.admit("ann", "trainer", Story::charter());
    // For another seat it is no mandate.
    let place = Act::PlaceRegister(concordat_partnership::act::PlaceRegister {
        place: a("rack"),
        class: 1,
        jurisdiction: a("US"),
    });
    story.refuse("ann", "operator", place, "no-mandate", "");
}

#[test]
fn row_13_a_secondment_ends_by_itself() {
    let mut story = Story::ready();
    story.employ("alder", "bea");
    // Home sends, the host receives: both sign, and the seat is the host's.
    let mut secondment = mandate("bea", "trainer");
    secondment.host = Some(a("vendor"));
    secondment.from = Some(at("2027-02-01T00:00:00Z"));
    secondment.until = at("2027-03-01T00:00:00Z");
    story.refuse("alder", "signatory", grant(secondment.clone()), "host-silent", "");
    let mut at_home = secondment.clone();
    at_home.host = Some(a("alder"));
    story.refuse("alder", "signatory", grant(at_home), "not-your-mandate", "");
    story.admit_all(&[("alder", "signatory"), ("vendor", "signatory")], &grant(secondment));

    let proposal = story.proposal("early", |_| {});
    story.refuse("bea", "trainer", proposal, "mandate-state", "");
    story.tick("2027-02-01T00:00:00Z");
    assert_eq!(status(&story, "bea"), MandateStatus::Active);
    let proposal = story.proposal("first", |_| {});
    story.admit("bea", "trainer", proposal);
    assert_eq!(story.state().runs()[&a("first")].by.as_str(), "vendor");

    // On the day it is over, nobody has to do anything.
    story.tick("2027-03-01T00:00:00Z");
    assert_eq!(status(&story, "bea"), MandateStatus::Ended);
    let proposal = story.proposal("late", |_| {});
    story.refuse("bea", "trainer", proposal, "no-mandate", "");
    story.refuse("vendor", "signatory", revoke("bea"), "mandate-state", "");
}

#[test]
fn row_14_who_was_not_trained_in_time_signs_nothing() {
    let mut story = Story::in_force();
    let seat = format!(
        "{TRAINER}\ntraining = [{{ course = \"data-protection\", valid = \"P1Y\" }}]\n```\n\n\
         ```clause\nid = \"record-training\"\npermit = \"training.record\"\nby = \"test-lab\""
    );
    story.amend(&[with("parties", TRAINER, &seat)]);
    story.refuse("vendor", "trainer", Story::charter(), "needs-mandate", "parties/trainer");
    story.employ("vendor", "ann");
    let mut long = mandate("ann", "trainer");
    long.until = at("2029-01-01T00:00:00Z");
    story.admit("vendor", "signatory", grant(long));
    assert_eq!(status(&story, "ann"), MandateStatus::Suspended);
    story.refuse("ann", "trainer", Story::charter(), "training-stale", "parties/trainer");

    // Whoever trains records it, once it is done and for somebody's member.
    story.refuse(
        "lab",
        "test-lab",
        trained("vendor", "ann", "2027-06-01T00:00:00Z"),
        "training-ahead",
        "",
    );
    story.refuse(
        "lab",
        "test-lab",
        trained("nobody", "ann", "2026-12-01T00:00:00Z"),
        "unknown-party",
        "",
    );
    story.admit("lab", "test-lab", trained("vendor", "ann", "2026-12-01T00:00:00Z"));
    story.admit("ann", "trainer", Story::charter());

    // A year after, the mandate is suspended at that very moment, and good again once it is renewed.
    story.tick("2027-11-30T23:59:59Z");
    assert_eq!(status(&story, "ann"), MandateStatus::Active);
    story.tick("2027-12-01T00:00:00Z");
    assert_eq!(status(&story, "ann"), MandateStatus::Suspended);
    story.admit("lab", "test-lab", trained("vendor", "ann", "2027-11-30T00:00:00Z"));
    assert_eq!(status(&story, "ann"), MandateStatus::Active);
    // An older certificate takes nothing away.
    story.admit("lab", "test-lab", trained("vendor", "ann", "2025-11-30T00:00:00Z"));
    assert_eq!(status(&story, "ann"), MandateStatus::Active);
}

#[test]
fn a_signature_outside_its_mandate_is_refused_with_the_limit_named() {
    let mut story = Story::ready();
    story.employ("vendor", "ann");
    story.employ("vendor", "bob");
    let mut ann = mandate("ann", "trainer");
    ann.limits = Limits { co_signers: 1, ..acts(&[ActName::RunPropose]) };
    story.admit("vendor", "signatory", grant(ann));
    let mut bob = mandate("bob", "trainer");
    bob.limits = acts(&[ActName::RunPropose]);
    story.admit("vendor", "signatory", grant(bob));

    let verdict = story.act("ann", "trainer", Act::RunOpen(one_run("first")));
    let refusal = verdict.refusal().unwrap();
    assert_eq!(refusal.code(), "outside-mandate");
    assert!(refusal.to_string().contains("it is for `run.propose`"), "{refusal}");
    let proposal = story.proposal("first", |_| {});
    let verdict = story.act("ann", "trainer", proposal.clone());
    let refusal = verdict.refusal().unwrap().to_string();
    assert!(refusal.contains("it takes 1 to sign with, and 0 did"), "{refusal}");
    // Somebody of another party is no co-signature, nor is the same person's for another seat.
    story.refuse_all(&[("ann", "trainer"), ("alder", "data-holder")], &proposal, "outside-mandate");
    story.admit_all(&[("ann", "trainer"), ("bob", "trainer")], &proposal);
}

const PROCESSORS: &str = "```clause\nid = \"engage\"\npermit = \"processor.engage\"\n\
                          by = \"trainer\"\n```\n";

#[test]
fn a_mandate_goes_up_to_its_amount() {
    let mut story = Story::in_force();
    story.amend(&[and("data-use", PROCESSORS)]);
    story.employ("vendor", "ann");
    let mut ann = mandate("ann", "trainer");
    ann.limits.amount = Some(a("EUR 1000"));
    story.admit("vendor", "signatory", grant(ann));
    let engage = |name: &str, price: Option<&str>| {
        Act::ProcessorEngage(ProcessorEngage {
            processor: a(name),
            on: [].into(),
            purposes: [].into(),
            class: 2,
            jurisdiction: a("CH"),
            evidence: digest("due diligence"),
            recheck_by: at("2027-12-01T00:00:00Z"),
            price: price.map(a),
        })
    };
    story.refuse("ann", "trainer", engage("cloud", Some("EUR 1000.01")), "outside-mandate", "");
    story.refuse("ann", "trainer", engage("cloud", Some("USD 5")), "outside-mandate", "");
    story.admit("ann", "trainer", engage("cloud", Some("EUR 1000")));
    story.admit("ann", "trainer", engage("free", None));
    story.refuse("vendor", "trainer", engage("odd", Some("EUR -5")), "unfit", "");
    story.admit("vendor", "trainer", engage("dear", Some("EUR 100000")));
}

#[test]
fn what_a_mandate_lets_be_allocated_goes_up_to_its_amount() {
    let clauses = "```clause\nid = \"research\"\naccount = \"Research\"\nunit = \"EUR\"\n\
                   holder = \"data-holder\"\nceiling = 50000\nopening = 100\n```\n\n\
                   ```clause\nid = \"open-account\"\npermit = \"account.open\"\nby = \"trainer\"\n```\n\n\
                   ```clause\nid = \"allocate\"\npermit = \"account.allocate\"\nby = \"trainer\"\n```\n";
    let mut story = Story::in_force();
    story.amend(&[and("data-use", clauses)]);
    story.employ("vendor", "ann");
    let mut ann = mandate("ann", "trainer");
    ann.limits.amount = Some(a("EUR 1000"));
    story.admit("vendor", "signatory", grant(ann));
    let account: ClauseRef = a("data-use/research");
    let opening = AccountOpen { account: account.clone(), until: None };
    story.admit("vendor", "trainer", Act::AccountOpen(opening));
    let allocate = |amount: &str| {
        let to = Holder { party: a("alder"), project: None };
        let amount = a(amount);
        Act::AccountAllocate(AccountAllocate { account: account.clone(), to, amount, report: None })
    };
    story.refuse("ann", "trainer", allocate("EUR 1000.01"), "outside-mandate", "");
    story.admit("ann", "trainer", allocate("EUR 1000"));
    story.admit("vendor", "trainer", allocate("EUR 2000"));
}

#[test]
fn what_is_to_be_approved_before_waits_for_the_approval_of_that_very_act() {
    let mut story = Story::ready();
    story.employ("vendor", "ann");
    let mut ann = mandate("ann", "trainer");
    ann.limits.prior_approval = true;
    ann.limits.acts = [ActName::RunPropose, ActName::MandateApprove].into();
    story.admit("vendor", "signatory", grant(ann));

    let header = story.header(&[("ann", "trainer")]);
    let payload = encode(Some(&header), &story.proposal("first", |_| {})).unwrap();
    let id = Digest::of(&payload);
    let approve = |act| Act::MandateApprove(MandateApprove { mandate: a("ann"), act });
    story.refuse("alder", "signatory", approve(id), "not-your-mandate", "");
    story.admit("vendor", "signatory", approve(id));

    // Another act is another matter.
    let other = story.proposal("second", |_| {});
    story.refuse("ann", "trainer", other, "outside-mandate", "");
    assert!(story.step(seal(&payload, &["ann"])).is_admitted());

    // Nobody approves what is done under one's own mandate, and nothing waits for ever.
    let mut also = mandate("ann", "signatory");
    also.mandate = a("ann-signs");
    also.limits.acts = [ActName::MandateApprove].into();
    story.admit("vendor", "signatory", grant(also));
    story.refuse("ann", "signatory", approve(digest("x")), "not-your-mandate", "");
    story.refuse("vendor", "signatory", approve_of("nobody"), "unknown-mandate", "");
    story.tick("2029-01-01T00:00:00Z");
    story.refuse("vendor", "signatory", approve(digest("x")), "mandate-state", "");
}

fn approve_of(mandate: &str) -> Act {
    Act::MandateApprove(MandateApprove { mandate: a(mandate), act: digest("x") })
}

fn delegate(of: &str, to: &str, edit: impl FnOnce(&mut MandateDelegate)) -> Act {
    let mut part = MandateDelegate {
        of: a(of),
        mandate: a(to),
        member: a(to),
        from: None,
        until: at("2027-06-01T00:00:00Z"),
        limits: acts(&[ActName::RunPropose]),
    };
    edit(&mut part);
    Act::MandateDelegate(part)
}

#[test]
fn part_of_a_mandate_is_handed_on_and_no_more_than_a_part() {
    let mut story = Story::ready();
    for member in ["ann", "bob", "cem"] {
        story.employ("vendor", member);
    }
    let mut ann = mandate("ann", "trainer");
    ann.limits = Limits { delegable: true, ..acts(&[ActName::RunPropose, ActName::RunOpen]) };
    story.admit("vendor", "signatory", grant(ann));
    story.refuse("vendor", "signatory", grant(mandate("ann", "trainer")), "name-taken", "");

    story.refuse("vendor", "signatory", delegate("ann", "bob", |_| {}), "not-your-mandate", "");
    for (what, edit) in [
        ("longer", (|part| part.until = at("2030-01-01T00:00:00Z")) as fn(&mut MandateDelegate)),
        ("acts are more", |part| part.limits.acts.clear()),
        ("handed on again", |part| part.limits.delegable = true),
    ] {
        let verdict = story.act("ann", "trainer", delegate("ann", "bob", edit));
        let refusal = verdict.refusal().unwrap();
        assert_eq!(refusal.code(), "beyond-own-mandate");
        assert!(refusal.to_string().contains(what), "{refusal}");
    }
    let over = delegate("ann", "bob", |part| part.until = at("2026-01-01T00:00:00Z"));
    story.refuse("ann", "trainer", over, "time-empty", "");
    story.admit("ann", "trainer", delegate("ann", "bob", |_| {}));
    let proposal = story.proposal("first", |_| {});
    story.admit("bob", "trainer", proposal);
    story.refuse("bob", "trainer", Act::RunOpen(one_run("first")), "outside-mandate", "");
    story.refuse("bob", "trainer", delegate("bob", "cem", |_| {}), "outside-mandate", "");

    // What is taken back is taken back with its parts.
    story.admit("vendor", "signatory", revoke("ann"));
    assert_eq!(status(&story, "bob"), MandateStatus::Revoked);
    let proposal = story.proposal("second", |_| {});
    story.refuse("bob", "trainer", proposal, "no-mandate", "");
}

#[test]
fn no_member_gives_itself_more_than_it_has() {
    let mut story = Story::in_force();
    story.employ("alder", "ann");
    story.admit("alder", "signatory", grant(mandate("ann", "signatory")));
    // A mandate that names no acts covers none about keys, mandates and parties.
    story.refuse("ann", "signatory", grant(mandate("ann", "data-holder")), "outside-mandate", "");
    let key = Act::KeyRevoke(KeyRevoke { key: id_of("alder") });
    story.refuse("ann", "signatory", key, "outside-mandate", "");
    // Nobody gives a mandate for a seat that is another's.
    let mut other = mandate("ann", "trainer");
    other.mandate = a("other");
    story.refuse("alder", "signatory", grant(other), "not-your-seat", "");
}
