//! HTTP: paths to parts, and how large a body may be.

mod acts;
mod answers;
mod blobs;
mod body;
mod callers;
mod checkpoints;
mod cosigners;
pub(crate) mod forward;
pub(crate) mod held;
mod runs;
mod uploads;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use tokio::sync::watch;

use self::answers::Answers;
pub(crate) use self::callers::told_apart;
use self::callers::{Passes, Room};
use crate::config::Limits;
use crate::cosigning::Cosigning;
use crate::problem::Refused;
use crate::room::Rooms;
use crate::sequencer::Sequencer;
use crate::view::ReadHandle;
use crate::voice::Voice;

/// 1,000 envelopes of at most 64 KiB would be more than one request should carry.
const SUBMIT_MOST: usize = 16 << 20;
/// A run's message beside its vector: shares for all others, signatures.
const ROUND_REST: usize = 1 << 20;
/// An element of a masked vector.
const ELEMENT: usize = 8;
/// A result or a signature.
const RESULT_MOST: usize = 1 << 16;

/// What every handler has.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

struct Parts {
    view: ReadHandle,
    sequencer: Sequencer,
    rooms: Rooms,
    limits: Limits,
    /// How long an answer of a run's room is held back.
    hold: Duration,
    /// Of bodies on their way in.
    bodies: Room,
    passes: Passes,
    /// Of tiles and blobs on their way out.
    answers: Answers,
    cosigning: Cosigning,
    /// Whoever says by which keys it cosigns waits for whoever says it at the same time.
    introducing: tokio::sync::Mutex<()>,
    voice: Voice,
    stopping: watch::Receiver<bool>,
}

impl App {
    pub(crate) fn new(
        cosigning: Cosigning,
        voice: Voice,
        rooms: Rooms,
        (limits, hold): (Limits, Duration),
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let Cosigning { view, sequencer, .. } = cosigning.clone();
        let (bodies, answers) = (Room::new(&limits), Answers::new(&limits));
        Self(Arc::new(Parts {
            view,
            sequencer,
            rooms,
            limits,
            hold,
            bodies,
            passes: Passes::default(),
            answers,
            cosigning,
            introducing: tokio::sync::Mutex::default(),
            voice,
            stopping,
        }))
    }

    /// Resolves once the server is told to stop.
    async fn stopping(&self) {
        let mut stopping = self.0.stopping.clone();
        // An error means that the server is gone, and so is what waits for it.
        stopping.wait_for(|stopping| *stopping).await.ok();
    }
}

/// All paths.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/checkpoint", get(checkpoints::latest))
        .route("/v1/checkpoint", get(checkpoints::poll))
        .route("/v1/checkpoints/{size}", get(checkpoints::older))
        .route("/v1/cosignatures", post(checkpoints::cosign))
        .route("/v1/witnesses", get(checkpoints::witnesses))
        .route("/v1/cosigners", get(cosigners::all).post(cosigners::introduce))
        .route("/tile/{*path}", get(checkpoints::tile))
        .route("/v1/acts", post(acts::submit))
        .route("/v1/proofs/{index}", get(checkpoints::proof))
        .route("/v1/blobs/{digest}", get(blobs::read))
        .route("/v1/blobs/{digest}", put(blobs::write))
        .route("/v1/runs/{run}", get(runs::progress))
        .route("/v1/runs/{run}/result", post(runs::result))
        .route("/v1/runs/{run}/signature", post(runs::signature))
        .route("/v1/runs/{run}/{round}/{attempt}", post(runs::message))
        .route("/v1/runs/{run}/attempt", get(runs::attempt))
        .route("/v1/runs/{run}/{round}/{attempt}/steps/{step}", get(runs::posted))
        .route("/v1/runs/{run}/{round}/{attempt}/steps/{step}/{role}", get(runs::posted_to))
        .route("/v1/runs/{run}/{round}/{attempt}/uploads", post(uploads::announce))
        .route("/v1/runs/{run}/{round}/{attempt}/uploads/{party}/{chunk}", get(uploads::brought))
        .route("/v1/runs/{run}/{round}/{attempt}/shares/{role}/{chunk}", put(uploads::bring_share))
        .route("/v1/runs/{run}/{round}/{attempt}/uploads/{party}/{chunk}", put(uploads::bring))
        .route("/v1/runs/{run}/{round}/digests/{party}", get(uploads::digests))
        .route("/v1/runs/{run}/{round}/words/{chunk}", get(uploads::words))
        .route("/v1/runs/{run}/{round}/sum/{chunk}", get(uploads::sum))
        .route("/v1/runs/{run}/{round}/shares/{role}/{chunk}", get(uploads::share))
        .layer(from_fn(no_query))
        .with_state(app)
}

/// Only polls have a query: a mistyped question is not answered as if it were another.
async fn no_query(request: Request, next: Next) -> Response {
    let uri = request.uri();
    match uri.query() {
        Some(query) if uri.path() != "/v1/checkpoint" && !is_attempt(uri.path()) => {
            let what = format!("`{}` has no query, and `{query}` is one", uri.path());
            bad_query(what).into_response()
        }
        _ => next.run(request).await,
    }
}

fn is_attempt(path: &str) -> bool {
    path.strip_prefix("/v1/runs/")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(_, rest)| rest == "attempt")
}

fn bad_query(what: impl Into<String>) -> Refused {
    Refused::bad(
        "bad-query",
        what,
        "ask `/v1/checkpoint` with `after`, `wait` and `quorum=1` alone, and a run's `attempt` with \
         `round`, `attempt` and `wait`",
    )
}
