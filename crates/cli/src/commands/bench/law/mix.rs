//! What the parties of the measured partnership do, in turn: the same on every machine.
//!
//! Most of it belongs together (a run with its approvals and its result, a motion with its votes),
//! and many of these affairs are on their way at once. Some acts are refused, as some always are.

mod affairs;
mod alone;

use std::collections::BTreeMap;

use concordat_partnership::act::Signed;
use concordat_partnership::{Act, DutyStatus, Effect, Verdict};
use concordat_terms::Digest;
use serde_json::{Value, json};

use super::super::grown::{
    ACCOUNTS, CONTRIBUTORS, DATASETS, HOLDERS, MODELS, OPERATORS, PURPOSES, TRAINERS, name,
};
use super::office::{Office, Signature};
use crate::failure::Failure;

/// How many affairs are on their way at once.
const AFFAIRS: usize = 200;
/// How many open duties are remembered, so as to discharge one.
const OWED: usize = 2_000;
/// Seconds between two ticks; each comes with so many acts.
const TICK: u64 = 1_200;
const PER_TICK: u64 = 8;
/// An hour: one window of a signal.
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Numbers as if by chance, the same in every run (SplitMix64, by Sebastiano Vigna).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).unwrap_or(0)
    }

    fn of(&mut self, (from, to): (usize, usize)) -> usize {
        from + self.below(to.saturating_sub(from))
    }

    fn digest(&mut self) -> String {
        let mut bytes = [0; 32];
        for part in bytes.chunks_exact_mut(8) {
            part.copy_from_slice(&self.next().to_be_bytes());
        }
        Digest(bytes).to_string()
    }
}

/// One act to come.
struct Step {
    by: Vec<Signature>,
    act: Value,
    /// The field of the act that names the first entry of its affair.
    entry: Option<&'static str>,
    /// So long after the affair began.
    after: u64,
}

/// Acts that belong together, the last first.
struct Affair {
    began: Option<(u64, u64)>,
    steps: Vec<Step>,
}

/// What is done, and what is remembered for that.
pub(in super::super) struct Mix {
    numbers: Numbers,
    parties: usize,
    affairs: Vec<Affair>,
    /// Open duties to be discharged, with whose they are.
    owed: Vec<(String, String, &'static str)>,
    /// Until when a series is measured.
    series: BTreeMap<(usize, usize), u64>,
    /// Reports that a contributor holds, the last ones.
    reports: BTreeMap<usize, Vec<String>>,
    /// Versions of a dataset, by holder.
    rows: BTreeMap<(usize, usize), String>,
    names: u64,
    last: Option<Signed>,
    acts: u64,
}

fn by(seat: &'static str, party: usize) -> Vec<Signature> {
    vec![(seat, name(party))]
}

fn step(by: Vec<Signature>, act: Value) -> Step {
    Step { by, act, entry: None, after: 0 }
}

impl Mix {
    pub(in super::super) fn new(parties: usize) -> Self {
        Self {
            numbers: Numbers(17),
            parties,
            affairs: Vec::new(),
            owed: Vec::new(),
            series: BTreeMap::new(),
            reports: BTreeMap::new(),
            rows: BTreeMap::new(),
            names: 0,
            last: None,
            acts: 0,
        }
    }

    fn name(&mut self, of: &str) -> String {
        self.names += 1;
        format!("{of}-{}", self.names)
    }

    fn contributor(&mut self) -> usize {
        let most = self.parties;
        self.numbers.of((CONTRIBUTORS, most))
    }

    fn account(&mut self) -> String {
        format!("service/computing-{}", self.numbers.below(ACCOUNTS))
    }

