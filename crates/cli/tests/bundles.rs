//! What is shown of a record to those who are no parties: as much as labels and clauses say, and
//! enough to check it.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod shown_in_part;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use archived::{archived, pq, pq_vkey};
use common::{EVERYBODY, HOSPITALS, Story, digest, id_of, key, public};
use concordat_cli::bundle::{For, Form, Placed, REPORT, View, pack, statement_of, unpack};
use concordat_cli::verify::Promise;
use concordat_cli::verify::bundle::{BundleReport, verify, verify_to_attest};
use concordat_partnership::Act;
use concordat_partnership::act::{
    KeyRecover, KeyRegister, KeyRotate, KeyUse, PolicyAdopt, WitnessPolicy,
};
use concordat_replay::key_proof;
use concordat_terms::{ActName, Digest, jcs};
use concordat_tlog::{Envelope, Node, Receipt};
use serde_json::Value;
use shown_in_part::{
    AUTHORITY, BY_MOTION, Files, MINUTES, PUBLISHED, WHO_COSIGNS, attest_by, attest_with, bundle,
    index, last, partnership, partnership_with,
};

fn holds(story: &Story, files: &Files) -> BundleReport {
    verify(files, story.state().log(), None).unwrap_or_else(|broken| panic!("{broken}"))
}

fn record(files: &Files, index: u64) -> Node {
    let placed: Placed = jcs::from_bytes(&files[&format!("records/{index}.json")]).unwrap();
    Node::parse(&placed.record).unwrap()
}

/// Whether some bytes stand anywhere in a bundle, as they are or in base64.
fn says(files: &Files, text: &str) -> bool {
    let packed = pack(files);
    let plain = packed.windows(text.len()).any(|window| window == text.as_bytes());
    let view = index(files);
    let rows = View::of(&view, files).rows;
    plain || rows.iter().any(|row| row.carries.to_string().contains(text))
}

#[test]
fn row_79_what_is_published_has_labelled_fields_struck_and_is_a_part_of_the_signed_original() {
    let (story, blobs) = partnership();
    let listed = last(&story, ActName::DatasetRegister);
    let files = bundle(&story, &blobs, For::Public, None, &[listed]);
    let report = holds(&story, &files);
    assert_eq!(
        (report.entries[0].form, report.entries[0].act.as_deref()),
        (Form::Part, Some("dataset.register"))
    );

    // That data were listed, by whom, where and how many is public; of which asset, and the version,
    // is not: the asset is restricted.
    let shown = record(&files, listed);
    let act = shown.part(&["statement", "predicate", "act"]).unwrap();
    assert_eq!(act.part(&["place"]).unwrap().scalar(), Some(&Value::from("ward")));
    for field in ["asset", "version"] {
        assert!(matches!(act.part(&[field]), Some(Node::Withheld(_))), "{field}");
    }
    assert!(!says(&files, "\"heart-rows\""));
    assert!(!files.contains_key(&format!("entries/{listed}.dsse")));

    // Whoever gets the original later sees that the published rest was cut from it, and from no other.
    let published = shown.part(&["statement"]).unwrap().root();
    let original = &story.entries[usize::try_from(listed).unwrap()];
    assert_eq!(statement_of(original).root(), published);
    let neighbour = &story.entries[usize::try_from(listed - 1).unwrap()];
    assert_ne!(statement_of(neighbour).root(), published);
}

#[test]
fn minutes_are_published_with_what_was_published_of_them_and_nothing_else() {
    let (story, blobs) = partnership();
    let filed = last(&story, ActName::MeetingMinute);
    let files = bundle(&story, &blobs, For::Public, None, &[filed]);
    holds(&story, &files);
    assert!(files.contains_key(&format!("blobs/{}", digest(PUBLISHED))));
    // A text that is withheld is not named by its digest either: a short one could be found from it.
    assert!(!says(&files, &digest(MINUTES).to_string()) && !says(&files, "Haddad"));
    assert!(says(&files, &digest(PUBLISHED).to_string()));
}

