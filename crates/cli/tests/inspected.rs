//! A hospital whose proxy asks for a name and a password and reads what is in TLS: a node finds it out,
//! says so, and takes part in a whole run through it.
//!
//! The proxy is mitmproxy. `cargo xtask test` installs it and names its folder in `CONCORDAT_STRANGERS`;
//! without it there is nobody to go through.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use world::port::free_port;
use world::services::{HOLDERS, NODES, RUN, World, until};

/// What the proxy wants, and nobody else is to see.
const PASSWORD: &str = "correct-horse";

/// The proxy at work.
struct Inspector {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Inspector {
    /// None where nobody installed it.
    fn start(folder: &Path, coordinator: u16) -> Option<Self> {
        let Some(tools) = std::env::var_os("CONCORDAT_STRANGERS").map(PathBuf::from) else {
            eprintln!("no tools of others here: `cargo xtask test` installs them");
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/strangers/inspect_tls.py");
        let folder = folder.join("inspector");
        fs::create_dir(&folder).unwrap();
        let (port, conf) = (free_port(), format!("confdir={}", folder.display()));
        // It knows the coordinator, as an inspecting proxy knows public authorities.
        let upstream = format!(
            "ssl_verify_upstream_trusted_ca={}",
            folder.parent().unwrap().join("coordinator/tls/cert.pem").display()
        );
        let process = Command::new(tools.join("inspector/bin/mitmdump"))
            .args(["-q", "--listen-host", "127.0.0.1", "--listen-port", &port.to_string()])
            .args(["--set", &conf, "--set", &upstream, "-s", script])
            .args(["--proxyauth", &format!("alder:{PASSWORD}")])
            .env("INSPECTED_PORT", coordinator.to_string())
            .env("INSPECTED_OUT", folder.join("seen.jsonl"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        until("the proxy listens", || {
            let at = (std::net::Ipv4Addr::LOCALHOST, port);
            std::net::TcpStream::connect(at).ok().map(drop)
        });
        Some(Self { process, port, folder })
    }

    fn address(&self, credentials: &str) -> String {
        format!("http://{credentials}@127.0.0.1:{}", self.port)
    }

    /// What it could read.
    fn seen(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.join("seen.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// `node doctor` at alder with this proxy: its exit status, its checks by name, and all that it said.
fn doctor(home: &str, proxy: Option<&str>) -> (i32, BTreeMap<String, Value>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
    command.args(["node", "doctor", "--home", home, "--json"]).stdin(Stdio::null());
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    if let Some(proxy) = proxy {
        command.env("HTTPS_PROXY", proxy);
    }
    let output = command.env("RUST_LOG", "trace").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
    let first: Value = serde_json::from_str(text.lines().next().unwrap_or("null")).unwrap();
    let checks = first["checks"].as_array().cloned().unwrap_or_default();
    let named =
        checks.into_iter().map(|check| (check["check"].as_str().unwrap().to_owned(), check));
    (output.status.code().unwrap(), named.collect(), said)
}

fn level<'a>(checks: &'a BTreeMap<String, Value>, name: &str) -> (&'a str, &'a str) {
    let check = checks.get(name).unwrap_or_else(|| panic!("no {name} in {checks:#?}"));
    (check["level"].as_str().unwrap(), check["found"].as_str().unwrap())
}

/// Alder's configuration, with one line changed or added below `[node]`.
fn configured(home: &Path, coordinator: &str, authority: Option<&str>) {
    let path = home.join("concordat.toml");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines = String::new();
    for line in text.lines().filter(|line| !line.starts_with("authority")) {
        if line.starts_with("coordinator = ") {
            lines.push_str(&format!("coordinator = \"{coordinator}\"\n"));
        } else {
            lines.push_str(&format!("{line}\n"));
        }
        if let (true, Some(authority)) = (line == "[node]", authority) {
            lines.push_str(&format!("authority = \"{authority}\"\n"));
        }
    }
    fs::write(&path, lines).unwrap();
}

#[test]
fn a_node_works_through_a_proxy_that_inspects_and_says_that_it_does() {
    let mut world = World::at_rest();
    world.start_coordinator();
    let home = world.folder("alder");
    let shown = world.home("alder");
    let Some(inspector) = Inspector::start(home.parent().unwrap(), world.port()) else { return };
    let proxy = inspector.address(&format!("alder:{PASSWORD}"));

    // The coordinator's name is one that nothing here knows: the proxy alone does.
    configured(&home, "https://heart.example", None);
    let (status, checks, _) = doctor(&shown, None);
    assert_eq!((status, level(&checks, "dns").0), (1, "fail"), "{checks:#?}");
    let (status, checks, said) = doctor(&shown, Some(&inspector.address("alder:wrong-horse")));
    assert_eq!((status, level(&checks, "proxy").0), (1, "fail"), "{checks:#?}");
    assert!(level(&checks, "proxy").1.contains("407") && !said.contains("wrong-horse"), "{said}");
    let bare = format!("http://127.0.0.1:{}", inspector.port);
    let (_, checks, _) = doctor(&shown, Some(&bare));
    assert!(level(&checks, "proxy").1.contains("asks for a name"), "{checks:#?}");
    let (_, checks, _) = doctor(&shown, Some("http://127.0.0.1:1"));
    assert!(level(&checks, "proxy").1.contains("does not answer"), "{checks:#?}");
    let (status, checks, said) = doctor(&shown, Some("socks5://alder:wrong-horse@127.0.0.1:1"));
    assert_eq!((status, checks.len()), (2, 0), "{said}");
    assert!(said.contains("bad-proxy") && !said.contains("wrong-horse"), "{said}");

    // It reads what is in TLS, and nobody has said that it may: who issued what it shows is told.
    let (status, checks, said) = doctor(&shown, Some(&proxy));
    assert_eq!((status, level(&checks, "tls").0), (1, "fail"), "{checks:#?}");
    assert!(level(&checks, "tls").1.contains("issued by `mitmproxy`"), "{checks:#?}");
    assert!(!said.contains(PASSWORD), "{said}");
    assert_eq!(inspector.seen(), Vec::<Value>::new());

    // Its authority is named: it goes, and the inspection is told.
    fs::copy(inspector.folder.join("mitmproxy-ca-cert.pem"), home.join("ward.pem")).unwrap();
    configured(&home, "https://heart.example", Some("ward.pem"));
    let (status, checks, said) = doctor(&shown, Some(&proxy));
    assert_eq!(status, 0, "{checks:#?}");
    assert!(!said.contains(PASSWORD), "{said}");
    let (tls, found) = level(&checks, "tls");
    assert!(tls == "warn" && found.starts_with("inspected: `mitmproxy`"), "{found}");
    for fine in ["dns", "proxy", "clock", "disk", "egress", "snapshot"] {
        assert_ne!(level(&checks, fine).0, "fail", "{checks:#?}");
    }

    // A whole run: four hospitals, one of them behind the proxy.
    for party in NODES {
        if party == "alder" {
            world.start_node_with(party, &[("HTTPS_PROXY", &proxy), ("RUST_LOG", "trace")]);
        } else {
            world.start_node(party);
        }
    }
    // A proxy is asked for what is not on this machine: the others' acts go as they always did.
    world.open_run_with(&[("HTTPS_PROXY", &proxy), ("NO_PROXY", "127.0.0.1,localhost")]);
    let ended = world.ended();
    assert_eq!(ended["status"]["closed"]["run"], RUN, "{ended}\n{:#?}", world.said());
    until("alder has signed the run's end", || {
        let closed = |told: &Value| told["event"] == "closed" && told["run"] == RUN;
        world.nodes["alder"].told().iter().any(closed).then_some(())
    });
    let alder = world.nodes.get_mut("alder").unwrap();
    alder.kill();

    // All that it could read is in alder's ledger, and all that is in there came by.
    let listed = world::answer(&["node", "egress", "--verify", "--home", &shown]);
    assert_eq!(listed["party"], "alder");
    let each = world::concordat(&["node", "egress", "--each", "--home", &shown, "--json"]);
    let mut own = BTreeMap::<(String, u64, String), i64>::new();
    for line in String::from_utf8(each.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let sent = &line["sent"];
        if sent["to"] != "https://heart.example" {
            continue;
        }
        let text = |key: &str| sent[key].as_str().unwrap().to_owned();
        *own.entry((text("path"), sent["bytes"].as_u64().unwrap(), text("digest"))).or_default() +=
            1;
    }
    let begun = Instant::now();
    loop {
        let mut left = own.clone();
        for seen in inspector.seen() {
            let text = |key: &str| seen[key].as_str().unwrap().to_owned();
            let key = (text("path"), seen["bytes"].as_u64().unwrap(), text("digest"));
            *left.entry(key).or_default() -= 1;
        }
        // Whatever left is listed; what was listed last may not have left when the node was killed.
        assert!(left.values().all(|count| *count >= 0), "{left:#?}");
        let missing: i64 = left.values().sum();
        if missing <= 2 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{missing} did not come by");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    // It could read that alder takes part, and the masked vectors: of rows nothing.
    let seen = inspector.seen();
    assert!(seen.iter().any(|seen| seen["path"].as_str().unwrap().starts_with("/v1/runs/again/")));
    let rows = fs::read_to_string(home.join("rows.csv")).unwrap();
    let pseudonym = rows.lines().nth(1).unwrap().split(',').next().unwrap();
    for seen in &seen {
        assert!(!seen["text"].as_str().unwrap().contains(pseudonym), "{seen}");
    }
    assert_eq!(json!(HOLDERS.len()), json!(4));
}
