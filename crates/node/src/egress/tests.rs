//! The ledger as stories: what is listed, what is found out, and what is paused.

use std::fs;
use std::path::{Path, PathBuf};

use concordat_terms::Digest;

use super::*;
use crate::home::Config;
use crate::home::Home;

fn home(dir: &Path) -> Home {
    let config: Config = toml::from_str(&format!(
        "party = \"alder\"\nlog = \"{}\"\ncoordinator = \"https://127.0.0.1:1\"\n\
         certificate = \"coordinator.pem\"\n",
        Digest::of(b"genesis")
    ))
    .unwrap();
    Home::create(dir, config).unwrap()
}

fn sent(kind: Kind, body: &[u8]) -> Sent {
    Sent {
        kind,
        to: "https://127.0.0.1:1".to_owned(),
        path: "/v1/acts".to_owned(),
        bytes: body.len() as u64,
        digest: Digest::of(body),
        by: Authority::Log(Digest::of(b"genesis")),
    }
}

/// So many messages, one after the other.
fn send(ledger: &Ledger, count: u64) {
    for at in 0..count {
        ledger.sending(sent(Kind::Cosignature, format!("note {at}").as_bytes())).unwrap();
    }
}

fn checked(home: &Home) -> Checked {
    read(home.dir(), None, |_| {}).unwrap().unwrap_or_else(|broken| panic!("{broken:?}"))
}

/// Where the ledger is not what was written, as its file's number, the line and the reason.
fn found(home: &Home, noted: Option<Head>) -> (String, usize, String) {
    let broken = read(home.dir(), noted, |_| {}).unwrap().unwrap_err();
    assert_eq!(broken.problem().code, "egress-broken");
    let file = broken.file.file_stem().unwrap().to_str().unwrap().to_owned();
    (file, broken.line, broken.why)
}

fn files(home: &Home) -> Vec<PathBuf> {
    super::read::segments(&Ledger::folder(home.dir())).unwrap()
}

#[test]
fn what_is_sent_is_listed_in_order_and_the_list_holds() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    assert_eq!(read(home.dir(), None, |_| {}).unwrap_err().code, "no-egress");

    let ledger = Ledger::of(&home);
    send(&ledger, 3);
    // Another process, and the first one after it.
    Ledger::of(&home).sending(sent(Kind::Act, b"an act")).unwrap();
    send(&ledger, 1);

    let mut seen = Vec::new();
    let checked = read(home.dir(), None, |entry| seen.push(entry.clone())).unwrap().unwrap();
    assert_eq!(seen.iter().map(|entry| entry.n).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert!(matches!(&seen[4].what, What::Sent(act) if *act == sent(Kind::Act, b"an act")));
    assert_eq!((checked.first, checked.head.lines, checked.paused), (0, 6, false));
    assert_eq!(checked.totals[&Kind::Cosignature], Total { messages: 4, bytes: 4 * 6 });
    assert_eq!(checked.totals[&Kind::Act], Total { messages: 1, bytes: 6 });

    // With nothing of ours: the chain is SHA-256 over the one before, a newline and the line.
    let text = fs::read_to_string(&files(&home)[0]).unwrap();
    let mut chain = "0".repeat(64);
    for line in text.lines() {
        let (stated, json) = line.split_once(' ').unwrap();
        chain = Digest::of(format!("{chain}\n{json}").as_bytes()).to_string();
        assert_eq!(stated, chain);
    }
    assert_eq!(checked.head.chain.to_string(), chain);
}

