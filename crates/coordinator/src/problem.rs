//! Answers that say no, as problem+json: `code`, `what`, `hint`, `see`.
//!
//! The body is a [`Problem`] and nothing else; its `code` is stable, its `see` a page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_store::Fault;
use concordat_terms::Problem;
use concordat_tlog::Note;
use concordat_wire::api::WORD_HEADER;

/// The page that explains what the API refuses.
const API: &str = "docs/reference/api.md";
/// The page that explains faults.
const FAULTS: &str = "docs/reference/faults.md";

/// A status and what a person can do about it.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) problem: Problem,
    /// What the log's key has signed of it.
    pub(crate) word: Option<Box<Note>>,
}

impl Refused {
    /// An answer to whoever asked: not a fault of ours.
    pub(crate) fn new(status: StatusCode, code: &str, what: impl Into<String>, hint: &str) -> Self {
        Self::of(status, Problem::new(code, what, hint, API))
    }

    /// The same, of a problem that there is already.
    pub(crate) fn of(status: StatusCode, problem: Problem) -> Self {
        Self { status, problem, word: None }
    }

    /// With what the log's key has signed of it, so that who is turned away can show it.
    pub(crate) fn signed(self, word: Option<Note>) -> Self {
        Self { word: word.map(Box::new), ..self }
    }

    pub(crate) fn bad(code: &str, what: impl Into<String>, hint: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, what, hint)
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", what, "ask for something that is there")
    }

    pub(crate) fn gone(code: &str, what: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, code, what, "follow the log: the run is decided there")
    }

    /// Stopping, or too much is waiting.
    pub(crate) fn busy() -> Self {
        let problem = Problem::new(
            "coordinator-busy",
            "the coordinator is stopping or has too much waiting",
            "try again in a moment: resending is safe",
            FAULTS,
        );
        Self::of(StatusCode::SERVICE_UNAVAILABLE, problem)
    }

    /// A fault of ours: the detail goes to the operator under a trace id, not to the caller.
    pub(crate) fn fault(detail: &Problem) -> Self {
        let trace = trace();
        tracing::error!(trace, code = detail.code, "{}", detail.what);
        let problem = Problem::new(
            "coordinator-fault",
            format!("the coordinator has a fault, trace `{trace}`"),
            "try again; if it stays, give the trace to the operator",
            FAULTS,
        );
        Self::of(StatusCode::INTERNAL_SERVER_ERROR, problem)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::fault(&fault.problem())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let headers = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, headers, body).into_response();
        let word = self.word.map(|note| STANDARD.encode(note.to_bytes()));
        if let Some(Ok(word)) = word.map(HeaderValue::try_from) {
            response.headers_mut().insert(WORD_HEADER, word);
        }
        response
    }
}

/// Refusals of the HTTP library, in the words of all others.
pub(crate) async fn in_our_words(response: Response) -> Response {
    let status = response.status();
    let ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind == b"application/problem+json"
            || kind == b"application/json"
            || kind.starts_with(b"text/html")
    });
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let what = status.canonical_reason().unwrap_or("the request cannot be answered").to_lowercase();
    let code = format!("http-{}", status.as_u16());
    Refused::new(status, &code, what, "look the path and its limits up in the API's reference")
        .into_response()
}

/// What keeps a coordinator from starting.
pub(crate) fn unusable(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Problem {
    Problem::new(code, what, hint, FAULTS)
}

fn trace() -> String {
    let mut bytes = [0; 8];
    // Without randomness a trace is all zeros, and still an answer.
    getrandom::fill(&mut bytes).ok();
    hex::encode(bytes)
}
