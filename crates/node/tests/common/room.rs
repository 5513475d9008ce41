//! A coordinator's room in memory: messages in, answers out, no clock. Whoever leaves says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use concordat_learn::Training;
use concordat_node::client::Fault;
use concordat_node::plan::Task;
use concordat_node::rounds::{Exchange, Uplink};
use concordat_node::train::apply_sum;
use concordat_secagg::server::{Answer, Closed, Server};
use concordat_secagg::three::{self, Posted};
use concordat_secagg::{FromClient, Step, Transcript};
use concordat_terms::PartyId;
use concordat_wire::api::{Again, Arrived, Part};
use concordat_wire::round::{Announcement, ToClient, decode_from_client, encode_from_client};

pub type At = (u32, u32, Step);

/// Some attempts, each as (round, attempt).
pub type Attempts = BTreeSet<(u32, u32)>;

pub enum Knock {
    Message { at: (u32, u32), bytes: Vec<u8>, reply: Sender<Result<ToClient, Fault>> },
    Leave(PartyId),
}

/// One participant's way to the room; it may leave before, or lose the answer of, one step.
pub struct Way {
    pub party: PartyId,
    pub room: Sender<Knock>,
    pub leave_before: Option<At>,
    pub lose_answer: Option<At>,
    /// Whose shares are spoiled on their way to this one.
    pub closed: Option<PartyId>,
    /// What was uploaded: (round, attempt).
    pub uploads: Vec<(u32, u32)>,
}

impl Exchange for Way {
    fn send(&mut self, round: u32, attempt: u32, message: FromClient) -> Result<ToClient, Fault> {
        let at = (round, attempt, message.step());
        if self.leave_before == Some(at) {
            self.room.send(Knock::Leave(self.party.clone())).unwrap();
            return Err(Fault::Stopped);
        }
        if message.step() == Step::MaskedInput {
            self.uploads.push((round, attempt));
        }
        let (reply, answer) = channel();
        let bytes = encode_from_client(&message);
        self.room.send(Knock::Message { at: (round, attempt), bytes, reply }).unwrap();
        if self.lose_answer == Some(at) {
            self.lose_answer = None;
            self.room.send(Knock::Leave(self.party.clone())).unwrap();
            return Err(Fault::Offline("the connection broke".to_owned()));
        }
        let answer = answer.recv();
        let mut answer =
            answer.unwrap_or_else(|_| Err(Fault::Offline("the room is gone".to_owned())));
        if let (Ok(ToClient::Inbox(inbox)), Some(dealer)) = (&mut answer, &self.closed) {
            inbox.get_mut(dealer).unwrap().sealed[3] ^= 1;
        }
        answer
    }

    fn contribute(&mut self, _: u32, _: u32, _: &three::Message) -> Result<Posted, Fault> {
        panic!("nobody agreed on aggregators")
    }

    fn posted(&mut self, _: u32, _: u32, _: three::Step) -> Result<Posted, Fault> {
        panic!("nobody agreed on aggregators")
    }

    fn fetch(&mut self, _: u32, _: &Part) -> Result<Vec<u8>, Fault> {
        panic!("a short sum comes with its transcript")
    }
}

impl Uplink for Way {
    fn announce(&mut self, _: u32, _: u32, _: &Announcement) -> Result<Arrived, Fault> {
        panic!("a short vector comes in its message")
    }

    fn bring(&mut self, _: u32, _: u32, _: usize, _: Vec<u8>) -> Result<Arrived, Fault> {
        panic!("a short vector comes in its message")
    }

    fn pause(&mut self, _tries: u32) {
        thread::yield_now();
    }
}

/// Serves until every way is dropped. Attempts at `spoilt` end at their MaskedInput; a transcript
/// may be altered by `tamper`. The sum of an attempt at `hidden` is kept back as if it were lost,
/// and shown when the next attempt has given another.
pub fn serve(
    task: Task,
    present: BTreeSet<PartyId>,
    (spoilt, hidden): (Attempts, Attempts),
    tamper: fn(&mut Transcript),
    knocks: Receiver<Knock>,
) {
    let training = Training::begin(&task.recipe);
    let mut room = Room {
        server: Some(server_at(&task, 0, 0, &training)),
        task,
        present,
        spoilt,
        hidden,
        old: None,
        tamper,
        training,
        attempt: 0,
        waiting: BTreeMap::new(),
        aside: Vec::new(),
        transcripts: Vec::new(),
    };
    while let Ok(knock) = knocks.recv() {
        room.hear(knock);
        while room.is_complete() {
            room.close();
        }
    }
}

