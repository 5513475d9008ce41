//! Programs that mean harm, run for real: each is stopped, or reaches nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests look at files")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use concordat_sandbox::{Ended, Job, Limit, Limits, Mount, Outcome, Walls};
use tempfile::TempDir;

/// Rows that a program is given, a secret that it is not, and where it may write.
struct Place {
    dir: TempDir,
    walls: Walls,
}

impl Place {
    fn new() -> Self {
        // Nothing is skipped: where there are no walls, that is a failure of its own.
        let walls = Walls::find().unwrap_or_else(|why| panic!("{why}: {}", why.hint()));
        let dir = TempDir::new().unwrap();
        for folder in ["in", "out", "secret"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        fs::write(dir.path().join("in/rows.csv"), ROWS).unwrap();
        fs::write(dir.path().join("secret/key"), "not for programs").unwrap();
        Self { dir, walls }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, script: &str) -> Outcome {
        self.run_within(script, LIMITS)
    }

    fn run_within(&self, script: &str, limits: Limits) -> Outcome {
        let environment = self.at("env");
        let own = environment.is_dir().then(|| Mount { from: environment, to: "/env".into() });
        let rows = Mount { from: self.at("in"), to: "/in".into() };
        let job = Job {
            command: ["sh", "-c", script].map(String::from).to_vec(),
            read_only: [rows].into_iter().chain(own).collect(),
            out: self.at("out"),
            variables: vec![("GREETING".to_owned(), "good day".to_owned())],
            limits,
        };
        let outcome = self.walls.run(&job, &self.at("said")).unwrap();
        assert_eq!(fs::read_to_string(self.at("in/rows.csv")).unwrap(), ROWS, "rows were touched");
        outcome
    }
}

const ROWS: &str = "person,age\np1,40\n";

const LIMITS: Limits =
    Limits { time: Duration::from_secs(20), memory: 64 << 20, processes: 8, bytes: 1 << 20 };

#[test]
fn a_program_reads_its_rows_and_writes_to_its_folder() {
    let place = Place::new();
    let outcome = place.run("wc -l < /in/rows.csv > lines; echo $GREETING; env | wc -l >&2");
    assert_eq!(outcome.ended, Ended::Well, "{}", outcome.said);
    assert_eq!(fs::read_to_string(place.at("out/lines")).unwrap(), "2\n");
    assert!(outcome.said.starts_with("good day\n"), "{}", outcome.said);
    assert_eq!(place.run("echo bad luck; exit 7").ended, Ended::Code(7));
    // Nothing of the node's own environment.
    let outcome = place.run("env");
    let names: Vec<&str> = outcome.said.lines().filter_map(|line| line.split('=').next()).collect();
    for name in names {
        assert!(
            ["PATH", "HOME", "LANG", "GREETING", "PWD", "OLDPWD", "_"].contains(&name),
            "{name}"
        );
    }
}

/// Bubblewrap itself stands inside as the first process, with what it was started with.
#[test]
fn no_process_inside_has_the_node_s_environment() {
    let place = Place::new();
    assert!(std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("CARGO")));
    let outcome = place.run("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; echo seen");
    assert!(outcome.said.contains("GREETING=good day"), "{}", outcome.said);
    assert!(
        outcome.said.ends_with("seen\n") && !outcome.said.contains("CARGO"),
        "{}",
        outcome.said
    );
}

