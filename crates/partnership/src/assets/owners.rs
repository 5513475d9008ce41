//! Whose a version is: what the clause of its asset says, or the shares of an `ip` clause, or the
//! shares of what it was made from.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Cited, Ground, Ip};
use concordat_terms::{AssetId, ClauseRef, Digest, PartyId, Timestamp};

use super::shares::{self, Shares};
use super::{Origin, Version};
use crate::state::State;

impl State {
    /// The `ip` clause that speaks of an asset.
    pub(super) fn ip_of(&self, asset: &AssetId) -> Option<(&ClauseRef, &Ip)> {
        let clause = self.assets.ip.get(asset)?;
        match &self.agreement.clause(clause)?.terms {
            concordat_agreement::Terms::Ip(ip) => Some((clause, ip)),
            _ => None,
        }
    }

    /// Lists which `ip` clause speaks of which asset: the first that names it, or else the first
    /// that names none.
    pub(super) fn list_ips(&mut self, now: Timestamp) {
        let agreement = &self.agreement;
        let ips: Vec<Cited<'_, Ip>> = agreement.ips().collect();
        let mut listed = BTreeMap::new();
        for asset in agreement.assets().filter_map(|asset| asset.id::<AssetId>()) {
            let named = ips.iter().find(|ip| ip.terms.on.contains(&asset));
            let any = || ips.iter().find(|ip| ip.terms.on.is_empty());
            if let Some(ip) = named.or_else(any) {
                listed.insert(asset, ip.clause.clone());
            }
        }
        let homes: BTreeSet<_> = ips.iter().map(|ip| ip.clause.module.clone()).collect();
        self.assets.ip = listed.into();
        for module in homes {
            // A shared map is copied only where something is new.
            let known = self.assets.ip_since.contains_key(&module);
            if !known {
                self.assets.ip_since.insert(module, now);
            }
        }
    }

    /// What the clause of an asset says of where it comes from; of what is brought in and of which
    /// nobody asks for a declaration, that it was brought in.
    pub(super) fn ground_at_birth(&self, asset: &AssetId, origin: &Origin) -> Option<Ground> {
        if origin.is_made_here() {
            return Some(Ground::Foreground);
        }
        if *origin == Origin::Declared {
            return Some(Ground::Background);
        }
        let said = self.agreement.asset(asset).and_then(|asset| asset.terms.ground);
        let asked = self.ip_of(asset).is_some_and(|(_, ip)| ip.declare_background.is_some());
        said.or((!asked).then_some(Ground::Background))
    }

    /// Until when what was brought in is declared: the agreed time after the clause came into force,
    /// or after it was brought in, if that was later.
    pub(super) fn declare_by(&self, version: &Version) -> Option<Timestamp> {
        let (clause, ip) = self.ip_of(&version.asset)?;
        let since = self.assets.ip_since.get(&clause.module).copied();
        let from = since.map_or(version.at, |since| since.max(version.at));
        Some(from.plus(ip.declare_background?))
    }

    /// Who owns what some parties made or brought.
    pub(super) fn owners_at_birth(
        &self,
        asset: &AssetId,
        ground: Option<Ground>,
        by: &BTreeSet<PartyId>,
        parents: &BTreeMap<Digest, u64>,
    ) -> Shares {
        let clause = self.agreement.asset(asset);
        let named = clause.and_then(|clause| clause.terms.owner.as_ref());
        let named = named.map(|seat| self.agreement.parties_of(seat)).cloned().unwrap_or_default();
        // Several may fill the seat, and what one of them brings is its own.
        let own =
            ground != Some(Ground::Foreground) && by.iter().any(|party| named.contains(party));
        if !named.is_empty() && !own {
            return Shares::equal(named);
        }
        if ground == Some(Ground::Foreground) {
            let agreed = self.agreed_shares(asset);
            if !agreed.is_empty() {
                return agreed;
            }
            let derived = Shares::merged(parents.iter().filter_map(|(parent, weight)| {
                Some((self.owners_of_derived(self.version(parent)?), *weight))
            }));
            if !derived.is_empty() {
                return derived;
            }
        }
        Shares::equal(by.iter().cloned())
    }

    /// The shares of the `ip` clause, each divided equally among who fills its seat.
    fn agreed_shares(&self, asset: &AssetId) -> Shares {
        let Some((_, ip)) = self.ip_of(asset) else { return Shares::default() };
        let seats = ip.shares.iter().filter_map(|(seat, share)| {
            let owners = Shares::equal(self.agreement.parties_of(seat).iter().cloned());
            let part = shares::parts(*share).filter(|_| !owners.is_empty())?;
            Some((owners, part))
        });
        Shares::merged(seats)
    }

    /// Who owns what is made from a version: the seats that its clause names, or its own owners.
    fn owners_of_derived(&self, version: &Version) -> Shares {
        let clause = self.agreement.asset(&version.asset);
        let seats = clause.iter().flat_map(|clause| &clause.terms.derived_owner);
        let named: BTreeSet<PartyId> =
            seats.flat_map(|seat| self.agreement.parties_of(seat)).cloned().collect();
        // Of several holders of one dataset, each owns what comes from its own rows.
        let own: BTreeSet<PartyId> = version.by.intersection(&named).cloned().collect();
        let owners = if own.is_empty() { named } else { own };
        if owners.is_empty() { version.owners.clone() } else { Shares::equal(owners) }
    }
}
