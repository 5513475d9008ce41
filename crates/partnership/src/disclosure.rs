//! Who outside the partnership may read what the record says: clauses open acts, labels strike what
//! in them speaks of assets.
//!
//! Parties read the whole log of their partnership. Here it is about what one of them hands on.

use std::collections::BTreeSet;

use concordat_agreement::{Addressee, Agreement, Disclosure, Label, Module, Terms, Topic};
use concordat_terms::{ActName, AssetId, ClauseRef, Digest, PartyId, Timestamp};

use crate::state::State;

/// For whom a part of the record is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Who audits: this party, or any whom an asset's `audit_by` names.
    Auditor(Option<PartyId>),
    /// An authority, as disclosure clauses name it (`"outside: …"`); none: what everybody may read.
    Regulator(Option<String>),
    /// A court, to which this party submits what it may read itself; none: what all parties may.
    Court(Option<PartyId>),
    /// Everybody.
    Public,
}

impl Audience {
    /// Whether a clause names it among its readers. Names are compared whole: the public prosecutor
    /// is not the public.
    fn is_named(&self, reader: &Addressee) -> bool {
        let Addressee::Outside(who) = reader else { return false };
        let who = who.trim().to_lowercase();
        let public = who == "public" || who == "the public";
        match self {
            Self::Regulator(Some(name)) => public || who == name.trim().to_lowercase(),
            Self::Regulator(None) | Self::Public => public,
            Self::Auditor(_) | Self::Court(_) => false,
        }
    }

    /// Whether it reads the acts of the record as the parties do.
    fn reads_as_a_party(&self) -> bool {
        matches!(self, Self::Auditor(_) | Self::Court(_))
    }
}

/// What founds a log, moves its time and says whose keys count: without these nothing is checked.
const ALWAYS: [ActName; 12] = [
    ActName::Genesis,
    ActName::Tick,
    ActName::DigestRecord,
    ActName::PolicyAdopt,
    ActName::PartyAccede,
    ActName::KeyRegister,
    ActName::KeyRotate,
    ActName::KeyRevoke,
    ActName::KeyCompromise,
    ActName::KeyBind,
    ActName::KeyCommit,
    ActName::KeyRecover,
];

/// Whether everybody who is shown a part of the record is shown such acts whole.
pub fn is_always_open(act: ActName) -> bool {
    ALWAYS.contains(&act)
}

impl State {
    /// Who outside is named by disclosure clauses in force, the public aside.
    pub fn readers_outside(&self) -> BTreeSet<&str> {
        let readers = self.disclosures().flat_map(|(_, own)| &own.readers);
        let outside = readers.filter(|reader| !Audience::Public.is_named(reader));
        outside
            .filter_map(|reader| match reader {
                Addressee::Outside(who) => Some(who.as_str()),
                Addressee::Seat(_) => None,
            })
            .collect()
    }

    /// Whether an audience may read an act of the time `at`, apart from what labels strike in it: who
    /// reads as parties do may, and otherwise a disclosure clause has to say so, and its time has
    /// come.
    pub fn opens_act(&self, audience: &Audience, act: ActName, at: Option<Timestamp>) -> bool {
        let by_clause = |own: &Disclosure| {
            let of = if own.acts.is_empty() {
                is_about(own.disclosure, act)
            } else {
                own.acts.contains(&act)
            };
            let passed = |after| at.zip(self.time()).is_some_and(|(at, now)| at.plus(after) <= now);
            of && own.readers.iter().any(|reader| audience.is_named(reader))
                && own.after.is_none_or(passed)
        };
        is_always_open(act)
            || audience.reads_as_a_party()
            || self.disclosures().any(|(_, own)| by_clause(own))
    }

