//! Four hospitals' nodes and a lab's, a coordinator over TLS, real rows, masks, noise and log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::mpsc::channel;

use common::world::{At, Told, World, until};
use concordat_node::work::Event;
use concordat_partnership::RunStatus;
use concordat_terms::Digest;

fn closed(seen: &[Told]) -> BTreeMap<&'static str, Digest> {
    let model = |(name, event): &Told| match event {
        Event::Closed { model, .. } => Some((*name, *model)),
        _ => None,
    };
    seen.iter().filter_map(model).collect()
}

#[test]
fn four_nodes_train_one_model_that_the_log_closes_with_their_signatures() {
    let mut world = World::founded();
    world.made_ready();
    let (tell, events) = channel();
    let mut nodes: BTreeMap<&str, At> = ["alder", "birch", "cypress", "dogwood", "lab"]
        .into_iter()
        .map(|name| (name, At::start(&world.homes[name], name, tell.clone())))
        .collect();
    world.open_run("first");
    let mut seen = Vec::new();
    while closed(&seen).len() < 4 {
        seen.extend(until(&events, |(_, event)| matches!(event, Event::Closed { .. })));
    }
    let models: Vec<Digest> = closed(&seen).into_values().collect();
    assert!(models.iter().all(|model| *model == models[0]));
    let refused: Vec<_> =
        seen.iter().filter(|(_, event)| matches!(event, Event::Refused { .. })).collect();
    assert!(refused.is_empty(), "{refused:#?}");

    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let model = &desk.state().models()[&models[0]];
    assert!(model.signed_by.len() >= 3, "{:?}", model.signed_by);
    let bytes = world.blob("vendor", &models[0]);
    assert_eq!(concordat_learn::Model::from_bytes(&bytes).unwrap().weights().len(), 14);

    // A second run: one node goes away after its first round, and the others finish it.
    world.open_run("second");
    let first_round = |told: &Told| matches!(told, ("dogwood", Event::Round { run, round: 1, .. }) if run.as_str() == "second");
    let mut seen = until(&events, first_round);
    nodes.remove("dogwood").unwrap().stop();
    while closed(&seen).len() < 3 {
        seen.extend(until(&events, |(_, event)| matches!(event, Event::Closed { .. })));
    }
    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let run = &desk.state().runs()[&"second".parse().unwrap()];
    let RunStatus::Closed(result) = &run.status else { panic!("{:?}", run.status) };
    assert_eq!(result.roster.len(), 3);
    assert!(closed(&seen).values().all(|model| *model == result.model));

    // It comes back, follows, and abstains from nothing: the run is over.
    nodes.insert("dogwood", At::start(&world.homes["dogwood"], "dogwood", tell));
    until(&events, |told| matches!(told, ("dogwood", Event::Cosigned { .. })));
    for node in nodes.into_values() {
        node.stop();
    }
    world.stop();
}
