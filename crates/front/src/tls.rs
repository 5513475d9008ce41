//! TLS 1.3 with one certificate.

use std::sync::Arc;

use concordat_terms::Problem;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate for `localhost` and `127.0.0.1`, and its key; both PEM.
///
/// # Errors
/// A [`Problem`]: the machine has no randomness.
pub(crate) fn self_signed() -> Result<(String, String), Problem> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).map_err(|e| bad(&e))?;
    Ok((made.cert.pem(), made.signing_key.serialize_pem()))
}

/// TLS 1.3 and nothing older.
///
/// # Errors
/// A [`Problem`]: the certificate or the key is none.
pub(crate) fn server_config(cert_pem: &str, key_pem: &str) -> Result<Arc<ServerConfig>, Problem> {
    let chain = CertificateDer::pem_slice_iter(cert_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| bad(&e))?;
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|e| bad(&e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|e| bad(&e))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| bad(&e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn bad(fault: &dyn std::fmt::Display) -> Problem {
    let what = format!("the TLS certificate or key is unusable: {fault}");
    crate::unusable("bad-certificate", what, "remove the folder `tls` to have a new one made")
}