struct Room {
    task: Task,
    present: BTreeSet<PartyId>,
    spoilt: Attempts,
    hidden: Attempts,
    old: Option<Transcript>,
    tamper: fn(&mut Transcript),
    training: Training,
    attempt: u32,
    server: Option<Server>,
    waiting: BTreeMap<PartyId, Sender<Result<ToClient, Fault>>>,
    aside: Vec<Sender<Result<ToClient, Fault>>>,
    transcripts: Vec<Transcript>,
}

impl Room {
    fn round(&self) -> u32 {
        self.transcripts.len() as u32
    }

    fn hear(&mut self, knock: Knock) {
        let (at, message, reply) = match knock {
            Knock::Leave(party) => {
                self.present.remove(&party);
                return;
            }
            Knock::Message { at, bytes, reply } => (at, decode_from_client(&bytes).unwrap(), reply),
        };
        let from = message.from().clone();
        if at.0 < self.round() {
            let done = self.transcripts[at.0 as usize].clone();
            reply.send(Ok(ToClient::Transcript(done))).ok();
        } else if at == (self.round(), self.attempt) && self.present.contains(&from) {
            self.server.as_mut().unwrap().receive(message).unwrap();
            self.waiting.insert(from, reply);
        } else if at == (self.round(), self.attempt) || at.1 > self.attempt {
            self.aside.push(reply);
        } else {
            reply.send(Err(self.again("the attempt is over"))).ok();
        }
    }

    fn again(&self, reason: &str) -> Fault {
        Fault::Again(Again {
            round: self.round(),
            attempt: self.attempt,
            reason: reason.to_owned(),
        })
    }

    fn is_complete(&self) -> bool {
        let Some(server) = &self.server else { return false };
        server.awaited().is_disjoint(&self.present) && !self.waiting.is_empty()
    }

    fn close(&mut self) {
        let server = self.server.take().unwrap();
        let spoilt = server.step() == Step::MaskedInput
            && self.spoilt.contains(&(self.round(), self.attempt));
        let closed = match if spoilt { None } else { server.close().ok() } {
            Some(Closed::Done(sum)) if self.hidden.contains(&(self.round(), self.attempt)) => {
                self.old = Some(sum);
                None
            }
            Some(Closed::Done(sum)) => Some(Closed::Done(self.old.take().unwrap_or(sum))),
            other => other,
        };
        let waiting = std::mem::take(&mut self.waiting);
        match closed {
            Some(Closed::Next(server, answer)) => {
                self.server = Some(server);
                for (party, reply) in waiting {
                    match answer_for(&answer, &party) {
                        Some(answer) => drop(reply.send(Ok(answer))),
                        None => self.aside.push(reply),
                    }
                }
            }
            Some(Closed::Done(mut transcript)) => {
                self.training = apply_sum(&self.task, &self.training, &transcript.sum).unwrap();
                (self.tamper)(&mut transcript);
                self.transcripts.push(transcript.clone());
                for reply in waiting.into_values().chain(self.aside.drain(..)) {
                    reply.send(Ok(ToClient::Transcript(transcript.clone()))).ok();
                }
                self.attempt = 0;
                self.server = (self.round() < self.task.recipe.rounds)
                    .then(|| server_at(&self.task, self.round(), 0, &self.training));
            }
            None => {
                self.attempt += 1;
                for reply in waiting.into_values().chain(std::mem::take(&mut self.aside)) {
                    reply.send(Err(self.again("the attempt was lost"))).ok();
                }
                self.server =
                    Some(server_at(&self.task, self.round(), self.attempt, &self.training));
            }
        }
    }
}

fn server_at(task: &Task, round: u32, attempt: u32, training: &Training) -> Server {
    Server::new(task.basis.session(round, attempt, training.digest()).unwrap())
}

fn answer_for(answer: &Answer, party: &PartyId) -> Option<ToClient> {
    match answer {
        Answer::Keys(list) => list.contains_key(party).then(|| ToClient::Keys(list.clone())),
        Answer::Inboxes(boxes) => boxes.get(party).map(|inbox| ToClient::Inbox(inbox.clone())),
        Answer::Survivors(all) => all.contains(party).then(|| ToClient::Survivors(all.clone())),
        Answer::Signatures(all) => {
            all.contains_key(party).then(|| ToClient::Signatures(all.clone()))
        }
    }
}
