//! Stories of four hospitals at a round table, without sockets and clocks.

#[path = "../../../../secagg/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::iter::repeat_n;

use concordat_agreement::RunKind;
use concordat_learn::Recipe;
use concordat_partnership::act::Plan;
use concordat_replay::RoundBasis;
use concordat_secagg::client::{ConsistencyCheck, MaskedInput, ShareKeys, Unmasking, advertise};
use concordat_secagg::{
    Body, FromClient, Keys, Roster, Session, Signature, Signed, Step, Transcript, verify_sum,
};
use concordat_terms::Digest;
use concordat_wire::round::{Message, ToClient, decode_to_client};
use tempfile::TempDir;

use self::common::{SplitMix64, ledger_key, params, party};
use super::*;
use crate::room::spool::Spool;
use crate::room::subject::Subject;

const HOLDERS: [&str; 4] = ["alder", "birch", "cypress", "dogwood"];
const SEVEN: [&str; 7] = ["alder", "birch", "cypress", "dogwood", "elm", "fir", "gorse"];

fn names(names: &[&str]) -> BTreeSet<PartyId> {
    names.iter().map(|name| party(name)).collect()
}

/// Two rounds, of hospitals of whom one of four may be missing, and two of seven.
fn basis(holders: &[&str], retries: u32) -> Basis {
    let text = include_str!("../../../../../examples/heart/recipe.json");
    let mut recipe: Recipe = serde_json::from_str(text).unwrap();
    (recipe.rounds, recipe.average_last) = (2, 1);
    let dimension = u32::try_from(recipe.dimension()).unwrap();
    let roster = holders.iter().map(|name| (party(name), ledger_key(name).verifying_key()));
    let plan = Plan {
        project: "risk".parse().unwrap(),
        kind: RunKind::Train,
        purpose: "cardiac-risk".parse().unwrap(),
        asset: "heart-rows".parse().unwrap(),
        datasets: holders.iter().map(|name| (party(name), Digest::of(b"rows"))).collect(),
        model: Some("risk-model".parse().unwrap()),
        recipe: recipe.digest(),
        code: Digest::of(b"code"),
        rounds: 2,
        retries,
        sampling_rate: recipe.sampling_rate,
        noise: "8".parse().unwrap(),
        clip: recipe.clip,
        dimension,
        local_steps: None,
        trainer: None,
    };
    let rounds = RoundBasis {
        run: "first".parse().unwrap(),
        params: params(if holders.len() == 4 { (4, 3, 1, 1) } else { (7, 5, 2, 2) }, 32, dimension),
        roster: Roster::new(roster.collect()).unwrap(),
        log: Digest::of(b"log"),
        agreement: Digest::of(b"agreement"),
        plan: Digest::of(b"plan"),
        recipe: recipe.digest(),
        scale_bits: 18,
        way: Way::PairwiseMasks,
        seat: "data-holder".parse().unwrap(),
    };
    let subject = Subject::Train(Box::new(recipe));
    Basis { rounds, plan, subject, keys: BTreeMap::new() }
}

fn word(message: FromClient) -> Word {
    Word::Message(Message::Masks(message))
}

struct Table {
    holders: &'static [&'static str],
    course: Course,
    joined: BTreeSet<PartyId>,
    rng: SplitMix64,
    /// From which step on somebody says nothing.
    silent: Option<(&'static str, Step)>,
    /// Who shares another seed than it commits to.
    liar: Option<&'static str>,
    /// Who reveals no share of whom.
    withheld: Vec<(&'static str, &'static str)>,
    _home: TempDir,
}

impl Table {
    fn of(retries: u32) -> Self {
        Self::with(&HOLDERS, retries)
    }

