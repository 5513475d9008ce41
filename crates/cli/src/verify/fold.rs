//! Folds the whole log again, and compares what others said of it.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Cited, Privacy};
use concordat_dp::{Event, epsilon};
use concordat_partnership::act::{Plan, RunJoin, Signed};
use concordat_partnership::{
    Act, Actor, Charged, Effect, PartyStatus, Population, PrivacyAccount, State, Verdict,
};
use concordat_replay::{Halt, Opened, Records, Replica, plan_cost, plan_event};
use concordat_terms::{ActName, Cost, Decimal, Digest, PartyId, Timestamp};
use concordat_tlog::archive::{Files, bundles};

use super::bends::Clock;
use super::claimed::Claimed;
use super::covered::Coverage;
use super::older::Older;
use super::report::{Account, Broken, ModelLine, Postings, Questioned, Silence, Since};
use super::tended::{Tended, traced};
use super::{Promise, Times};
use super::{bundle_of, cores};
use crate::archive::{BLOBS, Epoch, InDoubt, Signings, VERDICTS, verdict_line, word};

/// What the refold gave.
pub(super) struct Fold {
    /// The log, folded.
    pub(super) replica: Replica,
    /// The blobs that entries name.
    pub(super) named: BTreeSet<Digest>,
    /// Those that were erased, and by which entry.
    pub(super) erased: BTreeMap<Digest, u64>,
    /// How many acts of whom were turned away, as the sequencer counts them.
    pub(super) turned_away: BTreeMap<PartyId, u64>,
    /// The id of the genesis that was folded.
    pub(super) log: Option<Digest>,
    pub(super) admitted: u64,
    pub(super) refused: u64,
    pub(super) records: Records,
    pub(super) joins: u64,
    pub(super) ticks: u64,
    pub(super) accounts: Vec<Account>,
    pub(super) models: Vec<ModelLine>,
    pub(super) silences: Vec<Silence>,
    pub(super) clock: Clock,
    /// The older checkpoints, all of which were held against the log.
    pub(super) older: Older,
    pub(super) coverage: Coverage,
    pub(super) questioned: Vec<Questioned>,
    pub(super) keys: Vec<Epoch>,
    pub(super) in_doubt: Vec<InDoubt>,
    /// How many duties came about.
    pub(super) duties: usize,
    /// How many versions the models were traced to.
    pub(super) versions: usize,
    pub(super) since: Option<Since>,
    pub(super) times: Times,
}

/// Counts while the fold goes on.
#[derive(Default)]
struct Books {
    named: BTreeSet<Digest>,
    words: Words,
    admitted: u64,
    refused: u64,
    records: Records,
    joins: u64,
    /// By multiplier, sampling rate and count: what such releases cost.
    priced: BTreeMap<(Decimal, Decimal, u32), Cost>,
    spent: BTreeMap<Population, Charged>,
    /// What limited each account when it was last charged: a later agreement may not say.
    limited: BTreeMap<Population, Privacy>,
    time: Option<Timestamp>,
    ticks: u64,
    silences: Vec<Silence>,
    signings: Signings,
    clock: Clock,
    coverage: Coverage,
    tended: Tended,
    /// The entry with which the duties are looked through next.
    look_at: u64,
    since: Option<Since>,
    times: Times,
}

/// The word of every verdict, two bytes each: which will be asked for is known at the end.
#[derive(Default)]
struct Words {
    /// The words that occur, and the place of each.
    all: Vec<&'static str>,
    places: BTreeMap<&'static str, u16>,
    of: Vec<u16>,
}

impl Words {
    fn push(&mut self, verdict: &Verdict) {
        let word = word(verdict);
        let place = *self.places.entry(word).or_insert_with(|| {
            self.all.push(word);
            u16::try_from(self.all.len() - 1).unwrap_or(u16::MAX)
        });
        self.of.push(place);
    }

