//! The regimes that were adopted: packs of duties, by the digest of their text.

use std::collections::{BTreeMap, BTreeSet};

use concordat_evidence::calendar::Calendars;
use concordat_evidence::name::{Class, PackId, Role};
use concordat_evidence::regime::Pack;
use concordat_terms::{AssetId, Digest, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{CaseRefusal as No, Change, RegimeAdopt};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::refusal::Refusal;
use crate::state::State;

/// The longest text of a pack that is read, in bytes.
const BYTES_MAX: usize = 1 << 20;

/// A pack that was adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// Its text.
    pub digest: Digest,
    /// Its version.
    pub version: String,
    /// When.
    pub at: Timestamp,
    /// By the entry at this index.
    pub index: u64,
}

/// What was adopted, and the calendars that it brings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Regimes {
    pub(crate) adopted: BTreeMap<PackId, Adopted>,
    #[serde(skip)]
    pub(crate) packs: Vec<Pack>,
    #[serde(skip)]
    calendars: Option<Calendars>,
}

impl Regimes {
    pub(crate) fn calendars(&self) -> &Calendars {
        self.calendars.as_ref().unwrap_or_else(|| Calendars::builtin())
    }

    pub(crate) fn pack(&self, id: &PackId) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id == *id)
    }

    /// Of one regime the last version counts.
    pub(crate) fn adopt(&mut self, pack: Pack, adopted: Adopted) {
        self.packs.retain(|other| other.id != pack.id);
        self.adopted.insert(pack.id.clone(), adopted);
        self.packs.push(pack);
        self.packs.sort_by(|a, b| a.id.cmp(&b.id));
        let all = self.packs.iter();
        let all = all.fold(Calendars::builtin().clone(), |all, pack| pack.extend(&all));
        self.calendars = Some(all);
    }
}

/// Reads the text of a pack, for whoever computes facts.
///
/// # Errors
/// How many findings there are, and the first.
pub fn read_pack(bytes: &[u8]) -> Result<Box<Pack>, (usize, String)> {
    if bytes.len() > BYTES_MAX {
        return Err((1, format!("it has more than {BYTES_MAX} bytes")));
    }
    let text = str::from_utf8(bytes).map_err(|_| (1, "it is no text in UTF-8".to_owned()))?;
    Pack::parse("pack.toml", text).map(Box::new).map_err(|findings| {
        let first = findings.first().map(|d| format!("{}: {}", d.span, d.what));
        (findings.len(), first.unwrap_or_else(|| "unreadable".to_owned()))
    })
}

impl Deed for RegimeAdopt {
    fn subject(&self) -> Option<Digest> {
        Some(self.pack)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        hearing.by.party(out)?;
        let regimes = &hearing.state.cases.regimes;
        let known = regimes.adopted.iter().find(|(_, adopted)| adopted.digest == self.pack);
        if let Some((pack, adopted)) = known {
            let (pack, version) = (pack.clone(), adopted.version.clone());
            out.push(No::RegimeAdopted { pack, version }.into());
        }
        match hearing.facts.pack.as_ref()? {
            Ok(pack) => Some(Change::Adopted { digest: self.pack, pack: pack.clone() }.into()),
            Err((count, first)) => {
                let (count, first) = (*count, first.clone());
                out.push(No::RegimeUnreadable { pack: self.pack, count, first }.into());
                None
            }
        }
    }
}

impl State {
    /// What the parties are under the regimes: what the clauses of their seats say.
    pub(super) fn regime_roles(&self) -> BTreeMap<Role, BTreeSet<PartyId>> {
        let mut roles: BTreeMap<Role, BTreeSet<PartyId>> = BTreeMap::new();
        for seat in self.agreement.seats() {
            for role in &seat.terms.roles {
                let Ok(role) = role.as_str().parse() else { continue };
                let parties = seat.terms.filled_by.iter().filter_map(|p| self.agreement.now(p));
                roles.entry(role).or_default().extend(parties);
            }
        }
        roles
    }

    /// What assets are under the regimes: what their clauses say.
    pub(super) fn regime_classes<'a>(
        &self,
        assets: impl IntoIterator<Item = &'a AssetId>,
    ) -> BTreeSet<Class> {
        let clauses = assets.into_iter().filter_map(|asset| self.agreement.asset(asset));
        let classes = clauses.flat_map(|asset| &asset.terms.classes);
        classes.filter_map(|class| class.as_str().parse().ok()).collect()
    }

    /// The regimes that were adopted, by name.
    pub fn regimes(&self) -> &BTreeMap<PackId, Adopted> {
        &self.cases.regimes.adopted
    }

    /// The pack of a regime that was adopted.
    pub fn regime(&self, id: &PackId) -> Option<&Pack> {
        self.cases.regimes.pack(id)
    }
}
