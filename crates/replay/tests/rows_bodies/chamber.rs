//! The heart agreement with another council.

use concordat_partnership::act::{
    MotionDelegate, MotionPropose, MotionRecuse, MotionVeto, MotionWithdraw, OneProject, SeatFill,
    SeatVacate, Vote,
};
use concordat_partnership::{Act, MotionStatus};

use crate::common::{Story, digest, execute, texts, vote};

/// Whoever sits in the council may do all that its members do.
const PERMITS: &str = "
## More about the Council

The Council Members may do what follows.

```clause
id = \"recuse\"
permit = \"motion.recuse\"
by = \"council-member\"
```

```clause
id = \"delegate\"
permit = \"motion.delegate\"
by = \"council-member\"
```

```clause
id = \"veto\"
permit = \"motion.veto\"
by = [\"council-member\", \"trainer\"]
```

```clause
id = \"withdraw\"
permit = \"motion.withdraw\"
by = \"council-member\"
```

```clause
id = \"fill-seat\"
permit = \"seat.fill\"
by = [\"council-member\", \"trainer\"]
```

```clause
id = \"vacate-seat\"
permit = \"seat.vacate\"
by = [\"council-member\", \"trainer\"]
```

```clause
id = \"call-meeting\"
permit = \"meeting.call\"
by = \"council-member\"
```

```clause
id = \"file-minutes\"
permit = \"meeting.minute\"
by = \"council-member\"
```

```clause
id = \"discharge\"
permit = \"duty.discharge\"
by = \"council-member\"
```
";

/// What differs from the heart agreement.
#[derive(Default)]
pub(crate) struct Other<'a> {
    /// Replacements in the module on governance.
    pub(crate) governance: &'a [(&'a str, &'a str)],
    /// Replacements in the module on parties.
    pub(crate) parties: &'a [(&'a str, &'a str)],
    /// Fields that the council's clause has besides.
    pub(crate) council: &'a str,
    /// Further clauses of the module on governance.
    pub(crate) clauses: &'a str,
}

impl Other<'_> {
    /// The texts.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut texts = texts();
        let governance = texts.get_mut("governance").unwrap();
        governance.push_str(PERMITS);
        for (from, to) in self.governance {
            assert!(governance.contains(from), "{from}");
            *governance = governance.replace(from, to);
        }
        let end = "open_for = \"P14D\"\n";
        assert!(governance.contains(end));
        *governance = governance.replace(end, &format!("{end}{}\n", self.council));
        governance.push_str(self.clauses);
        let parties = texts.get_mut("parties").unwrap();
        for (from, to) in self.parties {
            assert!(parties.contains(from), "{from}");
            *parties = parties.replace(from, to);
        }
        texts.into_values().collect()
    }

    /// With it in force, and a project chartered that the council has to open.
    pub(crate) fn chartered(&self) -> Story {
        let mut story = self.begun();
        story.admit("vendor", "trainer", Story::charter());
        story
    }

    /// With it in force.
    pub(crate) fn begun(&self) -> Story {
        Story::begun_but_for_the_project(self.texts())
    }
}

/// A council in which both of each side must have voted.
pub(crate) const BOTH: &[(&str, &str)] = &[
    ("at least [one](#council.quorum_per_side) member", "[two](#council.quorum_per_side) members"),
    ("quorum_per_side = 1", "quorum_per_side = 2"),
];

pub(crate) const MEMBER: &str = "council-member";

pub(crate) fn open() -> Act {
    Act::ProjectOpen(OneProject { project: "risk".parse().unwrap() })
}

pub(crate) fn motion(name: &str) -> MotionPropose {
    MotionPropose::of(name.parse().unwrap(), "council".parse().unwrap(), open())
}

pub(crate) fn withdraw(name: &str) -> Act {
    Act::MotionWithdraw(MotionWithdraw { motion: name.parse().unwrap() })
}

pub(crate) fn veto(name: &str) -> Act {
    Act::MotionVeto(MotionVeto { motion: name.parse().unwrap(), reasons: digest("reasons") })
}

pub(crate) fn recuse(name: &str) -> Act {
    Act::MotionRecuse(MotionRecuse { motion: name.parse().unwrap(), conflict: digest("shares") })
}

pub(crate) fn delegate(to: Option<&str>) -> Act {
    let to = to.map(|to| to.parse().unwrap());
    Act::MotionDelegate(MotionDelegate { body: "council".parse().unwrap(), to })
}

pub(crate) fn fill(seat: &str, member: &str) -> Act {
    Act::SeatFill(SeatFill { seat: seat.parse().unwrap(), member: member.parse().unwrap() })
}

pub(crate) fn vacate(seat: &str, party: &str) -> Act {
    Act::SeatVacate(SeatVacate { seat: seat.parse().unwrap(), party: party.parse().unwrap() })
}

impl Story {
    pub(crate) fn put_motion(&mut self, name: &str) {
        self.admit("alder", MEMBER, Act::MotionPropose(motion(name)));
    }

    pub(crate) fn votes(&mut self, name: &str, votes: &[(&str, Vote)]) {
        for (party, cast) in votes {
            self.admit(party, MEMBER, vote(name, *cast));
        }
    }

    pub(crate) fn in_favour(&mut self, name: &str, parties: &[&str]) {
        parties.iter().for_each(|party| self.admit(party, MEMBER, vote(name, Vote::For)));
    }

    pub(crate) fn executes(&mut self, name: &str) {
        self.admit("alder", MEMBER, execute(name));
    }

    pub(crate) fn status(&self, name: &str) -> MotionStatus {
        self.state().motions().get(&name.parse().unwrap()).unwrap().status
    }

    /// Lets so much time pass.
    pub(crate) fn pass(&mut self, period: &str) {
        let then = self.now.plus(period.parse().unwrap()).to_string();
        self.tick(&then);
    }
}
