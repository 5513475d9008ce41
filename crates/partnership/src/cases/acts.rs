//! What the acts about cases, drills, holds, risks and regimes carry.

use std::collections::{BTreeMap, BTreeSet};

use concordat_evidence::name::{Fact, Kind, Measure, RowId};
use concordat_terms::{
    AssetId, CaseId, ClauseId, ClauseRef, Country, Digest, Money, PartyId, RiskId, SeatId,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// `case.open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseOpen {
    /// The case's name.
    pub case: CaseId,
    /// Of which kind it is, and what that kind asks for.
    pub matter: CaseMatter,
    /// The assets concerned.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub on: BTreeSet<AssetId>,
    /// The models concerned.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub models: BTreeSet<Digest>,
    /// The parties against which it is recorded; each may reply.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub against: BTreeSet<PartyId>,
    /// What it is about at length, a blob.
    pub account: Digest,
}

/// What a case is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseMatter {
    /// Something went wrong.
    Incident(IncidentMatter),
    /// Parties differ: those against which it is opened, and who opens it.
    Dispute(DisputeMatter),
    /// A party wants to be paid for a loss.
    Claim(ClaimMatter),
    /// Somebody has a right to see records.
    RecordsRequest(RecordsMatter),
    /// A party leaves, or the partnership ends.
    Exit(ExitMatter),
}

/// Something that went wrong, as far as regimes ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentMatter {
    /// What kinds of incident it is, in the words of the packs.
    pub kinds: BTreeSet<Kind>,
    /// The countries in which it happened or whose people it concerns; none: not known.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub places: BTreeSet<Country>,
    /// How many people, records and so on; what is not known counts as met.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<Measure, u64>,
    /// When the parties became aware of it.
    pub aware_at: Timestamp,
}

/// What parties differ about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeMatter {
    /// The clause, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<ClauseRef>,
}

/// A loss, and who is to answer for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimMatter {
    /// The clause on liability.
    pub liability: ClauseRef,
    /// How much is claimed; absent as long as it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Sum>,
}

/// An amount in parts: what the cap limits, and what it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// What the cap limits.
    pub capped: Money,
    /// What is carved out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carved_out: Vec<CarvedOut>,
}

impl Sum {
    /// All of it, where it is all of one currency and can be added up.
    pub(super) fn whole(&self) -> Option<Money> {
        let mut carved = self.carved_out.iter().map(|carved| &carved.amount);
        let all = carved.try_fold(self.capped.amount(), |all, more| {
            let same = more.currency() == self.capped.currency();
            all.plus(more.amount()).filter(|_| same)
        });
        Some(self.capped.of_same(all?))
    }
}

/// An amount that no cap limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarvedOut {
    /// Which of the clause's `uncapped` it is; the first is 1.
    pub head: u32,
    /// How much.
    pub amount: Money,
}

/// A request to see records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsMatter {
    /// The kinds of request, in the words of the packs; the clocks that a regime starts for them run.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<Kind>,
    /// When it was received.
    pub received_at: Timestamp,
    /// The parties that are consulted because the records are about them; each may reply.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub consult: BTreeSet<PartyId>,
}

/// Who leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitMatter {
    /// The party; all of them, if it is absent: the partnership ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
}

/// `case.fact`: something that became known, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFact {
    /// The case.
    pub case: CaseId,
    /// Facts that reports ask for, by their name in the packs, each a blob.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<Fact, Digest>,
    /// Other evidence, blobs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub evidence: BTreeSet<Digest>,
    /// Further kinds of incident that it turned out to be: their clocks start now.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<Kind>,
    /// What is known by now of how many people, records and so on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<Measure, u64>,
    /// The parties against which this is recorded; each may reply.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub against: BTreeSet<PartyId>,
    /// What became of an asset, in an exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<AssetFate>,
}

/// What became of an asset that a party held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetFate {
    /// The asset.
    pub asset: AssetId,
    /// Who held it.
    pub holder: PartyId,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Handed over in an open format.
    HandedOver {
        /// To whom.
        to: PartyId,
        /// In which format.
        format: OpenFormat,
        /// What was handed over, a blob or the digest of an archive.
        bundle: Digest,
    },
    /// Deleted: its holder signs, and says what shows it, a blob.
    Deleted(Digest),
    /// Kept, as a clause lets its holder.
    Kept(ClauseRef),
}

