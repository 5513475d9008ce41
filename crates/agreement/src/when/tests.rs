use super::*;
use crate::{Place, RunFacts, RunKind};

fn holds(when: &When, class: u8, jurisdiction: &str) -> bool {
    let place = Place { class, jurisdiction: jurisdiction.parse().unwrap() };
    let run = RunFacts {
        kind: RunKind::Train,
        purpose: "x".parse().unwrap(),
        rounds: 5,
        participants: 4,
    };
    let module = crate::read(
        "m.md",
        b"```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
          ```clause\nid = \"alder\"\nparty = \"Alder (example)\"\nside = \"public\"\n\
          jurisdictions = [\"US\", \"CA\"]\n```\n\n\
          ```clause\nid = \"rows\"\nasset = \"Rows\"\nkind = \"dataset\"\nholder = \"h\"\n\
          label = \"restricted\"\npurposes = [\"x\"]\n```\n",
    )
    .unwrap();
    let (mut party, mut asset) = (None, None);
    for clause in module.clauses.values() {
        match &clause.terms {
            crate::Terms::Party(terms) => party = Some(terms),
            crate::Terms::Asset(terms) => asset = Some(terms),
            _ => {}
        }
    }
    let id = "alder".parse().unwrap();
    let party = party.map(|terms| (&id, terms));
    when.holds(&Facts { place: Some(&place), party, run: Some(&run), asset }).unwrap()
}

#[test]
fn a_condition_is_read_once_and_asked_often() {
    let when = When::read(r#"place.class >= 2 && place.jurisdiction == "BE""#).unwrap();
    assert!(holds(&when, 2, "BE"));
    assert!(!holds(&when, 1, "BE"));
    assert!(!holds(&when, 3, "US"));
}

#[test]
fn sets_and_negation_work() {
    for (text, wanted) in [
        (r#"party.jurisdictions.contains("CA")"#, true),
        (r#"["BE", "HU"].contains(place.jurisdiction)"#, true),
        (r#"party.jurisdictions.containsAny(["BE"])"#, false),
        (r#"party.jurisdictions.containsAll(["CA", "US"])"#, true),
        (r#"["CA", "US", "BE"].containsAll(party.jurisdictions)"#, true),
        (r#"["CA"].containsAll(party.jurisdictions)"#, false),
        (r#"party.jurisdictions == ["US", "CA", "US"]"#, true),
        ("party.jurisdictions.isEmpty()", false),
        ("party.jurisdictions.contains(place.jurisdiction)", false),
        (r#"!(run.rounds > 5) || asset.label != "restricted""#, true),
        ("place has class && place.class <= 3", true),
        ("[1, 2].contains(place.class)", true),
        ("3 <= place.class || 5 == run.rounds", true),
    ] {
        let when = When::read(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(holds(&when, 2, "BE"), wanted, "{text}");
    }
}

#[test]
fn a_missing_fact_is_an_error_and_never_an_answer() {
    let when = When::read("place.class >= 2").unwrap();
    assert_eq!(when.holds(&Facts::default()), Err(MissingFact("place")));
    let when = When::read("place has class").unwrap();
    assert_eq!(when.holds(&Facts::default()), Err(MissingFact("place")));
    // What is not asked is not missed.
    let when = When::read("true || place.class >= 2").unwrap();
    assert_eq!(when.holds(&Facts::default()), Ok(true));
}

#[test]
fn what_is_outside_the_language_is_named() {
    for (text, told) in [
        ("place.clas >= 2", "unknown attribute `clas` of `place`"),
        ("plcae.class >= 2", "unknown word `plcae`"),
        ("place.class + 1 > 2", "`+` has no place in a condition"),
        ("if true then true else false", "unknown word `if`"),
        ("place.class >= 2 // why", "`/` has no place in a condition"),
        ("principal == principal", "unknown word `principal`"),
        ("place.jurisdiction == \"BE", "`\"BE` has no place in a condition"),
        ("place.class == 9", "`place.class` is never 9"),
        ("run.rounds < 5000000000", "`run.rounds` is never 5000000000"),
        ("place.jurisdiction == \"be\"", "`place.jurisdiction` is never `be`"),
        ("run.kind != \"training\"", "`run.kind` is never `training`"),
        (
            "[\"US\", \"Canada\"].containsAll(party.jurisdictions)",
            "`party.jurisdictions` is never `Canada`",
        ),
        ("place.jurisdiction in [\"BE\"]", "`in` asks about nothing here"),
    ] {
        let wrong = When::read(text).unwrap_err();
        assert_eq!(wrong.to_string(), told);
        assert!(wrong.at().is_some());
    }
    for text in [
        "place.class == \"2\"",
        "place.class",
        "",
        "true }; permit",
        "(place.class > 1",
        // Cedar has them; a condition compares an attribute with a literal.
        "run.rounds < run.participants",
        "place == place",
        "1 == 1",
        "(place.class > 1) == (run.rounds > 1)",
        "[place.class].contains(1)",
        "party.jurisdictions.contains(party.id)",
        // Never asked, and wrong all the same.
        "place.class > 1 || (false && place.class == \"x\")",
    ] {
        assert!(When::read(text).is_err(), "{text}");
    }
}

#[test]
fn parties_and_purposes_in_a_condition_must_be_there() {
    let when = When::read(r#"party.id == "alder" || run.purpose != "care""#).unwrap();
    let mut found = Vec::new();
    Field::refer(&when, "when", &mut found);
    let names: Vec<&str> = found.iter().map(|reference| reference.name).collect();
    assert_eq!(names, ["alder", "care"]);
}
