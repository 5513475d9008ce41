//! Three aggregators: what cheats among them, or among contributors, try.
//!
//! What they try on the sum itself is in [`shifted`](crate::shifted).

use std::cell::Cell;

use concordat_secagg::three::{
    Abort, Aggregator, Agreed, BadAggregators, BadOffer, Body, Contribution, Held, Mismatch, Offer,
    Offers, Rejected, Role, Session, Signed, Signer as _, Step, Three, TooFew, combine, contribute,
    offer,
};
use concordat_secagg::{Binding, Chunks, RingVec, VerifyingKey};
use concordat_terms::{Digest, PartyId};
use ed25519_dalek::Signer as _;
use hkdf::Hkdf;
use sha2::Sha256;

use crate::common::{SplitMix64, binding, ledger_key, party, sum_of};
use crate::toolkit::{Bytes, agree, keystream, public_of, random};
use crate::world::{
    World, aggregator, aggregators, bound, draws, four, inner, of_each, offering, runs, session,
    split, upload,
};

/// The mask between a contributor and an aggregator, for whoever has a secret half of either.
fn mask(session: &Session, of: (&PartyId, &Bytes), at: (Role, &Bytes), shared: &Bytes) -> Vec<u32> {
    let place = session.roster().parties().position(|party| party == of.0).unwrap();
    let number = Role::ALL.into_iter().position(|role| role == at.0).unwrap();
    let points = [place as u8 + 1, number as u8 + 1];
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(session.id().as_bytes()), shared)
        .expand_multi_info(&[b"concordat-secagg/v1/three/mask", &points, of.1, at.1], &mut key)
        .unwrap();
    keystream(&key, session.params().dimension())
}

pub(crate) fn words(vector: &RingVec) -> Vec<u32> {
    let RingVec::U32(words) = vector else { panic!("stories use 32 bits") };
    words.clone()
}

fn minus(mut words: Vec<u32>, other: &[u32]) -> Vec<u32> {
    words.iter_mut().zip(other).for_each(|(word, other)| *word = word.wrapping_sub(*other));
    words
}

/// What is left of a contribution when these aggregators tell each other all they have.
fn stripped(world: &World, name: &str, roles: &[Role]) -> Vec<u32> {
    let name = party(name);
    let (said, masked) = &world.uploads[&name];
    roles.iter().fold(words(masked), |left, role| {
        let secret = random(&mut draws(world.seed, *role));
        let public = public_of(&secret);
        assert_eq!(public, world.offers.of(*role).body.key, "the attackers have the real secret");
        let shared = agree(&secret, &said.body.key);
        let ends = ((&name, &said.body.key), (*role, &public));
        minus(left, &mask(&world.session, ends.0, ends.1, &shared))
    })
}

/// Signs with a cheating contributor's or aggregator's own ledger key.
pub(crate) fn resign<B: Body>(session: &Session, mut message: Signed<B>, key: &str) -> Signed<B> {
    let statement = Digest::of_parts(&[
        b"concordat-secagg/v1/three/signed",
        session.id().as_bytes(),
        B::STEP.as_str().as_bytes(),
        message.from.name().as_bytes(),
        message.body.digest().as_bytes(),
    ]);
    message.signature = ledger_key(key).sign(statement.as_bytes());
    message
}

pub(crate) fn shift(at: usize, by: i64) -> RingVec {
    let ring = four().params().ring();
    RingVec::from_signed(ring, (0..6).map(|place| if place == at { by } else { 0 }))
}

#[test]
fn all_three_aggregators_together_read_everything_which_is_why_they_are_three_parties() {
    let world = World::new(&four(), 21);
    let vector = &world.vectors[&party("birch")];
    assert_eq!(stripped(&world, "birch", &Role::ALL), words(vector));
}

