//! `GET` and `PUT /v1/blobs/<digest>`.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_terms::{Digest, PartyId};
use concordat_tlog::PublicKey;
use concordat_wire::api::{BLOB_BYTES_MAX, KEY_HEADER, SIGNATURE_HEADER, blob_message};

use super::callers::{self, Caller};
use super::runs::signed;
use super::{App, body};
use crate::problem::Refused;
use crate::room::signer as signer_of;

pub(super) async fn read(
    State(app): State<App>,
    Path(digest): Path<String>,
    path: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let digest = parse(&digest)?;
    let by = reader(&app, &headers, &path)?;
    let bytes = app.0.view.blob(digest).await?;
    let bytes = bytes.ok_or_else(|| Refused::not_found(format!("blob `{digest}` is not here")))?;
    let bytes = app.0.answers.hold(&by, bytes)?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        // A blob is what its name says, and may be erased: nobody on the way keeps a copy.
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, bytes).into_response())
}

pub(super) async fn write(
    State(app): State<App>,
    Path(digest): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refused> {
    let within = app.0.limits.body;
    let signed = parse(&digest).and_then(|digest| Ok((digest, signer(&app, &headers, &digest)?)));
    let (digest, (key, by)) = match signed {
        Ok(signed) => signed,
        // Nothing of it is kept: whoever has no key holds no memory.
        Err(refused) => {
            body::throw_away(request, within).await;
            return Err(refused);
        }
    };
    let held = app.0.bodies.begin(&by);
    let body = body::read(request, BLOB_BYTES_MAX, within, held).await?;
    let found = Digest::of(&body);
    if found != digest {
        return Err(Refused::bad(
            "other-blob",
            format!("the bytes have the digest `{found}`, not `{digest}`"),
            "name the blob by the SHA-256 of its bytes",
        ));
    }
    app.0.sequencer.put_blob(key, body.to_vec(), app.0.limits).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The party that asks by a registered key: only who can act under the agreement may read what belongs to
/// it, or leave something. Founders' keys count from the genesis on.
fn reader(app: &App, headers: &HeaderMap, path: &Uri) -> Result<Caller, Refused> {
    let signed = signed(headers, path).map_err(|refused| unsigned(&refused.problem.what))?;
    let replica = app.0.view.replica();
    let party = signer_of(replica.state(), &signed, (app.0.cosigning.clock)());
    let party = party.ok_or_else(|| unsigned("no registered key signed the request"))?;
    Ok(callers::party(replica.state(), party, &app.0.limits))
}

/// The id of the registered key that leaves a blob, and its party.
fn signer(app: &App, headers: &HeaderMap, digest: &Digest) -> Result<(String, Caller), Refused> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(signature)) = (text(KEY_HEADER), text(SIGNATURE_HEADER)) else {
        return Err(unsigned("the request names no key or has no signature"));
    };
    let replica = app.0.view.replica();
    let holder = id.parse().ok().and_then(|key| replica.state().holder(&key));
    let holder = holder.filter(|own| own.signs());
    let known = holder.and_then(|own| Some((own.public.parse().ok()?, own.party.clone()?)));
    let Some((public, party)): Option<(PublicKey, PartyId)> = known else {
        return Err(unsigned("the key is not registered"));
    };
    let signature = STANDARD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
    let Some(signature) = signature else { return Err(unsigned("the signature is not 64 bytes")) };
    public
        .verify(&blob_message(digest), &signature)
        .map_err(|_| unsigned("the signature does not verify"))?;
    Ok((id.to_owned(), callers::party(replica.state(), party, &app.0.limits)))
}

fn unsigned(what: &str) -> Refused {
    let hint = "sign with a registered ledger key: the path, the log and a time at most a quarter of an hour ahead \
                to read a blob, its digest to leave one";
    Refused::new(StatusCode::FORBIDDEN, "blob-not-signed", what, hint)
}

fn parse(digest: &str) -> Result<Digest, Refused> {
    digest
        .parse()
        .map_err(|e| Refused::bad("not-a-digest", format!("{e}"), "name a blob by its digest"))
}
