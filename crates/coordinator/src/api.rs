//! HTTP: paths to parts, and how large a body may be.

mod acts;
mod blobs;
mod checkpoints;
mod runs;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};
use tokio::sync::watch;

use crate::room::Rooms;
use crate::sequencer::Sequencer;
use crate::view::ReadHandle;

/// The largest blob.
const BLOB_MOST: usize = 8 << 20;
/// 1,000 envelopes of at most 64 KiB would be more than one request should carry.
const SUBMIT_MOST: usize = 16 << 20;
/// A note is at most this long.
const NOTE_MOST: usize = 1 << 20;
/// A masked vector: 2^22 elements of 8 bytes, and the rest of its message.
const ROUND_MOST: usize = (32 << 20) + (1 << 16);
/// A result or a signature.
const RESULT_MOST: usize = 1 << 16;

/// What every handler has.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

struct Parts {
    view: ReadHandle,
    sequencer: Sequencer,
    rooms: Rooms,
    stopping: watch::Receiver<bool>,
}

impl App {
    pub(crate) fn new(
        view: ReadHandle,
        sequencer: Sequencer,
        rooms: Rooms,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self(Arc::new(Parts { view, sequencer, rooms, stopping }))
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
    let limit = DefaultBodyLimit::max;
    Router::new()
        .route("/checkpoint", get(checkpoints::latest))
        .route("/v1/checkpoint", get(checkpoints::poll))
        .route("/v1/cosignatures", post(checkpoints::cosign).layer(limit(NOTE_MOST)))
        .route("/tile/{*path}", get(checkpoints::tile))
        .route("/v1/acts", post(acts::submit).layer(limit(SUBMIT_MOST)))
        .route("/v1/blobs/{digest}", get(blobs::read))
        .route("/v1/blobs/{digest}", put(blobs::write).layer(limit(BLOB_MOST)))
        .route("/v1/runs/{run}", get(runs::progress))
        .route("/v1/runs/{run}/result", post(runs::result).layer(limit(RESULT_MOST)))
        .route("/v1/runs/{run}/signature", post(runs::signature).layer(limit(RESULT_MOST)))
        .route("/v1/runs/{run}/{round}/{attempt}", post(runs::message).layer(limit(ROUND_MOST)))
        .with_state(app)
}
