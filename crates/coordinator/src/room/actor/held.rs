//! Answers that are held back: one a speaker, however often it asks.

use std::collections::BTreeMap;

use concordat_secagg::three::Speaker;
use concordat_wire::api::Again;

use super::answer;
use crate::problem::Refused;
use crate::room::{Reply, Said};

/// Who waits for the same thing, each once.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<Speaker, Reply>);

impl Held {
    /// Holds the answer to a request whose sender is known. An older request of the same speaker,
    /// whose connection is most likely gone, is told where the run is.
    pub(super) fn hold(&mut self, by: Speaker, reply: Reply, now: impl FnOnce() -> Again) {
        if let Some(before) = self.0.insert(by, reply) {
            answer(before, Said::Again(now()));
        }
    }

    /// Nobody waits any more: they are answered one by one.
    pub(super) fn take(&mut self) -> BTreeMap<Speaker, Reply> {
        std::mem::take(&mut self.0)
    }

    /// Tells everybody the same.
    pub(super) fn tell(&mut self, said: &Said) {
        for reply in self.take().into_values() {
            answer(reply, said.clone());
        }
    }

    /// Tells everybody the same no.
    pub(super) fn refuse(&mut self, refused: &Refused) {
        for reply in self.take().into_values() {
            reply.send(Err(refused.clone())).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn a_party_that_asks_a_thousand_times_is_held_once() {
        let mut held = Held::default();
        let now = || Again { round: 1, attempt: 0, reason: "another request took over".to_owned() };
        let mut before = Vec::new();
        for _ in 0..1_000 {
            let (reply, said) = oneshot::channel();
            held.hold(Speaker::Contributor("alder".parse().unwrap()), reply, now);
            before.push(said);
        }
        assert_eq!(held.0.len(), 1);
        let mut last = before.pop().unwrap();
        for mut one in before {
            assert!(matches!(one.try_recv(), Ok(Ok(Said::Again(again))) if again.round == 1));
        }
        assert!(last.try_recv().is_err(), "the last one waits");
        held.refuse(&Refused::busy());
        assert!(matches!(last.try_recv(), Ok(Err(_))));
    }
}
