//! Scenarios are run on the fold that judges the log: what a step is told, the log would tell.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "agreements are read from their folders")]

mod common;
mod logged;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use concordat_agreement::{Level, assemble, is_module, read, scenario_findings};
use concordat_partnership::act::AbortReason;
use concordat_partnership::check::{Report, Stands};
use concordat_partnership::{Act, Proved};
use concordat_replay::{prove, scenarios};
use concordat_terms::ActName;
use logged::logged;
use proptest::prelude::*;

/// The texts of a folder's modules, by file name.
fn texts(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = folder.read_dir().unwrap().map(|file| file.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|e| e == "md"));
    let named = texts.map(|path| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
    });
    named.filter(|(_, bytes)| is_module(bytes)).collect()
}

fn proved(texts: &BTreeMap<String, Vec<u8>>) -> Proved {
    let modules = texts
        .iter()
        .map(|(name, bytes)| read(name, bytes).unwrap_or_else(|found| panic!("{found:#?}")));
    let (agreement, _) = assemble(modules).unwrap_or_else(|found| panic!("{found:#?}"));
    let astray = scenario_findings(&agreement);
    assert!(astray.is_empty(), "{astray:#?}");
    prove(agreement).unwrap()
}

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn told(report: &Report) -> String {
    report.findings.iter().map(|finding| format!("{finding}\n\n")).collect()
}

#[test]
fn every_scenario_of_an_example_is_as_written() {
    let mut found = String::new();
    for folder in examples().read_dir().unwrap() {
        let folder = folder.unwrap().path();
        let texts = texts(&folder);
        // Mappings of tables are no agreement.
        if texts.is_empty() {
            continue;
        }
        let report = scenarios(&proved(&texts));
        found.push_str(&told(&report));
        let (steps, as_written) = report.count();
        assert!(steps >= 30, "{} has {steps} steps", folder.display());
        assert!(steps == as_written || !found.is_empty());
    }
    assert!(found.is_empty(), "{found}");
}

/// Cases that differ, each with exactly what is said about it: `UPDATE_GOLDEN=1` rewrites.
#[test]
fn a_step_that_is_not_as_written_is_underlined_and_told_what_the_fold_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let heart = texts(&examples().join("heart"));
    let mut cases: Vec<PathBuf> = folder.read_dir().unwrap().map(|c| c.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|e| e == "md"));
    cases.sort();
    assert!(cases.len() >= 6);
    for case in cases {
        let mut texts = heart.clone();
        let text = std::fs::read(&case).unwrap();
        texts.insert(case.file_name().unwrap().to_str().unwrap().to_owned(), text);
        let report = scenarios(&proved(&texts));
        let mut shown = told(&report);
        let own = report.stories.iter().filter(|story| story.module.as_str() == "cases");
        for story in own {
            writeln!(shown, "{}", story.name).unwrap();
            for step in &story.steps {
                let word = match step.stands {
                    Stands::AsWritten => "as written",
                    Stands::Differs => "differs",
                    Stands::NotRun => "not run",
                };
                writeln!(shown, "  {word}: {}", step.step).unwrap();
            }
        }
        let golden = case.with_extension("txt");
        if std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
            std::fs::write(&golden, &shown).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(shown, expected, "{}", case.display());
    }
}

/// A module with one duty, one signal and one condition, for steps that name them.
const OWED: &str = r#"# Owed

```module
id = "owed"
version = "1.0.0"
signers = ["all"]
```

The Lab reports its results.

```clause
id = "report-results"
duty = "report the results"
owner = "test-lab"
to = "data-holder"
due = { after = "in-force", period = "P2Y" }
discharged_by = "duty.discharge"
```

```clause
id = "file-report"
permit = "duty.discharge"
by = "test-lab"
```

The Lab measures its load, and may wait until it is asked.

```clause
id = "load"
signal = "share of its machines in use"
by = "test-lab"
unit = "share"
window = "P1D"
```

```clause
id = "file-load"
permit = "signal.batch"
by = "test-lab"
```

```clause
id = "fees"
account = "Fees"
unit = "EUR"
holder = "test-lab"
ceiling = "100"
```

```clause
id = "open-fees"
permit = "account.open"
by = "test-lab"
```

