//! How much memory answers may hold on their way out. A full tile that many ask for is held once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use axum::body::Bytes;
use concordat_tlog::tile::{TilePath, WIDTH};

use super::callers::{Caller, Room};
use super::held::Held;
use crate::config::Limits;
use crate::problem::Refused;
use crate::view::lock;

/// The answers that are being sent.
#[derive(Debug)]
pub(super) struct Answers {
    room: Room,
    tiles: Mutex<BTreeMap<String, Weak<Answer>>>,
}

/// One of them, and what it holds of the room.
#[derive(Debug)]
struct Answer {
    bytes: Vec<u8>,
    _held: Held,
}

/// Given back once nobody is being sent it any more.
struct Sent(Arc<Answer>);

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Answers {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { room: Room::new(limits), tiles: Mutex::default() }
    }

    /// An answer.
    ///
    /// # Errors
    /// 503 `coordinator-busy` where others hold the room, or the same one does.
    pub(super) fn hold(&self, by: &Caller, bytes: Vec<u8>) -> Result<Bytes, Refused> {
        self.held(by, bytes).map(|answer| Bytes::from_owner(Sent(answer)))
    }

    fn held(&self, by: &Caller, bytes: Vec<u8>) -> Result<Arc<Answer>, Refused> {
        let mut held = self.room.begin(by);
        if held.more(bytes.len()) {
            Ok(Arc::new(Answer { bytes, _held: held }))
        } else {
            Err(Refused::busy())
        }
    }

    /// A full tile that somebody is being sent already.
    pub(super) fn sent(&self, path: &TilePath) -> Option<Bytes> {
        let found = lock(&self.tiles).get(&path.to_string()).and_then(Weak::upgrade);
        found.map(|answer| Bytes::from_owner(Sent(answer)))
    }

    /// As [`Answers::hold`], of a tile: whoever asks for it meanwhile is sent the same bytes.
    ///
    /// # Errors
    /// As [`Answers::hold`].
    pub(super) fn tile(
        &self,
        by: &Caller,
        path: &TilePath,
        bytes: Vec<u8>,
    ) -> Result<Bytes, Refused> {
        let answer = self.held(by, bytes)?;
        if path.width() == WIDTH {
            let mut tiles = lock(&self.tiles);
            tiles.retain(|_, answer| answer.strong_count() > 0);
            tiles.insert(path.to_string(), Arc::downgrade(&answer));
        }
        Ok(Bytes::from_owner(Sent(answer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_hold_so_much_and_a_tile_that_many_are_sent_is_held_once() {
        let [near, far] =
            ["192.0.2.1", "192.0.2.2"].map(|ip| Caller::Stranger(ip.parse().unwrap()));
        let (near, far) = (&near, &far);
        let party = Caller::Party("alder".parse().unwrap(), 60);
        let limits = Limits {
            bodies: 60,
            bodies_of_one: 60,
            strangers: 100,
            strangers_of_one: 60,
            ..Limits::default()
        };
        let answers = Answers::new(&limits);
        let path = |tile: &str| -> TilePath { tile.parse().unwrap() };
        let (full, part) = (path("tile/0/000"), path("tile/0/001.p/7"));
        let first = answers.tile(near, &full, vec![7; 50]).unwrap();
        // Whoever asks for the same gets it, and it takes no more room.
        let again = answers.sent(&full).unwrap();
        assert_eq!((&again[..], again.as_ptr()), (&[7; 50][..], first.as_ptr()));
        assert!(answers.sent(&part).is_none());
        assert!(answers.tile(near, &part, vec![1; 11]).is_err(), "60 for one");
        let other = answers.tile(far, &part, vec![1; 40]).unwrap();
        assert!(answers.sent(&part).is_none(), "a part of a tile grows");
        let third = Caller::Stranger("192.0.2.3".parse().unwrap());
        assert!(answers.hold(&third, vec![1; 11]).is_err(), "100 in all");
        assert!(answers.hold(&party, vec![1; 60]).is_ok(), "a party's room is its own");
        assert!(answers.hold(&party, vec![1; 61]).is_err());
        drop(first);
        assert!(answers.hold(&third, vec![1; 11]).is_err(), "somebody is sent it still");
        drop(again);
        assert!(answers.sent(&full).is_none());
        assert!(answers.hold(&third, vec![1; 11]).is_ok());
        drop(other);
    }
}
