//! Folds the whole log again, and compares what others said of it.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Cited, Privacy};
use concordat_dp::epsilon;
use concordat_partnership::act::{RunJoin, Signed};
use concordat_partnership::{Act, Actor, State, Verdict};
use concordat_replay::{Halt, Records, Replica, plan_cost};
use concordat_terms::{ActName, AssetId, Cost, Digest, PartyId, Timestamp};

use super::Promise;
use super::bends::Clock;
use super::report::{Account, Broken, ModelLine, Postings, Questioned, Silence, Since};
use super::tended::{Tended, traced};
use super::{bundle_of, cores, first_difference};
use crate::archive::{BLOBS, Epoch, InDoubt, Signings, VERDICTS, verdict_line};

/// What the refold gave.
pub(super) struct Fold {
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
    pub(super) questioned: Vec<Questioned>,
    pub(super) keys: Vec<Epoch>,
    pub(super) key_lines: String,
    pub(super) in_doubt: Vec<InDoubt>,
    /// How many duties came about.
    pub(super) duties: usize,
    /// How many versions the models were traced to.
    pub(super) versions: usize,
    pub(super) since: Option<Since>,
}

/// Counts while the fold goes on.
#[derive(Default)]
struct Books {
    named: BTreeSet<Digest>,
    lines: String,
    admitted: u64,
    refused: u64,
    records: Records,
    joins: u64,
    spent: BTreeMap<(PartyId, AssetId), Cost>,
    /// What limited each account when it was last charged: a later agreement may not say.
    limited: BTreeMap<(PartyId, AssetId), Privacy>,
    time: Option<Timestamp>,
    ticks: u64,
    silences: Vec<Silence>,
    signings: Signings,
    clock: Clock,
    tended: Tended,
    since: Option<Since>,
}

/// How many of the longest intervals are reported.
const SILENCES_MOST: usize = 5;

/// After how many entries the reader is told how far it is.
const TOLD: u64 = 256;

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

