//! How many connections are open, in all and by address, and whose addresses belong here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Limits;

/// So many addresses are known at a time. The one that was vouched for longest ago goes first.
const KNOWN_MOST: usize = 1_024;
/// For so long an address is known.
const KNOWN_FOR: Duration = Duration::from_secs(24 * 3_600);

/// Counts connections in and out.
#[derive(Clone, Debug)]
pub(super) struct Door {
    all: usize,
    strangers: usize,
    of_peer: usize,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    open: BTreeMap<IpAddr, usize>,
    known: BTreeMap<IpAddr, Instant>,
}

/// The right to one connection; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    door: Door,
    peer: IpAddr,
}

/// From where a request came.
#[derive(Clone, Debug)]
pub struct Peer {
    ip: IpAddr,
    door: Door,
}

impl Peer {
    pub(super) fn new(ip: IpAddr, door: Door) -> Self {
        Self { ip, door }
    }

    /// The address.
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Whoever is there belongs here: for a day the address finds places that strangers cannot take.
    pub fn vouch(&self) {
        lock(&self.door.inside).vouch(self.ip, Instant::now());
    }
}

impl Inside {
    fn vouch(&mut self, ip: IpAddr, now: Instant) {
        self.known.insert(ip, now);
        if self.known.len() > KNOWN_MOST {
            let oldest = self.known.iter().min_by_key(|(_, since)| **since).map(|(ip, _)| *ip);
            self.known.retain(|ip, _| Some(*ip) != oldest);
        }
    }

    fn knows(&self, ip: IpAddr, now: Instant) -> bool {
        self.known.get(&ip).is_some_and(|since| now.duration_since(*since) < KNOWN_FOR)
    }

    /// Connections of addresses that nobody has vouched for.
    fn of_strangers(&self, now: Instant) -> usize {
        self.open.iter().filter(|(ip, _)| !self.knows(**ip, now)).map(|(_, count)| count).sum()
    }
}

impl Door {
    pub(super) fn new(limits: &Limits) -> Self {
        let inside = Arc::default();
        let Limits { connections, connections_of_strangers, connections_of_peer, .. } = *limits;
        Self {
            all: connections,
            strangers: connections_of_strangers,
            of_peer: connections_of_peer,
            inside,
        }
    }

    /// A place for a connection from `peer`, unless there are too many.
    pub(super) fn enter(&self, peer: IpAddr) -> Option<Place> {
        let mut inside = lock(&self.inside);
        let now = Instant::now();
        let all: usize = inside.open.values().sum();
        let of_peer = inside.open.get(&peer).copied().unwrap_or(0);
        let room = inside.knows(peer, now) || inside.of_strangers(now) < self.strangers;
        if all >= self.all || of_peer >= self.of_peer || !room {
            return None;
        }
        inside.open.insert(peer, of_peer + 1);
        Some(Place { door: self.clone(), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let open = &mut lock(&self.door.inside).open;
        match open.get_mut(&self.peer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.remove(&self.peer)),
        }
    }
}

/// A count is whole whoever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(all: usize, strangers: usize, of_peer: usize) -> Door {
        Door::new(&Limits {
            connections: all,
            connections_of_strangers: strangers,
            connections_of_peer: of_peer,
            ..Limits::default()
        })
    }

    #[test]
    fn one_address_cannot_take_the_places_of_all_others() {
        let door = door(3, 3, 2);
        let [near, far, other] = ["10.0.0.1", "10.0.0.2", "::1"].map(|ip| ip.parse().unwrap());
        let first = door.enter(near).unwrap();
        let _second = door.enter(near).unwrap();
        assert!(door.enter(near).is_none());
        let _third = door.enter(far).unwrap();
        assert!(door.enter(other).is_none(), "three in all");

        drop(first);
        assert!(door.enter(other).is_some());
        assert!(door.enter(near).is_some());
        assert_eq!(lock(&door.inside).open.values().sum::<usize>(), 2);
    }

    #[test]
    fn strangers_of_many_addresses_cannot_take_the_places_of_those_who_belong_here() {
        let door = door(4, 2, 4);
        let [ours, one, two] = ["10.0.0.1", "10.0.0.2", "::1"].map(|ip| ip.parse().unwrap());
        let known = door.enter(ours).unwrap();
        Peer::new(ours, door.clone()).vouch();
        let strangers = [door.enter(one).unwrap(), door.enter(two).unwrap()];
        assert!(door.enter(one).is_none() && door.enter(two).is_none(), "two in all");
        let _again = door.enter(ours).unwrap();
        assert!(door.enter(ours).is_none(), "four in all");
        drop((known, strangers));
        assert!(door.enter(one).is_some());
    }

    #[test]
    fn no_more_addresses_are_known_than_so_many_and_for_no_longer_than_a_day() {
        let mut inside = Inside::default();
        let now = Instant::now();
        let ip = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..1_025 {
            inside.vouch(ip(n), now + Duration::from_secs(n.into()));
        }
        assert_eq!(inside.known.len(), KNOWN_MOST);
        assert!(!inside.knows(ip(0), now) && inside.knows(ip(1), now));
        assert!(!inside.knows(ip(1), now + Duration::from_secs(1) + KNOWN_FOR));
    }
}
