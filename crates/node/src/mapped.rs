//! A party's rows from their source: read under a mapping that its steward has signed.
//!
//! The signature is a DSSE envelope around an in-toto statement of the kind [`MAPPING`] about the
//! mapping's SHA-256, which names the log, the party and the dataset. It counts if the log knows its key as
//! one that signs acts for the party: the party's own, or a member's with a mandate in force for the seat that
//! holds the dataset. Where that seat asks for mandates, only the second.

use std::path::{Path, PathBuf};

use concordat_agreement::Asset;
use concordat_data::{Checked, Fault, Finding, Mapping, PseudonymKey, Rows, Table};
use concordat_partnership::{MandateStatus, State};
use concordat_terms::{AssetId, Digest, KeyId, MemberId, PartyId, Problem, jcs};
use concordat_tlog::statement::Subject;
use concordat_tlog::{Envelope, PublicKey, SigningKey, Statement};
use serde::{Deserialize, Serialize};

use crate::home::{Dataset, Home, unreadable};
use crate::plain::{self, Kind};
use crate::problems::problem;

/// The kind of statement by which a steward signs a mapping.
pub const MAPPING: &str = "urn:concordat:mapping:v0";

/// What the statement says beside the digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    log: Digest,
    party: PartyId,
    asset: AssetId,
}

/// Who signed a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Steward {
    /// The key.
    pub key: KeyId,
    /// Whose it is, where it is no key of the party itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
}

/// A dataset's mapping and the folder that its source is relative to.
#[derive(Debug)]
pub struct Mapped {
    mapping: Mapping,
    beside: PathBuf,
    /// The mapping's file; none of rows that are taken as they are.
    file: Option<PathBuf>,
    key: Option<PseudonymKey>,
}

impl Home {
    /// How the rows of a dataset come about. Nothing is read but the mapping; a key of pseudonyms is
    /// drawn where the mapping asks for one.
    ///
    /// # Errors
    /// `no-table`, or what is wrong with the mapping: by itself, or beside the agreement's schema.
    pub fn mapped(&self, asset: &AssetId, terms: &Asset) -> Result<Mapped, Problem> {
        match self.dataset(asset)? {
            Dataset { mapping: Some(file), .. } => {
                let mut mapped = Mapped::read(&self.dir().join(file), asset, terms)?;
                if mapped.mapping.person.pseudonym {
                    mapped.key = Some(self.pseudonym_key(asset)?);
                }
                Ok(mapped)
            }
            Dataset { table, .. } => {
                let file = self.dir().join(table.clone().unwrap_or_default());
                Ok(Mapped::plain(&file, asset, terms))
            }
        }
    }
}

