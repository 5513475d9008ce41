//! Queries as a person writes them.

use std::collections::BTreeMap;
use std::path::Path;

use concordat_agreement::{Asset, ColumnKind, RunKind};
use concordat_learn::Model;
use concordat_learn::query::{
    Among, Axis, Histogram, Moments, Part, Query, Reading, SCORE, Scaled, bins_for,
};
use concordat_node::plan::{Spend, Wish};
use concordat_terms::{AssetId, Decimal, Digest, PartyId, ProjectId, PurposeId, RunId};
use serde::Deserialize;

use crate::failure::Failure;

/// A query as a person writes it. Levels and ranges that it leaves out are the agreement's;
/// participants are the catalogue's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryFile {
    pub(crate) run: RunId,
    pub(crate) project: ProjectId,
    pub(crate) kind: RunKind,
    pub(crate) purpose: PurposeId,
    pub(crate) asset: AssetId,
    /// How much of each account to spend; the noise is calibrated to it.
    epsilon: Option<Decimal>,
    /// Or the noise multiplier itself.
    noise: Option<Decimal>,
    /// How often a lost round may be tried again; as often as the agreement allows, if not given.
    retries: Option<u32>,
    /// The model whose answer to a row is its column `score`: a digest, or an asset, whose released
    /// version is meant.
    pub(crate) model: Option<String>,
    /// Whose rows count: everybody's, or those that the model's split keeps for testing or training.
    #[serde(default)]
    among: Who,
    /// Most rows of one person that count; as many as the agreement lets a person have, if not given.
    rows_per_person: Option<u32>,
    #[serde(default)]
    histogram: Vec<HistogramFile>,
    #[serde(default)]
    moments: Vec<MomentsFile>,
    /// What it is for; a profile of each histogram and a summary of all moments, if not given.
    #[serde(default)]
    reading: Vec<Reading>,
    /// By axis, the share of all rows that its rarest cell has, where that is public: for the
    /// prediction alone.
    #[serde(default)]
    pub(crate) rarest: BTreeMap<String, Decimal>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Who {
    #[default]
    Everybody,
    Tested,
    Trained,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistogramFile {
    name: String,
    axes: Vec<AxisFile>,
}

/// A column, or the holders.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AxisFile {
    column: Option<String>,
    /// Of a category: some of its declared levels; all of them, if not given.
    levels: Option<Vec<String>>,
    /// Of a number: so many equal bins over its declared range; as many as the rows are worth, if not
    /// given.
    bins: Option<u32>,
    /// Or the bins' edges.
    edges: Option<Vec<Decimal>>,
    /// One cell for each participant.
    #[serde(default)]
    holders: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MomentsFile {
    name: String,
    columns: Vec<String>,
    /// 1: means; 2: variances and correlations as well.
    degree: u8,
}

/// What a file needs of the log to become a query.
pub(crate) struct Known<'a> {
    /// The dataset's clause.
    pub(crate) asset: &'a Asset,
    /// The participants and their versions.
    pub(crate) datasets: &'a BTreeMap<PartyId, Digest>,
    /// How many rows their bands say there are.
    pub(crate) rows: u64,
    /// The model, where the file names one.
    pub(crate) model: Option<(Digest, Model)>,
}

impl QueryFile {
    /// Whether a plan's text is a query's.
    pub(crate) fn is(text: &str) -> bool {
        let kind = |table: toml::Table| table.get("kind")?.as_str().map(str::to_owned);
        toml::from_str(text).ok().and_then(kind).as_deref() == Some(RunKind::Query.as_str())
    }

    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    /// It is not a query, and why.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let bad = |why: String| {
            let what = format!("`{}` is not a query: {why}", path.display());
            Failure::usage("bad-query-file", what, "compare it with examples/heart/query.toml")
        };
        let file: Self = toml::from_str(text).map_err(|e| bad(e.message().to_owned()))?;
        if file.kind != RunKind::Query {
            return Err(bad(format!("its kind is `{}`", file.kind.as_str())));
        }
        match (file.epsilon, file.noise) {
            (Some(_), None) | (None, Some(_)) => Ok(file),
            _ => Err(bad("it needs `epsilon` or `noise`, and not both".to_owned())),
        }
    }

    /// What it asks for, on these versions of the participants' rows.
    pub(crate) fn wish(&self, datasets: BTreeMap<PartyId, Digest>) -> Wish {
        let spend = match (self.noise, self.epsilon) {
            (Some(noise), _) => Spend::Noise(noise),
            (None, Some(epsilon)) => Spend::Epsilon(epsilon),
            (None, None) => Spend::Account,
        };
        Wish {
            project: self.project.clone(),
            kind: RunKind::Query,
            purpose: self.purpose.clone(),
            asset: self.asset.clone(),
            datasets,
            model: None,
            retries: self.retries,
            spend,
        }
    }

    /// The query, with what the file leaves to the agreement.
    ///
    /// # Errors
    /// What cannot be asked so.
    pub(crate) fn query(&self, known: &Known<'_>) -> Result<Query, Failure> {
        let person = known.asset.person.clone();
        let person = person.ok_or_else(|| wrong("the asset names no column of persons".into()))?;
        let histograms = self.histogram.iter().map(|of| {
            let axes = of.axes.iter().map(|axis| axis.axis(known)).collect::<Result<_, _>>()?;
            Ok(Part::Histogram(Histogram { name: of.name.clone(), axes }))
        });
        let moments = self.moments.iter().map(|of| {
            let columns = of.columns.iter().map(|column| {
                let (min, max) = range(known, column)?;
                Ok(Scaled { column: column.clone(), min, max })
            });
            let columns = columns.collect::<Result<_, Failure>>()?;
            Ok(Part::Moments(Moments { name: of.name.clone(), columns, degree: of.degree }))
        });
        let parts: Vec<Part> = histograms.chain(moments).collect::<Result<_, Failure>>()?;
        let of_each = |part: &Part| match part {
            Part::Histogram(of) => Reading::Profile { of: of.name.clone() },
            Part::Moments(of) => Reading::Moments { of: of.name.clone() },
        };
        let readings = match self.reading.as_slice() {
            [] => parts.iter().map(of_each).collect(),
            readings => readings.to_vec(),
        };
        let split = known.model.as_ref().map(|(_, model)| model.recipe().split.clone());
        let among = match (self.among, split) {
            (Who::Everybody, _) => Among::Everybody,
            (Who::Tested, Some(split)) => Among::Tested(split),
            (Who::Trained, Some(split)) => Among::Trained(split),
            (_, None) => return Err(wrong("`among` is by a model's split: name a `model`".into())),
        };
        let most = known.asset.rows_per_person.unwrap_or(1);
        Ok(Query {
            person,
            rows_per_person: self.rows_per_person.unwrap_or(most),
            // As many as there is room for are chosen with the noise.
            scale_bits: 10,
            among,
            model: known.model.as_ref().map(|(digest, _)| *digest),
            parts,
            readings,
        })
    }
}

