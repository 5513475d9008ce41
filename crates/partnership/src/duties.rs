//! Duties: what a party owes, when, and what became of it.
//!
//! A duty *clause* is a rule; each time its clock starts, every party that fills the owner's seat
//! owes one *occurrence* of it, a [`Duty`]. What an occurrence owes is read from the clause in
//! force, so that an amendment moves it and nothing else can: a due date is computed from the
//! start, the clause, what was tolled and what was extended, and is never written down by hand.
//! *Late* comes by itself; *breached* takes a served notice and a cure period that ran out.

mod acts;
mod awake;
mod clock;
mod id;
mod life;
mod owing;
mod passing;
mod refusal;
mod retention;
mod rounds;
mod ruling;
mod stops;
mod triggers;
mod view;

use std::collections::BTreeSet;
use std::ops::Bound;

use concordat_terms::{ActName, ClauseRef, Digest, PartyId, Period, Timestamp};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{
    DutyDischarge, DutyDispute, DutyExtend, DutyResume, DutyToll, DutyWaive, Ground,
    NoticeAcknowledge, NoticeServe, Ruling,
};
pub use id::{DutyId, NotADuty};
pub use refusal::DutyRefusal;
pub(crate) use triggers::{Heard, Trigger, Triggers};
pub use view::{DutyView, Responsibility};

use crate::shared::Shared;
use crate::state::State;

/// One occurrence of a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// When its clock started.
    pub started: Timestamp,
    /// How often it came round before.
    pub recurrence: u32,
    /// Until when it is to be done; none while its clock stands still.
    pub due: Option<Timestamp>,
    /// Where it stands.
    pub status: DutyStatus,
    /// When its clock stood still, and why.
    pub tolled: Vec<Tolled>,
    /// Since when its clock stands still, whatever the grounds are by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub still_since: Option<Timestamp>,
    /// How it stood when its clock was stopped, or when it was discharged, where its time was over
    /// by then: it stands so again when the clock runs on, or when the discharge does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<DutyStatus>,
    /// What was added to its period.
    pub extended: Vec<Period>,
    /// The notice that started its cure period.
    pub notice: Option<Noticed>,
    /// The reasons for which its owner disputes it, a blob.
    pub disputed: Option<Digest>,
    /// Who to whom it is owed says that what was claimed for it, or its discharge, does not count.
    pub contested: Option<Contest>,
    /// The duties that followed when it was late or breached.
    pub followed: Vec<DutyId>,
}

/// What somebody to whom a duty is owed says against a claim of its owner. A determination ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contest {
    /// Who.
    pub by: PartyId,
    /// The reasons, a blob.
    pub reasons: Digest,
    /// When.
    pub at: Timestamp,
}

/// Where a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DutyStatus {
    /// Its clock runs.
    Active,
    /// Its clock stands still.
    Tolled,
    /// Its clock stands still because its module is suspended, and for nothing else.
    Suspended,
    /// It was not done in time.
    Late,
    /// Late, notified, and not cured.
    Breached,
    /// Done; `late` if after its due date.
    Discharged {
        /// When.
        at: Timestamp,
        /// By the entry at this index.
        index: u64,
        /// Whether after its due date.
        late: bool,
    },
    /// Let go by whom it was owed to.
    Waived(Timestamp),
    /// Its clause is no longer in force, or a recurrence of it stopped with its owner's seat.
    Superseded(Timestamp),
}

impl DutyStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Tolled => "tolled",
            Self::Suspended => "suspended",
            Self::Late => "late",
            Self::Breached => "breached",
            Self::Discharged { .. } => "discharged",
            Self::Waived(_) => "waived",
            Self::Superseded(_) => "superseded",
        }
    }

    /// Whether it is still owed.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Discharged { .. } | Self::Waived(_) | Self::Superseded(_))
    }

    /// Whether its time is over and it is still owed.
    pub fn is_overdue(self) -> bool {
        matches!(self, Self::Late | Self::Breached)
    }
}

/// A time in which a duty's clock stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tolled {
    /// Why.
    pub ground: Ground,
    /// From when.
    pub from: Timestamp,
    /// Until when; not over yet, if this is absent.
    pub until: Option<Timestamp>,
}

/// A served notice, as far as a duty asks about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// The entry that served it.
    pub index: u64,
    /// When it counts as received.
    pub received: Timestamp,
    /// Until when the breach can be cured.
    pub cure_until: Timestamp,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who served it.
    pub by: PartyId,
    /// What it says and to whom.
    pub served: NoticeServe,
    /// When.
    pub at: Timestamp,
    /// When it counts as received: acknowledged, or deemed so by the clause on notices.
    pub received: Timestamp,
    /// Whether its addressee acknowledged it.
    pub acknowledged: bool,
}