impl Mapped {
    /// Reads a mapping; who has no home has no key of pseudonyms either, and gets `key`.
    ///
    /// # Errors
    /// What is wrong with it: by itself, or beside the agreement's schema.
    pub fn read(file: &Path, asset: &AssetId, terms: &Asset) -> Result<Self, Problem> {
        let text = plain::read_text(file, Kind::Mapping).map_err(|e| unreadable(file, &e))?;
        let name = file.display().to_string();
        let mapping = Mapping::read(&name, &text).map_err(|found| Finding::problem_of(&found))?;
        if mapping.asset != *asset {
            return Err(problem(
                "other-mapping",
                format!("`{name}` is of `{}`, not of `{asset}`", mapping.asset),
                "name the mapping of this dataset, or correct `asset` in it",
            ));
        }
        mapping.fits(terms).map_err(|found| Finding::problem_of(&found))?;
        let beside = file.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { mapping, beside, file: Some(file.to_owned()), key: None })
    }

    /// Rows of a CSV file that has the agreement's columns.
    pub fn plain(file: &Path, asset: &AssetId, terms: &Asset) -> Self {
        let mapping = Mapping::plain(asset.clone(), terms, file);
        Self { mapping, beside: PathBuf::new(), file: None, key: None }
    }

    /// The same with this key for pseudonyms: for a look at rows that nobody keeps.
    #[must_use]
    pub fn with_key(mut self, key: PseudonymKey) -> Self {
        self.key = Some(key);
        self
    }

    /// The mapping.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// All rows, every cell checked. `progress` is told how many rows of the source were read.
    ///
    /// # Errors
    /// [`Fault`], the first found.
    pub fn table(&self, terms: &Asset, progress: &mut dyn FnMut(usize)) -> Result<Table, Fault> {
        self.rows(terms).table(progress)
    }

    /// Looks at all rows and keeps none: see [`concordat_data::check`].
    ///
    /// # Errors
    /// [`Fault`]: the source gives no rows.
    pub fn check(
        &self,
        terms: &Asset,
        cells: bool,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Checked, Fault> {
        concordat_data::check(&self.rows(terms), cells, progress)
    }

    fn rows<'a>(&'a self, terms: &'a Asset) -> Rows<'a> {
        Rows::new(&self.mapping, terms, &self.beside, self.key.as_ref())
    }

    /// Who signed the mapping, by the log's own state; none where there is no mapping to sign.
    ///
    /// # Errors
    /// `mapping-not-signed`, `mapping-changed`, `mapping-signer`.
    pub fn steward(
        &self,
        state: &State,
        party: &PartyId,
        terms: &Asset,
    ) -> Result<Option<Steward>, Problem> {
        let (Some(file), Some(digest)) = (&self.file, self.mapping.digest) else { return Ok(None) };
        let path = signature_of(file);
        let resign = format!("have the steward run `concordat data sign {}`", self.mapping.asset);
        if path.symlink_metadata().is_err() {
            let what = format!("nobody has signed `{}`", file.display());
            return Err(problem("mapping-not-signed", what, resign));
        }
        let bytes = plain::read(&path, Kind::Statement).map_err(|e| unreadable(&path, &e))?;
        let unread = |why: &str| {
            problem("mapping-not-signed", format!("`{}`: {why}", path.display()), resign.clone())
        };
        let envelope = Envelope::parse(&bytes).map_err(|_| unread("it is no envelope"))?;
        let statement = Statement::parse(envelope.payload());
        let statement = statement.map_err(|_| unread("it holds no statement"))?;
        let signed = jcs::to_bytes(&statement.predicate).ok();
        let signed: Option<Signed> = signed.and_then(|bytes| jcs::from_bytes(&bytes).ok());
        let own = Signed {
            log: state.log().ok_or_else(|| unread("there is no log yet"))?,
            party: party.clone(),
            asset: self.mapping.asset.clone(),
        };
        if statement.predicate_type != MAPPING || signed.as_ref() != Some(&own) {
            return Err(unread("it is about another log, party or dataset"));
        }
        if statement.subject != vec![Subject::new(digest)] {
            let what = format!("`{}` was changed after it was signed", file.display());
            let hint = format!("look at what changed; if it is right, {resign}");
            return Err(problem("mapping-changed", what, hint));
        }
        let signers = envelope.signatures().iter();
        let mut steward = signers.filter_map(|signature| {
            let id: KeyId = signature.keyid.parse().ok()?;
            let steward = may_sign(state, party, terms, &id)?;
            let public = public_key(&state.holder(&id)?.public)?;
            envelope.verify(&signature.keyid, &public).ok().map(|()| steward)
        });
        steward.next_back().map(Some).ok_or_else(|| {
            let what = format!(
                "`{}` is not signed by a key that signs for `{}`",
                path.display(),
                terms.holder
            );
            problem("mapping-signer", what, resign)
        })
    }
}

/// Signs a mapping's bytes, and says where the signature belongs.
///
/// # Errors
/// `unsignable`.
pub fn sign_mapping(
    file: &Path,
    text: &[u8],
    (log, party, asset): (Digest, &PartyId, &AssetId),
    (id, key): (&KeyId, &SigningKey),
) -> Result<(PathBuf, Vec<u8>), Problem> {
    let unsignable = |why: String| problem("unsignable", why, "name another file");
    let predicate = Signed { log, party: party.clone(), asset: asset.clone() };
    let statement = Statement {
        subject: vec![Subject::new(Digest::of(text))],
        predicate_type: MAPPING.to_owned(),
        predicate: serde_json::to_value(predicate).map_err(|e| unsignable(e.to_string()))?,
    };
    let bytes = statement.to_bytes().map_err(|e| unsignable(e.to_string()))?;
    let envelope =
        Envelope::sign(&bytes, &[(id.as_str(), key)]).map_err(|e| unsignable(e.to_string()))?;
    Ok((signature_of(file), envelope.to_bytes()))
}

/// Where the signature of a mapping lies.
fn signature_of(file: &Path) -> PathBuf {
    file.with_added_extension("sig")
}

/// Whose key it is, if it may sign for the party's seat that holds the dataset, now.
pub fn may_sign(state: &State, party: &PartyId, terms: &Asset, id: &KeyId) -> Option<Steward> {
    let holder = state.holder(id).filter(|holder| holder.signs())?;
    let mandated = |member: &MemberId| {
        state.mandates().any(|(_, mandate)| {
            mandate.member == *member
                && Some(&mandate.home) == holder.party.as_ref()
                && mandate.party() == party
                && mandate.seat == terms.holder
                && mandate.status == MandateStatus::Active
        })
    };
    let of = |member| Steward { key: id.clone(), member };
    match &holder.member {
        Some(member) => mandated(member).then(|| of(Some(member.clone()))),
        None => {
            let seat = state.agreement().seat(&terms.holder);
            let alone = seat.is_none_or(|seat| !seat.terms.needs_mandate());
            let sits = state.agreement().parties_of(&terms.holder).contains(party);
            (alone && sits && holder.party.as_ref() == Some(party)).then(|| of(None))
        }
    }
}

fn public_key(text: &str) -> Option<PublicKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    PublicKey::from_bytes(&bytes).ok()
}
