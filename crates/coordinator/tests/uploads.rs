//! Stories of vectors that are too long for one message, over real HTTPS: four hospitals whose
//! model has 17,851 weights, two chunks each.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods)]

mod common;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::thread::JoinHandle;

use common::participant::{Outcome, Participant, bytes_of};
use common::*;
use concordat_coordinator::Wait;
use concordat_learn::{Feature, First, Recipe};
use concordat_partnership::RunStatus;
use concordat_partnership::act::AbortReason;
use concordat_secagg::client::ConsistencyCheck;
use concordat_secagg::{
    Announced, Body as _, CHUNK, FromClient, RingVec, Signature, Signed, Step, Upload,
};
use concordat_terms::{Digest, Timestamp};
use concordat_wire::api::fetch_message;
use concordat_wire::round::{Announcement, encode_announced, encode_from_client};

/// A recipe of 70 columns with 256 levels each.
fn wide(recipe: &mut Recipe) {
    let levels: Vec<String> = (0..256).map(|level: i32| level.to_string()).collect();
    let column = |at| Feature::OneHot {
        column: format!("code-{at}"),
        levels: levels.clone(),
        first: First::Dropped,
        missing: None,
    };
    recipe.features = (0..70).map(column).collect();
    assert_eq!(recipe.dimension().div_ceil(CHUNK), 2);
}

fn joined(world: &World, run: &str, rounds: u32, retries: u32) -> Vec<Participant> {
    let (plan, recipe) = world.open_run_of(run, rounds, retries, wide);
    let join = |name: &&'static str| {
        world.join(name, run, &plan);
        Participant::new(name, world, run, &plan, &recipe)
    };
    HOLDERS.iter().map(join).collect()
}

type Playing = Vec<JoinHandle<(Participant, Outcome)>>;

fn playing(all: impl IntoIterator<Item = Participant>) -> Playing {
    let play = |mut one: Participant| {
        thread::spawn(move || {
            let outcome = one.attempt(0, None);
            (one, outcome)
        })
    };
    all.into_iter().map(play).collect()
}

/// Everybody's sum is that of these parties.
fn proved(played: Playing, of: &[&str]) -> Vec<Participant> {
    let check = |thread: JoinHandle<(Participant, Outcome)>| {
        let (one, outcome) = thread.join().unwrap();
        assert_eq!(outcome, sum_of(&one, of), "{}", one.name);
        one
    };
    played.into_iter().map(check).collect()
}

fn sum_of(one: &Participant, of: &[&str]) -> Outcome {
    let dimension = one.recipe.dimension();
    let each: i64 = of.iter().map(|name| Participant::contribution(name, 1)[0]).sum();
    Outcome::Sum(vec![each; dimension], of.iter().map(|name| party(name)).collect())
}

