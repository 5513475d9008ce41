//! What `effect` tells, held against asking every point of a finite space by other means: the
//! rules are asked as the test wrote them, their conditions by Cedar itself.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use common::{Cedar, Rng};
use concordat_agreement::effect::{ActChange, Answer, Demand, Jurisdiction, effect};
use concordat_agreement::{Agreement, assemble, read};
use concordat_terms::ActName;
use serde_json::{Value, json};

const ACT: ActName = ActName::RunOpen;
const PARTIES: [&str; 3] = ["ash", "box", "elm"];
const SEATS: [&str; 2] = ["holder", "maker"];
const KINDS: [&str; 3] = ["train", "query", "evaluate"];
const DATA: [&str; 2] = ["rows", "scans"];
const PURPOSES: [&str; 2] = ["care", "study"];
/// The countries that conditions and parties name, and one that none names.
const COUNTRIES: [&str; 5] = ["BE", "CH", "JP", "US", "NZ"];
/// The numbers of conditions and their neighbours.
const ROUNDS: [u32; 7] = [0, 19, 20, 21, 22, 23, 4_000_000_000];
const PARTICIPANTS: [u32; 5] = [0, 1, 2, 3, 9];

const CONDITIONS: &[&str] = &[
    "@run.rounds <= 20",
    "@run.rounds > 21 && @run.participants >= 2",
    "@run.rounds == 20 || @run.participants < 2",
    "22 > @run.rounds",
    "@place.class >= 2",
    "@place.class == 1 || @run.rounds <= 20",
    "@place.jurisdiction == \"CH\"",
    "[\"BE\", \"CH\"].contains(@place.jurisdiction) && @place.class != 2",
    "!(@place.jurisdiction == \"BE\" || @place.jurisdiction == \"CH\")",
    "@party.jurisdictions.contains(@place.jurisdiction)",
    "!@party.jurisdictions.contains(@place.jurisdiction) && @place.class < 3",
    "@asset.label == \"restricted\"",
    "@asset.kind == \"model\" || @place.class > 1",
    "@asset.label != \"restricted\" && @run.rounds < 22",
    "@party.jurisdictions.contains(\"JP\")",
    "@party.jurisdictions.containsAny([\"US\", \"BE\"]) && @run.kind != \"query\"",
    "[\"BE\", \"US\"].containsAll(@party.jurisdictions)",
    "@party.side == \"public\" || @place.class < 3",
    "@party.id == \"elm\"",
    "@run.purpose == \"care\"",
    "@run.kind == \"train\" && @run.purpose != \"care\"",
    "@place has class && @party.side == \"private\"",
];

/// What the generated agreements differ in, beside their rules.
#[derive(Clone, Copy, PartialEq, Eq)]
struct World {
    maker: usize,
    scans: bool,
    restricted: bool,
    belgian: bool,
}

const MAKERS: [&[usize]; 3] = [&[1], &[2], &[1, 2]];

#[derive(Clone, Default)]
struct Rule {
    permit: bool,
    by: Vec<usize>,
    kinds: Vec<usize>,
    /// Of the data; the model is 2.
    on: Vec<usize>,
    purposes: Vec<usize>,
    when: Option<usize>,
}

#[derive(Clone)]
struct Gate {
    kinds: Vec<usize>,
    module: bool,
    approvals: u32,
}

#[derive(Clone)]
struct Text {
    world: World,
    rules: Vec<Rule>,
    gates: Vec<Gate>,
}

fn some(rng: &mut Rng, count: usize) -> Vec<usize> {
    if rng.percent(50) { Vec::new() } else { (0..count).filter(|_| rng.percent(60)).collect() }
}

fn rule(rng: &mut Rng) -> Rule {
    let permit = rng.percent(65);
    let by = if permit {
        vec![vec![0], vec![1], vec![0, 1]][rng.below(3)].clone()
    } else {
        some(rng, 2)
    };
    let on = match rng.below(4) {
        0 => vec![0, 2],
        1 => vec![0, 1, 2],
        2 => some(rng, 3),
        _ => Vec::new(),
    };
    let when = rng.percent(70).then(|| rng.below(CONDITIONS.len()));
    Rule { permit, by, kinds: some(rng, 3), on, purposes: some(rng, 2), when }
}

