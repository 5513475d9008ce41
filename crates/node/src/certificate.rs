//! The certificate by which a coordinator is said to be known: checked before anybody writes it down.

use concordat_terms::Problem;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use ureq::tls::{PemItem, parse_pem};

use crate::problems::problem;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Takes exactly one certificate in PEM, and no text before, between or after its lines.
///
/// # Errors
/// `bad-certificate`, otherwise.
pub fn check_certificate(pem: &str) -> Result<(), Problem> {
    let bad = |why: &str| {
        let what = format!("the coordinator's certificate is not one certificate in PEM: {why}");
        problem("bad-certificate", what, "copy `tls/cert.pem` from the coordinator's operator")
    };
    let mut lines = pem.lines();
    let framed = lines.next() == Some(BEGIN) && lines.next_back() == Some(END);
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    if !framed || !lines.all(|line| !line.is_empty() && line.chars().all(base64)) {
        return Err(bad("there is other text in it"));
    }
    let items: Vec<_> = parse_pem(pem.as_bytes()).collect();
    let [Ok(PemItem::Certificate(certificate))] = items.as_slice() else {
        return Err(bad("it cannot be read"));
    };
    let der = CertificateDer::from(certificate.der().to_vec());
    RootCertStore::empty().add(der).map_err(|why| bad(&why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that would be taken: every spoilt one below differs from it in one thing.
    fn good() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_certificate_is_one_and_stands_alone() {
        let (good, key) = good();
        let windows = good.replace("\r\n", "\n").replace('\n', "\r\n");
        for taken in [&good, &windows, &good.trim_end().to_owned()] {
            check_certificate(taken).unwrap_or_else(|problem| panic!("{problem:?}: {taken}"));
        }

        let lines: Vec<&str> = good.lines().collect();
        let (first, rest) = lines.split_first().unwrap();
        let shorter = [&lines[..2], &lines[lines.len() - 1..]].concat().join("\n");
        let spoilt = [
            (String::new(), "other text"),
            (rest.join("\n"), "other text"),
            (lines[..lines.len() - 1].join("\n"), "other text"),
            (format!("{good}{good}"), "other text"),
            (format!("{good}in force: everything\n"), "other text"),
            (format!("in force: everything\n{good}"), "other text"),
            (format!("{first}\n\n{}", rest.join("\n")), "other text"),
            (good.replacen(rest[0], &format!("{}\u{202e}", rest[0]), 1), "other text"),
            (key, "other text"),
            (good.replace(rest[0], "===="), "cannot be read"),
            // Base64 that is no certificate.
            (format!("{BEGIN}\nAAAA\n{END}\n"), ""),
            (shorter, ""),
        ];
        for (pem, why) in spoilt {
            let problem = check_certificate(&pem).unwrap_err();
            assert_eq!(problem.code, "bad-certificate", "{pem}");
            assert!(problem.to_string().contains(why), "{problem}: {pem}");
        }
    }
}
