//! What is owed, what one seat may do alone, and what is measured.

use std::fmt;

use concordat_terms::{
    ActName, AssetId, BodyId, Country, Date, Decimal, MetricId, ModuleId, Period, SeatId,
};

use crate::fields::{Fields, Value};
use crate::shape::{
    Addressee, ClauseName, Field, Named, Reference, Scalar, quoted, scalar_field, shape, words,
};
use crate::source::Wrong;

words! {
    /// What a duty brings into the partnership.
    Contribution {
        /// Rows.
        Data = "data",
        /// A model or code.
        Model = "model",
        /// People's work.
        Expertise = "expertise",
        /// Oversight and approvals.
        Governance = "governance",
        /// Machines' work.
        Compute = "compute",
        /// Payment.
        Money = "money",
    }

    /// Which days of a period count.
    Days {
        /// Those alone on which people work in the country of `calendar`.
        Working = "working",
    }
}

shape! {
    /// What a seat owes: owner, addressee, deadline, discharge, consequence.
    pub Duty(
        /// What is to be done, in words.
        duty: String
    ) {
        /// The seat that owes it.
        owner: SeatId,
        /// To whom: seats, or somebody who does not sign.
        to: Vec<Addressee> = some,
        /// On which assets.
        on: Vec<AssetId>,
        /// Of which body: meetings and motions of another neither start nor discharge it.
        of: Option<BodyId>,
        /// When it comes due.
        due: Due,
        /// The act that discharges it.
        discharged_by: ActName,
        /// The figures that a `duty.discharge` of it must have.
        reports: Vec<MetricId>,
        /// After a served notice, how long the owner has before the duty is breached.
        cure: Option<Period>,
        /// The power or duty that follows when it is late or breached.
        consequence as "else": Option<ClauseName>,
        /// What it brings into the partnership: a row of the value-exchange table.
        contributes: Option<Contribution>,
    }

    /// When something comes due: on a day, some time after an event, or again and again.
    pub Due {
        /// On this day.
        on: Option<Date>,
        /// After this event.
        after: Option<Event>,
        /// So long after it; at once, if this is absent.
        period: Option<Period>,
        /// Again after every such period, counted from `after` or `on`.
        every: Option<Period>,
        /// The country on whose calendar the last day rolls: an end on a day on which people do not
        /// work there moves to the end of the next on which they do. Every day in between counts,
        /// and periods with hours in them never move.
        calendar: Option<Country>,
        /// Which days of the period count: all of them, if this is absent.
        days: Option<Days>,
    }

    /// What a seat may do, alone or once a body has decided so, to change the state.
    pub Power(
        /// The act it empowers.
        power: ActName
    ) {
        /// The seat that holds it.
        holder: SeatId,
        /// Over which modules; empty: all.
        over: Vec<ModuleId>,
        /// Over which clauses: an amendment of these needs nobody else's signature.
        clauses: Vec<ClauseName>,
        /// On which assets; empty: all.
        on: Vec<AssetId>,
        /// Only after this event; at any time, if this is absent.
        after: Option<Event>,
        /// The body that must ratify it, by a motion to do `power.ratify`. What can be undone takes
        /// effect at once; what cannot waits for the body.
        ratified_by: Option<BodyId>,
        /// Within what time of its use it must be ratified: else it lapses, and what it did is
        /// undone.
        within: Option<Period>,
        /// Breaks glass: the act passes what `gate` clauses ask, and the duty to review that, which
        /// is `after = "used: …"` of this power, begins. Not again before that duty is discharged.
        break_glass: Option<ClauseName>,
    }

    /// A measured series, and the threshold that opens a duty.
    pub Signal(
        /// What is measured, for people.
        signal: String
    ) {
        /// The seat that measures.
        by: SeatId,
        /// The unit of its values.
        unit: String,
        /// The time over which one value is taken.
        window: Period,
        /// A value above this crosses the threshold.
        above: Option<Decimal>,
        /// A value below this does.
        below: Option<Decimal>,
        /// The duty that a crossing opens.
        opens: Option<ClauseName>,
    }
}

/// What starts a clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The agreement is in force: `"in-force"`.
    InForce,
    /// An act was admitted: `"project.end"`.
    Act(ActName),
    /// A duty turned late: `"late: delete-copies"`.
    Late(ClauseName),
    /// A duty was breached: `"breach: delete-copies"`.
    Breach(ClauseName),
    /// A signal crossed its threshold: `"signal: drift"`.
    Signal(ClauseName),
    /// A body could not decide a matter, which goes further: `"deadlock: council"`.
    Deadlock(ClauseName),
    /// A body's decision in a hurry was carried out: `"fast: council"`.
    Fast(ClauseName),
    /// The time came for which a body's meeting was called: `"meeting: council"`.
    Meeting(ClauseName),
    /// So much of an account was spent that its holder is warned: `"alert: computing"`.
    Alert(ClauseName),
    /// A power was used: `"used: roll-back"`.
    Used(ClauseName),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InForce => f.write_str("in-force"),
            Self::Act(act) => write!(f, "{act}"),
            Self::Late(duty) => write!(f, "late: {duty}"),
            Self::Breach(duty) => write!(f, "breach: {duty}"),
            Self::Signal(signal) => write!(f, "signal: {signal}"),
            Self::Deadlock(body) => write!(f, "deadlock: {body}"),
            Self::Fast(body) => write!(f, "fast: {body}"),
            Self::Meeting(body) => write!(f, "meeting: {body}"),
            Self::Alert(account) => write!(f, "alert: {account}"),
            Self::Used(power) => write!(f, "used: {power}"),
        }
    }
}

impl Scalar for Event {
    const WRITTEN: &'static str = "an event: `\"in-force\"`, an act, or `late:`, `breach:`, `signal:`, `deadlock:`, `fast:`, `meeting:`, `alert:`, `used:` and a clause";
    const EXAMPLES: &'static [&'static str] =
        &["\"in-force\"", "\"project.end\"", "\"late: delete-copies\"", "\"breach: a/b\""];

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text == "in-force" {
            return Ok(Self::InForce);
        }
        let Some((what, clause)) = text.split_once(':') else {
            return ActName::parse(text).map(Self::Act);
        };
        let clause = ClauseName::parse(clause.trim())?;
        match what {
            "late" => Ok(Self::Late(clause)),
            "breach" => Ok(Self::Breach(clause)),
            "signal" => Ok(Self::Signal(clause)),
            "deadlock" => Ok(Self::Deadlock(clause)),
            "fast" => Ok(Self::Fast(clause)),
            "meeting" => Ok(Self::Meeting(clause)),
            "alert" => Ok(Self::Alert(clause)),
            "used" => Ok(Self::Used(clause)),
            _ => {
                let what = format!("`{what}` is not the beginning of an event");
                let hint = "write `late:`, `breach:`, `signal:`, `deadlock:`, `fast:`, `meeting:`, `alert:` or `used:`";
                Err(Wrong::new("unknown-word", what, hint))
            }
        }
    }

    fn print(&self) -> String {
        quoted(&self.to_string())
    }

    fn refers_to(&self) -> Option<(Named, &str, Option<&str>)> {
        match self {
            Self::InForce | Self::Act(_) => None,
            Self::Late(clause)
            | Self::Breach(clause)
            | Self::Signal(clause)
            | Self::Deadlock(clause)
            | Self::Fast(clause)
            | Self::Meeting(clause)
            | Self::Alert(clause)
            | Self::Used(clause) => clause.refers_to(),
        }
    }
}

scalar_field!(Event);
