//! The partnership whose log is measured: the one of `bench law`, with every act signed.

use std::collections::BTreeMap;

use concordat_partnership::Act;
use concordat_partnership::act::Signed;
use concordat_terms::Digest;
use concordat_tlog::cosign::cosign;
use concordat_tlog::merkle::{leaf_hash, root_of};
use concordat_tlog::{Checkpoint, SigningKey};

use super::super::grown::{Amended, modules};
use super::super::law::mix::Mix;
use super::super::law::office::{Office, key};
use crate::failure::Failure;

/// Parties and clauses, as many as `bench law` has.
const PARTIES: usize = 50;
const CLAUSES: usize = 500;

pub(super) fn wrong(what: impl Into<String>) -> Failure {
    Failure::fault("bench-wrong", what, "report this with the program's version")
}

/// A founded partnership that goes on working.
pub(super) struct Works {
    office: Office,
    mix: Mix,
    /// The first acts, the sequencer's own left out: nobody but it may do those.
    pub(super) founding: Vec<Vec<u8>>,
    /// All entries of its log.
    pub(super) entries: Vec<Vec<u8>>,
}

impl Works {
    pub(super) fn founded() -> Result<Self, Failure> {
        let mut office = Office::founded(PARTIES, CLAUSES)?;
        let mut mix = Mix::new(PARTIES);
        mix.prepare(&mut office)?;
        let past = office.take_founding();
        let parties = |signed: &&Signed| !matches!(signed.act, Act::DigestRecord(_));
        let founding = past.iter().filter(parties).map(|signed| office.envelope(signed));
        let founding = founding.collect::<Result<_, _>>()?;
        let entries = past.iter().map(|signed| office.envelope(signed));
        let entries = entries.collect::<Result<_, _>>()?;
        Ok(Self { office, mix, founding, entries })
    }

    /// The texts that the founding acts name.
    pub(super) fn texts(&self) -> Vec<Vec<u8>> {
        modules(PARTIES, CLAUSES, Amended::No)
            .into_iter()
            .map(|(_, text)| text.into_bytes())
            .collect()
    }

    /// The texts as an archive keeps them.
    pub(super) fn blobs(&self) -> BTreeMap<Digest, Vec<u8>> {
        self.texts().into_iter().map(|text| (Digest::of(&text), text)).collect()
    }

    /// The key of the sequencer, as a home keeps it.
    pub(super) fn sequencer(&self) -> SigningKey {
        key("sequencer")
    }

    /// The key of a party.
    pub(super) fn party(&self) -> SigningKey {
        key("party-0")
    }

    /// So many acts that any coordinator of this log admits, in whatever order.
    pub(super) fn free(&mut self, count: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let each = (0..count).map(|_| {
            let signed = self.mix.free(&mut self.office)?;
            self.office.envelope(&signed)
        });
        each.collect()
    }

    /// Lets it work until its log has so many entries.
    pub(super) fn go_on_until(
        &mut self,
        entries: usize,
        mut told: impl FnMut(usize) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        while self.entries.len() < entries {
            let signed = self.mix.next(&mut self.office)?;
            let (verdict, _) = self.office.fold(&signed);
            self.mix.heard(&verdict);
            self.entries.push(self.office.envelope(&signed)?);
            told(self.entries.len())?;
        }
        Ok(())
    }

    /// The digest over every verdict of these entries.
    pub(super) fn rolling(&self) -> Digest {
        self.office.state.rolling()
    }

    /// The checkpoint over all entries, cosigned by every witness.
    pub(super) fn checkpoint(&self) -> Result<Vec<u8>, Failure> {
        let genesis = self.office.state.genesis().ok_or_else(|| wrong("no genesis"))?;
        let leaves: Vec<Digest> = self.entries.iter().map(|entry| leaf_hash(entry)).collect();
        let origin = genesis.origin.clone();
        let (size, root) = (leaves.len() as u64, root_of(&leaves));
        let checkpoint = Checkpoint { origin: origin.clone(), size, root };
        let mut note = checkpoint.sign(&self.sequencer()).map_err(|e| wrong(e.to_string()))?;
        for party in &genesis.policy.witnesses {
            let witness = key(&format!("witness {party}"));
            let name = format!("{origin}/{party}");
            let line = cosign(&name, &witness, self.office.now(), note.text());
            let line = line.map_err(|e| wrong(e.to_string()))?;
            note.push(line).map_err(|e| wrong(e.to_string()))?;
        }
        Ok(note.to_bytes())
    }
}
