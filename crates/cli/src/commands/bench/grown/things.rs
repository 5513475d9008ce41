//! Who is there, and what they have.

use super::{
    CONTRIBUTORS, DATASETS, HOLDERS, LABS, MEMBERS, MODELS, OPERATORS, PURPOSES, REPORTS, TRAINERS,
    Text, list, name, parties_of,
};

pub(super) fn people(text: &mut Text, parties: usize) {
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

pub(super) fn assets(text: &mut Text) {
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