    fn at(&self, index: u64) -> &'static str {
        let place = usize::try_from(index).ok().and_then(|index| self.of.get(index));
        place.and_then(|place| self.all.get(usize::from(*place))).copied().unwrap_or_default()
    }
}

/// How many of the longest intervals are reported.
const SILENCES_MOST: usize = 5;

/// After how many entries at least the duties are looked through, and after how many the reader is told
/// how far it is.
const LOOKED: u64 = 256;

/// What a halt breaks, and the file to blame.
fn halted(halt: &Halt, file: &str) -> Broken {
    match halt {
        Halt::MissingBlob { blob, .. } => {
            let what = "a verdict depends on this missing blob";
            Broken::of(Promise::Blobs, &format!("{BLOBS}{blob}"), what)
        }
        Halt::UnknownRules { .. } => Broken::of(Promise::Verdicts, file, halt.to_string()),
        Halt::NotFounded { .. } => Broken::of(Promise::Founding, file, halt.to_string()),
    }
}

/// What is folded, and what is asked of it.
pub(super) struct Asked<'a> {
    /// How many entries there are.
    pub(super) size: u64,
    /// From which entry on what comes is counted apart.
    pub(super) since: Option<u64>,
    /// Whether somebody claims what became of the entries.
    pub(super) claimed: bool,
    pub(super) progress: Option<&'a dyn Fn(u64, u64)>,
}

/// Folds the log of `files`, and holds what is claimed of each entry against it.
pub(super) fn refold(files: &impl Files, asked: &Asked<'_>) -> Result<Fold, Broken> {
    let size = asked.size;
    let mut older = Older::of(files, size)?;
    let mut replica = Replica::new();
    let since = asked.since.map(|entry| Since { entry, admitted: 0, refused: 0 });
    let mut books = Books { since, ..Books::default() };
    let mut claimed = asked.claimed.then(|| Claimed::of(files, VERDICTS));
    let mut differs: Option<(u64, u64)> = None;
    replica.fold_stream(pieces(files, size), cores(), |replica, opened| -> Result<(), Broken> {
        let index = replica.size();
        let broken =
            |promise, what: String| Broken::of(promise, &bundle_of(index, size), what).about(index);
        let verdict = step(files, replica, opened)
            .map_err(|halt| halted(&halt, &bundle_of(index, size)).about(index))?;
        books.verdict(index, &verdict);
        if let Some(claimed) = &mut claimed {
            let line = verdict_line(index, &verdict) + "\n";
            differs = differs.or(claimed.expect(line.as_bytes()).map(|at| (at, index)));
        }
        // Whatever became of it.
        books.named.extend(opened.unverified().iter().flat_map(|signed| signed.blobs()));
        books.records.heard(&verdict).map_err(|e| broken(Promise::Coordinator, e.to_string()))?;
        books.signings.heard(index, opened.unverified(), &verdict, replica.state());
        books
            .entry(index, opened.signed(), &verdict, replica.state())
            .map_err(|what| broken(Promise::Budgets, what))?;
        if let Some(at) = older.at(files, replica)? {
            books.clock.witnessed(at);
            books.coverage.witnessed(replica.size(), at);
        }
        if index >= books.look_at || index + 1 == size {
            books.tended.look(replica.state()).map_err(|what| broken(Promise::Duties, what))?;
            // A look is at all of them: the more there are, the more entries it is for.
            books.look_at = index + LOOKED.max(books.tended.count() as u64);
        }
        if let Some(progress) = asked.progress.filter(|_| index.is_multiple_of(LOOKED)) {
            progress(index, size);
        }
        Ok(())
    })?;

    let more = claimed.as_mut().and_then(Claimed::end).map(|at| (at, size));
    if let Some((at, index)) = differs.or(more) {
        let what = "the verdict is not the one that this fold of the log gives";
        let broken = Broken::of(Promise::Verdicts, VERDICTS, what).at(at);
        return Err(if index < size { broken.about(index) } else { broken });
    }
    let state = replica.state();
    if let Some(index) = books.signings.astray(state) {
        let what = "it took effect by a key that did not count then";
        return Err(Broken::of(Promise::Verdicts, &bundle_of(index, size), what).about(index));
    }
    let last = |promise, what| {
        let entry = size.saturating_sub(1);
        Broken::of(promise, &bundle_of(entry, size), what).about(entry)
    };
    let accounts = accounts(&books, state.accounts(), state.agreement())
        .map_err(|what| last(Promise::Budgets, what))?;
    let versions = traced(state).map_err(|what| last(Promise::Lineage, what))?;
    Ok(Fold {
        named: books.named,
        erased: state.all_erased().map(|(digest, own)| (*digest, own.index)).collect(),
        turned_away: state.turned_away(),
        log: state.log(),
        admitted: books.admitted,
        refused: books.refused,
        records: books.records,
        joins: books.joins,
        ticks: books.ticks,
        accounts,
        models: models(state),
        questioned: questioned(state, &books.words),
        keys: books.signings.epochs(state),
        in_doubt: books.signings.in_doubt(state),
        silences: books.silences,
        clock: books.clock,
        older,
        coverage: books.coverage,
        duties: books.tended.count(),
        versions,
        since: books.since,
        times: books.times,
        replica,
    })
}

