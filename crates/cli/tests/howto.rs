//! The how-to guides, typed: every block of commands in the order of the page, each in its shell.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test starts processes")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![cfg(unix)]

#[path = "world/port.rs"]
mod port;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The port that the pages name.
const PORT: &str = "127.0.0.1:7443";

/// Something that a page has its reader do.
enum Step {
    /// A text to save.
    Save(String, String),
    /// Commands for every shell at its beginning.
    Begin(String),
    /// Commands for a shell; whether it is busy from then on.
    Type { shell: char, busy: bool, commands: String },
}

/// The steps of a page, in order.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some((fence, kind)) = line.strip_prefix("```").map(|rest| {
            let more = rest.len() - rest.trim_start_matches('`').len();
            (&line[..3 + more], &rest[more..])
        }) else {
            before = if line.is_empty() { before } else { line };
            continue;
        };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != fence).collect();
        let text = text.join("\n") + "\n";
        match kind {
            // The sentence before names the file.
            "markdown" => {
                let path = before.rsplit('`').nth(1).unwrap().to_owned();
                steps.push(Step::Save(path, text));
            }
            "sh" => {
                let title = text.lines().next().unwrap();
                let busy = title.ends_with(": stays busy");
                if title.starts_with("# shells") {
                    steps.push(Step::Begin(text));
                    continue;
                }
                let shell = title.strip_prefix("# shell ").and_then(|rest| rest.chars().next());
                let shell = shell.unwrap_or_else(|| panic!("which shell? {title}"));
                steps.push(Step::Type { shell, busy, commands: text });
            }
            _ => {}
        }
    }
    steps
}

/// A shell that is typed into. Its first failing command ends it.
struct Shell {
    child: Child,
    /// Where it and its commands write to.
    said: PathBuf,
    marks: PathBuf,
    typed: usize,
}

impl Shell {
    fn start(dir: &Path, name: char) -> Self {
        let said = dir.join(format!("shell-{name}.txt"));
        let output = File::create(&said).unwrap();
        let child = Command::new("bash")
            .arg("-e")
            .current_dir(dir)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { child, said, marks: dir.join(format!("mark-{name}-")), typed: 0 }
    }

    fn mark(&self) -> PathBuf {
        PathBuf::from(format!("{}{}", self.marks.display(), self.typed))
    }

    fn type_in(&mut self, commands: &str) {
        self.typed += 1;
        let mark = self.mark();
        let input = self.child.stdin.as_mut().unwrap();
        write!(input, "{commands}\n: > '{}'\n", mark.display()).unwrap();
    }

