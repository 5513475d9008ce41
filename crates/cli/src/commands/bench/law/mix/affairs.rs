//! Affairs: acts that belong together, such as a motion with its votes, or a run with its result.

use std::collections::BTreeMap;

use concordat_partnership::State;
use concordat_partnership::act::Plan;
use concordat_replay::plan_cost;
use concordat_terms::{Digest, Timestamp};
use serde_json::{Value, json};

use super::super::super::grown::{
    CONTRIBUTORS, DATASETS, HOLDERS, LABS, MODELS, OPERATORS, PURPOSES, RUNS, TRAINERS, name,
};
use super::super::office::public;
use super::{Affair, DAY, Mix, Step, by, step};

impl Mix {
    /// Acts that belong together.
    pub(super) fn affair(&mut self, state: &State, now: Timestamp) -> Affair {
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
    pub(super) fn decided(&mut self, motion: &str, decision: Value) -> Vec<Step> {
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

    pub(super) fn risk(&mut self, act: &str, risk: &str, likelihood: usize) -> Value {
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
