//! A generated agreement of a given size, the same on every machine: like a real one in what its
//! clauses are, and larger.

use std::fmt::Write as _;

/// How the text is amended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amended {
    /// It is not.
    No,
    /// One limit is lower.
    One,
    /// Every limit, and every period, is another.
    All,
}

const PARTIES: usize = 24;
const DATASETS: usize = 30;
const MODELS: usize = 6;
const PURPOSES: usize = 10;
/// Permits of runs.
const RUNS: usize = 60;
const FORBIDS: usize = 30;

/// One module after another: file name and text, `clauses` of them in all.
pub(super) fn modules(clauses: usize, amended: Amended) -> Vec<(String, String)> {
    let mut text = Text::of(clauses);
    parties(&mut text);
    assets(&mut text);
    rules(&mut text, amended);
    gates(&mut text);
    rest(&mut text, amended);
    text.files
}

/// Modules that are being written, and how many clauses are still wanted.
pub(super) struct Text {
    pub(super) files: Vec<(String, String)>,
    pub(super) left: usize,
}

impl Text {
    pub(super) fn of(clauses: usize) -> Self {
        Self { files: Vec::new(), left: clauses }
    }

    pub(super) fn module(&mut self, id: &str) {
        let head = format!(
            "# The part on {id}\n\n```module\nid = \"{id}\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n"
        );
        self.files.push((format!("{id}.md"), head));
    }

    /// A paragraph and the clause that it is about; beyond the number wanted, nothing.
    pub(super) fn clause(&mut self, prose: &str, block: &str) {
        let Some((_, text)) = self.files.last_mut().filter(|_| self.left > 0) else { return };
        self.left -= 1;
        write!(text, "\n{prose}\n\n```clause\n{}\n```\n", block.trim()).ok();
    }
}

fn parties(text: &mut Text) {
    text.module("parties");
    text.clause(
        "The parties want to learn together what none of them can learn alone.",
        "id = \"to-learn\"\nobjective = \"to learn what none can learn alone\"",
    );
    const COUNTRIES: [&str; 5] = ["BE", "HU", "JP", "US", "SI"];
    for (index, country) in COUNTRIES.iter().cycle().take(PARTIES).enumerate() {
        let side = if index % 2 == 0 { "public" } else { "private" };
        let block = format!(
            "id = \"party-{index}\"\nparty = \"Party {index} (example)\"\nside = \"{side}\"\n\
             jurisdictions = [\"{country}\"]"
        );
        text.clause(&format!("Party {index} brings what it has."), &block);
    }
    for (seat, from, to) in
        [("holder", 0, 8), ("trainer", 8, 12), ("operator", 12, 14), ("lab", 14, 16)]
    {
        let names: Vec<String> = (from..to).map(|index| format!("\"party-{index}\"")).collect();
        let filled = names.join(", ");
        let block = format!("id = \"{seat}\"\nseat = \"The {seat}\"\nfilled_by = [{filled}]");
        text.clause(&format!("The seat of the {seat} is filled as listed."), &block);
    }
    for index in 0..PURPOSES {
        let block = format!("id = \"purpose-{index}\"\npurpose = \"purpose number {index}\"");
        text.clause(&format!("Purpose {index} is research in the public interest."), &block);
    }
}

fn assets(text: &mut Text) {
    text.module("assets");
    let purposes: Vec<String> = (0..PURPOSES).map(|index| format!("\"purpose-{index}\"")).collect();
    let purposes = purposes.join(", ");
    let common = format!(
        "holder = \"holder\"\nlabel = \"restricted\"\npurposes = [{purposes}]\n\
         derived_owner = [\"holder\"]\nanonymisation = \"k-anonymity of ten\"\naudit_by = [\"lab\"]"
    );
    for index in 0..DATASETS {
        let block = format!(
            "id = \"data-{index}\"\nasset = \"Table {index}\"\nkind = \"dataset\"\n{common}\n\
             person = \"who\"\nrows_per_person = 1\ncolumns = [{{ name = \"who\", kind = \"text\" }}]"
        );
        text.clause(&format!("Table {index} is kept by each holder for itself."), &block);
        let block = format!(
            "id = \"budget-{index}\"\nprivacy = \"data-{index}\"\nadjacency = \"add-remove\"\n\
             epsilon = \"1\"\ndelta = \"0.0001\""
        );
        text.clause(&format!("Whoever is in table {index} stays unknown."), &block);
    }
    for index in 0..MODELS {
        let block = format!(
            "id = \"model-{index}\"\nasset = \"Model {index}\"\nkind = \"model\"\n{common}"
        );
        text.clause(&format!("Model {index} is made together."), &block);
    }
    text.clause(
        "Contributions are masked, and their sum alone is read.",
        "id = \"masked\"\naggregation = \"pairwise-masks\"\nof = \"holder\"\nthreshold = 6\n\
         colluders = 1\ndropouts = 1\nring_bits = 32\nscale_bits = 18\nunits_per_round = 100\n\
         clip_most = \"1\"\nnoise_most = \"8\"\ndimension_most = 20\nretries = 2",
    );
}

