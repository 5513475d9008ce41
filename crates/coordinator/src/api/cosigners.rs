//! `POST` and `GET /v1/cosigners`: by which further keys parties cosign.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_wire::cosigner::Cosigners;

use super::body::Whole;
use super::{App, RESULT_MOST};
use crate::cosigners::{COSIGNERS, opened};
use crate::problem::Refused;
use crate::view::lock;
use crate::witnessed::FAR_SECONDS;

/// A party's word about its keys: kept, and passed on as it is.
pub(super) async fn introduce(
    State(app): State<App>,
    Whole(body): Whole<RESULT_MOST>,
) -> Result<StatusCode, Refused> {
    let said = opened(&app.0.view.replica(), &body).map_err(|why| {
        let hint = "sign it with the party's ledger key, for this log";
        Refused::bad("not-a-cosigner", why.to_string(), hint)
    })?;
    let now = (app.0.cosigning.clock)();
    if said.time.seconds() > now.seconds().saturating_add(FAR_SECONDS) {
        let what = format!("it says that it was signed at {}, and it is {now}", said.time);
        return Err(Refused::bad("not-a-cosigner", what, "check the clock of whoever signs"));
    }
    // One after the other: what is on disk is what counts, and it is there before it does.
    let _one = app.0.introducing.lock().await;
    let witnessed = &app.0.view.0.witnessed;
    if lock(witnessed).is_news(&said) {
        let name = format!("{COSIGNERS}{}", said.party);
        app.0.sequencer.put_note(name, body.to_vec()).await?;
        lock(witnessed).introduce(&said);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What every party has said: whoever asks checks it by the log.
pub(super) async fn all(State(app): State<App>) -> Result<Json<Cosigners>, Refused> {
    let notes = app.0.view.notes(COSIGNERS.to_owned()).await?;
    let envelopes = notes.into_iter().map(|(_, bytes)| STANDARD.encode(bytes)).collect();
    Ok(Json(Cosigners { envelopes }))
}
