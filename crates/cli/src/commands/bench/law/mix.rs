//! What the parties of the measured partnership do, in turn: the same on every machine.
//!
//! Most of it belongs together (a run with its approvals and its result, a motion with its votes),
//! and many of these affairs are on their way at once. Some acts are refused, as some always are.

use std::collections::BTreeMap;

use concordat_partnership::act::{Plan, Signed};
use concordat_partnership::{Act, DutyStatus, Effect, State, Verdict};
use concordat_replay::plan_cost;
use concordat_terms::{Digest, Timestamp};
use serde_json::{Value, json};

use super::clauses::{
    ACCOUNTS, CONTRIBUTORS, DATASETS, HOLDERS, LABS, MODELS, OPERATORS, PURPOSES, REPORTS, RUNS,
    SIGNALS, TRAINERS,
};
use super::office::{Office, Signature, name, public};
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
pub(super) struct Mix {
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
    pub(super) fn new(parties: usize) -> Self {
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
    pub(super) fn prepare(&mut self, office: &mut Office) -> Result<(), Failure> {
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
            let signed = office.signed(&by, read(&act)?)?;
            if let (Verdict::Refused { refusal, .. }, _) = office.fold(&signed) {
                let what = format!("`{}` is refused: {refusal}", signed.act.name());
                return Err(Failure::fault("bench-wrong", what, "report this"));
            }
        }
        Ok(())
    }

