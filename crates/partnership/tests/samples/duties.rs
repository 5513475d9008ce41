//! Refusals of acts about duties and notices.

use concordat_partnership::DutyRefusal;
use concordat_terms::ActName;

use crate::{a, parties, refusals};

refusals! {
    DutyRefusal;
    "Duties and notices": {
        UnknownDuty { duty: a("data-use/delete-copies:vendor:412") }
            "The name is not that of an occurrence of a duty: its clause, who owes it, the entry that started its clock.";
        State { duty: a("data-use/delete-copies:vendor:412"), is: "discharged", needs: "still owed".to_owned() }
            "A duty is active, tolled, suspended, late, breached, discharged, waived or superseded, and not everything can be done about each.";
        NotTheOwner { duty: a("data-use/delete-copies:vendor:412"), party: a("lab"), owner: a("vendor") }
            "Only who owes a duty discharges it, stops its clock or says that it is not owed; notice about it goes to them.";
        NotAnAddressee { duty: a("data-use/delete-copies:vendor:412"), missing: parties(&["birch"]), clause: a("data-use/delete-copies") }
            "Only those to whom a duty is owed let it go, give it more time or serve notice about it, all of them together or by the motion of a body. What is owed to somebody outside alone nobody here lets go.";
        DischargedOtherwise { duty: a("data-use/delete-copies:vendor:412"), by: ActName::DeletionAttest, clause: a("data-use/delete-copies") }
            "The clause names the act that discharges its duty; `duty.discharge` is for those that name it.";
        FiguresMissing { duty: a("oversight/report:vendor:412"), missing: "`uptime`".to_owned(), clause: a("oversight/report") }
            "A duty to report names the figures that its discharge must have (`reports`).";
        StatutoryClock { duty: a("incident/report:vendor:412"), clause: a("incident/report") }
            "The clause repeats what a statute says (`effect = \"statutory\"`). Who owes it does not stop its clock, and nobody here gives it more time or waives it.";
        OwnOrder { duty: a("incident/report:vendor:412"), clause: a("incident/report") }
            "The ground `authority` is an order that somebody else was told of: a party that does not owe what the clause says enters it, by a permit, a power or the motion of a body. Those to whom it is owed can dispute it.";
        ForceMajeureSpent { duty: a("data-use/delete-copies:vendor:412"), clause: a("instrument/frame") }
            "The instrument says how long force majeure stops the clock of one duty at most (`force_majeure_most`), all claims together.";
        NoOutage { duty: a("data-use/delete-copies:vendor:412") }
            "The ground `unavailable` counts times out in which the log was silent for longer than `max_gap` of the witness clause.";
        UnknownParty { party: a("elm") }
            "Notice is served on a party of the agreement in force.";
        WrongChannel { channel: "email", agreed: "`log` or `post`".to_owned(), clause: a("instrument/notices") }
            "A clause says in which ways its addressee is given notice.";
        RulingDoesNothing { duty: a("data-use/delete-copies:vendor:412"), is: "waived" }
            "A determination rules on duties that are owed or were discharged.";
        UnknownNotice { index: 412, party: a("vendor") }
            "A party acknowledges a notice that was served on it, once.";
    }
}