#[test]
fn two_aggregators_and_the_coordinator_learn_the_sum_and_no_contribution() {
    for honest in Role::ALL {
        let world = World::new(&four(), 22);
        let cheats: Vec<Role> = Role::ALL.into_iter().filter(|role| *role != honest).collect();
        for name in ["alder", "aspen", "beech", "birch"] {
            let left = stripped(&world, name, &cheats);
            let vector = words(&world.vectors[&party(name)]);
            let far = left.iter().zip(&vector).all(|(a, b)| a.abs_diff(*b) > 1 << 20);
            assert!(far, "the third mask is on every element: {left:?} {vector:?}");
        }
        // Nor with the honest one's share: of that the whole sum comes, whose it was said to be.
        let (proof, shares) = world.finished();
        let sum = combine(&four(), &proof, &shares).unwrap();
        assert_eq!(sum.vector, sum_of(&inner(&four()), world.vectors.values()));
        // Colluding contributors take their own parts off: what is left is the others' sum.
        let gang = words(&world.vectors[&party("alder")]);
        let others = world.vectors.iter().filter(|(name, _)| **name != party("alder"));
        let honest = sum_of(&inner(&four()), others.map(|(_, vector)| vector));
        assert_eq!(minus(words(&sum.vector), &gang), words(&honest));
    }
}

/// The masks hold whatever the contributors do. The sum is a sum all the same: this attack works
/// against every protocol that opens one, and c is what an agreement says against it.
#[test]
fn all_contributors_but_one_read_the_last_ones_part_off_the_sum() {
    let world = World::new(&four(), 37);
    let (proof, shares) = world.finished();
    let sum = combine(&four(), &proof, &shares).unwrap();
    let gang = ["alder", "aspen", "beech"].map(party);
    let left = gang
        .iter()
        .fold(words(&sum.vector), |left, name| minus(left, &words(&world.vectors[name])));
    assert_eq!(left, words(&world.vectors[&party("birch")]));
    // Of as many as are allowed for, what is left is a sum of two at least.
    let params = four().params().clone();
    assert!(gang.len() > params.colluders() && params.remaining() - params.colluders() >= 2);
}

#[test]
fn an_aggregator_that_hides_a_contribution_leaves_it_out_of_the_sum_and_the_record_shows_it() {
    let world = World::new(&four(), 23);
    let reaches = |from: &PartyId| *from != party("birch");
    for liar in Role::ALL {
        let close = |role| world.gathering(role, |p| role != liar || reaches(p)).close().unwrap();
        let (states, held) = split(of_each(close));
        assert!(!held.of(liar).body.contributions.contains_key(&party("birch")));
        let (proof, shares) = world.finish(states, &held).unwrap();
        let sum = combine(&four(), &proof, &shares).unwrap();
        assert!(!sum.survivors.contains(&party("birch")));
        let others = world.vectors.iter().filter(|(name, _)| reaches(name));
        assert_eq!(sum.vector, sum_of(&inner(&four()), others.map(|(_, vector)| vector)));
    }
}

#[test]
fn an_aggregator_that_claims_contributions_that_nobody_has_adds_none() {
    let world = World::new(&four(), 24);
    let (states, mut held) =
        split(of_each(|role| world.gathering(role, |_| true).close().unwrap()));
    held.private.body.contributions.insert(party("willow"), Digest::of(b"made up"));
    held.private.body.contributions.insert(party("birch"), Digest::of(b"another one"));
    held.private = resign(&four(), held.private, "vendor");
    let Three { public, private, neutral } = states;
    for state in [public, neutral] {
        let (_, signed) = world.agree(state, &held).unwrap();
        assert_eq!(signed.body.contributions.len(), 3, "birch's is not the one they have");
        assert!(!signed.body.contributions.contains_key(&party("willow")));
    }
    // Its own state sees that its list was replaced.
    let refused = world.agree(private, &held).unwrap_err();
    assert_eq!(refused, Abort::LeftOut { role: Role::Private, step: Step::Hold });
}

#[test]
fn an_aggregator_that_shows_the_others_different_lists_opens_nothing() {
    let world = World::new(&four(), 25);
    let all = of_each(|role| world.gathering(role, |_| true).close().unwrap());
    let (states, held) = split(all);
    let mut short = held.clone();
    short.neutral.body.contributions.remove(&party("birch"));
    short.neutral = resign(&four(), short.neutral, "notary");
    let (public, one) = world.agree(states.public, &held).unwrap();
    let (private, other) = world.agree(states.private, &short).unwrap();
    assert_ne!(one.body, other.body);
    // The liar signs both rosters; the honest signed one each.
    let lie = |body: &Agreed| {
        let signed = Signed { from: Role::Neutral, body: body.clone(), signature: one.signature };
        resign(&four(), signed, "notary").signature
    };
    let shown =
        |body| Three { public: one.signature, private: other.signature, neutral: lie(body) };
    let refused = public.open(&shown(&one.body)).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { role: Role::Private, step: Step::Agree });
    let refused = private.open(&shown(&other.body)).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { role: Role::Public, step: Step::Agree });
}

