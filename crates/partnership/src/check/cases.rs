//! What a step leaves out of cases, drills, holds, risks and regimes.

use std::collections::{BTreeMap, BTreeSet};

use concordat_evidence::name::Kind;
use concordat_evidence::regime::SHIPPED;
use concordat_terms::{ActName, AssetId, CaseId, Digest, PartyId, RiskId, Side};

use crate::act::{
    Act, CaseClose, CaseFact, CaseMatter, CaseOpen, CaseReply, CaseReport, CaseStage, ClaimMatter,
    DisputeMatter, DrillEnd, DrillStart, ExitMatter, HoldLift, HoldPlace, IncidentMatter,
    RecordsMatter, RegimeAdopt, Report, RiskAppetite, RiskClose, RiskRating,
};

use super::fill::{Fill, Unfilled, id};
use super::world::stand_in;

impl Fill<'_> {
    pub(super) fn case(&mut self) -> Result<Act, Unfilled> {
        let name = || self.takes::<CaseId>(None, "case");
        let risk = || self.takes::<RiskId>(None, "risk");
        let rating = |risk, likelihood, impact| RiskRating {
            risk,
            owner: self.deed.seat.clone(),
            likelihood,
            impact,
            controls: BTreeSet::new(),
            evidence: BTreeSet::new(),
            description: stand_in(&["risk"]),
        };
        Ok(match self.deed.act {
            ActName::CaseOpen => Act::CaseOpen(self.opened()?),
            ActName::CaseFact => Act::CaseFact(CaseFact {
                case: name()?,
                facts: BTreeMap::new(),
                evidence: [stand_in(&["evidence"])].into(),
                kinds: self.kind()?.into_iter().collect(),
                measures: BTreeMap::new(),
                against: self.word_as("against")?.into_iter().collect(),
                fate: None,
            }),
            ActName::CaseReply => {
                let case = name()?;
                let entry = self.world.state.case(&case).map_or(0, |case| case.index);
                Act::CaseReply(CaseReply { case, entry, reply: stand_in(&["reply"]) })
            }
            ActName::CaseStage => {
                let case = name()?;
                // The next, where none is named.
                let next = self.world.state.case(&case).and_then(|case| {
                    Some(case.stages.get(case.stage.saturating_add(1))?.stage.clone())
                });
                let to = match self.word_as("to")?.or(next) {
                    Some(to) => to,
                    None => id("next")?,
                };
                Act::CaseStage(CaseStage { case, to })
            }
            ActName::CaseReport => {
                let text = stand_in(&["report"]);
                let report = match self.deed.word("report") {
                    Some("initial") => Report::Initial(text),
                    Some("not-owed") => Report::NotOwed(text),
                    _ => Report::Complete(text),
                };
                let clock = self.deed.count("clock").unwrap_or(1);
                Act::CaseReport(CaseReport { case: name()?, clock, report })
            }
            ActName::CaseClose => Act::CaseClose(self.closed(name()?)),
            ActName::DrillStart => Act::DrillStart(DrillStart {
                case: name()?,
                incident: self.incident()?,
                on: self.assets(),
                scenario: stand_in(&["scenario"]),
            }),
            ActName::DrillEnd => {
                Act::DrillEnd(DrillEnd { case: name()?, findings: stand_in(&["findings"]) })
            }
            ActName::HoldPlace => {
                let papers: BTreeSet<Digest> =
                    self.deed.word("of").and_then(|_| self.last_paper()).into_iter().collect();
                let first = || self.agreement().assets().find_map(|asset| asset.id::<AssetId>());
                let named = self.deed.on.first().cloned();
                let asset = named.or_else(|| first().filter(|_| papers.is_empty()));
                if asset.is_none() && papers.is_empty() {
                    let hint = "write `on` and an asset, or `with of PARTY`";
                    return Err(Unfilled::new("what is to be held is missing", hint));
                }
                let ground = stand_in(&["ground"]);
                Act::HoldPlace(HoldPlace { asset, version: None, papers, case: None, ground })
            }
            ActName::HoldLift => {
                let hold = u64::from(self.deed.count("hold").unwrap_or(1));
                Act::HoldLift(HoldLift { hold, ground: stand_in(&["ground"]) })
            }
            ActName::RiskOpen | ActName::RiskUpdate => {
                let count = |key| self.deed.count(key).unwrap_or(1);
                let small = |key| u8::try_from(count(key)).unwrap_or(u8::MAX);
                let rated = rating(risk()?, small("likelihood"), small("impact"));
                match self.deed.act {
                    ActName::RiskOpen => Act::RiskOpen(rated),
                    _ => Act::RiskUpdate(rated),
                }
            }
            ActName::RiskAppetite => {
                let most = self.deed.count("most").unwrap_or(1);
                let most = u8::try_from(most).unwrap_or(u8::MAX);
                Act::RiskAppetite(RiskAppetite { most })
            }
            ActName::RiskClose => {
                Act::RiskClose(RiskClose { risk: risk()?, evidence: stand_in(&["evidence"]) })
            }
            _ => Act::RegimeAdopt(RegimeAdopt { pack: self.pack() }),
        })
    }

    fn opened(&self) -> Result<CaseOpen, Unfilled> {
        let own = |party: &PartyId| party == self.party;
        // Who is on neither side is who decides, more often than not.
        let sided =
            self.agreement().parties().filter(|cited| cited.terms.side != Side::Independent);
        let mut others = sided.chain(self.agreement().parties()).filter_map(|party| party.id());
        let other = others.find(|party: &PartyId| !own(party));
        let against: Option<PartyId> = self.word_as("against")?;
        let kind = self.deed.word("kind");
        let against =
            against.or(other.filter(|_| matches!(kind, None | Some("dispute" | "claim"))));
        let matter = match kind {
            Some("incident") => CaseMatter::Incident(self.incident()?),
            Some("claim") => {
                let named = self.deed.clause("liability").map(|name| name.cited(self.home));
                let first = self.agreement().liabilities().next().map(|cited| cited.clause);
                let Some(liability) = named.or(first) else {
                    let hint = "write `with liability CLAUSE`";
                    return Err(Unfilled::new("no clause is on liability", hint));
                };
                CaseMatter::Claim(ClaimMatter { liability, sum: None })
            }
            Some("records-request") => CaseMatter::RecordsRequest(RecordsMatter {
                kinds: BTreeSet::new(),
                received_at: self.world.now(),
                consult: BTreeSet::new(),
            }),
            Some("exit") => CaseMatter::Exit(ExitMatter { party: against.clone() }),
            _ => CaseMatter::Dispute(DisputeMatter { clause: None }),
        };
        Ok(CaseOpen {
            case: self.makes("case")?,
            matter,
            on: self.assets(),
            models: BTreeSet::new(),
            against: against.into_iter().collect(),
            account: stand_in(&["account"]),
        })
    }

    fn incident(&self) -> Result<IncidentMatter, Unfilled> {
        let kind = match self.kind()? {
            Some(kind) => kind,
            None => id("serious-incident")?,
        };
        Ok(IncidentMatter {
            kinds: [kind].into(),
            places: BTreeSet::new(),
            measures: BTreeMap::new(),
            aware_at: self.world.now(),
        })
    }

    /// What closes a case of its kind.
    fn closed(&self, case: CaseId) -> CaseClose {
        let kind = self.world.state.case(&case).map(|case| case.kind);
        let of = |is, what: &str| (kind == Some(is)).then(|| stand_in(&[what]));
        use concordat_agreement::CaseKind as K;
        CaseClose {
            case,
            outcome: stand_in(&["outcome"]),
            review: of(K::Incident, "review"),
            redress: of(K::Incident, "redress"),
            award: None,
            release: of(K::RecordsRequest, "release"),
            exempt: BTreeMap::new(),
            settlement: of(K::Exit, "settlement"),
        }
    }

    /// A pack that is shipped, by its name, of which the check has the text.
    fn pack(&mut self) -> Digest {
        let name = self.deed.names.first().map_or("eu-gdpr", String::as_str);
        let file = format!("{name}.toml");
        let text = SHIPPED.iter().find(|(shipped, _)| *shipped == file).map(|(_, text)| *text);
        let text = text.unwrap_or_default().as_bytes().to_vec();
        let digest = Digest::of(&text);
        self.world.texts.insert_mut(digest, text);
        digest
    }

    fn assets(&self) -> BTreeSet<AssetId> {
        self.deed.on.iter().cloned().collect()
    }

    fn kind(&self) -> Result<Option<Kind>, Unfilled> {
        self.word_as("incident")
    }

    fn word_as<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>, Unfilled> {
        self.deed.word(key).map(id).transpose()
    }
}
