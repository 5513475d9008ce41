//! An attempt under pairwise masks.

use concordat_secagg::client::advertise;
use concordat_secagg::{FromClient, Session, Transcript, verify_sum};
use concordat_wire::api::Arrived;
use concordat_wire::round::{Announcement, ToClient, comes_whole};

use super::{Exchange, Finished, Lost, Progress, Round, Tries, fresh, uploading};
use crate::plan::Member;
use crate::random::Randomness;

impl Round<'_> {
    /// Five messages, five answers; at any of them the finished transcript.
    pub(super) fn masks(
        &mut self,
        attempt: u32,
        tries: &mut Tries,
        exchange: &mut impl Exchange,
        random: &mut impl Randomness,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Finished, Lost> {
        let Member { basis, party, .. } = self.member;
        let (session, round) = (self.session(attempt)?, self.round);
        let send = |exchange: &mut _, message| Exchange::send(exchange, round, attempt, message);

        let (party, identity) = (party.clone(), self.identity.clone());
        let (state, keys) = advertise(session, party, identity, &mut fresh(random)?)?;
        let list = match send(exchange, FromClient::Keys(keys))? {
            ToClient::Keys(list) => list,
            other => return self.finished(other, exchange, random),
        };
        tries.begun = true;
        let (state, shares) = state.share(&list, &mut fresh(random)?)?;
        let inbox = match send(exchange, FromClient::Shares(shares))? {
            ToClient::Inbox(inbox) => inbox,
            other => return self.finished(other, exchange, random),
        };
        let mut vector = self.drawn(attempt, tries, random)?;
        let (state, announced) = state.mask_in_place(&inbox, &mut vector)?;
        for dealer in state.complaints().cloned() {
            tell(Progress::Unopened { round, attempt, dealer });
        }
        let message = if comes_whole(&basis.params) {
            FromClient::Masked(announced.whole(vector))
        } else {
            let mut tell = |Arrived { next: chunks, chunks: of }| {
                tell(Progress::Uploaded { round, chunks, of });
            };
            let upload = FromClient::Upload(announced.upload.clone());
            let announced = Announcement::Masks(announced);
            uploading::upload((round, attempt), &announced, &vector, exchange, &mut tell)?;
            upload
        };
        let survivors = match send(exchange, message)? {
            ToClient::Survivors(survivors) => survivors,
            other => return self.finished(other, exchange, random),
        };
        let (state, signed) = state.sign(&survivors)?;
        let signatures = match send(exchange, FromClient::Survivors(signed))? {
            ToClient::Signatures(signatures) => signatures,
            other => return self.finished(other, exchange, random),
        };
        let reveal = state.reveal(&signatures)?;
        let last = send(exchange, FromClient::Reveal(reveal))?;
        self.finished(last, exchange, random)
    }

    /// The sum of a finished round, recomputed; it may be of any attempt that the plan allows.
    fn finished(
        &self,
        answer: ToClient,
        exchange: &mut impl Exchange,
        random: &mut impl Randomness,
    ) -> Result<Finished, Lost> {
        match answer {
            ToClient::Transcript(transcript) => self.finished_whole(&transcript),
            ToClient::Proof(proof) => self.finished_in_chunks(&proof, exchange, random),
            _ => Err(Lost::Abort("the coordinator answered another step".to_owned())),
        }
    }

    fn finished_whole(&self, transcript: &Transcript) -> Result<Finished, Lost> {
        let mut mismatch = String::new();
        for attempt in 0..=self.left() {
            let session = self.session(attempt)?;
            match self.verified(attempt, &session, transcript) {
                Ok(finished) => return Ok(finished),
                Err(why) => mismatch = why,
            }
        }
        Err(self.not_proved(&mismatch))
    }

    fn verified(
        &self,
        attempt: u32,
        session: &Session,
        transcript: &Transcript,
    ) -> Result<Finished, String> {
        let sum = verify_sum(session, transcript).map_err(|e| e.to_string())?;
        let digest = transcript.digest(session);
        Ok(Finished { attempt, sum: sum.vector, survivors: sum.survivors, digest })
    }
}
