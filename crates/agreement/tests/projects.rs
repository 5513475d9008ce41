//! A project narrows its frame: whatever frame and project admit together, the frame admits alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use common::Rng;
use common::sides::{Sides, quoted};
use concordat_agreement::effect::{Answer, effect, void};
use concordat_agreement::{
    Agreement, Ask, Fit, Module, Permit, Place, Reach, RunFacts, RunKind, Said, Terms, narrow, read,
};
use concordat_terms::{ActName, AssetId, PartyId, PurposeId, SeatId};

const ACTS: [ActName; 3] = [ActName::RunOpen, ActName::RunJoin, ActName::ReleasePropose];
const PARTIES: [&str; 3] = ["ash", "box", "elm"];
const SEATS: [&str; 2] = ["holder", "maker"];
const KINDS: [(&str, RunKind); 3] =
    [("train", RunKind::Train), ("query", RunKind::Query), ("evaluate", RunKind::Evaluate)];
const ASSETS: [&str; 3] = ["rows", "scans", "net"];
const PURPOSES: [&str; 2] = ["care", "study"];
const COUNTRIES: [&str; 3] = ["BE", "CH", "NZ"];
const ROUNDS: [u32; 4] = [1, 20, 21, 50];
const CONDITIONS: [&str; 8] = [
    "run.rounds <= 20",
    "run.rounds > 20 && run.participants >= 2",
    "place.class >= 2",
    "[\"BE\", \"CH\"].contains(place.jurisdiction)",
    "party.id == \"elm\"",
    "asset.label == \"restricted\"",
    "asset.kind == \"model\" || run.rounds < 50",
    "party.side == \"public\" || place.class < 3",
];

/// What only acts about a run, or no act of these, can be asked.
fn fits(act: ActName, condition: &str) -> bool {
    let run = act != ActName::ReleasePropose;
    run || !(condition.contains("run.") || condition.contains("place."))
}

fn list(rng: &mut Rng, names: &[&str]) -> String {
    let some: Vec<String> =
        names.iter().filter(|_| rng.percent(60)).map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", some.join(", "))
}

/// A permit or a forbid of one of the acts.
fn rule(rng: &mut Rng, name: &str, permit: bool) -> String {
    let act = *rng.pick(&ACTS);
    let word = if permit { "permit" } else { "forbid" };
    let mut text = format!("id = \"{name}\"\n{word} = \"{act}\"\n");
    let mut put = |field: &str, value: String| {
        if value != "[]" {
            writeln!(text, "{field} = {value}").unwrap();
        }
    };
    match (permit, rng.below(3)) {
        (true, at) => {
            put("by", ["[\"holder\"]", "[\"maker\"]", "[\"holder\", \"maker\"]"][at].into())
        }
        (false, 0) => put("by", list(rng, &SEATS)),
        _ => {}
    }
    if act != ActName::ReleasePropose && rng.percent(40) {
        put("kinds", list(rng, &KINDS.map(|(word, _)| word)));
    }
    if rng.percent(50) {
        put("on", list(rng, &ASSETS));
    }
    if rng.percent(40) {
        put("purposes", list(rng, &PURPOSES));
    }
    let condition = *rng.pick(&CONDITIONS);
    if rng.percent(50) && fits(act, condition) {
        put("when", format!("'{condition}'"));
    }
    text
}

fn gate(rng: &mut Rng, name: &str) -> String {
    let act = *rng.pick(&ACTS);
    format!("id = \"{name}\"\ngate = \"{act}\"\nmodules = [\"m\"]\n")
}

fn module(file: &str, text: &str) -> Module {
    read(file, text.as_bytes()).unwrap_or_else(|found| panic!("{found:#?}\n{text}"))
}

fn frame(rng: &mut Rng) -> Agreement {
    let mut sides = Sides::whole(&["CH"], &["CH"], &[]);
    // A gate before what nobody may do is an error of a frame.
    for (index, act) in ACTS.iter().enumerate() {
        let mut fields = vec![("permit", quoted(act.as_str())), ("by", quoted("maker"))];
        fields.extend((index < 2).then(|| ("when", quoted("run.rounds <= 20"))));
        sides.put(&format!("some-{index}"), &fields);
    }
    for index in 0..2 + rng.below(4) {
        sides.block(&rule(rng, &format!("permit-{index}"), true));
    }
    for index in 0..rng.below(3) {
        sides.block(&rule(rng, &format!("forbid-{index}"), false));
    }
    if rng.percent(40) {
        sides.block(&gate(rng, "gate"));
    }
    sides.agreement()
}

fn project(rng: &mut Rng) -> Module {
    let mut text = "# P\n\n```module\nid = \"p\"\nversion = \"1.0.0\"\nproject = \"study\"\n\
                    signers = [\"all\"]\n```\n"
        .to_owned();
    for index in 0..1 + rng.below(5) {
        let name = format!("own-{index}");
        let clause = match rng.below(5) {
            0 => gate(rng, &name),
            1 | 2 => rule(rng, &name, false),
            _ => rule(rng, &name, true),
        };
        write!(text, "\n```clause\n{clause}```\n").unwrap();
    }
    module("p.md", &text)
}

