//! Which clause answers to which row of a regime or a framework, what nothing answers to, and where
//! regimes differ.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use concordat_agreement::{Agreement, assemble, read};
use concordat_evidence::mark::{Confirmed, Status};
use concordat_evidence::regime::{Applies, EvidenceKind};
use concordat_partnership::coverage::{
    Coverage, Requirement, applying, conflicts, covered, shipped, shipped_names, uncited,
};
use concordat_terms::Date;

const TEXT: &str = r#"# Beds

```module
id = "beds"
version = "1.0.0"
signers = ["all"]
```

```clause
id = "goal"
objective = "beds are there when they are needed"
```

```clause
id = "alder"
party = "Alder (example)"
side = "public"
jurisdictions = ["BE"]
```

```clause
id = "holder"
seat = "Holder"
filled_by = ["alder"]
roles = ["provider", "controller", "operator"]
```

```clause
id = "forecast"
purpose = "forecasting beds"
```

```clause
id = "model"
asset = "Bed Model"
kind = "model"
holder = "holder"
label = "internal"
purposes = ["forecast"]
CLASSES
```

```clause
id = "import"
permit = "asset.import"
by = "holder"
laws = ["EU AI Act Art. 10(2)(f)", "GV-1.1", "GV-1.6"]
```

```clause
id = "promote"
permit = "release.promote"
by = "holder"
laws = ["EU AI Act Art. 15", "MG-1.1"]
```

```clause
id = "by-two"
gate = "release.promote"
tier = 3
approvals = [{ seat = "holder", at_least = 1 }]
```

```clause
id = "report"
permit = "case.report"
by = "holder"
laws = ["GDPR Art. 33", "IN-AIG"]
```
INSTRUMENT
"#;

fn agreed(classes: &str, instrument: &str) -> Agreement {
    let text = TEXT.replace("CLASSES", classes).replace("INSTRUMENT", instrument);
    let module = read("beds.md", text.as_bytes()).unwrap_or_else(|found| panic!("{found:#?}"));
    assemble([module]).unwrap_or_else(|found| panic!("{found:#?}")).0
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn of<'c>(coverage: &'c Coverage, row: &str) -> &'c Requirement {
    coverage.requirements.iter().find(|own| own.id.as_str() == row).unwrap()
}

fn by(own: &Requirement) -> Vec<String> {
    own.met_by.iter().map(|(clause, law)| format!("{clause}: {law}")).collect()
}

#[test]
fn row_115_a_framework_is_covered_row_by_row_and_heading_by_heading() {
    let nist = shipped("nist-ai-rmf").unwrap();
    let found = covered(&agreed("", ""), &nist, day("2027-01-01"));
    assert_eq!(found.requirements.len(), 72);
    assert_eq!((found.met, found.gaps), (3, 69));
    assert_eq!(by(of(&found, "GV-1.6")), ["beds/import: GV-1.6"]);
    let under = |heading: &str| {
        let own = found.headings.iter().find(|own| own.heading.as_str() == heading).unwrap();
        (own.met, own.rows)
    };
    assert_eq!(under("GV"), (2, 19));
    assert_eq!(under("GV-1"), (2, 7));
    assert_eq!(under("MG"), (1, 13));
    // Every row keeps its source and its mark.
    assert!(found.requirements.iter().all(|own| !own.source.is_empty()));
    assert_eq!(of(&found, "GV-1.1").confirmed, Confirmed::S);
    assert_eq!(of(&found, "GV-1.1").status, Status::Guidance);
}

#[test]
fn row_116_a_class_switches_on_the_duties_that_are_about_it_from_their_day() {
    let act = shipped("eu-ai-act").unwrap();
    let plain = covered(&agreed("", ""), &act, day("2028-01-01"));
    assert_eq!(of(&plain, "AIA-9").applies, Applies::NoClass);
    let high = agreed("classes = [\"annex-iii\"]", "");
    let before = covered(&high, &act, day("2027-01-01"));
    assert_eq!(of(&before, "AIA-9").applies, Applies::Later(day("2027-12-02")));
    let after = covered(&high, &act, day("2028-01-01"));
    assert!(of(&after, "AIA-9").is_gap(), "{:?}", of(&after, "AIA-9"));
    assert!(after.gaps > plain.gaps && after.gaps > before.gaps);
    // A clause that cites a part of an article is told with what it cites.
    assert_eq!(by(of(&after, "AIA-10")), ["beds/import: EU AI Act Art. 10(2)(f)"]);
    assert_eq!(by(of(&after, "AIA-15")), ["beds/promote: EU AI Act Art. 15"]);
    // Duties of who is nobody here are not asked for, and what is banned is banned for all.
    assert_eq!(of(&after, "AIA-23").applies, Applies::NoRole);
    assert!(of(&plain, "AIA-5").is_gap());
}

