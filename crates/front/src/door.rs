//! How many connections are open, in all and by address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Limits;

/// Counts connections in and out.
#[derive(Clone, Debug)]
pub(super) struct Door {
    all: usize,
    of_peer: usize,
    open: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

/// The right to one connection; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    door: Door,
    peer: IpAddr,
}

impl Door {
    pub(super) fn new(limits: &Limits) -> Self {
        let open = Arc::default();
        Self { all: limits.connections, of_peer: limits.connections_of_peer, open }
    }

    /// A place for a connection from `peer`, unless there are too many.
    pub(super) fn enter(&self, peer: IpAddr) -> Option<Place> {
        let mut open = lock(&self.open);
        let all: usize = open.values().sum();
        let of_peer = open.get(&peer).copied().unwrap_or(0);
        if all >= self.all || of_peer >= self.of_peer {
            return None;
        }
        open.insert(peer, of_peer + 1);
        Some(Place { door: self.clone(), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.door.open);
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

    #[test]
    fn one_address_cannot_take_the_places_of_all_others() {
        let limits = Limits { connections: 3, connections_of_peer: 2, ..Limits::default() };
        let door = Door::new(&limits);
        let [near, far, other] = ["10.0.0.1", "10.0.0.2", "::1"].map(|ip| ip.parse().unwrap());
        let first = door.enter(near).unwrap();
        let _second = door.enter(near).unwrap();
        assert!(door.enter(near).is_none());
        let _third = door.enter(far).unwrap();
        assert!(door.enter(other).is_none(), "three in all");

        drop(first);
        assert!(door.enter(other).is_some());
        assert!(door.enter(near).is_some());
        assert_eq!(lock(&door.open).values().sum::<usize>(), 2);
    }
}
