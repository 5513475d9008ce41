//! Six parties' folders and the commands that they type, with a coordinator on a real port.
#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const PARTIES: [&str; 6] = ["alder", "birch", "cypress", "dogwood", "vendor", "lab"];

/// A folder with a home for everybody.
pub(crate) struct Town {
    dir: TempDir,
}

/// What a command left: its exit status, and each line of its answer.
pub(crate) struct Left {
    pub(crate) status: i32,
    pub(crate) lines: Vec<Value>,
}

impl Town {
    pub(crate) fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub(crate) fn home(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Left {
        let output = Command::new(env!("CARGO_BIN_EXE_concordat"))
            .args(arguments)
            .arg("--json")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let lines = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Left { status: output.status.code().unwrap(), lines }
    }

    pub(crate) fn done(&self, arguments: &[&str]) -> Value {
        let left = self.run(arguments);
        assert_eq!(left.status, 0, "{arguments:?}: {:?}", left.lines);
        left.lines.into_iter().next_back().unwrap_or_default()
    }

    /// Keys for all, and the founding statement signed by all; the answer is the log's id.
    pub(crate) fn found(&self) -> String {
        let (genesis, example) = (self.home("genesis.dsse"), example());
        let example = example.to_str().unwrap();
        let coordinator = self.home("coordinator");
        let keys = self.done(&["key", "new", "--home", &coordinator, "--sequencer"]);
        let mut parties = Vec::new();
        for party in PARTIES {
            let keys = self.done(&["key", "new", "--home", &self.home(party), "--party", party]);
            let file = self.home(&format!("{party}.json"));
            fs::write(&file, keys.to_string()).unwrap();
            parties.push(format!("--party={party}={file}"));
        }
        let mut command = vec!["found", "--agreement", example, "--out", &genesis];
        command.extend(["--origin", "heart.example/log"]);
        command.extend(["--sequencer", keys["sequencer"].as_str().unwrap()]);
        command.extend(parties.iter().map(String::as_str));
        let founded = self.done(&command);
        for party in PARTIES {
            self.done(&["sign", "--home", &self.home(party), "--agreement", example, &genesis]);
        }
        let last = self.done(&["sign", "--home", &coordinator, "--sequencer", &genesis]);
        assert_eq!(last["missing"], json!([]));
        fs::copy(&genesis, Path::new(&coordinator).join("genesis.dsse")).unwrap();
        let config = Path::new(&coordinator).join("concordat.toml");
        fs::write(config, "listen = \"127.0.0.1:0\"\n").unwrap();
        founded["log"].as_str().unwrap().to_owned()
    }

    pub(crate) fn serve(&self) -> (Child, Value) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_concordat"))
            .args(["serve", "--json", "--home", &self.home("coordinator")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (child, serde_json::from_str(&line).unwrap())
    }

    pub(crate) fn settle(&self, log: &str, listening: &Value) {
        let url = listening["listening"].as_str().unwrap();
        let certificate = fs::read(listening["certificate"].as_str().unwrap()).unwrap();
        for party in PARTIES {
            let home = PathBuf::from(self.home(party));
            fs::write(home.join("coordinator.pem"), &certificate).unwrap();
            let config = format!(
                "party = \"{party}\"\nlog = \"{log}\"\ncoordinator = \"{url}\"\n\
                 certificate = \"coordinator.pem\"\n[datasets.heart-rows]\ntable = \"rows.csv\"\n"
            );
            fs::write(home.join("concordat.toml"), config).unwrap();
        }
    }
}

pub(crate) fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart").canonicalize().unwrap()
}
