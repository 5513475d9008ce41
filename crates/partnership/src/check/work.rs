//! What a step leaves out of runs and releases.

use std::collections::BTreeSet;

use concordat_agreement::{Asset, AssetKind, Cited, Ground};
use concordat_terms::{Cost, Digest, RunId};

use crate::act::{AbortReason, Act, AssetImport, RunAbort, RunClose, RunJoin};

use super::fill::{Fill, Unfilled};
use super::world::stand_in;

impl Fill<'_> {
    pub(super) fn run(&mut self) -> Result<RunId, Unfilled> {
        let run = self.takes(self.world.named.run.as_ref(), "run")?;
        self.world.named.run = Some(run.clone());
        Ok(run)
    }

    /// Reserves what the plan costs, unless the step says nothing.
    pub(super) fn join(&mut self) -> Result<RunJoin, Unfilled> {
        let run = self.run()?;
        let mut join = RunJoin { run, cost: Cost::zero() };
        if self.deed.word("cost").is_none() {
            let act = Act::RunJoin(join.clone());
            let facts = (self.outside.facts)(&self.world.state, &self.world.texts, &act);
            join.cost = facts.cost.unwrap_or_else(Cost::zero);
        }
        Ok(join)
    }

    pub(super) fn close(&mut self) -> Result<RunClose, Unfilled> {
        let run = self.run()?;
        self.world.named.model = Some(run.as_str().to_owned());
        let known = self.world.state.runs().get(&run);
        let planned = known.map_or(1, |known| known.proposed.plan.rounds);
        let rounds = self.deed.count("rounds").unwrap_or(planned);
        let joined = known.map(|known| known.joined.clone()).unwrap_or_default();
        let most = self.deed.count("contributors").map_or(joined.len(), |n| n as usize);
        Ok(RunClose {
            model: model(run.as_str()),
            rounds,
            attempts: self.deed.count("attempts").unwrap_or(rounds),
            transcript: stand_in(&["transcript", run.as_str()]),
            roster: joined.into_iter().take(most).collect(),
            run,
        })
    }

    pub(super) fn abort(&mut self) -> Result<RunAbort, Unfilled> {
        let said = self.deed.word("reason").map(serde_json::Value::from);
        let reason = said.and_then(|word| serde_json::from_value(word).ok());
        let reason = reason.unwrap_or(AbortReason::Withdrawn);
        Ok(RunAbort { run: self.run()?, reason, named: BTreeSet::new() })
    }

    /// A version of the model that the step names, or of the first that is not made here.
    pub(super) fn import(&mut self) -> Result<AssetImport, Unfilled> {
        let elsewhere = || {
            let fits = |asset: &Cited<'_, Asset>| {
                asset.terms.kind == AssetKind::Model
                    && asset.terms.ground != Some(Ground::Foreground)
            };
            self.agreement().assets().find(fits)?.id()
        };
        let asset = self.deed.on.first().cloned().or_else(elsewhere).ok_or_else(|| {
            let what = "no clause declares a model that is made elsewhere";
            Unfilled::new(what, "say which model, like `on base-model`")
        })?;
        let first = || self.agreement().asset(&asset)?.terms.purposes.first().cloned();
        let purpose = self.deed.purposes.first().cloned().or_else(first);
        let purpose = purpose.ok_or_else(|| {
            let what = format!("`{asset}` is for no purpose");
            Unfilled::new(what, "say what for, like `for research`")
        })?;
        let name: RunId = self.makes("model")?;
        self.world.named.model = Some(name.as_str().to_owned());
        let (licence, from) = (None, None);
        Ok(AssetImport { asset, version: model(name.as_str()), purpose, licence, from })
    }

    /// A model is called by the run that gave it.
    pub(super) fn model(&mut self) -> Digest {
        let named = &mut self.world.named;
        let said = self.deed.names.first().cloned();
        let name = said.or(named.model.clone()).unwrap_or_else(|| "run".to_owned());
        named.model = Some(name.clone());
        model(&name)
    }
}

/// The digest that stands for the model of this name.
pub(super) fn model(name: &str) -> Digest {
    stand_in(&["model", name])
}
