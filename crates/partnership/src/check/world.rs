//! The partnership that scenarios happen in: founded, with every module in force.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Cited, Level};
use concordat_terms::{
    AssetId, Digest, KeyId, ModuleId, MotionId, PartyId, Period, PlaceId, ProjectId, RunId, SeatId,
    Timestamp,
};
use semver::Version;

use crate::act::{
    Act, Attached, Founder, Genesis, Header, ModuleEnter, ModuleSign, OneModule, Seen, Signed,
    Signer, Tick, WitnessPolicy,
};
use crate::judge::{SEQUENCER, SIGNATORY};
use crate::people::key_id;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Facts, Proved, Verdict};

use super::Texts;

/// How long an act of a scenario stays valid.
const LIFETIME: Period = Period { months: 0, days: 7, seconds: 0 };

/// A state of the fold, and what a scenario has named so far.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) state: State,
    /// The texts that acts name.
    pub(super) texts: Texts,
    pub(super) named: Named,
    /// How many acts there were.
    count: u64,
}

/// What admitted steps named last, for steps that leave a name out.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) project: Option<ProjectId>,
    pub(super) motion: Option<MotionId>,
    pub(super) run: Option<RunId>,
    /// A model, by the run that gave it.
    pub(super) model: Option<String>,
    pub(super) places: BTreeMap<PartyId, PlaceId>,
    /// Each party's last version of an asset, and how many there were.
    pub(super) versions: BTreeMap<(PartyId, AssetId), (Digest, u32)>,
    /// Each module's last text.
    pub(super) modules: BTreeMap<ModuleId, (Version, Digest)>,
}

/// A digest that stands for a thing which only the scenario has a name for.
pub(super) fn stand_in(parts: &[&str]) -> Digest {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    Digest::of_parts(&parts)
}

/// The public key that stands for a party's, or the sequencer's.
fn public(role: &str, name: &str) -> String {
    stand_in(&["key", role, name]).to_string()
}

impl World {
    /// A founded partnership whose agreement is in force.
    ///
    /// # Errors
    /// Why these parties and modules cannot begin.
    pub(super) fn founded(proved: &Proved, time: Timestamp) -> Result<Self, Refusal> {
        let agreement = &proved.agreement;
        let parties: BTreeSet<PartyId> = agreement.parties().filter_map(|p| p.id()).collect();
        let founder = |party: &PartyId| {
            let key = public("party", party.as_str());
            (party.clone(), Founder::of(key, public("witness", party.as_str())))
        };
        let policy = match agreement.witnesses() {
            Some(Cited { terms, .. }) => WitnessPolicy {
                witnesses: terms.witnesses.iter().cloned().collect(),
                quorum: terms.quorum,
            },
            None => {
                let quorum = u32::try_from(parties.len() / 2 + 1).unwrap_or(u32::MAX);
                WitnessPolicy { witnesses: parties.clone(), quorum }
            }
        };
        let modules = agreement.modules().values();
        let genesis = Genesis {
            origin: "scenario.example/log".to_owned(),
            rules: stand_in(&["rules"]),
            time,
            sequencer: public("sequencer", ""),
            parties: parties.iter().map(founder).collect(),
            policy,
            modules: modules.clone().map(|module| module.digest).collect(),
        };
        let mut world = Self {
            state: State::default(),
            texts: Texts::default(),
            named: Named::default(),
            count: 0,
        };
        let digests = genesis.modules.clone();
        let id = stand_in(&["genesis"]);
        world.must(Signed { id, header: None, act: Act::Genesis(genesis) }, &Facts::default())?;
        for module in modules {
            world.texts.insert_mut(module.digest, module.text().as_bytes().to_vec());
            let last = (module.version.clone(), module.digest);
            world.named.modules.insert(module.id.clone(), last);
            let one = OneModule { module: module.digest };
            let read = Facts { module: Some(Ok(Box::new(module.clone()))), ..Facts::default() };
            if let Some(first) = parties.first() {
                world.founders_do(first, Act::ModulePropose(one.clone()), &read)?;
            }
            for party in &parties {
                world.founders_do(
                    party,
                    Act::ModuleSign(ModuleSign::of(one.module, &digests, stand_in(&["document"]))),
                    &Facts::default(),
                )?;
            }
        }
        if let Some(first) = parties.first() {
            let agreed =
                Facts { agreement: Some(Ok(Box::new(proved.clone()))), ..Facts::default() };
            world.founders_do(
                first,
                Act::ModuleEnter(ModuleEnter { modules: digests }),
                &agreed,
            )?;
        }
        Ok(world)
    }

