//! A party that the coordinator ignores, and one that takes its act in.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use common::at::until;
use common::partnership;
use common::served::{Followed, home_with, publish};
use common::shelf::Shelf;
use common::story::{HOSPITALS, Story, key, one_run, seal};
use concordat_node::follow::{Follower, HandedIn};
use concordat_node::home::NodeConfig;
use concordat_node::work::{Event, Inbox, Node, inbox};
use concordat_node::{now, witness};
use concordat_partnership::Act;
use concordat_partnership::act::{DigestRecord, OneModule};
use concordat_terms::{Digest, Problem};
use concordat_tlog::vkey::Key;
use concordat_tlog::word::Spent;
use concordat_tlog::{Envelope, Vkey};

/// An act of a party that the log would take, though it refuses it.
fn act_of(story: &mut Story, party: &str) -> Vec<u8> {
    story.sign(&[(party, "data-holder")], &Act::RunApprove(one_run("none")))
}

fn id_of(envelope: &[u8]) -> Digest {
    Digest::of(Envelope::parse(envelope).unwrap().payload())
}

fn following(followed: &Followed) -> Follower {
    publish(&followed.shelf, &followed.story.entries);
    let mut follower = Follower::open(&followed.home).unwrap();
    follower.catch_up().unwrap();
    follower
}

#[test]
fn who_is_ignored_is_vouched_for_by_silence_until_its_act_is_logged() {
    let mut followed = Followed::approved_by(&HOSPITALS);
    let mut follower = following(&followed);
    let envelope = act_of(&mut followed.story, "birch");
    let id = id_of(&envelope);
    assert_eq!(follower.hand_in(&envelope), Ok(HandedIn::Waits(id)));
    // Twice is once.
    assert_eq!(follower.hand_in(&envelope), Ok(HandedIn::Waits(id)));
    assert_eq!(follower.waiting().unwrap().len(), 1);
    let silent = witness::cosignature(&mut follower, now()).unwrap_err();
    assert_eq!((silent.code.as_str(), silent.to_string().lines().count()), ("party-ignored", 3));
    assert!(silent.what.contains("birch"), "{silent}");
    // That there is one history it says all the same.
    let keys = followed.home.history().unwrap();
    assert!(witness::history(&mut follower, &keys, now()).unwrap().is_some());

    // Nor after a restart, or while the log goes on without the act.
    drop(follower);
    followed.story.step(b"something else".to_vec());
    let mut follower = following(&followed);
    follower.check_waiting().unwrap();
    assert_eq!(witness::cosignature(&mut follower, now()), Err(silent));

    followed.story.step(envelope.clone());
    let index = followed.story.entries.len() as u64 - 1;
    publish(&followed.shelf, &followed.story.entries);
    follower.catch_up().unwrap();
    follower.check_waiting().unwrap();
    assert!(witness::cosignature(&mut follower, now()).unwrap().is_some());
    assert_eq!(follower.hand_in(&envelope), Ok(HandedIn::Logged(id, index)));
}