#[test]
fn lists_cut_down_to_lay_a_few_bare_open_nothing() {
    let world = World::new(&four(), 26);
    let (states, mut held) =
        split(of_each(|role| world.gathering(role, |_| true).close().unwrap()));
    held.public.body.contributions.retain(|name, _| *name <= party("aspen"));
    held.public = resign(&four(), held.public, "ministry");
    let refused = world.agree(states.neutral, &held).unwrap_err();
    assert_eq!(refused, Abort::TooFew(TooFew { step: Step::Hold, have: 2, need: 3 }));
}

#[test]
fn messages_of_another_attempt_round_or_model_do_not_count() {
    let olds = [
        Binding { attempt: 1, ..binding() },
        Binding { round: 2, ..binding() },
        Binding { model: Digest::of(b"another model"), ..binding() },
        Binding { agreed: Digest::of(b"another agreement"), ..binding() },
        Binding { run: "other".parse().unwrap(), ..binding() },
        Binding { quantiser: Digest::of(b"another quantiser"), ..binding() },
    ];
    let today = World::new(&four(), 27);
    let honest = split(of_each(|role| today.gathering(role, |_| true).close().unwrap()));
    let (fresh, shares) = today.finished();
    for old in olds {
        let session = bound((4, 3, 1, 1), 32, 6, &old);
        let before = World::new(&session, 27);
        // Keys: to contributors, and to aggregators.
        let key = ledger_key("alder");
        let vector = today.vectors[&party("alder")].clone();
        let rng = &mut SplitMix64(1);
        let name = party("alder");
        let refused = contribute(&four(), &name, &key, &before.offers, vector, rng).unwrap_err();
        assert_eq!(refused, Abort::Offer(BadOffer::Signature { role: Role::Public }));
        let (state, _) = offering(&four(), Role::Neutral, 27);
        let refused = state.gather(&before.offers).unwrap_err();
        assert_eq!(refused, Abort::Offer(BadOffer::Signature { role: Role::Public }));
        // Contributions.
        let mut gathering = today.gathering(Role::Public, |_| false);
        let refused = gathering.receive(before.uploads[&name].0.clone());
        assert_eq!(refused, Err(Rejected::BadSignature { from: name }));
        // Lists, signatures under a roster, shares.
        let (states, held) =
            split(of_each(|role| before.gathering(role, |_| true).close().unwrap()));
        let (_, mine) = split(of_each(|role| today.gathering(role, |_| true).close().unwrap()));
        let state = today.gathering(Role::Public, |_| true).close().unwrap().0;
        let mixed = Three { public: mine.public.clone(), private: held.private.clone(), ..mine };
        let bad = |step| Abort::BadSignature { role: Role::Private, step };
        assert_eq!(today.agree(state, &mixed).unwrap_err(), bad(Step::Hold));
        let (old_proof, old_shares) = before.finish(states, &held).unwrap();
        let (state, signed) = today
            .agree(today.gathering(Role::Public, |_| true).close().unwrap().0, &honest.1)
            .unwrap();
        let mixed = Three { public: signed.signature, ..old_proof.rosters };
        assert_eq!(state.open(&mixed).unwrap_err(), bad(Step::Agree));
        let mut proof = fresh.clone();
        proof.shares.private = old_proof.shares.private.clone();
        let step = Step::Open;
        let refused = combine(&four(), &proof, &old_shares).unwrap_err();
        assert_eq!(refused, Mismatch::BadSignature { role: Role::Private, step });
        let refused = combine(&four(), &old_proof, &old_shares).unwrap_err();
        assert_eq!(refused, Mismatch::Offer(BadOffer::Signature { role: Role::Public }));
    }
    assert!(combine(&four(), &fresh, &shares).is_ok());
}