/// A gate before what nobody may do is an error.
fn permitted(rules: &mut [Rule]) {
    if !rules.iter().any(|rule| rule.permit) {
        rules[0] = Rule { permit: true, by: vec![1], ..Rule::default() };
    }
}

fn gate(rng: &mut Rng) -> Gate {
    let module = rng.percent(50);
    let approvals = u32::try_from(rng.below(3)).unwrap();
    Gate {
        kinds: some(rng, 3),
        module,
        approvals: if module { approvals } else { approvals.max(1) },
    }
}

impl Text {
    fn generate(rng: &mut Rng) -> Self {
        let world = World {
            maker: rng.below(3),
            scans: rng.percent(80),
            restricted: rng.percent(70),
            belgian: rng.percent(30),
        };
        let mut rules: Vec<Rule> = (0..1 + rng.below(5)).map(|_| rule(rng)).collect();
        permitted(&mut rules);
        let gates = (0..rng.below(3)).map(|_| gate(rng)).collect();
        Self { world, rules, gates }
    }

    /// Amended in one place.
    fn amended(&self, rng: &mut Rng) -> Self {
        let mut new = self.clone();
        match rng.below(6) {
            0 => new.rules.push(rule(rng)),
            1 => new.gates.push(gate(rng)),
            2 => drop(new.gates.pop()),
            3 => new.world.maker = rng.below(3),
            4 => new.world.scans = !new.world.scans,
            _ => {
                let at = rng.below(new.rules.len());
                new.rules[at] = rule(rng);
            }
        }
        permitted(&mut new.rules);
        new
    }

    fn agreement(&self) -> Agreement {
        let mut text = BASE.to_owned();
        let mut put = |id: &str, fields: &[(&str, String)]| {
            writeln!(text, "\n```clause\nid = \"{id}\"").unwrap();
            for (name, value) in fields.iter().filter(|(_, value)| value != "[]") {
                writeln!(text, "{name} = {value}").unwrap();
            }
            text.push_str("```\n");
        };
        let quoted = |text: &str| format!("\"{text}\"");
        let list = |of: &[&str], chosen: &[usize]| {
            let names: Vec<String> = chosen.iter().map(|index| quoted(of[*index])).collect();
            format!("[{}]", names.join(", "))
        };
        let elm = if self.world.belgian { "[\"US\", \"BE\"]" } else { "[\"US\"]" };
        put(
            "elm",
            &[
                ("party", quoted("Elm (example)")),
                ("side", quoted("private")),
                ("jurisdictions", elm.to_owned()),
            ],
        );
        let makers = list(&PARTIES, MAKERS[self.world.maker]);
        put("maker", &[("seat", quoted("Maker")), ("filled_by", makers)]);
        let label = |id| if id == 0 && self.world.restricted { "restricted" } else { "internal" };
        for (id, name) in ["rows", "scans", "net"].into_iter().enumerate() {
            if id != 1 || self.world.scans {
                let kind = if id == 2 { "model" } else { "dataset" };
                let fields = [
                    ("asset", quoted(name)),
                    ("kind", quoted(kind)),
                    ("holder", quoted("holder")),
                    ("label", quoted(label(id))),
                    ("purposes", list(&PURPOSES, &[0, 1])),
                ];
                put(name, &fields);
            }
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let on: Vec<usize> = self.on(rule);
            let mut fields = vec![
                (if rule.permit { "permit" } else { "forbid" }, quoted(ACT.as_str())),
                ("by", list(&SEATS, &rule.by)),
                ("kinds", list(&KINDS, &rule.kinds)),
                ("on", list(&["rows", "scans", "net"], &on)),
                ("purposes", list(&PURPOSES, &rule.purposes)),
            ];
            let when = rule.when.map(|when| format!("'{}'", CONDITIONS[when].replace('@', "")));
            fields.extend(when.map(|when| ("when", when)));
            put(&format!("rule-{index}"), &fields);
        }
        for (index, gate) in self.gates.iter().enumerate() {
            let mut fields =
                vec![("gate", quoted(ACT.as_str())), ("kinds", list(&KINDS, &gate.kinds))];
            if gate.module {
                fields.push(("modules", "[\"m\"]".to_owned()));
            }
            if gate.approvals > 0 {
                let least = gate.approvals;
                fields
                    .push(("approvals", format!("[{{ seat = \"holder\", at_least = {least} }}]")));
            }
            put(&format!("gate-{index}"), &fields);
        }
        let module = read("m.md", text.as_bytes()).unwrap_or_else(|found| panic!("{found:#?}"));
        assemble([module]).unwrap_or_else(|found| panic!("{found:#?}")).0
    }

