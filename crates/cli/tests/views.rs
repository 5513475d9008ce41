//! What the views print of one worked partnership, for people and for programs.
//! `UPDATE_GOLDEN=1` rewrites the outputs below `views/`.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use archived::archived;
use common::{HOSPITALS, Story, digest, texts};
use concordat_cli::search::scan;
use concordat_partnership::act::{
    AccountAllocate, AccountOpen, CaseMatter, CaseOpen, DisputeMatter, Holder, MeetingCall,
    MeetingMinute, NamedModule, OneProject, ProjectCharter, RiskAppetite, RiskRating, UsageReport,
    Vote,
};
use concordat_partnership::{Act, Words};
use concordat_terms::{ActName, Digest};

const MINUTES: &str = "The Council talked about royalties and about who pays for new machines.\n";

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
fn worked() -> (Story, BTreeMap<Digest, Vec<u8>>) {
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

fn concordat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat")).args(arguments).output().unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = concordat(arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// What each view prints, by the name of its golden file.
const VIEWS: &[(&str, &[&str])] = &[
    ("status", &["status"]),
    ("status-as-cypress", &["status", "--as", "cypress"]),
    ("status-as-vendor", &["status", "--as", "vendor"]),
    ("duties", &["duties", "--all"]),
    ("decisions", &["decisions"]),
    ("catalog", &["catalog"]),
    ("catalog-as-vendor", &["catalog", "--as", "vendor"]),
    ("cases", &["cases"]),
    ("risks", &["risks"]),
    ("budget", &["budget"]),
    ("matrix", &["matrix"]),
    ("matrix-as-lab", &["matrix", "--as", "lab"]),
    ("value", &["value"]),
    ("search", &["search", "royalt"]),
    ("search-clauses", &["search", "safeguards", "attest"]),
    ("search-acts", &["search", "project.charter", "vendor", "second"]),
];

#[test]
fn each_view_says_where_one_worked_partnership_stands() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    let (story, blobs) = worked();
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/views");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    for (name, arguments) in VIEWS {
        let asked = [*arguments, &["--archive", &archive]].concat();
        let text = said(&asked);
        // A word that is too long alone is not cut: people copy it.
        for line in text.lines().filter(|line| line.trim().contains(' ')) {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        let json: serde_json::Value =
            serde_json::from_str(&said(&[asked.as_slice(), &["--json"]].concat())).unwrap();
        let json = serde_json::to_string_pretty(&json).unwrap() + "\n";
        for (end, shown) in [("txt", text), ("json", json)] {
            let path = folder.join(format!("{name}.{end}"));
            if update {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&path, &shown).unwrap();
            }
            if fs::read_to_string(&path).unwrap_or_default() != shown {
                differ.push(path);
            }
        }
    }
    assert_eq!(differ, Vec::<PathBuf>::new(), "UPDATE_GOLDEN=1 rewrites them");
}

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let temp = tempfile::tempdir().unwrap();
    let (story, blobs) = worked();
    archived(&story, &blobs, &temp.path().join("archive"));
    let page =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to/see-where-we-stand.md");
    let page = fs::read_to_string(page).unwrap();
    let commands: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("$ concordat ")).collect();
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        let program = env!("CARGO_BIN_EXE_concordat");
        let mut typed = Command::new(program);
        typed.args(command.split(' ')).current_dir(temp.path());
        let output = typed.output().unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{command}");
    }
}

#[test]
fn row_32_words_are_found_in_clauses_acts_and_minutes_with_version_and_entry() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    let (story, blobs) = worked();
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let found = |words: &[&str]| -> serde_json::Value {
        let asked = [&["search"], words, &["--archive", &archive, "--json"]].concat();
        serde_json::from_str(&said(&asked)).unwrap()
    };
    // Whatever the case; all words must occur; a clause comes with module, version and entry.
    let hits = found(&["SAFEGUARDS", "attest"]);
    let clause = &hits["clauses"][0];
    assert_eq!((&clause["module"], &clause["clause"]), (&"governance".into(), &"attest".into()));
    assert_eq!(clause["version"], "1.0.0");
    assert!(clause["entry"].is_u64());
    assert_eq!(found(&["safeguards", "unicorn"])["clauses"], serde_json::json!([]));
    // An act comes with its entry.
    let hits = found(&["late-machines"]);
    let act = &hits["acts"][0];
    assert_eq!((&act["act"], &act["by"]), (&"case.open".into(), &serde_json::json!(["alder"])));
    // So do minutes.
    let hits = found(&["royalties"]);
    assert_eq!(hits["minutes"][0]["meeting"], "spring");
    assert!(hits["minutes"][0]["snippet"].as_str().unwrap().contains("about royalties"));
}

/// What takes time in a long log is reading it: each entry is read once, and decoded where the words
/// are in it.
#[test]
fn the_one_act_of_a_hundred_thousand_that_has_the_words_is_found() {
    let mut story = Story::in_force();
    let usual = story.sign(&[("vendor", "trainer")], &Act::RunOpen(common::one_run("winter")));
    let other = story.sign(&[("vendor", "trainer")], &Act::RunOpen(common::one_run("summer-run")));
    let mut entries = vec![usual; 100_000];
    entries.push(other);
    let words = Words::of("Summer run.open vendor").unwrap();
    let started = std::time::Instant::now();
    let found = scan(story.state(), &entries, |_| None, &words);
    println!("{} entries in {:?}", entries.len(), started.elapsed());
    assert_eq!(found.acts.len(), 1);
    assert_eq!((found.acts[0].entry, found.acts[0].act), (100_000, ActName::RunOpen));
}

#[test]
fn who_is_no_party_and_what_is_no_word_is_told_so() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    archived(&Story::in_force(), &blobs_of_heart(), &archive);
    let archive = archive.display().to_string();
    for (arguments, code) in [
        (&["duties", "--as", "aldr", "--archive", &archive][..], "unknown-party"),
        (&["search", "...", "--archive", &archive], "no-words"),
        (&["status"], "usage"),
        (&["value", "--archive", "/nowhere"], "no-such-file"),
    ] {
        let output = concordat(&[arguments, &["--json"]].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(&format!("\"code\":\"{code}\"")), "{said}");
    }
}

fn blobs_of_heart() -> BTreeMap<Digest, Vec<u8>> {
    texts().into_values().map(|text| (digest(&text), text.into_bytes())).collect()
}