    /// The next act.
    pub(super) fn next(&mut self, office: &mut Office) -> Result<Signed, Failure> {
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

    /// What became of it: duties that it opened are there to be discharged.
    pub(super) fn heard(&mut self, verdict: &Verdict) {
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

impl Mix {
    /// An act that nothing else belongs to.
    fn alone(&mut self, now: u64) -> Step {
        loop {
            let step = match self.numbers.below(100) {
                0..28 => self.measured(now),
                28..55 => Some(self.used()),
                55..62 => self.discharged(),
                62..66 => Some(self.allocated()),
                66..70 => Some(self.paid()),
                70..74 => self.reported(),
                74..77 => Some(self.appraised()),
                77..81 => Some(self.trained()),
                81..85 => Some(self.achieved()),
                85..88 => {
                    let holder = self.numbers.of(HOLDERS);
                    let data = self.numbers.below(DATASETS);
                    Some(self.listed(holder, data))
                }
                88..90 => Some(self.handed()),
                _ => Some(self.refused()),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn measured(&mut self, now: u64) -> Option<Step> {
        let party = self.contributor();
        let signal = self.numbers.below(SIGNALS);
        let from = self.series.get(&(party, signal)).copied().unwrap_or(0).max(now - 3 * HOUR);
        let windows = ((now - from) / HOUR) as usize;
        if windows == 0 {
            return None;
        }
        self.series.insert((party, signal), from + windows as u64 * HOUR);
        // One in some thousands is across the threshold.
        let values: Vec<String> = (0..windows)
            .map(|_| match self.numbers.below(3_000) {
                0 => "0.97".to_owned(),
                _ => format!("0.{:02}", self.numbers.below(80)),
            })
            .collect();
        let batch = json!({"signal.batch": {
            "signal": format!("service/signal-{signal}"),
            "from": Timestamp::from_seconds(from).unwrap_or(Timestamp::EPOCH),
            "values": values, "digest": self.numbers.digest(),
        }});
        Some(step(by("contributor", party), batch))
    }

    fn used(&mut self) -> Step {
        let (party, account) = (self.contributor(), self.account());
        let amount = format!("gpu-hour 0.{:02}1", self.numbers.below(100));
        let usage = json!({"usage.report": {
            "under": account, "amount": amount, "reference": self.numbers.digest(),
        }});
        step(by("contributor", party), usage)
    }

    fn discharged(&mut self) -> Option<Step> {
        if self.owed.is_empty() {
            return None;
        }
        let place = self.numbers.below(self.owed.len());
        let (duty, owner, seat) = self.owed.swap_remove(place);
        let done = json!({"duty.discharge": {"duty": duty, "evidence": self.numbers.digest()}});
        Some(step(vec![(seat, owner)], done))
    }

    fn allocated(&mut self) -> Step {
        let (party, account) = (name(self.contributor()), self.account());
        let allocate = json!({"account.allocate": {
            "account": account, "to": {"party": party}, "amount": "gpu-hour 20",
        }});
        step(by("operator", self.numbers.of(OPERATORS)), allocate)
    }

    fn paid(&mut self) -> Step {
        let (party, account) = (self.contributor(), self.account());
        let payment = json!({"payment.record": {
            "under": account, "amount": "gpu-hour 0.5", "reference": self.numbers.digest(),
        }});
        step(by("contributor", party), payment)
    }

    /// A report made from the last ones of the same contributor.
    fn reported(&mut self) -> Option<Step> {
        let party = self.contributor();
        let asset = format!("report-{}", self.numbers.below(REPORTS));
        let version = self.numbers.digest();
        let held = self.reports.entry(party).or_default();
        let from: Vec<String> = held.iter().rev().take(3).cloned().collect();
        if held.len() > 10 {
            held.remove(0);
        }
        held.push(version.clone());
        let act = if from.is_empty() {
            let terms = self.numbers.digest();
            json!({"asset.declare-background": {
                "asset": asset, "version": version, "terms": terms,
            }})
        } else {
            json!({"asset.derive": {
                "asset": asset, "version": version, "from": from, "step": "combine",
                "place": "ward",
            }})
        };
        Some(step(by("contributor", party), act))
    }

    fn handed(&mut self) -> Step {
        let from = self.contributor();
        let to = self.contributor();
        let held = self.reports.get(&from).and_then(|held| held.last()).cloned();
        let version = held.unwrap_or_else(|| self.numbers.digest());
        let transfer = json!({"asset.transfer": {
            "version": version, "to": name(to), "what": "copy", "terms": self.numbers.digest(),
            "place": "ward", "profile": "tls-1.3",
        }});
        step(by("contributor", from), transfer)
    }

    fn appraised(&mut self) -> Step {
        let party = self.contributor();
        let attest = json!({"place": "ward", "appraisal": self.numbers.digest()});
        step(by("contributor", party), json!({ "place.attest": attest }))
    }

    fn trained(&mut self) -> Step {
        let party = name(self.contributor());
        let record = json!({"training.record": {
            "party": party, "member": format!("m-{}", self.numbers.below(20)),
            "course": "data-protection", "completed": "2027-01-01T00:00:00Z",
            "evidence": self.numbers.digest(),
        }});
        step(by("operator", self.numbers.of(OPERATORS)), record)
    }

    fn achieved(&mut self) -> Step {
        let report = json!({"objective.report": {
            "objective": "parties/to-learn", "value": format!("0.{:02}", self.numbers.below(90)),
            "evidence": self.numbers.digest(),
        }});
        step(by("trainer", self.numbers.of(TRAINERS)), report)
    }

    /// A new version of a holder's table.
    fn listed(&mut self, holder: usize, data: usize) -> Step {
        let version = self.numbers.digest();
        self.rows.insert((holder, data), version.clone());
        let purposes: Vec<String> = (0..PURPOSES).map(|index| format!("purpose-{index}")).collect();
        let register = json!({"dataset.register": {
            "asset": format!("data-{data}"), "version": version, "place": "ward",
            "rows_band": 300, "purposes": purposes,
        }});
        step(by("holder", holder), register)
    }

    /// Something that is refused.
    fn refused(&mut self) -> Step {
        let party = self.contributor();
        let digest = self.numbers.digest();
        let (by, act) = match self.numbers.below(6) {
            // For a seat of others.
            0 => {
                (by("operator", party), json!({"account.open": {"account": "service/computing-0"}}))
            }
            // About what is not there.
            1 => (by("holder", 0), json!({"run.join": {"run": "nothing", "cost": vec![0; 156]}})),
            2 => (
                by("public-member", 0),
                json!({"motion.vote": {"motion": "nothing", "vote": "for"}}),
            ),
            // More than there is.
            3 => (
                by("contributor", party),
                json!({"usage.report": {
                    "under": "service/computing-0", "amount": "gpu-hour 900000000",
                    "reference": digest,
                }}),
            ),
            // What no clause permits a contributor.
            4 => (
                by("contributor", party),
                json!({"hold.place": {"asset": "data-0", "ground": digest}}),
            ),
            // What is done already.
            _ => (
                by("operator", OPERATORS.0),
                json!({"account.open": {"account": "service/computing-0"}}),
            ),
        };
        step(by, act)
    }
}

impl Mix {
    /// Acts that belong together.
    fn affair(&mut self, state: &State, now: Timestamp) -> Affair {
        let mut steps = match self.numbers.below(100) {
            0..12 => self.run(state),
            12..27 => {
                let motion = self.name("motion");
                let most = 4 + self.numbers.below(20);
                self.decided(&motion, json!({"risk.appetite": {"most": most}}))
            }
            27..45 => self.notice(),
            45..57 => self.audit(),
            57..70 => self.case(now),
            70..80 => self.risks(),
            80..88 => self.mandate(now),
            88..94 => self.meeting(now),
            94..97 => self.dispute(),
            _ => self.hold(),
        };
        steps.reverse();
        Affair { began: None, steps }
    }

    /// A motion, votes of both sides, and what was decided.
    fn decided(&mut self, motion: &str, decision: Value) -> Vec<Step> {
        let seat =
            |party: usize| if party.is_multiple_of(2) { "public-member" } else { "private-member" };
        let propose = json!({"motion.propose": {
            "motion": motion, "body": "council", "decision": decision,
        }});
        let mut steps = vec![step(by("public-member", 0), propose)];
        for party in 0..6 {
            let vote = json!({"motion.vote": {"motion": motion, "vote": "for"}});
            steps.push(step(by(seat(party), party), vote));
        }
        let execute = json!({"motion.execute": {"motion": motion}});
        steps.push(step(by("public-member", 0), execute));
        steps
    }

    /// From its plan to the release of its model.
    fn run(&mut self, state: &State) -> Vec<Step> {
        // Every third permit is of training.
        let index = self.numbers.below(RUNS / 3) * 3;
        let (data, model) = (index % DATASETS, index % MODELS);
        let asset = format!("data-{data}");
        let run = self.name("run");
        let holders: Vec<usize> = (HOLDERS.0..HOLDERS.1).collect();
        let datasets: BTreeMap<String, String> = holders
            .iter()
            .filter_map(|holder| Some((name(*holder), self.rows.get(&(*holder, data))?.clone())))
            .collect();
        let plan = json!({
            "project": "learning", "kind": "train", "purpose": format!("purpose-{}", index % PURPOSES),
            "asset": asset, "datasets": datasets, "model": format!("model-{model}"),
            "recipe": self.numbers.digest(), "code": Digest::of(b"code").to_string(),
            "rounds": 5, "retries": 2, "sampling_rate": "0.01", "noise": "8", "clip": "1",
            "dimension": 14,
        });
        let read: Option<Plan> = serde_json::from_value(plan.clone()).ok();
        let cost = read.and_then(|plan| plan_cost(state.agreement(), &plan));
        let one = json!({"run": run});
        let trainer = self.numbers.of(TRAINERS);
        let mut steps =
            vec![step(by("trainer", trainer), json!({"run.propose": {"run": run, "plan": plan}}))];
        for holder in 0..2 {
            steps.push(step(by("holder", holder), json!({"run.approve": one})));
        }
        steps.push(step(by("trainer", trainer), json!({"run.open": one})));
        for holder in &holders {
            let join = json!({"run.join": {"run": run, "cost": cost}});
            steps.push(step(by("holder", *holder), join));
        }
        let result = self.numbers.digest();
        let roster: Vec<String> = holders.iter().copied().map(name).collect();
        let close = json!({"run.close": {
            "run": run, "model": result, "rounds": 5, "attempts": 5,
            "transcript": self.numbers.digest(), "roster": roster,
        }});
        steps.push(step(holders.iter().map(|holder| ("holder", name(*holder))).collect(), close));
        for lab in LABS.0..LABS.1 {
            let test = json!({"evidence.submit": {
                "subject": result, "method": "pooled-holdout", "results": {"accuracy": "0.81"},
                "cases": 254, "report": self.numbers.digest(),
            }});
            steps.push(step(by("lab", lab), test));
        }
        let model = json!({"model": result});
        steps.push(step(by("trainer", trainer), json!({"release.propose": model})));
        steps.push(step(by("operator", OPERATORS.0), json!({"release.promote": model})));
        steps
    }

    fn notice(&mut self) -> Vec<Step> {
        let party = self.contributor();
        let serve = json!({"notice.serve": {"to": name(party), "text": self.numbers.digest()}});
        let answer = json!({"notice.acknowledge": {}});
        vec![
            step(by("operator", self.numbers.of(OPERATORS)), serve),
            Step { entry: Some("notice"), ..step(by("contributor", party), answer) },
        ]
    }

    fn audit(&mut self) -> Vec<Step> {
        let (lab, party) = (self.numbers.of(LABS), self.contributor());
        let request = json!({"audit.request": {"of": name(party), "scope": self.numbers.digest()}});
        let answer = json!({"audit.answer": {"reply": {"given": self.numbers.digest()}}});
        let finding = json!({"audit.finding": {"finding": self.numbers.digest()}});
        let entry = Some("request");
        vec![
            step(by("lab", lab), request),
            Step { entry, ..step(by("contributor", party), answer) },
            Step { entry, ..step(by("lab", lab), finding) },
        ]
    }

    fn case(&mut self, now: Timestamp) -> Vec<Step> {
        let (case, party) = (self.name("case"), self.contributor());
        let open = json!({"case.open": {
            "case": case, "account": self.numbers.digest(), "on": ["data-0"],
            "matter": {"incident": {
                "kinds": ["personal-data-breach"], "places": ["BE"], "measures": {"people": 12},
                "aware_at": now,
            }},
        }});
        let mut steps = vec![step(by("contributor", party), open)];
        for _ in 0..3 {
            let fact = json!({"case.fact": {"case": case, "evidence": [self.numbers.digest()]}});
            steps.push(step(by("operator", self.numbers.of(OPERATORS)), fact));
        }
        let close = json!({"case.close": {
            "case": case, "outcome": self.numbers.digest(), "review": self.numbers.digest(),
            "redress": self.numbers.digest(),
        }});
        steps.push(step(by("operator", OPERATORS.0), close));
        steps
    }

    fn dispute(&mut self) -> Vec<Step> {
        let (case, one, other) = (self.name("dispute"), self.contributor(), self.contributor());
        let other = if one == other { CONTRIBUTORS + (one + 1) % 10 } else { other };
        let open = json!({"case.open": {
            "case": case, "account": self.numbers.digest(), "against": [name(other)],
            "matter": {"dispute": {"clause": "service/signal-0"}},
        }});
        let reply = json!({"case.reply": {"case": case, "reply": self.numbers.digest()}});
        let close = json!({"case.close": {"case": case, "outcome": self.numbers.digest()}});
        let both = vec![("contributor", name(one)), ("contributor", name(other))];
        vec![
            step(by("contributor", one), open),
            Step { entry: Some("entry"), ..step(by("contributor", other), reply) },
            step(both, close),
        ]
    }

    fn risk(&mut self, act: &str, risk: &str, likelihood: usize) -> Value {
        json!({act: {
            "risk": risk, "owner": "trainer", "likelihood": likelihood, "impact": 2,
            "description": self.numbers.digest(),
        }})
    }

    fn risks(&mut self) -> Vec<Step> {
        let (risk, party) = (self.name("risk"), self.contributor());
        let mut steps = Vec::new();
        for turn in 0..5 {
            let act = if turn == 0 { "risk.open" } else { "risk.update" };
            let likelihood = 1 + self.numbers.below(5);
            let rated = self.risk(act, &risk, likelihood);
            steps.push(step(by("contributor", party), rated));
        }
        let close = json!({"risk.close": {"risk": risk, "evidence": self.numbers.digest()}});
        steps.push(step(by("contributor", party), close));
        steps
    }

    /// A member's key and mandate, and what the member then does under it.
    fn mandate(&mut self, now: Timestamp) -> Vec<Step> {
        let (mandate, party) = (self.name("mandate"), self.contributor());
        let whose = format!("{mandate} key");
        let member = format!("m-{mandate}");
        let register = json!({"key.register": {"key": public(&whose), "member": member}});
        let until = Timestamp::from_seconds(now.seconds() + 180 * DAY);
        let grant = json!({"mandate.grant": {
            "mandate": mandate, "member": member, "seat": "contributor", "until": until,
        }});
        let both = vec![("signatory", name(party)), ("signatory", whose.clone())];
        let mut steps = vec![step(both, register), step(by("signatory", party), grant)];
        for _ in 0..8 {
            let usage = self.used();
            steps.push(step(vec![("contributor", whose.clone())], usage.act));
        }
        steps
    }

    fn meeting(&mut self, now: Timestamp) -> Vec<Step> {
        let meeting = self.name("meeting");
        let at = Timestamp::from_seconds(now.seconds() + 3 * DAY);
        let call = json!({"meeting.call": {
            "meeting": meeting, "body": "council", "at": at, "agenda": self.numbers.digest(),
        }});
        let minute = json!({"meeting.minute": {
            "meeting": meeting, "present": [name(0), name(1)], "minutes": self.numbers.digest(),
        }});
        vec![step(by("chair", 0), call), Step { after: 5 * DAY, ..step(by("chair", 0), minute) }]
    }

    /// A place is stopped, and goes on.
    fn hold(&mut self) -> Vec<Step> {
        let party = self.contributor();
        let operator = self.numbers.of(OPERATORS);
        let mut steps = Vec::new();
        for act in ["place.suspend", "place.resume"] {
            let stop = json!({act: {
                "party": name(party), "place": "ward", "reason": self.numbers.digest(),
            }});
            steps.push(step(by("operator", operator), stop));
        }
        steps
    }
}

/// The act that this says.
fn read(act: &Value) -> Result<Act, Failure> {
    serde_json::from_value(act.clone()).map_err(|e| {
        let what = format!("{act} is no act: {e}");
        Failure::fault("bench-wrong", what, "report this with the program's version")
    })
}