    /// What a rule names of what is there.
    fn on(&self, rule: &Rule) -> Vec<usize> {
        rule.on.iter().copied().filter(|on| *on != 1 || self.world.scans).collect()
    }
}

/// A request, by index in each dimension.
#[derive(Clone, Copy, Debug)]
struct Point {
    seat: usize,
    party: usize,
    kind: usize,
    data: usize,
    purpose: usize,
    class: usize,
    country: usize,
    rounds: usize,
    participants: usize,
}

const SIZES: [usize; 9] = [2, 3, 3, 2, 2, 3, 5, 7, 5];

impl Point {
    fn all() -> Vec<Self> {
        let total: usize = SIZES.iter().product();
        let each = (0..total).map(|mut rest| {
            let [seat, party, kind, data, purpose, class, country, rounds, participants] = SIZES
                .map(|size| {
                    let at = rest % size;
                    rest /= size;
                    at
                });
            Self { seat, party, kind, data, purpose, class, country, rounds, participants }
        });
        each.collect()
    }
}

/// Refused, or allowed once so much is there: a module, and approvals.
type Answered = Option<(bool, u32)>;

/// Cedar's answers so far: condition, party and its countries, place, run, asset and its label.
#[derive(Default)]
struct Oracle {
    cedar: BTreeMap<usize, Cedar>,
    known: BTreeMap<(usize, [usize; 4]), bool>,
}

impl Oracle {
    fn holds(&mut self, when: usize, world: World, point: &Point, asset: usize) -> bool {
        let text = CONDITIONS[when];
        let asks = |root: &str| text.contains(root);
        let key = [
            if asks("@party") { point.party + 3 * usize::from(world.belgian) + 1 } else { 0 },
            if asks("@place") { point.class * 5 + point.country + 1 } else { 0 },
            if asks("@run") {
                ((point.kind * 2 + point.purpose) * 7 + point.rounds) * 5 + point.participants + 1
            } else {
                0
            },
            if asks("@asset") { asset + 3 * usize::from(world.restricted) + 1 } else { 0 },
        ];
        if let Some(known) = self.known.get(&(when, key)) {
            return *known;
        }
        let cedar =
            self.cedar.entry(when).or_insert_with(|| Cedar::of(&text.replace('@', "context.")));
        let holds = cedar.holds(&facts(world, point, asset)).unwrap();
        self.known.insert((when, key), holds);
        holds
    }
}

fn facts(world: World, point: &Point, asset: usize) -> Value {
    let countries: &[&str] = match point.party {
        0 => &["BE"],
        1 => &["CH", "JP"],
        _ if world.belgian => &["US", "BE"],
        _ => &["US"],
    };
    let side = ["public", "private", "private"][point.party];
    let kind = ["dataset", "dataset", "model"][asset];
    json!({
        "place": { "class": point.class + 1, "jurisdiction": COUNTRIES[point.country] },
        "party": {
            "id": PARTIES[point.party],
            "side": side,
            "jurisdictions": countries,
        },
        "run": {
            "kind": KINDS[point.kind],
            "purpose": PURPOSES[point.purpose],
            "rounds": ROUNDS[point.rounds],
            "participants": PARTICIPANTS[point.participants],
        },
        "asset": {
            "kind": kind,
            "label": if asset == 0 && world.restricted { "restricted" } else { "internal" },
        },
    })
}

