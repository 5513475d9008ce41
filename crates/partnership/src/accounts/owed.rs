//! What parties owe each other: royalties, service credits, claims under a cap, and payments.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Cited, CreditRow, Ip, Signal, Terms, Warranty};
use concordat_terms::{
    Amount, AssetId, ClauseRef, Decimal, Digest, Money, PartyId, Side, Timestamp,
};

use super::judge::{check_amount, of};
use super::refusal::AccountRefusal as No;
use super::{AccountEvent, Book, Cause, PaymentRecord, Posting, UsageReport};
use crate::act::Act;
use crate::deed::Hearing;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Effect;

/// Those to whom a share falls, each the same part of it.
type Share = (Decimal, BTreeSet<PartyId>);

/// What somebody owes under a clause on liability.
#[derive(Clone, Debug)]
pub(crate) struct Claim<'a> {
    /// The clause.
    pub(crate) under: &'a ClauseRef,
    /// Who owes it, each the same part.
    pub(crate) by: BTreeSet<PartyId>,
    /// To whom, each the same part.
    pub(crate) to: BTreeSet<PartyId>,
    /// How much, before the cap.
    pub(crate) amount: Money,
    /// Whether the cap does not count: it is for something that the clause lists as `uncapped`.
    pub(crate) carved_out: bool,
    /// Why it is posted.
    pub(crate) cause: Cause,
}

impl State {
    /// Who owns what an `ip` clause is about, and by which share: as the clause says, of each seat in
    /// equal parts; or, where it parts by lineage, who owns the version that is named. None, where
    /// nobody does, or no version is named that has owners.
    fn shares(&self, ip: &Ip, version: Option<&Digest>) -> Vec<Share> {
        if ip.by_lineage {
            let owners = version.and_then(|version| self.version(version));
            let each = owners.iter().flat_map(|version| version.owners.iter());
            return each.map(|(party, share)| (share, [party.clone()].into())).collect();
        }
        let each = ip.shares.iter().map(|(seat, share)| (*share, self.agreement.parties_of(seat)));
        // What would fall to nobody goes to the others, by their shares.
        let each = each.filter(|(share, parties)| share.is_positive() && !parties.is_empty());
        each.map(|(share, parties)| (share, parties.clone())).collect()
    }

