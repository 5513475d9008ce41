//! What a change of text changes: a story, and every answer held against asking at random.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use common::sides::{Sides, quoted};
use concordat_agreement::effect::{Answer, Effect, effect};
use concordat_agreement::{
    Agreement, Ask, Gate, Permit, Place, RunFacts, RunKind, clause_kinds, fields_as_text,
};
use concordat_terms::{ActName, AssetId, PartyId, PurposeId, SeatId};
use proptest::prelude::*;

/// What rules are put into.
fn common_sides() -> Sides {
    let dataset = [
        ("person", quoted("who")),
        ("rows_per_person", "1".to_owned()),
        ("columns", "[{ name = \"who\", kind = \"text\" }]".to_owned()),
    ];
    let mut sides = Sides::whole(&["CH", "JP"], &["US"], &dataset);
    for data in ["rows", "scans"] {
        sides.block(&format!(
            "id = \"{data}-budget\"\nprivacy = \"{data}\"\nadjacency = \"add-remove\"\n\
             epsilon = \"1\"\ndelta = \"0.0001\""
        ));
    }
    sides.block(
        "id = \"sums\"\naggregation = \"pairwise-masks\"\nof = \"holder\"\nthreshold = 3\n\
         colluders = 1\ndropouts = 0\nring_bits = 32\nscale_bits = 18\nunits_per_round = 100\n\
         clip_most = \"1\"\nnoise_most = \"8\"\ndimension_most = 20\nretries = 2",
    );
    sides.put("approve", &[("permit", quoted("run.approve")), ("by", quoted("holder"))]);
    let members = "[\"holder\", \"maker\"]".to_owned();
    for (id, act) in [
        ("put", "motion.propose"),
        ("vote", "motion.vote"),
        ("carry-out", "motion.execute"),
        ("nominate", "seat.fill"),
        ("test", "evidence.submit"),
    ] {
        sides.put(id, &[("permit", quoted(act)), ("by", members.clone())]);
    }
    sides
}

/// An agreement with these rules: blocks without their ids.
fn agreement(rules: &[String]) -> Agreement {
    let mut sides = common_sides();
    for (index, rule) in rules.iter().enumerate() {
        sides.block(&format!("id = \"rule-{index}\"\n{rule}"));
    }
    sides.agreement()
}

const CONDITIONS: [&str; 9] = [
    "run.rounds <= 20",
    "run.rounds > 21 && run.participants >= 2",
    "place.class >= 2",
    "place.jurisdiction == \\\"CH\\\"",
    "!(place.jurisdiction == \\\"BE\\\" || place.jurisdiction == \\\"CH\\\")",
    "asset.label == \\\"restricted\\\"",
    "party.jurisdictions.contains(\\\"JP\\\")",
    "party.side == \\\"public\\\" || place.class < 3",
    "run.purpose == \\\"care\\\"",
];

fn list(name: &str, items: &[&str], chosen: usize) -> String {
    // Bit by bit which of them; none at all restricts nothing.
    let named: Vec<String> = items
        .iter()
        .enumerate()
        .filter(|(index, _)| chosen >> index & 1 == 1)
        .map(|(_, item)| format!("\"{item}\""))
        .collect();
    if named.is_empty() { String::new() } else { format!("{name} = [{}]\n", named.join(", ")) }
}

prop_compose! {
    fn rule()(
        permit in any::<bool>(),
        seats in 1_usize..4,
        kinds in 0_usize..8,
        on in 0_usize..8,
        purposes in 0_usize..4,
        when in prop::option::weighted(0.6, 0..CONDITIONS.len()),
    ) -> String {
        let seats = if permit { seats } else { seats - 1 };
        let word = if permit { "permit" } else { "forbid" };
        let when = when.map(|index| format!("when = \"{}\"\n", CONDITIONS[index]));
        format!(
            "{word} = \"run.propose\"\n{}{}{}{}{}",
            list("by", &["holder", "maker"], seats),
            list("kinds", &["train", "query", "evaluate"], kinds),
            list("on", &["rows", "scans", "net"], on),
            list("purposes", &["care", "study"], purposes),
            when.unwrap_or_default(),
        )
    }
}