/// The plain reading of a text.
fn answer(text: &Text, point: &Point, oracle: &mut Oracle) -> Answered {
    let seated = point.seat == 0 || MAKERS[text.world.maker].contains(&point.party);
    let there = point.data == 0 || text.world.scans;
    if !seated || !there {
        return None;
    }
    let things = [point.data, 2];
    let named = |list: &[usize], one: usize| list.is_empty() || list.contains(&one);
    let mut allowed = false;
    for rule in &text.rules {
        let on = text.on(rule);
        let of_these = |thing: &usize| named(&on, *thing);
        let on_fits =
            if rule.permit { things.iter().all(of_these) } else { things.iter().any(of_these) };
        let listed = named(&rule.by, point.seat)
            && named(&rule.kinds, point.kind)
            && named(&rule.purposes, point.purpose)
            && on_fits;
        if !listed {
            continue;
        }
        let mut meant = things.iter().filter(|thing| of_these(thing));
        let mut holds = |asset: &usize| {
            rule.when.is_none_or(|when| oracle.holds(when, text.world, point, *asset))
        };
        if rule.permit {
            allowed |= meant.all(&mut holds);
        } else if meant.any(&mut holds) {
            return None;
        }
    }
    let gates = text.gates.iter().filter(|gate| named(&gate.kinds, point.kind));
    let demand = gates.fold((false, 0), |(module, least), gate| {
        (module || gate.module, gate.approvals.max(least))
    });
    allowed.then_some(demand)
}

fn demanded(demand: &Demand) -> (bool, u32) {
    let approvals = demand.approvals.values().copied().max().unwrap_or_default();
    (!demand.modules.is_empty(), approvals)
}

fn answered(answer: &Answer) -> Answered {
    match answer {
        Answer::Allowed { gates } => Some(demanded(gates)),
        _ => None,
    }
}

/// Which of a dimension's values a region holds.
fn within<T: Ord>(
    set: &Option<BTreeSet<T>>,
    size: usize,
    holds: impl Fn(&T, usize) -> bool,
) -> Vec<usize> {
    let any = |index: &usize| set.as_ref().is_none_or(|set| set.iter().any(|of| holds(of, *index)));
    (0..size).filter(any).collect()
}

/// The points of a change, as indexes into [`Point::all`].
fn points_of(change: &ActChange) -> Vec<usize> {
    let region = &change.region;
    let seat = SEATS.iter().position(|seat| *seat == change.seat.as_str()).unwrap();
    let data = |index: usize| {
        let pair = [DATA[index], "net"];
        move |of: &Vec<concordat_terms::AssetId>| of.iter().map(|id| id.as_str()).eq(pair)
    };
    let sets = [
        vec![seat],
        within(&region.parties, 3, |of, index| of.as_str() == PARTIES[index]),
        within(&region.kinds, 3, |of, index| of.as_str() == KINDS[index]),
        within(&region.assets, 2, |of, index| data(index)(of)),
        within(&region.purposes, 2, |of, index| of.as_str() == PURPOSES[index]),
        // Places as pairs: class and country.
        within(&region.places, 15, |of, index| {
            usize::from(of.class) == index % 3 + 1
                && match &of.jurisdiction {
                    Jurisdiction::Named(country) => country.as_str() == COUNTRIES[index / 3],
                    Jurisdiction::Elsewhere { but, .. } => {
                        !but.iter().any(|country| country.as_str() == COUNTRIES[index / 3])
                    }
                }
        }),
        within(&region.rounds, 7, |of, index| {
            of.from <= ROUNDS[index] && of.to.is_none_or(|to| ROUNDS[index] <= to)
        }),
        within(&region.participants, 5, |of, index| {
            of.from <= PARTICIPANTS[index] && of.to.is_none_or(|to| PARTICIPANTS[index] <= to)
        }),
    ];
    let mut found = vec![0];
    let mut stride = 1;
    for (set, size) in sets.iter().zip([2, 3, 3, 2, 2, 15, 7, 5]) {
        found =
            found.iter().flat_map(|at| set.iter().map(move |index| at + index * stride)).collect();
        stride *= size;
    }
    found
}