    /// Whether an audience may read what the record says about an asset, by its label and, where one
    /// version has a stricter label, by that.
    pub fn shows_asset(
        &self,
        audience: &Audience,
        asset: &AssetId,
        version: Option<Label>,
    ) -> bool {
        let Some(terms) = self.agreements().find_map(|all| Some(all.asset(asset)?.terms)) else {
            return false;
        };
        let label = version.map_or(terms.label, |label| label.max(terms.label));
        match audience {
            _ if label == Label::Public => true,
            Audience::Public | Audience::Regulator(None) => false,
            Audience::Regulator(Some(_)) => label == Label::Internal,
            Audience::Auditor(Some(party)) | Audience::Court(Some(party)) => {
                self.may_read(party, asset)
            }
            Audience::Auditor(None) => label == Label::Internal || !terms.audit_by.is_empty(),
            Audience::Court(None) => label == Label::Internal,
        }
    }

    /// Whether an audience may be told the clause that a verdict cites.
    pub fn shows_clause(&self, audience: &Audience, clause: &ClauseRef) -> bool {
        let named = |(module, own): (&Module, &Disclosure)| {
            let mut clauses = own.clauses.iter();
            own.disclosure == Topic::Clauses
                && (own.clauses.is_empty() || clauses.any(|name| name.cited(&module.id) == *clause))
                && own.readers.iter().any(|reader| audience.is_named(reader))
        };
        match audience {
            Audience::Regulator(None) | Audience::Public => self.disclosures().any(named),
            Audience::Auditor(_) | Audience::Court(_) | Audience::Regulator(Some(_)) => true,
        }
    }

    /// The asset that a word of a statement names, by its id or by the digest of a version, and the
    /// version's label.
    pub fn asset_named(&self, word: &str) -> Option<(AssetId, Option<Label>)> {
        if let Ok(digest) = word.parse::<Digest>() {
            if let Some(version) = self.version(&digest) {
                return Some((version.asset.clone(), Some(version.label)));
            }
            return self.models().get(&digest).map(|model| (model.asset.clone(), None));
        }
        let id: AssetId = word.parse().ok()?;
        self.agreements().any(|all| all.asset(&id).is_some()).then_some((id, None))
    }

    /// The frame and the projects' agreements.
    fn agreements(&self) -> impl Iterator<Item = &Agreement> {
        let projects = self.project_agreements().keys().map(|id| self.agreement_of(id));
        std::iter::once(self.agreement()).chain(projects)
    }

    fn disclosures(&self) -> impl Iterator<Item = (&Module, &Disclosure)> {
        self.agreement().clauses().filter_map(|(module, clause)| match &clause.terms {
            Terms::Disclosure(own) => Some((module, own)),
            _ => None,
        })
    }
}

/// Whether a clause speaks of an act that names none: by the noun, as the vocabulary has it.
fn is_about(topic: Topic, act: ActName) -> bool {
    let noun = act.as_str().split('.').next().unwrap_or_default();
    match topic {
        Topic::Acts => true,
        Topic::Clauses => false,
        Topic::Evidence => noun == "evidence",
        Topic::Minutes => act == ActName::MeetingMinute,
        Topic::Models => noun == "release",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(audience: &Audience, who: &str) -> bool {
        audience.is_named(&Addressee::Outside(who.to_owned()))
    }

    #[test]
    fn the_public_prosecutor_is_not_the_public() {
        assert!(named(&Audience::Public, "the public") && named(&Audience::Public, " Public "));
        assert!(!named(&Audience::Public, "the public prosecutor"));
        assert!(!named(&Audience::Public, "the data protection authority"));
        let authority = Audience::Regulator(Some("The data protection authority".to_owned()));
        assert!(
            named(&authority, "the data protection authority") && named(&authority, "the public")
        );
        assert!(!named(&authority, "the market surveillance authority"));
        assert!(!named(&Audience::Court(None), "the public"));
    }

    #[test]
    fn a_topic_speaks_of_the_acts_of_its_noun() {
        assert!(is_about(Topic::Acts, ActName::RunPropose));
        assert!(is_about(Topic::Evidence, ActName::EvidenceSubmit));
        assert!(is_about(Topic::Models, ActName::ReleasePromote));
        assert!(is_about(Topic::Minutes, ActName::MeetingMinute));
        for topic in [Topic::Evidence, Topic::Models, Topic::Minutes, Topic::Clauses] {
            assert!(!is_about(topic, ActName::RunPropose), "{topic:?}");
        }
    }
}