    /// Waits until what was typed is done.
    fn done(&mut self) {
        let mark = self.mark();
        let ended = wait(|| mark.exists() || self.child.try_wait().unwrap().is_some());
        assert!(ended && mark.exists(), "{}", self.text());
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    /// Ctrl-C: everybody in the shell's group is told.
    fn interrupt(&self) {
        self.tell("-INT");
    }

    fn tell(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        drop(Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status());
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Whoever failed leaves nobody behind.
        self.tell("-KILL");
        drop(self.child.wait());
    }
}

fn wait(mut until: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(180) {
        if until() {
            return true;
        }
        thread::park_timeout(Duration::from_millis(10));
    }
    false
}

/// What a reader has at hand: a checkout whose `target/release` is this build.
fn checkout(dir: &Path) -> PathBuf {
    let repository = dir.join("checkout");
    fs::create_dir_all(repository.join("target/release")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    symlink(root.join("examples").canonicalize().unwrap(), repository.join("examples")).unwrap();
    let binary = repository.join("target/release/concordat");
    symlink(env!("CARGO_BIN_EXE_concordat"), binary).unwrap();
    repository
}

/// Follows a page to its end; what each shell showed. `work` is the folder that the page makes.
fn follow(name: &str, work: &str, nodes: usize) -> BTreeMap<char, String> {
    follow_text(&text_of(name), work, nodes)
}

fn text_of(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to").join(name);
    fs::read_to_string(path).unwrap()
}

/// The same of the text of a page, or of what comes before it and it.
fn follow_text(page: &str, work: &str, nodes: usize) -> BTreeMap<char, String> {
    let temp = tempfile::tempdir().unwrap();
    let free = format!("127.0.0.1:{}", port::free_port());
    let repository = checkout(temp.path()).display().to_string();
    let page = page.replace(PORT, &free).replace("/path/to/concordat", &repository);
    let work = temp.path().join(work);

    let mut begin = String::new();
    let mut shells: BTreeMap<char, Shell> = BTreeMap::new();
    let mut busy = Vec::new();
    for step in steps(&page) {
        match step {
            Step::Begin(commands) => {
                begin = commands;
                let mut first = Shell::start(temp.path(), '1');
                first.type_in(&begin);
                first.done();
                shells.insert('1', first);
            }
            Step::Save(path, text) => fs::write(work.join(path), text).unwrap(),
            Step::Type { shell, busy: stays, commands } => {
                let typed = shells.entry(shell).or_insert_with(|| {
                    let mut new = Shell::start(temp.path(), shell);
                    new.type_in(&begin);
                    new.done();
                    new
                });
                typed.type_in(&commands);
                if !stays {
                    typed.done();
                    continue;
                }
                busy.push(shell);
                let serves = commands.contains("concordat serve");
                let enters = commands.contains("--founding");
                let up = wait(|| match serves {
                    true if enters => typed.text().contains("in force: "),
                    true => typed.text().contains(&format!("https://{free}")),
                    false => follow_the_log(&work) == nodes,
                });
                assert!(up, "{}", typed.text());
            }
        }
    }
    // As the pages end: the last that became busy first.
    let services = || running(&work);
    for shell in busy.iter().rev() {
        let before = services();
        shells[shell].interrupt();
        assert!(wait(|| services().len() < before.len()), "{before:?}");
    }
    assert!(wait(|| services().is_empty()), "left behind: {:?}", services());
    shells.iter().map(|(name, shell)| (*name, shell.text())).collect()
}

/// What still runs of this program in a folder.
fn running(work: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let here = processes.filter(|process| {
        fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(work))
    });
    let lines = here.map(|process| {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ")
    });
    lines.filter(|line| line.starts_with("concordat")).collect()
}

/// How many nodes have followed the log, by what they logged.
fn follow_the_log(work: &Path) -> usize {
    let files = fs::read_dir(work).unwrap().map(|entry| entry.unwrap().path());
    let logs = files.filter(|path| path.extension().is_some_and(|end| end == "log"));
    logs.filter(|log| fs::read_to_string(log).unwrap().contains("followed the log")).count()
}

#[test]
fn three_parties_have_an_agreement_in_force_in_five_commands_as_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to/from-a-template.md");
    let page = fs::read_to_string(page).unwrap();
    let typed: Vec<&str> = page
        .split("```sh")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .flat_map(str::lines)
        .filter_map(|line| line.trim_start().strip_prefix("concordat "))
        .collect();
    // The sixth only looks; what follows is what the agreement was made for.
    let words: Vec<&str> = typed.iter().filter_map(|line| line.split(" -").next()).collect();
    assert_eq!(words[..6], ["new agreement", "key new", "found", "sign", "serve", "status"]);

    let shells = follow("from-a-template.md", "tests", 3);
    let said = &shells[&'1'];
    for expected in [
        "asset.import: admitted",
        "evidence.submit: admitted",
        "wants evidence by `security-review`",
        "not yet",
        "release.promote: admitted by testing/take-up",
        "parties 1.0.0, unchanged, in force",
        "notices 1.1.0, which replaces 1.0.0",
        "module.enter: admitted",
        "\nverified\n",
    ] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
    let modules_said =
        said.lines().filter_map(|line| line.strip_prefix("module  ")?.split_once(' '));
    let in_force: Vec<&str> = modules_said
        .filter(|(_, is)| is.contains("in force since"))
        .map(|(name, _)| name)
        .collect();
    let modules = [
        "audit-exit",
        "governance",
        "incidents",
        "instrument",
        "ip-liability",
        "notices",
        "parties",
        "recognition",
        "testing",
    ];
    assert_eq!(in_force, modules, "{said}");
    assert!(!said.contains("proposed, signed by"), "{said}");
}