/// A party of the union of both seats may be outside of it in this grid: it is never told about.
fn seated(point: &Point, old: &Text, new: &Text) -> bool {
    let fills = |text: &Text| point.seat == 0 || MAKERS[text.world.maker].contains(&point.party);
    fills(old) || fills(new)
}

/// Likewise an asset that neither has.
fn there(point: &Point, old: &Text, new: &Text) -> bool {
    point.data == 0 || old.world.scans || new.world.scans
}

#[test]
fn what_is_told_of_a_thousand_pairs_is_what_asking_every_point_finds() {
    let mut rng = Rng(5);
    let mut texts: Vec<Text> = Vec::new();
    for index in 0..46 {
        let text = match texts.last() {
            Some(last) if index % 3 > 0 => last.amended(&mut rng),
            _ => Text::generate(&mut rng),
        };
        texts.push(text);
    }
    let points = Point::all();
    let mut oracle = Oracle::default();
    let pool: Vec<(Text, Agreement, Vec<Answered>)> = texts
        .into_iter()
        .map(|text| {
            let answers = points.iter().map(|point| answer(&text, point, &mut oracle)).collect();
            let agreement = text.agreement();
            (text, agreement, answers)
        })
        .collect();

    let mut pairs: Vec<(usize, usize)> = (1..pool.len()).map(|new| (new - 1, new)).collect();
    while pairs.len() < 1_000 {
        pairs.push((rng.below(pool.len()), rng.below(pool.len())));
    }
    let (mut differing, mut empty) = (0_usize, 0_usize);
    for (from, to) in pairs {
        let ((old_text, old, before), (new_text, new, after)) = (&pool[from], &pool[to]);
        let effect = effect(old, new);
        let mut told = vec![0_u8; points.len()];
        // Approvals of runs differ where assets do, by a clause that all texts share.
        for change in effect.acts.iter().filter(|change| change.act == ACT) {
            for index in points_of(change) {
                let point = &points[index];
                if !seated(point, old_text, new_text) || !there(point, old_text, new_text) {
                    continue;
                }
                told[index] += 1;
                let (was, is) = (answered(&change.was), answered(&change.is));
                assert_eq!((was, is), (before[index], after[index]), "{from} to {to}: {point:?}");
            }
        }
        for (index, point) in points.iter().enumerate() {
            let wanted = u8::from(before[index] != after[index]);
            assert_eq!(told[index], wanted, "{from} to {to}: {point:?}\n{:#?}", effect.acts);
            differing += usize::from(wanted);
        }
        empty += usize::from(effect.is_empty());
    }
    // The pairs say something: many points differ, and some pairs nowhere.
    assert!(differing > 1_000_000 && empty > 20, "{differing} points, {empty} pairs alike");
}

#[test]
fn an_agreement_changes_nothing_beside_itself() {
    let mut rng = Rng(77);
    for case in 0..100 {
        let text = Text::generate(&mut rng);
        let agreement = text.agreement();
        assert!(effect(&agreement, &agreement).is_empty(), "{case}");
        // Another name for every rule says nothing new either.
        let mut turned = text.clone();
        turned.rules.reverse();
        turned.gates.reverse();
        assert!(effect(&agreement, &turned.agreement()).acts.is_empty(), "{case}");
    }
}

const BASE: &str = r#"# Two sides

```module
id = "m"
version = "1.0.0"
signers = ["all"]
```

```clause
id = "goal"
objective = "to find out"
```

```clause
id = "ash"
party = "Ash (example)"
side = "public"
jurisdictions = ["BE"]
```

```clause
id = "box"
party = "Box (example)"
side = "private"
jurisdictions = ["CH", "JP"]
```

```clause
id = "holder"
seat = "Holder"
filled_by = ["ash", "box", "elm"]
```

```clause
id = "care"
purpose = "care"
```

```clause
id = "study"
purpose = "study"
```

```clause
id = "approve"
permit = "run.approve"
by = "holder"
```
"#;