    /// What is there before the first day of work: places, tables, code, accounts, a project.
    pub(in super::super) fn prepare(&mut self, office: &mut Office) -> Result<(), Failure> {
        let all = |of: &str, count| -> Vec<String> {
            (0..count).map(|index| format!("{of}-{index}")).collect()
        };
        let purposes = all("purpose", PURPOSES);
        let mut steps = Vec::new();
        let holders = HOLDERS.0..HOLDERS.1;
        for (seat, party) in holders
            .clone()
            .map(|party| ("holder", party))
            .chain((CONTRIBUTORS..self.parties).map(|party| ("contributor", party)))
        {
            let place = json!({"place": "ward", "class": 2, "jurisdiction": "BE"});
            steps.push(step(by(seat, party), json!({ "place.register": place })));
        }
        for party in holders {
            for data in 0..DATASETS {
                let asset = format!("data-{data}");
                let code = Digest::of(b"code").to_string();
                let approve = json!({"code.approve": {"code": code, "asset": asset}});
                steps.push(step(by("holder", party), approve));
                steps.push(self.listed(party, data));
            }
        }
        for account in all("service/computing", ACCOUNTS) {
            let open = json!({"account.open": {"account": account}});
            steps.push(step(by("operator", OPERATORS.0), open));
        }
        let assets: Vec<String> =
            all("data", DATASETS).into_iter().chain(all("model", MODELS)).collect();
        let charter = json!({"project.charter": {
            "project": "learning", "charter": self.numbers.digest(),
            "objective": "parties/to-learn", "assets": assets, "purposes": purposes,
        }});
        steps.push(step(by("trainer", TRAINERS.0), charter));
        steps.extend(self.decided("open-it", json!({"project.open": {"project": "learning"}})));
        steps.push(step(by("operator", OPERATORS.0), self.risk("risk.open", "first", 3)));
        for Step { by, act, .. } in steps {
            office.record_if_due()?;
            let signed = office.signed(&by, read(&act)?)?;
            if let (Verdict::Refused { refusal, .. }, _) = office.fold(&signed) {
                let what = format!("`{}` is refused: {refusal}", signed.act.name());
                return Err(Failure::fault("bench-wrong", what, "report this"));
            }
        }
        Ok(())
    }

    /// The next act.
    pub(in super::super) fn next(&mut self, office: &mut Office) -> Result<Signed, Failure> {
        let index = office.state.index();
        if index.is_multiple_of(200) {
            let rolling = office.state.rolling();
            let record = json!({"digest.record": {"index": index, "rolling": rolling}});
            return office.signed(&[("sequencer", "sequencer".to_owned())], read(&record)?);
        }
        self.acts += 1;
        if self.acts >= PER_TICK {
            self.acts = 0;
            return office.tick(TICK);
        }
        // A copy of the last act, as a network sends one.
        if let Some(copy) = self.last.take().filter(|_| self.numbers.below(200) == 0) {
            return Ok(copy);
        }
        let Step { by, act, .. } = self.step(office);
        let signed = office.signed(&by, read(&act)?)?;
        self.last = Some(signed.clone());
        Ok(signed)
    }

    /// An act that is admitted whatever is done before it, and beside it.
    pub(in super::super) fn free(&mut self, office: &mut Office) -> Result<Signed, Failure> {
        let Step { by, act, .. } = self.free_standing();
        office.signed(&by, read(&act)?)
    }

    /// What became of it: duties that it opened are there to be discharged.
    pub(in super::super) fn heard(&mut self, verdict: &Verdict) {
        let Verdict::Admitted { effects, .. } = verdict else { return };
        for effect in effects {
            let Effect::DutyStands(id, DutyStatus::Active) = effect else { continue };
            let clause = id.clause.clause.as_str();
            let seat = if clause.starts_with("look-into-") {
                "operator"
            } else if clause.starts_with("regular-") || clause.starts_with("on-a-day-") {
                "holder"
            } else if clause == "tell-what-was-used" {
                "trainer"
            } else {
                continue;
            };
            if self.owed.len() < OWED {
                self.owed.push((id.to_string(), id.owner.to_string(), seat));
            }
        }
    }

    /// An act of an affair that is on its way, of a new one, or by itself.
    fn step(&mut self, office: &Office) -> Step {
        let now = office.now().seconds();
        let index = office.state.index();
        let chance = self.numbers.below(100);
        if chance < 45 {
            if self.affairs.len() < AFFAIRS && self.numbers.below(4) == 0 {
                let affair = self.affair(&office.state, office.now());
                self.affairs.push(affair);
            }
            // The first of a few that may go on now.
            for _ in 0..4 {
                let place = self.numbers.below(self.affairs.len());
                let Some(affair) = self.affairs.get_mut(place) else { break };
                let (entry, began) = *affair.began.get_or_insert((index, now));
                let Some(mut step) = affair.steps.pop_if(|step| began + step.after <= now) else {
                    continue;
                };
                if affair.steps.is_empty() {
                    self.affairs.swap_remove(place);
                }
                if let Some(field) = step.entry
                    && let Some(fields) =
                        step.act.as_object_mut().and_then(|o| o.values_mut().next())
                    && let Some(fields) = fields.as_object_mut()
                {
                    fields.insert(field.to_owned(), json!(entry));
                }
                return step;
            }
        }
        self.alone(now)
    }
}

/// The act that this says.
fn read(act: &Value) -> Result<Act, Failure> {
    serde_json::from_value(act.clone()).map_err(|e| {
        let what = format!("{act} is no act: {e}");
        Failure::fault("bench-wrong", what, "report this with the program's version")
    })
}
