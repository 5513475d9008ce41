//! Licences to versions: who may use and release what somebody else owns, for what, where and for
//! how long. Who asks for it by its terms is told elsewhere (royalties, release); here is who grants
//! it, and that it ends by itself.

use std::collections::BTreeSet;

use concordat_agreement::Cited;
use concordat_terms::{Country, Decimal, Digest, Money, PartyId, PurposeId, Timestamp};
use serde::{Deserialize, Serialize};

use super::acts::AssetTransfer;
use super::refusal::AssetRefusal as No;
use super::{Alarmed, AssetEffect, Version};
use crate::accounts::{AccountRefusal, Posting};
use crate::act::Act;
use crate::agenda::Alarm;
use crate::deed::Hearing;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Effect;

/// A licence to a version, as it is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// The field of use: for these purposes; empty: for all that the version may be used for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub field: BTreeSet<PurposeId>,
    /// The territory: in these countries; empty: everywhere.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub territory: BTreeSet<Country>,
    /// Until when: then it ends by itself.
    pub until: Timestamp,
    /// The fraction of the revenue that is owed; that of the `ip` clause, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub royalty: Option<Decimal>,
    /// What it costs once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// Whether who has it may license others within it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sublicense: bool,
}

impl Licence {
    /// Whether it allows a use for a purpose in a country. What a licence restricts must be said.
    fn covers(&self, purpose: Option<&PurposeId>, country: Option<&Country>) -> bool {
        let field = self.field.is_empty() || purpose.is_some_and(|p| self.field.contains(p));
        let there =
            self.territory.is_empty() || country.is_some_and(|c| self.territory.contains(c));
        field && there
    }

    /// Whether all that it allows another allows too, at the same price or above.
    fn within(&self, other: &Self, unsaid: Decimal) -> bool {
        let inside = |own: bool, all: bool, subset: bool| all || (!own && subset);
        let field = self.field.is_subset(&other.field);
        let there = self.territory.is_subset(&other.territory);
        inside(self.field.is_empty(), other.field.is_empty(), field)
            && inside(self.territory.is_empty(), other.territory.is_empty(), there)
            && self.until <= other.until
            && self.royalty.unwrap_or(unsaid) >= other.royalty.unwrap_or(unsaid)
    }
}

/// A licence that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The version.
    pub version: Digest,
    /// Who brought the act.
    pub by: PartyId,
    /// Who has it.
    pub to: PartyId,
    /// When.
    pub at: Timestamp,
    /// Under which licence of its own the granting party sublicensed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under: Option<u64>,
    /// The terms that the fold reads.
    pub licence: Licence,
    /// Whether its time is over.
    pub ended: bool,
}

impl State {
    /// Every licence to a version, by the index of the entry that granted it.
    pub fn licences(&self) -> impl Iterator<Item = (&u64, &Granted)> {
        self.assets.licences.iter()
    }