    fn with(holders: &'static [&'static str], retries: u32) -> Self {
        let home = tempfile::tempdir().unwrap();
        let spool = Spool::open(home.path(), &BTreeSet::new()).unwrap();
        let basis = basis(holders, retries);
        let uploads = Uploads::new(spool.of(&basis.rounds.run));
        let course = Course::begin(basis, uploads);
        let (joined, rng) = (names(holders), SplitMix64(7));
        let (silent, liar, withheld) = (None, None, Vec::new());
        Self { holders, course, joined, rng, silent, liar, withheld, _home: home }
    }

    fn session(&self) -> Session {
        let Some(Attempt::Masks(now)) = &self.course.now else { panic!("no masks") };
        now.session.clone()
    }

    fn at(&self) -> (u32, u32) {
        (self.course.round(), self.course.attempt())
    }

    fn keys(&mut self, name: &str) -> (ShareKeys, FromClient) {
        let session = self.session();
        let (state, keys) =
            advertise(session, party(name), ledger_key(name), &mut self.rng).unwrap();
        (state, FromClient::Keys(keys))
    }

    fn hear(&mut self, message: FromClient) -> Heard {
        let at = self.at();
        self.course.hear(&self.joined, at, word(message))
    }

    fn counts(&mut self, message: FromClient) {
        let heard = self.hear(message);
        assert!(matches!(heard, Heard::Counted), "{heard:?}");
    }

    fn speaks(&self, name: &str, step: Step) -> bool {
        self.course.present(&self.joined).contains(&party(name))
            && !self.silent.is_some_and(|(who, from)| who == name && step >= from)
    }

    /// Closes the step; what each is told, or whatever else follows.
    fn close(&mut self) -> Result<BTreeMap<PartyId, ToClient>, Close> {
        match self.course.close(&self.joined) {
            Close::Next(Answers::Each(answers)) => Ok(answers
                .into_iter()
                .map(|(party, bytes)| (party, decode_to_client(&bytes).unwrap()))
                .collect()),
            other => Err(other),
        }
    }

    /// Plays the current attempt to its end.
    fn play(&mut self) -> Close {
        match self.try_play() {
            Ok(_) => panic!("a step too many"),
            Err(end) => end,
        }
    }

    fn try_play(&mut self) -> Result<(), Close> {
        let session = self.session();
        let speakers = |table: &Self, step| {
            let all = table.holders.iter().copied();
            all.filter(move |n| table.speaks(n, step)).collect::<Vec<_>>()
        };

        let (mut states, mut truth) = (BTreeMap::<_, ShareKeys>::new(), None);
        for name in speakers(self, Step::AdvertiseKeys) {
            let (state, mut message) = self.keys(name);
            if let (FromClient::Keys(keys), true) = (&mut message, self.liar == Some(name)) {
                truth = Some(keys.clone());
                keys.body.seed_commitment = Digest::of(b"another seed");
                resign(&session, keys);
            }
            self.counts(message);
            states.insert(name, state);
        }
        let told = self.close()?;

        let mut masking = BTreeMap::<_, MaskedInput>::new();
        for name in speakers(self, Step::ShareKeys) {
            let ToClient::Keys(mut list) = told[&party(name)].clone() else { panic!("no keys") };
            if self.liar == Some(name) {
                list.extend(truth.clone().map(|keys| (party(name), keys)));
            }
            let state = states.remove(name).unwrap();
            let (state, message) = state.share(&list, &mut self.rng).unwrap();
            self.counts(FromClient::Shares(message));
            masking.insert(name, state);
        }
        let told = self.close()?;

        let (mut checking, mut peers) = (BTreeMap::<_, ConsistencyCheck>::new(), None);
        for name in speakers(self, Step::MaskedInput) {
            let ToClient::Inbox(inbox) = &told[&party(name)] else { panic!("no inbox") };
            let ring = session.params().ring();
            let vector = RingVec::from_signed(ring, repeat_n(1, session.params().dimension()));
            let (state, mut message) = masking.remove(name).unwrap().mask(inbox, vector).unwrap();
            if self.liar == Some(name) {
                message.body.peers = peers.unwrap();
                resign(&session, &mut message);
            }
            peers = Some(message.body.peers);
            self.counts(FromClient::Masked(message));
            checking.insert(name, state);
        }
        let told = self.close()?;

        let mut revealing = BTreeMap::<_, Unmasking>::new();
        for name in speakers(self, Step::ConsistencyCheck) {
            let ToClient::Survivors(list) = &told[&party(name)] else { panic!("no list") };
            let (state, message) = checking.remove(name).unwrap().sign(list).unwrap();
            self.counts(FromClient::Survivors(message));
            revealing.insert(name, state);
        }
        let told = self.close()?;

        let liar = self.liar;
        for name in speakers(self, Step::Unmasking).into_iter().filter(|n| liar != Some(*n)) {
            let ToClient::Signatures(list) = &told[&party(name)] else { panic!("none") };
            let mut message = revealing.remove(name).unwrap().reveal(list).unwrap();
            for (holder, dealer) in &self.withheld {
                if *holder == name && message.body.shares.remove(&party(dealer)).is_some() {
                    resign(&session, &mut message);
                }
            }
            self.counts(FromClient::Reveal(message));
        }
        self.close().map(drop)
    }

    /// Plays a round that gives the sum of `of`, and finishes it.
    fn finish(&mut self, of: &[&str]) -> Transcript {
        let session = self.session();
        let end = self.play();
        let Close::Done(done) = end else { panic!("{end:?}") };
        let Done { proven: Proven::Masks(proof, vectors), sum } = *done else { panic!("three") };
        let transcript = proof.with(vectors, sum);
        assert_eq!(verify_sum(&session, &transcript).unwrap().survivors, names(of));
        self.course.finish(&transcript.sum).unwrap();
        transcript
    }
}