#[test]
fn nobody_silences_a_party_with_what_the_log_would_not_take() {
    let mut followed = Followed::approved_by(&HOSPITALS);
    let mut follower = following(&followed);
    let story = &mut followed.story;
    let turned_away = |follower: &mut Follower, what: &str, envelope: &[u8]| {
        let said = follower.hand_in(envelope).unwrap_err();
        assert_eq!(said.code, "not-handed-in", "{what}: {said}");
    };
    turned_away(&mut follower, "no act", b"no act");
    turned_away(&mut follower, "too long", &[b'x'; 70_000]);
    let good = act_of(story, "birch");
    // The same act by somebody else, and by nobody whom the log knows.
    let payload = Envelope::parse(&good).unwrap().payload().to_vec();
    turned_away(&mut follower, "another's signature", &seal(&payload, &["cypress"]));
    turned_away(&mut follower, "a stranger's", &seal(&payload, &["stranger"]));
    // One whose text is not here: nobody could judge it.
    let module = Digest::of(b"a text that nobody has");
    let unread = story.sign(&[("birch", "signatory")], &Act::ModulePropose(OneModule { module }));
    turned_away(&mut follower, "an unread text", &unread);
    // One of another log, and one of long ago.
    let mut elsewhere = Story::founded_by(concordat_partnership::act::Genesis {
        origin: "another.example/log".to_owned(),
        ..common::story::genesis()
    });
    let foreign = act_of(&mut elsewhere, "birch");
    turned_away(&mut follower, "another log", &foreign);
    let later = story.now.plus("P40D".parse().unwrap()).to_string();
    story.tick(&later);
    publish(&followed.shelf, &followed.story.entries);
    follower.catch_up().unwrap();
    turned_away(&mut follower, "expired", &good);
    assert!(follower.waiting().unwrap().is_empty());
    assert!(followed.shelf.received.lock().unwrap().is_empty(), "nobody was asked for it");
    assert_ne!(key("stranger").public(), key("birch").public());
}

/// What stood in its way when it was handed in may be gone later: then a text that nobody has would keep
/// every node silent until the act expires.
#[test]
fn what_comes_to_take_a_text_that_nobody_has_waits_no_longer() {
    let mut followed = Followed::approved_by(&HOSPITALS);
    let mut follower = following(&followed);
    let text = b"a text that nobody has";
    let module = Digest::of(text);
    // Signed in sight of an entry that the node has not followed yet: by its log, that stands in the way.
    followed.story.step(b"something else".to_vec());
    let act = Act::ModulePropose(OneModule { module });
    let envelope = followed.story.sign(&[("birch", "signatory")], &act);
    assert!(matches!(follower.hand_in(&envelope), Ok(HandedIn::Waits(_))));
    follower.check_waiting().unwrap();
    assert_eq!(follower.waiting().unwrap().len(), 1);

    let there = format!("/v1/blobs/{module}");
    let absent = br#"{"code":"not-found","what":"no","hint":"h","see":"docs/reference/api.md"}"#;
    publish(&followed.shelf, &followed.story.entries);
    followed.shelf.put(&there, 503, "busy");
    follower.catch_up().unwrap();
    // Nobody has said yet that it is nowhere.
    follower.check_waiting().unwrap();
    assert_eq!(follower.waiting().unwrap().len(), 1);
    followed.shelf.put(&there, 200, text);
    follower.check_waiting().unwrap();
    assert_eq!(follower.waiting().unwrap().len(), 1);
    followed.shelf.put(&there, 404, absent);
    follower.check_waiting().unwrap();
    assert!(follower.waiting().unwrap().is_empty());
    assert!(witness::cosignature(&mut follower, now()).unwrap().is_some());
}

#[test]
fn of_one_party_a_few_acts_wait_and_the_others_have_room() {
    let mut followed = Followed::approved_by(&HOSPITALS);
    let mut follower = following(&followed);
    let acts: Vec<_> = (0..9).map(|_| act_of(&mut followed.story, "birch")).collect();
    for envelope in &acts[..8] {
        assert!(matches!(follower.hand_in(envelope), Ok(HandedIn::Waits(_))));
    }
    assert_eq!(follower.hand_in(&acts[8]).unwrap_err().code, "not-handed-in");
    let other = act_of(&mut followed.story, "cypress");
    assert!(matches!(follower.hand_in(&other), Ok(HandedIn::Waits(_))));
}

/// Alder's node at work, with a way in.
struct Working {
    stop: Arc<AtomicBool>,
    inbox: Inbox,
    events: Receiver<Event>,
    thread: JoinHandle<Result<(), Problem>>,
    dir: tempfile::TempDir,
}

impl Working {
    /// It has cosigned what the story came to.
    fn start(shelf: &Shelf, story: &Story) -> Self {
        Self::start_as(shelf, story, NodeConfig::default())
    }

