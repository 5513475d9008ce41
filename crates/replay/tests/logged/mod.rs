//! A scenario as a log with real signatures: each step's verdict is the log's.

use std::collections::BTreeSet;

use concordat_agreement::Level;
use concordat_partnership::act::{
    Attached, Founder, Genesis, Header, ModuleEnter, ModuleSign, OneModule, Seen, Signer, Tick,
    WitnessPolicy,
};
use concordat_partnership::check::{Entry, Report, Story};
use concordat_partnership::{Act, PrivacyRefusal, Proved, Refusal, Verdict};
use concordat_replay::{RULES, Replica};
use concordat_terms::{PartyId, SeatId, Timestamp};
use concordat_wire::act::encode;

use crate::common::{id_of, public, seal};

/// A log of an agreement's parties, with real signatures, as every party folds it.
struct Log {
    replica: Replica,
    now: Timestamp,
    nonce: u64,
}

impl Log {
    fn in_force(proved: &Proved, time: Timestamp) -> Self {
        let agreement = &proved.agreement;
        let parties: Vec<PartyId> = agreement.parties().filter_map(|party| party.id()).collect();
        let founder = |party: &PartyId| {
            let witness = public(&format!("{party} witness"));
            (party.clone(), Founder::of(public(party.as_str()), witness))
        };
        let witnesses = agreement.witnesses().unwrap().terms;
        let modules: BTreeSet<_> = agreement.modules().values().map(|m| m.digest).collect();
        let genesis = Act::Genesis(Genesis {
            origin: "scenario.example/log".to_owned(),
            rules: *RULES,
            time,
            sequencer: public("sequencer"),
            parties: parties.iter().map(founder).collect(),
            policy: WitnessPolicy {
                witnesses: witnesses.witnesses.iter().cloned().collect(),
                quorum: witnesses.quorum,
            },
            modules: modules.clone(),
        });
        let names = parties.iter().map(PartyId::as_str).chain(["sequencer"]).collect::<Vec<_>>();
        let mut log = Self { replica: Replica::new(), now: time, nonce: 0 };
        let entry = seal(&encode(None, &genesis).unwrap(), &names);
        assert!(log.replica.step(&entry).unwrap().is_admitted());
        let signatory: SeatId = "signatory".parse().unwrap();
        let document = concordat_terms::Digest::of_parts(&[b"document"]);
        for module in agreement.modules().values() {
            let one = OneModule { module: log.replica.supply(module.text().into()) };
            log.replica.supply(module.at_version(&"1.1.0".parse().unwrap()).into());
            log.must(&signatory, &parties[0], Act::ModulePropose(one.clone()));
            for party in &parties {
                log.must(
                    &signatory,
                    party,
                    Act::ModuleSign(ModuleSign::of(one.module, &modules, document)),
                );
            }
        }
        log.must(&signatory, &parties[0], Act::ModuleEnter(ModuleEnter { modules }));
        log
    }

    fn must(&mut self, seat: &SeatId, party: &PartyId, act: Act) {
        let verdict = self.act(&[(seat.clone(), party.to_string())], Level::Simple, &act);
        assert!(verdict.is_admitted(), "{verdict:?}");
    }

    fn act(&mut self, signers: &[(SeatId, String)], level: Level, act: &Act) -> Verdict {
        self.nonce += 1;
        let mut file = |name: &str| self.replica.supply(name.as_bytes().to_vec());
        let attached = Attached { level, signed: file("signed"), report: file("report") };
        let key = |(seat, name): &(SeatId, String)| Signer { seat: seat.clone(), key: id_of(name) };
        let header = Header {
            log: self.replica.state().log().unwrap(),
            signers: signers.iter().map(key).collect(),
            nonce: format!("{:032x}", self.nonce),
            seen: Seen { size: self.replica.size(), root: self.replica.root() },
            expires_at: self.now.plus("P1D".parse().unwrap()),
            attached: Some(attached).filter(Attached::is_needed),
        };
        let names: Vec<&str> = signers.iter().map(|(_, name)| name.as_str()).collect();
        let entry = seal(&encode(Some(&header), act).unwrap(), &names);
        let verdict = self.replica.step(&entry).unwrap();
        // Now and then it goes on from what was written of it.
        if self.replica.size().is_multiple_of(5) {
            let reread = self.replica.reread().unwrap();
            assert_eq!(reread.state(), self.replica.state());
            self.replica = reread;
        }
        verdict
    }

    /// Logs what a step became, and holds the verdict against the step's.
    fn same(&mut self, entry: &Entry) {
        if entry.at > self.now {
            let tick = Act::Tick(Tick { time: entry.at });
            let sequencer = ("sequencer".parse().unwrap(), "sequencer".to_owned());
            assert!(self.act(&[sequencer], Level::Simple, &tick).is_admitted());
            self.now = entry.at;
        }
        let signers = entry.signers.iter().map(|(seat, party)| (seat.clone(), party.to_string()));
        let verdict = self.act(&signers.collect::<Vec<_>>(), entry.level, &entry.act);
        assert_eq!(bare(verdict), bare(entry.verdict.clone()));
    }
}

/// A verdict without what is said beside it: what would fit into the rest of a budget.
fn bare(mut verdict: Verdict) -> Verdict {
    if let Verdict::Refused { refusal: Refusal::Privacy(refusal), .. } = &mut verdict
        && let PrivacyRefusal::BudgetExceeded { fits, .. } = refusal
    {
        *fits = None;
    }
    verdict
}

/// The stories that end in this one, the first of them first.
fn chain<'a>(proved: &Proved, report: &'a Report, story: &'a Story) -> Vec<&'a Story> {
    let mut chain = vec![story];
    let mut last = story;
    loop {
        let module = &proved.agreement.modules()[&last.module];
        let scenario = module.scenarios.iter().find(|s| s.name == last.name).unwrap();
        let Some(after) = &scenario.after else { break };
        let (home, before) = proved.agreement.scenario(module, after).unwrap();
        let of = |story: &&Story| (&story.module, &story.name) == (&home.id, &before.name);
        last = report.stories.iter().find(of).unwrap();
        chain.push(last);
    }
    chain.reverse();
    chain
}

/// Folds a story, and those before it, as entries of a log.
pub(crate) fn logged(proved: &Proved, report: &Report, story: &Story) {
    let stories = chain(proved, report, story);
    let entries: Vec<&Entry> =
        stories.iter().flat_map(|s| &s.steps).flat_map(|step| &step.entries).collect();
    let Some(first) = entries.first() else { return };
    let mut log = Log::in_force(proved, first.at);
    entries.into_iter().for_each(|entry| log.same(entry));
}
