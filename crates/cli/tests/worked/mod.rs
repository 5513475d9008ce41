//! One partnership at work, for the tests of what is made from one.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::process::{Command, Output};

use concordat_partnership::Act;
use concordat_partnership::act::{
    AccountAllocate, AccountOpen, CaseMatter, CaseOpen, DisputeMatter, Holder, MeetingCall,
    MeetingMinute, NamedModule, OneProject, ProjectCharter, RiskAppetite, RiskRating, UsageReport,
    Vote,
};
use concordat_terms::Digest;

use crate::common::{self, HOSPITALS, Story, digest, texts};

pub(crate) const MINUTES: &str =
    "The Council talked about royalties and about who pays for new machines.\n";

/// What the heart agreement has besides.
const MORE: &str = r#"
## What else was agreed

```clause
id = "bring-machines"
duty = "provide the machines on which runs are coordinated"
owner = "operator"
to = ["data-holder"]
due = { after = "in-force", period = "P30D" }
discharged_by = "duty.discharge"
contributes = "compute"
```

```clause
id = "attest"
duty = "review the safeguards and attest that they hold"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "P90D", every = "P6M" }
discharged_by = "duty.discharge"
cure = "P5D"
```

```clause
id = "discharge"
permit = "duty.discharge"
by = ["trainer", "operator"]
```

```clause
id = "computing"
account = "Computing for training"
unit = "gpu-hour"
holder = "trainer"
ceiling = 1000
allocated_by = "council"
alert_at = 0.8
```

```clause
id = "open-accounts"
permit = "account.open"
by = "council-member"
```

```clause
id = "allocate"
permit = "account.allocate"
by = "council-member"
```

```clause
id = "report-use"
permit = "usage.report"
by = "trainer"
```

```clause
id = "call-meeting"
permit = "meeting.call"
by = "council-member"
```

```clause
id = "file-minutes"
permit = "meeting.minute"
by = "council-member"
```

```clause
id = "open-risks"
permit = "risk.open"
by = ["data-holder", "trainer"]
```

```clause
id = "accept-risks"
permit = "risk.appetite"
by = "council-member"
```

```clause
id = "open-cases"
permit = "case.open"
by = ["data-holder", "trainer"]
```

```clause
id = "differences"
ladder = "what the parties differ about"
cases = ["dispute"]
stages = [
  { stage = "negotiation", by = "council", within = "P30D" },
  { stage = "mediation", by = "test-lab" },
]
```

```clause
id = "stop"
power = "module.suspend"
holder = "council-member"
over = ["release"]
ratified_by = "council"
within = "P7D"
```
"#;

fn a<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("`{text}`"))
}

/// Data is listed, a project is open and another waits for votes; a meeting was held, a dispute and
/// two risks are open, computing is spent, a module is suspended, and a duty is late.
pub(crate) fn worked() -> (Story, BTreeMap<Digest, Vec<u8>>) {
    let mut all = texts();
    all.get_mut("governance").unwrap().push_str(MORE);
    let all: Vec<String> = all.into_values().collect();
    let mut blobs: BTreeMap<Digest, Vec<u8>> =
        all.iter().map(|text| (digest(text), text.clone().into_bytes())).collect();
    blobs.insert(digest(MINUTES), MINUTES.as_bytes().to_vec());
    let mut story = Story::begun(all);
    let member = "council-member";

    let call = MeetingCall {
        meeting: a("spring"),
        body: a("council"),
        at: a("2027-01-15T08:00:00Z"),
        agenda: digest("agenda"),
    };
    story.admit("alder", member, Act::MeetingCall(call));
    let account = a("governance/computing");
    story.admit("alder", member, Act::AccountOpen(AccountOpen { account, until: None }));
    let allocate = AccountAllocate {
        account: a("governance/computing"),
        to: Holder { party: a("vendor"), project: None },
        amount: a("gpu-hour 400"),
        report: None,
    };
    story.decide("computing", Act::AccountAllocate(allocate));
    let used = UsageReport {
        under: a("governance/computing"),
        amount: a("gpu-hour 120.5"),
        party: None,
        project: None,
        version: None,
        purpose: None,
        country: None,
        reference: digest("meter"),
    };
    story.admit("vendor", "trainer", Act::UsageReport(used));
    story.decide("appetite", Act::RiskAppetite(RiskAppetite { most: 9 }));
    for (risk, likelihood, controls) in [("drift", 4, "governance/attest"), ("outage", 2, "")] {
        let rating = RiskRating {
            risk: a(risk),
            owner: a("test-lab"),
            likelihood,
            impact: 3,
            controls: controls.parse().ok().into_iter().collect(),
            evidence: [].into(),
            description: digest(risk),
        };
        story.admit("alder", "data-holder", Act::RiskOpen(rating));
    }
    let open = CaseOpen {
        case: a("late-machines"),
        matter: CaseMatter::Dispute(DisputeMatter { clause: None }),
        on: [].into(),
        models: [].into(),
        against: [a("vendor")].into(),
        account: digest("what happened"),
    };
    story.admit("alder", "data-holder", Act::CaseOpen(open));

    story.tick("2027-02-02T08:00:00Z");
    let minutes = MeetingMinute {
        meeting: a("spring"),
        present: HOSPITALS.map(a).into(),
        minutes: digest(MINUTES),
        published: None,
    };
    story.admit("alder", member, Act::MeetingMinute(minutes));
    let Act::ProjectCharter(charter) = Story::charter() else { panic!("a charter") };
    story.admit(
        "vendor",
        "trainer",
        Act::ProjectCharter(ProjectCharter { project: a("second"), ..charter }),
    );
    story.propose("open-second", Act::ProjectOpen(OneProject { project: a("second") }));
    story.admit("alder", member, common::vote("open-second", Vote::For));
    story.admit("birch", member, Act::ModuleSuspend(NamedModule { module: a("release") }));
    let late = Act::RunOpen(common::one_run("first"));
    story.act("vendor", "trainer", late);
    (story, blobs)
}

/// Runs the binary to its end.
pub(crate) fn concordat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat")).args(arguments).output().unwrap()
}

/// What a command prints that must succeed.
pub(crate) fn said(arguments: &[&str]) -> String {
    let output = concordat(arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The texts of the heart agreement, as blobs.
pub(crate) fn blobs_of_heart() -> BTreeMap<Digest, Vec<u8>> {
    texts().into_values().map(|text| (digest(&text), text.into_bytes())).collect()
}
