//! What holds for every log, told with random acts on the heart agreement.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::{HOSPITALS, Story, cost, digest, execute, id_of, one_run, seal, vote};
use concordat_partnership::act::{
    AbortReason, CodeApproval, DatasetRegister, DatasetWithdraw, DigestRecord, EvidenceSubmit,
    ModuleEnter, MotionPropose, OneModule, OneProject, OneRun, PlaceRegister, ProjectCharter,
    Release, RunAbort, RunClose, Tick, Vote,
};
use concordat_partnership::{Act, State};
use concordat_replay::{Halt, Replica};
use concordat_terms::Cost;
use concordat_tlog::Envelope;
use concordat_wire::act::{decode, encode};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

const ACTORS: [&str; 7] = ["alder", "birch", "cypress", "dogwood", "vendor", "lab", "sequencer"];
const SEATS: [&str; 6] =
    ["data-holder", "trainer", "council-member", "test-lab", "signatory", "sequencer"];

/// One entry to come. Numbers choose among few names, so that acts meet each other.
#[derive(Clone, Copy, Debug)]
struct Move {
    kind: u8,
    actor: u8,
    a: u8,
    b: u8,
    /// Small: the seat that fits the kind; otherwise one at random.
    seat: u8,
    /// Small: an honest header.
    header: u8,
}

fn any_move() -> impl Strategy<Value = Move> {
    (0..28_u8, 0..7_u8, any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
        .prop_map(|(kind, actor, a, b, seat, header)| Move { kind, actor, a, b, seat, header })
}

/// Logs to go on from: founded, modules signed, in force, ready, decided, a run open, a run
/// joined by all, a model trained.
static STARTS: LazyLock<[Story; 8]> = LazyLock::new(|| {
    let founded = Story::founded();
    let mut signed = founded.clone();
    for text in common::texts().values() {
        let module = digest(text);
        signed.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
        for party in &ACTORS[1..6] {
            signed.sign_module(party, module);
        }
    }
    let ready = Story::ready();
    let mut decided = ready.clone();
    decided.propose("m0", Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }));
    decided.admit("vendor", "trainer", decided.proposal("r1", |_| {}));
    for hospital in HOSPITALS {
        decided.admit(hospital, "council-member", vote("m0", Vote::For));
        decided.admit(hospital, "data-holder", Act::RunApprove(one_run("r1")));
    }
    let mut open = ready.clone();
    open.run("r0");
    let mut joined = open.clone();
    for hospital in HOSPITALS {
        joined.admit(hospital, "data-holder", joined.join("r0", cost()));
    }
    let mut trained = joined.clone();
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = trained.sign(&seats, &close("r0", 0, 4));
    assert!(trained.step(entry).is_admitted());
    [founded, signed, Story::in_force(), ready, decided, open, joined, trained]
});

fn close(run: &str, model: u8, roster: u8) -> Act {
    Act::RunClose(RunClose {
        run: run.parse().unwrap(),
        model: digest(&format!("model {model}")),
        rounds: 100,
        attempts: 100,
        transcript: digest("transcript"),
        roster: HOSPITALS[..usize::from(roster)].iter().map(|h| h.parse().unwrap()).collect(),
    })
}

