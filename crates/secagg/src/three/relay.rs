//! Between contributors and aggregators: collects what is said, closes steps, and names whoever
//! keeps one from closing.
//!
//! It has no secret, and nobody trusts it: what it leaves out or alters is found by those who
//! signed. Of whoever does what the protocol forbids it tells the name, since the aggregators
//! themselves only see that an attempt fails.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::Signature;

use super::message::{Contributions, check_offers, listed};
use super::{
    Agreed, BadOffer, Body as _, Held, Message, Offer, Offers, Posted, Proof, Role, Session, Share,
    Signed, Speaker, Step, Three, TooFew,
};
use crate::agree::is_bad_key;

type ByRole<T> = BTreeMap<Role, T>;

/// An aggregator by its role and the party that runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// For whom it stands.
    pub role: Role,
    /// Who runs it.
    pub party: PartyId,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, the {} aggregator,", self.party, self.role)
    }
}

/// Why one message does not count; the attempt goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The sender has no place in the session, or did not sign this in it.
    #[error("the {sent} signature of {from} does not hold in this session")]
    BadSignature {
        /// The claimed sender.
        from: Speaker,
        /// The step of the message.
        sent: Step,
    },
    /// Another step is open.
    #[error("{from} says what belongs to {sent}, and the attempt is at {step}")]
    OtherStep {
        /// Who.
        from: Speaker,
        /// The step of the message.
        sent: Step,
        /// The step that is open.
        step: Step,
    },
    /// Another message of this sender counts.
    #[error("{from} has said something else at {step}")]
    Twice {
        /// Who.
        from: Speaker,
        /// The step.
        step: Step,
    },
    /// It was made for other keys than those that everybody was shown.
    #[error("{from} contributes for other keys of the aggregators")]
    OtherOffers {
        /// Who.
        from: Speaker,
    },
    /// A key of small order, or spelled in another way.
    #[error("{from} contributes under a weak key")]
    BadKey {
        /// Who.
        from: Speaker,
    },
    /// A list with names that do not take part: everybody would be shown it.
    #[error("{from} lists parties that do not take part")]
    Strangers {
        /// Who.
        from: Speaker,
    },
}

/// Why an attempt is over without a sum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// Aggregators said nothing.
    #[error("{} said nothing at {step}", list(.by))]
    Silent {
        /// Who.
        by: Vec<Named>,
        /// The step.
        step: Step,
    },
    /// A key that cannot be right.
    #[error("`{}`: {bad}", .by.party)]
    Offer {
        /// Whose.
        by: Named,
        /// What is wrong with it.
        bad: BadOffer,
    },
    /// Too few contributed.
    #[error("{few}: {} said nothing", names(.silent))]
    TooFew {
        /// How few.
        few: TooFew,
        /// Who else might have.
        silent: BTreeSet<PartyId>,
    },
    /// Fewer than m contributions are on all three lists.
    #[error(
        "{}: {have} contributions are on all three lists, and {need} must be",
        .by.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    LeftOut {
        /// Who does not have which of them.
        by: Vec<Lacks>,
        /// How many are left.
        have: usize,
        /// m.
        need: usize,
    },
    /// A roster, or a share over a roster, that is not what all three have.
    #[error("{by} signed another roster at {step} than what all three have")]
    OtherRoster {
        /// Who.
        by: Named,
        /// The step.
        step: Step,
    },
}

/// An aggregator whose list lacks contributions that came in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacks {
    /// Who.
    pub by: Named,
    /// Whose contributions.
    pub of: BTreeSet<PartyId>,
}

impl fmt::Display for Lacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not have that of {}", self.by, names(&self.of))
    }
}

impl Lost {
    /// Who kept it from a sum, as far as what was said shows it: aggregators, or contributors that
    /// were silent.
    pub fn named(&self) -> BTreeSet<PartyId> {
        match self {
            Self::Silent { by, .. } => by.iter().map(|one| one.party.clone()).collect(),
            Self::Offer { by, .. } | Self::OtherRoster { by, .. } => [by.party.clone()].into(),
            Self::TooFew { silent, .. } => silent.clone(),
            Self::LeftOut { by, .. } => by.iter().map(|lacks| lacks.by.party.clone()).collect(),
        }
    }
}

