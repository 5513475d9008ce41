//! The sequencer: one thread that orders acts, and the handle that others ask it with.
//!
//! It groups everything that waits into a batch, folds it in memory, appends it in one
//! transaction, publishes it, and only then answers.

mod ledger;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use concordat_partnership::Act;
use concordat_replay::Opened;
use concordat_terms::{Digest, Problem};
use tokio::sync::oneshot;

pub use self::ledger::TRANSCRIPTS;
pub(crate) use self::ledger::{COSIGNED, Ledger, QUORUM, header, transcripts_of};
use crate::config::Limits;
use crate::problem::Refused;
use crate::view::Told;

/// How many commands may wait.
const WAITING: usize = 1_024;
/// How many envelopes make a batch full. While one is folded and made durable, the next are read: a batch
/// of all that wait has everybody wait for the same disk, and then read at the same time.
const BATCH: usize = 256;
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
    /// Read a blob.
    Blob { digest: Digest, reply: Reply<Option<Vec<u8>>> },
    /// Keep a note.
    PutNote { name: String, bytes: Vec<u8>, reply: Reply<()> },
    /// Read all notes whose names start so.
    Notes { prefix: String, reply: Reply<Vec<(String, Vec<u8>)>> },
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

    pub(crate) async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, Refused> {
        self.ask(|reply| Command::Blob { digest, reply }).await
    }

    pub(crate) async fn put_note(&self, name: String, bytes: Vec<u8>) -> Result<(), Refused> {
        self.ask(|reply| Command::PutNote { name, bytes, reply }).await
    }

    pub(crate) async fn notes(&self, prefix: String) -> Result<Vec<(String, Vec<u8>)>, Refused> {
        self.ask(|reply| Command::Notes { prefix, reply }).await
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
        let (mut size, mut stop) = (0, false);
        let mut next = Some(first);
        while let Some(command) = next {
            stop = sort(&mut ledger, command, &mut batch, &mut size);
            next = if stop || size >= BATCH { None } else { told.try_recv().ok() };
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

/// Moves time on, if it is time.
fn tick(ledger: &mut Ledger) {
    if let Err(refused) = ledger.idle() {
        tracing::error!(code = refused.problem.code, "no idle tick");
    }
}

/// Does what can be done at once, and puts aside what goes into the batch.
fn sort(ledger: &mut Ledger, command: Command, batch: &mut Vec<Waiting>, size: &mut usize) -> bool {
    match command {
        Command::Submit { envelopes, reply } => {
            *size += envelopes.len();
            batch.push(Waiting::Envelopes(envelopes, reply));
        }
        Command::Own { act, reply } => {
            *size += 1;
            batch.push(Waiting::Own(act, reply));
        }
        Command::PutBlob { by, bytes, limits, reply } => {
            reply.send(ledger.put_blob(&by, &bytes, &limits)).ok();
        }
        Command::Blob { digest, reply } => drop(reply.send(ledger.blob(&digest))),
        Command::PutNote { name, bytes, reply } => drop(reply.send(ledger.put_note(&name, &bytes))),
        Command::Notes { prefix, reply } => drop(reply.send(ledger.notes(&prefix))),
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