/// The act of a move, and the seat that usually does it.
#[expect(clippy::too_many_lines, reason = "one arm an act")]
fn act(story: &Story, m: Move) -> (Act, &'static str) {
    let (a, b) = (m.a, m.b);
    let run = format!("r{}", a % 3);
    let motion = format!("m{}", a % 3);
    let project = ["risk", "other"][usize::from(b % 2)];
    let asset = || "heart-rows".parse().unwrap();
    let purpose =
        || ["cardiac-risk", "insurance-pricing"][usize::from(b % 8 == 7)].parse().unwrap();
    let actor = ACTORS[usize::from(m.actor)];
    let version = digest(&format!("{actor} {}", ["first", "second"][usize::from(a % 2)]));
    let model = digest(&format!("model {}", a % 3));
    let texts = common::texts();
    let module = digest(texts.values().nth(usize::from(a % 5)).unwrap());
    let code = CodeApproval::of(digest("code"), asset());
    match m.kind {
        0 => {
            let place = ["ward", "cellar"][usize::from(a % 2)].parse().unwrap();
            let place = PlaceRegister { place, class: b % 4, jurisdiction: "CH".parse().unwrap() };
            (Act::PlaceRegister(place), "data-holder")
        }
        1 => {
            let dataset = DatasetRegister {
                asset: asset(),
                version,
                place: ["ward", "attic"][usize::from(b % 4 == 3)].parse().unwrap(),
                rows_band: 50,
                purposes: [purpose()].into(),
            };
            (Act::DatasetRegister(dataset), "data-holder")
        }
        2 => (Act::DatasetWithdraw(DatasetWithdraw { asset: asset(), version }), "data-holder"),
        3 => (Act::CodeApprove(code), "data-holder"),
        4 => (Act::CodeRevoke(code), "data-holder"),
        5 => {
            let charter = ProjectCharter {
                project: project.parse().unwrap(),
                charter: digest("charter"),
                objective: "governance/better-risk-estimates".parse().unwrap(),
                assets: [asset(), "risk-model".parse().unwrap()].into(),
                purposes: [purpose()].into(),
            };
            (Act::ProjectCharter(charter), "trainer")
        }
        6 => {
            let project = OneProject { project: project.parse().unwrap() };
            let ends = a.is_multiple_of(2);
            (
                if ends { Act::ProjectEnd(project) } else { Act::ProjectOpen(project) },
                "council-member",
            )
        }
        7 => {
            let decision = match b % 4 {
                0 => Act::ProjectOpen(OneProject { project: project.parse().unwrap() }),
                1 => Act::ProjectEnd(OneProject { project: project.parse().unwrap() }),
                2 => Act::RunOpen(OneRun { run: run.parse().unwrap() }),
                _ => Act::ReleasePromote(Release { model }),
            };
            let body = "council".parse().unwrap();
            let motion = MotionPropose::of(motion.parse().unwrap(), body, decision);
            (Act::MotionPropose(motion), "council-member")
        }
        8 | 9 => {
            let choice = [Vote::For, Vote::For, Vote::Against, Vote::Abstain][usize::from(b % 4)];
            (vote(&motion, choice), "council-member")
        }
        10 => (execute(&motion), "council-member"),
        11 | 12 => {
            let proposal = story.proposal(&run, |plan| match b % 16 {
                0 => plan.rounds = u32::from(a),
                1 => plan.retries = 3,
                2 => plan.noise = "0.05".parse().unwrap(),
                3 => plan.noise = "16".parse().unwrap(),
                4 => plan.sampling_rate = "0.000000001".parse().unwrap(),
                5 => plan.dimension = 0,
                6 => plan.purpose = "insurance-pricing".parse().unwrap(),
                7 => plan.datasets.clear(),
                8 => plan.project = "other".parse().unwrap(),
                _ => {}
            });
            (proposal, "trainer")
        }
        13 => (Act::RunApprove(one_run(&run)), "data-holder"),
        14 => (Act::RunOpen(one_run(&run)), "trainer"),
        15 | 16 => {
            let cost = match b % 8 {
                0 => Cost::zero(),
                1 => cost().plus(&cost()),
                _ => cost(),
            };
            (story.join(&run, cost), "data-holder")
        }
        17 => (close(&run, b % 3, 2 + a / 4 % 3), "data-holder"),
        18 => {
            let reason = AbortReason::RetriesSpent;
            (
                Act::RunAbort(RunAbort {
                    run: run.parse().unwrap(),
                    reason,
                    named: BTreeSet::new(),
                }),
                "sequencer",
            )
        }
        19 => {
            let accuracy = if b.is_multiple_of(4) { "0.5" } else { "0.9" };
            let evidence = EvidenceSubmit {
                subject: model,
                method: "pooled-holdout-accuracy".parse().unwrap(),
                results: [("accuracy".parse().unwrap(), accuracy.parse().unwrap())].into(),
                cases: 254.try_into().unwrap(),
                report: digest("report"),
                record: None,
            };
            (Act::EvidenceSubmit(evidence), "test-lab")
        }
        20 => (Act::ReleasePropose(Release { model }), "trainer"),
        21 => (Act::ReleasePromote(Release { model }), "council-member"),
        22 => {
            let hours = ["PT1H", "P1D", "P15D", "P90D"][usize::from(b % 4)].parse().unwrap();
            let back = story.state().genesis().unwrap().time;
            let time = if a % 8 == 7 { back } else { story.now.plus(hours) };
            (Act::Tick(Tick { time }), "sequencer")
        }
        23 => {
            let index = story.replica.size() + u64::from(a % 4 == 3);
            let rolling = story.state().rolling();
            (Act::DigestRecord(DigestRecord { index, rolling }), "sequencer")
        }
        _ => {
            let one = OneModule { module };
            let all = texts.values().map(|text| digest(text)).collect();
            let modules = if a.is_multiple_of(2) { all } else { [module].into() };
            match b % 4 {
                0 => (Act::ModulePropose(one), "signatory"),
                1 => (common::signature(module, &story.state().set_of(modules)), "signatory"),
                2 => (Act::ModuleWithdraw(one), "signatory"),
                _ => (Act::ModuleEnter(ModuleEnter { modules }), "signatory"),
            }
        }
    }
}

