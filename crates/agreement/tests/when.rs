//! Our evaluator of conditions, held against Cedar's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use common::{Cedar, Rng};
use concordat_agreement::{
    Asset, Facts, NotACondition, Party, Place, RunFacts, RunKind, Terms, When, read,
};
use concordat_terms::{PartyId, Side};
use serde_json::{Map, Value, json};

/// `@` stands where a record's name is; for Cedar the records are the context's.
const ATOMS: &[&str] = &[
    "@place.class >= 2",
    "3 > @place.class",
    "@place.class != 1",
    "[1, 3].contains(@place.class)",
    "@place.jurisdiction == \"BE\"",
    "\"BE\" != @place.jurisdiction",
    "@place.jurisdiction == \"\\u{42}E\"",
    "[\"BE\", \"HU\", \"BE\"].contains(@place.jurisdiction)",
    "@place[\"jurisdiction\"] == \"HU\"",
    "@place has class",
    "@party.id == \"ash\"",
    "[\"ash\", \"box\"].contains(@party.id)",
    "@party.side == \"public\"",
    "@party.jurisdictions.contains(\"BE\")",
    "@party.jurisdictions.contains(@place.jurisdiction)",
    "@party.jurisdictions.containsAll([\"BE\", \"HU\"])",
    "[\"BE\", \"HU\"].containsAll(@party.jurisdictions)",
    "@party.jurisdictions.containsAny([\"US\", \"HU\"])",
    "[\"US\", \"HU\"].containsAny(@party.jurisdictions)",
    "@party.jurisdictions == [\"HU\", \"BE\"]",
    "[\"US\"] != @party.jurisdictions",
    "@party.jurisdictions.isEmpty()",
    "@party has side",
    "@run.kind == \"train\"",
    "@run.purpose != \"care\"",
    "@run.rounds <= 20",
    "20 < @run.rounds",
    "@run.rounds == 21",
    "@run.participants >= 3",
    "@run has rounds",
    "@asset.label == \"restricted\"",
    "[\"dataset\", \"model\"].contains(@asset.kind)",
    "@asset has label",
    "true",
    "false",
];

fn condition(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 || rng.percent(25) {
        return (*rng.pick(ATOMS)).to_owned();
    }
    let left = condition(rng, depth - 1);
    match rng.below(6) {
        0 => format!("!({left})"),
        1 => format!("({left}) && ({})", condition(rng, depth - 1)),
        2 => format!("({left}) || ({})", condition(rng, depth - 1)),
        // Without brackets: `&&` binds more tightly, and `!` more tightly than a dot does not.
        3 => format!("{left} && {}", condition(rng, depth - 1)),
        4 => format!("{left} || {}", condition(rng, depth - 1)),
        _ => left,
    }
}

/// Everything that can be asked about, or not.
struct World {
    parties: Vec<(PartyId, Party)>,
    assets: Vec<Asset>,
}

impl World {
    fn new() -> Self {
        let party = |side, jurisdictions: &[&str]| Party {
            party: "Example".to_owned(),
            side,
            jurisdictions: jurisdictions.iter().map(|code| code.parse().unwrap()).collect(),
            control: None,
        };
        let assets = ["dataset", "model", "code"].iter().zip(["restricted", "public", "internal"]);
        let blocks = assets.enumerate().map(|(index, (kind, label))| {
            format!(
                "```clause\nid = \"a{index}\"\nasset = \"A\"\nkind = \"{kind}\"\nholder = \"h\"\n\
                 label = \"{label}\"\npurposes = [\"care\"]\n```\n\n"
            )
        });
        let head = "```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n";
        let text = head.to_owned() + &blocks.collect::<String>();
        let module = read("m.md", text.as_bytes()).unwrap_or_else(|found| panic!("{found:#?}"));
        let assets = module.clauses.into_values().filter_map(|clause| match &clause.terms {
            Terms::Asset(asset) => Some(asset.clone()),
            _ => None,
        });
        Self {
            parties: vec![
                ("ash".parse().unwrap(), party(Side::Public, &["BE"])),
                ("box".parse().unwrap(), party(Side::Private, &["BE", "HU"])),
                ("elm".parse().unwrap(), party(Side::Independent, &["US", "BE", "HU"])),
            ],
            assets: assets.collect(),
        }
    }
}

