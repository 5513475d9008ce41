//! Asks witnesses for cosignatures (C2SP tlog-witness, the log's side).
//!
//! One task a witness: a slow or dead one keeps nobody waiting, and the sequencer, which appends,
//! knows of none of them. What a witness has cosigned last is its own word: where it is another size
//! than was thought, it says so (409), and is asked again with the proof from there.

mod ask;
mod trouble;

use std::path::Path;
use std::time::Duration;

use concordat_terms::Problem;
use concordat_tlog::witness::AddCheckpoint;
use concordat_tlog::{Checkpoint, Note};
use tokio::sync::watch;
use tokio::time::sleep;

use self::ask::{Answer, Asker};
use crate::config::{Settings, WitnessAt};
use crate::cosigning::Cosigning;
use crate::view::{ReadHandle, lock};
use crate::witnessed::Cosigned;

/// After how long an unchanged log is cosigned again: rounds need a fresh quorum.
const AGAIN: Duration = Duration::from_secs(60);
/// After how long a witness that failed is asked again, at first; twice as long each further time.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest of these.
const PAUSE_MOST: Duration = Duration::from_secs(120);
/// How often in a row a witness may say that it is somewhere else. Somebody else may ask it too.
const STALE_MOST: u32 = 3;

/// Starts to ask every witness of the settings, on the runtime that this is called from.
///
/// # Errors
/// A [`Problem`] for the operator: a certificate.
pub(crate) fn start(
    settings: &Settings,
    home: &Path,
    cosigning: &Cosigning,
    stopping: &watch::Receiver<bool>,
) -> Result<(), Problem> {
    {
        let mut witnessed = lock(&cosigning.view.0.witnessed);
        for (name, WitnessAt { keys, .. }) in &settings.witnesses {
            witnessed.ask(name, keys);
        }
    }
    for (name, at) in &settings.witnesses {
        let gatherer = Gatherer {
            name: name.clone(),
            asker: Asker::new(at, home)?,
            cosigning: cosigning.clone(),
            stopping: stopping.clone(),
            cosigned: 0,
        };
        tokio::spawn(gatherer.gather());
    }
    Ok(())
}

/// Asks one witness.
struct Gatherer {
    name: String,
    asker: Asker,
    cosigning: Cosigning,
    stopping: watch::Receiver<bool>,
    /// How many entries the witness has cosigned, as far as is known.
    cosigned: u64,
}

impl Gatherer {
    /// Until the server stops: whenever the log has grown, and now and then. After a failure only once
    /// its pause is over, whatever the log does.
    async fn gather(mut self) {
        let mut snapshots = self.cosigning.view.watch();
        let mut failures: u32 = 0;
        let mut stopping = self.stopping.clone();
        loop {
            snapshots.borrow_and_update();
            let asked = tokio::select! {
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => return,
                asked = self.ask() => asked,
            };
            failures = if asked.is_ok() { 0 } else { failures.saturating_add(1) };
            self.tell(failures, asked.err());
            let wait = if failures == 0 { AGAIN } else { pause(failures) };
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = sleep(wait) => {}
                grown = snapshots.changed(), if failures == 0 => if grown.is_err() { return },
            }
        }
    }

    /// Has the latest checkpoint cosigned.
    ///
    /// # Errors
    /// A [`Problem`], which is told and passes.
    async fn ask(&mut self) -> Result<(), Problem> {
        for _ in 0..STALE_MOST {
            let (view, cosigned) = (self.cosigning.view.clone(), self.cosigned);
            let request = tokio::task::spawn_blocking(move || request(&view, cosigned)).await;
            // Where the thread was stopped, so is this one.
            let Some((request, checkpoint)) = request.unwrap_or(Ok(None))? else { return Ok(()) };
            match self.asker.ask(&request).await {
                Answer::Cosigned(lines) => {
                    let text = request.note.text().to_owned();
                    let note = Note::new(text, lines).map_err(|e| trouble::garbled(&e))?;
                    self.take(&note, &checkpoint).await?;
                    self.cosigned = checkpoint.size;
                    return Ok(());
                }
                // Of the same size, and it is said to be another one: that is how 422 was once put.
                Answer::Stale(size) if size == request.old && size == checkpoint.size => {
                    return Err(trouble::disagrees());
                }
                Answer::Stale(size) if size < self.cosigned && request.old == self.cosigned => {
                    return Err(trouble::forgot(self.cosigned, size));
                }
                Answer::Stale(size) => self.cosigned = size,
                Answer::Refused(problem) => return Err(problem),
            }
        }
        Err(trouble::restless(self.cosigned))
    }

    async fn take(&self, note: &Note, checkpoint: &Checkpoint) -> Result<(), Problem> {
        match self.cosigning.take(note, checkpoint).await {
            Ok(Cosigned::Kept(_) | Cosigned::Held | Cosigned::Full(_)) => Ok(()),
            // One that answers very late may be too late for its size.
            Ok(Cosigned::UnknownSize(_) | Cosigned::OtherCheckpoint(_)) => Ok(()),
            Ok(Cosigned::NoWitness) => Err(trouble::unknown_key(note)),
            Ok(Cosigned::FarFromNow(at)) => Err(trouble::far_from_now(at)),
            Err(refused) => Err(refused.problem),
        }
    }

    fn tell(&self, failures: u32, problem: Option<Problem>) {
        let told = lock(&self.cosigning.view.0.witnessed).tell(&self.name, failures, &problem);
        match problem {
            Some(problem) if told => {
                tracing::warn!(witness = self.name, code = problem.code, "{}", problem.what);
            }
            None if told => tracing::info!(witness = self.name, "cosigns again"),
            _ => {}
        }
    }
}

/// The latest checkpoint with the proof from what the witness cosigned last; none before there is a
/// checkpoint.
fn request(view: &ReadHandle, old: u64) -> Result<Option<(AddCheckpoint, Checkpoint)>, Problem> {
    let Some(note) = view.checkpoint() else { return Ok(None) };
    let Ok(checkpoint) = Checkpoint::parse(note.text()) else { return Ok(None) };
    let Some(proof) = view.consistency(old, checkpoint.size)? else {
        return Err(trouble::ahead(old, checkpoint.size));
    };
    // Who else has cosigned is nothing to this witness.
    let own = note.lines().iter().filter(|line| line.name() == checkpoint.origin);
    let note = Note::new(note.text().to_owned(), own.cloned().collect());
    let note = note.map_err(|e| trouble::garbled(&e))?;
    Ok(Some((AddCheckpoint { old, proof, note }, checkpoint)))
}

/// How long to wait after so many failures in a row.
fn pause(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
    PAUSE.saturating_mul(doubled).min(PAUSE_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_witness_is_asked_less_and_less_often() {
        let seconds: Vec<u64> = (1..10).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 120, 120]);
        assert_eq!(pause(u32::MAX), PAUSE_MOST);
    }
}
