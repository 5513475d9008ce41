//! From keys to an agreement in force, with the real binary and a coordinator on a real port.
#![allow(clippy::disallowed_methods, reason = "tests lay out files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod town;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use town::{PARTIES, Town, example};

/// The pages are at an address of their own, whole, and no page costs nothing.
fn console(listening: &Value) {
    let certificate = fs::read(listening["certificate"].as_str().unwrap()).unwrap();
    let roots = ureq::tls::parse_pem(&certificate).filter_map(|item| match item.unwrap() {
        ureq::tls::PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    let roots: Vec<_> = roots.collect();
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::from(roots)).build();
    let agent = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false);
    let agent = agent.proxy(None).build().new_agent();
    let get = |at: &str, path: &str| {
        let mut answer =
            agent.get(format!("{}{path}", listening[at].as_str().unwrap())).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    for (path, shows) in [
        ("/", "a cardiac-risk model for patients"),
        ("/agreement", "data-use/train-on-heart-rows"),
        ("/decisions", "No motion has been put yet"),
        ("/log", "module.enter"),
    ] {
        let (status, page) = get("console", path);
        assert!(status == 200 && page.contains(shows), "{path}: {status} {page}");
        let (status, page) = get("listening", path);
        assert!(status == 404 && !page.contains("<html"), "{path}: {status} {page}");
    }
    assert_eq!(get("console", "/nowhere").0, 404);
    assert_eq!(get("console", "/checkpoint").0, 404);
}

#[test]
fn what_is_wrong_with_a_folder_is_told_before_a_node_works_from_it() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let town = Town::new();
    let log = town.found();
    let (mut coordinator, listening) = town.serve();
    town.settle(&log, &listening);
    let (home, birch) = (town.home("alder"), town.home("birch"));
    let alder = Path::new(&home);
    let doctor = ["node", "doctor", "--home", &home];
    let start = ["node", "--home", &home];
    let refused = |code: &str| {
        for command in [&doctor[..], &start] {
            let left = town.run(command);
            let told = left.lines.last().cloned().unwrap_or_default();
            assert_eq!((left.status, &told["code"]), (2, &json!(code)), "{command:?}: {told}");
        }
    };

    // The table: none, a folder, and at last one.
    refused("no-such-file");
    fs::create_dir(alder.join("rows.csv")).unwrap();
    refused("not-a-file");
    fs::remove_dir(alder.join("rows.csv")).unwrap();
    fs::copy(example().join("data/alder.csv"), alder.join("rows.csv")).unwrap();
    let well = town.done(&doctor);
    assert_eq!(
        (&well["key_registered"], &well["undeclared"]),
        (&json!(true), &json!(["heart-rows"]))
    );

    // The salt: open to others, and not one.
    fs::create_dir(alder.join("datasets")).unwrap();
    let salt = alder.join("datasets/heart-rows.salt");
    fs::write(&salt, "salt").unwrap();
    refused("key-open-to-others");
    fs::set_permissions(&salt, fs::Permissions::from_mode(0o600)).unwrap();
    refused("bad-key-file");
    fs::remove_file(&salt).unwrap();
    symlink("/dev/zero", &salt).unwrap();
    refused("not-a-file");
    fs::remove_file(&salt).unwrap();

    // The certificate.
    fs::rename(alder.join("coordinator.pem"), alder.join("aside")).unwrap();
    refused("no-such-file");
    fs::rename(alder.join("aside"), alder.join("coordinator.pem")).unwrap();

    // Keys of another party, once the log is known; and keys that nobody knows.
    for (from, to) in [("keys", "own"), ("../birch/keys", "keys")] {
        fs::rename(alder.join(from), alder.join(to)).unwrap();
    }
    let left = town.run(&doctor);
    assert_eq!((left.status, &left.lines[0]["code"]), (2, &json!("other-party")));
    let place = ["place=ward", "class=2", "jurisdiction=US", "--seat", "data-holder"];
    for verb in ["act", "why"] {
        let by = [&[verb, "place.register", "--home", &home][..], &place].concat();
        let left = town.run(&by);
        assert_eq!((left.status, &left.lines[0]["code"]), (2, &json!("other-party")), "{verb}");
    }
    fs::rename(alder.join("keys"), Path::new(&birch).join("keys")).unwrap();

    // Its own ledger key beside the witness key of another; and its own two in each other's place.
    fs::rename(alder.join("own"), alder.join("keys")).unwrap();
    let key = |name: &str| alder.join("keys").join(name);
    fs::rename(key("witness.key"), key("aside")).unwrap();
    fs::copy(Path::new(&birch).join("keys/witness.key"), key("witness.key")).unwrap();
    let left = town.run(&doctor);
    assert_eq!((left.status, &left.lines[0]["code"]), (2, &json!("other-witness-key")));
    fs::rename(key("ledger.key"), key("witness.key")).unwrap();
    fs::rename(key("aside"), key("ledger.key")).unwrap();
    let left = town.run(&doctor);
    assert_eq!((left.status, &left.lines[0]["code"]), (2, &json!("other-witness-key")));
    fs::rename(alder.join("keys"), alder.join("own")).unwrap();
    let show = |verb, party| town.run(&["key", verb, "--home", &home, "--party", party]);
    for verb in ["new", "show"] {
        let left = show(verb, "birch");
        assert_eq!((left.status, &left.lines[0]["code"]), (2, &json!("other-party")));
    }
    assert!(!alder.join("keys").exists(), "keys were drawn for another");
    assert_eq!(show("new", "alder").status, 0);
    assert_eq!(town.done(&doctor)["key_registered"], false);
    let act = [&["act", "place.register", "--home", &home][..], &place].concat();
    let left = town.run(&act);
    assert_eq!((left.status, &left.lines[0]["code"]), (2, &json!("key-not-registered")));

    coordinator.kill().unwrap();
    coordinator.wait().unwrap();
    let left = town.run(&doctor);
    let offline = &left.lines[0];
    assert_eq!((left.status, &left.lines[1]["code"]), (1, &json!("unfit-machine")));
    assert_eq!(offline["log_size"].as_u64().map(|size| size > 0), Some(true));
    let checks = offline["checks"].as_array().unwrap();
    let level = |name: &str| {
        checks.iter().find(|check| check["check"] == name).map(|check| check["level"].clone())
    };
    assert_eq!((level("dns"), level("line")), (Some(json!("ok")), Some(json!("fail"))));
    assert_eq!((level("tls"), level("egress")), (None, Some(json!("ok"))));
}

