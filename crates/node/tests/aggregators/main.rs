//! Runs under an agreement with three aggregators: four hospitals, a coordinator over TLS, and the
//! services of a public, a private and an independent party.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;
mod sums;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use common::party;
use common::story::{key, texts};
use common::world::{At, World, until};
use concordat_coordinator::{Config, Wait};
use concordat_node::aggregate::{Aggregator, Event};
use concordat_node::client::{Client, Fault, Reader};
use concordat_node::work;
use concordat_partnership::act::{AbortReason, NamedModule, RunAbort};
use concordat_partnership::{Act, RunStatus};
use concordat_replay::RoundBasis;
use concordat_secagg::three::{
    self, Agreed, Body as _, Message, Posted, Role, Session, Signed, Step,
};
use concordat_secagg::{RingVec, Signature, SigningKey};
use concordat_terms::{Digest, Problem};
use concordat_tlog::Envelope;
use concordat_wire::act::decode;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// Who runs an aggregator: the public, the private and the independent party, in any order.
const THREE: [&str; 3] = ["lab", "alder", "cypress"];

fn three_texts() -> BTreeMap<&'static str, String> {
    let mut texts = texts();
    let masks = "aggregation = \"pairwise-masks\"";
    let three =
        "aggregation = \"three-aggregators\"\naggregators = [\"lab\", \"alder\", \"cypress\"]";
    let protocol = texts.get_mut("protocol").unwrap();
    assert_eq!(protocol.matches(masks).count(), 1);
    *protocol = protocol.replace(masks, three);
    texts
}

fn world() -> World {
    world_with(|_| {})
}

fn world_with(bend: impl FnOnce(&mut Config)) -> World {
    let mut world = World::founded_on(three_texts(), bend);
    world.made_ready();
    world
}

type Told = (&'static str, Event);

/// An aggregator on threads of its own.
struct Service {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), Problem>>,
}

impl Service {
    fn start(world: &World, name: &'static str, tell: &Sender<Told>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (home, stopping) = (world.homes[name].clone(), stop.clone());
        let tell = Mutex::new(tell.clone());
        let thread = thread::spawn(move || {
            Aggregator::run(&home, stopping, |event| {
                tell.lock().unwrap().send((name, event)).ok();
            })
        });
        Self { stop, thread }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap().unwrap();
    }
}