fn rules(text: &mut Text, amended: Amended) {
    text.module("rules");
    for index in 0..RUNS {
        let lower = match amended {
            Amended::No => 0,
            Amended::One => usize::from(index == RUNS / 2),
            Amended::All => 1 + index % 3,
        };
        let rounds = 20 + 10 * (index % 17) - lower;
        let kind = if index % 3 == 0 { "train" } else { "query" };
        let (data, model) = (index % DATASETS, index % MODELS);
        let (one, other) = (index % PURPOSES, (index + 3) % PURPOSES);
        let block = format!(
            "id = \"run-{index}\"\npermit = \"run.propose\"\nby = \"trainer\"\nkinds = [\"{kind}\"]\n\
             on = [\"data-{data}\", \"model-{model}\"]\npurposes = [\"purpose-{one}\", \
             \"purpose-{other}\"]\n\
             when = 'run.rounds <= {rounds} && run.participants >= 3 && place.class >= 2'"
        );
        text.clause(&format!("The trainer may use table {data} within limits."), &block);
    }
    for index in 0..FORBIDS {
        let country = ["FR", "NL", "CH", "AT", "CZ", "PL"].get(index % 6).unwrap_or(&"FR");
        let class = index % 3 + 1;
        let block = format!(
            "id = \"not-{index}\"\nforbid = \"run.propose\"\non = [\"data-{index}\"]\n\
             when = 'place.jurisdiction == \"{country}\" && place.class == {class}'"
        );
        text.clause(&format!("Table {index} does not go everywhere."), &block);
    }
    for (act, seats) in [
        ("place.register", "\"holder\""),
        ("dataset.register", "\"holder\""),
        ("dataset.withdraw", "\"holder\""),
        ("code.approve", "\"holder\""),
        ("code.revoke", "\"holder\""),
        ("run.approve", "\"holder\""),
        ("run.open", "\"trainer\", \"operator\""),
        ("run.join", "\"holder\""),
        ("run.close", "\"holder\", \"operator\""),
        ("run.abort", "\"holder\", \"trainer\", \"operator\""),
        ("evidence.submit", "\"lab\""),
        ("release.propose", "\"trainer\""),
        ("release.promote", "\"operator\""),
        ("signal.batch", "\"operator\""),
        ("duty.discharge", "\"holder\""),
    ] {
        let name = act.replace('.', "-");
        let block = format!("id = \"may-{name}\"\npermit = \"{act}\"\nby = [{seats}]");
        text.clause(&format!("Those named may do `{act}`."), &block);
    }
}

fn gates(text: &mut Text) {
    text.module("gates");
    for (index, kind) in ["train", "query", "evaluate"].iter().enumerate() {
        let block = format!(
            "id = \"before-{kind}\"\ngate = \"run.propose\"\nkinds = [\"{kind}\"]\n\
             modules = [\"assets\", \"rules\"]\ntier = {}",
            index % 3 + 1
        );
        text.clause(&format!("A run to {kind} waits for the modules."), &block);
    }
    for index in 0..3 {
        let block = format!(
            "id = \"approvals-{index}\"\ngate = \"run.open\"\n\
             approvals = [{{ seat = \"holder\", at_least = {} }}]",
            index + 2
        );
        text.clause("Holders approve runs before they are opened.", &block);
    }
}

/// Duties, powers, definitions, notices and signals, in turn, as many as are left.
fn rest(text: &mut Text, amended: Amended) {
    let later = usize::from(amended == Amended::All);
    for index in 0.. {
        if text.left == 0 {
            return;
        }
        if index % 60 == 0 {
            text.module(&format!("duties-{}", index / 60));
        }
        let days = 10 + index % 40 + later;
        let (prose, block) = match index % 4 {
            0 | 1 => (
                format!("The holder reports on matter {index} within {days} days of the start."),
                format!(
                    "id = \"report-{index}\"\nduty = \"to report on matter {index}\"\n\
                     owner = \"holder\"\nto = [\"trainer\"]\n\
                     due = {{ after = \"in-force\", period = \"P{days}D\" }}\n\
                     discharged_by = \"duty.discharge\"\ncure = \"P5D\""
                ),
            ),
            2 => (
                format!("In this agreement, word {index} means what it says."),
                format!("id = \"word-{index}\"\nterm = \"Word {index}\""),
            ),
            _ => (
                format!("Signal {index} is watched by the operator."),
                format!(
                    "id = \"signal-{index}\"\nsignal = \"Share {index}\"\nunit = \"share\"\n\
                     by = \"operator\"\nwindow = \"P{days}D\"\nabove = \"0.25\""
                ),
            ),
        };
        text.clause(&prose, &block);
    }
}