    fn start_as(shelf: &Shelf, story: &Story, node: NodeConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = home_with(dir.path(), shelf, story.state().log().unwrap(), node);
        publish(shelf, &story.entries);
        let (stop, (inbox, outlet)) = (Arc::<AtomicBool>::default(), inbox());
        let (told, events) = channel();
        let (told, stopping) = (Mutex::new(told), stop.clone());
        let thread = thread::spawn(move || {
            let store = home.store_dir();
            let tell = |event| drop(told.lock().unwrap().send(event));
            Node::run_with(&home, &store, stopping, Some(outlet), tell)
        });
        let working = Self { stop, inbox, events, thread, dir };
        working.cosigns(story);
        working
    }

    fn until(&self, fits: impl Fn(&Event) -> bool) {
        let long = std::time::Duration::from_secs(60);
        while !fits(&self.events.recv_timeout(long).unwrap()) {}
    }

    fn cosigns(&self, story: &Story) {
        let size = story.entries.len() as u64;
        self.until(|event| *event == Event::Cosigned { size });
    }

    fn ignores(&self) {
        let ignored = |problem: &Problem| problem.code == "party-ignored";
        self.until(|event| matches!(event, Event::Refused { problem, .. } if ignored(problem)));
    }

    fn evidence(&self, id: &Digest) -> std::path::PathBuf {
        self.dir.path().join(format!("store/evidence/{id}.refusals-spent"))
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap().unwrap();
    }
}

/// The log goes on.
fn goes_on(shelf: &Shelf, story: &mut Story, entry: &[u8]) {
    story.step(entry.to_vec());
    publish(shelf, &story.entries);
}

const TURNED: &[u8] =
    br#"{"code":"http-403","what":"no","hint":"h","see":"docs/reference/api.md"}"#;

#[test]
fn a_node_asks_for_what_was_handed_in_and_cosigns_once_it_is_there() {
    let (shelf, mut story) = (Shelf::open(), partnership(&HOSPITALS));
    shelf.put("/v1/acts", 403, TURNED);
    let node = Working::start(&shelf, &story);

    let origin = Digest::of(b"heart.example/log");
    let shows = |of| node.inbox.checkpoint(of).is_some();
    assert!(shows(origin) && !shows(Digest::of(b"x")));
    let envelope = act_of(&mut story, "birch");
    assert!(matches!(node.inbox.hand_in(envelope.clone()), Ok(HandedIn::Waits(_))));
    until("the node asks for it", || {
        let received = shelf.received.lock().unwrap();
        received.iter().any(|(path, _)| path == "/v1/acts").then_some(())
    });
    goes_on(&shelf, &mut story, b"something else");
    node.ignores();
    goes_on(&shelf, &mut story, &envelope);
    node.cosigns(&story);
    node.stop();
}

/// Turns every act of birch away, since so many of its acts were refused; this is of one act.
fn says_spent(shelf: &Shelf, story: &Story, refused: u64, act: Digest) {
    let (log, time) = (story.state().log().unwrap(), story.state().time().unwrap());
    let (origin, party, since) = ("heart.example/log".to_owned(), "birch".to_owned(), time);
    let spent = Spent { origin, log, party, refused, time, act, nth: 1, since };
    shelf.put("/v1/acts", 429, TURNED);
    shelf.put_word("/v1/acts", spent.sign(&key("sequencer")).unwrap().to_bytes());
}

#[test]
fn the_word_that_too_much_was_refused_frees_nobody_where_the_log_does_not_bear_it_out() {
    let (shelf, mut story) = (Shelf::open(), partnership(&HOSPITALS));
    let envelope = act_of(&mut story, "birch");
    let id = id_of(&envelope);
    // Nothing of birch's was ever refused.
    says_spent(&shelf, &story, 1_001, id);
    let node = Working::start(&shelf, &story);
    assert!(matches!(node.inbox.hand_in(envelope), Ok(HandedIn::Waits(_))));
    until("the word is kept", || node.evidence(&id).exists().then_some(()));
    goes_on(&shelf, &mut story, b"something else");
    node.ignores();

    // It was, and not too much of it.
    for _ in 0..3 {
        let refused = act_of(&mut story, "birch");
        story.step(refused);
    }
    says_spent(&shelf, &story, 3, id);
    goes_on(&shelf, &mut story, b"something more");
    node.ignores();
    node.stop();
}

