//! Recalls: releases that are taken out of service, and places that are taken out of use.
//!
//! What was released stays on record in the order in which it was, so that a rollback names what
//! it goes back to; who took a release back and why stays with the entry that did.

mod acts;
mod life;
mod refusal;

use std::collections::BTreeMap;

use concordat_terms::{AssetId, Digest, PartyId, PlaceId, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{PlaceStop, ReleaseRecall};
pub use refusal::RecallRefusal;

use crate::shared::Shared;
use crate::state::{ModelStatus, State};

/// A release that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// The model.
    pub model: Digest,
    /// The release before, which is served since; none where it was retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Digest>,
    /// Who took it back.
    pub by: PartyId,
    /// Why, a blob.
    pub reason: Digest,
    /// When.
    pub at: Timestamp,
}

/// A place that nothing is run at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Who suspended it.
    pub by: PartyId,
    /// Why, a blob.
    pub reason: Digest,
    /// Since when.
    pub since: Timestamp,
    /// By the entry at this index.
    pub index: u64,
}

/// Releases in their order, and what was taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recalls {
    /// What was released of an asset, the first first.
    pub(crate) released: Shared<BTreeMap<AssetId, Vec<Digest>>>,
    /// What was done about a model last: by which entry.
    pub(crate) last: RedBlackTreeMapSync<Digest, u64>,
    /// By the index of the entry that took it back.
    pub(crate) recalled: RedBlackTreeMapSync<u64, Recalled>,
    pub(crate) stopped: Shared<BTreeMap<(PartyId, PlaceId), Stopped>>,
    /// What was done about a place last: by which entry.
    pub(crate) moved: RedBlackTreeMapSync<(PartyId, PlaceId), u64>,
}

impl State {
    /// The model that is to be served of an asset: what was released last and not taken back.
    pub fn served(&self, asset: &AssetId) -> Option<&Digest> {
        self.recalls.released.get(asset)?.iter().rev().find(|model| self.is_released(model))
    }

    /// The releases that were taken back, by the index of the entry that did.
    pub fn recalled(&self) -> impl Iterator<Item = (&u64, &Recalled)> {
        self.recalls.recalled.iter()
    }

    /// Places that nothing is run at, by party and name.
    pub fn stopped_places(&self) -> &BTreeMap<(PartyId, PlaceId), Stopped> {
        &self.recalls.stopped
    }

    /// What was released before a model, and still is.
    pub(crate) fn released_before(&self, model: &Digest) -> Option<Digest> {
        let asset = &self.models.get(model)?.asset;
        let all = self.recalls.released.get(asset)?;
        let place = all.iter().rposition(|other| other == model)?;
        let before = all.iter().take(place).rev();
        before.copied().find(|other| other != model && self.is_released(other))
    }

    fn is_released(&self, model: &Digest) -> bool {
        self.models.get(model).is_some_and(|model| model.status == ModelStatus::Released)
    }
}
