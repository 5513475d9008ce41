//! The way into a node, where its folder says that there is one: for acts that the coordinator does not
//! take, and for whoever compares what this node was shown with what it was shown itself.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use concordat_front::{At, Folder, Limits, Service, blocking, whole};
use concordat_node::follow::{ENTRY_BYTES_MAX, HandedIn};
use concordat_node::home::Home;
use concordat_node::work::Inbox;
use concordat_terms::{Digest, Problem};
use concordat_wire::api::Handed;

/// How long a body may take.
const BODY: Duration = Duration::from_secs(30);
/// What a node answers.
const PAGE: &str = "docs/reference/node.md";
/// What any service does.
const API: &str = "docs/reference/api.md";

/// Opens the door at this address.
pub(super) fn open(home: &Home, at: SocketAddr, inbox: Inbox) -> Result<Service, Problem> {
    let certificate = Folder::open(home.dir())?.certificate()?;
    let (file, limits) = ("concordat.toml".to_owned(), Limits::default());
    Service::start(At { name: "node", listen: at, file, certificate, limits }, || Ok(router(inbox)))
}

fn router(inbox: Inbox) -> Router {
    Router::new()
        .route("/v1/ignored", post(hand_in))
        .route("/v1/ignored/{act}", get(freed_by))
        .route("/{origin}/checkpoint", get(latest))
        .fallback(|| async { nothing_here() })
        .with_state(inbox)
}

async fn hand_in(State(inbox): State<Inbox>, body: Body) -> Response {
    let Some(envelope) = whole(body, ENTRY_BYTES_MAX, BODY).await else {
        let what = "the act did not come whole, or has more bytes than an entry may have";
        let hint = "send the exact bytes of one envelope";
        return answer(StatusCode::BAD_REQUEST, &Problem::new("not-handed-in", what, hint, PAGE));
    };
    match blocking(move || inbox.hand_in(envelope)).await {
        Some(Ok(HandedIn::Waits(id))) => {
            (StatusCode::ACCEPTED, Json(Handed { id, logged: None })).into_response()
        }
        Some(Ok(HandedIn::Logged(id, index))) => {
            Json(Handed { id, logged: Some(index) }).into_response()
        }
        Some(Err(problem)) if problem.code == "not-handed-in" => {
            answer(StatusCode::BAD_REQUEST, &problem)
        }
        Some(Err(problem)) => answer(StatusCode::SERVICE_UNAVAILABLE, &problem),
        None => answer(StatusCode::SERVICE_UNAVAILABLE, &nothing()),
    }
}

/// What the log's key said of an act that this node waits for no longer.
async fn freed_by(State(inbox): State<Inbox>, Path(act): Path<String>) -> Response {
    let Ok(act) = act.parse::<Digest>() else { return nothing_here() };
    note(blocking(move || inbox.freed_by(act)).await.flatten())
}

/// The checkpoint that this node has followed the log to.
async fn latest(State(inbox): State<Inbox>, Path(origin): Path<String>) -> Response {
    let Ok(origin) = origin.parse::<Digest>() else { return nothing_here() };
    note(blocking(move || inbox.checkpoint(origin)).await.flatten())
}

fn note(found: Option<Vec<u8>>) -> Response {
    let Some(note) = found else { return nothing_here() };
    let kind = "text/plain; charset=utf-8";
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")];
    (headers, note).into_response()
}

fn nothing_here() -> Response {
    answer(StatusCode::NOT_FOUND, &nothing())
}

fn nothing() -> Problem {
    let hint =
        "`POST /v1/ignored`, `GET /v1/ignored/<act>`, or `GET /<SHA-256 of the origin>/checkpoint`";
    Problem::new("not-found", "there is nothing here", hint, API)
}

fn answer(status: StatusCode, problem: &Problem) -> Response {
    let mut response = (status, Json(problem)).into_response();
    let kind = header::HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