#[test]
fn masks_of_another_model_do_not_come_off_even_where_no_signature_is_checked() {
    // Birch is shown another model, and all its secrets are drawn as before.
    let other = Binding { model: Digest::of(b"a model for birch alone"), ..binding() };
    let lured = World::new(&bound((4, 3, 1, 1), 32, 6, &other), 28);
    let world = World::new(&four(), 28);
    assert_eq!(lured.vectors, world.vectors);
    assert_eq!(
        lured.uploads[&party("birch")].0.body.key,
        world.uploads[&party("birch")].0.body.key
    );
    let (_, shares) = world.finished();
    let mut sum = words(&shares.public);
    for share in [&shares.private, &shares.neutral] {
        sum = minus(sum, &words(share).into_iter().map(u32::wrapping_neg).collect::<Vec<_>>());
    }
    // The neutral aggregator had added birch's upload under the other model's masks.
    let told = words(&world.uploads[&party("birch")].1);
    let misled = words(&lured.uploads[&party("birch")].1);
    let shown = minus(sum, &minus(told, &misled));
    let honest = words(&sum_of(&inner(&four()), world.vectors.values()));
    let covered = shown.iter().zip(&honest).filter(|(a, b)| a.abs_diff(**b) > 1 << 20).count();
    assert_eq!(covered, 6, "every element is still covered by birch's masks");
}

#[test]
fn an_aggregator_that_offers_two_keys_is_found_out_by_the_other_two() {
    let world = World::new(&four(), 29);
    let (_, second) = offering(&four(), Role::Private, 99);
    let offers = Offers { private: second, ..world.offers.clone() };
    let vector = world.vectors[&party("birch")].clone();
    let (said, _) = upload(&four(), &party("birch"), &offers, &vector, &mut SplitMix64(1));
    for role in Role::ALL {
        let mut state = world.gathering(role, |_| false);
        let refused = state.receive(said.clone());
        assert_eq!(refused, Err(Rejected::OtherOffers { from: party("birch") }));
    }
    // The one whose key was replaced sees it at once.
    let (state, _) = offering(&four(), Role::Private, 29);
    let refused = state.gather(&offers).unwrap_err();
    assert_eq!(refused, Abort::LeftOut { role: Role::Private, step: Step::OfferKey });
}

#[test]
fn weak_copied_and_unsigned_keys_of_aggregators_are_refused() {
    let world = World::new(&four(), 30);
    let with = |key: [u8; 32]| {
        let offer = Signed { body: Offer { key }, ..world.offers.private.clone() };
        Offers { private: resign(&four(), offer, "vendor"), ..world.offers.clone() }
    };
    let copied = with(world.offers.public.body.key);
    let mut unsigned = world.offers.clone();
    unsigned.private.body.key = public_of(&[7; 32]);
    let mut swapped = world.offers.clone();
    std::mem::swap(&mut swapped.public, &mut swapped.private);
    for (offers, why) in [
        (with([0; 32]), BadOffer::Key { role: Role::Private }),
        (copied, BadOffer::Key { role: Role::Public }),
        (unsigned, BadOffer::Signature { role: Role::Private }),
        (swapped, BadOffer::Signature { role: Role::Public }),
    ] {
        let vector = world.vectors[&party("birch")].clone();
        let (key, rng) = (ledger_key("birch"), &mut SplitMix64(1));
        let refused = contribute(&four(), &party("birch"), &key, &offers, vector, rng);
        assert_eq!(refused.unwrap_err(), Abort::Offer(why.clone()));
        let (state, _) = offering(&four(), Role::Neutral, 30);
        assert_eq!(state.gather(&offers).unwrap_err(), Abort::Offer(why.clone()));
        let (mut proof, shares) = world.finished();
        proof.offers = offers;
        assert_eq!(combine(&four(), &proof, &shares).unwrap_err(), Mismatch::Offer(why));
    }
}

