//! What a step leaves out of seats, meetings and what is done about motions.

use concordat_terms::{ActName, MeetingId, Period};

use crate::act::{
    Act, MeetingCall, MeetingMinute, MotionDelegate, MotionRecuse, MotionVeto, MotionWithdraw,
    SeatFill, SeatVacate,
};

use super::fill::{Fill, Unfilled, id};
use super::world::stand_in;

/// How long after its call a meeting of a scenario is held.
const AHEAD: Period = Period { months: 0, days: 7, seconds: 0 };

impl Fill<'_> {
    pub(super) fn body(&mut self) -> Result<Act, Unfilled> {
        let seat = self.deed.seat.clone();
        Ok(match self.deed.act {
            ActName::MotionRecuse => {
                let conflict = stand_in(&["conflict", self.party.as_str()]);
                Act::MotionRecuse(MotionRecuse { motion: self.motion_name()?, conflict })
            }
            ActName::MotionVeto => {
                let reasons = stand_in(&["reasons", self.party.as_str()]);
                Act::MotionVeto(MotionVeto { motion: self.motion_name()?, reasons })
            }
            ActName::MotionDelegate => {
                let to = self.deed.names.first().map(|name| id(name)).transpose()?;
                Act::MotionDelegate(MotionDelegate { body: self.body_or(None)?, to })
            }
            ActName::SeatFill => Act::SeatFill(SeatFill { seat, member: self.makes("member")? }),
            ActName::SeatVacate => {
                let party = self.takes(Some(self.party), "party")?;
                Act::SeatVacate(SeatVacate { seat, party })
            }
            ActName::MeetingCall => {
                let meeting = self.makes("meeting")?;
                let (body, at) = (self.body_or(None)?, self.world.now().plus(AHEAD));
                let agenda = stand_in(&["agenda"]);
                Act::MeetingCall(MeetingCall { meeting, body, at, agenda })
            }
            ActName::MeetingMinute => {
                let meeting: MeetingId = self.makes("meeting")?;
                let (present, minutes) = ([].into(), stand_in(&["minutes", meeting.as_str()]));
                let minute = MeetingMinute { meeting, present, minutes, published: None };
                Act::MeetingMinute(minute)
            }
            _ => Act::MotionWithdraw(MotionWithdraw { motion: self.motion_name()? }),
        })
    }
}
