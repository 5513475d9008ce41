//! The console at the coordinator: pages over a fold of its own, so that what they show is what
//! any party would find.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use concordat_agreement::Cited;
use concordat_console::{Entry, Source, content_security_policy};
use concordat_coordinator::ReadHandle;
use concordat_dp::epsilon;
use concordat_partnership::State;
use concordat_replay::{Halt, Replica};
use concordat_terms::{AssetId, Decimal, PartyId};

/// The log as folded for the pages, and its entries as they are shown.
#[derive(Default)]
struct Folded {
    replica: Replica,
    entries: Vec<Entry>,
}

/// Pages for every path that the interface of the coordinator does not serve.
pub(crate) fn mount(view: ReadHandle, banner: Option<String>) -> Router {
    let folded = Arc::new(Mutex::new(Folded::default()));
    Router::new().fallback(get(move |uri: Uri| {
        let (view, folded, banner) = (view.clone(), folded.clone(), banner.clone());
        async move { page(&view, &folded, banner.as_deref(), &uri) }
    }))
}

fn page(view: &ReadHandle, folded: &Mutex<Folded>, banner: Option<&str>, uri: &Uri) -> Response {
    let mut folded = folded.lock().unwrap_or_else(PoisonError::into_inner);
    folded.catch_up(view);
    let state = folded.replica.state();
    let progress = state.runs().keys();
    let progress: BTreeMap<_, _> =
        progress.filter_map(|run| Some((run.clone(), view.progress(run)?))).collect();
    let source =
        Source { state, log: &folded.entries, spent: &spent(state), progress: &progress, banner };
    let page = source.page(uri.path(), uri.query().unwrap_or_default());
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
            let index = self.replica.size();
            match self.replica.step(&bytes) {
                Ok(verdict) => {
                    let time = self.replica.state().time();
                    self.entries.push(Entry { index, time, verdict });
                }
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

/// ε that each holder's account has spent or reserved, by the accountant, to four digits.
fn spent(state: &State) -> BTreeMap<(PartyId, AssetId), Decimal> {
    let one = |account: &(PartyId, AssetId)| {
        let Cited { terms, .. } = state.agreement().privacy(&account.1)?;
        let spent = epsilon(state.accounts().get(account)?, terms.delta).ok()?;
        format!("{spent:.4}").parse().ok()
    };
    state.accounts().keys().filter_map(|a| Some((a.clone(), one(a)?))).collect()
}