#[test]
fn six_parties_found_a_log_and_bring_their_agreement_into_force() {
    let town = Town::new();
    let log = town.found();
    let (mut coordinator, listening) = town.serve();
    town.settle(&log, &listening);
    let example = example();
    let all = example.to_str().unwrap();
    let (alder, vendor) = (town.home("alder"), town.home("vendor"));

    // The last to sign brings the modules into force; before, somebody is still missing.
    for party in PARTIES.iter().take(5) {
        town.done(&["sign", "--home", &town.home(party), "--all", all]);
    }
    let early = town.run(&["sign", "--home", &vendor, "--all", all, "--enter"]);
    assert_eq!(
        (early.status, &early.lines.last().unwrap()["code"]),
        (1, &json!("unsigned-module"))
    );
    let entered = town.done(&["sign", "--home", &town.home("lab"), "--all", all, "--enter"]);
    assert_eq!(entered["admitted"], true);
    console(&listening);

    // What the agreement allows is done, and the receipt cites the clause.
    let place = ["place=ward", "class=2", "jurisdiction=US"];
    let register = |home: &str| {
        let act = ["act", "place.register", place[0], place[1], place[2]];
        town.run(&[&act[..], &["--seat", "data-holder", "--home", home]].concat())
    };
    let done = register(&alder);
    assert_eq!((done.status, &done.lines[0]["clause"]), (0, &json!("governance/declare-place")));

    // What it does not allow is refused, and the refusal is in the log with an index of its own.
    let refused = register(&vendor);
    assert_eq!(refused.status, 1);
    assert_eq!(refused.lines[0]["problem"]["code"], "not-your-seat");
    assert_eq!(refused.lines[1]["code"], "not-your-seat");
    let index = refused.lines[0]["index"].as_u64().unwrap().to_string();
    let logged = town.done(&["log", "--home", &alder, "--since", &index]);
    assert_eq!((&logged["admitted"], &logged["act"]), (&json!(false), &json!("place.register")));

    // A steward lists rows that fit, and nothing is listed of rows that do not.
    let rows = Path::new(&alder).join("rows.csv");
    let text = fs::read_to_string(example.join("data/alder.csv")).unwrap();
    fs::write(&rows, text.replacen("age", "years", 1)).unwrap();
    let list = ["node", "register", "heart-rows", "--place", "ward", "--home", &alder];
    let unfit = town.run(&list);
    assert_eq!((unfit.status, &unfit.lines[0]["code"]), (2, &json!("table-undeclared-column")));
    fs::write(&rows, text).unwrap();
    assert_eq!(town.done(&list)["clause"], "data-use/list-dataset");

    // Without the salt of what is listed, the same rows are not listed as something else.
    let salt = Path::new(&alder).join("datasets/heart-rows.salt");
    fs::rename(&salt, salt.with_extension("lost")).unwrap();
    let lost = town.run(&list);
    assert_eq!((lost.status, &lost.lines[0]["code"]), (2, &json!("no-salt")));
    assert!(!salt.exists(), "another was drawn");
    fs::rename(salt.with_extension("lost"), &salt).unwrap();

    // A model that no run has given is a mistake of whoever names it.
    let (model, rows) = ("ab".repeat(32), rows.to_str().unwrap());
    let test = ["evidence", "test", &model, "--rows", rows, "--method", "pooled-holdout-accuracy"];
    let left =
        town.run(&[&test[..], &["--seat", "test-lab", "--home", &town.home("lab")]].concat());
    assert_eq!((left.status, &left.lines[0]["code"]), (2, &json!("unknown-model")));

    // `why` tells all that is missing, not the first thing alone.
    let seat = ["--seat", "council-member", "--home", &alder];
    let why = town.run(&[&["why", "project.open", "project=cardiac"][..], &seat].concat());
    assert_eq!((why.status, why.lines[0]["missing"].as_array().unwrap().len()), (1, 2));
    let history = town.run(&["history", "--module", "governence", "--home", &alder]);
    assert_eq!((history.status, &history.lines[0]["code"]), (2, &json!("unknown-module")));
    assert_eq!(history.lines[0]["hint"], "did you mean `governance`?");
    let before = town.run(&["history", "--at", "2000-01-01", "--home", &alder]);
    assert_eq!((before.status, &before.lines[0]["code"]), (2, &json!("bad-moment")));
    let plan = example.join("plan.toml");
    let propose = ["run", "propose", plan.to_str().unwrap(), "--home", &vendor];
    assert_eq!(town.run(&propose).lines[0]["code"], "no-dataset");

    // Nobody has cosigned: there is nothing yet that others could rely on.
    let archive = town.home("archive");
    let export = town.run(&["export", &archive, "--home", &alder]);
    assert_eq!((export.status, &export.lines[0]["code"]), (1, &json!("no-quorum")));
    let told = format!("{}", export.lines[0]);
    assert!(told.contains("any 4 of `alder`, `birch`, `cypress`, `dogwood`, `lab`"), "{told}");
    assert!(told.contains("concordat node"), "{told}");
    assert!(!Path::new(&archive).exists());

    // Told to end, the coordinator ends well; what a party has folded stays.
    let status = Command::new("kill").arg(coordinator.id().to_string()).status().unwrap();
    assert!(status.success());
    assert_eq!(coordinator.wait().unwrap().code(), Some(0));
    let unreachable = town.run(&["status", "--home", &alder]);
    assert_eq!(
        (unreachable.status, &unreachable.lines[0]["code"]),
        (3, &json!("coordinator-offline"))
    );
    let status = town.done(&["status", "--home", &alder, "--offline"]);
    assert_eq!(status["in_force"].as_object().unwrap().len(), 5);
    assert_eq!(status["log"], log);
    // No node has run here; of one that has, the copy is its own.
    assert_eq!(status["node_size"], json!(null));
    let (desk, store) = (Path::new(&alder).join("store-desk"), Path::new(&alder).join("store"));
    fs::create_dir(&store).unwrap();
    for file in fs::read_dir(desk).unwrap().map(|file| file.unwrap().path()) {
        if file.is_file() {
            fs::copy(&file, store.join(file.file_name().unwrap())).unwrap();
        }
    }
    let with_node = town.done(&["status", "--home", &alder, "--offline"]);
    assert_eq!(with_node["node_size"], status["size"]);
}