```clause
id = "asked"
condition = "the Lab was asked"
kind = "subsequent"
modules = ["owed"]
met_by = "notice.serve"
by = "data-holder"
```

```clause
id = "ask"
permit = "notice.serve"
by = "data-holder"
```
"#;

/// The heart agreement with one more module, which has one scenario of these steps.
fn with_steps(steps: &str) -> Report {
    let mut texts = texts(&examples().join("heart"));
    let lines: Vec<(String, String)> =
        steps.lines().map(|line| (line.to_owned(), "refused".to_owned())).collect();
    texts.insert("cases.md".to_owned(), module_of("", &lines));
    texts.insert("owed.md".to_owned(), OWED.as_bytes().to_vec());
    let mut report = scenarios(&proved(&texts));
    report.stories.retain(|story| story.module.as_str() == "cases");
    report
}

#[test]
fn every_act_that_a_party_signs_is_a_step_and_explained() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/scenarios.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let mut amiss = Vec::new();
    for act in ActName::JUDGED {
        let own = [ActName::Genesis, ActName::Tick, ActName::DigestRecord, ActName::RefusalCount];
        if own.contains(act) {
            continue;
        }
        let noun = act.as_str().split('.').next().unwrap();
        if ["key", "mandate", "training", "party", "processor", "rules", "policy", "equivocation"]
            .contains(&noun)
        {
            let told = told(&with_steps(&format!("signatory/lab: {act}")));
            assert!(told.contains("cannot be a step"), "{told}");
            continue;
        }
        let more = match act {
            ActName::MotionPropose => " to run.open",
            ActName::MotionVote => " abstain",
            ActName::DutyExtend => " report-results with more P1D",
            ActName::NoticeServe => " with to vendor",
            ActName::SignalBatch => " load with value 0.5",
            ActName::AuditRequest => " vendor",
            ActName::AccountOpen | ActName::AccountSettle => " fees",
            _ if ["account", "usage", "payment"].contains(&noun) => " fees with amount 10",
            ActName::ProjectMilestone => " tested with project risk",
            ActName::ObjectiveReport => " with value 0.8",
            ActName::AssetTransfer => " with to vendor",
            ActName::CodeRegister => " on risk-model",
            _ if noun == "duty" => " report-results",
            ActName::DeterminationEnter => " with invalid release/file-evidence",
            act if act.as_str().starts_with("module.") => " release",
            _ => "",
        };
        let report = with_steps(&format!("signatory/lab: {act}{more}"));
        let [story] = &report.stories[..] else { panic!("{report:?}") };
        let entries = &story.steps[1].entries;
        if entries.last().map(|entry| entry.act.name()) != Some(*act) {
            amiss.push(told(&report));
        }
        let name = format!("`{act}`");
        if !rows.iter().any(|row| row.split(" | ").next().unwrap().contains(&name)) {
            amiss.push(format!("{act} is in no row"));
        }
    }
    assert!(amiss.is_empty(), "{}", amiss.join("\n"));
}

#[test]
fn a_run_is_aborted_for_the_reason_that_the_step_gives() {
    for reason in [
        AbortReason::TooFewParticipants,
        AbortReason::RetriesSpent,
        AbortReason::CoordinatorRestarted,
        AbortReason::ModelsDiffer,
        AbortReason::ResultNotSigned,
        AbortReason::AgreementChanged,
        AbortReason::ProjectEnded,
        AbortReason::PlanUnusable,
        AbortReason::Withdrawn,
    ] {
        let word = serde_json::to_value(reason).unwrap();
        let word = word.as_str().unwrap();
        let report = with_steps(&format!("operator: run.abort with reason {word}"));
        let Act::RunAbort(abort) = &report.stories[0].steps[1].entries[0].act else { panic!() };
        assert_eq!(abort.reason, reason);
    }
}

const STRONG: &str = r#"# Strong

```module
id = "strong"
version = "1.0.0"
needs = { governance = "^1.0" }
signers = ["all"]
level = "advanced"
```

Projects are chartered with a qualified signature.

```clause
id = "qualified-charter"
gate = "project.charter"
level = "qualified"
```