#[test]
fn a_playbook_is_made_signed_used_and_brought_up_to_date_as_the_page_says() {
    let shells = follow("keep-a-playbook.md", "playbooks", 0);
    let said = &shells[&'1'];
    for expected in [
        "5 templates, each gives a clean agreement",
        "signed by nobody",
        "as asked",
        "from template joint-pool of pack bed-playbook 1.0.0",
        "the pack was signed with key",
        "agreement: outdated (1.0.0)",
        "+entered. Whoever serves one names exactly the clause and the duty",
        "2 files changed from 1.0.0 to 1.1.0: 0 clashes, 0 errors",
        "0 errors, 0 warnings",
    ] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
}

#[test]
fn an_agreement_is_written_checked_signed_and_brought_into_force_as_the_page_says() {
    let shells = follow("write-an-agreement.md", "gauges", 0);
    let said = &shells[&'1'];
    for expected in [
        "2 modules, 14 clauses: 0 errors, 1 warning",
        "there is no seat `gauge-owners`",
        "not to be signed like this",
        "of project risk-study, beside its frame",
        "1 scenario, 9 steps: all as written",
        "1 module, 3 clauses: 0 errors, 1 warning",
        "no longer allowed (`risk-rules/short-runs`)",
        "signed by all",
        "place.register: admitted",
        "`delta` does not fill the seat `gauge-owner`",
        "as agreed",
    ] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
}

#[test]
fn a_partnership_by_hand_goes_from_keys_to_an_archive_as_the_page_says() {
    let shells = follow("run-a-partnership-by-hand.md", "hand", 5);
    let said = &shells[&'3'];
    for expected in
        ["of project cardiac", "run first: closed", "filed about", ": released", "\nverified\n"]
    {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
}

#[test]
fn four_hospitals_are_asked_how_old_their_patients_are_as_the_page_says() {
    let by_hand = text_of("run-a-partnership-by-hand.md");
    let (before, _) = by_hand.split_once("\n## The run\n").unwrap();
    let shells = follow_text(&format!("{before}\n{}", text_of("query-across-sites.md")), "hand", 5);
    let said = shells[&'3'].split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "ages: query, not proposed",
        "costs each holder ε = 0.",
        "alder: 0.0000 of 1 now",
        "nodes will take part in it once it is proposed and open",
        "no node will take part in it",
        "error: noise will put a share of reading 1 off by",
        "in fewer bins",
        "run ages: closed, answer ",
        "rows of alder, birch, cypress, dogwood",
        "Distribution of age",
        "Quantiles of age",
    ] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
}

#[test]
fn row_93_a_model_is_traced_to_every_version_and_act_behind_it_as_the_page_says() {
    let shells = follow("trace-a-model.md", "trace", 0);
    // Long lines go on below.
    let said = shells[&'1'].split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        " verified ",
        "of risk-model: the result of run",
        "of heart-rows: rows that were listed",
        "code.approve by alder: admitted",
        "run.approve by birch: admitted",
        "run.join by cypress: admitted",
        "run.close by alder, ",
        "motion.execute by",
        "\"act\":\"motion.vote\"",
        "\"act\":\"evidence.submit\"",
        "dataset.register by",
    ] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
}

#[test]
fn tables_are_mapped_until_they_fit_as_the_page_says() {
    let shells = follow("map-your-tables.md", "maps", 0);
    let said = shells[&'1'].split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "heart-rows: 12 of 12 rows count",
        "cholesterol, mmol/L to mg/dL",
        "missing = [999]",
        "missing = [9]",
        "table-unknown-code 1 rows 5",
        "heart-rows: 10 of 12 rows count, about 10 persons; none do not fit",
        "slope the site lacks it",
    ] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
    assert!(!said.contains("maybe"), "{said}");
}
