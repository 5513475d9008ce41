//! Words that every room of the house shares.
//!
//! Ids, digests, time, periods, decimals, places in a text, canonical JSON, privacy cost and the
//! three-line [`Problem`] that every refusal, diagnostic and fault is shown as. No I/O, no clock,
//! no randomness.

mod act_name;
mod amount;
mod cost;
mod date;
mod decimal;
mod digest;
mod hidden;
mod id;
pub mod jcs;
mod money;
mod party;
mod plan;
mod problem;
mod span;
mod split;
mod text;
mod time;

pub use act_name::{ActName, Aspect, NotAnAct, RuledBy};
pub use amount::{Amount, NotAnAmount};
pub use cost::{Cost, ORDERS};
pub use date::Date;
pub use decimal::{Decimal, NotADecimal};
pub use digest::{Digest, NotADigest};
pub use hidden::hidden;
pub use id::{
    AssetId, BodyId, CaseId, ClassId, ClauseId, ClauseRef, Country, CourseId, IncidentId, KeyId,
    MandateId, MeetingId, MemberId, MethodId, MetricId, ModuleId, MotionId, NotACountry, NotAnId,
    PartyId, PlaceId, ProcessorId, ProjectId, PurposeId, RecognitionId, RegimeId, RiskId, RoleId,
    RunId, SeatId, sharing_names,
};
pub use money::{Money, NotMoney};
pub use party::Side;
pub use plan::{ROUNDS_MOST, ROUNDS_RANGE};
pub use problem::Problem;
pub use span::{Diagnostic, Severity, Span, steers, unseen};
pub use time::{NotATime, Period, Timestamp};