```scenario
name = "a key alone charters nothing"
steps = """
2027-01-11  trainer: project.charter risk with level simple     -> refused act-too-weak by qualified-charter
            trainer: project.charter risk with level advanced   -> refused act-too-weak by qualified-charter
            trainer: project.charter risk with level qualified  -> admitted by governance/charter-project
            trainer: project.charter next                       -> admitted
"""
```

```scenario
name = "nor does it sign the text"
steps = """
2027-01-11  signatory: module.propose strong with version 1.0.1 -> admitted
            signatory: module.sign strong with level simple     -> admitted
            signatory: module.enter strong                      -> refused signature-too-weak
"""
```
"#;

#[test]
fn a_step_says_how_strongly_it_is_signed_where_that_decides() {
    let mut texts = texts(&examples().join("heart"));
    texts.insert("strong.md".to_owned(), STRONG.as_bytes().to_vec());
    let report = scenarios(&proved(&texts));
    assert!(report.findings.is_empty(), "{}", told(&report));
    let levels = report.stories.iter().find(|story| story.module.as_str() == "strong").unwrap();
    let levels: Vec<Level> = levels.steps.iter().map(|step| step.entries[0].level).collect();
    assert_eq!(levels, [Level::Simple, Level::Advanced, Level::Qualified, Level::Qualified]);

    // The log says the same to the same signatures.
    texts.insert("strong.md".to_owned(), STRONG.replace("level = \"advanced\"\n", "").into());
    let proved = proved(&texts);
    let report = scenarios(&proved);
    let charter = report.stories.iter().find(|story| story.name.starts_with("a key")).unwrap();
    logged(&proved, &report, charter);
}

#[test]
fn a_story_tells_what_is_signed_as_one_until_when_and_taken_back() {
    let steps = [
        ("signatory/vendor: module.propose data-use with version 1.1.0", "admitted"),
        ("signatory/vendor: module.propose release with version 1.1.0", "admitted"),
        ("signatory: module.sign data-use, release", "admitted"),
        ("signatory/alder: module.enter data-use", "refused sets-differ"),
        ("signatory/lab: module.withdraw release", "admitted"),
        ("signatory/lab: module.withdraw release", "refused not-signed"),
        ("signatory/alder: module.enter data-use, release", "refused unsigned-module"),
        ("signatory/lab: module.sign data-use, release with until 2028-02-01", "admitted"),
        ("+P60D signatory/alder: module.enter data-use, release", "refused unsigned-module"),
        (
            "signatory/lab: module.sign data-use, release with until 2028-02-01",
            "refused until-passed",
        ),
        ("signatory/lab: module.sign data-use, release", "admitted"),
        ("signatory/alder: module.enter data-use, release", "admitted"),
        ("signatory/lab: module.withdraw release", "refused already-entered"),
    ];
    let lines: Vec<(String, String)> =
        steps.map(|(step, verdict)| (step.to_owned(), verdict.to_owned())).into();
    let mut texts = texts(&examples().join("heart"));
    texts.insert("cases.md".to_owned(), module_of("", &lines));
    assert_eq!(told(&scenarios(&proved(&texts))), "");
}

#[test]
fn a_log_with_real_signatures_gives_every_step_of_the_examples_the_same_verdict() {
    for folder in examples().read_dir().unwrap() {
        let texts = texts(&folder.unwrap().path());
        if texts.is_empty() {
            continue;
        }
        let proved = proved(&texts);
        let report = scenarios(&proved);
        for story in &report.stories {
            logged(&proved, &report, story);
        }
    }
}

#[test]
fn the_scenarios_of_the_reference_are_as_written() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/scenarios.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> = page.split("````").skip(1).step_by(2).collect();
    let [first, worked] = &blocks[..] else { panic!("the page shows {} texts", blocks.len()) };
    let mut texts = texts(&examples().join("heart"));
    for (file, block) in [("data-use.md", first), ("governance.md", worked)] {
        let text = texts.get_mut(file).unwrap();
        text.extend(block.strip_prefix("markdown").unwrap().bytes());
    }
    let report = scenarios(&proved(&texts));
    assert!(report.findings.is_empty(), "{}", told(&report));
    assert_eq!(report.stories.len(), 14);
}