/// The entries of a log as they are folded: a few at a time.
pub(crate) fn pieces<'f>(
    files: &'f impl Files,
    size: u64,
) -> impl Iterator<Item = Result<Vec<Cow<'static, [u8]>>, Broken>> + 'f {
    bundles(files, size).flat_map(|bundle| match bundle {
        Err(fault) => vec![Err(Broken::from(fault))],
        Ok(entries) => {
            let mut entries = entries.into_iter().map(Cow::Owned).peekable();
            let mut pieces = Vec::new();
            while entries.peek().is_some() {
                pieces.push(Ok(entries.by_ref().take(PIECE).collect()));
            }
            pieces
        }
    })
}

/// How many entries are read together.
const PIECE: usize = 32;

/// Folds one entry, with the text that its verdict depends on, if there is one.
pub(crate) fn step(
    files: &impl Files,
    replica: &mut Replica,
    opened: &Opened<'_>,
) -> Result<Verdict, Halt> {
    match replica.step_opened(opened) {
        Err(Halt::MissingBlob { blob, index }) => {
            let text = files.read(&format!("{BLOBS}{blob}"));
            let text = text.filter(|text| Digest::of(text) == blob);
            replica.supply(text.ok_or(Halt::MissingBlob { blob, index })?);
            step(files, replica, opened)
        }
        other => other,
    }
}

/// What became of what an entry posted, if it did.
fn posted(state: &State, index: u64) -> Option<Postings> {
    let own = state.postings_of(index).next()?;
    Some(match own.reversed {
        Some(by) => Postings::Fell(by),
        None if state.is_paused(index) => Postings::Wait,
        None => Postings::Stand,
    })
}

/// The verdicts whose correction was asked for, or on which something was determined.
fn questioned(state: &State, words: &Words) -> Vec<Questioned> {
    let mut all: BTreeMap<u64, Questioned> = BTreeMap::new();
    let of = |index: u64| {
        let (correction, determined, posted) = (None, None, posted(state, index));
        Questioned { index, verdict: words.at(index).to_owned(), correction, determined, posted }
    };
    for (index, correction) in state.corrections() {
        let asked = (correction.by.clone(), correction.status.as_str());
        all.entry(*index).or_insert_with(|| of(*index)).correction = Some(asked);
    }
    for (index, (by, ruling)) in state.rulings() {
        all.entry(*index).or_insert_with(|| of(*index)).determined = Some((*ruling, *by));
    }
    all.into_values().collect()
}

