//! Bodies: whole, in time, and not too long.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};

use super::App;
use crate::problem::Refused;

/// How much of a body that is too long is read and thrown away. A client that is still sending
/// would see a broken connection otherwise, and not why.
const DRAINED_MOST: usize = 64 << 20;

/// A request's body of at most `MOST` bytes.
pub(super) struct Whole<const MOST: usize>(pub(super) Bytes);

impl<const MOST: usize> FromRequest<App> for Whole<MOST> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        read(request, MOST, app.0.limits.body).await.map(Self)
    }
}

/// The body, if it is at most `most` bytes long and arrives within the time.
///
/// # Errors
/// 413 `body-too-long`, 408 `body-too-slow`, 400 `bad-body` where the connection broke.
pub(super) async fn read(
    request: Request,
    most: usize,
    within: Duration,
) -> Result<Bytes, Refused> {
    let (head, body) = request.into_parts();
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > most && asks_first(&head.headers) {
        return Err(too_long(most));
    }
    tokio::time::timeout(within, collect(body, most)).await.unwrap_or_else(|_| {
        Err(Refused::new(
            StatusCode::REQUEST_TIMEOUT,
            "body-too-slow",
            format!("the body did not arrive within {} seconds", within.as_secs()),
            "send it faster, or less of it at once",
        ))
    })
}

/// Whether the client sends nothing before it is told to.
fn asks_first(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes() == b"100-continue")
}

async fn collect(mut body: Body, most: usize) -> Result<Bytes, Refused> {
    let (mut kept, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|e| {
            Refused::bad("bad-body", format!("the body cannot be read: {e}"), "send it again")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= most {
            kept.extend_from_slice(&data);
        } else {
            kept = Vec::new();
        }
        if length > most.saturating_add(DRAINED_MOST) {
            break;
        }
    }
    if length > most { Err(too_long(most)) } else { Ok(kept.into()) }
}

fn too_long(most: usize) -> Refused {
    Refused::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-long",
        format!("the body is longer than the {most} bytes that this path takes"),
        "send less at once",
    )
}