fn resign<B: Body>(session: &Session, message: &mut Signed<B>) {
    let statement = Digest::of_parts(&[
        b"concordat-secagg/v1/signed",
        session.id().as_bytes(),
        B::STEP.to_string().as_bytes(),
        message.from.as_str().as_bytes(),
        message.body.digest().as_bytes(),
    ]);
    let seed = ledger_key(message.from.as_str()).to_bytes();
    let signed = concordat_tlog::SigningKey::from_seed(&seed).sign(statement.as_bytes());
    message.signature = Signature::from_bytes(&signed);
}

#[test]
fn a_dealer_that_spoils_an_attempt_is_dropped_and_the_others_have_the_sum_in_the_next() {
    let mut table = Table::of(1);
    table.liar = Some("birch");
    let end = table.play();
    let Close::Lost(again) = end else { panic!("{end:?}") };
    assert_eq!((again.round, again.attempt), (0, 1));
    assert!(again.reason.contains("birch"), "{}", again.reason);
    assert_eq!(table.course.retries_left(), 0);
    table.finish(&["alder", "cypress", "dogwood"]);
    assert_eq!(table.at(), (1, 0), "attempts are counted anew in every round");
    assert_eq!(table.course.retries_left(), 0, "and retries are not");
}

#[test]
fn a_lost_attempt_ends_the_run_once_the_retries_are_spent() {
    let mut table = Table::of(0);
    table.liar = Some("birch");
    let end = table.play();
    assert!(matches!(end, Close::Over(AbortReason::RetriesSpent)), "{end:?}");
    // Who it is due to is known, and how it went; of an end for another reason it says nothing.
    let (named, why) = table.course.blame(&table.joined, AbortReason::RetriesSpent);
    assert_eq!(named, names(&["birch"]));
    assert_eq!(why, Some("the shares of `birch` do not open what it committed to"));
    let nobody = table.course.blame(&table.joined, AbortReason::Withdrawn);
    assert_eq!(nobody, (BTreeSet::new(), None));
}

