//! One request and its answer, of which no more is read than its kind can need.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_terms::{Digest, RunId, Timestamp};
use concordat_wire::api::WORD_HEADER;
use ureq::{Agent, Error};

use super::fault::Fault;
use super::id_of;
use crate::egress::Kind;
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

/// By what a request may leave.
#[derive(Clone)]
pub(super) enum By {
    /// Whoever is party to the log may send it.
    Log,
    /// The act in it.
    Act(Digest),
    /// That this party takes part in a run.
    Run(RunId),
}

impl By {
    pub(super) fn act(envelope: &[u8]) -> Self {
        Self::Act(id_of(envelope))
    }
}

/// What is asked.
#[derive(Clone)]
pub(super) struct Request {
    /// What it is, for the ledger.
    pub(super) kind: Kind,
    pub(super) by: By,
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
    /// When it was given, by whoever gave it.
    pub(super) date: Option<Timestamp>,
}

/// Asks the coordinator at `base`.
pub(super) fn call(agent: &Agent, base: &str, request: Request) -> Result<Answer, Fault> {
    let Request { method, path, headers, body, most, .. } = request;
    let url = format!("{base}{path}");
    let sent = match method {
        Method::Get => with(agent.get(&url), headers).call(),
        Method::Post => with(agent.post(&url), headers).send(&body),
        Method::Put => with(agent.put(&url), headers).send(&body),
    };
    let mut answer = sent.map_err(|e| Fault::Offline(unsent(&e)))?;
    let status = answer.status().as_u16();
    let word = answer.headers().get(WORD_HEADER).and_then(|word| STANDARD.decode(word).ok());
    let date = answer.headers().get("date").and_then(|date| dated(date.to_str().ok()?));
    let most = most.max(ANSWER_MOST);
    // The end is only seen by looking one byte further.
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    match answer.body_mut().with_config().limit(limit).read_to_vec() {
        Ok(body) => Ok(Answer { status, body, word, date }),
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

/// What went wrong before anybody answered.
fn unsent(e: &Error) -> String {
    match e {
        // Its text has the status and nothing of the request.
        Error::ConnectProxyFailed(why) if why.contains("407") => {
            "the proxy asks for a name and a password, or takes others (407)".to_owned()
        }
        Error::ConnectProxyFailed(why) => format!("the proxy does not connect: {why}"),
        e => e.to_string(),
    }
}

/// The time in `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
fn dated(text: &str) -> Option<Timestamp> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (_, date) = text.split_once(", ")?;
    let mut words = date.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (time, zone) = (words.next()?, words.next()?);
    let month = MONTHS.find(month).filter(|at| at % 3 == 0 && month.len() == 3)? / 3 + 1;
    (zone == "GMT").then(|| format!("{year}-{month:02}-{day}T{time}Z").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read_as_it_is_written() {
        let at = |text: &str| dated(text).map(|at| at.to_string());
        let published = "1994-11-06T08:49:37Z".to_owned();
        assert_eq!(at("Sun, 06 Nov 1994 08:49:37 GMT"), Some(published));
        for bad in
            ["", "Sun, 06 Nov 1994", "Sun, 06 anF 1994 08:49:37 GMT", "6 Nov", "x, a b c d GMT"]
        {
            assert_eq!(at(bad), None, "{bad}");
        }
        assert_eq!(at("Sun, 06 Nov 1994 08:49:37 CET"), None);
    }
}
