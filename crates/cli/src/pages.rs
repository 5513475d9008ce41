//! The console: pages at an address of their own.
//!
//! What the state alone tells is drawn from the coordinator's own fold, as it was published. What is
//! counted of the log comes from a second fold of the same entries, made when somebody first asks for it;
//! of the entries themselves those are read that a page shows. Pages are drawn one at a time and apart from the threads that serve the log: whoever reads
//! much waits, and keeps nobody from acting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use concordat_agreement::Cited;
use concordat_console::{
    Became, Entries, Entry, Page, Route, Source, Tally, content_security_policy,
};
use concordat_coordinator::ReadHandle;
use concordat_dp::epsilon;
use concordat_partnership::State;
use concordat_partnership::act::Signer;
use concordat_replay::{Halt, Replica};
use concordat_terms::{AssetId, Decimal, PartyId};
use concordat_wire::api::Receipt;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// The log as folded for the pages, and what was counted of it.
#[derive(Default)]
struct Folded {
    replica: Replica,
    tally: Tally,
}

/// The entries that the coordinator has published, with what it told of each.
#[derive(Debug)]
struct Published<'a> {
    view: &'a ReadHandle,
    replica: &'a Replica,
}

/// The console of one log.
struct Console {
    view: ReadHandle,
    banner: Option<String>,
    folded: Mutex<Folded>,
    /// Whoever has the only one draws.
    turn: Arc<Semaphore>,
}

/// The pages of a log.
pub(crate) fn mount(view: ReadHandle, banner: Option<String>) -> Router {
    let turn = Arc::new(Semaphore::new(1));
    let console = Arc::new(Console { view, banner, folded: Mutex::default(), turn });
    Router::new().fallback(get(move |uri: Uri| {
        let console = console.clone();
        async move { console.answer(uri).await }
    }))
}

impl Console {
    async fn answer(self: Arc<Self>, uri: Uri) -> Response {
        let Some(route) = Route::of(uri.path()) else {
            return respond(self.nowhere(&uri));
        };
        let Ok(turn) = self.turn.clone().acquire_owned().await else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        let drawn = spawn_blocking(move || {
            let page = self.page(route, &uri);
            drop(turn);
            page
        });
        drawn.await.map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), respond)
    }

    /// That there is no such page, which takes no work.
    fn nowhere(&self, uri: &Uri) -> Page {
        let (spent, progress) = (BTreeMap::new(), BTreeMap::new());
        let replica = self.view.replica();
        let (state, banner) = (replica.state(), self.banner.as_deref());
        let (tally, log) = (&Tally::default(), &Vec::<Entry>::new());
        let source = Source { state, tally, log, spent: &spent, progress: &progress, banner };
        source.page(uri.path(), "")
    }

    fn page(&self, route: Route, uri: &Uri) -> Page {
        if !route.reads_log() {
            let published = self.view.replica();
            return self.draw(&published, &Tally::default(), uri);
        }
        let mut folded = self.folded.lock().unwrap_or_else(PoisonError::into_inner);
        folded.catch_up(&self.view);
        self.draw(&folded.replica, &folded.tally, uri)
    }

    fn draw(&self, replica: &Replica, tally: &Tally, uri: &Uri) -> Page {
        let (state, log) = (replica.state(), &Published { view: &self.view, replica });
        let runs = state.runs().keys();
        let progress: BTreeMap<_, _> =
            runs.filter_map(|run| Some((run.clone(), self.view.progress(run)?))).collect();
        let spent = spent(state);
        let banner = self.banner.as_deref();
        let source = Source { state, tally, log, spent: &spent, progress: &progress, banner };
        source.page(uri.path(), uri.query().unwrap_or_default())
    }
}

fn respond(page: Page) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, content_security_policy()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    (status, headers, page.html).into_response()
}

impl Folded {
    /// Folds what was published since the last page; a text that is not there yet is waited for.
    fn catch_up(&mut self, view: &ReadHandle) {
        while let Some(bytes) = view.entry(self.replica.size()) {
            match self.replica.step(&bytes) {
                Ok(verdict) => self.tally.hear(&verdict),
                Err(Halt::MissingBlob { blob, .. }) => {
                    let published = view.replica();
                    let Some(bytes) = published.blob(&blob) else { return };
                    self.replica.supply(bytes.to_vec());
                }
                Err(Halt::UnknownRules { .. } | Halt::NotFounded { .. }) => return,
            }
        }
    }
}

impl Entries for Published<'_> {
    fn entries(&self, indices: &[u64]) -> Vec<Entry> {
        let (Some(first), Some(last)) = (indices.iter().min(), indices.iter().max()) else {
            return Vec::new();
        };
        // Those that stand together are read together: what is far back lies in the store.
        let together = last - first < 2 * indices.len() as u64;
        let most = usize::try_from(last - first).map_or(0, |more| more.saturating_add(1));
        let receipts = if together { self.view.receipts(*first, most) } else { Vec::new() };
        let known = |index: u64| receipts.iter().find(|own| own.index == index).cloned();
        let receipt = |index: u64| known(index).or_else(|| self.view.receipt(index));
        indices.iter().filter_map(|index| self.told(receipt(*index)?)).collect()
    }
}

impl Published<'_> {
    /// An entry with what it says, where those have signed it whom it names.
    fn told(&self, receipt: Receipt) -> Option<Entry> {
        let Receipt { index, time, clause, problem, .. } = receipt;
        let opened = self.replica.open(self.view.entry(index)?);
        let state = self.replica.state();
        // What a key signed before it came to the log was nobody's.
        let was_known = |signer: &Signer| {
            let holder = state.holder(&signer.key);
            holder.is_some_and(|holder| holder.since <= index)
        };
        let signed = opened.signed().filter(|signed| {
            let header = signed.header.as_ref();
            header.is_none_or(|header| header.signers.iter().all(was_known))
        });
        let act = signed.map(|signed| signed.act.name());
        let by = signed.and_then(|signed| state.actor(signed));
        let became = problem.map_or(Became::Admitted(clause), Became::Refused);
        Some(Entry { index, time: Some(time), act, by, became })
    }
}

/// ε that each holder's account has spent or reserved, by the accountant, to four digits.
fn spent(state: &State) -> BTreeMap<(PartyId, AssetId), Decimal> {
    let one = |account: &(PartyId, AssetId)| {
        let Cited { terms, .. } = state.agreement().privacy(&account.1)?;
        let spent = epsilon(&state.accounts().get(account)?.total(), terms.delta).ok()?;
        format!("{spent:.4}").parse().ok()
    };
    state.accounts().keys().filter_map(|a| Some((a.clone(), one(a)?))).collect()
}
