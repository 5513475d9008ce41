//! `POST /v1/acts`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_replay::Opened;
use concordat_wire::api::Submit;

use super::body::Whole;
use super::{App, SUBMIT_MOST};
use crate::problem::Refused;
use crate::view::Told;

/// The most envelopes of one request.
const ENVELOPES_MOST: usize = 1_000;
/// So many are read at once, in less than a millisecond: to hand the thread's other work over first would
/// have as many requests read at the same time as there are, and none of them sooner.
const ENVELOPES_FEW: usize = 16;

pub(super) async fn submit(
    State(app): State<App>,
    Whole(body): Whole<SUBMIT_MOST>,
) -> Result<Response, Refused> {
    let bad = |what: String| {
        Refused::bad("bad-submission", what, "send `{\"envelopes\": […]}`, 1 to 1,000 in base64")
    };
    let submit: Submit = serde_json::from_slice(&body).map_err(|e| bad(e.to_string()))?;
    if submit.envelopes.is_empty() || submit.envelopes.len() > ENVELOPES_MOST {
        return Err(bad(format!("{} envelopes are not 1 to 1,000", submit.envelopes.len())));
    }
    let envelopes = submit
        .envelopes
        .iter()
        .map(|text| STANDARD.decode(text).map_err(|e| bad(format!("not base64: {e}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let told = app.0.sequencer.submit(opened(&app, envelopes)).await?;
    Ok(answer(&app, told))
}

/// Reads the envelopes and checks their signatures here, beside the sequencer: it has one thread, and
/// asks only whose keys count when their turn comes. The log's state is held only for what is signed
/// with keys that have signed nothing yet, as forged acts are.
fn opened(app: &App, envelopes: Vec<Vec<u8>>) -> Vec<Opened<'static>> {
    let view = &app.0.view;
    let keyring = view.replica().keyring().clone();
    let many = envelopes.len() > ENVELOPES_FEW;
    let open_one = |envelope| {
        let opened = keyring.read(envelope);
        if opened.is_checked() { opened } else { view.replica().reopen(opened) }
    };
    let open = || envelopes.into_iter().map(open_one).collect();
    // What takes long lets other requests be answered meanwhile.
    if many { tokio::task::block_in_place(open) } else { open() }
}

/// 409 for one refused act alone, else 200.
pub(super) fn answer(app: &App, told: Vec<Told>) -> Response {
    let refused = matches!(told.as_slice(), [only] if !only.receipt.admitted);
    let status = if refused { StatusCode::CONFLICT } else { StatusCode::OK };
    (status, Json(app.0.voice.promised(told))).into_response()
}
