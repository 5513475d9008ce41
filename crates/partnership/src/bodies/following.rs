//! What stands in bodies for a party whom another follows.

use concordat_terms::PartyId;

use crate::state::State;

impl State {
    /// Votes, seats and delegations of a party are from then on those of who follows it; what that
    /// one did for itself stands.
    pub(crate) fn hand_over_in_bodies(&mut self, old: &PartyId, new: &PartyId) {
        let pending = self.bodies.pending.values().flatten();
        for id in pending.cloned().collect::<Vec<_>>() {
            let Some(motion) = self.bodies.motions.get_mut(&id) else { continue };
            if let Some(vote) = motion.votes.remove(old) {
                motion.votes.entry(new.clone()).or_insert(vote);
            }
            if let Some(conflict) = motion.recused.remove(old) {
                motion.recused.entry(new.clone()).or_insert(conflict);
            }
        }
        let own = self.bodies.seats.iter().filter(|((_, party), _)| party == old);
        for ((seat, _), sitting) in own.map(|(k, s)| (k.clone(), s.clone())).collect::<Vec<_>>() {
            self.bodies.seats.remove_mut(&(seat.clone(), old.clone()));
            let key = (seat, new.clone());
            if !self.bodies.seats.contains_key(&key) {
                self.bodies.seats.insert_mut(key, sitting);
            }
        }
        let theirs = |(from, to): &(&_, &PartyId)| {
            let (_, from): &(_, PartyId) = from;
            from == old || *to == old
        };
        let handed = self.bodies.delegated.iter().filter(theirs);
        let handed: Vec<_> = handed.map(|(from, to)| (from.clone(), to.clone())).collect();
        for ((body, from), to) in handed {
            self.bodies.delegated.remove_mut(&(body.clone(), from.clone()));
            let follow = |party: PartyId| if party == *old { new.clone() } else { party };
            let (key, to) = ((body, follow(from)), follow(to));
            if key.1 != to && !self.bodies.delegated.contains_key(&key) {
                self.bodies.delegated.insert_mut(key, to);
            }
        }
    }
}
