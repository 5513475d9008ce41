//! The heart agreement with clauses about what becomes of versions.

use concordat_agreement::Profile;
use concordat_partnership::Act;
use concordat_partnership::act::{
    AssetDeclareBackground, AssetDerive, AssetImport, AssetLabel, AssetTransfer, ConsentWithdraw,
    DeletionAttest, EvidenceSubmit, Handed, PlaceRegister, Release, Step,
};
use concordat_terms::Digest;

use crate::common::{HOSPITALS, Story, cost, digest, result, texts};

pub(crate) fn a<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap()
}

/// What the clauses of each story are written beside.
const LAW: &str = r#"
```clause
id = "findings"
asset = "Findings"
kind = "report"
holder = "data-holder"
label = "internal"
purposes = ["cardiac-risk", "insurance-pricing"]
```

```clause
id = "pseudonyms"
asset = "Pseudonymised Rows"
kind = "dataset"
holder = "data-holder"
label = "restricted"
purposes = ["cardiac-risk"]
derived_owner = ["data-holder"]
anonymisation = "keyed pseudonyms"
key_custodian = "test-lab"
columns = [{ name = "age", kind = "number", min = 0, max = 120 }]
```

```clause
id = "price-rows"
asset = "Price Rows"
kind = "dataset"
holder = "data-holder"
label = "internal"
purposes = ["insurance-pricing"]
anonymisation = "none is needed"
columns = [{ name = "price", kind = "number", min = 0, max = 100 }]
```

```clause
id = "bare-rows"
asset = "Bare Rows"
kind = "dataset"
holder = "data-holder"
label = "public"
purposes = ["cardiac-risk"]
anonymisation = "none is needed"
```

```clause
id = "weights"
asset = "Vendor Weights"
kind = "model"
holder = "trainer"
label = "internal"
purposes = ["cardiac-risk"]
```

```clause
id = "training-code"
asset = "Training Code"
kind = "code"
holder = "trainer"
label = "internal"
purposes = ["cardiac-risk"]
```

```clause
id = "list-other-rows"
permit = "dataset.register"
by = "data-holder"
```

```clause
id = "derive"
permit = "asset.derive"
by = ["data-holder", "trainer"]
```

```clause
id = "bring-in"
permit = "asset.import"
by = "trainer"
```

```clause
id = "label-anew"
permit = "asset.label"
by = ["data-holder", "council-member"]
```

```clause
id = "declare"
permit = "asset.declare-background"
by = ["data-holder", "trainer"]
```

```clause
id = "hand-over"
permit = "asset.transfer"
by = ["data-holder", "trainer"]
```

```clause
id = "consent"
permit = "consent.withdraw"
by = "data-holder"
```

```clause
id = "erase"
permit = "erasure.record"
by = "data-holder"
```

```clause
id = "delete"
permit = "deletion.attest"
by = ["data-holder", "trainer"]
```

```clause
id = "register-code"
permit = "code.register"
by = "trainer"
```

```clause
id = "appraise"
permit = "place.attest"
by = ["data-holder", "trainer"]
```

```clause
id = "file-about-versions"
permit = "evidence.submit"
by = "test-lab"
```
"#;

const OF_ROWS: &str = "audit_by = [\"data-holder\", \"test-lab\"]\n";
const OF_MODEL: &str = "holder = \"trainer\"\nlabel = \"internal\"\n";

/// The agreement in force with more about the rows, the model, and besides; nothing is listed yet.
pub(crate) fn agreed(rows: &str, model: &str, clauses: &str) -> Story {
    let mut story = Story::in_force();
    let text = &texts()["data-use"];
    assert!(text.contains(OF_ROWS) && text.contains(OF_MODEL));
    let text = text.replacen(OF_ROWS, &format!("{OF_ROWS}{rows}\n"), 1);
    let text = text.replacen(OF_MODEL, &format!("{OF_MODEL}{model}\n"), 1);
    story.amend(&[format!("{text}\n{LAW}\n{clauses}")]);
    story
}

/// The same with rows listed and a project open.
pub(crate) fn ready(rows: &str, model: &str, clauses: &str) -> Story {
    let mut story = agreed(rows, model, clauses);
    for hospital in HOSPITALS {
        story.register(hospital, "first", 2);
    }
    story.open_project();
    story
}

