//! The agreement of the partnership that is measured: clauses of every kind, the same on every
//! machine.

use super::super::grown::Text;
use super::office::name;

/// The first and the last party of a seat, which it leaves out.
pub(super) const HOLDERS: (usize, usize) = (0, 8);
pub(super) const TRAINERS: (usize, usize) = (8, 12);
pub(super) const OPERATORS: (usize, usize) = (12, 14);
pub(super) const LABS: (usize, usize) = (14, 16);
/// Members of the council, of both sides in turn.
pub(super) const MEMBERS: (usize, usize) = (0, 8);
/// From this one on, all others.
pub(super) const CONTRIBUTORS: usize = 20;

pub(super) const DATASETS: usize = 20;
pub(super) const MODELS: usize = 6;
pub(super) const PURPOSES: usize = 10;
/// Permits of runs; every third is of training.
pub(super) const RUNS: usize = 60;
pub(super) const FORBIDS: usize = 30;
pub(super) const SIGNALS: usize = 30;
pub(super) const ACCOUNTS: usize = 6;
pub(super) const REPORTS: usize = 3;

/// Who may do what, besides runs.
const PERMITS: &[(&str, &str)] = &[
    ("place.register", "holder contributor"),
    ("place.attest", "holder contributor"),
    ("dataset.register", "holder"),
    ("dataset.withdraw", "holder"),
    ("consent.withdraw", "holder"),
    ("code.approve", "holder"),
    ("code.revoke", "holder"),
    ("code.register", "trainer"),
    ("run.approve", "holder"),
    ("run.open", "trainer operator"),
    ("run.join", "holder"),
    ("run.close", "holder operator"),
    ("run.abort", "holder trainer operator"),
    ("evidence.submit", "lab"),
    ("release.propose", "trainer"),
    ("release.promote", "operator"),
    ("release.retire", "operator"),
    ("signal.batch", "contributor"),
    ("duty.discharge", "holder trainer operator contributor"),
    ("notice.serve", "operator trainer"),
    ("notice.acknowledge", "contributor"),
    ("audit.request", "lab"),
    ("audit.answer", "contributor"),
    ("audit.finding", "lab"),
    ("meeting.call", "chair"),
    ("meeting.minute", "chair"),
    ("motion.propose", "public-member private-member"),
    ("motion.vote", "public-member private-member"),
    ("motion.execute", "public-member private-member"),
    ("risk.open", "trainer operator contributor"),
    ("risk.update", "trainer operator contributor"),
    ("risk.close", "trainer operator contributor"),
    ("risk.appetite", "public-member private-member"),
    ("case.open", "contributor operator"),
    ("case.fact", "contributor operator"),
    ("case.close", "contributor operator"),
    ("account.open", "operator"),
    ("account.allocate", "operator"),
    ("account.transfer", "contributor"),
    ("usage.report", "contributor"),
    ("payment.record", "contributor holder trainer"),
    ("objective.report", "trainer"),
    ("training.record", "operator"),
    ("asset.declare-background", "contributor"),
    ("asset.derive", "contributor"),
    ("asset.transfer", "contributor"),
    ("asset.label", "contributor"),
    ("deletion.attest", "holder contributor"),
    ("hold.place", "operator"),
    ("hold.lift", "operator"),
    ("project.charter", "trainer"),
    ("project.open", "public-member private-member"),
    ("project.end", "public-member private-member"),
];

/// One module after another: file name and text, `clauses` of them in all.
pub(in super::super) fn modules(parties: usize, clauses: usize) -> Vec<(String, String)> {
    let mut text = Text::of(clauses);
    people(&mut text, parties);
    governance(&mut text);
    assets(&mut text);
    rules(&mut text);
    service(&mut text);
    duties(&mut text);
    rest(&mut text);
    text.files
}

fn list(names: impl IntoIterator<Item = String>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}

fn parties_of((from, to): (usize, usize)) -> String {
    list((from..to).map(name))
}

