//! How they decide, and what may be done.

use super::{Amended, DATASETS, FORBIDS, MODELS, PURPOSES, RUNS, Text, list, parties_of};

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

pub(super) fn governance(text: &mut Text) {
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

pub(super) fn rules(text: &mut Text, amended: Amended) {
    text.module("rules");
    for index in 0..RUNS {
        let kind = if index % 3 == 0 { "train" } else { "query" };
        let lower = match amended {
            Amended::No => 0,
            Amended::One => usize::from(index == RUNS / 2),
            Amended::All => 1 + index % 3,
        };
        let rounds = 20 + 10 * (index % 17) - lower;
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