impl Story {
    /// Runs `first`, which gives the model `model`.
    pub(crate) fn train(&mut self) -> Digest {
        self.run("first");
        for hospital in HOSPITALS {
            self.admit(hospital, "data-holder", self.join("first", cost()));
        }
        let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
        let entry = self.sign(&seats, &result("model"));
        assert!(self.step(entry).is_admitted());
        digest("model")
    }

    /// Tests a model and releases it by decision of the council.
    pub(crate) fn release(&mut self, model: Digest) {
        self.test(model, "0.8");
        self.admit("vendor", "trainer", Act::ReleasePropose(Release { model }));
        let name = format!("release-{}", &model.to_string()[..6]);
        self.decide(&name, Act::ReleasePromote(Release { model }));
    }

    pub(crate) fn test(&mut self, subject: Digest, accuracy: &str) {
        let method = a("pooled-holdout-accuracy");
        self.admit("lab", "test-lab", evidence(subject, method, accuracy));
    }

    pub(crate) fn place(&mut self, party: &str, seat: &str, name: &str, class: u8, country: &str) {
        let place = PlaceRegister { place: a(name), class, jurisdiction: a(country) };
        self.admit(party, seat, Act::PlaceRegister(place));
    }

    /// Several sign, the first acts, and it is admitted.
    pub(crate) fn admit_by(&mut self, signers: &[(&str, &str)], act: &Act) {
        let entry = self.sign(signers, act);
        let verdict = self.step(entry);
        assert!(verdict.is_admitted(), "{:?}", verdict.refusal());
    }
}

pub(crate) fn evidence(subject: Digest, method: concordat_terms::MethodId, value: &str) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject,
        method,
        results: [(a("accuracy"), a(value))].into(),
        cases: 100.try_into().unwrap(),
        report: digest("report"),
        record: None,
    })
}

pub(crate) fn rows(hospital: &str) -> Digest {
    digest(&format!("{hospital} first"))
}

pub(crate) fn derive(
    asset: &str,
    version: &str,
    from: &[Digest],
    step: Step,
    edit: impl FnOnce(&mut AssetDerive),
) -> Act {
    let mut act = AssetDerive {
        asset: a(asset),
        version: digest(version),
        from: from.iter().copied().collect(),
        step,
        place: None,
        purposes: Default::default(),
        contributions: Default::default(),
        licence: None,
    };
    edit(&mut act);
    Act::AssetDerive(act)
}

pub(crate) fn import(asset: &str, version: &str, licence: Option<&str>) -> Act {
    let (asset, version, purpose) = (a(asset), digest(version), a("cardiac-risk"));
    let licence = licence.map(str::to_owned);
    Act::AssetImport(AssetImport { asset, version, purpose, licence, from: None })
}

pub(crate) fn label(version: Digest, label: concordat_agreement::Label) -> Act {
    Act::AssetLabel(AssetLabel { version, label, reasons: digest("reasons") })
}

pub(crate) fn declare(asset: &str, version: &str) -> Act {
    let (asset, version, terms) = (a(asset), digest(version), digest("terms"));
    Act::AssetDeclareBackground(AssetDeclareBackground { asset, version, terms })
}

pub(crate) fn hand(
    version: Digest,
    to: &str,
    what: Handed,
    place: Option<&str>,
    profile: Option<Profile>,
) -> Act {
    let (to, place, terms) = (a(to), place.map(a), digest("terms"));
    Act::AssetTransfer(AssetTransfer { version, to, what, terms, place, profile })
}

pub(crate) fn withdraw_consent(slice: &str, versions: &[Digest]) -> Act {
    let (slice, versions) = (digest(slice), versions.iter().copied().collect());
    Act::ConsentWithdraw(ConsentWithdraw { asset: a("heart-rows"), slice, versions })
}

pub(crate) fn delete(asset: &str, versions: &[Digest]) -> Act {
    let (asset, versions) = (a(asset), versions.iter().copied().collect());
    let evidence = digest("log of the deletion");
    Act::DeletionAttest(DeletionAttest { asset, versions, residuals: None, evidence })
}
