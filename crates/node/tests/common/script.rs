//! Whole trainings in threads, over a room in memory, and what goes wrong in them.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::thread;

use concordat_node::plan::Ready;
use concordat_node::random::Rehearsed;
use concordat_node::rounds::{Outcome, Progress, take_part};
use concordat_node::train::{Noise, OutsideAnyPartnership};
use concordat_secagg::{SigningKey, Transcript};
use concordat_terms::{Digest, PartyId, Problem};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::party;
use super::room::{At, Way, serve};
use super::story::key;

/// What goes wrong in one training, and whether there is noise.
pub struct Script {
    pub noise: Noise,
    pub leave: Option<(&'static str, At)>,
    pub lose: Option<(&'static str, At)>,
    pub spoilt: &'static [(u32, u32)],
    pub hidden: &'static [(u32, u32)],
    /// At whom what the other dealt does not open, in every attempt.
    pub closed: Option<(&'static str, &'static str)>,
    pub tamper: fn(&mut Transcript),
}

pub fn calm() -> Script {
    let noise = Noise::Off(OutsideAnyPartnership::declare());
    let (leave, lose, closed) = (None, None, None);
    Script { noise, leave, lose, spoilt: &[], hidden: &[], closed, tamper: |_| {} }
}

pub struct Seen {
    pub outcome: Result<Outcome, Problem>,
    pub uploads: Vec<(u32, u32)>,
    pub progress: Vec<Progress>,
}

pub fn train(ready: &BTreeMap<PartyId, Ready>, script: &Script) -> BTreeMap<PartyId, Seen> {
    let (room, knocks) = channel();
    let (task, tamper) = (ready[&party("alder")].task.clone(), script.tamper);
    let present = ready.keys().cloned().collect();
    let set = |attempts: &[(u32, u32)]| attempts.iter().copied().collect();
    let faults = (set(script.spoilt), set(script.hidden));
    thread::spawn(move || serve(task, present, faults, tamper, knocks));
    let at = |which: &Option<(&str, At)>, who: &PartyId| {
        which.filter(|(name, _)| *name == who.as_str()).map(|(_, at)| at)
    };
    thread::scope(|scope| {
        let nodes: Vec<_> = ready
            .iter()
            .map(|(party, ready)| {
                let mut way = Way {
                    party: party.clone(),
                    room: room.clone(),
                    leave_before: at(&script.leave, party),
                    lose_answer: at(&script.lose, party),
                    closed: script
                        .closed
                        .filter(|(at, _)| *at == party.as_str())
                        .map(|(_, dealer)| super::party(dealer)),
                    uploads: Vec::new(),
                };
                let node = scope.spawn(move || {
                    let identity = SigningKey::from_bytes(&key(party.as_str()).to_seed());
                    let seed = Digest::of(party.as_str().as_bytes()).0;
                    let mut rng = Rehearsed(ChaCha20Rng::from_seed(seed));
                    let mut progress = Vec::new();
                    let outcome =
                        take_part(ready, &identity, script.noise, &mut way, &mut rng, &mut |p| {
                            progress.push(p)
                        });
                    Seen { outcome, uploads: way.uploads, progress }
                });
                (party.clone(), node)
            })
            .collect();
        drop(room);
        nodes.into_iter().map(|(party, node)| (party, node.join().unwrap())).collect()
    })
}