#[test]
fn row_131_each_audience_is_shown_what_labels_and_clauses_say() {
    let (story, blobs) = partnership();
    let at = |act| last(&story, act);
    let (listed, minutes) = (at(ActName::DatasetRegister), at(ActName::MeetingMinute));
    let (vote, run) = (at(ActName::MotionVote), at(ActName::RunPropose));
    use Form::{Part, Whole, Withheld};
    let cases: [(For, Option<&str>, [Form; 4]); 5] = [
        (For::Public, None, [Part, Part, Withheld, Withheld]),
        (For::Regulator, Some(AUTHORITY), [Part, Whole, Whole, Part]),
        // Cypress holds such rows, the vendor does not and is no auditor of them.
        (For::Auditor, Some("cypress"), [Whole, Whole, Whole, Whole]),
        (For::Auditor, Some("vendor"), [Part, Whole, Whole, Part]),
        (For::Court, None, [Whole, Whole, Whole, Whole]),
    ];
    for (audience, reader, forms) in cases {
        let files = bundle(&story, &blobs, audience, reader, &[listed, minutes, vote, run]);
        let report = holds(&story, &files);
        let found: BTreeMap<u64, Form> =
            report.entries.iter().map(|own| (own.index, own.form)).collect();
        let wanted: BTreeMap<u64, Form> =
            [listed, minutes, vote, run].into_iter().zip(forms).collect();
        assert_eq!(found, wanted, "{audience} {reader:?}");
        // What is struck is struck everywhere: in records, papers and blobs.
        let open = forms[0] == Whole;
        assert_eq!(says(&files, "\"heart-rows\""), open, "{audience} {reader:?}");
        assert_eq!(says(&files, "Haddad"), audience != For::Public, "{audience} {reader:?}");
    }
}

#[test]
fn a_refusal_is_shown_with_its_code_and_its_clause_to_those_who_may_read_clauses() {
    let (story, blobs) = partnership();
    let refused = last(&story, ActName::RunOpen);
    let files = bundle(&story, &blobs, For::Regulator, Some(AUTHORITY), &[refused]);
    let entry = &holds(&story, &files).entries[0];
    assert_eq!(entry.verdict.as_deref(), Some("needs-approvals"));
    let listed = last(&story, ActName::DatasetRegister);
    for (audience, reader, told) in
        [(For::Public, None, false), (For::Regulator, Some(AUTHORITY), true)]
    {
        let files = bundle(&story, &blobs, audience, reader, &[listed]);
        assert_eq!(holds(&story, &files).entries[0].clause.is_some(), told);
    }
}

#[test]
fn verdicts_of_a_bundle_are_attested_and_never_said_to_be_derived() {
    let (story, blobs) = partnership();
    let filed = last(&story, ActName::MeetingMinute);
    let mut files = bundle(&story, &blobs, For::Court, None, &[filed]);
    let by = |files: &Files| -> Vec<String> {
        holds(&story, files).attested_by.iter().map(ToString::to_string).collect()
    };
    assert_eq!(by(&files), ["alder"]);
    let report = holds(&story, &files);
    assert!(!report.attested_by_quorum);
    let said = report.to_string();
    assert!(said.contains("attested by alder, who replayed the log; not derived here"), "{said}");

    for party in ["birch", "cypress", "lab"] {
        attest_by(&mut files, party);
    }
    assert_eq!(by(&files), ["alder", "birch", "cypress", "lab"]);
    assert!(holds(&story, &files).attested_by_quorum);
    // Who is no party cannot.
    attest_by(&mut files, "mallory");
    let broken = verify(&files, None, None).unwrap_err();
    assert_eq!(broken.promise, Promise::Attestation);
}

