//! Acts that nothing else belongs to: what is measured, used, paid, told; and what is refused.

use concordat_terms::Timestamp;
use serde_json::json;

use super::super::super::grown::{
    DATASETS, HOLDERS, OPERATORS, PURPOSES, REPORTS, SIGNALS, TRAINERS, name,
};

use super::{HOUR, Mix, Step, by, step};

impl Mix {
    /// An act that nothing else belongs to.
    pub(super) fn alone(&mut self, now: u64) -> Step {
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

    /// An act that waits for no other, and after which no other is refused.
    pub(super) fn free_standing(&mut self) -> Step {
        match self.numbers.below(4) {
            0 => self.appraised(),
            1 => self.trained(),
            2 => self.achieved(),
            _ => self.used(),
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

    pub(super) fn used(&mut self) -> Step {
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
    pub(super) fn listed(&mut self, holder: usize, data: usize) -> Step {
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
