//! Requests and their answers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use concordat_front::whole;
use concordat_terms::{Digest, Problem};
use concordat_tlog::witness::Declined;

use crate::book::{Book, Forked, NotAllowed, REQUEST_BYTES_MAX};
use crate::running::Clock;

/// The page about what a witness answers.
const WITNESS: &str = "docs/reference/witness.md";
/// The page about faults.
const FAULTS: &str = "docs/reference/faults.md";
/// How long a body may take.
const BODY: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct App {
    book: Arc<Mutex<Book>>,
    clock: Clock,
}

pub(crate) fn router(book: Book, clock: Clock) -> Router {
    let app = App { book: Arc::new(Mutex::new(book)), clock };
    Router::new()
        .route("/add-checkpoint", post(add))
        .route("/{origin}/checkpoint", get(latest))
        .route("/{origin}/forked/{part}", get(forked))
        .fallback(|| async { nothing_here() })
        .with_state(app)
}

impl App {
    /// On a thread that may wait for the disk, one request at a time.
    async fn ask<T: Send + 'static>(
        self,
        ask: impl FnOnce(&mut Book, &Clock) -> Result<T, NotAllowed> + Send + 'static,
    ) -> Result<T, Response> {
        let asked = tokio::task::spawn_blocking(move || {
            // What is kept is replaced as a whole: a panic elsewhere leaves it as it was.
            let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
            ask(&mut book, &self.clock)
        });
        match asked.await {
            Ok(answer) => answer.map_err(refused),
            Err(fault) => Err(fault_of(&fault.to_string())),
        }
    }
}

async fn add(State(app): State<App>, body: Body) -> Response {
    let Some(body) = whole(body, REQUEST_BYTES_MAX, BODY).await else {
        let what = "the request did not come whole, or is too long";
        let hint = "send an old size, at most 63 hashes, and a checkpoint";
        return answer(StatusCode::BAD_REQUEST, "not-a-request", what, hint);
    };
    match app.ask(move |book, clock| book.add(&body, clock())).await {
        Err(refused) => refused,
        Ok(lines) => {
            let text: String = lines.iter().map(|line| line.to_text() + "\n").collect();
            plain("text/plain; charset=utf-8", text.into_bytes())
        }
    }
}

async fn latest(State(app): State<App>, Path(origin): Path<String>) -> Response {
    let Ok(origin) = origin.parse::<Digest>() else { return nothing_here() };
    match app.ask(move |book, _| book.latest(&origin)).await {
        Err(refused) => refused,
        Ok(None) => nothing_here(),
        Ok(Some(note)) => plain("text/plain; charset=utf-8", note.to_bytes()),
    }
}

async fn forked(State(app): State<App>, Path((origin, part)): Path<(String, String)>) -> Response {
    let (Ok(origin), Some(part)) = (origin.parse::<Digest>(), Forked::named(&part)) else {
        return nothing_here();
    };
    match app.ask(move |book, _| book.forked(&origin, part)).await {
        Err(refused) => refused,
        Ok(None) => nothing_here(),
        Ok(Some(bytes)) => plain("text/plain; charset=utf-8", bytes),
    }
}

fn plain(kind: &'static str, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
}

/// Why it is not cosigned, with the status that C2SP gives it.
fn refused(why: NotAllowed) -> Response {
    const TYPE: HeaderName = header::CONTENT_TYPE;
    let (status, code, hint) = match &why {
        NotAllowed::Request(_) => (400, "not-a-request", "send what C2SP calls `add-checkpoint`"),
        NotAllowed::UnknownOrigin(_) => (404, "unknown-log", "ask the operator to watch this log"),
        NotAllowed::Declined(Declined::Stale(size)) => {
            let answer = (StatusCode::CONFLICT, [(TYPE, "text/x.tlog.size")], format!("{size}\n"));
            return answer.into_response();
        }
        NotAllowed::Declined(why) => (why.status(), "not-cosigned", "prove the log's growth"),
        NotAllowed::Unsigned(why) => return fault_of(&why.to_string()),
        NotAllowed::Store(fault) => return fault_of(&fault.to_string()),
        NotAllowed::Kept(what) => return fault_of(what),
    };
    let what = match &why {
        NotAllowed::Request(why) => why.to_string(),
        NotAllowed::UnknownOrigin(origin) => format!("no log of the origin `{origin}` is watched"),
        NotAllowed::Declined(why) => why.to_string(),
        _ => String::new(),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    answer(status, code, &what, hint)
}

fn nothing_here() -> Response {
    let hint = "`POST /add-checkpoint`, or `GET /<SHA-256 of an origin>/checkpoint`";
    answer(StatusCode::NOT_FOUND, "not-found", "there is nothing here", hint)
}

fn answer(status: StatusCode, code: &str, what: &str, hint: &str) -> Response {
    problem(status, &Problem::new(code, what, hint, WITNESS))
}

/// A fault of ours: the detail is for the operator alone.
fn fault_of(detail: &str) -> Response {
    tracing::error!("{detail}");
    let what = "the witness has a fault, and has cosigned nothing";
    let hint = "try again; if it stays, tell the operator";
    problem(StatusCode::INTERNAL_SERVER_ERROR, &Problem::new("witness-fault", what, hint, FAULTS))
}

fn problem(status: StatusCode, problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}
