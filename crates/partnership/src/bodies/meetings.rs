//! Meetings: called for a time, held, minuted.

use concordat_terms::{Digest, MeetingId, Timestamp};

use super::refusal::BodyRefusal as No;
use super::{Change, MeetingCall, MeetingMinute};
use crate::deed::{Deed, Hearing};
use crate::duties::Trigger;
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Actor, Effect};

impl Deed for MeetingCall {
    fn subject(&self) -> Option<Digest> {
        Some(self.agenda)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.body = Some(&self.body);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        if state.bodies.meetings.contains_key(&self.meeting) {
            out.push(Refusal::NameTaken { name: self.meeting.to_string() });
        }
        if state.agreement.body(&self.body).is_none() {
            out.push(Refusal::UnknownBody { body: self.body.clone() });
        }
        if state.time.is_some_and(|now| self.at <= now) {
            let (meeting, at) = (self.meeting.clone(), self.at);
            out.push(No::MeetingInThePast { meeting, at }.into());
        }
        Some(Change::Called { party, meeting: self.clone() }.into())
    }
}

impl Deed for MeetingMinute {
    fn subject(&self) -> Option<Digest> {
        Some(self.minutes)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        let meeting = state.bodies.meetings.get(&self.meeting);
        matter.body = meeting.map(|meeting| &meeting.called.body);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        hearing.by.party(out)?;
        let Some(meeting) = state.bodies.meetings.get(&self.meeting) else {
            out.push(No::UnknownMeeting { meeting: self.meeting.clone() }.into());
            return None;
        };
        let (id, at) = (self.meeting.clone(), meeting.called.at);
        if state.time.is_some_and(|now| now < at) {
            out.push(No::MeetingToCome { meeting: id.clone(), at }.into());
        }
        if meeting.minutes.is_some() {
            out.push(No::AlreadyMinuted { meeting: id }.into());
        }
        let body = state.agreement.body(&meeting.called.body);
        let members = body.map(|body| state.agreement.members_of(body.terms)).unwrap_or_default();
        if let Some(party) = self.present.iter().find(|party| !members.contains(*party)) {
            let (body, party) = (meeting.called.body.clone(), party.clone());
            out.push(Refusal::NotAMember { body, party });
        }
        Some(Change::Minuted { meeting: self.clone() }.into())
    }
}

impl State {
    /// The time of a meeting has come: what is due after it begins.
    pub(crate) fn ring_meeting(&mut self, id: &MeetingId, at: Timestamp, out: &mut Vec<Effect>) {
        let Some(meeting) = self.bodies.meetings.get(id) else { return };
        let body = self.agreement.body(&meeting.called.body);
        if let Some(clause) = body.map(|body| body.clause) {
            self.start_clocks(&Trigger::Meeting(clause), None, at, out);
        }
    }
}