/// Folds `entries` with these blobs, and holds what was `claimed` of each against it; what comes from
/// the entry `from` on is counted apart.
pub(super) fn refold(
    entries: &[Vec<u8>],
    blobs: BTreeMap<Digest, Vec<u8>>,
    claimed: Option<&[u8]>,
    from: Option<u64>,
    progress: Option<&dyn Fn(u64, u64)>,
) -> Result<Fold, Broken> {
    let size = entries.len() as u64;
    let mut replica = Replica::new();
    for blob in blobs.into_values() {
        replica.supply(blob);
    }
    let since = from.map(|entry| Since { entry, admitted: 0, refused: 0 });
    let mut books = Books { since, ..Books::default() };
    replica.fold_ahead(entries, cores(), |replica, opened| -> Result<(), Broken> {
        let index = replica.size();
        let broken =
            |promise, what: String| Broken::of(promise, &bundle_of(index, size), what).about(index);
        let verdict = replica
            .step_opened(opened)
            .map_err(|halt| halted(&halt, &bundle_of(index, size)).about(index))?;
        books.verdict(index, &verdict);
        // Whatever became of it.
        books.named.extend(opened.unverified().iter().flat_map(|signed| signed.blobs()));
        books.records.heard(&verdict).map_err(|e| broken(Promise::Coordinator, e.to_string()))?;
        books.signings.heard(index, opened.unverified(), &verdict, replica.state());
        books
            .entry(index, opened.signed(), &verdict, replica.state())
            .map_err(|what| broken(Promise::Budgets, what))?;
        books.tended.look(replica.state()).map_err(|what| broken(Promise::Duties, what))?;
        if let Some(progress) = progress.filter(|_| index.is_multiple_of(TOLD)) {
            progress(index, size);
        }
        Ok(())
    })?;

    let difference = claimed.and_then(|claimed| first_difference(books.lines.as_bytes(), claimed));
    if let Some(at) = difference {
        let before = books.lines.as_bytes().get(..usize::try_from(at).unwrap_or(usize::MAX));
        let index = before.unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() as u64;
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
    books.silences.sort_by_key(|silence| std::cmp::Reverse(silence.seconds));
    books.silences.truncate(SILENCES_MOST);
    Ok(Fold {
        named: books.named,
        erased: state.all_erased().map(|(digest, own)| (*digest, own.index)).collect(),
        turned_away: state.turned_away(),
        log: replica.state().log(),
        admitted: books.admitted,
        refused: books.refused,
        records: books.records,
        joins: books.joins,
        ticks: books.ticks,
        accounts,
        models: models(replica.state()),
        questioned: questioned(replica.state(), &books.lines),
        keys: books.signings.epochs(state),
        key_lines: books.signings.lines(state),
        in_doubt: books.signings.in_doubt(state),
        silences: books.silences,
        clock: books.clock,
        duties: books.tended.count(),
        versions,
        since: books.since,
    })
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
fn questioned(state: &State, lines: &str) -> Vec<Questioned> {
    let mut all: BTreeMap<u64, Questioned> = BTreeMap::new();
    let of = |index: u64| {
        let line = usize::try_from(index).ok().and_then(|index| lines.lines().nth(index));
        let verdict = line.and_then(|line| line.rsplit('"').nth(1)).unwrap_or_default();
        let (correction, determined, posted) = (None, None, posted(state, index));
        Questioned { index, verdict: verdict.to_owned(), correction, determined, posted }
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
        self.lines.push_str(&verdict_line(index, verdict));
        self.lines.push('\n');
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
                self.silences.push(Silence { index, from, to: tick.time, seconds });
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

    /// A reservation is at least what the plan costs, by the accountant asked anew.
    fn join(&mut self, join: &RunJoin, by: &Actor, state: &State) -> Result<(), String> {
        let (Some(run), Some(party)) = (state.runs().get(&join.run), &by.party) else {
            return Err(format!("run `{}` was joined by nobody known", join.run));
        };
        let plan = &run.proposed.plan;
        // The accountant is asked as it is when the act is judged: there is one rule for what a
        // plan costs, sampling and neighbours included.
        let Some(least) = plan_cost(state.agreement(), plan) else {
            return Err(format!("run `{}` has no cost and was joined", join.run));
        };
        if !join.cost.covers(&least) {
            return Err(format!("`{party}` reserved less than run `{}` costs", join.run));
        }
        let account = (party.clone(), plan.asset.clone());
        if let Some(Cited { terms, .. }) = state.agreement().privacy(&plan.asset) {
            self.limited.insert(account.clone(), terms.clone());
        }
        let spent = self.spent.entry(account).or_insert_with(Cost::zero);
        *spent = spent.plus(&join.cost);
        // Compared here and now: an amendment may lower the limit later.
        if !state.limit(&plan.asset).is_some_and(|limit| spent.within(limit)) {
            return Err(format!("`{party}` overspent its account of `{}`", plan.asset));
        }
        self.joins += 1;
        Ok(())
    }
}

/// The accounts as recomputed: the fold's are the same. That each was within its limit was seen
/// when it was charged; an agreement that limits it no more is told, and is no fault.
fn accounts(
    books: &Books,
    folded: &BTreeMap<(PartyId, AssetId), Cost>,
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
            spent: epsilon(spent, terms.delta).map_err(|e| e.to_string())?,
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
        let account: (PartyId, AssetId) = ("alder".parse().unwrap(), "heart-rows".parse().unwrap());
        let (epsilon, delta) = ("1".parse().unwrap(), "0.0001".parse().unwrap());
        let event = concordat_dp::Event { sigma: "7".parse().unwrap(), q: delta, count: 10 };
        let spent = BTreeMap::from([(account.clone(), concordat_dp::cost(&[event]).unwrap())]);
        let limit = |adjacency| Privacy { privacy: account.1.clone(), adjacency, epsilon, delta };
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
