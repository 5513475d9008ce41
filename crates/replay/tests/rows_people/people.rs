//! What the stories about people and parties have in common, and the rows that take no more.

use concordat_partnership::act::{
    AssetImport, EvidenceSubmit, KeyRegister, MandateGrant, TrainingRecord,
};
use concordat_partnership::{Act, PartyStatus, Verdict, party_digest};
use concordat_terms::{Digest, Timestamp};

use crate::common::{Story, digest, public, texts};

pub(crate) fn a<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    a(text)
}

/// A text of the heart agreement with something else in it.
pub(crate) fn with(module: &str, was: &str, is: &str) -> String {
    let text = &texts()[module];
    assert!(text.contains(was), "`{was}` is not in {module}");
    text.replace(was, is)
}

/// A text of the heart agreement with clauses after it.
pub(crate) fn and(module: &str, clauses: &str) -> String {
    format!("{}\n{clauses}", texts()[module])
}

pub(crate) const TRAINER: &str = "seat = \"Trainer\"\nfilled_by = [\"vendor\"]";

impl Story {
    /// Several sign, and it is admitted.
    pub(crate) fn admit_all(&mut self, signers: &[(&str, &str)], act: &Act) {
        let verdict = self.act_all(signers, act);
        if let Some(refusal) = verdict.refusal() {
            panic!("`{}` was refused: {}", act.name(), refusal.problem());
        }
    }

    /// Several sign, and it is refused with this code.
    pub(crate) fn refuse_all(&mut self, signers: &[(&str, &str)], act: &Act, code: &str) {
        let verdict = self.act_all(signers, act);
        let found = verdict.refusal().map(|refusal| refusal.code());
        assert_eq!(found, Some(code), "{:?}", verdict.refusal().map(|r| r.problem()));
    }

    pub(crate) fn act_all(&mut self, signers: &[(&str, &str)], act: &Act) -> Verdict {
        let entry = self.sign(signers, act);
        self.step(entry)
    }

    /// A party registers a key of one of its members, whose name is the key's.
    pub(crate) fn employ(&mut self, party: &str, member: &str) {
        let act = register(member, Some(member));
        self.admit_all(&[(party, "signatory"), (member, "signatory")], &act);
    }
}

pub(crate) fn register(key: &str, member: Option<&str>) -> Act {
    Act::KeyRegister(KeyRegister {
        key: public(key),
        member: member.map(a),
        ..KeyRegister::default()
    })
}

/// A mandate of the same name as its member, for the year 2027.
pub(crate) fn mandate(member: &str, seat: &str) -> MandateGrant {
    MandateGrant {
        mandate: a(member),
        member: a(member),
        seat: a(seat),
        from: None,
        until: at("2028-01-01T00:00:00Z"),
        limits: concordat_partnership::act::Limits::default(),
        host: None,
    }
}

pub(crate) fn trained(party: &str, member: &str, completed: &str) -> Act {
    Act::TrainingRecord(TrainingRecord {
        party: a(party),
        member: a(member),
        course: a("data-protection"),
        completed: at(completed),
        evidence: digest("certificate"),
    })
}

fn evidence(subject: Digest, method: &str) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject,
        method: a(method),
        results: [(a("accuracy"), a("0.79"))].into(),
        cases: 254.try_into().unwrap(),
        report: digest("report"),
        record: None,
    })
}