#[test]
fn where_shares_are_kept_back_the_next_attempt_is_made_without_their_dealer() {
    // One has gone, and two of six keep back birch's share: four are left, and five are needed.
    let mut table = Table::with(&SEVEN, 2);
    table.silent = Some(("gorse", Step::Unmasking));
    table.withheld = vec![("elm", "birch"), ("fir", "birch")];
    let end = table.play();
    let Close::Lost(again) = end else { panic!("{end:?}") };
    for name in ["birch", "elm", "fir"] {
        assert!(again.reason.contains(&format!("`{name}`")), "{}", again.reason);
    }
    // Without the two no sum could open either; without birch one does, also where they still
    // would not help it.
    table.finish(&["alder", "cypress", "dogwood", "elm", "fir"]);

    // Two who keep back whatever they like end the run, and do not spend its retries.
    let mut table = Table::with(&SEVEN, 9);
    table.silent = Some(("gorse", Step::Unmasking));
    let dealers = ["alder", "birch"];
    table.withheld = dealers.into_iter().flat_map(|d| [("elm", d), ("fir", d)]).collect();
    assert!(matches!(table.play(), Close::Lost(_)));
    let end = table.play();
    assert!(matches!(end, Close::Over(AbortReason::TooFewParticipants)), "{end:?}");
    assert_eq!(table.course.retries_left(), 8);
    let (named, why) = table.course.blame(&table.joined, AbortReason::TooFewParticipants);
    assert_eq!(
        named,
        table.joined.difference(&table.course.present(&table.joined)).cloned().collect()
    );
    assert_eq!(named, names(&["alder", "birch", "gorse"]));
    assert!(why.unwrap().starts_with("too few shares of `"), "{why:?}");
}

#[test]
fn with_two_of_four_gone_no_sum_can_be_reached() {
    // One has not joined, and one falls silent: at every step before its vector is there.
    for step in [Step::AdvertiseKeys, Step::ShareKeys, Step::MaskedInput] {
        let mut table = Table::of(5);
        table.joined = names(&["alder", "birch", "cypress"]);
        table.silent = Some(("cypress", step));
        let end = table.play();
        assert!(matches!(end, Close::Over(AbortReason::TooFewParticipants)), "{step}: {end:?}");
    }
}

#[test]
fn a_run_is_hopeless_before_a_round_that_too_few_can_begin() {
    let mut table = Table::of(5);
    table.silent = Some(("dogwood", Step::ConsistencyCheck));
    table.finish(&HOLDERS);
    assert!(!table.course.is_hopeless(&table.joined), "three are enough");
    table.joined.remove(&party("alder"));
    assert!(table.course.is_hopeless(&table.joined));
}

#[test]
fn a_laggard_is_served_the_transcript_under_any_attempt_and_a_stranger_is_not() {
    let mut table = Table::of(1);
    let (_, keys) = table.keys("dogwood");
    let (_, strange) = table.keys("birch");
    table.silent = Some(("dogwood", Step::AdvertiseKeys));
    table.finish(&HOLDERS[..3]);

    let joined = table.joined.clone();
    let heard = table.course.hear(&joined, (0, 0), word(keys.clone()));
    assert!(matches!(heard, Heard::Finished), "{heard:?}");
    // Signed for attempt 0, it is no message of attempt 1.
    let heard = table.course.hear(&joined, (0, 1), word(keys.clone()));
    assert!(matches!(heard, Heard::Rejected(_)), "{heard:?}");
    // In a round that goes on without it, it waits for how that ends.
    let (_, later) = table.keys("dogwood");
    assert!(matches!(table.hear(later), Heard::Aside));

    // Birch's good signature helps nobody who did not join.
    let without = names(&["alder", "cypress", "dogwood"]);
    let heard = table.course.hear(&without, (0, 0), word(strange));
    assert!(matches!(heard, Heard::NotJoined), "{heard:?}");
}