fn people(text: &mut Text, parties: usize) {
    text.module("parties");
    text.clause(
        "The parties want to learn together what none of them can learn alone.",
        "id = \"to-learn\"\nobjective = \"to learn what none can learn alone\"\n\
         metric = \"accuracy\"\nat_least = \"0.8\"",
    );
    const COUNTRIES: [&str; 5] = ["BE", "HU", "JP", "US", "SI"];
    for (index, country) in COUNTRIES.iter().cycle().take(parties).enumerate() {
        let side = if index % 2 == 0 { "public" } else { "private" };
        let block = format!(
            "id = \"party-{index}\"\nparty = \"Party {index} (example)\"\nside = \"{side}\"\n\
             jurisdictions = [\"{country}\"]"
        );
        text.clause(&format!("Party {index} brings what it has."), &block);
    }
    let members = |odd: usize| {
        let all = MEMBERS.0..MEMBERS.1;
        list(all.filter(|index| index % 2 == odd).map(name))
    };
    for (seat, filled) in [
        ("holder", parties_of(HOLDERS)),
        ("trainer", parties_of(TRAINERS)),
        ("operator", parties_of(OPERATORS)),
        ("lab", parties_of(LABS)),
        ("chair", parties_of((MEMBERS.0, MEMBERS.0 + 1))),
        ("public-member", members(0)),
        ("private-member", members(1)),
        ("contributor", parties_of((CONTRIBUTORS, parties))),
    ] {
        let block = format!("id = \"{seat}\"\nseat = \"The {seat}\"\nfilled_by = [{filled}]");
        text.clause(&format!("The seat of the {seat} is filled as listed."), &block);
    }
    for index in 0..PURPOSES {
        let block = format!("id = \"purpose-{index}\"\npurpose = \"purpose number {index}\"");
        text.clause(&format!("Purpose {index} is research in the public interest."), &block);
    }
}

fn governance(text: &mut Text) {
    text.module("governance");
    let witnesses = parties_of((0, 6));
    for (prose, block) in [
        (
            "This agreement is an example, and chooses no law.",
            "id = \"instrument\"\ninstrument = \"An example\"\ngoverning_law = \"none\"\n\
             forum = \"none\"\nlanguage = \"en\"\ncorrection_within = \"P14D\""
                .to_owned(),
        ),
        (
            "Six parties cosign, and five are enough.",
            format!(
                "id = \"cosigned\"\nwitnesses = [{witnesses}]\nquorum = 5\n\
                 max_staleness = \"PT1H\"\nskew = \"PT5M\"\nmax_gap = \"P30D\""
            ),
        ),
        (
            "The council has four votes on each side.",
            "id = \"council\"\nbody = \"The council\"\n\
             members = [\"public-member\", \"private-member\"]\nvotes_per_side = 4\n\
             quorum_per_side = 2\nmajority = \"each-side\"\nopen_for = \"P14D\""
                .to_owned(),
        ),
        (
            "The council says how high risks may be rated.",
            "id = \"appetite-by-council\"\ngate = \"risk.appetite\"\ntier = 2\n\
             motion = \"council\""
                .to_owned(),
        ),
        (
            "The council opens projects.",
            "id = \"open-by-council\"\ngate = \"project.open\"\ntier = 2\nmotion = \"council\""
                .to_owned(),
        ),
        (
            "An operator may stop a place.",
            "id = \"stop-place\"\npower = \"place.suspend\"\nholder = \"operator\"".to_owned(),
        ),
        (
            "It may let the place be used again.",
            "id = \"go-on\"\npower = \"place.resume\"\nholder = \"operator\"".to_owned(),
        ),
        (
            "An operator may go back to the release before, once a signal is across its threshold.",
            "id = \"go-back\"\npower = \"release.rollback\"\nholder = \"operator\"\n\
             after = \"signal: service/signal-0\""
                .to_owned(),
        ),
        (
            "Disputes go to the council.",
            "id = \"disputes\"\nladder = \"disputes\"\ncases = [\"dispute\"]\n\
             stages = [{ stage = \"talks\", by = \"council\", within = \"P30D\" }, \
             { stage = \"decision\", by = \"council\" }]"
                .to_owned(),
        ),
        (
            "Notice is given in the log.",
            "id = \"notices\"\nnotice = \"all matters\"\nto = \"contributor\"\n\
             channels = [\"log\"]\ndeemed_received = \"P2D\""
                .to_owned(),
        ),
        (
            "Operators answer first.",
            "id = \"who-answers\"\nliability = \"loss by what was released\"\n\
             order = [\"operator\", \"trainer\"]\ncap = \"EUR 1000000\""
                .to_owned(),
        ),
        (
            "What is made together is owned together.",
            "id = \"owned-together\"\nip = \"joint-pool\"\n\
             shares = { holder = \"0.5\", trainer = \"0.5\" }\n\
             licensed_to = [\"contributor\"]\nroyalty = \"0.05\""
                .to_owned(),
        ),
    ] {
        text.clause(prose, &block);
    }
}

