//! Acts that take several others first, made from what the state says waits for them.

use concordat_partnership::act::{
    CaseReport, ErasureGround, EvidenceWithdraw, HoldPlace, Limits, MandateDelegate, MandateGrant,
    MotionPropose, MotionVeto, PersonErase, PowerRatify, ReleaseRecall, Report, RiskAppetite,
};
use concordat_partnership::{Act, MandateStatus, ModelStatus, MotionStatus, State, UseStatus};
use concordat_terms::{ActName, AssetId, BodyId, Digest, MemberId, PartyId};

use crate::dice::Dice;

/// What a party does that wants an act of this name to come about: the act itself, or the motion of
/// the body that decides it.
pub(crate) fn aim(name: ActName, state: &State, party: &PartyId, dice: &mut Dice) -> Option<Act> {
    match name {
        ActName::PowerRatify => {
            let waits = state.powers_used().filter(|(_, used)| used.status == UseStatus::Awaiting);
            let (used, of) = waits.last()?;
            put(of.body.clone()?, Act::PowerRatify(PowerRatify { used: *used }), dice)
        }
        ActName::RiskAppetite => {
            let body = state.agreement().gates(name).find_map(|gate| gate.terms.motion.clone())?;
            let most = u8::try_from(1 + dice.below(25)).ok()?;
            put(body, Act::RiskAppetite(RiskAppetite { most }), dice)
        }
        ActName::CaseReport => {
            let own = state.cases().flat_map(|(id, case)| {
                let mine = case.open_clocks().into_iter().filter(|clock| {
                    case.clock(*clock).is_some_and(|clock| clock.owners.contains(party))
                });
                mine.map(|clock| (id.clone(), clock)).collect::<Vec<_>>()
            });
            let own: Vec<_> = own.collect();
            let (case, clock) = dice.pick(&own)?.clone();
            let report = Report::NotOwed(Digest::of(b"reasons"));
            Some(Act::CaseReport(CaseReport { case, clock, report }))
        }
        ActName::PersonErase => {
            let own = state.papers().filter(|(digest, paper)| {
                let first = paper.by.as_ref() == Some(party) && !state.rests_on(digest);
                let free = state.version(digest).is_none() && state.held_paper(digest).is_none();
                let said = state.erased(digest).map(|erased| erased.copies.contains_key(party));
                free && said.map_or(first, |said| !said)
            });
            let own: Vec<Digest> = own.map(|(digest, _)| *digest).collect();
            let (papers, ground) = ([*dice.pick(&own)?].into(), ErasureGround::NotNeeded);
            Some(Act::PersonErase(PersonErase { papers, ground, request: None }))
        }
        ActName::EvidenceWithdraw => {
            let own = state.evidence().values().flatten().filter(|filed| filed.by == *party);
            let own: Vec<u64> = own.map(|filed| filed.index).collect();
            let (evidence, reason) = (*dice.pick(&own)?, Digest::of(b"reasons"));
            Some(Act::EvidenceWithdraw(EvidenceWithdraw { evidence, reason }))
        }
        ActName::MotionVeto => veto(state, party, dice),
        ActName::MandateDelegate => delegate(state, party, dice),
        ActName::ReleaseRollback => {
            let twice = |asset: &AssetId| {
                let released = state.models().values().filter(|model| model.asset == *asset);
                released.filter(|model| model.status == ModelStatus::Released).count() > 1
            };
            let assets = state.agreement().assets().filter_map(|asset| asset.id());
            let served = assets.filter(twice).filter_map(|asset| state.served(&asset).copied());
            let served: Vec<Digest> = served.collect();
            let (model, reason) = (*dice.pick(&served)?, Digest::of(b"reasons"));
            Some(Act::ReleaseRollback(ReleaseRecall { model, reason }))
        }
        _ => None,
    }
}

/// A veto over what a body is about to decide, or a motion that somebody may veto.
fn veto(state: &State, party: &PartyId, dice: &mut Dice) -> Option<Act> {
    let vetoed = |body: &BodyId, act: ActName, by: Option<&PartyId>| {
        let body = state.agreement().body(body)?;
        let veto = body.terms.veto.iter().find(|veto| {
            let parties = state.agreement().parties_of(&veto.by);
            veto.acts.contains(&act) && by.is_none_or(|by| parties.contains(by))
        });
        veto.cloned()
    };
    let open = state.motions().values().find(|motion| {
        let put = &motion.proposed;
        matches!(motion.status, MotionStatus::Open | MotionStatus::Succeeded)
            && vetoed(&put.body, put.decision.name(), Some(party)).is_some()
    });
    if let Some(motion) = open {
        let (motion, reasons) = (motion.proposed.motion.clone(), Digest::of(b"reasons"));
        return Some(Act::MotionVeto(MotionVeto { motion, reasons }));
    }
    let mut bodies = state.agreement().bodies().filter_map(|body| body.id::<BodyId>());
    let body = bodies.find(|body| vetoed(body, ActName::HoldPlace, None).is_some())?;
    let asset = state.agreement().assets().find_map(|asset| asset.id())?;
    let (papers, ground) = (Default::default(), Digest::of(b"ground"));
    let hold = HoldPlace { asset: Some(asset), version: None, papers, case: None, ground };
    put(body, Act::HoldPlace(hold), dice)
}

/// A member hands on what it may, or gets a mandate that it may hand on.
fn delegate(state: &State, party: &PartyId, dice: &mut Dice) -> Option<Act> {
    let keys = state.keys().filter(|(_, key)| key.party.as_ref() == Some(party));
    let members = keys.filter(|(_, key)| key.ended.is_none()).filter_map(|(_, k)| k.member.clone());
    let members: Vec<MemberId> = members.collect();
    let own = state.mandates().find(|(_, mandate)| {
        let whole = mandate.limits.delegable && mandate.of.is_none();
        mandate.home == *party && whole && mandate.status == MandateStatus::Active
    });
    let (member, name) = (dice.pick(&members)?.clone(), format!("aim-{}", dice.below(1000)));
    let mandate = name.parse().ok()?;
    if let Some((of, whole)) = own.filter(|(_, whole)| members.contains(&whole.member)) {
        let (until, limits) = (whole.until, Limits { delegable: false, ..whole.limits.clone() });
        let part = MandateDelegate { of: of.clone(), mandate, member, from: None, until, limits };
        return Some(Act::MandateDelegate(part));
    }
    let seat = state.agreement().seats_of(party).into_iter().next()?.clone();
    let until = state.time()?.plus("P60D".parse().ok()?);
    let limits = Limits { delegable: true, ..Limits::default() };
    let grant = MandateGrant { mandate, member, seat, from: None, until, limits, host: None };
    Some(Act::MandateGrant(grant))
}

fn put(body: BodyId, act: Act, dice: &mut Dice) -> Option<Act> {
    let motion = format!("aim-{}", dice.below(1000)).parse().ok()?;
    Some(Act::MotionPropose(MotionPropose::of(motion, body, act)))
}
