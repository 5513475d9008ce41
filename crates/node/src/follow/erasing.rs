//! What an entry has erased is destroyed here as well: blobs of this store, and what the party keeps of
//! persons, where it has named the commitment itself. What is destroyed is read off the fold, at every
//! start too: so nothing is missed by a death in between, and what a backup brings back goes again.

use concordat_terms::{Digest, Problem};

use super::Follower;

impl Follower {
    /// Destroys what was erased since this was asked last.
    ///
    /// # Errors
    /// A [`Problem`]: the disk; asked again, it goes on.
    pub(super) fn obey_erasures(&mut self) -> Result<(), Problem> {
        let replica = self.replica.clone();
        let state = replica.state();
        if state.last_erasure() == self.obeyed {
            return Ok(());
        }
        for (digest, _) in state.all_erased() {
            self.store.destroy_blob(digest).map_err(|fault| fault.problem())?;
        }
        // A key opens everything of its person: who says that it is to go is who named the commitment
        // first, and who follows that party.
        let last = |party| state.agreement().last(party);
        let own = |commitment: &Digest| {
            let by = state.paper(commitment).and_then(|paper| paper.by.as_ref());
            by.is_some_and(|by| last(by) == last(&self.party))
        };
        self.people.obey(
            |commitment| Some(state.erased(commitment).filter(|_| own(commitment))?.ground),
            |commitment| state.held_paper(commitment).is_some(),
        )?;
        self.obeyed = state.last_erasure();
        Ok(())
    }
}
