//! The server of the crate: dropouts, duplicates, old messages, and every order of arrival.
//!
//! What a step's server knows is the set of those whose message counts. From each such set every
//! message is delivered: new ones, copies, and all of earlier steps. The next step is entered from
//! every set, by running the attempt again up to there, since clients cannot be copied.

use std::collections::BTreeSet;

use concordat_secagg::server::{Answer, Closed, Rejected, Server, Unopened};
use concordat_secagg::{FromClient, Session, Transcript, verify_sum};
use concordat_terms::PartyId;

use crate::common::{Numbers, World, session, sum_of};

type Set = BTreeSet<PartyId>;

/// Every subset.
fn subsets(of: &Set) -> Vec<Set> {
    of.iter().fold(vec![Set::new()], |sets, party| {
        let with = sets.iter().map(|set| {
            let mut set = set.clone();
            set.insert(party.clone());
            set
        });
        with.chain(sets.iter().cloned()).collect()
    })
}

/// An attempt in which exactly these were heard at each step so far.
struct Reached {
    world: World,
    server: Server,
    /// Of the current step, from everyone who is still there.
    messages: Vec<FromClient>,
    /// Of the steps before.
    old: Vec<FromClient>,
}

enum Ran {
    Here(Box<Reached>),
    Done(Box<World>, Transcript),
    Ended(Unopened),
}

fn run(session: &Session, path: &[Set]) -> Ran {
    let mut world = World::new(session, 1);
    let mut messages = world.advertise();
    let (mut server, mut old) = (Server::new(session.clone()), Vec::new());
    for heard in path {
        let counted = messages.iter().filter(|message| heard.contains(message.from()));
        counted.cloned().for_each(|message| server.receive(message).unwrap());
        old.extend(messages);
        match server.close() {
            Ok(Closed::Next(next, answer)) => {
                assert!(told(&answer).is_subset(heard), "only those who were heard are told");
                messages = world.respond(&answer);
                server = next;
            }
            Ok(Closed::Done(transcript)) => return Ran::Done(Box::new(world), transcript),
            Err(ended) => return Ran::Ended(ended),
        }
    }
    Ran::Here(Box::new(Reached { world, server, messages, old }))
}

fn told(answer: &Answer) -> Set {
    match answer {
        Answer::Keys(list) => list.keys().cloned().collect(),
        Answer::Inboxes(list) => list.keys().cloned().collect(),
        Answer::Survivors(list) => list.clone(),
        Answer::Signatures(list) => list.keys().cloned().collect(),
    }
}

/// Delivers every message in every state of one step; returns how many deliveries were made.
fn explore_step(reached: &Reached) -> usize {
    let Reached { server, messages, old, .. } = reached;
    let expected = server.awaited();
    let senders: Set = messages.iter().map(|message| message.from().clone()).collect();
    assert_eq!(expected, senders, "those who are awaited are those who were told");
    let mut deliveries = 0;
    for heard in subsets(&expected) {
        let mut state = server.clone();
        let counted = messages.iter().filter(|message| heard.contains(message.from()));
        counted.cloned().for_each(|message| state.receive(message).unwrap());
        let left: Set = expected.difference(&heard).cloned().collect();
        assert_eq!(state.awaited(), left);
        for message in messages.iter().chain(old) {
            let mut next = state.clone();
            let got = next.receive(message.clone());
            let fresh = message.step() == state.step();
            match (fresh, heard.contains(message.from())) {
                (true, false) => {
                    assert_eq!(got, Ok(()));
                    assert!(!next.awaited().contains(message.from()));
                }
                (true, true) => {
                    assert!(matches!(got, Err(Rejected::Duplicate { .. })), "{got:?}");
                    assert_eq!(next.awaited(), left, "a copy changes nothing");
                }
                (false, _) => {
                    assert!(matches!(got, Err(Rejected::WrongStep { .. })), "{got:?}");
                    assert_eq!(next.awaited(), left, "an old message changes nothing");
                }
            }
            deliveries += 1;
        }
    }
    deliveries
}

#[derive(Default)]
struct Tally {
    deliveries: usize,
    sums: usize,
    ended: usize,
}

/// Goes on from a path to every state that follows.
fn explore(session: &Session, path: &mut Vec<Set>, tally: &mut Tally) {
    match run(session, path) {
        Ran::Ended(ended) => {
            let Unopened::BelowThreshold(below) = ended else { panic!("{ended}") };
            // Liveness: it ends early only where too few were heard.
            let last = path.last().unwrap().len();
            assert_eq!((below.have, last < below.need), (last, true));
            tally.ended += 1;
        }
        Ran::Done(world, transcript) => {
            check(session, path, &world, &transcript);
            tally.sums += 1;
        }
        Ran::Here(reached) => {
            tally.deliveries += explore_step(&reached);
            for heard in subsets(&reached.server.awaited()) {
                path.push(heard);
                explore(session, path, tally);
                path.pop();
            }
            drop(reached.world);
        }
    }
}

/// Safety: one secret of each, a sum of at least m, and exactly that of the survivors.
fn check(session: &Session, path: &[Set], world: &World, transcript: &Transcript) {
    let params = session.params();
    let survivors: Set = transcript.uploads.keys().cloned().collect();
    assert_eq!(survivors, path[2]);
    assert!(survivors.len() >= params.remaining() && path[4].len() >= params.threshold());
    assert_eq!(transcript.seeds.keys().cloned().collect::<Set>(), survivors);
    let gone: Set = path[1].difference(&survivors).cloned().collect();
    assert_eq!(transcript.mask_keys.keys().cloned().collect::<Set>(), gone);
    let sum = verify_sum(session, transcript).unwrap();
    assert_eq!(sum.vector, sum_of(session, survivors.iter().map(|p| &world.vectors[p])));
}

fn explore_all(numbers: Numbers) -> Tally {
    let session = session(numbers, 32, 2);
    let mut tally = Tally::default();
    explore(&session, &mut Vec::new(), &mut tally);
    tally
}

#[test]
fn three_parties_in_every_order_with_every_copy_and_every_dropout() {
    for numbers in [(3, 3, 1, 0), (3, 2, 0, 1)] {
        let tally = explore_all(numbers);
        assert!(tally.deliveries > 100 && tally.ended > 5, "{}", tally.deliveries);
        assert!(tally.sums > 0);
    }
}

#[test]
fn four_parties_in_every_order_with_every_copy_and_every_dropout() {
    let tally = explore_all((4, 3, 1, 1));
    // The sums: everyone is heard at the first three steps, or one is not from some step on; and
    // three of those who are left, or all, at the last two.
    assert!(tally.sums > 20 && tally.ended > 100, "{} {}", tally.sums, tally.ended);
}
