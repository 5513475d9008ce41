//! Uploads in chunks, and what participants fetch to check a sum: bytes as they lie on the disk.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse as _, Response};
use concordat_secagg::CHUNK;
use concordat_secagg::three::Speaker;
use concordat_terms::PartyId;
use concordat_wire::api::{Arrived, PIECE, Part};
use concordat_wire::round::{announced_bytes_max, decode_announced};

use super::runs::{ask, dimension, parse, role, signed};
use super::{App, ELEMENT, body};
use crate::problem::Refused;
use crate::room::Ask;

/// What will be uploaded; again at any time, to learn how far it came.
pub(super) async fn announce(
    State(app): State<App>,
    Path((run, round, attempt)): Path<(String, u32, u32)>,
    request: Request,
) -> Result<Response, Refused> {
    let most = announced_bytes_max(dimension(&app, &run).div_ceil(CHUNK));
    let held = body::room_for(&app, &request);
    let body = body::read(request, most, app.0.limits.body, held).await?;
    let announced = decode_announced(&body).map_err(|e| {
        let hint = "send the announcement as this release encodes it";
        Refused::bad("bad-message", format!("{e}"), hint)
    })?;
    ask(&app, &run, Ask::Announce { round, attempt, announced: Box::new(announced) }, body).await
}

/// A piece of what was announced.
pub(super) async fn bring(
    State(app): State<App>,
    Path((run, round, attempt, party, chunk)): Path<(String, u32, u32, String, usize)>,
    request: Request,
) -> Result<Json<Arrived>, Refused> {
    let most = dimension(&app, &run).min(PIECE * CHUNK) * ELEMENT;
    let held = body::room_for(&app, &request);
    let piece = body::read(request, most, app.0.limits.body, held).await?;
    let (run, by) = (parse(&run)?, Speaker::Contributor(name(&party)?));
    app.0.rooms.bring(&run, (round, attempt), (by, chunk), piece).await.map(Json)
}

/// A piece of what an aggregator opens.
pub(super) async fn bring_share(
    State(app): State<App>,
    Path((run, round, attempt, role, chunk)): Path<(String, u32, u32, String, usize)>,
    request: Request,
) -> Result<Json<Arrived>, Refused> {
    let most = dimension(&app, &run).min(PIECE * CHUNK) * ELEMENT;
    let held = body::room_for(&app, &request);
    let piece = body::read(request, most, app.0.limits.body, held).await?;
    let (run, by) = (parse(&run)?, Speaker::Aggregator(self::role(&role)?));
    app.0.rooms.bring(&run, (round, attempt), (by, chunk), piece).await.map(Json)
}

/// A piece of what a participant brought in the attempt that is going on, for the neutral aggregator.
pub(super) async fn brought(
    State(app): State<App>,
    Path((run, round, attempt, party, chunk)): Path<(String, u32, u32, String, usize)>,
    path: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (signed, party) = (signed(&headers, &path)?, name(&party)?);
    let at = (round, attempt);
    app.0.rooms.words(&parse(&run)?, at, (party, chunk), signed).await.map(bytes)
}

pub(super) async fn share(
    State(app): State<App>,
    Path((run, round, role, chunk)): Path<(String, u32, String, usize)>,
    path: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    fetch(&app, (&run, round), Part::Share(self::role(&role)?, chunk), (&path, &headers)).await
}

pub(super) async fn digests(
    State(app): State<App>,
    Path((run, round, party)): Path<(String, u32, String)>,
    path: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    fetch(&app, (&run, round), Part::Digests(name(&party)?), (&path, &headers)).await
}

pub(super) async fn words(
    State(app): State<App>,
    Path((run, round, chunk)): Path<(String, u32, usize)>,
    path: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    fetch(&app, (&run, round), Part::Words(chunk), (&path, &headers)).await
}

pub(super) async fn sum(
    State(app): State<App>,
    Path((run, round, chunk)): Path<(String, u32, usize)>,
    path: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    fetch(&app, (&run, round), Part::Sum(chunk), (&path, &headers)).await
}

async fn fetch(
    app: &App,
    (run, round): (&str, u32),
    part: Part,
    (path, headers): (&Uri, &HeaderMap),
) -> Result<Response, Refused> {
    let signed = signed(headers, path)?;
    app.0.rooms.fetch(&parse(run)?, round, part, signed).await.map(bytes)
}

fn bytes(bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        // It is destroyed with the run: nobody on the way keeps a copy.
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    (headers, bytes).into_response()
}

fn name(party: &str) -> Result<PartyId, Refused> {
    party.parse().map_err(|e| Refused::bad("not-a-party", format!("{e}"), "name a party"))
}
