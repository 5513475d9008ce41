//! Places, how old their appraisals are, and what was found in audits and is not settled.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{AssetId, ClauseRef, Country, Digest, PartyId, Period, PlaceId, Timestamp};
use serde::Serialize;

use crate::act::PlaceRegister;
use crate::assets::Appraisal;
use crate::duties::DutyId;
use crate::recalls::Stopped;
use crate::state::State;

/// A place where something is kept or run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceView<'a> {
    /// Whose it is.
    pub party: &'a PartyId,
    /// Its name.
    pub place: &'a PlaceId,
    /// Its isolation class; 0 for an interim one.
    pub class: u8,
    /// The country whose law governs it.
    pub jurisdiction: &'a Country,
    /// The appraisal of its machine that was filed last.
    pub appraised: Option<&'a Appraisal>,
    /// How many seconds ago that was, by the log's time.
    pub age: Option<u64>,
    /// Why nothing is run there now.
    pub stopped: Option<&'a Stopped>,
    /// What the guards of the assets that are there ask of it.
    pub asked: Vec<Asked>,
}

/// What an asset's guard asks of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The asset whose guard it is.
    pub asset: AssetId,
    /// Its clause.
    pub clause: ClauseRef,
    /// The least isolation class.
    pub class: Option<u32>,
    /// How old an appraisal may be.
    pub attested: Option<Period>,
    /// Until when the last one is recent enough; none, where none was ever filed or none is asked for.
    pub until: Option<Timestamp>,
    /// Whether the place is as it asks.
    pub met: bool,
}

/// A finding of an audit that is not settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingView<'a> {
    /// Who was audited.
    pub of: &'a PartyId,
    /// Who found it.
    pub by: &'a PartyId,
    /// The entry that asked for the audit.
    pub request: u64,
    /// The entry that filed the finding.
    pub index: u64,
    /// What was found, a blob.
    pub finding: Digest,
    /// When.
    pub at: Timestamp,
    /// The assets whose use was audited.
    pub on: &'a BTreeSet<AssetId>,
    /// What is still owed because of it; nothing, where no clause asks anything of anybody.
    pub owed: Vec<&'a DutyId>,
}

impl State {
    /// Every place of the partnership, by party and name.
    pub fn place_views(&self) -> Vec<PlaceView<'_>> {
        let guarded = self.guarded_at();
        let views = self.places.iter().map(|(key, there)| {
            let (party, place) = key;
            let appraised = self.appraisal(party, place);
            let age = appraised.zip(self.time);
            let asked = guarded.get(key).into_iter().flatten();
            PlaceView {
                party,
                place,
                class: there.class,
                jurisdiction: &there.jurisdiction,
                appraised,
                age: age.map(|(last, now)| now.seconds().saturating_sub(last.at.seconds())),
                stopped: self.stopped_places().get(key),
                asked: asked.filter_map(|asset| self.asked(asset, there, appraised)).collect(),
            }
        });
        views.collect()
    }

    /// The assets whose guards hold for what is at each place.
    fn guarded_at(&self) -> BTreeMap<(PartyId, PlaceId), BTreeSet<AssetId>> {
        let mut found: BTreeMap<_, BTreeSet<AssetId>> = BTreeMap::new();
        for (digest, version) in self.versions() {
            if !self.phase(digest).is_some_and(crate::assets::Phase::is_usable) {
                continue;
            }
            for (party, place) in &version.holders {
                let Some(place) = place else { continue };
                let at = found.entry((party.clone(), place.clone())).or_default();
                at.extend(version.guarded_by.iter().cloned());
            }
        }
        found
    }

    fn asked(
        &self,
        asset: &AssetId,
        there: &PlaceRegister,
        last: Option<&Appraisal>,
    ) -> Option<Asked> {
        let cited = self.agreement.asset(asset)?;
        let guard = cited.terms.guard.as_ref()?;
        let until = guard.attested.zip(last).map(|(age, last)| last.at.plus(age));
        let isolated = guard.class.is_none_or(|class| u32::from(there.class) >= class);
        let recent = until.is_some_and(|until| self.time.is_none_or(|now| now < until));
        Some(Asked {
            asset: asset.clone(),
            clause: cited.clause,
            class: guard.class,
            attested: guard.attested,
            until,
            met: isolated && (recent || guard.attested.is_none()),
        })
    }

    /// What audits found and is not settled: something is still owed because of it, or nobody ever
    /// had to do anything about it.
    pub fn open_findings(&self) -> Vec<FindingView<'_>> {
        let mut owed: BTreeMap<u64, Vec<(&DutyId, bool)>> = BTreeMap::new();
        for (id, duty) in self.duties() {
            owed.entry(id.since).or_default().push((id, duty.status.is_open()));
        }
        let all = self.audits().flat_map(|(request, audit)| {
            audit.findings.iter().map(move |found| (*request, audit, found))
        });
        let open = all.filter_map(|(request, audit, found)| {
            let since = owed.get(&found.index).map(Vec::as_slice).unwrap_or_default();
            let still: Vec<&DutyId> = since.iter().filter(|own| own.1).map(|own| own.0).collect();
            (!still.is_empty() || since.is_empty()).then_some(FindingView {
                of: &audit.of,
                by: &audit.by,
                request,
                index: found.index,
                finding: found.finding,
                at: found.at,
                on: &audit.on,
                owed: still,
            })
        });
        open.collect()
    }
}
