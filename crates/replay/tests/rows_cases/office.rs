//! What the stories about cases have in common: the agreement, the packs, acts as sentences.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{
    CaseClose, CaseFact, CaseMatter, CaseOpen, CaseReport, IncidentMatter, RegimeAdopt, Report,
};
use concordat_partnership::{Act, Case, Effect, Verdict};
use concordat_terms::Timestamp;

use crate::common::{Story, digest, texts};

pub(crate) fn a<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    a(text)
}

pub(crate) const GDPR: &str = include_str!("../../../../regimes/eu-gdpr.toml");
pub(crate) const NIS2: &str = include_str!("../../../../regimes/eu-nis2.toml");
pub(crate) const AI_ACT: &str = include_str!("../../../../regimes/eu-ai-act.toml");

/// Who may open what, and who decides about disputes.
const CLAUSES: &str = r#"
```clause
id = "open-cases"
permit = "case.open"
by = ["data-holder", "trainer"]
```

```clause
id = "file-facts"
permit = "case.fact"
by = ["data-holder", "trainer"]
```

```clause
id = "report-cases"
permit = "case.report"
by = ["data-holder", "trainer"]
```

```clause
id = "move-cases"
permit = "case.stage"
by = ["data-holder", "trainer", "test-lab"]
```

```clause
id = "close-cases"
permit = "case.close"
by = ["data-holder", "trainer", "test-lab", "council-member"]
```

```clause
id = "start-drills"
permit = "drill.start"
by = "data-holder"
```

```clause
id = "end-drills"
permit = "drill.end"
by = "data-holder"
```

```clause
id = "place-holds"
permit = "hold.place"
by = "data-holder"
```

```clause
id = "lift-holds"
permit = "hold.lift"
by = "data-holder"
```

```clause
id = "open-risks"
permit = "risk.open"
by = ["data-holder", "trainer"]
```

```clause
id = "rate-risks"
permit = "risk.update"
by = ["data-holder", "trainer"]
```

```clause
id = "accept-risks"
permit = "risk.appetite"
by = ["data-holder", "council-member"]
```

```clause
id = "close-risks"
permit = "risk.close"
by = ["data-holder", "trainer"]
```

```clause
id = "adopt-regimes"
permit = "regime.adopt"
by = ["data-holder", "council-member"]
```

```clause
id = "do-duties"
permit = "duty.discharge"
by = ["data-holder", "trainer"]
```

```clause
id = "serve-notice"
permit = "notice.serve"
by = ["data-holder", "trainer"]
```

```clause
id = "differences"
ladder = "what the parties differ about"
cases = ["dispute"]
stages = [
  { stage = "negotiation", by = "council", within = "P30D" },
  { stage = "mediation", by = "test-lab", within = "P10D", calendar = "BE" },
  { stage = "arbitration", by = "council-member" },
]
```

```clause
id = "requests"
ladder = "requests to see records"
cases = ["records-request"]
stages = [
  { stage = "consultation", by = "data-holder", within = "P10D" },
  { stage = "decision", by = "data-holder" },
]
```

```clause
id = "harm"
liability = "harm that the Model does"
order = ["trainer", "data-holder"]
incidents = ["serious-incident", "death"]
cap = "EUR 50000"
uncapped = ["death or personal injury"]
```

```clause
id = "delay"
liability = "work that is late"
order = ["trainer"]
incidents = ["outage"]
```

```clause
id = "accuracy-holds"
warranty = "the Model is accurate"
by = "trainer"
to = "data-holder"
on = "risk-model"
method = "pooled-holdout-accuracy"
metric = "accuracy"
at_least = 0.75
remedy = "harm"
```

```clause
id = "drill-yearly"
duty = "practise what an incident asks for"
owner = "data-holder"
to = "trainer"
due = { after = "in-force", every = "P1Y" }
discharged_by = "drill.end"
```

```clause
id = "tell-each-other"
duty = "tell the others what was reported"
owner = "data-holder"
to = "trainer"
due = { after = "case.report", period = "P1D" }
discharged_by = "notice.serve"
```

```clause
id = "look-at-the-law"
duty = "look at what a regime that changed asks for"
owner = "data-holder"
to = "trainer"
due = { after = "regime.adopt", period = "P30D" }
discharged_by = "duty.discharge"
```
"#;

/// The texts of the heart agreement with this room's clauses.
pub(crate) fn agreed() -> Vec<String> {
    let texts = texts();
    let mend = |module: &str, changes: &[(&str, &str)]| {
        changes.iter().fold(texts[module].clone(), |text, (was, is)| {
            assert!(text.contains(was), "`{was}` is not in {module}");
            text.replace(was, is)
        })
    };
    let holder = "filled_by = [\"alder\", \"birch\", \"cypress\", \"dogwood\"]\n```\n\nThe Vendor";
    let controllers = "filled_by = [\"alder\", \"birch\", \"cypress\", \"dogwood\"]\n\
                       roles = [\"controller\"]\n```\n\nThe Vendor";
    let trainer = "seat = \"Trainer\"\n";
    let provider = "seat = \"Trainer\"\nroles = [\"provider\", \"operator\", \"processor\"]\n";
    let model = "asset = \"Cardiac Risk Model\"\n";
    let annex = "asset = \"Cardiac Risk Model\"\nclasses = [\"annex-iii\"]\n";
    vec![
        mend("parties", &[(holder, controllers), (trainer, provider)]),
        mend("data-use", &[(model, annex)]),
        format!("{}\n{CLAUSES}", texts["governance"]),
    ]
}