/// The nodes of the four hospitals and of the lab, which cosign.
fn nodes(world: &World) -> (Vec<At>, Receiver<(&'static str, work::Event)>) {
    let (tell, events) = channel();
    let names = ["alder", "birch", "cypress", "dogwood", "lab"];
    let start = |name: &&'static str| At::start(&world.homes[name], name, tell.clone());
    (names.iter().map(start).collect(), events)
}

/// Waits until the four hospitals have closed the run; their one model, and what was told before.
fn closed(
    events: &Receiver<(&'static str, work::Event)>,
) -> (Digest, Vec<(&'static str, work::Event)>) {
    let (mut models, mut seen) = (BTreeMap::new(), Vec::new());
    while models.len() < 4 {
        seen.extend(until(events, |(_, event)| matches!(event, work::Event::Closed { .. })));
        if let Some((name, work::Event::Closed { model, .. })) = seen.last() {
            models.insert(*name, *model);
        }
    }
    let model = models["alder"];
    assert!(models.values().all(|other| *other == model), "{models:?}");
    (model, seen)
}

fn dropped(event: &Event) -> Option<&str> {
    if let Event::Dropped { reason, .. } = event { Some(reason) } else { None }
}

#[test]
fn four_hospitals_train_a_model_over_three_aggregators_and_the_log_closes_with_their_signatures() {
    let mut world = world();
    let (nodes, events) = nodes(&world);
    let (tell, told) = channel();
    let services = THREE.map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    let (model, seen) = closed(&events);
    let refused: Vec<_> =
        seen.iter().filter(|(_, event)| matches!(event, work::Event::Refused { .. })).collect();
    assert!(refused.is_empty(), "{refused:#?}");

    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let run = &desk.state().runs()[&"first".parse().unwrap()];
    let RunStatus::Closed(result) = &run.status else { panic!("{:?}", run.status) };
    assert_eq!((result.model, result.roster.len(), result.attempts), (model, 4, 4));
    assert!(desk.state().models()[&model].signed_by.len() >= 3);

    // Each opened four shares, in the name of its side, and of all four hospitals.
    services.into_iter().for_each(Service::stop);
    let told: Vec<Told> = told.try_iter().collect();
    let roles = [("alder", Role::Public), ("cypress", Role::Private), ("lab", Role::Neutral)];
    for (name, own) in roles {
        let of = |event: &&Told| event.0 == name;
        let attends =
            |event: &Told| matches!(&event.1, Event::Attending { role, .. } if *role == own);
        assert!(told.iter().filter(of).any(attends), "{told:#?}");
        let opened = |event: &Told| match event.1 {
            Event::Opened { round, attempt: 0, contributors: 4, .. } => Some(round),
            _ => None,
        };
        let rounds: Vec<u32> = told.iter().filter(of).filter_map(opened).collect();
        assert_eq!(rounds, [0, 1, 2, 3], "{name}");
    }
    // Nothing of the run is left at the coordinator, at the latest once it was started again.
    nodes.into_iter().for_each(At::stop);
    world.restart();
    assert!(!world.dir.path().join("coordinator/spool/first").exists());
    world.stop();
}

fn identity(name: &str) -> SigningKey {
    SigningKey::from_bytes(&key(name).to_seed())
}

#[test]
fn an_aggregator_that_is_away_is_named_and_once_it_is_there_the_run_goes_on() {
    // The lab's service is not awaited the first time that the other two have said theirs.
    let away = Arc::new(AtomicBool::new(true));
    let mut world = world_with(|config| {
        config.for_tests.overdue = Some(Arc::new(move |wait, awaited| {
            let lab: BTreeSet<_> = [party("lab")].into();
            wait == Wait::Aggregation(Step::OfferKey)
                && *awaited == lab
                && away.swap(false, Ordering::SeqCst)
        }));
    });
    let (nodes, events) = nodes(&world);
    let (tell, told) = channel();
    let two = ["alder", "cypress"].map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    let wanted = "`lab`, the neutral aggregator, said nothing at offer-key";
    let mut named = BTreeSet::new();
    while named.len() < 2 {
        let seen = until(&told, |(_, event)| dropped(event).is_some());
        let (name, event) = seen.last().unwrap();
        assert_eq!(dropped(event), Some(wanted));
        named.insert(*name);
    }
    let lab = Service::start(&world, "lab", &tell);
    closed(&events);
    two.into_iter().chain([lab]).for_each(Service::stop);
    nodes.into_iter().for_each(At::stop);
    world.stop();
}

/// The lab's service as somebody else may write it, over the same wire.
struct ByHand {
    client: Client,
    basis: RoundBasis,
    session: Session,
}

impl ByHand {
    /// Waits for the first attempt, and derives its session.
    fn of(world: &mut World, run: &str) -> Self {
        let run = run.parse().unwrap();
        let desk = world.desks.get_mut("lab").unwrap();
        desk.catch_up().unwrap();
        let plan = desk.state().runs()[&run].proposed.plan.clone();
        let basis = RoundBasis::derive(desk.state(), &run, &plan).unwrap();
        let client = desk.client().clone();
        let at = loop {
            match client.attempt(&run, None, 20).unwrap() {
                Some(at) => break at,
                None => thread::yield_now(),
            }
        };
        assert_eq!((at.round, at.attempt), (0, 0));
        let session = basis.three(0, 0, at.model).unwrap().unwrap();
        Self { client, basis, session }
    }

    fn say(&self, message: &Message) -> Result<Posted, Fault> {
        self.client.exchange_three(&self.basis.run, (0, 0), message, &self.basis.params)
    }

    fn posted(&self, step: Step) -> Posted {
        let key = key("lab");
        let by = (&self.basis.params, &Reader::new(self.basis.log, &key));
        let role = Some(Role::Neutral);
        self.client.posted(&self.basis.run, (0, 0), (step, role), by).unwrap()
    }

    fn offer(&self) -> (three::Offering, Result<Posted, Fault>) {
        let mut rng = ChaCha20Rng::seed_from_u64(9);
        let (session, lab) = (self.session.clone(), identity("lab"));
        let (state, offer) = three::offer(session, Role::Neutral, lab, &mut rng).unwrap();
        let answer = self.say(&Message::Offer(offer));
        (state, answer)
    }

    /// A roster of two, signed as if it were what all three have.
    fn lie(&self, contributions: BTreeMap<concordat_terms::PartyId, Digest>) -> Message {
        let body = Agreed { contributions: contributions.into_iter().take(2).collect() };
        let statement = Digest::of_parts(&[
            b"concordat-secagg/v1/three/signed",
            self.session.id().as_bytes(),
            Step::Agree.as_str().as_bytes(),
            Role::Neutral.as_str().as_bytes(),
            body.digest().as_bytes(),
        ]);
        let signature = Signature::from_bytes(&key("lab").sign(statement.as_bytes()));
        Message::Agree(Signed { from: Role::Neutral, body, signature })
    }
}

#[test]
fn an_aggregator_that_signs_another_roster_ends_the_attempt_with_its_name() {
    let mut world = world();
    let (nodes, events) = nodes(&world);
    let (tell, told) = channel();
    let two = ["alder", "cypress"].map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    let lab = ByHand::of(&mut world, "first");
    let (state, answer) = lab.offer();
    let Posted::Offers(offers) = answer.unwrap() else { panic!("no keys") };
    let mut state = state.gather(&offers).unwrap();
    let Posted::Contributions(said) = lab.posted(Step::Contribute) else { panic!("none") };
    assert_eq!(said.len(), 4);
    for (party, message) in said {
        state.receive(message).unwrap();
        let own = key("lab");
        let by = (&lab.basis.params, &Reader::new(lab.basis.log, &own));
        let bytes = lab.client.brought(&lab.basis.run, (0, 0), (&party, 0), by).unwrap();
        let words = RingVec::of_bytes(lab.basis.params.ring(), &bytes).unwrap();
        state.read(&party, &words).unwrap();
        // Words are for the neutral aggregator alone.
        let other = key("cypress");
        let by = (&lab.basis.params, &Reader::new(lab.basis.log, &other));
        let refused = lab.client.brought(&lab.basis.run, (0, 0), (&party, 0), by).unwrap_err();
        assert_eq!(refused.problem().code, "words-not-signed");
    }
    let (_, held) = state.close().unwrap();
    let contributions = held.body.contributions.clone();
    let Posted::Held(_) = lab.say(&Message::Hold(held)).unwrap() else { panic!("no lists") };
    let Err(Fault::Again(again)) = lab.say(&lab.lie(contributions)) else { panic!("it counts") };
    let wanted =
        "`lab`, the neutral aggregator, signed another roster at agree than what all three have";
    assert_eq!((again.attempt, again.reason.as_str()), (1, wanted));

    // Everybody is told so, and nobody has opened anything.
    let mut named = BTreeSet::new();
    while named.len() < 2 {
        let seen = until(&told, |(_, event)| dropped(event).is_some());
        assert!(!seen.iter().any(|(_, event)| matches!(event, Event::Opened { .. })));
        let (name, event) = seen.last().unwrap();
        assert_eq!(dropped(event), Some(wanted));
        named.insert(*name);
    }
    let lab = Service::start(&world, "lab", &tell);
    let (_, seen) = closed(&events);
    let reasons = seen.iter().filter_map(|(_, event)| match event {
        work::Event::Dropped { reason, attempt: 0, .. } => Some(reason.as_str()),
        _ => None,
    });
    assert_eq!(reasons.collect::<Vec<_>>(), [wanted; 4]);
    two.into_iter().chain([lab]).for_each(Service::stop);
    nodes.into_iter().for_each(At::stop);
    world.stop();
}

/// What stops a contributor may be lifted again: the aggregators leave the attempt, and attend the run.
#[test]
fn contributors_whom_the_agreement_stops_for_now_cost_an_attempt_and_no_aggregator() {
    let mut texts = three_texts();
    texts.get_mut("governance").unwrap().push_str(
        "\n## Stopping\n\nThe Council stops modules.\n\n```clause\nid = \"council-stops\"\n\
         permit = \"module.suspend\"\nby = \"council-member\"\n```\n\n```clause\nid = \"council-resumes\"\n\
         permit = \"module.resume\"\nby = \"council-member\"\n```\n",
    );
    let mut world = World::founded_on(texts, |_| {});
    world.made_ready();
    let (nodes, _events) = nodes(&world);
    let (tell, told) = channel();
    let two = ["alder", "cypress"].map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    let lab = ByHand::of(&mut world, "first");
    let (state, answer) = lab.offer();
    let Posted::Offers(offers) = answer.unwrap() else { panic!("no keys") };
    let mut state = state.gather(&offers).unwrap();
    let Posted::Contributions(said) = lab.posted(Step::Contribute) else { panic!("none") };
    for (party, message) in said {
        state.receive(message).unwrap();
        let own = key("lab");
        let by = (&lab.basis.params, &Reader::new(lab.basis.log, &own));
        let bytes = lab.client.brought(&lab.basis.run, (0, 0), (&party, 0), by).unwrap();
        let words = RingVec::of_bytes(lab.basis.params.ring(), &bytes).unwrap();
        state.read(&party, &words).unwrap();
    }

    // All have contributed; before anybody signs a roster, what lets them is suspended.
    let suspend = NamedModule { module: "protocol".parse().unwrap() };
    world.does("birch", "council-member", Act::ModuleSuspend(suspend));
    let desk = world.desks.get_mut("birch").unwrap();
    desk.catch_up().unwrap();
    let size = desk.replica().size();
    let (mut followed, mut named) = (BTreeSet::new(), BTreeMap::new());
    while followed.len() < 2 {
        let is_there = |event: &Event| matches!(event, Event::Followed { size: s } if *s >= size);
        let seen = until(&told, |(_, event)| is_there(event));
        followed.extend(seen.iter().filter(|(_, event)| is_there(event)).map(|(name, _)| *name));
    }
    let (_, held) = state.close().unwrap();
    let Posted::Held(_) = lab.say(&Message::Hold(held)).unwrap() else { panic!("no lists") };
    while named.len() < 2 {
        let seen = until(&told, |(_, event)| dropped(event).is_some());
        assert!(!seen.iter().any(|(_, event)| matches!(event, Event::Refused { .. })), "{seen:?}");
        let (name, event) = seen.last().unwrap();
        named.insert(*name, dropped(event).unwrap().to_owned());
    }
    assert!(named.values().all(|why| why.contains("protocol")), "{named:?}");
    two.into_iter().for_each(Service::stop);
    nodes.into_iter().for_each(At::stop);
    world.stop();
}

#[test]
fn an_aggregator_that_was_restarted_begins_the_attempt_anew_and_the_run_goes_on() {
    let mut world = world();
    let (nodes, events) = nodes(&world);
    let (tell, told) = channel();
    let two = ["alder", "cypress"].map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    // Its key is shown to everybody, and the secret is lost with the process.
    let first = ByHand::of(&mut world, "first");
    let (state, answer) = first.offer();
    assert!(matches!(answer, Ok(Posted::Offers(_))), "{answer:?}");
    drop(state);
    let lab = Service::start(&world, "lab", &tell);
    let wanted = "`lab`, the neutral aggregator, began anew";
    let other = until(&told, |(name, event)| *name != "lab" && dropped(event).is_some());
    assert_eq!(dropped(&other.last().unwrap().1), Some(wanted));
    let (model, _) = closed(&events);
    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let run = &desk.state().runs()[&"first".parse().unwrap()];
    let RunStatus::Closed(result) = &run.status else { panic!("{:?}", run.status) };
    assert_eq!((result.model, result.attempts), (model, 5), "the lost attempt is charged");
    two.into_iter().chain([lab]).for_each(Service::stop);
    nodes.into_iter().for_each(At::stop);
    world.stop();
}

#[test]
fn a_run_goes_on_where_it_was_when_the_coordinator_comes_back() {
    let mut world = world();
    let (nodes, events) = nodes(&world);
    let (tell, _told) = channel();
    let services = THREE.map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    until(&events, |(_, event)| matches!(event, work::Event::Round { round: 1, .. }));
    world.restart();
    let (model, _) = closed(&events);
    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let run = &desk.state().runs()[&"first".parse().unwrap()];
    let RunStatus::Closed(result) = &run.status else { panic!("{:?}", run.status) };
    assert_eq!((result.model, result.rounds, result.roster.len()), (model, 4, 4));
    services.into_iter().for_each(Service::stop);
    nodes.into_iter().for_each(At::stop);
    world.stop();
}

#[test]
fn an_aggregator_that_no_clause_names_says_so() {
    let mut world = World::founded_on(texts(), |_| {});
    world.made_ready();
    let (tell, told) = channel();
    let lab = Service::start(&world, "lab", &tell);
    until(&told, |(_, event)| *event == Event::Unnamed);
    lab.stop();
    world.stop();
}

#[test]
fn an_answer_that_is_held_back_for_a_moment_only_is_asked_for_again_and_no_attempt_is_lost() {
    // No call lasts longer than a few milliseconds; steps do.
    let mut world = world_with(|config| config.timing.hold = Duration::from_millis(5));
    let (nodes, events) = nodes(&world);
    let (tell, told) = channel();
    let services = THREE.map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    let (model, seen) = closed(&events);
    let dropped_of = |event: &work::Event| matches!(event, work::Event::Dropped { .. });
    assert!(!seen.iter().any(|(_, event)| dropped_of(event)), "{seen:#?}");
    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let run = &desk.state().runs()[&"first".parse().unwrap()];
    let RunStatus::Closed(result) = &run.status else { panic!("{:?}", run.status) };
    assert_eq!((result.model, result.attempts), (model, 4));
    services.into_iter().for_each(Service::stop);
    assert!(!told.try_iter().any(|(_, event)| dropped(&event).is_some()));
    nodes.into_iter().for_each(At::stop);
    world.stop();
}

#[test]
fn an_aggregator_that_stays_away_is_named_in_the_log_and_to_who_still_asks_when_no_retry_is_left() {
    // The lab's service is never there, and not awaited once the other two have said theirs.
    let mut world = world_with(|config| {
        config.for_tests.overdue = Some(Arc::new(|wait, awaited| {
            let lab: BTreeSet<_> = [party("lab")].into();
            wait == Wait::Aggregation(Step::OfferKey) && *awaited == lab
        }));
    });
    let (nodes, events) = nodes(&world);
    let (tell, _told) = channel();
    let two = ["alder", "cypress"].map(|name| Service::start(&world, name, &tell));
    world.open_run_of("first", Some(0));
    let wanted = "`lab`, the neutral aggregator, said nothing at offer-key";
    let mut told = BTreeSet::new();
    while told.len() < 4 {
        let seen = until(&events, |(_, event)| matches!(event, work::Event::Refused { .. }));
        let Some((name, work::Event::Refused { problem, .. })) = seen.last() else { panic!() };
        // Who comes when all is over reads it in the log.
        let named = problem.code == "run-aborted" && problem.what.contains(wanted);
        assert!(named || problem.code == "run-not-open", "{name}: {problem}");
        told.insert(*name);
    }
    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let last = desk.replica().size() - 1;
    let aborts: Vec<RunAbort> = (0..=last)
        .filter_map(|index| {
            let entry = desk.store().entry(index).unwrap().unwrap();
            let payload = Envelope::parse(&entry).unwrap().payload().to_vec();
            let Act::RunAbort(abort) = decode(&payload).unwrap().act else { return None };
            Some(abort)
        })
        .collect();
    let [abort] = &aborts[..] else { panic!("{aborts:?}") };
    assert_eq!(abort.reason, AbortReason::RetriesSpent);
    assert_eq!(abort.named, [party("lab")].into());
    two.into_iter().for_each(Service::stop);
    nodes.into_iter().for_each(At::stop);
    world.stop();
}
