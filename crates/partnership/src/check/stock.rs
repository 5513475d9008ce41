//! What a step leaves out of places, dataset versions and code.

use std::collections::BTreeSet;

use concordat_agreement::Place;
use concordat_terms::{AssetId, Digest, PartyId, PlaceId};

use crate::act::{Act, CodeApproval, DatasetRegister, DatasetWithdraw, PlaceRegister};

use super::fill::{Fill, Unfilled, id};
use super::world::stand_in;

impl Fill<'_> {
    /// Where the step says, or class 3 at home: no condition on a class is missed by accident.
    fn home(&self) -> Result<Place, Unfilled> {
        let home = || {
            let party = self.agreement().party(self.party)?;
            let jurisdiction = party.terms.jurisdictions.first()?.clone();
            Some(Place { class: 3, jurisdiction })
        };
        self.deed.at.clone().or_else(home).ok_or_else(|| {
            let what = format!("`{}` has no jurisdiction", self.party);
            Unfilled::new(what, "say where, like `at 2 BE`")
        })
    }

    pub(super) fn place(&mut self) -> Result<PlaceRegister, Unfilled> {
        let name = self.makes("place")?;
        self.registered(name)
    }

    fn registered(&mut self, place: PlaceId) -> Result<PlaceRegister, Unfilled> {
        let Place { class, jurisdiction } = self.home()?;
        self.world.named.places.insert(self.party.clone(), place.clone());
        Ok(PlaceRegister { place, class, jurisdiction })
    }

    /// The place of a dataset: the party's last, or a new one where it has none as the step says.
    fn place_of_dataset(&mut self) -> Result<PlaceId, Unfilled> {
        let places = self.world.state.places();
        let last = self.world.named.places.get(self.party);
        let fits = |place: &PlaceId| {
            places.get(&(self.party.clone(), place.clone())).is_some_and(|registered| {
                self.deed.at.as_ref().is_none_or(|at| {
                    (at.class, &at.jurisdiction) == (registered.class, &registered.jurisdiction)
                })
            })
        };
        let own = places.keys().filter(|(party, _)| party == self.party).map(|(_, place)| place);
        if let Some(place) = last.into_iter().chain(own).find(|place| fits(place)) {
            return Ok(place.clone());
        }
        let taken = places.keys().filter(|(party, _)| party == self.party).count();
        let name = match taken {
            0 => id("place"),
            _ => id(&format!("place-{}", taken + 1)),
        };
        let place = self.registered(name?)?;
        let name = place.place.clone();
        self.before.push(Act::PlaceRegister(place));
        Ok(name)
    }

    pub(super) fn register(&mut self, asset: AssetId) -> Result<Act, Unfilled> {
        let key = (self.party.clone(), asset.clone());
        let count = self.world.named.versions.get(&key).map_or(0, |(_, count)| *count) + 1;
        let version = match self.deed.names.first() {
            Some(name) => self.version(&asset, name),
            None => self.version(&asset, &count.to_string()),
        };
        self.world.named.versions.insert(key, (version, count));
        let purposes = match self.deed.purposes.as_slice() {
            [] => self.agreement().asset(&asset).map(|a| a.terms.purposes.clone()),
            said => Some(said.to_vec()),
        };
        let purposes: BTreeSet<_> = purposes.into_iter().flatten().collect();
        let place = self.place_of_dataset()?;
        let dataset = DatasetRegister { asset, version, place, rows_band: 100, purposes };
        Ok(Act::DatasetRegister(dataset))
    }

    pub(super) fn withdraw(&mut self, asset: AssetId) -> Result<Act, Unfilled> {
        let version = match self.deed.names.first() {
            Some(name) => self.version(&asset, name),
            None => self.last_version(self.party, &asset),
        };
        Ok(Act::DatasetWithdraw(DatasetWithdraw { asset, version }))
    }

    fn version(&self, asset: &AssetId, name: &str) -> Digest {
        stand_in(&["dataset", self.party.as_str(), asset.as_str(), name])
    }

    /// The version of an asset that a party registered last; one that it did not, if there is none.
    pub(super) fn last_version(&self, party: &PartyId, asset: &AssetId) -> Digest {
        let last = self.world.named.versions.get(&(party.clone(), asset.clone()));
        last.map_or_else(
            || stand_in(&["dataset", party.as_str(), asset.as_str(), "1"]),
            |(version, _)| *version,
        )
    }

    pub(super) fn code(&mut self, asset: AssetId) -> CodeApproval {
        let name = self.deed.names.first().map_or("code", String::as_str);
        CodeApproval::of(stand_in(&["code", name]), asset)
    }
}
