//! Bodies: whole, in time, not too long, and not too many at once.

use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use hyper::body::Frame;

use super::held::Held;
use super::{App, callers};
use crate::problem::Refused;

/// How much of a body that is too long is read and thrown away. A client that is still sending
/// would see a broken connection otherwise, and not why.
const DRAINED_MOST: usize = 64 << 20;

/// A body that is all here, and what it holds of the room for bodies.
pub(super) struct Received {
    bytes: Bytes,
    held: Held,
}

impl Received {
    /// What the body holds of the room for bodies, for as long as what was read from it is kept.
    pub(super) fn into_held(self) -> Held {
        self.held
    }
}

impl AsRef<[u8]> for Received {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Deref for Received {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A request's body of at most `MOST` bytes, by whoever sends it.
pub(super) struct Whole<const MOST: usize>(pub(super) Received);

impl<const MOST: usize> FromRequest<App> for Whole<MOST> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let held = room_for(app, &request);
        read(request, MOST, app.0.limits.body, held).await.map(Self)
    }
}

/// Room for a request's body.
pub(super) fn room_for(app: &App, request: &Request) -> Held {
    app.0.bodies.begin(&callers::of(request))
}

/// The body, if it is at most `most` bytes long, arrives within the time, and there is room for it.
///
/// # Errors
/// 413 `body-too-long`, 408 `body-too-slow`, 400 `bad-body` where the connection broke, 503
/// `bodies-too-many` where others hold the room.
pub(super) async fn read(
    request: Request,
    most: usize,
    within: Duration,
    held: Held,
) -> Result<Received, Refused> {
    let (head, body) = request.into_parts();
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > most && asks_first(&head.headers) {
        return Err(too_long(most));
    }
    tokio::time::timeout(within, collect(body, most, held)).await.unwrap_or_else(|_| {
        Err(Refused::new(
            StatusCode::REQUEST_TIMEOUT,
            "body-too-slow",
            format!("the body did not arrive within {} seconds", within.as_secs()),
            "send it faster, or less of it at once",
        ))
    })
}

/// Throws a body away of which nothing is wanted, so that its sender comes to read why.
pub(super) async fn throw_away(request: Request, within: Duration) {
    let (head, mut body) = request.into_parts();
    if asks_first(&head.headers) {
        return;
    }
    let all = async {
        let mut length = 0_usize;
        while let Some(Ok(frame)) = next(&mut body).await {
            length = length.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if length > DRAINED_MOST {
                break;
            }
        }
    };
    tokio::time::timeout(within, all).await.ok();
}

/// Whether the client sends nothing before it is told to.
fn asks_first(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes() == b"100-continue")
}

async fn next(body: &mut Body) -> Option<Result<Frame<Bytes>, axum::Error>> {
    std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

async fn collect(mut body: Body, most: usize, held: Held) -> Result<Received, Refused> {
    // What is not kept any more holds nothing.
    let mut kept = Ok((Vec::new(), held));
    let mut length = 0_usize;
    while let Some(frame) = next(&mut body).await {
        let frame = frame.map_err(|e| {
            Refused::bad("bad-body", format!("the body cannot be read: {e}"), "send it again")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        kept = kept.and_then(|(mut bytes, mut held): (Vec<u8>, Held)| {
            if length > most {
                return Err(too_long(most));
            }
            if !held.more(data.len()) {
                return Err(too_many());
            }
            bytes.extend_from_slice(&data);
            Ok((bytes, held))
        });
        if length > most.saturating_add(DRAINED_MOST) {
            break;
        }
    }
    if length > most {
        return Err(too_long(most));
    }
    kept.map(|(bytes, held)| Received { bytes: bytes.into(), held })
}

fn too_many() -> Refused {
    Refused::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "bodies-too-many",
        "bodies that others are sending hold all the room that there is for them",
        "try again in a moment: resending is safe",
    )
}

fn too_long(most: usize) -> Refused {
    Refused::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-long",
        format!("the body is longer than the {most} bytes that this path takes"),
        "send less at once",
    )
}