/// A move as an envelope; now and then with a header that cannot stand, or an old envelope again.
fn envelope(story: &mut Story, m: Move) -> Vec<u8> {
    let (act, usual) = act(story, m);
    let seat = if m.seat < 200 { usual } else { SEATS[usize::from(m.seat % 6)] };
    // Whoever fills the usual seat, so that many acts get through.
    let actor = match (seat, m.seat < 170) {
        ("trainer", true) => "vendor",
        ("test-lab", true) => "lab",
        ("sequencer", true) => "sequencer",
        ("data-holder" | "council-member", true) => HOSPITALS[usize::from(m.actor % 4)],
        _ => ACTORS[usize::from(m.actor)],
    };
    let mut signers = vec![(actor, seat)];
    if matches!(act, Act::RunClose(_)) {
        let others = HOSPITALS.iter().filter(|h| **h != actor);
        signers.extend(others.take(usize::from(1 + m.b % 3)).map(|h| (*h, "data-holder")));
    }
    let mut header = story.header(&signers);
    match m.header {
        250 => header.log = digest("another log"),
        251 => header.seen.root = digest("another history"),
        252 => header.expires_at = story.now,
        253 => header.expires_at = story.now.plus("P32D".parse().unwrap()),
        254 => header.seen.size += 1,
        255 => return story.entries[usize::from(m.a) % story.entries.len()].clone(),
        _ => {}
    }
    let payload = encode(Some(&header), &act).unwrap();
    seal(&payload, &signers.iter().map(|(actor, _)| *actor).collect::<Vec<_>>())
}

/// Folds an entry in two replicas and checks all that must hold around it.
fn fold(story: &mut Story, other: &mut Replica, entry: &[u8]) -> TestCaseResult {
    let before = story.state().clone();
    let why = Envelope::parse(entry)
        .ok()
        .and_then(|e| decode(e.payload()).ok())
        .map(|signed| story.replica.why(&signed));
    let step = story.replica.step(entry);
    // The other one is given the entry as somebody opened it who knew nobody.
    let opened = Replica::new().open(entry);
    prop_assert_eq!(&step, &other.step_opened(&opened), "two replicas differ");
    let Ok(verdict) = step else { return Ok(()) };
    story.entries.push(entry.to_vec());
    story.now = story.state().time().unwrap();

    prop_assert_eq!(story.replica.root(), other.root());
    prop_assert_eq!(story.state(), other.state());
    prop_assert_eq!(story.state().index(), before.index() + 1);
    prop_assert_ne!(story.state().rolling(), before.rolling());
    if let Some(why) = why {
        let why = why.unwrap();
        prop_assert_eq!(why.is_empty(), verdict.is_admitted(), "{:?} {:?}", why, &verdict);
        prop_assert_eq!(why.first(), verdict.refusal());
    }
    if !verdict.is_admitted() {
        prop_assert!(story.state().equals_but_for_books(&before), "{:?}", verdict.refusal());
    }
    accounts(&before, story.state())
}

