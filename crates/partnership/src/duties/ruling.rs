//! What a determination says of a duty, and what takes back that it was waived.

use concordat_agreement::Silence;

use super::acts::Ruling;
use super::{DutyId, DutyStatus, Ground};
use crate::state::State;
use crate::verdict::Effect;

impl State {
    /// What was ruled about a duty. A stay is over with the next ruling.
    pub(crate) fn rule_on(&mut self, id: &DutyId, ruling: Ruling, effects: &mut Vec<Effect>) {
        let Some(now) = self.time else { return };
        let Some(duty) = self.duties.all.get(id) else { return };
        let status = duty.status;
        if !status.is_open() && !matches!(status, DutyStatus::Discharged { .. }) {
            return;
        }
        self.revise(id, effects, |duty| {
            (duty.disputed, duty.contested) = (None, None);
            if ruling != Ruling::Stayed {
                duty.lift(&[Ground::Stay], now);
            }
            match ruling {
                Ruling::Stands => {}
                Ruling::Owed => duty.disown(),
                Ruling::NotOwed => duty.end(DutyStatus::Superseded(now), now),
                Ruling::Breached => {}
                Ruling::Stayed if status.is_open() && duty.stood() != DutyStatus::Breached => {
                    duty.stop(Ground::Stay, now);
                }
                Ruling::Stayed => {}
            }
        });
        match ruling {
            Ruling::Owed => self.settle_stops(id, now, effects),
            Ruling::Breached => self.break_off(id, now, effects),
            Ruling::Stands | Ruling::NotOwed | Ruling::Stayed => {}
        }
    }

    /// It is owed again as before it was waived, if it still is; whether it is now.
    pub(crate) fn unwaive(
        &mut self,
        id: &DutyId,
        was: DutyStatus,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(now) = self.time else { return false };
        let waived = self.duty(id).is_some_and(|d| matches!(d.status, DutyStatus::Waived(_)));
        // What its clause no longer says is not owed again.
        let said = self.duty_clause(&id.clause).is_some()
            && matches!(self.silence_of(&id.clause), None | Some(Silence::Suspended));
        if waived && said {
            self.revise(id, effects, |duty| duty.reopen(was));
            self.settle_stops(id, now, effects);
        }
        waived && said
    }
}