#[test]
fn a_bundle_is_the_same_bytes_each_time_and_any_tar_opens_it() {
    let (story, blobs) = partnership();
    let filed = last(&story, ActName::MeetingMinute);
    let files = bundle(&story, &blobs, For::Court, None, &[1, filed]);
    let packed = pack(&files);
    assert_eq!(packed, pack(&bundle(&story, &blobs, For::Court, None, &[filed, 1])));
    assert_eq!(unpack(&packed).unwrap(), files);

    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bundle.tar"), &packed).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).current_dir(dir.path()).output()
    };
    let folder = dir.path().join("unpacked");
    std::fs::create_dir(&folder).unwrap();
    // Where there is a `tar`, it agrees.
    if let Ok(done) = run("tar", &["-xf", "bundle.tar", "-C", "unpacked"]) {
        assert!(done.status.success(), "{done:?}");
        let (status, said) = verified(&folder, &[]);
        assert_eq!(status, 0, "{said}");
    }
}

#[test]
fn a_court_is_given_a_chronology_a_glossary_and_a_certificate_with_blanks() {
    let (story, blobs) = partnership();
    let filed = last(&story, ActName::MeetingMinute);
    let files = bundle(&story, &blobs, For::Court, None, &[filed - 1, filed]);
    let paper = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let chronology = paper("papers/chronology.html");
    let tick = chronology.find("<strong>tick</strong>").unwrap();
    assert!(tick < chronology.find("<strong>meeting.minute</strong>").unwrap());
    let certificate = paper("papers/certificate.html");
    assert!(
        certificate.contains("class=\"blank\"") && certificate.contains("Nobody has declared")
            || certificate.contains("nobody has declared")
    );
    assert!(!certificate.contains("2027-01-16"), "a draft states no date for a person");
    let glossary = paper("papers/glossary.html");
    assert!(glossary.contains("<th>verdict</th>"));
    // Each act that the chronology names is said in a sentence.
    for act in [ActName::Tick, ActName::MeetingMinute] {
        let row = format!(
            "<th>{act}</th><td>{}",
            act.says().split(['&', '<', '"', '\'']).next().unwrap()
        );
        assert!(glossary.contains(&row), "{act}: {glossary}");
    }
    assert!(chronology.contains("<th>About</th>"));
    let minute = chronology.rsplit("<tr>").next().unwrap();
    assert!(minute.contains("<td>meeting ") || minute.contains("<td>body "), "{minute}");
    // Nobody else is given a draft to sign.
    let others = bundle(&story, &blobs, For::Auditor, None, &[filed]);
    assert!(!others.keys().any(|name| name.starts_with("papers/")));
    for files in [&files, &others] {
        let report = String::from_utf8(files[REPORT].clone()).unwrap();
        for title in ["What is proved", "What is attested", "What is not proved"] {
            assert!(report.contains(title), "{title}");
        }
        assert!(!report.contains("<script") && !report.contains("src="), "it loads nothing");
    }
}

fn verified(what: &Path, more: &[&str]) -> (i32, String) {
    let output = concordat(&[&["verify", &what.display().to_string()], more].concat());
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn concordat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat")).args(arguments).output().unwrap()
}

