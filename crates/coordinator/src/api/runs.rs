//! The rounds of runs: decoded here, answered by the run's room.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::RunStatus;
use concordat_secagg::CHUNK;
use concordat_secagg::three::{Role, Step};
use concordat_terms::RunId;
use concordat_wire::api::{
    HOLD_MOST, KEY_HEADER, PayloadSignature, Progress, RunResult, SIGNATURE_HEADER, UNTIL_HEADER,
};
use concordat_wire::round::decode_message;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::body::{self, Received, Whole};
use super::held::Held;
use super::{App, ELEMENT, RESULT_MOST, ROUND_REST, acts, bad_query};
use crate::problem::Refused;
use crate::room::{Ask, Said, Signed, Word, not_signed};

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
        ..Progress::default()
    }))
}

pub(super) async fn message(
    State(app): State<App>,
    Path((run, round, attempt)): Path<(String, u32, u32)>,
    request: Request,
) -> Result<Response, Refused> {
    // A vector of more than one chunk does not come in its message.
    let most = dimension(&app, &run).min(CHUNK) * ELEMENT + ROUND_REST;
    let held = body::room_for(&app, &request);
    let body = body::read(request, most, app.0.limits.body, held).await?;
    let message = decode_message(&body).map_err(|e| {
        Refused::bad("bad-message", format!("{e}"), "send the message as this release encodes it")
    })?;
    let word = Box::new(Word::Message(message));
    ask(&app, &run, Ask::Word { round, attempt, word }, body).await
}

/// Which attempt is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// Only one of a later round than this, or a later one at it.
    round: Option<u32>,
    /// Which is here.
    attempt: Option<u32>,
    /// How many seconds to wait for it, up to [`HOLD_MOST`].
    wait: Option<u32>,
}

/// The attempt that is going on; 204 where none is in time.
pub(super) async fn attempt(
    State(app): State<App>,
    Path(run): Path<String>,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(After { round, attempt, wait }) = after.map_err(|e| bad_query(e.body_text()))?;
    let after = match (round, attempt) {
        (Some(round), Some(attempt)) => Some((round, attempt)),
        (None, None) => None,
        _ => return Err(bad_query("`round` and `attempt` go together")),
    };
    let (run, wait) = (parse(&run)?, Duration::from_secs(wait.unwrap_or(0).min(HOLD_MOST).into()));
    let found = app.0.rooms.attempt(&run, after);
    in_time(&app, wait, async { Ok(Json(found.await?).into_response()) }).await
}

/// What becomes known in time, and otherwise 204: whoever waits asks again.
async fn in_time(
    app: &App,
    wait: Duration,
    known: impl Future<Output = Result<Response, Refused>>,
) -> Result<Response, Refused> {
    tokio::select! {
        biased;
        known = known => known,
        () = tokio::time::sleep(wait) => Ok(StatusCode::NO_CONTENT.into_response()),
        () = app.stopping() => Err(Refused::busy()),
    }
}

/// What a step gives with three aggregators, for a participant; held back until it is closed.
pub(super) async fn posted(
    State(app): State<App>,
    Path((run, round, attempt, step)): Path<(String, u32, u32, String)>,
    request: Request,
) -> Result<Response, Refused> {
    let asked = asked(&app, &request)?;
    awaited(&app, (&run, round, attempt), (&step, None), asked).await
}

/// The same for an aggregator.
pub(super) async fn posted_to(
    State(app): State<App>,
    Path((run, round, attempt, step, role)): Path<(String, u32, u32, String, String)>,
    request: Request,
) -> Result<Response, Refused> {
    let asked = asked(&app, &request)?;
    awaited(&app, (&run, round, attempt), (&step, Some(&role)), asked).await
}

/// Who asks, and what the request holds of the room for bodies.
fn asked(app: &App, request: &Request) -> Result<(Signed, Held), Refused> {
    Ok((signed(request.headers(), request.uri())?, body::room_for(app, request)))
}

async fn awaited(
    app: &App,
    (run, round, attempt): (&str, u32, u32),
    (step, role): (&str, Option<&str>),
    signed: (Signed, Held),
) -> Result<Response, Refused> {
    let known = Step::named(step).ok_or_else(|| Refused::not_found(format!("no step is `{step}`")));
    let (step, role) = (known?, role.map(self::role).transpose()?);
    let run = parse(run)?;
    let said = app.0.rooms.posted(&run, (round, attempt), (step, role), signed);
    in_time(app, app.0.hold, async { Ok(told(app, said.await?)) }).await
}

/// Who signed a request for something of a run's round, as it claims.
pub(super) fn signed(headers: &HeaderMap, path: &Uri) -> Result<Signed, Refused> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(key), Some(signature)) = (text(KEY_HEADER), text(SIGNATURE_HEADER)) else {
        return Err(not_signed("the request names no key or has no signature"));
    };
    let signature = STANDARD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
    let signature = signature.ok_or_else(|| not_signed("the signature is not 64 bytes"))?;
    let until = text(UNTIL_HEADER).and_then(|until| until.parse().ok());
    let until = until.ok_or_else(|| not_signed("the request does not say until when it counts"))?;
    Ok(Signed { key: key.to_owned(), signature, path: path.path().to_owned(), until })
}

pub(super) fn role(name: &str) -> Result<Role, Refused> {
    Role::named(name).ok_or_else(|| Refused::not_found(format!("no aggregator is `{name}`")))
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

/// Asks the run's room, and waits for its answer as long as one is held. What was read from `body` may
/// wait there: it counts until it is taken.
pub(super) async fn ask(
    app: &App,
    run: &str,
    ask: Ask,
    body: Received,
) -> Result<Response, Refused> {
    let (run, body) = (parse(run)?, body.into_held());
    let said = app.0.rooms.ask(&run, ask, body);
    in_time(app, app.0.hold, async { Ok(told(app, said.await?)) }).await
}

fn told(app: &App, said: Said) -> Response {
    match said {
        Said::Encoded(bytes) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], bytes.to_vec()).into_response()
        }
        Said::Arrived(arrived) => Json(arrived).into_response(),
        Said::Again(again) => (StatusCode::CONFLICT, Json(again)).into_response(),
        Said::ToSign(to_sign) => Json(to_sign).into_response(),
        Said::Receipts(receipts) => acts::answer(app, receipts),
    }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|e| {
        Refused::bad("bad-message", e.to_string(), "send the fields of the API's type")
    })
}

pub(super) fn parse(run: &str) -> Result<RunId, Refused> {
    run.parse().map_err(|e| Refused::bad("not-a-run", format!("{e}"), "name a run"))
}