/// A request, in words of the agreement and some that are not of it.
struct Asked {
    act: ActName,
    seat: SeatId,
    party: PartyId,
    assets: BTreeSet<AssetId>,
    purposes: BTreeSet<PurposeId>,
    places: Vec<Place>,
    run: Option<RunFacts>,
}

impl Asked {
    fn generate(rng: &mut Rng) -> Self {
        let act = *rng.pick(&ACTS);
        let purpose: PurposeId = rng.pick(&PURPOSES).parse().unwrap();
        let run = (act != ActName::ReleasePropose).then(|| RunFacts {
            kind: rng.pick(&KINDS).1,
            purpose: purpose.clone(),
            rounds: *rng.pick(&ROUNDS),
            participants: u32::try_from(rng.below(4)).unwrap(),
        });
        let places = (0..rng.below(3)).map(|_| Place {
            class: u8::try_from(1 + rng.below(3)).unwrap(),
            jurisdiction: rng.pick(&COUNTRIES).parse().unwrap(),
        });
        Self {
            act,
            places: places.collect(),
            seat: rng.pick(&SEATS).parse().unwrap(),
            party: rng.pick(&PARTIES).parse().unwrap(),
            assets: ASSETS.iter().filter(|_| rng.percent(50)).map(|a| a.parse().unwrap()).collect(),
            purposes: [purpose].into(),
            run,
        }
    }

    fn ask(&self) -> Ask<'_> {
        Ask {
            act: self.act,
            seat: &self.seat,
            party: Some(&self.party),
            assets: self.assets.iter().collect(),
            purposes: self.purposes.iter().collect(),
            places: self.places.clone(),
            run: self.run.clone(),
            module: None,
            awake: concordat_agreement::Awake::All,
        }
    }
}

/// What the project's clauses leave, read as plainly as they are written.
fn leaves(frame: &Agreement, project: &Module, ask: &Ask<'_>) -> bool {
    let rules = |wanted: bool| {
        project.clauses.values().filter_map(move |clause| match &clause.terms {
            Terms::Permit(rule) if wanted => Some(rule),
            Terms::Forbid(rule) if !wanted => Some(rule),
            _ => None,
        })
    };
    let struck = rules(false)
        .filter(|rule| rule.act == ask.act)
        .any(|rule| !matches!(frame.fits(rule, ask, Reach::Any), Fit::No(..)));
    let mut named = rules(true).filter(|rule| rule.act == ask.act).peekable();
    let open =
        named.peek().is_none() || named.any(|rule| frame.fits(rule, ask, Reach::All) == Fit::Yes);
    open && !struck
}

fn gates(said: &Said<'_>) -> BTreeSet<String> {
    said.gates.iter().map(|gate| gate.clause.to_string()).collect()
}

#[test]
fn a_narrowing_project_never_admits_what_its_frame_refuses() {
    let mut rng = Rng(2027);
    let frames: Vec<Agreement> = (0..100).map(|_| frame(&mut rng)).collect();
    let projects: Vec<Module> = (0..100).map(|_| project(&mut rng)).collect();
    let (mut cases, mut both, mut narrower, mut more_gates) = (0, 0_u32, 0_u32, 0_u32);
    for frame in &frames {
        for project in &projects {
            cases += 1;
            let (narrowed, _) = narrow(frame, [project.clone()]).unwrap();
            for _ in 0..10 {
                let asked = Asked::generate(&mut rng);
                let ask = asked.ask();
                let (alone, together) = (frame.says(&ask), narrowed.says(&ask));
                let told = || {
                    format!(
                        "{}\n{}\n{ask:?}",
                        frame.modules()[&"m".parse().unwrap()].text(),
                        project.text()
                    )
                };
                assert!(alone.allows() || !together.allows(), "{}", told());
                // Exactly what both let through, by the frame's clause, behind the frame's gates.
                let expected = alone.allows() && leaves(frame, project, &ask);
                assert_eq!(together.allows(), expected, "{}", told());
                if together.allows() {
                    assert_eq!(together.permit, alone.permit, "{}", told());
                }
                let (fewer, gates) = (gates(&alone), gates(&together));
                assert!(fewer.is_subset(&gates), "{}", told());
                both += u32::from(together.allows());
                narrower += u32::from(alone.allows() && !together.allows());
                more_gates += u32::from(fewer.len() < gates.len());
            }
        }
    }
    assert_eq!(cases, 10_000);
    assert!(
        both > 5_000 && narrower > 5_000 && more_gates > 5_000,
        "{both} {narrower} {more_gates}"
    );
}