#[test]
fn the_command_makes_a_bundle_from_an_archive_and_says_who_may_be_named() {
    let (story, blobs) = partnership();
    let dir = tempfile::tempdir().unwrap();
    let (archive, target) = (dir.path().join("archive"), dir.path().join("bundle.tar"));
    archived(&story, &blobs, &archive);
    let (from, to) = (archive.display().to_string(), target.display().to_string());
    let filed = last(&story, ActName::MeetingMinute);
    let export = |more: &[&str]| {
        let output = concordat(
            &[&["export", "bundle", "--archive", &from, "--out", &to, "--json"], more].concat(),
        );
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), said)
    };
    let range = format!("{}..{filed}", filed - 1);
    let (status, said) = export(&["--for", "court", "--act", &range]);
    assert_eq!((status, &said["attested_by"]), (0, &Value::Null), "{said}");
    let (status, told) = verified(&target, &["--log", &story.state().log().unwrap().to_string()]);
    assert_eq!(status, 0, "{told}");
    assert!(told.contains("nobody attests them"), "{told}");

    // What holds against a whole log is not passed over where a part is shown.
    let receipt = dir.path().join("receipt.json");
    std::fs::write(&receipt, "{}").unwrap();
    let (status, told) =
        verified(&target, &["--receipt", &receipt.display().to_string(), "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["code"]), (2, &Value::from("usage")), "{told}");

    // By its id, too; and the file that is there stays.
    let (status, said) = export(&["--for", "court", "--act", &range]);
    assert_eq!((status, &said["code"]), (2, &Value::from("target-exists")));
    std::fs::remove_file(&target).unwrap();
    let entry = &story.entries[usize::try_from(filed).unwrap()];
    let id = Digest::of(Envelope::parse(entry).unwrap().payload()).to_string();
    let (status, said) = export(&["--for", "regulator", "--reader", AUTHORITY, "--act", &id]);
    assert_eq!(status, 0, "{said}");

    std::fs::remove_file(&target).unwrap();
    let size = story.entries.len().to_string();
    for (arguments, code) in [
        (&["--for", "regulator", "--act", "1"][..], "unknown-reader"),
        (&["--for", "regulator", "--reader", "the king", "--act", "1"], "unknown-reader"),
        (&["--for", "auditor", "--reader", "mallory", "--act", "1"], "unknown-reader"),
        (&["--for", "public", "--act", &size], "bad-selection"),
        (&["--for", "public", "--act", "3..2"], "bad-selection"),
        (&["--for", "public", "--act", "first"], "bad-selection"),
        (&["--for", "public", "--act", &"0".repeat(64)], "bad-selection"),
    ] {
        let (status, said) = export(arguments);
        assert_eq!((status, &said["code"]), (2, &Value::from(code)), "{arguments:?}: {said}");
        assert!(!target.exists());
    }
}

#[test]
fn who_has_a_checkpoint_of_before_learns_that_the_log_of_a_bundle_goes_on_from_it() {
    let (story, blobs) = partnership();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    archived(&story, &blobs, &path("archive"));
    let mut earlier = story.clone();
    earlier.entries.truncate(7);
    let checkpoint = archived::checkpoint(&earlier);
    std::fs::write(path("seen"), &checkpoint).unwrap();
    // As it stands in a proof that was kept with a receipt.
    let proof = Receipt {
        extra: None,
        index: 0,
        path: Vec::new(),
        checkpoint: String::from_utf8(checkpoint).unwrap(),
    };
    std::fs::write(path("kept.proof"), proof.to_string()).unwrap();

    let export = |to: &str, more: &[&str]| {
        let (archive, to) = (path("archive").display().to_string(), path(to).display().to_string());
        let fixed = ["export", "bundle", "--archive", &archive, "--out", &to, "--for", "public"];
        concordat(&[&fixed[..], &["--act", "9", "--json"], more].concat())
    };
    assert!(export("with", &["--from", "7", "--from", "3"]).status.success());
    let without = export("without", &[]);
    assert!(without.status.success());
    // No clause discloses it to the public, and whoever hands the bundle over is told.
    let noted = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(noted.contains("nothing of what was asked for may be shown to the public"), "{noted}");
    let size = story.entries.len().to_string();
    for bad in ["0", &size] {
        let output = export("bad", &["--from", bad]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &said["code"]), (Some(2), &"since-beyond-log".into()));
    }
    for seen in ["seen", "kept.proof"] {
        let seen = path(seen).display().to_string();
        for option in ["--since", "--seen"] {
            let (status, told) = verified(&path("with"), &[option, &seen]);
            assert_eq!(status, 0, "{told}");
            assert!(told.contains("goes on from the 7 entries that you have seen"), "{told}");
        }
        let (status, told) = verified(&path("without"), &["--since", &seen, "--json"]);
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((status, &told["promise"]), (1, &"history".into()), "{told}");
        assert!(told["what"].as_str().unwrap().contains("`--from 7`"), "{told}");
    }
    let (status, told) = verified(&path("with"), &["--since", "7", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["code"]), (2, &"usage".into()), "{told}");
}

