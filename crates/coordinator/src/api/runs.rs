//! The rounds of runs: decoded here, answered by the run's room.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use concordat_partnership::RunStatus;
use concordat_secagg::CHUNK;
use concordat_terms::RunId;
use concordat_wire::api::{PayloadSignature, Progress, RunResult};
use concordat_wire::round::decode_from_client;
use serde::de::DeserializeOwned;

use super::body::{self, Received, Whole};
use super::{App, ELEMENT, RESULT_MOST, ROUND_REST, acts};
use crate::problem::Refused;
use crate::room::{Ask, Said};

pub(super) async fn progress(
    State(app): State<App>,
    Path(run): Path<String>,
) -> Result<Json<Progress>, Refused> {
    let run = parse(&run)?;
    if let Some(progress) = app.0.view.progress(&run) {
        return Ok(Json(progress));
    }
    let replica = app.0.view.replica();
    let found = replica.state().runs().get(&run);
    let found = found.ok_or_else(|| Refused::not_found(format!("there is no run `{run}`")))?;
    let (round, step) = match &found.status {
        RunStatus::Closed(closed) => (closed.rounds, "closed"),
        RunStatus::Aborted(_) => (0, "aborted"),
        RunStatus::Open | RunStatus::Proposed => (0, "waiting"),
    };
    Ok(Json(Progress {
        round,
        attempt: 0,
        rounds: found.proposed.plan.rounds,
        step: step.to_owned(),
        present: found.joined.iter().cloned().collect(),
    }))
}

pub(super) async fn message(
    State(app): State<App>,
    Path((run, round, attempt)): Path<(String, u32, u32)>,
    request: Request,
) -> Result<Response, Refused> {
    // A vector of more than one chunk does not come in its message.
    let most = dimension(&app, &run).min(CHUNK) * ELEMENT + ROUND_REST;
    let held = body::of_peer(&app, &request);
    let body = body::read(request, most, app.0.limits.body, held).await?;
    let message = decode_from_client(&body).map_err(|e| {
        Refused::bad("bad-message", format!("{e}"), "send the message as this release encodes it")
    })?;
    ask(&app, &run, Ask::Message { round, attempt, message: Box::new(message) }, body).await
}

/// How long the vectors of the run's plan are; 0 where there is no such run. Nobody fills the
/// memory in the name of a small model.
pub(super) fn dimension(app: &App, run: &str) -> usize {
    let replica = app.0.view.replica();
    let run = run.parse::<RunId>().ok().and_then(|run| replica.state().runs().get(&run));
    let dimension = run.map_or(0, |run| run.proposed.plan.dimension);
    usize::try_from(dimension).unwrap_or(usize::MAX)
}

pub(super) async fn result(
    State(app): State<App>,
    Path(run): Path<String>,
    Whole(body): Whole<RESULT_MOST>,
) -> Result<Response, Refused> {
    ask(&app, &run, Ask::Result(json::<RunResult>(&body)?), body).await
}

pub(super) async fn signature(
    State(app): State<App>,
    Path(run): Path<String>,
    Whole(body): Whole<RESULT_MOST>,
) -> Result<Response, Refused> {
    ask(&app, &run, Ask::Signature(json::<PayloadSignature>(&body)?), body).await
}

/// Asks the run's room. What was read from `body` may wait there: it counts until it is taken.
pub(super) async fn ask(
    app: &App,
    run: &str,
    ask: Ask,
    body: Received,
) -> Result<Response, Refused> {
    let (run, held) = (parse(run)?, body.into_held());
    let said = tokio::select! {
        said = app.0.rooms.ask(&run, ask, held) => said?,
        () = app.stopping() => return Err(Refused::busy()),
    };
    Ok(match said {
        Said::Encoded(bytes) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], bytes.to_vec()).into_response()
        }
        Said::Arrived(arrived) => Json(arrived).into_response(),
        Said::Again(again) => (StatusCode::CONFLICT, Json(again)).into_response(),
        Said::ToSign(to_sign) => Json(to_sign).into_response(),
        Said::Receipts(receipts) => acts::answer(app, receipts),
    })
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|e| {
        Refused::bad("bad-message", e.to_string(), "send the fields of the API's type")
    })
}

pub(super) fn parse(run: &str) -> Result<RunId, Refused> {
    run.parse().map_err(|e| Refused::bad("not-a-run", format!("{e}"), "name a run"))
}