fn close(all: &[Participant]) {
    let threads: Vec<_> =
        all.iter().cloned().map(|one| thread::spawn(move || one.close())).collect();
    for thread in threads {
        let answer = thread.join().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// What lies below the spool, by its path from there.
fn spooled(world: &World) -> Vec<String> {
    fn walk(dir: &Path, to: &mut Vec<PathBuf>) {
        for item in std::fs::read_dir(dir).into_iter().flatten() {
            let path = item.unwrap().path();
            if path.is_dir() { walk(&path, to) } else { to.push(path) }
        }
    }
    let (spool, mut found) = (world.dir.path().join("spool"), Vec::new());
    walk(&spool, &mut found);
    let short = |path: PathBuf| path.strip_prefix(&spool).unwrap().to_str().unwrap().to_owned();
    let mut found: Vec<String> = found.into_iter().map(short).collect();
    found.sort();
    found
}

/// Dogwood with its vector masked, while the others are on their way.
struct Last {
    world: World,
    others: Playing,
    one: Participant,
    state: ConsistencyCheck,
    announced: Announced,
    vector: RingVec,
}

fn last(world: World) -> Last {
    let mut all = joined(&world, "first", 1, 0);
    let mut one = all.pop().unwrap();
    let others = playing(all);
    let (state, announced, vector) = one.masked(0, None).unwrap();
    Last { world, others, one, state, announced, vector }
}

fn refused(answer: &Answer) -> (u16, String) {
    (answer.status, answer.code())
}

fn next(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["chunks"], 2);
    answer.json()["next"].as_u64().unwrap()
}

#[test]
fn an_upload_that_was_cut_off_goes_on_where_it_was_and_the_sum_is_exact() {
    let Last { world, others, mut one, state, announced, vector } = last(World::in_force());
    assert_eq!(next(&one.announce(0, &announced)), 0);
    assert_eq!(next(&one.bring(0, 0, &bytes_of(&vector, 0))), 1);
    // The connection breaks: within a body, or before its answer. Whoever comes back asks.
    let half = &bytes_of(&vector, 1)[..40];
    assert_eq!(refused(&one.bring(0, 1, half)), (400, "chunk-cut-short".to_owned()));
    let again = one.bring(0, 0, &bytes_of(&vector, 0));
    assert_eq!(refused(&again), (409, "chunk-out-of-place".to_owned()));
    assert_eq!(next(&one.announce(0, &announced)), 1);
    assert_eq!(next(&one.bring(0, 1, &bytes_of(&vector, 1))), 2);
    assert_eq!(next(&one.announce(0, &announced)), 2);

    let message = FromClient::Upload(announced.upload);
    assert_eq!(one.unmask(0, state, &message, None), sum_of(&one, &HOLDERS));
    let mut all = proved(others, &HOLDERS);
    all.push(one);
    close(&all);
    let RunStatus::Closed(closed) = world.run_status("first") else { panic!("not closed") };
    assert_eq!((closed.rounds, closed.attempts, closed.roster.len()), (1, 1, 4));
}

#[test]
fn what_is_not_the_announced_chunk_is_refused_and_changes_nothing() {
    let Last { world: _world, others, mut one, state, announced, vector } = last(World::in_force());
    let (first, second) = (bytes_of(&vector, 0), bytes_of(&vector, 1));
    // Before anything is announced.
    let early = one.bring(0, 0, &first);
    assert_eq!(refused(&early), (404, "upload-not-announced".to_owned()));
    let counted = one.send(0, &FromClient::Upload(announced.upload.clone()));
    assert_eq!(refused(&counted), (400, "message-rejected".to_owned()));

    // Announcements: in another's name, of other chunks, of no message, in other attempts.
    let mut forged = announced.clone();
    forged.upload.from = party("birch");
    let rejected = (400, "message-rejected".to_owned());
    assert_eq!(refused(&one.announce(0, &forged)), rejected);
    forged.upload.from = party("vendor");
    assert_eq!(refused(&one.announce(0, &forged)), (403, "not-joined".to_owned()));
    let mut other = announced.clone();
    other.chunks.swap(0, 1);
    assert_eq!(refused(&one.announce(0, &other)), rejected);
    other.chunks.pop();
    assert_eq!(refused(&one.announce(0, &other)), rejected);
    let path = "/v1/runs/first/0/0/uploads";
    let body = encode_from_client(&FromClient::Upload(announced.upload.clone()));
    assert_eq!(refused(&one.client.post(path, &body)), (400, "bad-message".to_owned()));
    let mut long = announced.clone();
    long.chunks.extend(vec![announced.chunks[0]; 10]);
    let answer = one.client.post(path, &encode_announced(&Announcement::Masks(long)));
    assert_eq!(refused(&answer), (413, "body-too-long".to_owned()));
    assert_eq!(refused(&one.announce(1, &announced)), rejected);

    assert_eq!(next(&one.announce(0, &announced)), 0);
    let mut wrong = first.clone();
    wrong[70] ^= 1;
    assert_eq!(refused(&one.bring(0, 0, &wrong)), (400, "other-chunk".to_owned()));
    // A good chunk and then a wrong one: not even the good one stays.
    let both = [first.clone(), vec![0; second.len()]].concat();
    assert_eq!(refused(&one.bring(0, 0, &both)), (400, "other-chunk".to_owned()));
    let over = [first.clone(), second.clone(), vec![0; 4]].concat();
    assert_eq!(refused(&one.bring(0, 0, &over)), (400, "upload-too-long".to_owned()));
    assert_eq!(refused(&one.bring(0, 7, &first)), (409, "chunk-out-of-place".to_owned()));
    assert_eq!(refused(&one.bring(1, 0, &first)), (409, "upload-late".to_owned()));
    let huge = vec![0; 17_851 * 8 + 1];
    assert_eq!(refused(&one.bring(0, 0, &huge)), (413, "body-too-long".to_owned()));
    // Another's words under this name: whoever brings them.
    let mut foreign = one.clone();
    foreign.name = "birch";
    assert_ne!(foreign.bring(0, 0, &first).status, 200);
    // Not all of it is there.
    let counted = one.send(0, &FromClient::Upload(announced.upload.clone()));
    assert_eq!(refused(&counted), (400, "message-rejected".to_owned()));

    // After all that the upload is where it was; and in one piece it takes one request.
    assert_eq!(next(&one.announce(0, &announced)), 0);
    assert_eq!(next(&one.bring(0, 0, &[first, second].concat())), 2);
    let message = FromClient::Upload(announced.upload);
    assert_eq!(one.unmask(0, state, &message, None), sum_of(&one, &HOLDERS));
    proved(others, &HOLDERS);
}

#[test]
fn who_announces_another_vector_in_the_same_attempt_is_held_to_the_first() {
    let Last { world: _world, others, mut one, state, announced, vector } = last(World::in_force());
    assert_eq!(next(&one.announce(0, &announced)), 0);
    // As well signed as the first, of as many chunks.
    let mut changed = vector.clone();
    assert!(changed.add(&RingVec::from_signed(vector.ring(), vec![1; vector.len()])));
    let upload = Upload { peers: announced.upload.body.peers, vector: changed.digest() };
    let statement = Digest::of_parts(&[
        b"concordat-secagg/v1/signed",
        one.session(0).id().as_bytes(),
        Step::MaskedInput.to_string().as_bytes(),
        one.name.as_bytes(),
        upload.digest().as_bytes(),
    ]);
    let signature = Signature::from_bytes(&key(one.name).sign(statement.as_bytes()));
    let upload = Signed { from: party(one.name), body: upload, signature };
    assert!(upload.holds(&one.session(0)));
    let other = Announced { upload, chunks: changed.chunk_digests() };
    assert_eq!(refused(&one.announce(0, &other)), (409, "upload-differs".to_owned()));
    let brought = one.bring(0, 0, &bytes_of(&changed, 0));
    assert_eq!(refused(&brought), (400, "other-chunk".to_owned()));

    // What was announced first goes on as if nothing had been said.
    let message = one.upload(0, announced, vector);
    assert_eq!(one.unmask(0, state, &message, None), sum_of(&one, &HOLDERS));
    proved(others, &HOLDERS);
}

#[test]
fn who_is_late_with_its_last_chunk_is_left_out_and_nothing_of_it_stays() {
    let late = |wait| wait == Wait::Step(Step::MaskedInput);
    // Time passes once one chunk of dogwood's is there.
    let half = Arc::new(AtomicBool::new(false));
    let (told, only) = (half.clone(), BTreeSet::from([party("dogwood")]));
    let world = World::in_force_with(move |config| {
        config.for_tests.overdue = Some(Arc::new(move |wait, awaited: &BTreeSet<_>| {
            late(wait) && *awaited == only && told.load(Ordering::SeqCst)
        }));
    });
    let Last { world, others, one, announced, vector, .. } = last(world);
    assert_eq!(next(&one.announce(0, &announced)), 0);
    assert_eq!(next(&one.bring(0, 0, &bytes_of(&vector, 0))), 1);
    half.store(true, Ordering::SeqCst);
    // The room looks whenever somebody asks it: here dogwood itself, once the others are counted.
    let mut asked = one.announce(0, &announced);
    while asked.status == 200 {
        asked = one.announce(0, &announced);
    }
    assert_eq!(refused(&asked), (409, "upload-late".to_owned()));
    let answer = one.bring(0, 1, &bytes_of(&vector, 1));
    assert_eq!(refused(&answer), (409, "upload-late".to_owned()));
    assert!(!spooled(&world).iter().any(|name| name.ends_with("dogwood")));

    // Its message of the step is held until the round has its sum, which it then can check too.
    let mut one = one;
    let last = one.send(0, &FromClient::Upload(announced.upload));
    assert_eq!(last.status, 200, "{}", last.text());
    let rest = ["alder", "birch", "cypress"];
    proved(others, &rest);
    assert_eq!(one.attempt(0, None), sum_of(&one, &rest));
}

#[test]
fn what_is_kept_of_a_round_is_for_its_participants_and_goes_with_the_run() {
    let mut world = World::in_force();
    let all = joined(&world, "first", 2, 1);
    let mut late = all[3].clone();
    let all = proved(playing(all), &HOLDERS);
    let mut expected: Vec<String> = HOLDERS
        .iter()
        .flat_map(|n| ["digests", "words"].map(|k| format!("first/0/{k}-{n}")))
        .collect();
    expected.push("first/0/sum".to_owned());
    expected.sort();
    assert_eq!(spooled(&world), expected);
    let mode = |path: &str| {
        let path = world.dir.path().join("spool").join(path);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(
        (mode("first"), mode("first/0"), mode("first/0/words-alder")),
        (0o700, 0o700, 0o600)
    );

    // Whoever is no participant gets nothing, and no participant more than there is.
    let path = "/v1/runs/first/0/words/0";
    let unsigned = (403, "words-not-signed".to_owned());
    assert_eq!(refused(&world.client.get(path)), unsigned);
    let ahead = |seconds| Timestamp::from_seconds(START + seconds).unwrap();
    let ask =
        |name: &str, text: &[u8], until| world.client.get_signed(path, &key(name), (text, until));
    let by = |name: &str, until| ask(name, &fetch_message(world.log, path, until), until);
    assert_eq!(refused(&by("vendor", ahead(600))), unsigned);
    assert_eq!(by("alder", ahead(600)).body.len(), 4 * 4 * CHUNK);
    // What was signed for another part, round or log is for that alone, and no signature lasts.
    let log = Digest::of(b"another genesis");
    for (log, other) in [
        (world.log, "/v1/runs/first/0/sum/0"),
        (world.log, "/v1/runs/first/1/words/0"),
        (world.log, "/v1/runs/second/0/words/0"),
        (log, path),
    ] {
        let text = fetch_message(log, other, ahead(600));
        assert_eq!(refused(&ask("alder", &text, ahead(600))), unsigned, "{other}");
    }
    let text = fetch_message(world.log, path, ahead(600));
    assert_eq!(refused(&ask("alder", &text, ahead(900))), unsigned);
    assert_eq!(by("alder", ahead(900)).status, 200);
    assert_eq!(refused(&by("alder", ahead(901))), unsigned);
    assert_eq!(refused(&by("alder", ahead(0))), unsigned);
    for part in ["words/2", "sum/2", "digests/lab"] {
        assert_eq!(refused(&late.fetch(part)), (404, "not-found".to_owned()), "{part}");
    }

    // A coordinator that died goes on from it, and destroys what nobody can go on from.
    world.running.take().unwrap().stop();
    for left in ["first/1-0", "second/0", "second/0-0"] {
        let dir = world.dir.path().join("spool").join(left);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("words-alder"), b"left over").unwrap();
    }
    world.start();
    late.client = world.client.clone();
    assert_eq!(late.attempt(0, None), sum_of(&late, &HOLDERS));
    assert_eq!(spooled(&world), expected);

    // And the second round is held with whoever has caught up.
    let mut all = all;
    all[3] = late;
    let round: Playing = all
        .into_iter()
        .map(|mut one| {
            one.client = world.client.clone();
            thread::spawn(move || {
                let outcome = one.attempt(0, None);
                (one, outcome)
            })
        })
        .collect();
    close(&proved(round, &HOLDERS));
    // The room clears up behind itself, at the latest when the next start does.
    world.restart();
    assert_eq!(spooled(&world), Vec::<String>::new());
}

#[test]
fn a_full_disk_refuses_an_upload_that_goes_on_when_there_is_room() {
    let world = World::in_force();
    let all = joined(&world, "first", 1, 0);
    // Where the spool should be, nothing can be written.
    let spool = world.dir.path().join("spool");
    std::fs::write(&spool, b"in the way").unwrap();
    let ready: Vec<_> = all
        .into_iter()
        .map(|mut one| {
            thread::spawn(move || {
                let masked = one.masked(0, None).unwrap();
                let full = one.announce(0, &masked.1);
                assert_eq!(refused(&full), (503, "spool-full".to_owned()));
                (one, masked)
            })
        })
        .collect();
    let ready: Vec<_> = ready.into_iter().map(|thread| thread.join().unwrap()).collect();
    std::fs::remove_file(&spool).unwrap();
    let rest: Playing = ready
        .into_iter()
        .map(|(mut one, (state, announced, vector))| {
            thread::spawn(move || {
                let message = one.upload(0, announced, vector);
                let outcome = one.unmask(0, state, &message, None);
                (one, outcome)
            })
        })
        .collect();
    proved(rest, &HOLDERS);
}

#[test]
fn a_coordinator_that_changes_a_long_sum_is_caught_by_every_participant() {
    // Nobody has a result; time for one passes once everybody has seen why.
    let seen = Arc::new(AtomicBool::new(false));
    let passes = seen.clone();
    let world = World::in_force_with(move |config| {
        config.for_tests.tamper = Some(Arc::new(|sum| {
            let mut values = vec![0; sum.len()];
            values[CHUNK + 1] = 1;
            assert!(sum.add(&RingVec::from_signed(sum.ring(), values)));
        }));
        config.for_tests.overdue = Some(Arc::new(move |wait, _: &BTreeSet<_>| {
            wait == Wait::Results && passes.load(Ordering::SeqCst)
        }));
    });
    let played = playing(joined(&world, "first", 1, 0));
    let all: Vec<_> = played.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(all.iter().all(|(_, outcome)| *outcome == Outcome::Unproved));
    seen.store(true, Ordering::SeqCst);
    // The room looks when somebody asks it.
    let (one, _) = &all[0];
    let answer = one.client.post_json("/v1/runs/first/result", &one.result_of("alder"));
    assert_eq!(answer.code(), "result-not-signed");
    let status = world.ended("first");
    assert_eq!(status, RunStatus::Aborted(AbortReason::ResultNotSigned));
}