/// An environment is somebody else's, and its programs are looked for first.
#[test]
fn programs_with_the_names_of_those_that_make_the_walls_are_not_taken_for_them() {
    let place = Place::new();
    fs::create_dir_all(place.at("env/bin")).unwrap();
    for name in ["prlimit", "setpriv", "bwrap"] {
        let path = place.at("env/bin").join(name);
        fs::write(&path, "#!/bin/sh\nid > /out/caught\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let outcome = place.run("command -v prlimit; ulimit -n; ulimit -c; grep Cap /proc/self/status");
    assert_eq!(outcome.ended, Ended::Well, "{}", outcome.said);
    assert!(outcome.said.starts_with("/env/bin/prlimit\n1024\n0\n"), "{}", outcome.said);
    assert_eq!(outcome.said.matches("0000000000000000").count(), 5, "{}", outcome.said);
    assert!(!place.at("out/caught").exists());
}

#[test]
fn there_is_no_network_not_even_to_this_machine() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!(
        "python3 -c '
import socket, sys
def tried(family, kind, where):
    try:
        s = socket.socket(family, kind); s.settimeout(2); s.connect(where); s.send(b\"rows\")
        print(\"reached\", where)
    except OSError as why:
        print(\"no\", why)
tried(socket.AF_INET, socket.SOCK_STREAM, (\"127.0.0.1\", {port}))
tried(socket.AF_INET, socket.SOCK_STREAM, (\"192.0.2.1\", 443))
tried(socket.AF_INET, socket.SOCK_DGRAM, (\"192.0.2.1\", 53))
tried(socket.AF_UNIX, socket.SOCK_STREAM, \"/run/dbus/system_bus_socket\")
'"
    );
    let outcome = place.run(&script);
    assert_eq!(outcome.ended, Ended::Well, "{}", outcome.said);
    assert_eq!(outcome.said.matches("no [").count(), 4, "{}", outcome.said);
    assert!(!outcome.said.contains("reached"), "{}", outcome.said);
    assert!(listener.accept().is_err(), "it came through");
}

#[test]
fn other_folders_are_not_there_and_nothing_but_its_own_can_be_written() {
    let place = Place::new();
    let secret = place.at("secret/key");
    let script = format!(
        "cat {} && exit 3; cat /etc/passwd && exit 4; ls /root /home /var && exit 5; \
         for folder in /in /usr /etc /dev /; do touch $folder/x && exit 6; done; \
         echo changed > /in/rows.csv && exit 7; rm -f /in/rows.csv && exit 8; \
         ln -s {} /out/link && cat /out/link && exit 9; \
         ls /proc | grep -c '^[0-9]' ; exit 0",
        secret.display(),
        secret.display(),
    );
    let outcome = place.run(&script);
    assert_eq!(outcome.ended, Ended::Well, "{}", outcome.said);
    assert!(!outcome.said.contains("not for programs"));
    assert_eq!(fs::read_to_string(secret).unwrap(), "not for programs");
    // Other processes are not there either: bubblewrap's first, the shell, and `ls` and `grep`.
    let seen: u32 = outcome.said.lines().next_back().unwrap().trim().parse().unwrap();
    assert!(seen <= 7, "{}", outcome.said);
}

#[test]
fn nobody_gets_more_rights_than_none() {
    let place = Place::new();
    let outcome = place.run(
        "grep -E 'Cap(Eff|Prm|Bnd|Amb)' /proc/self/status; unshare -Ur true && exit 3; \
         mount -t tmpfs none /tmp && exit 4; exit 0",
    );
    assert_eq!(outcome.ended, Ended::Well, "{}", outcome.said);
    assert_eq!(outcome.said.matches("0000000000000000").count(), 4, "{}", outcome.said);
}

#[test]
fn a_program_that_forks_without_end_is_stopped_with_all_it_started() {
    let place = Place::new();
    let mark = format!("bomb{}", std::process::id());
    let limits = Limits { time: Duration::from_secs(5), ..LIMITS };
    let outcome =
        place.run_within(&format!("bomb() {{ : {mark}; bomb | bomb & }}; bomb; sleep 60"), limits);
    // Our own count, or the kernel's, after which the shell gives up.
    let stopped = outcome.ended == Ended::Stopped(Limit::Processes);
    assert!(stopped || outcome.said.contains("fork"), "{outcome:?}");
    let lives = fs::read_dir("/proc").unwrap().flatten().any(|item| {
        let line = fs::read(item.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&mark)
            && item.file_name().to_str().is_some_and(|id| id != std::process::id().to_string())
    });
    assert!(!lives, "some of it is still there");
}

#[test]
fn a_program_that_never_ends_is_stopped_whatever_it_does() {
    let place = Place::new();
    let limits = Limits { time: Duration::from_secs(1), ..LIMITS };
    for script in ["while :; do :; done", "trap '' TERM INT HUP; sleep 1000", "setsid sleep 1000"] {
        let started = Instant::now();
        let outcome = place.run_within(script, limits);
        assert_eq!(outcome.ended, Ended::Stopped(Limit::Time), "{script}: {}", outcome.said);
        assert!(started.elapsed() < Duration::from_secs(15), "{script}");
    }
}

#[test]
fn huge_files_and_many_files_are_stopped() {
    let place = Place::new();
    // Each process is killed at the size of a file; all files together, at the same number.
    let many = "i=0; while :; do head -c 200000 /dev/zero > f$i; i=$((i+1)); done";
    let talk = "yes nothing but words";
    let empty = "i=0; while :; do : > e$i; i=$((i+1)); done";
    for script in ["exec head -c 100000000 /dev/zero > huge", many, talk, empty] {
        let outcome = place.run(script);
        let stopped = matches!(outcome.ended, Ended::Stopped(Limit::Bytes));
        assert!(stopped, "{script}: {:?}", outcome.ended);
        assert!(outcome.said.len() <= 4096);
        fs::remove_dir_all(place.at("out")).unwrap();
        fs::create_dir(place.at("out")).unwrap();
    }
}

#[test]
fn what_cannot_be_looked_into_hides_nothing() {
    let place = Place::new();
    let script =
        "mkdir d; chmod 300 d; i=0; while :; do i=$((i+1)); head -c 100000 /dev/zero > d/$i; done";
    let began = Instant::now();
    let outcome = place.run(script);
    assert_eq!(outcome.ended, Ended::Stopped(Limit::Bytes), "{}", outcome.said);
    assert!(began.elapsed() < LIMITS.time);
    fs::set_permissions(place.at("out/d"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn memory_has_an_end() {
    let place = Place::new();
    for script in [
        "exec python3 -c 'x = bytearray(256 << 20); print(len(x))'",
        // What is kept in a file system in memory counts no less.
        "head -c 100000000 /dev/zero > /tmp/x || exit 5",
        "head -c 100000000 /dev/zero > /dev/shm/x || exit 5",
    ] {
        let outcome = place.run(script);
        assert_ne!(outcome.ended, Ended::Well, "{script}: {}", outcome.said);
    }
    // Of all processes together: each is small enough for itself.
    let outcome = place.run(
        "for i in 1 2 3; do python3 -c 'x = b\"y\" * (40 << 20); import time; time.sleep(10)' & done; \
         wait",
    );
    assert_eq!(outcome.ended, Ended::Stopped(Limit::Memory), "{}", outcome.said);
}

#[test]
fn without_walls_there_are_limits_and_a_declaration() {
    let place = Place::new();
    let walls = Walls::none(concordat_sandbox::Unwalled::declare()).unwrap();
    assert!(!walls.hold() && place.walls.hold());
    let job = |script: &str, time| Job {
        command: ["sh", "-c", script].map(String::from).to_vec(),
        read_only: vec![Mount { from: place.at("in"), to: "/in".into() }],
        out: place.at("out"),
        variables: Vec::new(),
        limits: Limits { time: Duration::from_secs(time), ..LIMITS },
    };
    let told =
        walls.run(&job("wc -l < $CONCORDAT_IN/rows.csv > $CONCORDAT_OUT/n", 20), &place.at("s"));
    assert_eq!(told.unwrap().ended, Ended::Well);
    assert_eq!(fs::read_to_string(place.at("out/n")).unwrap(), "2\n");
    let endless = walls.run(&job("sleep 1000 & sleep 1000", 1), &place.at("s")).unwrap();
    assert_eq!(endless.ended, Ended::Stopped(Limit::Time));
}