impl Story {
    /// With this room's clauses in force.
    pub(crate) fn office() -> Self {
        let mut story = Self::in_force();
        story.amend(&agreed());
        story
    }

    /// With these packs adopted as well.
    pub(crate) fn under(packs: &[&str]) -> Self {
        let mut story = Self::office();
        for pack in packs {
            story.adopt(pack);
        }
        story
    }

    pub(crate) fn adopt(&mut self, pack: &str) {
        let pack = self.replica.supply(pack.as_bytes().to_vec());
        self.admit("alder", "data-holder", Act::RegimeAdopt(RegimeAdopt { pack }));
    }

    pub(crate) fn case(&self, name: &str) -> &Case {
        self.state().case(&a(name)).unwrap()
    }

    /// Each clock of a case: row, owners, when it ends, where it stands.
    pub(crate) fn clocks(&self, name: &str) -> Vec<String> {
        let clocks = self.case(name).clocks.iter().map(|clock| {
            let owners: Vec<&str> = clock.owners.iter().map(|owner| owner.as_str()).collect();
            let due = clock.due.map_or("no day".to_owned(), |due| due.to_string());
            let is = clock.status.as_str();
            format!("{} by {}, {due}: {is}", clock.row, owners.join(" "))
        });
        clocks.collect()
    }

    /// Several sign.
    pub(crate) fn act_all(&mut self, signers: &[(&str, &str)], act: &Act) -> Verdict {
        let entry = self.sign(signers, act);
        self.step(entry)
    }

    /// What an admitted act does to the world.
    pub(crate) fn effects(&mut self, party: &str, seat: &str, act: Act) -> Vec<Effect> {
        match self.act(party, seat, act) {
            Verdict::Admitted { effects, .. } => effects,
            Verdict::Refused { refusal, .. } => panic!("{}", refusal.problem()),
        }
    }

    /// Everything about which nothing else is said is answered.
    pub(crate) fn answer_all(&mut self, case: &str) {
        for clock in self.case(case).open_clocks() {
            let owner = self.case(case).clock(clock).unwrap().owners.first().unwrap().clone();
            let seat = if owner.as_str() == "vendor" { "trainer" } else { "data-holder" };
            let act = report(case, clock, Report::NotOwed(digest("reasons")));
            self.admit(owner.as_str(), seat, act);
        }
    }
}

pub(crate) fn incident(kinds: &[&str], aware_at: &str) -> IncidentMatter {
    IncidentMatter {
        kinds: kinds.iter().map(|kind| a(kind)).collect(),
        places: [a("BE")].into(),
        measures: BTreeMap::new(),
        aware_at: at(aware_at),
    }
}

pub(crate) fn open(case: &str, matter: CaseMatter) -> CaseOpen {
    CaseOpen {
        case: a(case),
        matter,
        on: BTreeSet::new(),
        models: BTreeSet::new(),
        against: BTreeSet::new(),
        account: digest("account"),
    }
}

/// A case about an incident that the parties became aware of just now.
pub(crate) fn breach(story: &Story, case: &str, kinds: &[&str]) -> CaseOpen {
    let now = story.now.to_string();
    let matter = CaseMatter::Incident(incident(kinds, &now));
    CaseOpen { on: [a("risk-model")].into(), ..open(case, matter) }
}

pub(crate) fn fact(case: &str) -> CaseFact {
    CaseFact {
        case: a(case),
        facts: BTreeMap::new(),
        evidence: BTreeSet::new(),
        kinds: BTreeSet::new(),
        measures: BTreeMap::new(),
        against: BTreeSet::new(),
        fate: None,
    }
}

pub(crate) fn facts(case: &str, known: &[&str]) -> Act {
    let facts = known.iter().map(|fact| (a(fact), digest(fact))).collect();
    Act::CaseFact(CaseFact { facts, ..fact(case) })
}

pub(crate) fn report(case: &str, clock: u32, report: Report) -> Act {
    Act::CaseReport(CaseReport { case: a(case), clock, report })
}

pub(crate) fn complete(case: &str, clock: u32) -> Act {
    report(case, clock, Report::Complete(digest("report")))
}

pub(crate) fn close(case: &str) -> CaseClose {
    CaseClose {
        case: a(case),
        outcome: digest("outcome"),
        review: None,
        redress: None,
        award: None,
        release: None,
        exempt: BTreeMap::new(),
        settlement: None,
    }
}
