//! What a coordinator that stands by answers itself, and what it hands on to the writer.

use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, Response, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use concordat_terms::Problem;
use concordat_wire::api::{
    BLOB_BYTES_MAX, KEY_HEADER, SIGNATURE_HEADER, UNTIL_HEADER, WORD_HEADER,
};
use concordat_wire::pass::PASS_HEADER;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::{App, body};
use crate::problem::{Refused, unusable};
use crate::view::lock;

/// How long an answer may take: longer than the longest that the writer holds one back.
const CALL: Duration = Duration::from_secs(60);
/// How long it may take to be reached.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest body that any path takes, and the longest answer.
const BODY_MOST: usize = BLOB_BYTES_MAX + (16 << 20);
/// What is handed on beside the body; of the answer, these and the word that it may carry.
const HEADERS: [&str; 5] =
    ["content-type", KEY_HEADER, SIGNATURE_HEADER, UNTIL_HEADER, PASS_HEADER];

/// Hands requests on to whoever writes.
pub(crate) struct Forward {
    agent: Agent,
    writer: Mutex<Option<String>>,
}

impl Forward {
    /// The writer has the same certificate: it has a copy of the same home.
    ///
    /// # Errors
    /// A [`Problem`]: it is none.
    pub(crate) fn to_certificate(pem: &str) -> Result<Self, Problem> {
        let certificates = parse_pem(pem.as_bytes()).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        let roots: Vec<_> = certificates.collect();
        if roots.is_empty() {
            let what = "`tls/cert.pem` is not a certificate in PEM";
            return Err(unusable("bad-certificate", what, "copy the whole home of the writer"));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("concordat")
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(CALL))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::from(roots)).build());
        Ok(Self { agent: config.build().new_agent(), writer: Mutex::new(None) })
    }

    /// Who writes now.
    pub(crate) fn to(&self, writer: Option<&str>) {
        let mut now = lock(&self.writer);
        if now.as_deref() != writer {
            tracing::info!(writer = writer.unwrap_or("nobody"), "another writer");
            *now = writer.map(str::to_owned);
        }
    }

    /// Hands one request on, on a thread that may wait for the network.
    fn call(
        &self,
        writer: &str,
        (method, uri): (Method, &Uri),
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Response<Body>, ureq::Error> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{writer}{path}"));
        for name in HEADERS {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        let mut answer = self.agent.run(request.body(body)?)?;
        let mut response = Response::builder().status(answer.status());
        for name in
            [header::CONTENT_TYPE, header::CACHE_CONTROL, HeaderName::from_static(WORD_HEADER)]
        {
            if let Some(value) = answer.headers().get(&name) {
                response = response.header(name, value);
            }
        }
        let mut bytes = Vec::new();
        answer.body_mut().as_reader().take(BODY_MOST as u64).read_to_end(&mut bytes)?;
        Ok(response.body(Body::from(bytes))?)
    }
}

/// Answers here what the log says, and hands the rest on.
pub(crate) async fn forwarded(
    State((app, forward)): State<(App, Arc<Forward>)>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if is_here(&method, uri.path()) {
        return next.run(request).await;
    }
    let away = |what: &str| {
        let hint = "try again in a moment: somebody else takes over, and resending is safe";
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, "writer-away", what, hint).into_response()
    };
    let Some(writer) = lock(&forward.writer).clone() else {
        return away("nobody writes the log at this moment");
    };
    let headers = request.headers().clone();
    let held = body::room_for(&app, &request);
    let body = match body::read(request, BODY_MOST, app.0.limits.body, held).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let called =
        tokio::task::spawn_blocking(move || forward.call(&writer, (method, &uri), &headers, &body));
    match called.await {
        Ok(Ok(response)) => response,
        Ok(Err(why)) => {
            tracing::warn!(%why, "the writer does not answer");
            away("the coordinator that writes the log does not answer")
        }
        Err(_) => away("the coordinator that reads along is stopping"),
    }
}

/// What the log itself says: its checkpoints, its tiles, proofs, and blobs that are read.
fn is_here(method: &Method, path: &str) -> bool {
    let served = ["/tile/", "/v1/checkpoints/", "/v1/proofs/", "/v1/blobs/"];
    method == Method::GET
        && (["/checkpoint", "/v1/checkpoint"].contains(&path)
            || served.iter().any(|prefix| path.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_log_says_is_answered_here_and_everything_else_is_handed_on() {
        for here in ["/checkpoint", "/v1/checkpoint", "/tile/0/000", "/v1/proofs/7", "/v1/blobs/x"]
        {
            assert!(is_here(&Method::GET, here), "{here}");
            assert!(!is_here(&Method::PUT, here), "{here}");
        }
        for there in ["/v1/acts", "/v1/witnesses", "/v1/cosigners", "/v1/runs/a/attempt", "/"] {
            assert!(!is_here(&Method::GET, there), "{there}");
        }
    }
}