/// Lines that may follow each other in any order.
const STEPS: [&str; 40] = [
    "data-holder: dataset.register on heart-rows",
    "data-holder/alder: dataset.register on heart-rows at 1 CH",
    "data-holder/alder: dataset.register second on heart-rows for insurance-pricing",
    "data-holder/birch: dataset.withdraw on heart-rows",
    "trainer: dataset.register on heart-rows",
    "each data-holder: place.register lab at 2 CH",
    "trainer: project.charter",
    "trainer: project.charter cost on heart-rows for insurance-pricing",
    "test-lab: project.charter other",
    "council-member: project.open",
    "council-member: motion.propose to project.open",
    "council-member: motion.propose end-it to project.end",
    "council-member: motion.propose run-it to run.open",
    "council-member: motion.propose release-it to release.promote",
    "council-member: motion.vote for",
    "council-member/alder: motion.vote against",
    "council-member/cypress: motion.vote abstain",
    "council-member: motion.execute",
    "+P15D  council-member: motion.execute",
    "trainer: run.propose",
    "trainer: run.propose other with rounds 100, retries 2",
    "trainer: run.propose third with rounds 3, noise 16, sampling-rate 0.2",
    "trainer: run.propose cheap with noise 0.01",
    "trainer: run.propose risky for insurance-pricing",
    "data-holder: run.propose own with participants 2",
    "data-holder: run.approve",
    "data-holder/birch: run.approve",
    "operator: run.open",
    "data-holder: code.approve",
    "data-holder/dogwood: code.revoke",
    "data-holder: run.join",
    "data-holder/alder: run.join with cost zero",
    "data-holder: run.close",
    "operator: run.close with rounds 7, contributors 2",
    "trainer: run.abort with reason withdrawn",
    "test-lab: evidence.submit with accuracy 0.8",
    "trainer: release.propose",
    "signatory: module.propose data-use with version 1.1.0",
    "each signatory: module.sign data-use",
    "signatory: module.enter data-use",
];

/// Where a story may begin: nowhere, or at the end of one of the example's.
const BEGINNINGS: [&str; 5] = [
    "",
    "governance/both sides open a project",
    "data-use/cardiac risk may be trained, insurance never",
    "protocol/three hospitals open a run that all have joined",
    "release/a model is tested, decided on and released",
];

fn module_of(after: &str, lines: &[(String, String)]) -> Vec<u8> {
    let after = if after.is_empty() { String::new() } else { format!("after = \"{after}\"\n") };
    let steps: String =
        lines.iter().map(|(did, verdict)| format!("{did} -> {verdict}\n")).collect();
    format!(
        "# Cases\n\n```module\nid = \"cases\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
         ```scenario\nname = \"any\"\n{after}steps = \"\"\"\n2028-01-10\n{steps}\"\"\"\n```\n"
    )
    .into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever is done in whatever order: the verdict on a step is the log's, and a scenario that
    /// says so is as written.
    #[test]
    fn the_verdict_on_a_step_is_the_logs(
        after in prop::sample::select(&BEGINNINGS[..]),
        steps in prop::collection::vec(prop::sample::select(&STEPS[..]), 1..7),
    ) {
        let mut texts = texts(&examples().join("heart"));
        let mut lines: Vec<(String, String)> =
            steps.iter().map(|did| ((*did).to_owned(), "admitted".to_owned())).collect();
        // Each round mends one verdict; a step on which parties fare differently ends the story.
        for _ in 0..=steps.len() {
            texts.insert("cases.md".to_owned(), module_of(after, &lines));
            let proved = proved(&texts);
            let report = scenarios(&proved);
            let story = report.stories.iter().find(|s| s.module.as_str() == "cases").unwrap();
            let differs = story.steps.iter().position(|step| step.stands == Stands::Differs);
            let Some(at) = differs else {
                prop_assert!(report.findings.is_empty(), "{}", told(&report));
                logged(&proved, &report, story);
                return Ok(());
            };
            let verdict = story.steps[at].entries.last().unwrap().verdict.in_words();
            let (_, written) = &mut lines[at - 1];
            if written != "admitted" {
                logged(&proved, &report, story);
                return Ok(());
            }
            *written = verdict;
        }
    }
}