fn list(by: &[Named]) -> String {
    by.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn names(of: &BTreeSet<PartyId>) -> String {
    of.iter().map(|party| format!("`{party}`")).collect::<Vec<_>>().join(" and ")
}

/// What follows when a step closes.
#[derive(Debug)]
pub enum Then {
    /// The next step, and what everybody is shown of this one.
    Next(Box<Relay>, Box<Posted>),
    /// The last one: what proves the sum, once the shares are added up.
    Done(Box<Proof>),
}

/// One attempt, at one of its steps.
#[derive(Debug)]
pub struct Relay {
    session: Session,
    at: At,
}

#[derive(Debug)]
enum At {
    Offer(ByRole<Signed<Offer>>),
    Contribute {
        offers: Offers,
        digest: Digest,
        said: Contributions,
    },
    Hold {
        offers: Offers,
        said: Contributions,
        held: ByRole<Signed<Held>>,
    },
    Agree {
        offers: Offers,
        roster: Contributions,
        signed: ByRole<Signed<Agreed>>,
    },
    Open {
        offers: Offers,
        roster: Contributions,
        rosters: Three<Signature>,
        shares: ByRole<Signed<Share>>,
    },
}

impl Relay {
    /// Before anybody said anything.
    pub fn new(session: Session) -> Self {
        Self { session, at: At::Offer(BTreeMap::new()) }
    }

    /// What the attempt is about.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The step that is open.
    pub fn step(&self) -> Step {
        match &self.at {
            At::Offer(_) => Step::OfferKey,
            At::Contribute { .. } => Step::Contribute,
            At::Hold { .. } => Step::Hold,
            At::Agree { .. } => Step::Agree,
            At::Open { .. } => Step::Open,
        }
    }

    /// Whose message of this step is still to come.
    pub fn awaited(&self) -> BTreeSet<Speaker> {
        fn missing<T>(said: &ByRole<T>) -> BTreeSet<Speaker> {
            let silent = Role::ALL.into_iter().filter(|role| !said.contains_key(role));
            silent.map(Speaker::Aggregator).collect()
        }
        match &self.at {
            At::Offer(said) => missing(said),
            At::Contribute { said, .. } => {
                let all = self.session.roster().parties();
                let silent = all.filter(|party| !said.contains_key(*party));
                silent.cloned().map(Speaker::Contributor).collect()
            }
            At::Hold { held, .. } => missing(held),
            At::Agree { signed, .. } => missing(signed),
            At::Open { shares, .. } => missing(shares),
        }
    }

    /// Counts a message. The words that come with it are the caller's to see to.
    ///
    /// # Errors
    ///
    /// [`NotTaken`].
    pub fn receive(&mut self, message: Message) -> Result<(), NotTaken> {
        let (from, sent, step) = (message.from(), message.step(), self.step());
        if !message.holds(&self.session) {
            return Err(NotTaken::BadSignature { from, sent });
        }
        let listed = match &message {
            Message::Hold(m) => Some(&m.body.contributions),
            Message::Agree(m) => Some(&m.body.contributions),
            _ => None,
        };
        let parties: BTreeSet<&PartyId> = self.session.roster().parties().collect();
        if listed.is_some_and(|listed| listed.keys().any(|party| !parties.contains(party))) {
            return Err(NotTaken::Strangers { from });
        }
        let taken = match (&mut self.at, message) {
            (At::Offer(said), Message::Offer(m)) => {
                // Nobody was shown any: an aggregator that was restarted offers another.
                said.insert(m.from, m);
                true
            }
            (At::Contribute { digest, said, .. }, Message::Contribute(m)) => {
                if m.body.offers != *digest {
                    return Err(NotTaken::OtherOffers { from });
                }
                if is_bad_key(&m.body.key) {
                    return Err(NotTaken::BadKey { from });
                }
                put(said, m.from.clone(), m)
            }
            (At::Hold { held, .. }, Message::Hold(m)) => put(held, m.from, m),
            (At::Agree { signed, .. }, Message::Agree(m)) => put(signed, m.from, m),
            (At::Open { shares, .. }, Message::Open(m)) => put(shares, m.from, m),
            _ => return Err(NotTaken::OtherStep { from, sent, step }),
        };
        if taken { Ok(()) } else { Err(NotTaken::Twice { from, step }) }
    }

    /// Closes the step, whoever is missing.
    ///
    /// # Errors
    ///
    /// [`Lost`]: the attempt is over.
    pub fn close(self) -> Result<Then, Lost> {
        let Self { session, at } = self;
        let (at, posted) = match at {
            At::Offer(said) => {
                let offers = all(&session, Step::OfferKey, said)?;
                let digest = check_offers(&session, &offers).map_err(|bad| {
                    let (BadOffer::Signature { role } | BadOffer::Key { role }) = bad;
                    Lost::Offer { by: named(&session, role), bad }
                })?;
                let posted = Posted::Offers(offers.clone());
                (At::Contribute { offers, digest, said: BTreeMap::new() }, posted)
            }
            At::Contribute { offers, said, .. } => {
                let (have, need) = (said.len(), session.params().remaining());
                if have < need {
                    let few = TooFew { step: Step::Contribute, have, need };
                    let silent = session.roster().parties().filter(|p| !said.contains_key(*p));
                    return Err(Lost::TooFew { few, silent: silent.cloned().collect() });
                }
                let posted = Posted::Contributions(said.clone());
                (At::Hold { offers, said, held: BTreeMap::new() }, posted)
            }
            At::Hold { offers, said, held } => {
                let held = all(&session, Step::Hold, held)?;
                let roster = roster_of(&session, said, &held)?;
                let posted = Posted::Held(held);
                (At::Agree { offers, roster, signed: BTreeMap::new() }, posted)
            }
            At::Agree { offers, roster, signed } => {
                let signed = all(&session, Step::Agree, signed)?;
                let other = |m: &Signed<Agreed>| m.body.contributions != listed(&roster);
                one_roster(&session, Step::Agree, &signed, other)?;
                let rosters = signed.map(|_, m| m.signature);
                (
                    At::Open { offers, roster, rosters, shares: BTreeMap::new() },
                    Posted::Rosters(rosters),
                )
            }
            At::Open { offers, roster, rosters, shares } => {
                let shares = all(&session, Step::Open, shares)?;
                let digest = Agreed { contributions: listed(&roster) }.digest();
                let other = |m: &Signed<Share>| m.body.roster != digest;
                one_roster(&session, Step::Open, &shares, other)?;
                let contributions = roster;
                let proof = Proof { offers, contributions, rosters, shares };
                return Ok(Then::Done(Box::new(proof)));
            }
        };
        Ok(Then::Next(Box::new(Self { session, at }), Box::new(posted)))
    }

    /// The key that everybody was shown of an aggregator; none while keys are collected.
    pub fn offered(&self, role: Role) -> Option<&Signed<Offer>> {
        match &self.at {
            At::Offer(_) => None,
            At::Contribute { offers, .. }
            | At::Hold { offers, .. }
            | At::Agree { offers, .. }
            | At::Open { offers, .. } => Some(offers.of(role)),
        }
    }

    /// An aggregator by its name.
    pub fn named(&self, role: Role) -> Named {
        named(&self.session, role)
    }
}

fn named(session: &Session, role: Role) -> Named {
    Named { role, party: session.aggregators().of(role).party.clone() }
}

/// Puts what is new; whether it, or the same before it, counts.
fn put<K: Ord, V: PartialEq>(said: &mut BTreeMap<K, V>, from: K, message: V) -> bool {
    match said.entry(from) {
        Entry::Vacant(free) => {
            free.insert(message);
            true
        }
        Entry::Occupied(before) => *before.get() == message,
    }
}

/// What all three said.
fn all<T>(session: &Session, step: Step, mut said: ByRole<T>) -> Result<Three<T>, Lost> {
    let silent = Role::ALL.into_iter().filter(|role| !said.contains_key(role));
    let by: Vec<Named> = silent.map(|role| named(session, role)).collect();
    Three::make(|role| said.remove(&role).ok_or(())).map_err(|()| Lost::Silent { by, step })
}

/// The contributions that all three have.
fn roster_of(
    session: &Session,
    mut said: Contributions,
    held: &Three<Signed<Held>>,
) -> Result<Contributions, Lost> {
    let has = |list: &Signed<Held>, party: &PartyId, digest| {
        list.body.contributions.get(party) == Some(&digest)
    };
    let lacks = held.iter().map(|(role, list)| {
        let lacking = said.iter().filter(|(party, m)| !has(list, party, m.body.digest()));
        let of = lacking.map(|(party, _)| party.clone()).collect();
        Lacks { by: named(session, role), of }
    });
    let by: Vec<Lacks> = lacks.filter(|lacks| !lacks.of.is_empty()).collect();
    said.retain(|party, message| {
        let digest = message.body.digest();
        held.iter().all(|(_, list)| has(list, party, digest))
    });
    let (have, need) = (said.len(), session.params().remaining());
    if have < need { Err(Lost::LeftOut { by, have, need }) } else { Ok(said) }
}

/// That nobody signed another roster.
fn one_roster<T>(
    session: &Session,
    step: Step,
    signed: &Three<T>,
    other: impl Fn(&T) -> bool,
) -> Result<(), Lost> {
    match signed.iter().find(|(_, message)| other(message)) {
        Some((role, _)) => Err(Lost::OtherRoster { by: named(session, role), step }),
        None => Ok(()),
    }
}
