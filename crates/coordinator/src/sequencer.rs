//! The sequencer: one thread that orders acts, and the handle that others ask it with.
//!
//! It groups everything that waits into a batch, folds it in memory, appends it in one
//! transaction, publishes it, and only then answers. What only reads does not come here: whoever asks
//! without end would keep acts and ticks waiting.

mod ledger;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use concordat_partnership::Act;
use concordat_replay::Opened;
use concordat_terms::{Digest, Problem};
use tokio::sync::oneshot;

pub use self::ledger::TRANSCRIPTS;
pub(crate) use self::ledger::{
    Along, COSIGNED, Ledger, QUORUM, header, not_erased, transcripts_of,
};
use crate::config::Limits;
use crate::problem::Refused;
use crate::view::Told;

/// How many commands may wait.
const WAITING: usize = 1_024;
/// How many envelopes make a batch full. While one is folded and made durable, the next are read: a batch
/// of all that wait has everybody wait for the same disk, and then read at the same time.
const BATCH: usize = 256;
/// How much of a batch a blob takes that is to be kept: what is gathered waits until it is on the disk.
const BLOB: usize = 32;
/// How often the clock is looked at while nothing comes.
const IDLE: Duration = Duration::from_secs(5);

type Reply<T> = oneshot::Sender<Result<T, Refused>>;

/// What the sequencer's thread is asked.
pub(crate) enum Command {
    /// Log these envelopes, in this order.
    Submit { envelopes: Vec<Opened<'static>>, reply: Reply<Vec<Told>> },
    /// Log an act of the sequencer's own.
    Own { act: Box<Act>, reply: Reply<Vec<Told>> },
    /// Keep a blob in the name of a key.
    PutBlob { by: String, bytes: Vec<u8>, limits: Limits, reply: Reply<Digest> },
    /// Keep a note.
    PutNote { name: String, bytes: Vec<u8>, reply: Reply<()> },
    /// Destroy all notes whose names start so.
    RemoveNotes { prefix: String, reply: Reply<()> },
    /// End, after what came before.
    Stop,
}

/// Asks the sequencer's thread.
#[derive(Clone, Debug)]
pub(crate) struct Sequencer(SyncSender<Command>);

impl Sequencer {
    /// Starts the thread, which owns `ledger` until [`Sequencer::stop`].
    pub(crate) fn start(ledger: Ledger) -> Result<(Self, std::thread::JoinHandle<()>), Problem> {
        let (tell, told) = sync_channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("sequencer".to_owned())
            .spawn(move || work(ledger, &told))
            .map_err(|e| {
                let what = format!("cannot start the sequencer's thread: {e}");
                crate::problem::unusable("no-thread", what, "free memory or raise the limits")
            })?;
        Ok((Self(tell), thread))
    }

    /// Where nothing is ordered: everything is answered that it cannot be.
    pub(crate) fn nobody() -> Self {
        Self(sync_channel(1).0)
    }

    /// Logs envelopes; answers once they are durable.
    pub(crate) async fn submit(
        &self,
        envelopes: Vec<Opened<'static>>,
    ) -> Result<Vec<Told>, Refused> {
        self.ask(|reply| Command::Submit { envelopes, reply }).await
    }

    /// Logs an act of the sequencer's own.
    pub(crate) async fn own(&self, act: Act) -> Result<Vec<Told>, Refused> {
        self.ask(|reply| Command::Own { act: Box::new(act), reply }).await
    }

    pub(crate) async fn put_blob(
        &self,
        by: String,
        bytes: Vec<u8>,
        limits: Limits,
    ) -> Result<Digest, Refused> {
        self.ask(|reply| Command::PutBlob { by, bytes, limits, reply }).await
    }

    pub(crate) async fn put_note(&self, name: String, bytes: Vec<u8>) -> Result<(), Refused> {
        self.ask(|reply| Command::PutNote { name, bytes, reply }).await
    }

    pub(crate) async fn remove_notes(&self, prefix: String) -> Result<(), Refused> {
        self.ask(|reply| Command::RemoveNotes { prefix, reply }).await
    }

    /// Ends the thread once it has done what came before.
    pub(crate) fn stop(&self) {
        self.0.send(Command::Stop).ok();
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        match self.0.try_send(command(reply)) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(Refused::busy())),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Refused::busy()),
        }
    }
}