impl AxisFile {
    fn axis(&self, known: &Known<'_>) -> Result<Axis, Failure> {
        let Some(column) = &self.column else {
            if !self.holders || self.levels.is_some() || self.bins.is_some() || self.edges.is_some()
            {
                return Err(wrong("an axis has a `column`, or `holders = true`".into()));
            }
            let parties = known.datasets.keys().map(ToString::to_string).collect();
            return Ok(Axis::Holders { parties });
        };
        if self.holders {
            return Err(wrong(format!("`{column}` is no axis of holders")));
        }
        let declared = known.asset.columns.iter().find(|of| of.name == *column);
        let category = declared.filter(|of| of.kind == ColumnKind::Category);
        match (&self.levels, &self.edges, self.bins, category) {
            (Some(levels), None, None, _) => {
                Ok(Axis::Levels { column: column.clone(), levels: levels.clone() })
            }
            (None, Some(edges), None, _) => {
                Ok(Axis::Bins { column: column.clone(), edges: edges.clone() })
            }
            (None, None, None, Some(category)) => {
                let levels = category.levels.iter().map(|level| level.as_str().to_owned());
                Ok(Axis::Levels { column: column.clone(), levels: levels.collect() })
            }
            (None, None, bins, None) => {
                let (min, max) = range(known, column)?;
                let bins = bins.unwrap_or_else(|| bins_for(known.rows));
                let even = Axis::even(column, min, max, bins);
                even.ok_or_else(|| wrong(format!("`{column}` has no {bins} equal bins")))
            }
            _ => Err(wrong(format!(
                "`{column}` needs one of `levels`, `edges` and `bins`, and bins are of numbers"
            ))),
        }
    }
}

/// Where a number is declared to lie.
fn range(known: &Known<'_>, column: &str) -> Result<(Decimal, Decimal), Failure> {
    if column == SCORE && known.model.is_some() {
        let one = Decimal::whole(1).unwrap_or(Decimal::ZERO);
        return Ok((Decimal::ZERO, one));
    }
    let declared = known.asset.columns.iter().find(|of| of.name == column);
    let declared = declared.ok_or_else(|| wrong(format!("`{column}` is no declared column")))?;
    declared.min.zip(declared.max).ok_or_else(|| {
        wrong(format!("`{column}` has no declared range: write its `edges`, or ask for another"))
    })
}

fn wrong(why: String) -> Failure {
    let what = format!("the query cannot be asked: {why}");
    Failure::usage("bad-query-file", what, "compare it with examples/heart/query.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every query that a page or an example shows is one.
    #[test]
    fn the_queries_that_are_shown_can_be_read() {
        let page = include_str!("../../../docs/how-to/query-across-sites.md");
        let shown = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let example = include_str!("../../../examples/heart/query.toml");
        let texts: Vec<&str> = shown.chain([example]).collect();
        assert_eq!(texts.len(), 3);
        for text in texts {
            assert!(QueryFile::is(text), "{text}");
            let file = QueryFile::parse(Path::new("query.toml"), text);
            assert!(file.is_ok(), "{file:?}");
        }
        assert!(!QueryFile::is(include_str!("../../../examples/heart/plan.toml")));
        let both = format!("noise = \"2\"\n{example}");
        let refused = QueryFile::parse(Path::new("query.toml"), &both).unwrap_err();
        assert_eq!(refused.problem().code, "bad-query-file");
    }
}