impl Books {
    fn verdict(&mut self, index: u64, verdict: &Verdict) {
        self.words.push(verdict);
        *(if verdict.is_admitted() { &mut self.admitted } else { &mut self.refused }) += 1;
        if let Some(since) = self.since.as_mut().filter(|since| since.entry <= index) {
            *(if verdict.is_admitted() { &mut since.admitted } else { &mut since.refused }) += 1;
        }
    }

    /// What an entry says about others: the clock, the budgets.
    fn entry(
        &mut self,
        index: u64,
        signed: Option<&Signed>,
        verdict: &Verdict,
        state: &State,
    ) -> Result<(), String> {
        if let Some(time) = state.time() {
            self.coverage.entry(index, time);
            self.times.heard(index, time);
        }
        if let Verdict::Admitted { effects, .. } = verdict {
            effects.iter().for_each(|effect| self.follow(effect));
        }
        let act = signed.map(|signed| &signed.act);
        // What the sequencer says of its own fold waits for nobody.
        let own = [ActName::Genesis, ActName::Tick, ActName::DigestRecord, ActName::RefusalCount];
        if !act.is_some_and(|act| own.contains(&act.name())) {
            self.clock.entry(index);
        }
        let Some(signed) = signed else { return Ok(()) };
        match (&signed.act, verdict) {
            (Act::Genesis(genesis), Verdict::Admitted { .. }) => {
                self.time = Some(genesis.time);
                self.clock.begin(genesis.time);
                Ok(())
            }
            (Act::Tick(tick), Verdict::Admitted { .. }) => {
                let from = self.time.unwrap_or(tick.time);
                let seconds = tick.time.seconds().saturating_sub(from.seconds());
                self.silent(Silence { index, from, to: tick.time, seconds });
                self.time = Some(tick.time);
                self.clock.tick(index, tick.time, state.agreement());
                self.ticks += 1;
                Ok(())
            }
            (Act::RunJoin(join), Verdict::Admitted { by: Some(by), .. }) => {
                self.join(join, by, state)
            }
            _ => Ok(()),
        }
    }

    /// Keeps the longest intervals, the longest first; of two as long, the earlier.
    fn silent(&mut self, silence: Silence) {
        let longer = |other: &Silence| other.seconds >= silence.seconds;
        let place = self.silences.partition_point(longer);
        if place < SILENCES_MOST {
            self.silences.insert(place, silence);
            self.silences.truncate(SILENCES_MOST);
        }
    }

    /// Who follows a party has spent what that one had.
    fn follow(&mut self, effect: &Effect) {
        let Effect::PartyStands(old, PartyStatus::Followed { by, .. }) = effect else { return };
        let theirs = self.spent.keys().filter(|(holder, _)| holder == old).cloned();
        for account in theirs.collect::<Vec<_>>() {
            let now = (by.clone(), account.1.clone());
            if let Some(charged) = self.spent.remove(&account) {
                self.spent.entry(now.clone()).or_default().add(&charged);
            }
            if let Some(terms) = self.limited.remove(&account) {
                self.limited.entry(now).or_insert(terms);
            }
        }
    }

    /// A reservation is at least what the plan costs, by the accountant asked anew.
    fn join(&mut self, join: &RunJoin, by: &Actor, state: &State) -> Result<(), String> {
        let (Some(run), Some(party)) = (state.runs().get(&join.run), &by.party) else {
            return Err(format!("run `{}` was joined by nobody known", join.run));
        };
        let plan = &run.proposed.plan;
        // The accountant is asked as it is when the act is judged: there is one rule for what a
        // plan costs, sampling and neighbours included.
        let Some(least) = self.least(state.agreement(), plan) else {
            return Err(format!("run `{}` has no cost and was joined", join.run));
        };
        if !join.cost.covers(&least) {
            return Err(format!("`{party}` reserved less than run `{}` costs", join.run));
        }
        for account in state.populations(plan, party) {
            let charged = self.spent.entry(account.clone()).or_default();
            charged.charge(state.year(), &plan.purpose, &join.cost);
            // Compared here and now: an amendment may lower the limit later.
            let own = state.privacy_account(&account);
            let own = own.map(|own| PrivacyAccount { charged: Some(charged), ..own });
            let Some(own) = own.filter(|own| own.takes(&plan.purpose, &Cost::zero())) else {
                return Err(format!("`{}` overspent its account of `{}`", account.0, account.1));
            };
            let terms = own.terms.clone();
            self.limited.insert(account, terms);
        }
        self.joins += 1;
        Ok(())
    }
}