/// No account falls, and none is beyond what its limit's filter lets through.
fn accounts(before: &State, after: &State) -> TestCaseResult {
    for (account, spent) in before.accounts() {
        let now = after.accounts()[account].total();
        prop_assert!(now.covers(&spent.total()), "{:?} fell", account);
    }
    for (account, charged) in after.accounts() {
        let own = after.privacy_account(account).unwrap();
        for (_, purpose, _) in charged.parts() {
            let over = own.lacks(purpose, &Cost::zero());
            prop_assert!(over.is_none(), "{:?} is overspent: {:?}", account, over);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128.try_into().unwrap(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Refusals leave no trace, replicas agree, budgets hold, and `why` foretells the verdict.
    #[test]
    fn whatever_is_tried_the_fold_keeps_its_promises(
        start in 0..STARTS.len(),
        moves in prop::collection::vec(any_move(), 1..40),
    ) {
        let mut story = STARTS[start].clone();
        let mut other = story.replica.clone();
        for m in moves {
            let entry = envelope(&mut story, m);
            fold(&mut story, &mut other, &entry)?;
        }
    }

    /// Bytes that were never signed get a verdict, in a log that has started and in one that has not.
    #[test]
    fn random_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut story = STARTS[3].clone();
        let mut other = story.replica.clone();
        fold(&mut story, &mut other, &bytes)?;
        let founds_none = matches!(Replica::new().step(&bytes), Err(Halt::NotFounded { .. }));
        prop_assert!(founds_none);
    }

    /// An envelope that was tampered with gets a verdict and has no effect.
    #[test]
    fn a_mutated_envelope_is_judged_and_changes_nothing(
        entry in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        how in 0..4_u8,
    ) {
        let mut story = STARTS[7].clone();
        let mut bytes = entry.get(&story.entries).clone();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] ^= byte.max(1),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, byte),
            _ => bytes.extend_from_within(at..),
        }
        let before = story.state().clone();
        let verdict = story.replica.step(&bytes).unwrap();
        prop_assert!(!verdict.is_admitted());
        prop_assert!(story.state().equals_but_for_books(&before), "{:?}", verdict.refusal());
        // To a replica that has not started the same bytes are no genesis either.
        let founds_none = matches!(Replica::new().step(&bytes), Err(Halt::NotFounded { .. }));
        prop_assert!(founds_none);
    }

    /// A payload that was altered and signed again by its signers gets a verdict, unless it
    /// names a text that is not there.
    #[test]
    fn an_altered_payload_with_good_signatures_is_judged(
        entry in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        digit in 0..16_u8,
    ) {
        let mut story = STARTS[7].clone();
        let mut other = story.replica.clone();
        let entry: &Vec<u8> = entry.get(&story.entries);
        let envelope = Envelope::parse(entry).unwrap();
        let mut payload = envelope.payload().to_vec();
        let at = at.index(payload.len());
        payload[at] = b"0123456789abcdef"[usize::from(digit)];
        let signed_by = |a: &&&str| {
            let id = id_of(a).to_string();
            envelope.signatures().iter().any(|s| s.keyid == id)
        };
        let names: Vec<&str> = ACTORS.iter().filter(signed_by).copied().collect();
        let entry = seal(&payload, &names);
        if let Err(halt) = story.replica.clone().step(&entry) {
            let waits = matches!(halt, Halt::MissingBlob { .. });
            prop_assert!(waits, "{}", halt);
            return Ok(());
        }
        let step = story.replica.step(&entry);
        prop_assert_eq!(step, other.step(&entry));
        prop_assert_eq!(story.state(), other.state());
    }
}

/// The same acts every time, so that it is known what they are worth: every kind of act gets through
/// somewhere, and is refused somewhere.
#[test]
fn a_refused_act_leaves_the_state_as_it_was_however_far_the_fold_has_come() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut admitted, mut refused, mut changed) = (BTreeSet::new(), BTreeSet::new(), 0);
    for case in 0..120 {
        let mut story = STARTS[case % STARTS.len()].clone();
        for _ in 0..40 {
            let m = any_move().new_tree(&mut runner).unwrap().current();
            let entry = envelope(&mut story, m);
            let before = story.state().clone();
            let Ok(verdict) = story.replica.step(&entry) else { continue };
            // A refused act leaves no trace but in the books; an admitted one mostly does.
            if !verdict.is_admitted() {
                assert!(story.state().equals_but_for_books(&before), "{verdict:?}");
            } else if !story.state().equals_but_for_books(&before) {
                changed += 1;
            }
            story.entries.push(entry);
            story.now = story.state().time().unwrap();
            match verdict {
                concordat_partnership::Verdict::Admitted { act, .. } => {
                    admitted.insert(act);
                }
                concordat_partnership::Verdict::Refused { refusal, .. } => {
                    refused.insert(refusal.code());
                }
            }
        }
    }
    assert!(admitted.len() >= 19, "only {admitted:?}");
    assert!(refused.len() >= 30, "only {refused:?}");
    assert!(changed > 200, "only {changed}: the comparison sees nothing");
}