#[test]
fn whatever_is_changed_in_the_list_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    send(&Ledger::of(&home), 9);
    let path = files(&home).remove(0);
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let put = |lines: &[&str]| fs::write(&path, lines.join("\n") + "\n").unwrap();

    // Fewer bytes than were sent.
    let fewer = lines[4].replace("\"bytes\":6", "\"bytes\":5");
    let mut changed = lines.clone();
    changed[4] = &fewer;
    put(&changed);
    let (file, line, why) = found(&home, None);
    assert_eq!((file.as_str(), line), ("000000000000", 5));
    assert!(why.contains("chain"), "{why}");
    // Nobody goes on after that: nothing is sent.
    let ledger = Ledger::of(&home);
    assert_eq!(ledger.sending(sent(Kind::Act, b"")).unwrap_err().code, "egress-broken");

    // The same with a chain that fits: the next line's does not.
    let json = fewer.split_once(' ').unwrap().1;
    let before: Digest = lines[3].split_once(' ').unwrap().0.parse().unwrap();
    let forged = format!("{} {json}", chained(&before, json.as_bytes()));
    changed[4] = &forged;
    put(&changed);
    assert_eq!(found(&home, None).1, 6);

    // A line taken out, two exchanged, one twice, something between.
    put(&[&lines[..4], &lines[5..]].concat());
    assert_eq!(found(&home, None).1, 5);
    let mut changed = lines.clone();
    changed.swap(6, 7);
    put(&changed);
    assert_eq!(found(&home, None).1, 7);
    put(&[&lines[..3], &lines[2..]].concat());
    assert_eq!(found(&home, None).1, 4);
    put(&[&lines[..3], &["nothing left here"], &lines[3..]].concat());
    assert_eq!(found(&home, None).1, 4);
    // The beginning taken away.
    put(&lines[1..]);
    assert_eq!(found(&home, None).1, 1);

    // The end taken away: whoever noted the head knows.
    fs::write(&path, &good).unwrap();
    let head = checked(&home).head;
    put(&lines[..8]);
    assert_eq!(checked(&home).head.lines, 8);
    let (_, _, why) = found(&home, Some(head));
    assert_eq!(why, "it ends after 8 lines, and 10 were noted");
    // And whoever noted it knows of a list that was written anew, whole and well chained.
    fs::remove_file(&path).unwrap();
    Ledger::of(&home).sending(sent(Kind::Act, b"another act")).unwrap();
    send(&Ledger::of(&home), 11);
    checked(&home);
    assert_eq!(found(&home, Some(head)).2, "it is not the line that was noted here");
    let head = checked(&home).head;
    send(&Ledger::of(&home), 2);
    assert!(read(home.dir(), Some(head), |_| {}).unwrap().is_ok());
    assert_eq!(head.to_string().parse(), Ok(head));
}

#[test]
fn a_list_of_another_party_or_log_is_none_of_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    send(&Ledger::of(&home), 2);
    let path = dir.path().join("concordat.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("alder", "birch")).unwrap();
    let birch = Home::load(dir.path()).unwrap();
    let refused = Ledger::of(&birch).sending(sent(Kind::Act, b"")).unwrap_err();
    // The ledger is not to blame: the file that names the party is what somebody has changed.
    assert_eq!(refused.code, "other-party");
    assert!(
        refused.what.contains("of `birch`") && refused.what.contains("of `alder`"),
        "{refused}"
    );
    assert!(refused.hint.starts_with("correct `party` in `concordat.toml`"), "{refused}");

    let log = home.config().log.to_string();
    fs::write(&path, text.replace(&log, &Digest::of(b"another log").to_string())).unwrap();
    let other = Home::load(dir.path()).unwrap();
    let refused = Ledger::of(&other).sending(sent(Kind::Act, b"")).unwrap_err();
    assert_eq!(refused.code, "other-log");
    // As it was, it goes on.
    fs::write(&path, text).unwrap();
    Ledger::of(&Home::load(dir.path()).unwrap()).sending(sent(Kind::Act, b"")).unwrap();
}

#[test]
fn half_a_line_was_never_sent_and_is_taken_away() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    send(&Ledger::of(&home), 3);
    let path = files(&home).remove(0);
    let good = fs::read(&path).unwrap();
    // The machine stopped at any byte of the last line.
    let last = good[..good.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in [last + 1, last + 64, last + 100, good.len() - 1] {
        fs::write(&path, &good[..cut]).unwrap();
        assert_eq!(checked(&home).head.lines, 3, "at {cut}");
        send(&Ledger::of(&home), 1);
        assert_eq!(checked(&home).head.lines, 4, "at {cut}");
    }
}

