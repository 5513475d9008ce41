//! Refusals of acts about bodies, their seats and their meetings.

use concordat_partnership::BodyRefusal;
use concordat_terms::ActName;

use crate::{a, refusals};

refusals! {
    BodyRefusal;
    "Bodies": {
        NotDecidable { act: ActName::RunJoin }
            "What a party consents to for itself, about its own rows, its keys or its place, no body decides for it.";
        NeedsApprover { clause: a("release/tested-and-decided"), act: ActName::ReleasePropose, body: a("council") }
            "At tier 1 a gate is satisfied by the signature of a member of the body who is not whom the act comes from; at tiers 2 and 3 the body decides.";
        SeatVacant { seat: a("council-member"), party: a("alder") }
            "A seat that stands vacant is not vacated again.";
        SeatFilled { seat: a("council-member"), party: a("alder") }
            "The same person was named before, and sits there.";
        NeedsNomination { body: a("council"), side: "public".to_owned(), have: 1, need: 2, clause: a("governance/council") }
            "Where a side nominates who votes for it, more than half of its members sign the nomination.";
        SideFull { body: a("council"), side: "public".to_owned(), votes: 2, clause: a("governance/council") }
            "No side has more votes than the body's clause gives it.";
        NotConstituted { body: a("council"), seat: a("council-member"), party: a("alder"), since: a("2030-01-01T00:00:00Z"), clause: a("governance/council") }
            "A seat without which the body is not constituted has stood vacant for longer than its clause allows.";
        MatterEscalated { body: a("council"), to: "arbiter".to_owned(), clause: a("governance/council") }
            "After two failed motions on the same act, or a tie that cannot be broken, the matter goes to whom the body's clause names.";
        NoFastTrack { body: a("council"), act: ActName::ModuleEnter, clause: a("governance/council") }
            "A body decides in a hurry on the acts that its clause lists, and on no others.";
        NeedsProcedure { body: a("council"), asset: a("rules-of-procedure"), clause: a("governance/council") }
            "The body's clause names rules of procedure; a motion says under which version of them it is put, so that nobody changes them under it.";
        UnknownCause { cause: "entry 400".to_owned() }
            "A motion may say what gave rise to it; that must be there.";
        VotingNotOpen { motion: a("release-1"), opens: a("2030-01-02T00:00:00Z"), clause: a("governance/council") }
            "Between the motion and the vote lies the time for which the body's clause has it discussed.";
        Recused { motion: a("release-1"), party: a("alder") }
            "Whoever stands aside, or has to since the motion is about its own, neither votes nor counts for the quorum.";
        NoDelegation { body: a("council"), party: a("vendor"), clause: a("governance/council") }
            "Whoever votes may hand the vote on once, if the body's clause allows it; a vote that was handed on is not handed further.";
        NotOfYourSide { body: a("council"), party: a("alder"), to: a("vendor"), clause: a("governance/council") }
            "A vote never changes sides.";
        NoVeto { motion: a("release-1"), seat: a("observer"), clause: a("governance/council") }
            "A veto belongs to the seats, the acts and the time that the body's clause names.";
        VetoRuns { motion: a("release-1"), until: a("2030-01-05T00:00:00Z"), clause: a("governance/council") }
            "What can still be vetoed is not carried out.";
        NotTheProposer { motion: a("release-1"), party: a("birch"), by: a("alder") }
            "Only who put a motion takes it back.";
        AlternativeDone { motion: a("release-2"), done: a("release-1") }
            "Motions that exclude each other are carried out once.";
        UnknownMeeting { meeting: a("spring") }
            "Minutes are of a meeting that was called.";
        MeetingInThePast { meeting: a("spring"), at: a("2030-01-01T00:00:00Z") }
            "A meeting is called before it is held.";
        MeetingToCome { meeting: a("spring"), at: a("2030-03-01T00:00:00Z") }
            "Minutes tell what was, and are filed afterwards.";
        AlreadyMinuted { meeting: a("spring") }
            "A correction is an act of its own; what was filed stays.";
    }
}
