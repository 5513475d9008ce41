//! One request to a witness, and what its answer says.

use std::path::Path;
use std::time::Duration;

use concordat_front::folder::read;
use concordat_terms::Problem;
use concordat_tlog::note::{SIGNATURES_MAX, SignatureLine};
use concordat_tlog::witness::AddCheckpoint;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::trouble;
use crate::config::WitnessAt;
use crate::problem::unusable;

/// How long a witness may take for an answer.
const CALL: Duration = Duration::from_secs(15);
/// How long it may take to be reached.
const CONNECT: Duration = Duration::from_secs(5);
/// The most bytes of an answer: signature lines, of which one with ML-DSA-44 has some 3,300.
const ANSWER_MOST: u64 = 256 << 10;

/// What a witness answers.
pub(super) enum Answer {
    /// It has cosigned: its lines, unverified.
    Cosigned(Vec<SignatureLine>),
    /// It has cosigned so many entries last.
    Stale(u64),
    /// Nothing of use, or nothing at all.
    Refused(Problem),
}

/// A connection to one witness.
pub(super) struct Asker {
    agent: Agent,
    url: String,
}

impl Asker {
    /// # Errors
    /// A [`Problem`]: the certificate cannot be read, or is none.
    pub(super) fn new(at: &WitnessAt, home: &Path) -> Result<Self, Problem> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("concordat")
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(CALL));
        if let Some(file) = &at.certificate {
            let path = home.join(file);
            let roots: Vec<_> = parse_pem(read(&path)?.as_bytes())
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if roots.is_empty() {
                let what = format!("`{}` is not a certificate in PEM", path.display());
                return Err(unusable("bad-certificate", what, "copy the witness's `tls/cert.pem`"));
            }
            let tls = TlsConfig::builder().root_certs(RootCerts::from(roots)).build();
            config = config.tls_config(tls);
        }
        let local = ["//127.0.0.1", "//localhost", "//[::1]"];
        if local.iter().any(|local| at.url.contains(local)) {
            config = config.proxy(None);
        }
        Ok(Self { agent: config.build().new_agent(), url: format!("{}/add-checkpoint", at.url) })
    }

    /// Asks, on a thread that may wait for the network.
    pub(super) async fn ask(&self, request: &AddCheckpoint) -> Answer {
        let (agent, url, body) = (self.agent.clone(), self.url.clone(), request.to_string());
        let asked = tokio::task::spawn_blocking(move || {
            let mut answer = agent.post(&url).content_type("text/plain").send(body)?;
            let status = answer.status().as_u16();
            let body = answer.body_mut().with_config().limit(ANSWER_MOST).read_to_vec()?;
            Ok::<_, ureq::Error>((status, body))
        });
        match asked.await {
            Ok(Ok((status, body))) => understood(status, &body),
            Ok(Err(why)) => Answer::Refused(trouble::offline(&why.to_string())),
            Err(why) => Answer::Refused(trouble::offline(&why.to_string())),
        }
    }
}

fn understood(status: u16, body: &[u8]) -> Answer {
    let text = std::str::from_utf8(body).ok();
    match status {
        200 => {
            let lines = text.and_then(|text| {
                let lines: Result<Vec<_>, _> = text.lines().map(SignatureLine::parse).collect();
                lines.ok().filter(|lines| (1..=SIGNATURES_MAX).contains(&lines.len()))
            });
            lines.map_or_else(|| Answer::Refused(trouble::refused(status, "")), Answer::Cosigned)
        }
        409 => {
            let size = text.and_then(|text| text.trim_end().parse().ok());
            size.map_or_else(|| Answer::Refused(trouble::refused(status, "")), Answer::Stale)
        }
        422 => Answer::Refused(trouble::disagrees()),
        _ => Answer::Refused(trouble::refused(status, text.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_cosignature_a_size_or_of_no_use() {
        let code = |status, body: &str| match understood(status, body.as_bytes()) {
            Answer::Refused(problem) => problem.code,
            Answer::Cosigned(lines) => format!("{} lines", lines.len()),
            Answer::Stale(size) => format!("at {size}"),
        };
        assert_eq!(code(200, "\u{2014} w.example/w1 AAAAAAAA\n"), "1 lines");
        assert_eq!(code(200, ""), "witness-refuses");
        assert_eq!(code(200, "<html>"), "witness-refuses");
        assert_eq!(code(409, "12\n"), "at 12");
        assert_eq!(code(409, "a problem"), "witness-refuses");
        assert_eq!(code(422, ""), "witness-disagrees");
        assert_eq!(code(404, ""), "witness-refuses");
        assert_eq!(code(500, ""), "witness-refuses");
    }
}