    fn founders_do(&mut self, party: &PartyId, act: Act, facts: &Facts) -> Result<(), Refusal> {
        let signatory: Option<SeatId> = SIGNATORY.parse().ok();
        let signers: Vec<_> = signatory.map(|seat| (seat, party.clone())).into_iter().collect();
        let level = self.demanded(&act);
        let signed = self.signed(&signers, act, level);
        self.must(signed, facts)
    }

    /// Judges and applies what nothing should stand in the way of.
    fn must(&mut self, signed: Signed, facts: &Facts) -> Result<(), Refusal> {
        match self.state.step(&signed, facts) {
            Verdict::Admitted { .. } => Ok(()),
            Verdict::Refused { refusal, .. } => Err(refusal),
        }
    }

    /// What steps are judged under: the frame, narrowed by the project that was named last.
    pub(super) fn agreement(&self) -> &Agreement {
        let project = self.named.project.as_ref();
        project.map_or(self.state.agreement(), |project| self.state.agreement_of(project))
    }

    /// The time of the last step.
    pub(super) fn now(&self) -> Timestamp {
        self.state.time().unwrap_or(Timestamp::EPOCH)
    }

    /// Lets time pass until then.
    pub(super) fn until(&mut self, time: Timestamp) {
        if time > self.now() {
            let key = key_id(&public("sequencer", ""));
            let signer = SEQUENCER.parse().ok().zip(key);
            let signers = signer.map(|(seat, key)| Signer { seat, key }).into_iter().collect();
            let signed = self.with_header(signers, Act::Tick(Tick { time }), Level::Simple);
            self.state.step(&signed, &Facts::default());
        }
    }

    /// Judges an act signed by these parties for these seats, so strongly, told these facts.
    pub(super) fn act(
        &mut self,
        signers: &[(SeatId, PartyId)],
        act: Act,
        level: Level,
        facts: fn(&State, &Texts, &Act) -> Facts,
    ) -> Verdict {
        let facts = facts(&self.state, &self.texts, &act);
        let signed = self.signed(signers, act, level);
        self.state.step(&signed, &facts)
    }

    fn signed(&mut self, signers: &[(SeatId, PartyId)], act: Act, level: Level) -> Signed {
        let key = |party: &PartyId| -> Option<KeyId> { key_id(&public("party", party.as_str())) };
        let signers = signers
            .iter()
            .filter_map(|(seat, party)| Some(Signer { seat: seat.clone(), key: key(party)? }));
        self.with_header(signers.collect(), act, level)
    }

    /// The level at which an act has to be signed: the stand-in of a signature has it.
    pub(super) fn demanded(&self, act: &Act) -> Level {
        let gates = self.agreement().gates(act.name());
        let gated = gates.filter_map(|gate| gate.terms.level).max();
        let module = match act {
            Act::ModuleSign(sign) => self.state.proposals().get(&sign.module),
            _ => None,
        };
        let level = module.map(|proposal| proposal.module.level);
        level.max(gated).unwrap_or(Level::Simple)
    }

    fn with_header(&mut self, signers: Vec<Signer>, act: Act, level: Level) -> Signed {
        self.count += 1;
        let attached =
            Attached { level, signed: stand_in(&["signed"]), report: stand_in(&["report"]) };
        let header = Header {
            attached: Some(attached).filter(Attached::is_needed),
            log: self.state.log().unwrap_or(Digest([0; 32])),
            signers,
            nonce: format!("{:032x}", self.count),
            seen: Seen { size: 0, root: Digest([0; 32]) },
            expires_at: self.now().plus(LIFETIME),
        };
        Signed { id: stand_in(&["act", &self.count.to_string()]), header: Some(header), act }
    }
}
