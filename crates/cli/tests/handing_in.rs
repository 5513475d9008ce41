//! A party that the coordinator does not hear: its act goes through another party's node.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::fs;

use serde_json::Value;
use world::services::{Service, World, until};
use world::{answer, concordat};

/// The places that birch has registered, by the log as birch's own copy has it.
fn places(world: &World) -> usize {
    let home = world.home("birch");
    let output = concordat(&["log", "--home", &home, "--as", "birch", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["act"] == "place.register").count()
}

/// Changes a party's configuration.
fn edit(world: &World, party: &str, change: impl FnOnce(String) -> String) {
    let path = world.folder(party).join("concordat.toml");
    fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
}

#[test]
fn an_act_that_the_coordinator_does_not_hear_waits_at_another_party_until_it_is_logged() {
    let mut world = World::at_rest();
    edit(&world, "alder", |text| text.replace("[node]\n", "[node]\nlisten = \"127.0.0.1:0\"\n"));
    world.start_coordinator();
    let before = places(&world);
    let node = Service::start(&["node", "--home", &world.home("alder")]);
    let told = |fits: &dyn Fn(&Value) -> bool| node.told().into_iter().find(|told| fits(told));
    let door = until("the node listens", || told(&|told| told["listening"].is_string()));
    until("the node cosigns", || told(&|told| told["event"] == "cosigned"));
    edit(&world, "birch", |text| {
        let (address, certificate) = (&door["listening"], &door["certificate"]);
        format!("{text}\n[witnesses.alder]\naddress = {address}\ncertificate = {certificate}\n")
    });

    // Nobody is there who would log it. Alder's node takes it in.
    world.kill_coordinator();
    let home = world.home("birch");
    let act = ["act", "place.register", "place=annex", "class=2", "jurisdiction=US"];
    let to = ["--seat", "data-holder", "--home", &home, "--hand-to", "alder"];
    let handed = answer(&[&act[..], &to].concat());
    assert!(handed["id"].is_string() && handed["logged"].is_null(), "{handed}");

    // Back again, the coordinator is asked for it by alder.
    world.start_coordinator();
    until("the act is logged", || (places(&world) == before + 1).then_some(()));

    // Who has cosigned with which key is told.
    let known = until("alder's word is told", || {
        let status = answer(&["status", "--home", &home]);
        let all = status["witnesses"]["witnesses"].as_array().unwrap().clone();
        let of = |name: &str| all.iter().find(|witness| witness["name"] == name).cloned();
        let (replayed, history) = (of("alder")?, of("alder/history")?);
        let both = replayed["size"].is_number() && history["size"].is_number();
        both.then_some((replayed, history))
    });
    assert_eq!((&known.0["counts"], &known.1["counts"]), (&true.into(), &false.into()));
    // What a node has kept against the coordinator is the first thing to see.
    let evidence = world.folder("birch").join("store/evidence");
    fs::create_dir_all(&evidence).unwrap();
    fs::write(evidence.join("checkpoint-other"), "a signed checkpoint").unwrap();
    let said = concordat(&["status", "--home", &home]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.starts_with("alert   two-histories"), "{said}");

    let nowhere = [&act[..], &["--seat", "data-holder", "--home", &home, "--hand-to", "nobody"]];
    let refused = concordat(&nowhere.concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("unknown-witness"));
}