    /// The royalty on revenue that a licensee reports, as what it owes to each owner.
    pub(super) fn judge_revenue(
        &self,
        act: &UsageReport,
        party: &PartyId,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<Posting> {
        let ip = self.agreement.ip(&act.under)?;
        self.check_speaks(&act.under, hearing, out);
        check_money(&act.amount, out);
        self.check_version(&ip, act.version, out);
        let royalty = self.royalty(&ip, party, act, out);
        let unit = act.amount.unit();
        let owed = act.amount.value().fraction(royalty, Amount::places(unit));
        let mut lines = Vec::new();
        if let Some(owed) = owed.filter(|owed| owed.is_positive()) {
            let shares = self.shares(ip.terms, act.version.as_ref());
            lines = shared(owed, &shares, unit).unwrap_or_default();
            if lines.is_empty() {
                out.push(No::NobodyOwns { ip: act.under.clone() }.into());
            }
            lines.push((Book::Owed(party.clone()), owed.negated()));
        }
        self.fitting((&act.under, unit), Cause::Royalty, lines, Some(act.reference), out)
    }

    /// A version that is named is of an asset of the clause, and where that parts by lineage one is.
    fn check_version(&self, ip: &Cited<'_, Ip>, version: Option<Digest>, out: &mut Vec<Refusal>) {
        let Some(version) = version else {
            if ip.terms.by_lineage {
                out.push(No::VersionNeeded { ip: ip.clause.clone() }.into());
            }
            return;
        };
        let of = |asset: &AssetId| ip.terms.on.is_empty() || ip.terms.on.contains(asset);
        if !self.version(&version).is_some_and(|version| of(&version.asset)) {
            out.push(No::OutsideIp { ip: ip.clause.clone(), version }.into());
        }
    }

    /// What a licence costs once, as what its holder owes to each owner, or to who sublicenses.
    pub(crate) fn judge_fee(
        &self,
        ip: &Cited<'_, Ip>,
        version: &Digest,
        (from, to): (Option<&PartyId>, &PartyId),
        fee: &Money,
        out: &mut Vec<Refusal>,
    ) -> Option<Posting> {
        let unit = fee.currency();
        check_amount(&of(unit, fee.amount()), out);
        let one = Decimal::whole(1)?;
        let shares = match from {
            Some(from) => vec![(one, [from.clone()].into())],
            None => self.shares(ip.terms, Some(version)),
        };
        let mut lines = shared(fee.amount(), &shares, unit).unwrap_or_default();
        if lines.is_empty() {
            out.push(No::NobodyOwns { ip: ip.clause.clone() }.into());
        }
        lines.push((Book::Owed(to.clone()), fee.amount().negated()));
        self.fitting((&ip.clause, unit), Cause::Fee, lines, None, out)
    }

    /// The fraction of its revenue that a party owes: nothing for public use that is free; as its
    /// licence to the version says, if it fills no seat that is licensed.
    fn royalty(
        &self,
        ip: &Cited<'_, Ip>,
        party: &PartyId,
        act: &UsageReport,
        out: &mut Vec<Refusal>,
    ) -> Decimal {
        let public = self.agreement.party(party).is_some_and(|own| own.terms.side == Side::Public);
        if ip.terms.public_use && public {
            return Decimal::ZERO;
        }
        let mut licensed = ip.terms.licensed_to.iter();
        if !licensed.any(|seat| self.agreement.parties_of(seat).contains(party)) {
            let used = (act.purpose.as_ref(), act.country.as_ref());
            let own = act.version.and_then(|version| self.licence_for(party, &version, used));
            if let Some(licence) = own {
                return licence.royalty.or(ip.terms.royalty).unwrap_or(Decimal::ZERO);
            }
            out.push(No::NotLicensed { ip: ip.clause.clone(), party: party.clone() }.into());
        }
        ip.terms.royalty.unwrap_or(Decimal::ZERO)
    }

    /// A payment of what is owed, or somebody outside's for a licence.
    pub(super) fn judge_payment(
        &self,
        act: &PaymentRecord,
        to: &PartyId,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<Posting> {
        let ip = self.agreement.ip(&act.under);
        let known = ip.is_some() || self.agreement.liability(&act.under).is_some();
        if !known {
            out.push(No::UnknownAccount { account: act.under.clone() }.into());
            return None;
        }
        check_money(&act.amount, out);
        let (unit, value) = (act.amount.unit(), act.amount.value());
        let reference = Some(act.reference);
        let (cause, lines) = match (&act.from, ip) {
            (Some(from), _) => {
                self.check_pause(&act.under, Some(from), out);
                self.check_pause(&act.under, Some(to), out);
                let stands = |party: &PartyId| {
                    self.ledger.balance(&act.under, unit, Book::Owed(party.clone()))
                };
                let left = stands(from).negated().min(stands(to)).max(Decimal::ZERO);
                if value > left || from == to {
                    let (under, from, to) = (act.under.clone(), from.clone(), to.clone());
                    let (amount, left) = (act.amount.clone(), of(unit, left));
                    out.push(No::OwesLess { under, from, to, amount, left }.into());
                }
                let lines = vec![
                    (Book::Owed(from.clone()), value),
                    (Book::Owed(to.clone()), value.negated()),
                ];
                (Cause::Paid, lines)
            }
            (None, Some(ip)) => {
                self.check_speaks(&act.under, hearing, out);
                if let Some(body) = &ip.terms.licence_out_by {
                    let done = || Act::PaymentRecord(act.clone());
                    self.decided_by(&act.under, body, hearing, done, out);
                }
                self.check_version(&ip, act.version, out);
                let shares = self.shares(ip.terms, act.version.as_ref());
                let mut lines = shared(value, &shares, unit).unwrap_or_default();
                if lines.is_empty() {
                    out.push(No::NobodyOwns { ip: act.under.clone() }.into());
                }
                lines.push((Book::Owed(to.clone()), value.negated()));
                (Cause::Income, lines)
            }
            (None, None) => {
                let amount = act.amount.clone();
                let why = "nobody is named who paid what is owed";
                out.push(No::BadAmount { amount, why }.into());
                return None;
            }
        };
        self.fitting((&act.under, unit), cause, lines, reference, out)
    }

    /// What is owed for measured values by warranties that the signal keeps.
    pub(crate) fn credit(
        &mut self,
        warranty: &ClauseRef,
        signal: &Signal,
        values: &[Decimal],
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let law = self.law_of(warranty);
        let Some(Terms::Warranty(terms)) = law.clause(warranty).map(|clause| &clause.terms) else {
            return;
        };
        let Warranty { by, to, remedy: Some(remedy), .. } = terms else { return };
        let under = remedy.cited(&warranty.module);
        if law.silence(warranty).is_some() || law.silence(&under).is_some() {
            return;
        }
        let Some(rows) = law.credits(&under) else { return };
        let mut sum: Option<Money> = None;
        for value in values {
            let Some(owed) = credit_for(&rows, signal, *value) else { continue };
            let before = sum.as_ref().map_or(Decimal::ZERO, Money::amount);
            let Some(all) = before.plus(owed.amount()) else { return };
            sum = of(owed.currency(), all).money();
        }
        let Some(amount) = sum.filter(|sum| sum.amount().is_positive()) else { return };
        let by = law.parties_of(by).clone();
        let to = to.iter().flat_map(|seat| law.parties_of(seat)).cloned().collect();
        let cause = Cause::Credit;
        let claim = Claim { under: &under, by, to, amount, carved_out: false, cause };
        if self.charge(&claim, now, effects).is_some() {
            effects.push(Effect::Account(under, AccountEvent::Credited));
        }
    }

    /// How much of a claim is owed, and how much is over the cap.
    pub(crate) fn under_cap(
        &self,
        under: &ClauseRef,
        amount: &Money,
        carved_out: bool,
    ) -> (Decimal, Decimal) {
        let liability = self.law_of(under).liability(under);
        let cap = liability.and_then(|cited| cited.terms.cap.clone());
        let cap = cap.filter(|cap| !carved_out && cap.currency() == amount.currency());
        let Some(cap) = cap else { return (amount.amount(), Decimal::ZERO) };
        let used = self.cap_used(under);
        let left = cap.amount().minus(used).unwrap_or(Decimal::ZERO).max(Decimal::ZERO);
        let owed = amount.amount().min(left);
        (owed, amount.amount().minus(owed).unwrap_or(Decimal::ZERO))
    }

    /// What is not settled: of one party, what it is owed or owes; of all, that of anybody, and
    /// accounts that are open.
    pub(crate) fn unsettled(
        &self,
        party: Option<&PartyId>,
    ) -> Option<(ClauseRef, Option<PartyId>)> {
        let owed = self.ledger.balances.keys().find_map(|(under, _, book)| match book {
            Book::Owed(of) if party.is_none_or(|party| party == of) => {
                Some((under.clone(), Some(of.clone())))
            }
            _ => None,
        });
        let open = || self.ledger.open.keys().next().map(|account| (account.clone(), None));
        owed.or_else(|| open().filter(|_| party.is_none()))
    }

    /// Posts a claim, cut at the cap; the answer is what is owed.
    pub(crate) fn charge(
        &mut self,
        claim: &Claim<'_>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Option<Decimal> {
        let Claim { under, by, to, amount, carved_out, cause } = claim;
        let (owed, cut) = self.under_cap(under, amount, *carved_out);
        if cut.is_positive() {
            effects.push(Effect::Account((*under).clone(), AccountEvent::Cut));
        }
        let unit = amount.currency();
        let one = Decimal::whole(1)?;
        let given = shared(owed, &[(one, to.clone())], unit)?;
        let owing = shared(owed, &[(one, by.clone())], unit)?;
        let owing = owing.into_iter().map(|(book, part)| (book, part.negated()));
        let cause = if *carved_out { Cause::Uncapped } else { *cause };
        let posting = Posting::new((under, unit), cause, given.into_iter().chain(owing), None)?;
        if !owed.is_positive() || !self.post(posting, now, effects) {
            return None;
        }
        if !carved_out {
            self.use_cap(under, owed);
        }
        Some(owed)
    }

    /// How much of a cap is used.
    pub(crate) fn cap_used(&self, under: &ClauseRef) -> Decimal {
        self.ledger.used.get(under).copied().unwrap_or(Decimal::ZERO)
    }

    /// Notes what is owed under a cap.
    pub(crate) fn use_cap(&mut self, under: &ClauseRef, owed: Decimal) {
        let used = self.cap_used(under);
        self.ledger.used.insert_mut(under.clone(), used.plus(owed).unwrap_or(used));
    }

    /// Notes what is no longer owed under a cap.
    pub(crate) fn free_cap(&mut self, under: &ClauseRef, owed: Decimal) {
        let used = self.cap_used(under);
        let left = used.minus(owed).unwrap_or(used).max(Decimal::ZERO);
        self.ledger.used.insert_mut(under.clone(), left);
    }
}

/// Parts of an amount: by shares, and of each share the same to all, exact in sum. `None` if there
/// is nobody.
fn shared(whole: Decimal, shares: &[Share], unit: &str) -> Option<Vec<(Book, Decimal)>> {
    let places = Amount::places(unit);
    let weights: Vec<Decimal> = shares.iter().map(|(share, _)| *share).collect();
    let mut lines: BTreeMap<Book, Decimal> = BTreeMap::new();
    let one = Decimal::whole(1)?;
    for (part, (_, parties)) in whole.split(&weights, places)?.into_iter().zip(shares) {
        let each = part.split(&vec![one; parties.len()], places)?;
        for (party, part) in parties.iter().zip(each) {
            let all = lines.entry(Book::Owed(party.clone())).or_insert(Decimal::ZERO);
            *all = all.plus(part)?;
        }
    }
    Some(lines.into_iter().collect())
}

/// What is owed for one value: of the rows whose threshold it is across, the strictest.
fn credit_for<'a>(rows: &'a [CreditRow], signal: &Signal, value: Decimal) -> Option<&'a Money> {
    let row = if signal.below.is_some_and(|below| value < below) {
        let across = rows.iter().filter(|row| value < row.threshold);
        across.min_by_key(|row| row.threshold)
    } else if signal.above.is_some_and(|above| value > above) {
        let across = rows.iter().filter(|row| value > row.threshold);
        across.max_by_key(|row| row.threshold)
    } else {
        None
    };
    row.map(|row| &row.owed)
}

fn check_money(amount: &Amount, out: &mut Vec<Refusal>) {
    check_amount(amount, out);
    if amount.money().is_none() {
        out.push(No::BadAmount { amount: amount.clone(), why: "its unit is no currency" }.into());
    }
}
