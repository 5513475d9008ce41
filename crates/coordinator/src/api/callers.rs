//! For whom a request is counted: for a party whose registered key vouches for it, or for an IP
//! address. Strangers hold connections, bodies and answers of their own room alone.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use concordat_front::Peer;
use concordat_partnership::{self as partnership, KeyHolder};
use concordat_terms::{KeyId, PartyId, Period, Timestamp};
use concordat_tlog::PublicKey;
use concordat_wire::pass::{PASS_HEADER, PASS_SECONDS_MOST, Pass};

use super::held::{Bodies, Held};
use super::{App, SUBMIT_MOST};
use crate::config::Limits;
use crate::view::lock;

/// So many passes whose signatures were checked are known again. Parties alone can fill this.
const KNOWN_MOST: usize = 4_096;
/// The longest body of a party.
const LONGEST: usize = SUBMIT_MOST;

/// Whose request it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A party's, who may hold so many bytes.
    Party(PartyId, usize),
    /// Somebody's at this address.
    Stranger(IpAddr),
}

/// The passes that were shown lately, and until when they count.
#[derive(Debug, Default)]
pub(super) struct Passes(Mutex<BTreeMap<String, (KeyId, Timestamp)>>);

impl Passes {
    /// The party whose registered key vouches for a request with these headers at this time.
    fn party(
        &self,
        state: &partnership::State,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<PartyId> {
        let text = headers.get(PASS_HEADER)?.to_str().ok()?;
        let known = lock(&self.0).get(text).cloned();
        let (key, until) = known.or_else(|| self.check(state, text, now))?;
        // It may have been revoked since.
        let holder = signing(state, &key).filter(|_| now < until)?;
        holder.party.clone()
    }

    fn check(
        &self,
        state: &partnership::State,
        text: &str,
        now: Timestamp,
    ) -> Option<(KeyId, Timestamp)> {
        let pass: Pass = text.parse().ok()?;
        let public: PublicKey = signing(state, &pass.key)?.public.parse().ok()?;
        let longest = now.plus(Period::of_seconds(PASS_SECONDS_MOST));
        if pass.until > longest || !pass.holds(state.log()?, &public) {
            return None;
        }
        let mut known = lock(&self.0);
        if known.len() >= KNOWN_MOST {
            known.clear();
        }
        known.insert(text.to_owned(), (pass.key.clone(), pass.until));
        Some((pass.key, pass.until))
    }
}

/// Whose key this is, if it signs now.
fn signing<'a>(state: &'a partnership::State, key: &KeyId) -> Option<&'a KeyHolder> {
    state.holder(key).filter(|own| own.signs())
}

/// How many bytes one party may hold: an equal part, and enough for the longest body. So nobody needs
/// room that others hold, as long as no more parties than longest bodies have room.
fn share(state: &partnership::State, limits: &Limits) -> usize {
    let each = limits.bodies / state.parties_now().len().max(1);
    each.max(LONGEST)
}

/// A party, as a caller.
pub(super) fn party(state: &partnership::State, party: PartyId, limits: &Limits) -> Caller {
    Caller::Party(party, share(state, limits))
}

/// Says of every request whose it is. The address of a party finds a place where strangers have taken
/// all of theirs.
pub(crate) async fn told_apart(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = caller(&app, &request);
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn caller(app: &App, request: &Request) -> Caller {
    let peer = request.extensions().get::<Peer>();
    let now = (app.0.cosigning.clock)();
    let replica = app.0.view.replica();
    let state = replica.state();
    match app.0.passes.party(state, request.headers(), now) {
        Some(party) => {
            peer.inspect(|peer| peer.vouch());
            self::party(state, party, &app.0.limits)
        }
        None => Caller::Stranger(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), Peer::ip)),
    }
}

/// Whose request this is, as [`told_apart`] said.
pub(super) fn of(request: &Request) -> Caller {
    let unknown = Caller::Stranger(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    request.extensions().get().cloned().unwrap_or(unknown)
}

/// Rooms for bytes, of parties and of strangers.
#[derive(Clone, Debug)]
pub(super) struct Room {
    parties: Bodies,
    strangers: Bodies,
}

impl Room {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            parties: Bodies::new(limits.bodies, limits.bodies_of_one),
            strangers: Bodies::new(limits.strangers, limits.strangers_of_one),
        }
    }

    /// Room for whoever this is, of which nothing is held yet.
    pub(super) fn begin(&self, caller: &Caller) -> Held {
        match caller {
            Caller::Party(party, most) => self.parties.begin_up_to(party.to_string(), *most),
            Caller::Stranger(ip) => self.strangers.begin(ip.to_string()),
        }
    }
}