#[test]
fn one_party_never_runs_two_aggregators_and_no_key_has_two_names() {
    let refused = |three: Three<Aggregator>| Session::new(inner(&four()), three).unwrap_err();
    let twice = Three { neutral: aggregator("vendor"), ..aggregators() };
    assert_eq!(refused(twice), BadAggregators::TwoRoles { party: party("vendor") });
    let renamed = Aggregator { party: party("notary"), key: aggregator("vendor").key };
    let (notary, role) = (party("notary"), Role::Neutral);
    let shared = |other| BadAggregators::SharedKey { party: notary.clone(), role, other };
    assert_eq!(refused(Three { neutral: renamed, ..aggregators() }), shared(party("vendor")));
    let contributor = Aggregator { party: party("notary"), key: aggregator("alder").key };
    assert_eq!(refused(Three { neutral: contributor, ..aggregators() }), shared(party("alder")));
    // The identity: a key under which anybody signs.
    let mut weak = [0; 32];
    weak[0] = 1;
    let key = VerifyingKey::from_bytes(&weak).unwrap();
    let weak = Three { neutral: Aggregator { party: party("notary"), key }, ..aggregators() };
    assert_eq!(refused(weak), BadAggregators::WeakKey { party: party("notary"), role });
    // A contributor may run an aggregator, under its one key.
    let hospital = Three { public: aggregator("alder"), ..aggregators() };
    assert!(Session::new(inner(&four()), hospital).is_ok());
    // Whoever has no key of the session opens no attempt.
    let wrong = offer(four(), Role::Public, ledger_key("vendor"), &mut SplitMix64(1));
    assert_eq!(wrong.unwrap_err(), Abort::NotMyKey { name: "public".to_owned() });
}

#[test]
fn who_runs_the_aggregators_and_in_which_role_is_part_of_the_session() {
    let swapped = Three {
        public: aggregator(runs(Role::Private)),
        private: aggregator(runs(Role::Public)),
        neutral: aggregator(runs(Role::Neutral)),
    };
    let other = Session::new(inner(&four()), swapped).unwrap();
    assert_ne!(other.id(), four().id());
    let another = Three { neutral: aggregator("elsewhere"), ..aggregators() };
    assert_ne!(Session::new(inner(&four()), another).unwrap().id(), four().id());
}

#[test]
fn a_contributor_that_tells_aggregators_different_things_leaves_itself_out() {
    let mut world = World::new(&four(), 31);
    let birch = party("birch");
    let poison = RingVec::U32(vec![9; 6]);
    let (other, masked) = upload(&four(), &birch, &world.offers, &poison, &mut SplitMix64(1));
    let mut told = world.gathering(Role::Public, |_| true);
    // A second one does not count, where the first is known.
    assert_eq!(told.receive(other.clone()), Err(Rejected::Duplicate { from: birch.clone() }));
    let mut neutral = world.gathering(Role::Neutral, |from| *from != birch);
    neutral.receive(other.clone()).unwrap();
    neutral.read(&birch, &masked).unwrap();
    let private = world.gathering(Role::Private, |_| true);
    let closed = Three { public: told, private, neutral }.map(|_, state| state.close().unwrap());
    let (states, held) = split(closed);
    // The words that the neutral one takes off again are those that it was sent.
    world.uploads.insert(birch.clone(), (other, masked));
    let (proof, shares) = world.finish(states, &held).unwrap();
    let sum = combine(&four(), &proof, &shares).unwrap();
    let others = world.vectors.iter().filter(|(name, _)| **name != birch);
    assert_eq!(sum.vector, sum_of(&inner(&four()), others.map(|(_, vector)| vector)));
}

#[test]
fn contributions_that_are_forged_weak_or_not_what_was_signed_do_not_count() {
    let world = World::new(&four(), 32);
    let birch = party("birch");
    let (said, masked) = world.uploads[&birch].clone();
    let mut state = world.gathering(Role::Neutral, |from| *from != birch);
    let forged = Signed { from: birch.clone(), ..world.uploads[&party("alder")].0.clone() };
    let bad = Err(Rejected::BadSignature { from: birch.clone() });
    assert_eq!(state.receive(forged), bad);
    let stranger = Signed { from: party("willow"), ..said.clone() };
    assert_eq!(state.receive(stranger), Err(Rejected::NotInRoster { from: party("willow") }));
    let body = Contribution { key: [0; 32], ..said.body.clone() };
    let weak = resign(&four(), Signed { body, ..said.clone() }, "birch");
    assert_eq!(state.receive(weak), Err(Rejected::BadKey { from: birch.clone() }));

    // The neutral aggregator counts it once its words came, whole and unchanged.
    let other = Err(Rejected::OtherVector { from: birch.clone() });
    let before = Err(Rejected::NothingSigned { from: birch.clone() });
    assert_eq!(state.read(&birch, &masked), before, "nothing is signed yet");
    state.receive(said).unwrap();
    let mut changed = masked.clone();
    assert!(changed.add(&shift(5, 1)));
    let shapes = [
        RingVec::U32(words(&masked)[..5].to_vec()),
        RingVec::U32([words(&masked), vec![0]].concat()),
        RingVec::U64(vec![0; 6]),
        RingVec::U32(vec![]),
        changed,
    ];
    for wrong in &shapes {
        assert_eq!(state.read(&birch, wrong), other);
        assert_eq!(state.held().count(), 3);
    }
    state.read(&birch, &masked).unwrap();
    assert_eq!(state.held().count(), 4);
}