#[test]
fn a_party_commits_to_a_key_rotates_loses_and_recovers_it_as_the_guide_says() {
    let town = Town::new();
    let log = town.found();
    let (mut coordinator, listening) = town.serve();
    town.settle(&log, &listening);
    let (home, next, third) = (town.home("alder"), town.home("safe/next"), town.home("safe/third"));
    let ledger = Path::new(&home).join("keys/ledger.key");
    let refused = |arguments: &[&str], code: &str| {
        let left = town.run(arguments);
        let told = left.lines.last().cloned().unwrap_or_default();
        assert_eq!((left.status, &told["code"]), (1, &json!(code)), "{arguments:?}: {told}");
    };
    let keys = || town.run(&["key", "list", "--home", &home, "--as", "alder"]).lines;
    let signs = |key: &Value| key["for"] == "acts";
    let first = keys().into_iter().find(signs).unwrap();

    town.done(&["key", "commit", "--home", &home, "--next", &next]);
    // No other key takes its place, and what was refused left the folder as it was.
    let before = fs::read(&ledger).unwrap();
    refused(&["key", "rotate", "--home", &home], "not-the-next-key");
    assert_eq!(fs::read(&ledger).unwrap(), before);
    let rotate = ["key", "rotate", "--home", &home, "--next", &next, "--then", &third];
    let second = town.done(&rotate)["key"].as_str().unwrap().to_owned();
    assert_eq!(fs::read(&ledger).unwrap(), fs::read(&next).unwrap());
    let kept = format!("keys/{}.ended.key", first["key"].as_str().unwrap());
    assert_eq!(fs::read(Path::new(&home).join(kept)).unwrap(), before);
    // Given again, it finishes what is done.
    town.done(&rotate);
    town.done(&["key", "register", "--for", "exports", "--home", &home]);

    // A file that was mistaken for it changes nothing in the folder.
    let live = fs::read(&ledger).unwrap();
    let birch = town.home("birch/keys/ledger.key");
    let left = town.run(&["key", "rotate", "--home", &home, "--lost", "--next", &birch]);
    assert_eq!((left.status, &left.lines[0]["code"]), (2, &json!("not-committed-to")));
    assert_eq!(fs::read(&ledger).unwrap(), live);
    // The key is lost; what was committed to takes its place by itself.
    fs::remove_file(&ledger).unwrap();
    town.done(&["key", "rotate", "--home", &home, "--lost", "--next", &third]);
    let listed = keys();
    let stands = |id: &Value| {
        let found = listed.iter().find(|key| key["key"] == *id).unwrap();
        (found["stands"].clone(), found["signed"].clone())
    };
    assert_eq!(stands(&first["key"]).0, "was replaced");
    assert_eq!(stands(&json!(second)).0, "was replaced");

    // It was stolen, too: what it signed since is marked, and what it brought has ended.
    let from = listed.iter().find(|key| key["key"] == json!(second)).unwrap()["from"].to_string();
    let compromise = ["key", "compromise", &second, "--since", &from, "--home", &home];
    town.done(&compromise);
    refused(&compromise, "not-your-key");
    let exports = keys().into_iter().find(|key| key["for"] == "exports").unwrap();
    assert_eq!(exports["stands"], "is compromised");
    let log = town.run(&["log", "--home", &home]).lines;
    let doubtful: Vec<&Value> = log.iter().filter(|line| line["in_doubt"] == true).collect();
    let acts: Vec<&Value> = doubtful.iter().map(|line| &line["act"]).collect();
    assert_eq!(acts, ["key.rotate", "key.register"]);

    // What cosigns, and a machine's key.
    let witness = Path::new(&home).join("keys/witness.key");
    let before = fs::read(&witness).unwrap();
    town.done(&["key", "rotate", "--home", &home, "--witness"]);
    assert_ne!(fs::read(&witness).unwrap(), before);
    town.done(&["key", "register", "--for", "cosigning", "--home", &home]);
    // Where its node looks for what it cosigns with.
    assert!(Path::new(&home).join("keys/witness-ml-dsa-44.key").exists());
    let machine = town.done(&["key", "register", "--for", "acts", "--home", &home]);
    let machine = machine["key"].as_str().unwrap();
    town.done(&["key", "revoke", machine, "--home", &home]);
    refused(&["key", "revoke", machine, "--home", &home], "not-your-key");
    coordinator.kill().unwrap();
    coordinator.wait().unwrap();
}