#[test]
fn row_116_where_nobody_says_what_they_are_everybody_is_asked() {
    let text = TEXT.replace("CLASSES", "").replace("INSTRUMENT", "");
    let text = text.replace("roles = [\"provider\", \"controller\", \"operator\"]\n", "");
    let agreement = assemble([read("beds.md", text.as_bytes()).unwrap()]).unwrap().0;
    let found = covered(&agreement, &shipped("eu-ai-act").unwrap(), day("2028-01-01"));
    assert!(found.roles_unsaid && found.classes_unsaid);
    assert!(of(&found, "AIA-4").is_gap());
    // What is about a class waits for the class, and a clause that cites it is told beside.
    assert_eq!(of(&found, "AIA-10").applies, Applies::NoClass);
    assert_eq!(found.beside, 2);
}

#[test]
fn row_118_indias_guidelines_ask_for_an_impact_review_and_give_no_right_to_audit() {
    let india = shipped("india").unwrap();
    let row = india.row(&"IN-AIG".parse().unwrap()).unwrap();
    assert!(row.evidence.contains(&EvidenceKind::ImpactReview));
    assert!(row.note.as_ref().unwrap().contains("no right to audit"));
    let found = covered(&agreed("", ""), &india, day("2027-01-01"));
    let own = of(&found, "IN-AIG");
    assert_eq!(
        (own.status, by(own).as_slice()),
        (Status::Guidance, &["beds/report: IN-AIG".to_owned()][..])
    );
}

#[test]
fn row_120_who_cites_an_article_answers_to_its_paragraphs() {
    let gdpr = shipped("eu-gdpr").unwrap();
    let found = covered(&agreed("", ""), &gdpr, day("2027-01-01"));
    assert_eq!(by(of(&found, "GDPR-33(1)")), ["beds/report: GDPR Art. 33"]);
    assert!(of(&found, "GDPR-34").is_gap());
    // Of another law with the same article nothing is met.
    let nis2 = covered(&agreed("", ""), &shipped("eu-nis2").unwrap(), day("2027-01-01"));
    assert_eq!(nis2.met, 0);
}

#[test]
fn row_120_clauses_of_high_tier_that_cite_no_law_are_listed() {
    let packs = [shipped("eu-ai-act").unwrap(), shipped("eu-gdpr").unwrap()];
    let (all, left) = uncited(&agreed("", ""), &packs);
    let left: Vec<String> = left.iter().map(ToString::to_string).collect();
    // The permit of what the gate stands before cites one, the gate itself does not.
    assert_eq!((all, left), (2, vec!["beds/by-two".to_owned()]));
    let (_, left) = uncited(&agreed("", ""), &packs[1..]);
    assert_eq!(left.len(), 2);
}

#[test]
fn row_121_where_regimes_differ_is_told_until_the_instrument_says_which_counts() {
    let packs: Vec<_> = ["eu-gdpr", "eu-nis2", "india", "uk", "us-circia"]
        .map(|name| shipped(name).unwrap())
        .into();
    let found = conflicts(&agreed("", ""), &packs);
    let cyber = found.iter().find(|one| one.incident == "significant-cyber-incident").unwrap();
    assert_eq!((cyber.role.as_str(), cyber.to.as_str()), ("operator", "authority"));
    assert_eq!(cyber.clocks[0].0, "india");
    assert!(cyber.clocks.len() >= 4, "{cyber:?}");
    assert_eq!(cyber.open.len(), 1);
    let under = "```clause\nid = \"instrument\"\ninstrument = \"Beds\"\ngoverning_law = \"none\"\n\
                 forum = \"none\"\nlanguage = \"en\"\nregimes = [{ seat = \"holder\", under = \
                 [\"eu-gdpr\", \"eu-nis2\", \"india\", \"uk\", \"us-circia\"] }]\n```\n";
    let settled = conflicts(&agreed("", under), &packs);
    assert_eq!(settled.len(), found.len());
    assert!(settled.iter().all(|one| one.open.is_empty()), "{settled:?}");
}

#[test]
fn row_28_the_law_of_the_parties_countries_is_looked_at_unasked() {
    let names = |countries: &str| -> Vec<String> {
        let text = TEXT.replace("CLASSES", "").replace("INSTRUMENT", "");
        let text =
            text.replace("jurisdictions = [\"BE\"]", &format!("jurisdictions = [{countries}]"));
        let module = read("beds.md", text.as_bytes()).unwrap();
        let agreement = assemble([module]).unwrap().0;
        applying(&agreement).iter().map(|pack| pack.id.to_string()).collect()
    };
    assert_eq!(names("\"BE\""), ["eu-ai-act", "eu-gdpr", "eu-nis2"]);
    assert!(names("\"IN\", \"GB\"").contains(&"uk".to_owned()));
    assert_eq!(names("\"CH\""), Vec::<String>::new());
}

#[test]
fn every_pack_of_the_program_is_had_by_its_name() {
    assert!(shipped_names().count() >= 11);
    assert!(shipped_names().all(|name| shipped(name).is_some_and(|pack| pack.id.as_str() == name)));
    assert!(shipped("nowhere").is_none());
}
