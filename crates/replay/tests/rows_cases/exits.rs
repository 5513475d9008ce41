//! Leaving: of one party while the rest goes on, and of all.

use concordat_partnership::act::{
    AssetFate, CaseClose, CaseFact, CaseMatter, CaseOpen, ClaimMatter, DeletionAttest,
    DutyDischarge, ExitMatter, Fate, HoldLift, HoldPlace, OpenFormat, PartyWithdraw, PaymentRecord,
    Sum,
};
use concordat_partnership::{Act, CaseStatus, DutyId};

use crate::common::{Story, digest};
use crate::office::{a, close, fact, open};

fn leave(case: &str, party: Option<&str>) -> Act {
    let matter = CaseMatter::Exit(ExitMatter { party: party.map(a) });
    Act::CaseOpen(open(case, matter))
}

fn fate(case: &str, asset: &str, holder: &str, fate: Fate) -> Act {
    let fate = Some(AssetFate { asset: a(asset), holder: a(holder), fate });
    Act::CaseFact(CaseFact { fate, ..fact(case) })
}

fn handed_over(to: &str) -> Fate {
    Fate::HandedOver { to: a(to), format: OpenFormat::Safetensors, bundle: digest("weights") }
}

fn attest(asset: &str, versions: &[concordat_terms::Digest]) -> Act {
    Act::DeletionAttest(DeletionAttest {
        asset: a(asset),
        versions: versions.iter().copied().collect(),
        residuals: None,
        evidence: digest("certificate"),
    })
}

fn paid(from: &str, to: &str, amount: &str) -> Act {
    Act::PaymentRecord(PaymentRecord {
        under: a("governance/harm"),
        from: Some(a(from)),
        to: Some(a(to)),
        project: None,
        version: None,
        amount: a(amount),
        reference: digest("transfer"),
    })
}

fn done(case: &str) -> CaseClose {
    CaseClose { settlement: Some(digest("settlement")), ..close(case) }
}

impl Story {
    /// Nobody owes anything: what is open is done, and nothing recurs.
    fn all_done(&mut self, of: Option<&str>) {
        let open: Vec<DutyId> = self
            .state()
            .duties()
            .filter(|(id, duty)| {
                duty.status.is_open() && of.is_none_or(|of| id.owner.as_str() == of)
            })
            .map(|(id, _)| id.clone())
            .collect();
        for duty in open {
            let view = self.state().duty_view(&duty).unwrap();
            if view.discharged_by != Some(concordat_terms::ActName::DutyDischarge) {
                continue;
            }
            let (owner, evidence) = (duty.owner.to_string(), digest("done"));
            let act = DutyDischarge { duty, evidence, figures: [].into() };
            let seat = if owner == "vendor" { "trainer" } else { "data-holder" };
            self.admit(&owner, seat, Act::DutyDischarge(act));
        }
    }
}

/// The office without the duty that comes round every year.
fn calm() -> Story {
    let mut story = Story::in_force();
    let mut texts = crate::office::agreed();
    for text in &mut texts {
        *text = text.replace(
            "due = { after = \"in-force\", every = \"P1Y\" }",
            "due = { after = \"drill.start\", period = \"P1Y\" }",
        );
    }
    let language = "language = \"en\"";
    assert!(texts[2].contains(language));
    let changes = "changes = [{ change = \"party.withdraw\", consent = \"own\" }]";
    texts[2] = texts[2].replace(language, &format!("{language}\n{changes}"));
    texts[2].push_str(MORE);
    story.amend(&texts);
    story
}

const MORE: &str = r#"
```clause
id = "hand-over"
duty = "hand over what was learned"
owner = "data-holder"
to = "trainer"
due = { after = "case.open", period = "P30D" }
discharged_by = "duty.discharge"
```

```clause
id = "attest-deletion"
permit = "deletion.attest"
by = "data-holder"
```

```clause
id = "record-payments"
permit = "payment.record"
by = "data-holder"
```
"#;