fn assets(text: &mut Text) {
    text.module("assets");
    let purposes = list((0..PURPOSES).map(|index| format!("purpose-{index}")));
    let common = format!(
        "label = \"restricted\"\npurposes = [{purposes}]\nderived_owner = [\"holder\"]\n\
         anonymisation = \"k-anonymity of ten\"\naudit_by = [\"lab\"]"
    );
    for index in 0..DATASETS {
        let block = format!(
            "id = \"data-{index}\"\nasset = \"Table {index}\"\nkind = \"dataset\"\n\
             holder = \"holder\"\n{common}\nperson = \"who\"\nrows_per_person = 1\n\
             columns = [{{ name = \"who\", kind = \"text\" }}]"
        );
        text.clause(&format!("Table {index} is kept by each holder for itself."), &block);
        let block = format!(
            "id = \"budget-{index}\"\nprivacy = \"data-{index}\"\nadjacency = \"add-remove\"\n\
             epsilon = \"8\"\ndelta = \"0.0001\""
        );
        text.clause(&format!("Whoever is in table {index} stays unknown."), &block);
    }
    for index in 0..MODELS {
        let block = format!(
            "id = \"model-{index}\"\nasset = \"Model {index}\"\nkind = \"model\"\n\
             holder = \"holder\"\n{common}"
        );
        text.clause(&format!("Model {index} is made together."), &block);
    }
    for index in 0..REPORTS {
        let block = format!(
            "id = \"report-{index}\"\nasset = \"Report {index}\"\nkind = \"report\"\n\
             holder = \"contributor\"\nlabel = \"internal\"\npurposes = [{purposes}]"
        );
        text.clause(&format!("Report {index} goes from one to the next."), &block);
    }
    text.clause(
        "Contributions are masked, and their sum alone is read.",
        "id = \"masked\"\naggregation = \"pairwise-masks\"\nof = \"holder\"\nthreshold = 6\n\
         colluders = 1\ndropouts = 1\nring_bits = 32\nscale_bits = 18\nunits_per_round = 100\n\
         clip_most = \"1\"\nnoise_most = \"8\"\ndimension_most = 20\nretries = 2",
    );
}

fn rules(text: &mut Text) {
    text.module("rules");
    for index in 0..RUNS {
        let kind = if index % 3 == 0 { "train" } else { "query" };
        let rounds = 20 + 10 * (index % 17);
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
        let (data, class) = (index % DATASETS, index % 3 + 1);
        let block = format!(
            "id = \"not-{index}\"\nforbid = \"run.propose\"\non = [\"data-{data}\"]\n\
             when = 'place.jurisdiction == \"{country}\" && place.class == {class}'"
        );
        text.clause(&format!("Table {data} does not go everywhere."), &block);
    }
    for (act, seats) in PERMITS {
        let (id, seats) = (act.replace('.', "-"), list(seats.split(' ').map(str::to_owned)));
        let block = format!("id = \"may-{id}\"\npermit = \"{act}\"\nby = [{seats}]");
        text.clause(&format!("Those named may do `{act}`."), &block);
    }
    for (index, kind) in ["train", "query", "evaluate"].iter().enumerate() {
        let block = format!(
            "id = \"before-{kind}\"\ngate = \"run.propose\"\nkinds = [\"{kind}\"]\n\
             modules = [\"assets\", \"governance\"]\ntier = {}",
            index % 3 + 1
        );
        text.clause(&format!("A run to {kind} waits for the modules."), &block);
    }
    text.clause(
        "Two holders approve a run before it is opened.",
        "id = \"approved\"\ngate = \"run.open\"\n\
         approvals = [{ seat = \"holder\", at_least = 2 }]",
    );
    text.clause(
        "A model is tested before it is released.",
        "id = \"tested\"\ngate = \"release.promote\"\n\
         evidence = [{ method = \"pooled-holdout\", by = \"lab\", max_age = \"P90D\", \
         metric = \"accuracy\", at_least = \"0.7\" }]",
    );
}

fn service(text: &mut Text) {
    text.module("service");
    for index in 0..SIGNALS {
        let opens =
            if index < 10 { format!("\nopens = \"look-into-{index}\"") } else { String::new() };
        let block = format!(
            "id = \"signal-{index}\"\nsignal = \"Share {index}\"\nunit = \"share\"\n\
             by = \"contributor\"\nwindow = \"PT1H\"\nabove = \"0.95\"{opens}"
        );
        text.clause(&format!("Contributors measure share {index}."), &block);
    }
    for index in 0..10 {
        let block = format!(
            "id = \"look-into-{index}\"\nduty = \"look into share {index}\"\nowner = \"operator\"\n\
             to = [\"contributor\"]\n\
             due = {{ after = \"signal: signal-{index}\", period = \"P5D\" }}\n\
             discharged_by = \"duty.discharge\"\ncure = \"P5D\""
        );
        text.clause(&format!("An operator looks into share {index} within days."), &block);
    }
    for index in 0..ACCOUNTS {
        let block = format!(
            "id = \"computing-{index}\"\naccount = \"Computing {index}\"\nunit = \"gpu-hour\"\n\
             holder = \"contributor\"\nceiling = \"1000000000\"\nalert_at = \"0.9\"\n\
             opening = \"1000\""
        );
        text.clause(&format!("Computing {index} is shared."), &block);
    }
    text.clause(
        "The trainers warrant that models are good.",
        "id = \"good\"\nwarranty = \"that models are good\"\nby = \"trainer\"\n\
         to = [\"contributor\"]\nmethod = \"pooled-holdout\"\nmetric = \"accuracy\"\n\
         at_least = \"0.5\"",
    );
    text.clause(
        "What comes later waits until somebody looked at its risks.",
        "id = \"risks-first\"\ncondition = \"somebody looked at the risks\"\n\
         kind = \"precedent\"\nmodules = [\"rest-0\"]\nmet_by = \"risk.open\"\nby = \"operator\"",
    );
}