    /// The licences in force of a party to a version.
    pub fn licences_of<'a>(
        &'a self,
        party: &PartyId,
        version: &Digest,
    ) -> impl Iterator<Item = (u64, &'a Granted)> {
        let (from, to) = ((*version, party.clone(), 0), (*version, party.clone(), u64::MAX));
        let all = self.assets.licensed.range(from..=to);
        all.filter_map(|(.., index)| Some((*index, self.assets.licences.get(index)?)))
    }

    /// The licence by which a party uses a version for a purpose, in a country; of several the one
    /// that was granted first.
    pub(crate) fn licence_for(
        &self,
        party: &PartyId,
        version: &Digest,
        (purpose, country): (Option<&PurposeId>, Option<&Country>),
    ) -> Option<&Licence> {
        let mut all = self.licences_of(party, version).map(|(_, granted)| &granted.licence);
        all.find(|licence| licence.covers(purpose, country))
    }

    /// Refuses the release of a version by a party that neither owns nor licenses it, where the
    /// clause asks for that.
    pub(crate) fn check_licensed_release(
        &self,
        party: &PartyId,
        model: &Digest,
        purpose: &PurposeId,
        out: &mut Vec<Refusal>,
    ) {
        let Some(version) = self.version(model) else { return };
        let Some((clause, ip)) = self.ip_of(&version.asset).filter(|(_, ip)| ip.licensed_release)
        else {
            return;
        };
        let seated =
            ip.licensed_to.iter().any(|seat| self.agreement.parties_of(seat).contains(party));
        let own = version.owners.of(party).is_positive();
        // It may be offered in any country whose law binds the party and that the licence names.
        let bound = self.agreement.party(party);
        let bound = bound.map(|own| own.terms.jurisdictions.clone()).unwrap_or_default();
        let licensed = bound
            .iter()
            .map(Some)
            .chain([None])
            .any(|country| self.licence_for(party, model, (Some(purpose), country)).is_some());
        if !(seated || own || licensed) {
            let (ip, party) = (clause.clone(), party.clone());
            out.push(AccountRefusal::NotLicensed { ip, party }.into());
        }
    }

    /// A licence is granted by all owners, or as the body of the clause decides; or by who has one
    /// that lets it sublicense, within that. The answer is that one, and what is posted for the fee.
    pub(super) fn judge_licence(
        &self,
        act: &AssetTransfer,
        licence: &Licence,
        version: &Version,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<(Option<u64>, Option<Posting>)> {
        let party = hearing.by.party(out)?;
        let Some((clause, ip)) = self.ip_of(&version.asset) else {
            out.push(No::NoIp { asset: version.asset.clone() }.into());
            return None;
        };
        let ip = Cited { clause: clause.clone(), terms: ip };
        let one = Decimal::whole(1).unwrap_or(Decimal::ZERO);
        let priced = licence.royalty.is_none_or(|part| part >= Decimal::ZERO && part <= one);
        let past = self.time.is_none_or(|now| licence.until <= now);
        if past || !priced || !licence.field.is_subset(&version.purposes) {
            let why = if past {
                "it would have ended already"
            } else if priced {
                "the version may not be used for all of its field"
            } else {
                "its royalty is no fraction"
            };
            out.push(No::LicenceUnfit { version: act.version, why }.into());
        }
        let unsaid = ip.terms.royalty.unwrap_or(Decimal::ZERO);
        let mut own = self.licences_of(party, &act.version);
        let under = own.find(|(_, granted)| {
            granted.licence.sublicense && licence.within(&granted.licence, unsaid)
        });
        let owners: BTreeSet<&PartyId> = version.owners.iter().map(|(owner, _)| owner).collect();
        let under = under.map(|(index, _)| index).filter(|_| !owners.contains(party));
        if under.is_none() {
            let missing: Vec<PartyId> = owners
                .iter()
                .filter(|owner| !hearing.by.parties.contains(**owner))
                .map(|owner| (*owner).clone())
                .collect();
            match &ip.terms.licence_out_by {
                Some(body) => {
                    let deed = || Act::AssetTransfer(act.clone());
                    self.decided_by(&ip.clause, body, hearing, deed, out);
                }
                None if !missing.is_empty() => {
                    let version = act.version;
                    out.push(No::OwnersSilent { version, missing }.into());
                }
                None => {}
            }
        }
        // Nobody comes to owe without having said so.
        if licence.fee.is_some() && !hearing.by.parties.contains(&act.to) {
            out.push(No::LicenseeSilent { version: act.version, to: act.to.clone() }.into());
        }
        let from = under.map(|_| party);
        let fee = licence.fee.as_ref();
        let fee = match fee {
            Some(fee) => Some(self.judge_fee(&ip, &act.version, (from, &act.to), fee, out)?),
            None => None,
        };
        Some((under, fee))
    }

    pub(super) fn license(
        &mut self,
        (by, transfer): (PartyId, &AssetTransfer),
        licence: Licence,
        under: Option<u64>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let (version, to, index) = (transfer.version, transfer.to.clone(), self.index);
        self.agenda.set(Alarm::Asset(Alarmed::Licence(index)), licence.until);
        self.assets.licensed.insert_mut((version, to.clone(), index));
        effects.push(Effect::Asset(AssetEffect::Licensed(version, to.clone(), true)));
        let ended = false;
        let granted = Granted { version, by, to, at: now, under, licence, ended };
        self.assets.licences.insert_mut(index, granted);
    }

    /// The time of a licence is over.
    pub(super) fn ring_licence(&mut self, index: u64, effects: &mut Vec<Effect>) {
        let Some(mut granted) = self.assets.licences.get(&index).cloned() else { return };
        let (version, to) = (granted.version, granted.to.clone());
        self.assets.licensed.remove_mut(&(version, to.clone(), index));
        granted.ended = true;
        self.assets.licences.insert_mut(index, granted);
        effects.push(Effect::Asset(AssetEffect::Licensed(version, to, false)));
    }
}