#[test]
fn a_sum_that_words_cannot_be_taken_off_again_is_not_agreed_on() {
    // Birch did not reach the private aggregator: the neutral one takes its words off again.
    let world = World::new(&four(), 33);
    let birch = party("birch");
    let closed = || {
        let close = |role| {
            let all = |from: &PartyId| role != Role::Private || *from != birch;
            world.gathering(role, all).close().unwrap()
        };
        split(of_each(close))
    };
    let other = Abort::OtherVector { party: birch.clone() };
    let exchanged = |party: &PartyId| {
        let mut words = world.uploads[party].1.clone();
        assert!(words.add(&shift(0, 1)));
        words
    };
    let (states, held) = closed();
    assert_eq!(states.neutral.agree(&held, exchanged).unwrap_err(), other);
    let nothing = |_: &PartyId| RingVec::zeros(four().params().ring(), 0);
    let (states, held) = closed();
    assert_eq!(states.neutral.agree(&held, nothing).unwrap_err(), other);
    // The other two read none, and of the roster nobody does.
    assert!(states.private.agree(&held, nothing).is_ok());
    let mut asked = Vec::new();
    let birchs = |party: &PartyId| {
        asked.push(party.clone());
        world.uploads[party].1.clone()
    };
    let (states, held) = closed();
    states.neutral.agree(&held, birchs).unwrap();
    assert_eq!(asked, [birch]);
}

/// Words that are somewhere else, of which it is counted how many are here at a time.
struct Fetched<'a> {
    words: &'a RingVec,
    here: &'a Cell<usize>,
}

impl Chunks for Fetched<'_> {
    fn read(&self, chunk: usize, to: &mut Vec<u8>) -> bool {
        self.words.read(chunk, to)
    }
}

impl Drop for Fetched<'_> {
    fn drop(&mut self) {
        self.here.set(self.here.get() - 1);
    }
}

#[test]
fn of_however_many_that_are_left_out_one_upload_at_a_time_is_here() {
    // Three of nine did not reach the public aggregator.
    let session = session((9, 6, 0, 3), 32, 6);
    let world = World::new(&session, 35);
    let parties: Vec<PartyId> = session.roster().parties().cloned().collect();
    let out = &parties[..3];
    let close = |role| {
        let all = |from: &PartyId| role != Role::Public || !out.contains(from);
        world.gathering(role, all).close().unwrap()
    };
    let (states, held) = split(of_each(close));
    let (here, mut most, mut asked) = (Cell::new(0), 0, Vec::new());
    let agreed = states.neutral.agree(&held, |party| {
        here.set(here.get() + 1);
        most = most.max(here.get());
        asked.push(party.clone());
        Fetched { words: &world.uploads[party].1, here: &here }
    });
    assert_eq!(agreed.unwrap().1.body.contributions.len(), 6);
    assert_eq!((asked.as_slice(), most, here.get()), (out, 1, 0));
}

#[test]
fn no_aggregator_signs_for_another() {
    let world = World::new(&four(), 36);
    let (states, held) = split(of_each(|role| world.gathering(role, |_| true).close().unwrap()));
    let copied: Three<Signed<Held>> = Three { private: held.public.clone(), ..held.clone() };
    let bad = |step| Abort::BadSignature { role: Role::Private, step };
    assert_eq!(world.agree(states.neutral, &copied).unwrap_err(), bad(Step::Hold));
    let renamed = Signed { from: Role::Private, ..held.public.clone() };
    let copied = Three { private: renamed, ..held };
    assert_eq!(world.agree(states.public, &copied).unwrap_err(), bad(Step::Hold));
}
