//! How much memory bodies may hold on their way in, in all and by whoever sends them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::view::lock;

/// Counts the bytes of bodies that are being received or looked at.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    all: usize,
    of_one: usize,
    held: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// What one body holds; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    bodies: Bodies,
    by: String,
    most: usize,
    bytes: usize,
}

impl Bodies {
    pub(super) fn new(all: usize, of_one: usize) -> Self {
        Self { all, of_one, held: Arc::default() }
    }

    /// A body of which nothing has come yet.
    pub(super) fn begin(&self, by: String) -> Held {
        self.begin_up_to(by, self.of_one)
    }

    /// The same, where whoever sends it holds no more than `most`.
    pub(super) fn begin_up_to(&self, by: String, most: usize) -> Held {
        Held { bodies: self.clone(), by, most: most.min(self.of_one), bytes: 0 }
    }
}

impl Held {
    /// Whether there is room for so many bytes more. Nobody waits for room: two who each hold
    /// half of what both need would wait for each other.
    #[must_use]
    pub(super) fn more(&mut self, bytes: usize) -> bool {
        let mut held = lock(&self.bodies.held);
        let all: usize = held.values().sum();
        let of_one = held.get(&self.by).copied().unwrap_or(0);
        let fits = |now: usize, most| now.checked_add(bytes).is_some_and(|then| then <= most);
        if !fits(all, self.bodies.all) || !fits(of_one, self.most) {
            return false;
        }
        held.insert(self.by.clone(), of_one + bytes);
        self.bytes += bytes;
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = lock(&self.bodies.held);
        match held.get_mut(&self.by) {
            Some(of_one) if *of_one > self.bytes => *of_one -= self.bytes,
            _ => drop(held.remove(&self.by)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sender_cannot_hold_what_is_there_for_all_and_gives_back_what_it_held() {
        let bodies = Bodies::new(100, 60);
        let begin = |by: &str| bodies.begin(by.to_owned());
        let (mut first, mut second) = (begin("near"), begin("near"));
        assert!(first.more(40) && second.more(20));
        assert!(!first.more(1), "60 for one, over all its bodies");
        let mut other = begin("far");
        assert!(other.more(40));
        assert!(!begin("third").more(1), "100 in all");
        drop(first);
        assert!(begin("third").more(40));
        drop((second, other));
        assert!(lock(&bodies.held).is_empty());
        assert!(!begin("near").more(usize::MAX));
    }
}