prop_compose! {
    fn gate()(least in 1_u32..4, kinds in 0_usize..8) -> String {
        let kinds = list("kinds", &["train", "query", "evaluate"], kinds);
        format!("gate = \"run.propose\"\n{kinds}modules = [\"m\"]\ntier = {least}\n")
    }
}

fn rules() -> impl Strategy<Value = Vec<String>> {
    let permit = "permit = \"run.propose\"\nby = \"maker\"\n".to_owned();
    (prop::collection::vec(rule(), 0..5), prop::option::of(gate())).prop_map(
        move |(mut rules, gate)| {
            rules.push(permit.clone());
            rules.extend(gate);
            rules
        },
    )
}

#[derive(Debug)]
struct Asked {
    party: PartyId,
    seat: SeatId,
    data: AssetId,
    model: AssetId,
    place: Place,
    run: RunFacts,
}

prop_compose! {
    fn asked()(
        party in prop::sample::select(vec!["ash", "box", "elm"]),
        seat in prop::sample::select(vec!["holder", "maker"]),
        data in prop::sample::select(vec!["rows", "scans"]),
        class in 1_u8..4,
        jurisdiction in prop::sample::select(vec!["BE", "CH", "JP", "US"]),
        kind in prop::sample::select(vec![RunKind::Train, RunKind::Query, RunKind::Evaluate]),
        purpose in prop::sample::select(vec!["care", "study"]),
        rounds in 0_u32..40,
        participants in 0_u32..5,
    ) -> Asked {
        let purpose: PurposeId = purpose.parse().unwrap();
        Asked {
            party: party.parse().unwrap(),
            seat: seat.parse().unwrap(),
            data: data.parse().unwrap(),
            model: "net".parse().unwrap(),
            place: Place { class, jurisdiction: jurisdiction.parse().unwrap() },
            run: RunFacts { kind, purpose, rounds, participants },
        }
    }
}

impl Asked {
    fn ask(&self) -> Ask<'_> {
        Ask {
            act: ActName::RunPropose,
            seat: &self.seat,
            party: Some(&self.party),
            // A query gives no model.
            assets: if self.run.kind == RunKind::Query {
                [&self.data].into()
            } else {
                [&self.data, &self.model].into()
            },
            purposes: [&self.run.purpose].into(),
            places: vec![self.place.clone()],
            run: Some(self.run.clone()),
            module: None,
            awake: concordat_agreement::Awake::All,
        }
    }

    /// Allowed, and what its gates demand; the plain way, without the space.
    fn answer(&self, agreement: &Agreement) -> Option<Vec<Gate>> {
        let seated = agreement.parties_of(&self.seat).contains(&self.party);
        let said = agreement.says(&self.ask());
        let allowed = seated && said.forbids.is_empty() && matches!(said.permit, Permit::By(_));
        let gates = said.gates.into_iter().map(|gate| Gate { tier: None, ..gate.terms.clone() });
        allowed.then(|| gates.collect())
    }
}