/// Another key cosigns for a party from here on, and shows that it is there; `by` is who signs that.
fn rotate_witness(story: &mut Story, party: &str, by: &str) {
    let new = format!("{party} witness 2");
    let (log, name) = (story.state().log().unwrap(), party.parse().unwrap());
    let proof = key_proof(log, &name, KeyUse::Cosigning, &public(&new));
    let proof = Some(hex::encode(key(&new).sign(&proof)));
    let rotate = KeyRotate::of(id_of(&format!("{party} witness")), public(&new));
    story.admit(by, "signatory", Act::KeyRotate(KeyRotate { proof, ..rotate }));
}

/// A key of ML-DSA-44 cosigns beside a party's own from here on.
fn register_beside(story: &mut Story, party: &str) {
    let (log, name) = (story.state().log().unwrap(), party.parse().unwrap());
    let (used, key) = (KeyUse::Cosigning, pq_vkey(party));
    let proof = pq(party).sign(&key_proof(log, &name, used, &key)).unwrap();
    let proof = Some(hex::encode(proof));
    let register = KeyRegister { key, used, proof, ..KeyRegister::default() };
    story.admit(party, "signatory", Act::KeyRegister(register));
}

#[test]
fn a_bundle_holds_after_witnesses_have_changed_their_keys() {
    let (mut story, blobs) = partnership();
    let filed = last(&story, ActName::MeetingMinute);
    rotate_witness(&mut story, "alder", "alder");
    register_beside(&mut story, "birch");
    // Whoever gave its ledger key up cosigns by another all the same.
    let rotate = Act::KeyRotate(KeyRotate::of(id_of("cypress"), public("cypress 2")));
    let both = [("cypress", "signatory"), ("cypress 2", "signatory")];
    all_sign(&mut story, &both, &rotate);
    rotate_witness(&mut story, "cypress", "cypress 2");

    for audience in [For::Public, For::Court] {
        let files = bundle(&story, &blobs, audience, None, &[filed]);
        let report = holds(&story, &files);
        assert_eq!(report.entries.len(), 1, "{audience}");
        assert!(report.cosigned_by.contains_key("birch/ml-dsa-44"), "{:?}", report.cosigned_by);
        let said = report.to_string();
        assert!(said.contains("cosigned by 4 of 5 witnesses where 4 are needed"), "{said}");
    }
}

/// Several sign, and it is admitted.
fn all_sign(story: &mut Story, signers: &[(&str, &str)], act: &Act) {
    let entry = story.sign(signers, act);
    let verdict = story.step(entry);
    assert!(verdict.is_admitted(), "{:?}", verdict.refusal().map(|refusal| refusal.problem()));
}

fn adopt(witnesses: &[&str], quorum: u32) -> Act {
    let witnesses = witnesses.iter().map(|party| party.parse().unwrap()).collect();
    Act::PolicyAdopt(PolicyAdopt { policy: WitnessPolicy { witnesses, quorum } })
}

