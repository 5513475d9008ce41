//! Why an act about a body, its seats or its meetings changes nothing.

use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, MeetingId, MotionId, PartyId, SeatId, Timestamp,
};

use crate::refusal::refusals;

refusals! {
    /// A refusal of an act about bodies.
    BodyRefusal {
        "not-decidable" NotDecidable { act: ActName }
            told { "no body decides `{act}`" }
            then { "do it yourself, where a permit lets you" },
        "needs-approver" NeedsApprover { clause: ClauseRef, act: ActName, body: BodyId } by clause
            told { "`{act}` takes the signature of another member of `{body}`, or its decision" }
            then { format!("have a member of `{body}` sign it too, or propose a motion (`motion.propose`)") },
        "seat-vacant" SeatVacant { seat: SeatId, party: PartyId }
            told { "nobody sits in seat `{seat}` for `{party}`" }
            then { "name who sits there (`seat.fill`)" },
        "seat-filled" SeatFilled { seat: SeatId, party: PartyId }
            told { "that member sits in seat `{seat}` for `{party}` already" }
            then { "nothing: who sits there stays" },
        "needs-nomination" NeedsNomination { body: BodyId, side: String, have: u32, need: u32, clause: ClauseRef } by clause
            told { "the {side} side of `{body}` nominates who votes, and {have} of its members signed instead of {need}" }
            then { "collect the signatures of more than half of the side's members" },
        "side-full" SideFull { body: BodyId, side: String, votes: u32, clause: ClauseRef } by clause
            told { "the {side} side of `{body}` has nominated all {votes} who vote" }
            then { "vacate a seat first (`seat.vacate`)" },
        "not-constituted" NotConstituted { body: BodyId, seat: SeatId, party: PartyId, since: Timestamp, clause: ClauseRef } by clause
            told { "`{body}` decides nothing while seat `{seat}` stands vacant for `{party}`, since {since}" }
            then { format!("have `{party}` name who sits there (`seat.fill`)") },
        "matter-escalated" MatterEscalated { body: BodyId, to: String, clause: ClauseRef } by clause
            told { "`{body}` could not decide this, and it is before `{to}`" }
            then { format!("take it to `{to}`") },
        "no-fast-track" NoFastTrack { body: BodyId, act: ActName, clause: ClauseRef } by clause
            told { "`{body}` does not decide on `{act}` in a hurry" }
            then { "propose the motion without `fast`" },
        "needs-procedure" NeedsProcedure { body: BodyId, asset: AssetId, clause: ClauseRef } by clause
            told { "a motion of `{body}` names the version of `{asset}` that it is put under" }
            then { "add `procedure`, the digest of that version" },
        "unknown-cause" UnknownCause { cause: String }
            told { "the motion is put because of {cause}, which is not there" }
            then { "name an entry of the log, a signal's clause or a duty" },
        "voting-not-open" VotingNotOpen { motion: MotionId, opens: Timestamp, clause: ClauseRef } by clause
            told { "voting on motion `{motion}` opens at {opens}" }
            then { format!("vote from {opens} on") },
        "recused" Recused { motion: MotionId, party: PartyId }
            told { "`{party}` stands aside on motion `{motion}`" }
            then { "leave the vote to the others" },
        "no-delegation" NoDelegation { body: BodyId, party: PartyId, clause: ClauseRef } by clause
            told { "`{party}` has no vote in `{body}` that is handed on" }
            then { "vote yourself" },
        "not-of-your-side" NotOfYourSide { body: BodyId, party: PartyId, to: PartyId, clause: ClauseRef } by clause
            told { "`{to}` does not vote on the side of `{party}` in `{body}`" }
            then { "hand the vote to another member of the same side" },
        "no-veto" NoVeto { motion: MotionId, seat: SeatId, clause: ClauseRef } by clause
            told { "seat `{seat}` has no veto on motion `{motion}` now" }
            then { "leave it to the seats that the body's clause gives a veto, in their time" },
        "veto-runs" VetoRuns { motion: MotionId, until: Timestamp, clause: ClauseRef } by clause
            told { "motion `{motion}` can be vetoed until {until}" }
            then { format!("carry it out from {until} on") },
        "not-the-proposer" NotTheProposer { motion: MotionId, party: PartyId, by: PartyId }
            told { "motion `{motion}` was put by `{by}`, and not by `{party}`" }
            then { format!("ask `{by}`, or vote against it") },
        "alternative-done" AlternativeDone { motion: MotionId, done: MotionId }
            told { "of motion `{motion}` and `{done}` one is carried out, and `{done}` was" }
            then { "propose a motion that stands by itself" },
        "unknown-meeting" UnknownMeeting { meeting: MeetingId }
            told { "no meeting `{meeting}` was called" }
            then { "call it first (`meeting.call`)" },
        "meeting-in-the-past" MeetingInThePast { meeting: MeetingId, at: Timestamp }
            told { "meeting `{meeting}` is called for {at}, which has passed" }
            then { "call it for a time that is to come" },
        "meeting-to-come" MeetingToCome { meeting: MeetingId, at: Timestamp }
            told { "meeting `{meeting}` is held at {at}" }
            then { "file its minutes afterwards" },
        "already-minuted" AlreadyMinuted { meeting: MeetingId }
            told { "the minutes of meeting `{meeting}` were filed" }
            then { "nothing: the first minutes stand" },
    }
}