#[test]
fn a_party_that_lost_its_key_is_given_another_by_all_the_others() {
    let town = Town::new();
    let log = town.found();
    let (mut coordinator, listening) = town.serve();
    town.settle(&log, &listening);
    let (file, next, home) = (town.home("alder.dsse"), town.home("safe/new"), town.home("alder"));
    let homes = PARTIES.map(|party| town.home(party));
    let [_, birch, others @ ..] = &homes;
    let refused = |arguments: &[&str], status: i32, code: &str| {
        let left = town.run(arguments);
        let told = left.lines.last().cloned().unwrap_or_default();
        assert_eq!((left.status, &told["code"]), (status, &json!(code)), "{arguments:?}: {told}");
    };
    let old = town.run(&["key", "list", "--home", &home, "--as", "alder"]).lines;
    let old = old.into_iter().find(|key| key["for"] == "acts").unwrap();
    fs::remove_file(Path::new(&home).join("keys/ledger.key")).unwrap();

    // The party draws a key, and tells the others its public half.
    let drawn = town.done(&["key", "recover", &file, "--next", &next]);
    let public = concordat_node::home::change::read_key(Path::new(&next)).unwrap().public();
    let public = public.to_string();
    assert_eq!(drawn["public"], json!(public));
    let write = ["key", "recover", &file, "--party", "alder", "--key", &public, "--home", birch];
    let written = town.done(&write);
    assert_eq!(written["missing"].as_array().unwrap().len(), 5);
    // Whoever passes it on is told whose signature it waits for, and not a key alone.
    let awaited: std::collections::BTreeSet<_> =
        written["awaited"].as_array().unwrap().iter().map(|own| own["party"].as_str()).collect();
    assert!(awaited.contains(&Some("alder")) && !awaited.contains(&Some("birch")), "{written}");
    assert_eq!((awaited.len(), awaited.contains(&None)), (5, false), "{written}");
    refused(&write, 2, "target-exists");

    // One after the other signs; who is not asked does not, and nothing is logged before.
    let submit = ["key", "recover", &file, "--submit", "--home", birch];
    for other in others {
        refused(&submit, 1, "not-signed-by-all");
        town.done(&["key", "recover", &file, "--home", other]);
    }
    let stranger = town.home("safe/stranger");
    refused(&["key", "recover", &file, "--next", &stranger], 1, "keys-not-named");
    let signed = town.done(&["key", "recover", &file, "--next", &next]);
    assert_eq!(signed["missing"], json!([]));
    assert!(signed["does"].as_str().unwrap().contains(&public), "{signed}");
    assert_eq!(town.done(&submit)["admitted"], true);

    // In the party's folder it is put in its place, and it signs.
    town.done(&["key", "rotate", "--home", &home, "--lost", "--next", &next]);
    town.done(&["key", "register", "--for", "exports", "--home", &home]);
    let keys = town.run(&["key", "list", "--home", &home, "--as", "alder"]).lines;
    let stands = |public: &Value| {
        keys.iter().find(|key| key["public"] == *public).unwrap()["stands"].clone()
    };
    assert_eq!(stands(&old["public"]), "was replaced");
    assert_eq!(stands(&json!(public)), "is good");
    coordinator.kill().unwrap();
    coordinator.wait().unwrap();
}
