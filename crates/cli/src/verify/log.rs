//! The log of an archive alone, for whoever wants to look at it and not at its proof.

use concordat_partnership::{State, Verdict};
use concordat_replay::{Opened, Replica, log_key, witness_policy, witnesses_now};
use concordat_terms::Problem;
use concordat_tlog::archive::{Files, checkpoint, read};

use super::{Broken, Promise, beyond, cores, first_bundle, fold, genesis};

/// Folds an archive's log, with the blobs beside it. Its signatures, quorum and order are checked; what
/// the exporting party claims of verdicts is not.
///
/// # Errors
/// A [`Problem`]: the log does not hold, or cannot be folded.
pub fn refold(files: &impl Files) -> Result<Replica, Problem> {
    refold_told(files, |_| ())
}

/// An entry as it was folded.
pub struct Folded<'a> {
    /// Its index.
    pub index: u64,
    /// How many entries there are.
    pub of: u64,
    /// What was read of its bytes.
    pub opened: &'a Opened<'a>,
    /// What the fold says of it.
    pub verdict: &'a Verdict,
    /// The state after it.
    pub state: &'a State,
}

/// [`refold`], and `each` is told of every entry on the way: nothing of it counts unless the whole holds.
///
/// # Errors
/// As [`refold`].
pub fn refold_told(
    files: &impl Files,
    mut each: impl FnMut(&Folded<'_>),
) -> Result<Replica, Problem> {
    let unfoldable = |what: String| {
        Problem::new("not-verified", what, "run `concordat verify`", "docs/reference/problems.md")
    };
    let not_held = |broken: Broken| unfoldable(broken.told());
    let (_, genesis) = genesis(files, None).map_err(not_held)?;
    let unusable =
        |why: String| not_held(Broken::of(Promise::Founding, &first_bundle(files), why).about(0));
    let key = log_key(&genesis).map_err(|why| unusable(why.to_string()))?;
    let signed = read(files, &key).map_err(|fault| not_held(beyond::told(files, fault)))?;
    let mut replica = Replica::new();
    let step = |replica: &mut Replica, opened: &Opened<'_>| {
        let (index, of) = (replica.size(), signed.size);
        let verdict = fold::step(files, replica, opened);
        let verdict = &verdict.map_err(|halt| unfoldable(halt.to_string()))?;
        each(&Folded { index, of, opened, verdict, state: replica.state() });
        Ok(())
    };
    let pieces = fold::pieces(files, signed.size).map(|piece| piece.map_err(not_held));
    replica.fold_stream(pieces, cores(), step)?;
    let now = witnesses_now(replica.state()).map_err(|why| unusable(why.to_string()))?;
    let policy = match now {
        Some(policy) => policy,
        None => witness_policy(&genesis).map_err(|why| unusable(why.to_string()))?,
    };
    let trusted = checkpoint(files, &key, &policy).map_err(|fault| not_held(fault.into()))?;
    if replica.root() != trusted.checkpoint.root {
        return Err(unfoldable("the files changed while they were read".to_owned()));
    }
    Ok(replica)
}