#[test]
fn row_25_the_end_lists_every_asset_with_its_fate_and_waits_for_everything_owed() {
    let mut story = calm();
    story.register("alder", "first", 2);
    story.admit("alder", "data-holder", leave("the-end", None));
    let listed: Vec<String> = story
        .case("the-end")
        .fates
        .iter()
        .map(|listed| format!("{} at {}", listed.asset, listed.holder))
        .collect();
    assert!(listed.contains(&"risk-model at vendor".to_owned()), "{listed:?}");
    assert!(
        ["alder", "birch", "cypress", "dogwood"]
            .iter()
            .all(|h| listed.contains(&format!("heart-rows at {h}")))
    );
    story.refuse("alder", "data-holder", leave("again", None), "exit-running", "");

    // Something still runs beside it.
    let matter = CaseMatter::Claim(ClaimMatter { liability: a("governance/harm"), sum: None });
    let claim = CaseOpen { against: [a("vendor")].into(), ..open("claim", matter) };
    story.admit("alder", "data-holder", Act::CaseOpen(claim));
    let end = |story: &mut Story, code: &str| {
        let act = Act::CaseClose(done("the-end"));
        story.refuse("alder", "data-holder", act, code, "");
    };
    end(&mut story, "fate-missing");

    // The model is handed over in an open format; rows are deleted, as each holder says for itself.
    let deleted = || Fate::Deleted(digest("certificate"));
    story.refuse(
        "vendor",
        "trainer",
        fate("the-end", "heart-rows", "alder", deleted()),
        "holder-differs",
        "",
    );
    let nobody = fate("the-end", "heart-rows", "vendor", deleted());
    story.refuse("vendor", "trainer", nobody, "not-listed", "");
    let hold = HoldPlace {
        asset: Some(a("heart-rows")),
        version: None,
        papers: [].into(),
        case: None,
        ground: digest("court order"),
    };
    story.admit("alder", "data-holder", Act::HoldPlace(hold));
    let own = fate("the-end", "heart-rows", "alder", deleted());
    story.refuse("alder", "data-holder", own, "held", "");
    let lift = HoldLift { hold: 1, ground: digest("court order") };
    story.admit("alder", "data-holder", Act::HoldLift(lift));
    // That it is gone is shown by the holder's own attestation, of all that it holds.
    let own = || fate("the-end", "heart-rows", "alder", deleted());
    story.refuse("alder", "data-holder", own(), "deletion-not-attested", "");
    let nothing = attest("heart-rows", &[]);
    story.refuse("alder", "data-holder", nothing, "nothing-deleted", "");
    let version = story.state().datasets().keys().next().unwrap().2;
    story.admit("alder", "data-holder", attest("heart-rows", &[version]));
    let known = |listed: &&concordat_partnership::Listed| {
        listed.asset.as_str() == "heart-rows" && listed.holder.as_str() == "alder"
    };
    let fate_of = story.case("the-end").fates.iter().find(known).unwrap().fate.clone();
    assert_eq!(fate_of, Some(deleted()), "the exit knows what its holder attested");
    story.admit("alder", "data-holder", own());
    let open: Vec<(String, String)> = story
        .case("the-end")
        .fates
        .iter()
        .map(|listed| (listed.asset.to_string(), listed.holder.to_string()))
        .collect();
    for (asset, holder) in open {
        if !matches!(holder.as_str(), "vendor" | "cypress") {
            story.admit(&holder, "data-holder", attest(&asset, &[]));
        }
        let (seat, what) = match holder.as_str() {
            "vendor" => ("trainer", handed_over("alder")),
            "cypress" => ("data-holder", Fate::Kept(a("data-use/heart-rows"))),
            _ => ("data-holder", deleted()),
        };
        story.admit(&holder, seat, fate("the-end", &asset, &holder, what));
    }
    end(&mut story, "duties-open");
    story.all_done(None);
    end(&mut story, "cases-open");
    // What is awarded is paid before anybody is free.
    let both = [("alder", "data-holder"), ("vendor", "trainer")];
    let award = Some(Sum { capped: a("EUR 100"), carved_out: Vec::new() });
    let act = Act::CaseClose(CaseClose { award, ..close("claim") });
    assert!(story.act_all(&both, &act).is_admitted());
    end(&mut story, "exit-unsettled");
    story.admit("alder", "data-holder", paid("vendor", "alder", "EUR 100"));
    let unsettled = Act::CaseClose(close("the-end"));
    story.refuse("alder", "data-holder", unsettled, "settlement-missing", "");
    story.admit("alder", "data-holder", Act::CaseClose(done("the-end")));
    assert_eq!(story.case("the-end").status, CaseStatus::Closed);
    let kept = |listed: &&concordat_partnership::Listed| matches!(listed.fate, Some(Fate::Kept(_)));
    assert!(story.case("the-end").fates.iter().filter(kept).count() >= 1);
}

#[test]
fn row_25_one_party_leaves_and_the_rest_goes_on() {
    let mut story = calm();
    story.admit("alder", "data-holder", leave("dogwood-leaves", Some("dogwood")));
    let fates = &story.case("dogwood-leaves").fates;
    assert!(fates.iter().all(|listed| listed.holder.as_str() == "dogwood") && !fates.is_empty());
    let assets: Vec<String> = fates.iter().map(|listed| listed.asset.to_string()).collect();
    for asset in assets {
        let gone = Fate::Deleted(digest("certificate"));
        let act = fate("dogwood-leaves", &asset, "dogwood", gone);
        story.admit("dogwood", "data-holder", attest(&asset, &[]));
        story.admit("dogwood", "data-holder", act);
    }
    let end = || Act::CaseClose(done("dogwood-leaves"));
    story.refuse("alder", "data-holder", end(), "duties-open", "");
    story.all_done(Some("dogwood"));
    story.refuse("alder", "data-holder", end(), "not-left", "");
    let act = Act::PartyWithdraw(PartyWithdraw { reasons: digest("reasons"), cut_off: None });
    story.admit("dogwood", "signatory", act);
    story.admit("alder", "data-holder", end());

    // What the others owe is still owed, and they go on.
    let owed = story.state().duties().filter(|(_, duty)| duty.status.is_open()).count();
    assert!(owed > 0);
    story.register("birch", "second", 2);
    story.refuse("alder", "data-holder", leave("again", Some("dogwood")), "party-state", "");
}

#[test]
fn what_an_exit_says_of_an_asset_is_about_somebody_and_something() {
    let mut story = calm();
    story.admit("alder", "data-holder", leave("the-end", None));
    let nobody = fate("the-end", "risk-model", "vendor", handed_over("nobody"));
    story.refuse("vendor", "trainer", nobody, "unknown-party", "");
    let nothing = fate("the-end", "risk-model", "vendor", Fate::Kept(a("data-use/nothing")));
    story.refuse("vendor", "trainer", nothing, "unknown-clause", "");
    let matter = CaseMatter::Claim(ClaimMatter { liability: a("governance/harm"), sum: None });
    let claim = CaseOpen { against: [a("vendor")].into(), ..open("claim", matter) };
    story.admit("alder", "data-holder", Act::CaseOpen(claim));
    let other = fate("claim", "risk-model", "vendor", handed_over("alder"));
    story.refuse("vendor", "trainer", other, "other-kind", "");
}
