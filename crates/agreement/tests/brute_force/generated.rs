//! Generated agreements: small worlds, rules and gates about one act.

use concordat_agreement::Agreement;
use concordat_terms::ActName;

use crate::common::Rng;
use crate::common::sides::{Sides, list, quoted};

pub(crate) const ACT: ActName = ActName::RunOpen;
pub(crate) const PARTIES: [&str; 3] = ["ash", "box", "elm"];
pub(crate) const SEATS: [&str; 2] = ["holder", "maker"];
pub(crate) const KINDS: [&str; 3] = ["train", "query", "evaluate"];
pub(crate) const DATA: [&str; 2] = ["rows", "scans"];
pub(crate) const PURPOSES: [&str; 2] = ["care", "study"];

pub(crate) const CONDITIONS: &[&str] = &[
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
pub(crate) struct World {
    pub(crate) maker: usize,
    pub(crate) scans: bool,
    pub(crate) restricted: bool,
    pub(crate) belgian: bool,
}

pub(crate) const MAKERS: [&[usize]; 3] = [&[1], &[2], &[1, 2]];

#[derive(Clone, Default)]
pub(crate) struct Rule {
    pub(crate) permit: bool,
    pub(crate) by: Vec<usize>,
    pub(crate) kinds: Vec<usize>,
    /// Of the data; the model is 2.
    on: Vec<usize>,
    pub(crate) purposes: Vec<usize>,
    pub(crate) when: Option<usize>,
}

#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) kinds: Vec<usize>,
    pub(crate) module: bool,
    pub(crate) approvals: u32,
}

#[derive(Clone)]
pub(crate) struct Text {
    pub(crate) world: World,
    pub(crate) rules: Vec<Rule>,
    pub(crate) gates: Vec<Gate>,
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
    pub(crate) fn generate(rng: &mut Rng) -> Self {
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
    pub(crate) fn amended(&self, rng: &mut Rng) -> Self {
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

    pub(crate) fn agreement(&self) -> Agreement {
        let mut sides = Sides::begun(&["CH", "JP"]);
        sides.party("elm", if self.world.belgian { &["US", "BE"] } else { &["US"] });
        let makers: Vec<&str> = MAKERS[self.world.maker].iter().map(|at| PARTIES[*at]).collect();
        sides.seat("maker", &makers);
        sides.put("approve", &[("permit", quoted("run.approve")), ("by", quoted("holder"))]);
        for name in ["rows", "scans", "net"] {
            if name != "scans" || self.world.scans {
                let secret = name == "rows" && self.world.restricted;
                let label = if secret { "restricted" } else { "internal" };
                sides.asset(name, "holder", label, &[]);
            }
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let mut fields = vec![
                (if rule.permit { "permit" } else { "forbid" }, quoted(ACT.as_str())),
                ("by", chosen(&SEATS, &rule.by)),
                ("kinds", chosen(&KINDS, &rule.kinds)),
                ("on", chosen(&["rows", "scans", "net"], &self.on(rule))),
                ("purposes", chosen(&PURPOSES, &rule.purposes)),
            ];
            let when = rule.when.map(|when| format!("'{}'", CONDITIONS[when].replace('@', "")));
            fields.extend(when.map(|when| ("when", when)));
            sides.put(&format!("rule-{index}"), &fields);
        }
        for (index, gate) in self.gates.iter().enumerate() {
            let mut fields =
                vec![("gate", quoted(ACT.as_str())), ("kinds", chosen(&KINDS, &gate.kinds))];
            if gate.module {
                fields.push(("modules", list(&["m"])));
            }
            if gate.approvals > 0 {
                let least = gate.approvals;
                fields
                    .push(("approvals", format!("[{{ seat = \"holder\", at_least = {least} }}]")));
            }
            sides.put(&format!("gate-{index}"), &fields);
        }
        sides.agreement()
    }

    /// What a rule names of what is there.
    pub(crate) fn on(&self, rule: &Rule) -> Vec<usize> {
        rule.on.iter().copied().filter(|on| *on != 1 || self.world.scans).collect()
    }
}

fn chosen(of: &[&str], chosen: &[usize]) -> String {
    list(&chosen.iter().map(|at| of[*at]).collect::<Vec<_>>())
}
