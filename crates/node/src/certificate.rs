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

    #[test]
    fn a_certificate_is_one_and_stands_alone() {
        // What is no certificate inside; a good one is in the tests of the program.
        let inside = format!("{BEGIN}\nAAAA\n{END}\n");
        let twice = format!("{inside}{inside}");
        let key = inside.replace("CERTIFICATE", "PRIVATE KEY");
        for bad in ["", "AAAA", &inside, &twice, &key, &format!("{inside}in force: everything\n")] {
            assert_eq!(check_certificate(bad).unwrap_err().code, "bad-certificate", "{bad}");
        }
    }
}