/// The same facts for us and for Cedar.
fn compare(rng: &mut Rng, world: &World, when: &When, cedar: &Cedar) -> Option<bool> {
    let there = |rng: &mut Rng| rng.percent(85);
    let place = there(rng).then(|| Place {
        class: u8::try_from(1 + rng.below(3)).unwrap(),
        jurisdiction: rng.pick(&["BE", "HU", "US"]).parse().unwrap(),
    });
    let party = there(rng).then(|| rng.pick(&world.parties));
    let run = there(rng).then(|| RunFacts {
        kind: *rng.pick(&[RunKind::Train, RunKind::Query, RunKind::Evaluate]),
        purpose: rng.pick(&["care", "study"]).parse().unwrap(),
        rounds: *rng.pick(&[0, 19, 20, 21, 22, u32::MAX]),
        participants: *rng.pick(&[0, 2, 3, 4]),
    });
    let asset = there(rng).then(|| rng.pick(&world.assets));
    let facts = Facts {
        place: place.as_ref(),
        party: party.map(|(id, party)| (id, party)),
        run: run.as_ref(),
        asset,
    };

    let mut context = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        context.extend(value.map(|value| (name.to_owned(), value)));
    };
    put("place", place.as_ref().map(|p| json!({"class": p.class, "jurisdiction": p.jurisdiction})));
    put(
        "party",
        party.map(|(id, p)| json!({"id": id, "side": p.side, "jurisdictions": p.jurisdictions})),
    );
    put(
        "run",
        run.as_ref().map(|r| {
            json!({"kind": r.kind, "purpose": r.purpose, "rounds": r.rounds, "participants": r.participants})
        }),
    );
    put("asset", asset.map(|a| json!({"label": a.label, "kind": a.kind})));
    let context = Value::Object(context);

    let ours = when.holds(&facts).ok();
    assert_eq!(ours, cedar.holds(&context), "`{when}` of {context}");
    ours
}

#[test]
fn every_condition_holds_where_cedar_says_so_and_fails_where_it_does() {
    let (mut rng, world) = (Rng(11), World::new());
    let (mut read, mut answers) = (0, [0_usize; 3]);
    for round in 0..3_000 {
        // Every comparison alone first, then joined ones.
        let text = match ATOMS.get(round) {
            Some(atom) => (*atom).to_owned(),
            None => condition(&mut rng, 1 + round % 4),
        };
        let written = text.replace('@', "");
        let when = match When::read(&written) {
            Ok(when) => when,
            // Cedar's types see some that never hold, and a long one is refused.
            Err(refused) => {
                assert!(permitted_refusal(&refused), "`{written}`: {refused}");
                continue;
            }
        };
        read += 1;
        let cedar = Cedar::of(&text.replace('@', "context."));
        for _ in 0..10 {
            match compare(&mut rng, &world, &when, &cedar) {
                Some(true) => answers[0] += 1,
                Some(false) => answers[1] += 1,
                None => answers[2] += 1,
            }
        }
    }
    // The cases say something: read, true, false and failing ones are all there.
    assert!(read > 2_000, "{read}");
    assert!(answers.iter().all(|count| *count > 2_000), "{answers:?}");
}

fn permitted_refusal(refused: &NotACondition) -> bool {
    let told = refused.to_string();
    told.contains("impossible") || told.contains("longer than") || told.contains("nested")
}

#[test]
fn a_right_side_is_asked_only_where_it_matters() {
    let place = Place { class: 2, jurisdiction: "BE".parse().unwrap() };
    let facts = Facts { place: Some(&place), ..Facts::default() };
    for (text, wanted) in [
        ("place.class == 2 || run.rounds < 5", Some(true)),
        ("place.class == 1 && run.rounds < 5", Some(false)),
        ("place.class == 2 && run.rounds < 5", None),
        ("run.rounds < 5 || place.class == 2", None),
        ("place.class == 1 || place.class == 2 || run has rounds", Some(true)),
        ("!(place.class == 2) && !(run.rounds < 5)", Some(false)),
    ] {
        let when = When::read(text).unwrap();
        assert_eq!(when.holds(&facts).ok(), wanted, "{text}");
    }
}