#[test]
fn what_a_project_changes_is_never_for_more() {
    let mut rng = Rng(7);
    let mut changes = 0;
    for _ in 0..200 {
        let (frame, project) = (frame(&mut rng), project(&mut rng));
        let (narrowed, _) = narrow(&frame, [project]).unwrap();
        for change in effect(&frame, &narrowed).acts {
            changes += 1;
            match (&change.was, &change.is) {
                (Answer::Allowed { gates: was, .. }, Answer::Allowed { gates: is, .. }) => {
                    assert!(is.covers(was), "{change:?}");
                }
                (Answer::Allowed { .. }, _) => {}
                (was, is) => panic!("{was:?} became {is:?}"),
            }
        }
    }
    assert!(changes > 200, "{changes}");
}

#[test]
fn a_void_clause_changes_no_answer_and_any_other_changes_one() {
    let mut rng = Rng(99);
    let (mut void_ones, mut others) = (0, 0);
    for _ in 0..100 {
        let frame = frame(&mut rng);
        let project = project(&mut rng);
        // A clause alone: the space tells whether it does anything beside the frame.
        for clause in project.clauses.values() {
            let mut one = project.clone();
            one.clauses.retain(|id, _| *id == clause.id);
            let (narrowed, _) = narrow(&frame, [one]).unwrap();
            let found = void(&narrowed);
            let all = effect(&frame, &narrowed).acts;
            let lets = matches!(clause.terms, Terms::Permit(_));
            let left = Asks::all(&narrowed, clause.terms.clone());
            if found.is_empty() {
                others += 1;
                assert!(if lets { left } else { !all.is_empty() }, "{}", project.text());
            } else {
                void_ones += 1;
                assert_eq!((found.len(), found[0].code), (1, "void-under-frame"));
                assert!(if lets { !left } else { all.is_empty() }, "{}", project.text());
            }
        }
    }
    assert!(void_ones > 20 && others > 60, "{void_ones} {others}");
}

/// Whether some request of a grid, which has every boundary of the conditions, is let through.
struct Asks;

impl Asks {
    fn all(narrowed: &Agreement, terms: Terms) -> bool {
        let Terms::Permit(rule) = terms else { return false };
        let about_run = rule.act != ActName::ReleasePropose;
        let things: Vec<Vec<&str>> = if about_run {
            vec![vec!["rows", "net"], vec!["scans", "net"]]
        } else {
            ASSETS.iter().map(|asset| vec![*asset]).collect()
        };
        let mut asked = Asked::generate(&mut Rng(0));
        asked.act = rule.act;
        for (seat, party) in
            [("holder", "ash"), ("holder", "box"), ("holder", "elm"), ("maker", "box")]
        {
            (asked.seat, asked.party) = (seat.parse().unwrap(), party.parse().unwrap());
            for thing in &things {
                for purpose in PURPOSES {
                    asked.purposes = [purpose.parse().unwrap()].into();
                    for point in 0..3 * 3 * 3 * 4 * 4 {
                        let (kind, class, country) = (point % 3, point / 3 % 3, point / 9 % 3);
                        let (rounds, participants) = (point / 27 % 4, point / 108);
                        // A query gives no model.
                        let model = !about_run || KINDS[kind].1 != RunKind::Query;
                        let named = thing.iter().take(if model { 2 } else { 1 });
                        asked.assets = named.map(|id| id.parse().unwrap()).collect();
                        asked.run = about_run.then(|| RunFacts {
                            kind: KINDS[kind].1,
                            purpose: purpose.parse().unwrap(),
                            rounds: ROUNDS[rounds],
                            participants: u32::try_from(participants).unwrap(),
                        });
                        asked.places = if about_run {
                            vec![Place {
                                class: u8::try_from(class + 1).unwrap(),
                                jurisdiction: COUNTRIES[country].parse().unwrap(),
                            }]
                        } else {
                            Vec::new()
                        };
                        if narrowed.says(&asked.ask()).allows() {
                            return true;
                        }
                        if !about_run {
                            break;
                        }
                    }
                }
            }
        }
        false
    }
}

#[test]
fn a_project_speaks_where_its_frame_is_silent_about_nothing() {
    let mut rng = Rng(3);
    let frame = frame(&mut rng);
    let (narrowed, _) = narrow(&frame, [project(&mut rng)]).unwrap();
    // Seats, assets and purposes are the frame's, and so is what a suspension stops.
    assert_eq!(narrowed.seats().count(), frame.seats().count());
    assert_eq!(narrowed.permits(ActName::RunOpen).count(), frame.permits(ActName::RunOpen).count());
    let mut stopped = frame.clone();
    stopped.suspend("m".parse().unwrap());
    let own = narrowed.modules()[&"p".parse().unwrap()].clone();
    let stopped = stopped.narrowed([own]);
    for _ in 0..500 {
        let asked = Asked::generate(&mut rng);
        let said = stopped.says(&asked.ask());
        assert!(!said.allows() && !matches!(said.permit, Permit::By(_)));
    }
}
