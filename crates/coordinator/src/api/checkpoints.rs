//! Checkpoints, tiles, and the cosignatures of witnesses.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use concordat_terms::Problem;
use concordat_tlog::note::NOTE_BYTES_MAX;
use concordat_tlog::tile::TilePath;
use concordat_tlog::{Checkpoint, Note};
use serde::Deserialize;

use super::body::Whole;
use super::{App, bad_query, callers};
use crate::problem::Refused;
use crate::witnessed::Cosigned;

/// The longest that a poll is held.
const WAIT_MOST: u64 = 30;

/// Which checkpoint is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Poll {
    /// Only one of more entries than these.
    after: Option<u64>,
    /// How many seconds to wait for it, up to 30.
    wait: Option<u64>,
    /// 1: only one that satisfies the witness policy.
    quorum: Option<u8>,
}

pub(super) async fn latest(State(app): State<App>) -> Result<Response, Refused> {
    app.0.view.checkpoint().map(note).ok_or_else(none_yet)
}

pub(super) async fn poll(
    State(app): State<App>,
    poll: Result<Query<Poll>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(poll) = poll.map_err(|e| bad_query(e.body_text()))?;
    let by_quorum = match poll.quorum {
        None => false,
        Some(1) => true,
        Some(other) => return Err(bad_query(format!("`quorum` is 1 or left out, not `{other}`"))),
    };
    let view = &app.0.view;
    if let Some(after) = poll.after {
        let wait = Duration::from_secs(poll.wait.unwrap_or(0).min(WAIT_MOST));
        let mut snapshots = view.watch();
        let mut quorums = view.0.quorum.subscribe();
        let grown = async {
            if by_quorum {
                quorums.wait_for(|size| *size > after).await.is_ok()
            } else {
                snapshots.wait_for(|snapshot| snapshot.size > after).await.is_ok()
            }
        };
        let grown = tokio::select! {
            biased;
            grown = grown => grown,
            () = tokio::time::sleep(wait) => false,
            () = app.stopping() => false,
        };
        if !grown {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
    let found = if by_quorum { view.checkpoint_by_quorum() } else { view.checkpoint() };
    found.map(note).ok_or_else(none_yet)
}

/// The smallest that is kept of the older checkpoints that satisfied the witness policy, of at least so
/// many entries: whoever asks for one more than it has gets the next.
pub(super) async fn older(
    State(app): State<App>,
    Path(size): Path<String>,
) -> Result<Response, Refused> {
    let none = || Refused::not_found(format!("no older checkpoint of `{size}` entries is kept"));
    let from = size.parse().map_err(|_| none())?;
    let bytes = read(move || app.0.view.older_checkpoint(from)).await?;
    Ok(text(bytes.ok_or_else(none)?))
}

/// The checkpoint as held after the new lines were kept.
pub(super) async fn cosign(
    State(app): State<App>,
    Whole(body): Whole<NOTE_BYTES_MAX>,
) -> Result<Response, Refused> {
    let bad = |what: String| {
        Refused::bad("not-a-cosignature", what, "send the checkpoint with your cosignature line")
    };
    let posted = Note::parse(&body).map_err(|e| bad(e.to_string()))?;
    let checkpoint = Checkpoint::parse(posted.text()).map_err(|e| bad(e.to_string()))?;
    match app.0.cosigning.take(&posted, &checkpoint).await? {
        Cosigned::Kept(_) | Cosigned::Held => Ok(StatusCode::NO_CONTENT.into_response()),
        Cosigned::Full(size) => Err(Refused::new(
            StatusCode::CONFLICT,
            "note-full",
            format!("the checkpoint of {size} entries has 64 lines, and yours does not count"),
            "post it on a later checkpoint; who counts always has room",
        )),
        Cosigned::UnknownSize(size) => {
            Err(Refused::not_found(format!("no recent checkpoint has {size} entries")))
        }
        Cosigned::OtherCheckpoint(size) => Err(Refused::new(
            StatusCode::CONFLICT,
            "other-checkpoint",
            format!("the checkpoint of {size} entries that was signed here is another one"),
            "keep both checkpoints and show them to the other parties: there are two histories",
        )),
        Cosigned::FarFromNow(at) => Err(Refused::bad(
            "cosignature-time",
            format!("the cosignature was made at `{at}`, far from this coordinator's clock"),
            "set the witness' clock; if it is right, tell the operator",
        )),
        Cosigned::NoWitness => Err(bad("no line is by a witness of the genesis".to_owned())),
    }
}

/// The proof that an entry is where its receipt promised it to be.
pub(super) async fn proof(
    State(app): State<App>,
    Path(index): Path<String>,
) -> Result<Response, Refused> {
    let none = || Refused::not_found(format!("there is no entry `{index}` yet"));
    let at = index.parse().map_err(|_| none())?;
    let proof = read(move || app.0.voice.proof(at)).await?.ok_or_else(none)?;
    Ok(text(proof.to_string().into_bytes()))
}

/// Who has cosigned what, and whom the coordinator asks.
pub(super) async fn witnesses(State(app): State<App>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(app.0.view.witnesses())).into_response()
}

pub(super) async fn tile(
    State(app): State<App>,
    Path(path): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let path: TilePath = format!("tile/{path}").parse().map_err(|e| {
        Refused::bad("not-a-tile", format!("{e}"), "ask for `/tile/0/000` or `/tile/entries/000`")
    })?;
    let bytes = match app.0.answers.sent(&path) {
        Some(bytes) => bytes,
        None => {
            let view = app.0.view.clone();
            let found = read(move || view.tile(&path)).await?;
            let absent = || Refused::not_found(format!("the log has no `{path}` yet"));
            app.0.answers.tile(&callers::of(&request), &path, found.ok_or_else(absent)?)?
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=604800, immutable"),
    ];
    Ok((headers, bytes).into_response())
}

/// What may have to be read from the store: on a thread that may wait for it.
async fn read<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Refused> {
    let read = tokio::task::spawn_blocking(ask).await.map_err(|_| Refused::busy())?;
    read.map_err(|fault| Refused::fault(&fault))
}

fn note(note: Note) -> Response {
    text(note.to_bytes())
}

fn text(bytes: Vec<u8>) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, bytes).into_response()
}

fn none_yet() -> Refused {
    Refused::not_found("there is no such checkpoint yet")
}
