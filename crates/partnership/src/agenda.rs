//! What time itself will change: every deadline, once, in the order in which they come.

use std::collections::BTreeMap;

use concordat_terms::{
    BodyId, CaseId, ClauseRef, Digest, KeyId, MandateId, MeetingId, MotionId, PartyId, ProcessorId,
    Timestamp,
};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::assets::Alarmed;
use crate::duties::DutyId;

/// Something that waits for its time. A thing has one alarm of each kind at most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Alarm {
    /// A duty turns late, or its cure period ends.
    Duty(DutyId),
    /// A duty comes round again.
    Recur(DutyId),
    /// Force majeure has stopped a duty's clock for as long as it may.
    Toll(DutyId),
    /// The last day is over on which a condition could be met.
    LongStop(ClauseRef),
    /// Voting on a motion opens or ends, or it expires.
    Motion(MotionId),
    /// The next members of a body have their turn.
    Turn(BodyId),
    /// The time for which a meeting was called.
    Meeting(MeetingId),
    /// A mandate begins or ends, or a training behind it becomes too old.
    Mandate(MandateId),
    /// What was approved beforehand is no longer waited for.
    Approval((MandateId, Digest)),
    /// The cut-off date of a change of parties.
    Party(u64),
    /// A sub-processor was to be checked again.
    Processor((PartyId, ProcessorId)),
    /// A clock of a case has run out.
    Clock((CaseId, u32)),
    /// Three quarters of a clock's time are over.
    ClockNears((CaseId, u32)),
    /// The time of a case's stage is over.
    Stage(CaseId),
    /// The time is over for which an account was opened.
    Account(ClauseRef),
    /// What was done by a power lapses, unless it was ratified.
    Power(u64),
    /// Nothing was determined about a verdict whose correction was asked for.
    Correction(u64),
    /// Something to do with assets.
    Asset(Alarmed),
    /// A key that was replaced signs no more.
    Key(KeyId),
}

/// The alarms that are set. Copies of a state share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agenda {
    by_time: RedBlackTreeSetSync<(Timestamp, Alarm)>,
    times: RedBlackTreeMapSync<Alarm, Timestamp>,
}

impl Serialize for Agenda {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.times.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Agenda {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let times = BTreeMap::<Alarm, Timestamp>::deserialize(deserializer)?;
        let mut agenda = Self::default();
        for (alarm, at) in times {
            agenda.set(alarm, at);
        }
        Ok(agenda)
    }
}

impl Agenda {
    /// Sets an alarm; if it was set, it moves.
    pub(crate) fn set(&mut self, alarm: Alarm, at: Timestamp) {
        self.cancel(&alarm);
        self.by_time.insert_mut((at, alarm.clone()));
        self.times.insert_mut(alarm, at);
    }

    /// Sets an alarm, or takes it off where there is no moment for it.
    pub(crate) fn put(&mut self, alarm: Alarm, at: Option<Timestamp>) {
        match at {
            Some(at) => self.set(alarm, at),
            None => self.cancel(&alarm),
        }
    }

    /// The duties that come round again.
    pub(crate) fn recurring(&self) -> impl Iterator<Item = &DutyId> {
        self.times.keys().filter_map(|alarm| match alarm {
            Alarm::Recur(id) => Some(id),
            _ => None,
        })
    }

    /// Takes an alarm off, if it is set.
    pub(crate) fn cancel(&mut self, alarm: &Alarm) {
        if let Some(at) = self.times.get(alarm).copied() {
            self.times.remove_mut(alarm);
            self.by_time.remove_mut(&(at, alarm.clone()));
        }
    }

    /// Whether an alarm is set.
    pub(crate) fn is_set(&self, alarm: &Alarm) -> bool {
        self.times.contains_key(alarm)
    }

    /// When an alarm rings, if it is set.
    pub(crate) fn at(&self, alarm: &Alarm) -> Option<Timestamp> {
        self.times.get(alarm).copied()
    }

    /// When the first alarm rings.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes off the first alarm that has rung by now. Of those of one moment the order is that of
    /// their names: the same for everybody.
    pub(crate) fn ring(&mut self, now: Timestamp) -> Option<(Timestamp, Alarm)> {
        let (at, alarm) = self.by_time.first().filter(|(at, _)| *at <= now)?.clone();
        self.cancel(&alarm);
        Some((at, alarm))
    }
}