#[test]
fn row_01_every_act_names_the_party_and_the_seat_it_was_signed_for() {
    let mut story = Story::in_force();
    // Public and private parties stand in one agreement, each with a key.
    let sides: Vec<String> =
        story.state().agreement().parties().map(|p| format!("{:?}", p.terms.side)).collect();
    assert!(sides.iter().any(|side| side == "Public") && sides.iter().any(|s| s == "Private"));
    assert!(story.state().members().values().all(|m| m.status == PartyStatus::Party));

    let verdict = story.act("vendor", "trainer", Story::charter());
    let Verdict::Admitted { by: Some(by), .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!((by.seat.as_str(), by.party.unwrap().as_str()), ("trainer", "vendor"));
}

#[test]
fn row_02_a_competitor_reads_nothing_about_what_another_keeps_to_itself() {
    let mut story = Story::in_force();
    let own = "```clause\nid = \"recipes\"\nasset = \"Training recipes\"\nkind = \"code\"\n\
               holder = \"trainer\"\nlabel = \"restricted\"\npurposes = [\"cardiac-risk\"]\n\
               audit_by = [\"test-lab\"]\n```\n";
    story.amend(&[and("data-use", own)]);
    let reads = |party: &str| story.state().may_read(&a(party), &a("recipes"));
    assert!(reads("vendor") && reads("lab"));
    assert!(!reads("cypress") && !reads("dogwood") && !reads("stranger"));

    // What is listed of rows is a commitment to them: there is no field for more.
    let Act::DatasetRegister(listed) = story.dataset("alder", "first") else { panic!() };
    let fields = serde_json::to_value(&listed).unwrap();
    let fields: Vec<&String> = fields.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["asset", "version", "place", "rows_band", "purposes"]);
}

const STEWARD: &str = r#"
```clause
id = "steward"
seat = "Steward"
filled_by = ["birch"]
```

```clause
id = "score"
asset = "Published Score"
kind = "model"
holder = "trainer"
label = "internal"
purposes = ["cardiac-risk"]
ground = "background"
```

```clause
id = "bring-in"
permit = "asset.import"
by = "trainer"
```

```clause
id = "steward-approves"
gate = "asset.import"
approvals = [{ seat = "steward", at_least = 1 }]
```
"#;

#[test]
fn row_06_nothing_is_brought_in_without_the_steward() {
    let mut story = Story::in_force();
    story.amend(&[and("data-use", STEWARD)]);
    let import = |weights: &str| {
        let version = digest(weights);
        let (asset, purpose) = (a("score"), a("cardiac-risk"));
        Act::AssetImport(AssetImport { asset, version, purpose, licence: None, from: None })
    };
    story.refuse(
        "vendor",
        "trainer",
        import("weights"),
        "needs-approvals",
        "data-use/steward-approves",
    );
    // A signature by somebody else is no approval, and one for another seat is none either.
    let act = import("weights");
    story.refuse_all(&[("vendor", "trainer"), ("alder", "data-holder")], &act, "needs-approvals");
    story.refuse_all(&[("vendor", "trainer"), ("birch", "data-holder")], &act, "needs-approvals");
    story.admit_all(&[("vendor", "trainer"), ("birch", "steward")], &act);
}

#[test]
fn row_11_a_lab_cannot_sign_as_the_vendor() {
    let mut story = Story::ready();
    let proposal = story.proposal("first", |_| {});
    story.refuse("lab", "trainer", proposal.clone(), "not-your-seat", "");
    story.refuse("lab", "test-lab", proposal, "not-permitted", "data-use/train-on-heart-rows");
    story.refuse("vendor", "test-lab", evidence(digest("x"), "audit"), "not-your-seat", "");
}

const INSURED: &str = r#"
```clause
id = "insured"
gate = "run.propose"
evidence = [{ about = "party", method = "liability-insurance", by = "test-lab", max_age = "P1Y" }]
```
"#;

#[test]
fn row_102_without_a_current_certificate_of_insurance_no_paid_work_begins() {
    let mut story = Story::ready();
    story.amend(&[and("data-use", INSURED)]);
    let (gate, vendor) = ("data-use/insured", party_digest(&a("vendor")));
    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal.clone(), "needs-evidence", gate);

    // A certificate of another party is none, and one about nobody is not even filed.
    story.refuse(
        "lab",
        "test-lab",
        evidence(party_digest(&a("nobody")), "liability-insurance"),
        "unknown-model",
        "",
    );
    story.admit("lab", "test-lab", evidence(party_digest(&a("alder")), "liability-insurance"));
    story.refuse("vendor", "trainer", proposal.clone(), "needs-evidence", gate);

    story.admit("lab", "test-lab", evidence(vendor, "liability-insurance"));
    story.admit("vendor", "trainer", proposal);
    // After a year it is old paper.
    story.tick("2028-01-02T08:00:00Z");
    let proposal = story.proposal("second", |_| {});
    story.refuse("vendor", "trainer", proposal, "evidence-too-old", gate);
    assert!(story.state().evidence().contains_key(&vendor));
}