/// Every duty and notice of the partnership.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Duties {
    pub(crate) all: RedBlackTreeMapSync<DutyId, Duty>,
    /// Open duties by the act that discharges them and who owes them. The absent duty is before all.
    pub(crate) awaited: RedBlackTreeSetSync<(ActName, PartyId, Option<DutyId>)>,
    /// How many open duties of a clause are late or breached, and how many of those breached.
    pub(crate) overdue: RedBlackTreeMapSync<ClauseRef, Overdue>,
    /// By the index of the entry that served them.
    pub(crate) notices: RedBlackTreeMapSync<u64, Notice>,
    #[serde(skip)]
    pub(crate) triggers: Shared<Triggers>,
    /// The acts that were admitted, as far as powers wait for one.
    pub(crate) acted: Shared<BTreeSet<ActName>>,
    /// What happened in bodies that powers may wait for.
    pub(crate) struck: Shared<BTreeSet<Trigger>>,
}

/// How many open duties of a clause are overdue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Overdue {
    /// Late, or breached.
    pub(crate) late: u32,
    /// Breached.
    pub(crate) breached: u32,
}

impl Duties {
    /// Whether an act of this name would discharge something that a party owes.
    pub(crate) fn awaits(&self, act: ActName, party: &PartyId) -> bool {
        self.first_awaited(act, party).is_some()
    }

    /// The first open duty that a party discharges with an act of this name.
    pub(crate) fn first_awaited(&self, act: ActName, party: &PartyId) -> Option<&DutyId> {
        let from = (act, party.clone(), None);
        let next = self.awaited.range((Bound::Included(from), Bound::Unbounded)).next();
        let (_, _, id) = next.filter(|(of, by, _)| *of == act && by == party)?;
        id.as_ref()
    }

    /// The open duties that a party discharges with one of these acts.
    pub(crate) fn awaited_of(&self, acts: &[ActName], party: &PartyId) -> Vec<DutyId> {
        let of = |act: &ActName| {
            let from = (*act, party.clone(), None);
            let rest = self.awaited.range((Bound::Included(from), Bound::Unbounded));
            let own = rest.take_while(|(of, by, _)| of == act && by == party);
            own.filter_map(|(_, _, id)| id.clone()).collect::<Vec<_>>()
        };
        acts.iter().flat_map(of).collect()
    }

    /// Keeps the books of a duty whose status changes.
    fn recount(
        &mut self,
        id: &DutyId,
        before: Option<DutyStatus>,
        now: DutyStatus,
        discharged_by: Option<ActName>,
    ) {
        if let Some(act) = discharged_by {
            let key = (act, id.owner.clone(), Some(id.clone()));
            match now.is_open() {
                true => self.awaited.insert_mut(key),
                false => {
                    self.awaited.remove_mut(&key);
                }
            }
        }
        let mut overdue = self.overdue.get(&id.clause).copied().unwrap_or_default();
        for (status, more) in before.map(|status| (status, false)).into_iter().chain([(now, true)])
        {
            let count = |n: u32| if more { n.saturating_add(1) } else { n.saturating_sub(1) };
            if status.is_overdue() {
                overdue.late = count(overdue.late);
            }
            if status == DutyStatus::Breached {
                overdue.breached = count(overdue.breached);
            }
        }
        if overdue == Overdue::default() {
            self.overdue.remove_mut(&id.clause);
        } else {
            self.overdue.insert_mut(id.clause.clone(), overdue);
        }
    }
}

impl Duty {
    /// An occurrence whose clock starts.
    fn starting(started: Timestamp, recurrence: u32) -> Self {
        Self {
            started,
            recurrence,
            due: None,
            status: DutyStatus::Active,
            tolled: Vec::new(),
            still_since: None,
            overdue: None,
            extended: Vec::new(),
            notice: None,
            disputed: None,
            contested: None,
            followed: Vec::new(),
        }
    }
}

impl State {
    /// Every occurrence of every duty, open and closed, in the order of their names.
    pub fn duties(&self) -> impl Iterator<Item = (&DutyId, &Duty)> {
        self.duties.all.iter()
    }

    /// One occurrence of a duty.
    pub fn duty(&self, id: &DutyId) -> Option<&Duty> {
        self.duties.all.get(id)
    }

    /// Notices by the index of the entry that served them.
    pub fn notices(&self) -> impl Iterator<Item = (&u64, &Notice)> {
        self.duties.notices.iter()
    }

    /// When time itself will change something next, if nothing else does.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.agenda.next()
    }
}
