//! One request and its answer, of which no more is read than its kind can need.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_wire::api::WORD_HEADER;
use ureq::{Agent, Error};

use super::fault::Fault;
use crate::problems::problem;

/// The longest call: an answer is held back for at most [`HOLD_MOST`](concordat_wire::api::HOLD_MOST)
/// seconds, and then takes its time on the wire.
pub(super) const CALL: Duration = Duration::from_secs(90);

/// What is said about an act, a run or a problem, whatever was asked: an entry has less than
/// 64 KiB, and an answer says little more than it did.
pub(super) const ANSWER_MOST: usize = 256 << 10;

#[derive(Clone, Copy)]
pub(super) enum Method {
    Get,
    Post,
    Put,
}

/// What is asked.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Where, from the first slash on.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// The most bytes of a good answer.
    pub(super) most: usize,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// What the log's key has signed of it.
    pub(super) word: Option<Vec<u8>>,
}

/// Asks the coordinator at `base`.
pub(super) fn call(agent: &Agent, base: &str, request: Request) -> Result<Answer, Fault> {
    let Request { method, path, headers, body, most } = request;
    let url = format!("{base}{path}");
    let sent = match method {
        Method::Get => with(agent.get(&url), headers).call(),
        Method::Post => with(agent.post(&url), headers).send(&body),
        Method::Put => with(agent.put(&url), headers).send(&body),
    };
    let mut answer = sent.map_err(|e| Fault::Offline(e.to_string()))?;
    let status = answer.status().as_u16();
    let word = answer.headers().get(WORD_HEADER).and_then(|word| STANDARD.decode(word).ok());
    let most = most.max(ANSWER_MOST);
    // The end is only seen by looking one byte further.
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    match answer.body_mut().with_config().limit(limit).read_to_vec() {
        Ok(body) => Ok(Answer { status, body, word }),
        Err(Error::BodyExceedsLimit(_)) => Err(Fault::Own(problem(
            "answer-too-large",
            format!("the coordinator's answer to `{path}` has more than {most} bytes"),
            "ask its operator; what was read is thrown away",
        ))),
        Err(e) => Err(Fault::Offline(e.to_string())),
    }
}

fn with<B>(
    request: ureq::RequestBuilder<B>,
    headers: Vec<(&'static str, String)>,
) -> ureq::RequestBuilder<B> {
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}