#[test]
fn the_list_stays_bounded_and_its_chain_goes_on_from_file_to_file() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let ledger = Ledger::in_files(&home, 2_000, 3);
    let mut heads = Vec::new();
    for _ in 0..60 {
        send(&ledger, 1);
        heads.push(checked(&home).head);
    }
    assert_eq!(files(&home).len(), 3);
    let now = checked(&home);
    assert!(now.first > 20, "{now:?}");
    // What went is still counted.
    assert_eq!(now.totals[&Kind::Cosignature].messages, 60);
    // A head that was noted in what is here holds; one before it cannot be asked any more.
    let noted = |head| read(home.dir(), Some(head), |_| {}).unwrap().unwrap().noted;
    assert_eq!((noted(heads[57]), noted(heads[1])), (Some(true), Some(false)));
    let other = Head { chain: Digest::of(b"other"), ..heads[57] };
    assert!(read(home.dir(), Some(other), |_| {}).unwrap().is_err());
    // Somebody else goes on in the newest file.
    send(&Ledger::in_files(&home, 2_000, 3), 1);
    send(&ledger, 1);
    assert_eq!(checked(&home).totals[&Kind::Cosignature].messages, 62);

    // A file from the middle is missed, and a total that was bent is found.
    let all = files(&home);
    let middle = fs::read_to_string(&all[1]).unwrap();
    fs::remove_file(&all[1]).unwrap();
    assert_eq!(found(&home, None).1, 1);
    fs::write(&all[1], middle.replacen("\"messages\":", "\"messages\":1", 1)).unwrap();
    assert_eq!(found(&home, None).1, 1);
}

#[test]
fn many_at_once_leave_one_list() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| send(&Ledger::in_files(&home, 3_000, 100), 25));
        }
    });
    assert_eq!(checked(&home).totals[&Kind::Cosignature].messages, 100);
}

#[test]
fn what_cannot_be_listed_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let ledger = Ledger::of(&home);
    send(&ledger, 1);
    fs::remove_dir_all(Ledger::folder(home.dir())).unwrap();
    fs::write(Ledger::folder(home.dir()), "a file where the folder was").unwrap();
    assert_eq!(ledger.sending(sent(Kind::Act, b"")).unwrap_err().code, "not-a-folder");
}

#[test]
fn a_pause_holds_from_its_line_on_for_every_process() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let (node, desk) = (Ledger::of(&home), Ledger::of(&home));
    node.sending(sent(Kind::MaskedVector, b"words")).unwrap();
    assert_eq!(desk.pause(true), Ok(true));
    assert_eq!(desk.pause(true), Ok(false));
    for kind in Kind::ALL {
        let sending = node.sending(sent(*kind, b"words"));
        assert_eq!(sending.err().map(|e| e.code), kind.takes_part().then(|| "paused".into()));
    }
    // Over a restart, too.
    assert!(Ledger::of(&home).is_paused() && checked(&home).paused);
    assert_eq!(desk.pause(false), Ok(true));
    node.sending(sent(Kind::MaskedVector, b"words")).unwrap();

    let mut told = Vec::new();
    let whole = read(home.dir(), None, |entry| match &entry.what {
        What::Paused {} => told.push("paused"),
        What::Resumed {} => told.push("resumed"),
        What::Sent(sent) if sent.kind.takes_part() => told.push("part"),
        _ => {}
    });
    assert_eq!(told, ["part", "paused", "resumed", "part"]);
    assert!(!whole.unwrap().unwrap().paused);

    // Where the ledger is broken, a pause is one all the same; and anything by that name is one.
    fs::write(files(&home).remove(0), "nothing\n").unwrap();
    assert_eq!(desk.pause(true).unwrap_err().code, "egress-broken");
    assert!(node.is_paused());
    fs::remove_file(dir.path().join("paused")).unwrap();
    fs::create_dir(dir.path().join("paused")).unwrap();
    assert!(node.is_paused());
}