/// Envelopes that wait for a batch.
enum Waiting {
    Envelopes(Vec<Opened<'static>>, Reply<Vec<Told>>),
    Own(Box<Act>, Reply<Vec<Told>>),
}

fn work(mut ledger: Ledger, told: &Receiver<Command>) {
    loop {
        let first = match told.recv_timeout(IDLE) {
            Ok(command) => command,
            Err(RecvTimeoutError::Timeout) => {
                tick(&mut ledger);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return ledger.end(),
        };
        let mut batch = Vec::new();
        let mut stop = false;
        for command in gather(first, told) {
            stop = stop || sort(&mut ledger, command, &mut batch);
        }
        if batch.is_empty() {
            // Who only reads does not keep time from moving on.
            tick(&mut ledger);
        } else {
            run_batch(&mut ledger, batch);
        }
        if stop {
            return ledger.end();
        }
    }
}

/// What waits, as much of it as makes a batch full. Everything counts, so that it ends however fast more
/// comes.
fn gather(first: Command, told: &Receiver<Command>) -> Vec<Command> {
    let (mut gathered, mut size) = (Vec::new(), 0);
    let mut next = Some(first);
    while let Some(command) = next {
        size += match &command {
            Command::Submit { envelopes, .. } => envelopes.len().max(1),
            Command::PutBlob { .. } => BLOB,
            Command::Own { .. } | Command::PutNote { .. } | Command::RemoveNotes { .. } => 1,
            Command::Stop => BATCH,
        };
        gathered.push(command);
        next = if size >= BATCH { None } else { told.try_recv().ok() };
    }
    gathered
}

/// Moves time on, if it is time.
fn tick(ledger: &mut Ledger) {
    if let Err(refused) = ledger.idle() {
        tracing::error!(code = refused.problem.code, "no idle tick");
    }
}

/// Does what can be done at once, and puts aside what goes into the batch.
fn sort(ledger: &mut Ledger, command: Command, batch: &mut Vec<Waiting>) -> bool {
    match command {
        Command::Submit { envelopes, reply } => batch.push(Waiting::Envelopes(envelopes, reply)),
        Command::Own { act, reply } => batch.push(Waiting::Own(act, reply)),
        // Whoever left it may have gone, and sends it again.
        Command::PutBlob { reply, .. } if reply.is_closed() => {}
        Command::PutBlob { by, bytes, limits, reply } => {
            reply.send(ledger.put_blob(&by, &bytes, &limits)).ok();
        }
        Command::PutNote { name, bytes, reply } => drop(reply.send(ledger.put_note(&name, &bytes))),
        Command::RemoveNotes { prefix, reply } => drop(reply.send(ledger.remove_notes(&prefix))),
        Command::Stop => return true,
    }
    false
}

fn run_batch(ledger: &mut Ledger, waiting: Vec<Waiting>) {
    let mut batch = match ledger.tell_counts().and_then(|()| ledger.begin()) {
        Ok(batch) => batch,
        Err(refused) => return refuse_all(waiting.into_iter().map(Waiting::reply), &refused),
    };
    let mut answers = Vec::new();
    for one in waiting {
        match one {
            Waiting::Envelopes(envelopes, reply) => {
                answers.push((reply, ledger.fold(&mut batch, envelopes)));
            }
            Waiting::Own(act, reply) => answers.push((reply, ledger.fold_own(&mut batch, &act))),
        }
    }
    // Whoever holds no key is answered, and leaves no trace: not even a tick for each second.
    // Nor does who is turned away, but that it is counted.
    let done = if batch.only_moves_time() {
        ledger.keep_counts(batch).and_then(|()| ledger.idle())
    } else {
        ledger.commit(batch)
    };
    match done {
        Ok(()) => {
            for (reply, answer) in answers {
                // Whoever asked may have gone; the log has it all the same.
                reply.send(answer).ok();
            }
        }
        Err(refused) => refuse_all(answers.into_iter().map(|(reply, _)| reply), &refused),
    }
}

impl Waiting {
    fn reply(self) -> Reply<Vec<Told>> {
        match self {
            Self::Envelopes(_, reply) | Self::Own(_, reply) => reply,
        }
    }
}

fn refuse_all(replies: impl Iterator<Item = Reply<Vec<Told>>>, refused: &Refused) {
    for reply in replies {
        reply.send(Err(refused.clone())).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob() -> Command {
        let (by, bytes) = ("somebody".to_owned(), vec![0; 8]);
        Command::PutBlob { by, bytes, limits: Limits::default(), reply: oneshot::channel().0 }
    }

    fn note() -> Command {
        let (name, bytes) = ("n".to_owned(), vec![]);
        Command::PutNote { name, bytes, reply: oneshot::channel().0 }
    }

    /// Whoever leaves blobs as fast as they are taken does not keep an act from being folded.
    #[test]
    fn what_is_gathered_ends_however_much_waits() {
        for (more, most) in
            [(blob as fn() -> Command, BATCH / BLOB), (note as fn() -> Command, BATCH)]
        {
            let (tell, told) = sync_channel(WAITING);
            for _ in 0..WAITING {
                tell.try_send(more()).unwrap();
            }
            let (envelopes, reply) = (Vec::new(), oneshot::channel().0);
            let gathered = gather(Command::Submit { envelopes, reply }, &told);
            assert!(gathered.len() <= most + 1, "{}", gathered.len());
            assert!(matches!(gathered.first(), Some(Command::Submit { .. })));
        }
        // Nothing is left behind where little waits, and what comes after the end is not done.
        let (tell, told) = sync_channel(WAITING);
        for command in [note(), Command::Stop, note()] {
            tell.try_send(command).unwrap();
        }
        assert_eq!(gather(note(), &told).len(), 3);
    }
}