#[test]
fn who_had_too_much_refused_is_not_ignored_and_the_word_is_of_its_very_act() {
    let (shelf, mut story) = (Shelf::open(), partnership(&HOSPITALS));
    for nth in 0..=Spent::REFUSED_MOST {
        if nth % 200 == 0 {
            let (index, rolling) = (story.state().index(), story.state().rolling());
            let record = Act::DigestRecord(DigestRecord { index, rolling });
            assert!(story.act("sequencer", "sequencer", record).is_admitted());
        }
        let refused = act_of(&mut story, "birch");
        story.step(refused);
    }
    let count = story.state().refusals_of(&"birch".parse().unwrap());
    assert_eq!(count, Spent::REFUSED_MOST + 1);
    let envelope = act_of(&mut story, "birch");
    let id = id_of(&envelope);
    says_spent(&shelf, &story, count, Digest::of(b"another act"));
    let node = Working::start(&shelf, &story);
    assert!(matches!(node.inbox.hand_in(envelope), Ok(HandedIn::Waits(_))));
    until("the word is kept", || node.evidence(&id).exists().then_some(()));
    goes_on(&shelf, &mut story, b"something else");
    node.ignores();

    says_spent(&shelf, &story, count, id);
    until("the word is borne out", || (!node.evidence(&id).exists()).then_some(()));
    goes_on(&shelf, &mut story, b"something more");
    node.cosigns(&story);
    // Why it waits no longer, it can show to the party, and to nobody of another act.
    let word = node.inbox.freed_by(id).unwrap();
    let log = Vkey::new("heart.example/log", Key::Log(key("sequencer").public())).unwrap();
    assert_eq!(Spent::open(&word, &log).unwrap().act, id);
    assert_eq!(node.inbox.freed_by(Digest::of(b"another act")), None);
    node.stop();
}

/// What was refused on other days is no reason today, however much it was.
#[test]
fn refusals_of_another_day_free_nobody() {
    let (shelf, mut story) = (Shelf::open(), partnership(&HOSPITALS));
    let half = Spent::REFUSED_MOST / 2 + 1;
    for day in 0..2 {
        if day > 0 {
            let tomorrow = story.now.plus("P1D".parse().unwrap()).to_string();
            story.tick(&tomorrow);
        }
        for nth in 0..half {
            if nth % 200 == 0 {
                let (index, rolling) = (story.state().index(), story.state().rolling());
                let record = Act::DigestRecord(DigestRecord { index, rolling });
                assert!(story.act("sequencer", "sequencer", record).is_admitted());
            }
            let refused = act_of(&mut story, "birch");
            story.step(refused);
        }
    }
    let ever = story.state().refusals_of(&"birch".parse().unwrap());
    assert!(ever > Spent::REFUSED_MOST, "{ever}");
    let envelope = act_of(&mut story, "birch");
    let id = id_of(&envelope);
    says_spent(&shelf, &story, ever, id);
    // The story's second day is ahead of this machine's clock: somebody has accepted that.
    let accepted = Some(story.entries.len() as u64);
    let config = NodeConfig { time_accepted_until: accepted, ..NodeConfig::default() };
    let node = Working::start_as(&shelf, &story, config);
    assert!(matches!(node.inbox.hand_in(envelope), Ok(HandedIn::Waits(_))));
    until("the word is kept", || node.evidence(&id).exists().then_some(()));
    goes_on(&shelf, &mut story, b"something else");
    node.ignores();
    assert_eq!(node.inbox.freed_by(id), None);
    node.stop();
}