/// Formats that others can read without whoever made the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenFormat {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// JSON (RFC 8259), a line each or whole.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Tensors without code.
    Safetensors,
    /// ONNX.
    Onnx,
    /// Markdown or plain text.
    Text,
    /// PDF/A (ISO 19005).
    PdfA,
    /// A tar archive of files in open formats.
    Tar,
}

/// `case.reply`: an answer by a party against which something is recorded, or that is consulted.
/// Nobody else's consent is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseReply {
    /// The case.
    pub case: CaseId,
    /// The entry that it answers: the one that opened the case, or filed the fact.
    pub entry: u64,
    /// The answer, a blob.
    pub reply: Digest,
}

/// `case.stage`: moves a case on before the time of its stage is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseStage {
    /// The case.
    pub case: CaseId,
    /// The stage, a later one.
    pub to: ClauseId,
}

/// `case.report`: what a clock asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseReport {
    /// The case.
    pub case: CaseId,
    /// The clock, by its number in the case; the first is 1.
    pub clock: u32,
    /// The report.
    pub report: Report,
}

/// What is said to a clock, each a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// A first report that is not complete, where the regime takes one.
    Initial(Digest),
    /// The whole report.
    Complete(Digest),
    /// That it is not owed, with the reasons.
    NotOwed(Digest),
}

/// `case.close`: what came of a case. Each kind asks for its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseClose {
    /// The case.
    pub case: CaseId,
    /// The decision, a blob.
    pub outcome: Digest,
    /// Of an incident: the review of what happened and what was learned, a blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Digest>,
    /// Of an incident: the decision on redress for whom it harmed, a blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redress: Option<Digest>,
    /// Of a claim: what is awarded, before the cap; nothing, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub award: Option<Sum>,
    /// Of a records request: what is released, the digest of a bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
    /// Of a records request: passages that are kept back, each by the exemption that lets it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exempt: BTreeMap<Digest, RowId>,
    /// Of an exit: how accounts were settled, a blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Digest>,
}

/// `drill.start`: an incident that did not happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillStart {
    /// The name of the drill, among those of cases.
    pub case: CaseId,
    /// The incident that is played.
    pub incident: IncidentMatter,
    /// The assets concerned.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub on: BTreeSet<AssetId>,
    /// The scenario, a blob.
    pub scenario: Digest,
}

/// `drill.end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillEnd {
    /// The drill.
    pub case: CaseId,
    /// What it showed, a blob.
    pub findings: Digest,
}

/// `hold.place`: an asset, or what statements name, is kept as it is, as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldPlace {
    /// The asset; none, if papers alone are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<AssetId>,
    /// One version of it; all, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Digest>,
    /// Commitments and blobs, as statements name them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub papers: BTreeSet<Digest>,
    /// The case that it is evidence in, where it is open here: the hold ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The ground, a blob.
    pub ground: Digest,
}

/// `hold.lift`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldLift {
    /// The hold, by its number.
    pub hold: u64,
    /// The ground, a blob.
    pub ground: Digest,
}

/// `risk.open`, and `risk.update` of one that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskRating {
    /// The risk's name.
    pub risk: RiskId,
    /// The seat that watches it.
    pub owner: SeatId,
    /// How likely it is, from 1 to 5.
    pub likelihood: u8,
    /// How bad it would be, from 1 to 5.
    pub impact: u8,
    /// The clauses that keep it small.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub controls: BTreeSet<ClauseRef>,
    /// What the rating rests on, blobs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub evidence: BTreeSet<Digest>,
    /// What it is, a blob.
    pub description: Digest,
}

/// `risk.close`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskClose {
    /// The risk.
    pub risk: RiskId,
    /// Why it is none any more, a blob.
    pub evidence: Digest,
}

/// `risk.appetite`: a body says how high a risk may be rated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskAppetite {
    /// The highest product of likelihood and impact that it accepts, from 1 to 25.
    pub most: u8,
}

/// `regime.adopt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegimeAdopt {
    /// The pack's text, a blob.
    pub pack: Digest,
}