#[test]
fn whoever_sends_again_before_any_answer_counts_once_and_with_its_latest_keys() {
    let mut table = Table::of(0);
    let (_, first) = table.keys("alder");
    table.counts(first.clone());
    table.counts(first);
    let (state, second) = table.keys("alder");
    table.counts(second.clone());
    assert!(!table.course.is_complete(&table.joined));
    for name in &HOLDERS[1..] {
        let (_, keys) = table.keys(name);
        table.counts(keys);
    }
    assert!(table.course.is_complete(&table.joined));
    // What would not have counted as the first does not take the place of what does.
    let FromClient::Keys(own) = second.clone() else { panic!("no keys") };
    let weak = Keys { cipher_key: [0; 32], ..own.body };
    let same = Keys { mask_key: own.body.cipher_key, ..own.body };
    for body in [weak, same] {
        let mut bad = own.clone();
        bad.body = body;
        resign(&table.session(), &mut bad);
        let joined = table.joined.clone();
        let heard = table.course.hear(&joined, (0, 0), word(FromClient::Keys(bad)));
        assert!(matches!(&heard, Heard::Rejected(why) if why.contains("alder")), "{heard:?}");
        assert!(table.course.is_complete(&table.joined));
    }
    let told = table.close().unwrap_or_else(|end| panic!("{end:?}"));
    let ToClient::Keys(list) = &told[&party("alder")] else { panic!("no keys") };
    let FromClient::Keys(second) = second else { panic!("no keys") };
    assert_eq!(list[&party("alder")], second);
    assert!(state.share(list, &mut table.rng).is_ok());
}

#[test]
fn other_rounds_and_attempts_are_sent_where_the_run_is() {
    let mut table = Table::of(2);
    let (_, keys) = table.keys("alder");
    let joined = table.joined.clone();
    let heard = table.course.hear(&joined, (1, 0), word(keys.clone()));
    assert!(matches!(&heard, Heard::Again(again) if (again.round, again.attempt) == (0, 0)));
    table.course.resume_at(1).unwrap();
    let heard = table.course.hear(&joined, (0, 0), word(keys.clone()));
    assert!(matches!(&heard, Heard::Again(again) if (again.round, again.attempt) == (0, 1)));
    // Ahead of the run, but not its signer's own words.
    let heard = table.course.hear(&joined, (0, 2), word(keys));
    assert!(matches!(heard, Heard::Rejected(_)), "{heard:?}");
}

#[test]
fn after_a_restart_the_run_goes_on_with_the_highest_attempt_that_retries_allow() {
    let mut before = Table::of(2);
    before.liar = Some("birch");
    let end = before.play();
    assert!(matches!(end, Close::Lost(_)), "{end:?}");
    let transcript = before.finish(&["alder", "cypress", "dogwood"]);

    // What is kept is the transcript and its attempt: the lost one stays charged.
    let mut after = Table::of(2);
    after.course.restore(1, &transcript.sum).unwrap();
    assert_eq!((after.at(), after.course.retries_left()), ((1, 0), 1));
    assert_eq!(after.course.keeper.models, before.course.keeper.models);
    assert_eq!(after.course.resume_at(2), Err(AbortReason::RetriesSpent));
    after.course.resume_at(1).unwrap();
    assert_eq!((after.at(), after.course.retries_left()), ((1, 1), 0));
    // Nobody is believed who wants a later attempt than the one after the last that was opened.
    assert_eq!(after.course.attempt_of([0, 0].into_iter()), 0);
    assert_eq!(after.course.attempt_of([0, 1].into_iter()), 1);
    assert_eq!(after.course.attempt_of([2, 0, u32::MAX].into_iter()), 0);
    assert_eq!(after.course.attempt_of([7, 7].into_iter()), 1);
    after.course.restore_attempt((1, 3));
    assert_eq!(after.course.attempt_of([0, 5].into_iter()), 3);
    assert_eq!(after.course.attempt_of([4, 5].into_iter()), 4);
    after.course.restore_attempt((0, 9));
    assert_eq!(after.course.attempt_of([0].into_iter()), 3, "of a round that is over");
    // Whoever was dropped before may be there again: the room cannot know.
    after.finish(&HOLDERS);
    assert!(after.course.is_finished() && after.course.wait().is_none());
    assert!(matches!(after.course.close(&after.joined), Close::Over(_)));
}