#[test]
fn witnesses_and_keys_that_a_quorum_signed_for_count_in_a_bundle() {
    let (mut story, blobs) = partnership_with(WHO_COSIGNS);
    let filed = last(&story, ActName::MeetingMinute);
    let mut all = vec![("alder", "council-member")];
    all.extend(EVERYBODY[1..].iter().map(|party| (*party, "signatory")));
    all_sign(&mut story, &all, &adopt(&["birch", "cypress", "vendor"], 2));
    all_sign(&mut story, &all, &adopt(&["cypress", "dogwood", "vendor"], 2));
    let recover = KeyRecover {
        party: "dogwood".parse().unwrap(),
        old: id_of("dogwood"),
        key: public("dogwood 2"),
        since: None,
        next: None,
    };
    let others = EVERYBODY.iter().filter(|party| **party != "dogwood");
    let mut others: Vec<_> = others.map(|party| (*party, "signatory")).collect();
    others.push(("dogwood 2", "signatory"));
    all_sign(&mut story, &others, &Act::KeyRecover(recover));
    rotate_witness(&mut story, "vendor", "vendor");
    story.admit("dogwood 2", "data-holder", story.dataset("dogwood", "third"));

    let listed = last(&story, ActName::DatasetRegister);
    let mut files = bundle(&story, &blobs, For::Court, None, &[filed, listed]);
    let report = holds(&story, &files);
    assert!(!report.attested_by_quorum);
    let said = report.to_string();
    assert!(said.contains("cosigned by 3 of 3 witnesses where 2 are needed"), "{said}");
    // Who has another key attests by it.
    attest_with(&mut files, "dogwood", "dogwood 2");
    attest_by(&mut files, "vendor");
    assert!(holds(&story, &files).attested_by_quorum);
}

/// What a body decided on one member's signature stands on the word of those who replayed it.
#[test]
fn witnesses_whom_a_body_adopted_count_once_a_quorum_attests_the_records() {
    let (mut story, blobs) = partnership_with(&format!("{WHO_COSIGNS}{BY_MOTION}"));
    let filed = last(&story, ActName::MeetingMinute);
    story.decide("recover", adopt(&["alder", "birch", "cypress"], 2));
    let mut files = bundle(&story, &blobs, For::Court, None, &[filed]);
    let broken = verify(&files, None, None).unwrap_err();
    assert_eq!(
        (broken.promise, broken.entry),
        (Promise::Attestation, Some(last(&story, ActName::MotionExecute)))
    );
    assert!(broken.what.contains("4 of alder, birch, cypress, dogwood, lab"), "{broken}");
    // Whoever has replayed the log can say so all the same, one after the other.
    verify_to_attest(&files).unwrap();
    for party in ["birch", "cypress"] {
        attest_by(&mut files, party);
        verify(&files, None, None).unwrap_err();
    }
    attest_by(&mut files, "lab");
    assert!(holds(&story, &files).attested_by_quorum);
}

/// Everybody is shown what a motion does by which others cosign, since without it nobody could tell who
/// does; and nothing else of the motion, which no clause opens.
#[test]
fn the_public_is_shown_which_witnesses_a_motion_adopted_and_nothing_else_of_it() {
    let (mut story, blobs) = partnership_with(&format!("{WHO_COSIGNS}{BY_MOTION}"));
    let filed = last(&story, ActName::MeetingMinute);
    story.decide("recover", adopt(&["alder", "birch", "cypress"], 2));
    let at = |act| last(&story, act);
    let (put, carried) = (at(ActName::MotionPropose), at(ActName::MotionExecute));
    let mut files = bundle(&story, &blobs, For::Public, None, &[filed]);
    let broken = verify(&files, None, None).unwrap_err();
    assert_eq!((broken.promise, broken.entry), (Promise::Attestation, Some(carried)));
    assert!(broken.what.contains("4 of alder, birch, cypress, dogwood, lab"), "{broken}");
    assert!(broken.what.contains("and 1 do"), "{broken}");
    for party in ["birch", "cypress", "lab"] {
        attest_by(&mut files, party);
    }
    let said = holds(&story, &files).to_string();
    assert!(said.contains("cosigned by 3 of 3 witnesses where 2 are needed"), "{said}");

    let act = ["statement", "predicate", "act"];
    for index in [put, carried] {
        let shown = record(&files, index);
        let own = shown.part(&act).unwrap();
        assert_eq!(own.part(&["motion"]).unwrap().scalar(), Some(&Value::from("recover")));
        assert!(!files.contains_key(&format!("entries/{index}.dsse")));
        for path in [&["by"][..], &["clause"], &["statement", "predicate", "signers"]] {
            assert!(matches!(shown.part(path), Some(Node::Withheld(_))), "{index}: {path:?}");
        }
    }
    let shown = record(&files, put);
    assert!(matches!(shown.part(&[&act[..], &["body"]].concat()), Some(Node::Withheld(_))));
    let vote = at(ActName::MotionVote);
    assert!(index(&files).entries.iter().all(|own| own.index != vote));
    // Of a motion about anything else nothing is shown, and what was asked for is withheld all the same.
    let other = story
        .entries
        .iter()
        .position(|entry| concordat_cli::bundle::act_of(entry) == Some(ActName::MotionPropose));
    let other = other.unwrap() as u64;
    assert!(other < put);
    let files = bundle(&story, &blobs, For::Public, None, &[other, put]);
    let form = |at| index(&files).entries.iter().find(|own| own.index == at).unwrap().form;
    assert_eq!((form(other), form(put)), (Form::Withheld, Form::Part));
}