fn told(effect: &Effect, asked: &Asked) -> usize {
    let ask = asked.ask();
    let of = |change: &&_| {
        let change: &concordat_agreement::effect::ActChange = change;
        change.act == ask.act && change.seat == *ask.seat && change.region.holds(&ask)
    };
    effect.acts.iter().filter(of).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_told_is_what_asking_finds(
        old in rules(),
        new in rules(),
        requests in prop::collection::vec(asked(), 20),
    ) {
        let (old, new) = (agreement(&old), agreement(&new));
        let effect = effect(&old, &new);
        for request in requests {
            let changed = request.answer(&old).is_some() != request.answer(&new).is_some()
                || (request.answer(&old).is_some()
                    && request.answer(&old).map(|g| g.is_empty())
                        != request.answer(&new).map(|g| g.is_empty()));
            let seated = [&old, &new].iter().any(|a| a.parties_of(&request.seat).contains(&request.party));
            let found = if seated { told(&effect, &request) } else { 0 };
            prop_assert_eq!(found, usize::from(changed), "{:?}", request);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_changes_where_the_text_is_the_same(rules in rules()) {
        let agreement = agreement(&rules);
        prop_assert!(effect(&agreement, &agreement).is_empty());
    }
}

#[test]
fn a_lower_limit_is_told_as_the_requests_that_it_refuses_and_to_whom() {
    let permit = |most: u32| {
        format!(
            "permit = \"run.propose\"\nby = \"maker\"\nkinds = \"train\"\non = [\"rows\", \"net\"]\n\
             purposes = \"care\"\nwhen = \"run.rounds <= {most}\""
        )
    };
    let (old, new) = (agreement(&[permit(100)]), agreement(&[permit(50)]));
    let effect = effect(&old, &new);
    let [change] = effect.acts.as_slice() else { panic!("{effect:#?}") };
    assert!(change.was.allows() && !change.is.allows());
    assert_eq!(
        change.region.rounds.iter().flatten().map(ToString::to_string).collect::<Vec<_>>(),
        ["51 to 100"]
    );
    assert_eq!(change.region.participants, None);
    let boxed = effect.concerning(&"box".parse().unwrap(), &old, &new);
    assert_eq!(boxed.acts.len(), 1);
    assert!(effect.concerning(&"ash".parse().unwrap(), &old, &new).acts.is_empty());
}

#[test]
fn a_duty_that_is_new_is_told_to_who_owes_it() {
    let duty = "duty = \"to approve\"\nowner = \"maker\"\nto = [\"holder\"]\n\
                due = { after = \"in-force\", period = \"P30D\" }\ndischarged_by = \"run.propose\"";
    let permit = "permit = \"run.propose\"\nby = \"maker\"".to_owned();
    let (old, new) =
        (agreement(std::slice::from_ref(&permit)), agreement(&[permit.clone(), duty.to_owned()]));
    let effect = effect(&old, &new);
    assert!(effect.acts.is_empty());
    let [change] = effect.clauses.as_slice() else { panic!("{effect:#?}") };
    assert!(change.is_new());
    assert_eq!((change.kind, change.clause.to_string().as_str()), ("duty", "m/rule-1"));
}

#[test]
fn a_suspension_is_told_of_the_module_and_a_ruling_of_its_clause() {
    let permit = "permit = \"run.propose\"\nby = \"maker\"\nsurvives = true".to_owned();
    let old = agreement(&[permit]);
    let mut suspended = old.clone();
    suspended.suspend("m".parse().unwrap());
    let changes = effect(&old, &suspended);
    let [change] = changes.stands.as_slice() else { panic!("{changes:#?}") };
    assert_eq!((change.module.as_str(), &change.clause, change.is_new()), ("m", &None, false));
    let field = &change.fields[0];
    let told = (field.name, field.was.as_deref(), field.is.as_deref());
    assert_eq!(told, ("standing", Some("in force"), Some("suspended")));
    assert!(changes.acts.iter().any(|change| change.was.allows() && !change.is.allows()));

    let mut ruled = old.clone();
    ruled.invalidate(["m/rule-0".parse().unwrap()]);
    let changes = effect(&old, &ruled);
    let [change] = changes.stands.as_slice() else { panic!("{changes:#?}") };
    assert_eq!(change.clause, Some("rule-0".parse().unwrap()));
    assert_eq!(change.fields[0].name, "standing");
}

/// Of each field of rules and gates, a clause that says something by it, beside the same without.
/// `escalates_to` is not among them: no rule reads it.
const RULES: [(&str, &str, &str); 17] = [
    ("permit", "by", "by = [\"maker\", \"holder\"]"),
    ("permit", "kinds", "by = \"maker\"\nkinds = \"train\""),
    ("permit", "on", "by = \"maker\"\non = [\"rows\", \"net\"]"),
    ("permit", "purposes", "by = \"maker\"\npurposes = \"care\""),
    ("permit", "when", "by = \"maker\"\nwhen = \"run.rounds <= 20\""),
    ("forbid", "by", "by = \"maker\""),
    ("forbid", "kinds", "by = \"maker\"\nkinds = \"train\""),
    ("forbid", "on", "by = \"maker\"\non = \"rows\""),
    ("forbid", "purposes", "by = \"maker\"\npurposes = \"care\""),
    ("forbid", "when", "by = \"maker\"\nwhen = \"run.rounds <= 20\""),
    ("gate", "kinds", "motion = \"panel\"\nkinds = \"train\""),
    ("gate", "updates", "motion = \"panel\"\nupdates = \"major\""),
    ("gate", "tier", "motion = \"panel\"\ntier = 3"),
    ("gate", "modules", "motion = \"panel\"\nmodules = \"m\""),
    ("gate", "approvals", "motion = \"panel\"\napprovals = [{ seat = \"holder\", at_least = 2 }]"),
    ("gate", "level", "motion = \"panel\"\nlevel = \"qualified\""),
    ("gate", "motion", "motion = \"panel\""),
];

#[test]
fn every_field_of_a_rule_is_told_by_what_acts_are_answered() {
    let panel = "body = \"Panel\"\nmembers = [\"holder\", \"maker\"]\nvotes_per_side = 1\n\
                 quorum_per_side = 1\nmajority = \"each-side\"\nopen_for = \"P7D\"\n\
                 voting = \"nomination\"";
    let with = |act: &str, kind: &str, fields: &str| {
        let mut sides = common_sides();
        sides.block(&format!("id = \"panel\"\n{panel}"));
        if kind != "permit" {
            sides.block(&format!(
                "id = \"anybody\"\npermit = \"{act}\"\nby = [\"maker\", \"holder\"]"
            ));
        }
        if !fields.is_empty() {
            sides.block(&format!("id = \"rule\"\n{kind} = \"{act}\"\n{fields}"));
        }
        sides.agreement()
    };
    let mut seen = std::collections::BTreeSet::new();
    for (kind, field, fields) in RULES {
        let act = if field == "updates" { "release.promote" } else { "run.open" };
        let without: Vec<&str> =
            fields.lines().filter(|line| !line.starts_with(&format!("{field} "))).collect();
        let without = match without.join("\n") {
            // A permit names somebody, and an empty gate says nothing.
            bare if kind == "permit" && bare.is_empty() => "by = \"maker\"".to_owned(),
            bare => bare,
        };
        let gone = if kind != "permit" && without.is_empty() { String::new() } else { without };
        let changes = effect(&with(act, kind, &gone), &with(act, kind, fields));
        assert!(!changes.acts.is_empty(), "`{field}` of a {kind}: {changes:#?}");
        seen.insert((kind, field));
    }
    let evidence =
        "motion = \"panel\"\nevidence = [{ method = \"m\", by = \"maker\", max_age = \"P9D\" }]";
    let of = |fields: &str| with("release.promote", "gate", fields);
    let changes = effect(&of("motion = \"panel\""), &of(evidence));
    assert!(!changes.acts.is_empty(), "{changes:#?}");
    seen.insert(("gate", "evidence"));
    for kind in clause_kinds().iter().filter(|k| ["permit", "forbid", "gate"].contains(&k.word)) {
        for field in &kind.fields {
            let text = fields_as_text(kind.word).contains(&field.name);
            let known = field.name == kind.word || text || seen.contains(&(kind.word, field.name));
            assert!(known, "nobody asked whether `{}` of a {} is told", field.name, kind.word);
        }
    }
}

#[test]
fn a_tier_is_told_in_words() {
    let demand = |tier: Option<u32>| {
        let tier = tier.map(|tier| format!("\ntier = {tier}")).unwrap_or_default();
        let mut sides = common_sides();
        sides.block(
            "id = \"panel\"\nbody = \"Panel\"\nmembers = [\"holder\", \"maker\"]\n\
             votes_per_side = 1\nquorum_per_side = 1\nmajority = \"each-side\"\n\
             open_for = \"P7D\"\nvoting = \"nomination\"",
        );
        sides.block("id = \"anybody\"\npermit = \"run.open\"\nby = \"maker\"");
        sides.block(&format!("id = \"rule\"\ngate = \"run.open\"\nmotion = \"panel\"{tier}"));
        sides.agreement()
    };
    let told = |was, is| {
        let changes = effect(&demand(was), &demand(is));
        changes.acts.first().map(|change| match (&change.was, &change.is) {
            (Answer::Allowed { gates: was, .. }, Answer::Allowed { gates: is, .. }) => {
                (was.to_string(), is.to_string())
            }
            other => panic!("{other:?}"),
        })
    };
    let (one, three) = told(Some(1), Some(3)).unwrap();
    assert_eq!(one, "a motion of `panel`, or that another of it signs too");
    assert_eq!(three, "a motion of `panel` with two thirds of each side");
    assert_eq!(told(None, Some(2)), None, "two is what is meant where none is said");
}