fn duties(text: &mut Text) {
    text.module("duties");
    for index in 0..15 {
        let days = 60 + index * 3;
        let block = format!(
            "id = \"regular-{index}\"\nduty = \"report on matter {index}\"\nowner = \"holder\"\n\
             to = [\"trainer\"]\n\
             due = {{ after = \"in-force\", period = \"P{days}D\", every = \"P{days}D\" }}\n\
             discharged_by = \"duty.discharge\"\ncure = \"P5D\""
        );
        text.clause(&format!("Each holder reports on matter {index}."), &block);
    }
    for (id, owner, to, after, period, by) in [
        ("answer-audit", "contributor", "lab", "audit.request", "P20D", "audit.answer"),
        ("acknowledge", "contributor", "operator", "notice.serve", "P10D", "notice.acknowledge"),
        ("minutes", "chair", "holder", "meeting: governance/council", "P14D", "meeting.minute"),
        ("test", "lab", "trainer", "run.close", "P30D", "evidence.submit"),
        ("look-at-case", "operator", "contributor", "case.open", "P7D", "case.fact"),
        ("tell-what-was-used", "trainer", "holder", "release.promote", "P7D", "duty.discharge"),
    ] {
        let block = format!(
            "id = \"{id}\"\nduty = \"{id}\"\nowner = \"{owner}\"\nto = [\"{to}\"]\n\
             due = {{ after = \"{after}\", period = \"{period}\" }}\n\
             discharged_by = \"{by}\"\ncure = \"P5D\""
        );
        text.clause("What happened is followed by this.", &block);
    }
}

/// What fills up: definitions, tables, recognition, disclosure, and duties of a day.
fn rest(text: &mut Text) {
    for index in 0.. {
        if text.left == 0 {
            return;
        }
        if index % 60 == 0 {
            text.module(&format!("rest-{}", index / 60));
        }
        let (month, day) = (index % 12 + 1, index % 28 + 1);
        let (prose, block) = match index % 5 {
            0 => (
                "A word means what it says.",
                format!("id = \"word-{index}\"\nterm = \"Word {index}\""),
            ),
            1 => (
                "Figures stand in a table.",
                format!(
                    "id = \"table-{index}\"\ntable = \"Figures {index}\"\n\
                     columns = [\"what\", \"much\"]\nrows = [[\"this\", {index}]]"
                ),
            ),
            2 => (
                "Results of good laboratories count.",
                format!(
                    "id = \"method-{index}\"\nrecognise = \"method-{index}\"\n\
                     lab = \"independent\"\nmax_age = \"P365D\""
                ),
            ),
            3 => (
                "What was done may be read.",
                format!(
                    "id = \"read-{index}\"\ndisclosure = \"acts\"\nreaders = [\"contributor\"]"
                ),
            ),
            _ => (
                "On that day the holders report.",
                format!(
                    "id = \"on-a-day-{index}\"\nduty = \"report on {index}\"\nowner = \"holder\"\n\
                     to = [\"lab\"]\ndue = {{ on = \"2028-{month:02}-{day:02}\" }}\n\
                     discharged_by = \"duty.discharge\""
                ),
            ),
        };
        text.clause(prose, &block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_clauses_as_were_wanted_and_some_of_every_kind() {
        let texts = modules(50, 500);
        let whole: String = texts.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(whole.matches("```clause").count(), 500);
        for kind in [
            "party",
            "seat",
            "purpose",
            "objective",
            "asset",
            "permit",
            "forbid",
            "gate",
            "body",
            "duty",
            "power",
            "account",
            "privacy",
            "aggregation",
            "witnesses",
            "disclosure",
            "ip",
            "liability",
            "recognise",
            "signal",
            "table",
            "term",
            "instrument",
            "condition",
            "warranty",
            "notice",
            "ladder",
        ] {
            assert!(whole.contains(&format!("\n{kind} = ")), "no clause is of kind `{kind}`");
        }
    }
}