#[test]
fn a_bundle_says_whose_signatures_were_checked_and_whose_were_not() {
    let (mut story, blobs) = partnership();
    // Its bytes name alder, and birch has signed them: refused, and logged.
    let act = story.dataset("alder", "forged");
    let payload = {
        let header = story.header(&[("alder", "data-holder")]);
        concordat_wire::act::encode(Some(&header), &act).unwrap()
    };
    let keyid = id_of("alder").to_string();
    let forged = Envelope::sign(&payload, &[(&keyid, &key("birch"))]).unwrap().to_bytes();
    assert!(!story.step(forged).is_admitted());
    let at = story.entries.len() as u64 - 1;

    let files = bundle(&story, &blobs, For::Court, None, &[at]);
    let report = holds(&story, &files);
    assert_eq!(report.entries[0].form, Form::Whole);
    let whole = index(&files).entries.iter().filter(|own| own.form == Form::Whole).count();
    let said = report.to_string();
    let checked = format!("signatures: {} whole entries are signed by those whom", whole - 1);
    assert!(said.contains(&checked), "{said}");
    assert!(
        said.contains("; who signed another one was not checked, since it was refused"),
        "{said}"
    );
    let page = String::from_utf8(files[REPORT].clone()).unwrap();
    assert!(page.contains(&format!("That {} entries are here word for word as signed", whole - 1)));
    assert!(page.contains("That one refused entry is here word for word as the log has it"));
    // Where nothing was refused, nothing is said of it.
    let files = bundle(&story, &blobs, For::Court, None, &[1]);
    assert!(!holds(&story, &files).to_string().contains("was not checked"));
    assert!(!String::from_utf8(files[REPORT].clone()).unwrap().contains("refused entry"));
}

#[test]
fn a_key_of_ml_dsa_44_is_checked_beside_its_partys_and_not_counted() {
    let mut genesis = common::genesis();
    for party in HOSPITALS {
        let founder = genesis.parties.get_mut(&party.parse().unwrap()).unwrap();
        founder.witness_pq = Some(pq_vkey(party));
    }
    let mut story = Story::founded_by(genesis);
    story.tick("2027-01-02T08:00:00Z");
    let files = bundle(&story, &BTreeMap::new(), For::Court, None, &[1]);
    let report = holds(&story, &files);
    assert_eq!(report.cosigned_by.len(), 8);
    let said = report.to_string();
    assert!(said.contains("cosigned by 4 of 5 witnesses where 4 are needed"), "{said}");
}

/// Writes a court's bundle where somebody wants to look at its papers.
#[test]
fn the_papers_of_a_bundle_are_whole_pages() {
    let (story, blobs) = partnership();
    let size = story.entries.len() as u64;
    let asked: Vec<u64> = (size - 9..size).collect();
    let files = bundle(&story, &blobs, For::Court, None, &asked);
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".html")) {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.starts_with("<!DOCTYPE html>") && text.ends_with("</html>\n"), "{name}");
        if let Some(dir) = std::env::var_os("CONCORDAT_PAPERS") {
            let path = Path::new(&dir).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}