impl Books {
    /// What a plan costs, as the accountant says once of the same releases.
    fn least(&mut self, agreement: &Agreement, plan: &Plan) -> Option<Cost> {
        let Event { sigma, q, count } = plan_event(agreement, plan)?;
        Some(match self.priced.entry((sigma, q, count)) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => new.insert(plan_cost(agreement, plan)?).clone(),
        })
    }
}

/// The accounts as recomputed: the fold's are the same. That each was within its limit was seen
/// when it was charged; an agreement that limits it no more is told, and is no fault.
fn accounts(
    books: &Books,
    folded: &BTreeMap<Population, Charged>,
    agreement: &Agreement,
) -> Result<Vec<Account>, String> {
    if books.spent != *folded {
        return Err("the accounts are not the sum of the reservations".to_owned());
    }
    let mut accounts = Vec::new();
    for (account, spent) in &books.spent {
        let (holder, asset) = account;
        let now = agreement.privacy(asset).map(|Cited { terms, .. }| terms);
        let Some(terms) = now.or_else(|| books.limited.get(account)) else {
            return Err(format!("nothing limited the account of `{asset}` when it was charged"));
        };
        accounts.push(Account {
            asset: asset.clone(),
            holder: holder.clone(),
            spent: epsilon(&spent.total(), terms.delta).map_err(|e| e.to_string())?,
            epsilon: terms.epsilon,
            delta: terms.delta,
            limited: now.is_some(),
        });
    }
    Ok(accounts)
}

fn models(state: &State) -> Vec<ModelLine> {
    let line = |(digest, model): (&Digest, &concordat_partnership::Model)| ModelLine {
        model: *digest,
        run: model.run.clone(),
        status: model.status.as_str(),
        datasets: model
            .run
            .as_ref()
            .and_then(|run| state.runs().get(run))
            .map(|run| run.proposed.plan.datasets.clone())
            .unwrap_or_default(),
    };
    state.models().iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_no_clause_limits_any_more_is_told_and_is_no_fault() {
        let account: Population = ("alder".parse().unwrap(), "heart-rows".parse().unwrap());
        let (epsilon, delta) = ("1".parse().unwrap(), "0.0001".parse().unwrap());
        let event = Event { sigma: "7".parse().unwrap(), q: delta, count: 10 };
        let mut charged = Charged::default();
        let cost = concordat_dp::cost(&[event]).unwrap();
        charged.charge(2027, &"research".parse().unwrap(), &cost);
        let spent = BTreeMap::from([(account.clone(), charged)]);
        let limit = |adjacency| Privacy {
            privacy: account.1.clone(),
            also: Vec::new(),
            adjacency,
            epsilon,
            delta,
            at_most: BTreeMap::new(),
            monitoring: None,
            queries: None,
            trainers: Vec::new(),
            trainers_unsandboxed: false,
        };
        let mut books = Books { spent: spent.clone(), ..Books::default() };
        books.limited.insert(account.clone(), limit(concordat_agreement::Adjacency::AddRemove));

        let told = accounts(&books, &spent, &Agreement::default()).unwrap();
        assert_eq!((told[0].epsilon, told[0].limited), (epsilon, false));
        assert!(told[0].to_string().ends_with("no clause in force limits it"), "{}", told[0]);

        // What was never limited, or is not what the fold has, still is a fault.
        books.limited.clear();
        assert!(accounts(&books, &spent, &Agreement::default()).is_err());
        assert!(accounts(&books, &BTreeMap::new(), &Agreement::default()).is_err());
    }
}
