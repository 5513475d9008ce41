//! The way to the coordinator, step by step: the name, the proxy, and whose certificate ends TLS there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_terms::{Period, Problem};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    StreamOwned,
};

use super::Check;
use super::named::named;
use crate::address;
use crate::client::{Proxy, certificates};
use crate::home::Home;
use crate::now;

/// How long each step may take.
const STEP: Duration = Duration::from_secs(10);
/// The most bytes of what a proxy says before it connects.
const HEAD_MOST: usize = 16 << 10;
/// How long before its end a certificate is spoken of.
const SOON: Period = Period { months: 0, days: 30, seconds: 0 };

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// What is found on the way to the coordinator, as far as it leads.
pub fn line(home: &Home) -> Vec<Check> {
    let mut checks = Vec::new();
    let base = &home.config().coordinator;
    let (host, port) = match address::parts(base) {
        Ok(parts) => parts,
        Err(problem) => return vec![Check::fail("dns", problem.what, problem.hint)],
    };
    let proxy = match Proxy::of_environment(&host) {
        Ok(proxy) => proxy,
        Err(problem) => return vec![Check::fail("proxy", problem.what, problem.hint)],
    };
    // Behind a proxy it is the proxy that looks the coordinator's name up.
    let (name, at) = proxy.as_ref().map_or((host.as_str(), port), |p| (p.host(), p.port()));
    let whose = if proxy.is_some() { "the proxy" } else { "the coordinator" };
    let found = match looked_up(name, at) {
        Ok(found) => found,
        Err(why) => {
            let hint = match proxy {
                Some(_) => "check the proxy's name and the machine's name servers",
                None => "check the name; if only a proxy gets out of here, set `HTTPS_PROXY`",
            };
            let what = format!("{whose} `{name}` has no address here: {why}");
            checks.push(Check::fail("dns", what, hint));
            return checks;
        }
    };
    let behind = if proxy.is_some() { "; the proxy looks the coordinator up" } else { "" };
    checks
        .push(Check::ok("dns", format!("{whose} `{name}` has {} addresses{behind}", found.len())));

    let stream = match connected(&found) {
        Ok(stream) => stream,
        Err(why) => {
            let check = if proxy.is_some() { "proxy" } else { "line" };
            let what = format!("{whose} `{name}:{at}` does not answer: {why}");
            let hint = match proxy {
                Some(_) => "check the proxy's address and port",
                None => {
                    "have this machine let out to that port; if a proxy is to be used, set \
                         `HTTPS_PROXY`"
                }
            };
            checks.push(Check::fail(check, what, hint));
            return checks;
        }
    };
    let stream: Box<dyn Stream> = match &proxy {
        None => {
            checks.push(Check::ok("proxy", "none: the environment names none for this host"));
            Box::new(stream)
        }
        Some(proxy) => match tunnel(home, proxy, stream, &host, port) {
            Ok(stream) => {
                let said =
                    format!("`{name}:{at}` connects to the coordinator, by `{}`", proxy.variable());
                checks.push(Check::ok("proxy", said));
                stream
            }
            Err(check) => {
                checks.push(check);
                return checks;
            }
        },
    };
    checks.push(tls(home, &host, stream));
    checks
}

/// The addresses of a name; a resolver that does not answer is not waited for.
fn looked_up(name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let (done, found) = sync_channel(1);
    let bare = name.trim_start_matches('[').trim_end_matches(']').to_owned();
    thread::spawn(move || {
        let found = (bare.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody may be waiting any more.
        done.send(found).ok();
    });
    match found.recv_timeout(STEP) {
        Ok(Ok(found)) if found.is_empty() => Err("the name servers know none".to_owned()),
        Ok(Ok(found)) => Ok(found),
        Ok(Err(e)) => Err(e.to_string()),
        Err(_) => Err(format!("the name servers did not answer in {} seconds", STEP.as_secs())),
    }
}

fn connected(found: &[SocketAddr]) -> Result<TcpStream, String> {
    let mut why = String::new();
    for at in found {
        match TcpStream::connect_timeout(at, STEP) {
            Ok(stream) => {
                let timed =
                    stream.set_read_timeout(Some(STEP)).and(stream.set_write_timeout(Some(STEP)));
                return timed.map(|()| stream).map_err(|e| e.to_string());
            }
            Err(e) => why = e.to_string(),
        }
    }
    Err(why)
}

/// A way through a proxy (RFC 9110 §9.3.6).
fn tunnel(
    home: &Home,
    proxy: &Proxy,
    stream: TcpStream,
    host: &str,
    port: u16,
) -> Result<Box<dyn Stream>, Check> {
    let fail = |what: String, hint: &str| Check::fail("proxy", what, hint);
    let mut stream: Box<dyn Stream> = Box::new(stream);
    if proxy.is_tls() {
        let trusted = roots(home).map_err(|problem| fail(problem.what, &problem.hint))?;
        let (shaken, seen) = handshake(stream, proxy.host(), trusted.all);
        stream = shaken.map_err(|why| {
            let by = seen.map(|seen| seen.issuer).unwrap_or_default();
            let hint = "name the authority that issued the proxy's certificate with `authority` below \
                        `[node]`";
            fail(format!("the proxy's own certificate, issued by `{by}`, is not known: {why}"), hint)
        })?;
    }
    let mut head = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if let Some((name, password)) = proxy.credentials() {
        let both = STANDARD.encode(format!("{name}:{password}"));
        head.push_str(&format!("Proxy-Authorization: Basic {both}\r\n"));
    }
    head.push_str("\r\n");
    let said = stream.write_all(head.as_bytes()).and_then(|()| stream.flush());
    let answer = said.map_err(|e| e.to_string()).and_then(|()| head_of(&mut stream));
    let answer = answer
        .map_err(|why| fail(format!("the proxy says nothing: {why}"), "is it an HTTP proxy?"))?;
    let variable = proxy.variable();
    match answer.split_whitespace().nth(1).and_then(|status| status.parse().ok()) {
        Some(200_u16) => Ok(stream),
        Some(407) => {
            let what = match proxy.credentials() {
                Some(_) => "the proxy does not take the name and the password (407)",
                None => "the proxy asks for a name and a password (407)",
            };
            let hint = format!(
                "write them into `{variable}`, as `http://NAME:PASSWORD@host:port`; of what it may \
                 ask for, `Basic` alone is given"
            );
            Err(fail(what.to_owned(), &hint))
        }
        Some(status @ (403 | 405)) => {
            let hint = format!("have `{host}:{port}` allowed for this machine, with CONNECT");
            Err(fail(format!("the proxy does not connect to the coordinator ({status})"), &hint))
        }
        Some(status) => Err(fail(
            format!("the proxy did not reach the coordinator ({status})"),
            "check the coordinator's name and port, and that the proxy may go there",
        )),
        None => Err(fail("what answers there is no HTTP proxy".to_owned(), "check its port")),
    }
}

/// The head of an answer, byte by byte: what follows it is not the proxy's any more.
fn head_of(stream: &mut dyn Stream) -> Result<String, String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if head.len() >= HEAD_MOST {
            return Err("its answer has no end".to_owned());
        }
        match stream.read(&mut byte) {
            Ok(0) => return Err("it hung up".to_owned()),
            Ok(_) => head.extend_from_slice(&byte),
            Err(e) => return Err(e.to_string()),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Whose certificates are taken.
struct Roots {
    /// That of the coordinator.
    own: RootCertStore,
    /// That of who may stand in for it on the way, where the configuration names one.
    authority: Option<RootCertStore>,
    /// Both.
    all: RootCertStore,
}

fn roots(home: &Home) -> Result<Roots, Problem> {
    let (mut own, mut all) = (RootCertStore::empty(), RootCertStore::empty());
    let mut put = |store: &mut RootCertStore, pem: &[u8]| {
        for der in certificates(pem) {
            // One that is none counts for nothing.
            store.add(der.clone()).ok();
            all.add(der).ok();
        }
    };
    put(&mut own, &home.certificate()?);
    let authority = home.authority()?.map(|pem| {
        let mut store = RootCertStore::empty();
        put(&mut store, &pem);
        store
    });
    Ok(Roots { own, authority, all })
}

fn tls(home: &Home, host: &str, stream: Box<dyn Stream>) -> Check {
    let trusted = match roots(home) {
        Ok(trusted) => trusted,
        Err(problem) => return Check::fail("tls", problem.what, problem.hint),
    };
    let (shaken, seen) = handshake(stream, host, trusted.all);
    let Some(seen) = seen else {
        let why = shaken.err().unwrap_or_default();
        let hint = "what answers there speaks no TLS, or something on the way cuts it off";
        return Check::fail("tls", format!("no certificate is shown: {why}"), hint);
    };
    let Seen { issuer, subject, until, .. } = &seen;
    let verified = |roots: &RootCertStore| verifies(&seen, host, roots.clone());
    let ends = until.map(|until| format!(", until {until}")).unwrap_or_default();
    let soon = until.is_some_and(|until| until < now().plus(SOON));
    if verified(&trusted.own) {
        let found =
            format!("`{subject}` by `{issuer}`{ends}: the coordinator's own, nobody in between");
        if soon {
            let hint = "ask the coordinator's operator for the next certificate before that";
            return Check::warn("tls", found, hint);
        }
        return Check::ok("tls", found);
    }
    if trusted.authority.as_ref().is_some_and(verified) {
        return Check::warn(
            "tls",
            format!(
                "inspected: `{issuer}`, the authority of the configuration, ends TLS on the way{ends}; \
                 it can read what is sent, and no contribution or row is in that"
            ),
            "nothing is to be done if it is meant so: docs/how-to/run-a-node-in-a-hospital.md",
        );
    }
    let why = shaken.err().unwrap_or_default();
    Check::fail(
        "tls",
        format!(
            "a certificate of `{subject}`, issued by `{issuer}`, is shown, and is not known: {why}"
        ),
        "if your network inspects TLS, put its authority's certificate into the folder and write \
         `authority = \"FILE\"` below `[node]`; if not, ask the operator for the coordinator's",
    )
}

/// A certificate that was shown, with those beside it.
#[derive(Debug, Default)]
struct Seen {
    chain: Vec<CertificateDer<'static>>,
    issuer: String,
    subject: String,
    until: Option<concordat_terms::Timestamp>,
}

/// Greets over TLS as a node does, and keeps what certificate is shown, taken or not.
fn handshake(
    mut stream: Box<dyn Stream>,
    host: &str,
    roots: RootCertStore,
) -> (Result<Box<dyn Stream>, String>, Option<Seen>) {
    let provider = Arc::new(ring::default_provider());
    let looking = match Looking::new(roots, provider.clone()) {
        Ok(looking) => Arc::new(looking),
        Err(why) => return (Err(why), None),
    };
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let made = config.map_err(|e| e.to_string()).and_then(|config| {
        let config = config
            .dangerous()
            .with_custom_certificate_verifier(looking.clone())
            .with_no_client_auth();
        let name = ServerName::try_from(bare(host).to_owned()).map_err(|e| e.to_string())?;
        ClientConnection::new(Arc::new(config), name).map_err(|e| e.to_string())
    });
    let shaken = made.and_then(|mut connection| {
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|e| e.to_string())?;
        }
        let stream: Box<dyn Stream> = Box::new(StreamOwned::new(connection, stream));
        Ok(stream)
    });
    let chain = std::mem::take(&mut *looking.seen());
    let seen = chain.first().map(|first| {
        let said = named(first).unwrap_or_default();
        (said.issuer, said.subject, said.until)
    });
    let seen = seen.map(|(issuer, subject, until)| Seen { chain, issuer, subject, until });
    (shaken, seen)
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn verifies(seen: &Seen, host: &str, roots: RootCertStore) -> bool {
    let (Some((first, others)), Ok(name)) =
        (seen.chain.split_first(), ServerName::try_from(bare(host).to_owned()))
    else {
        return false;
    };
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.is_ok_and(|verifier| {
        verifier.verify_server_cert(first, others, &name, &[], UnixTime::now()).is_ok()
    })
}

/// Verifies as a node does, and keeps what it was shown.
#[derive(Debug)]
struct Looking {
    inner: Arc<WebPkiServerVerifier>,
    seen: Mutex<Vec<CertificateDer<'static>>>,
}

impl Looking {
    fn new(roots: RootCertStore, provider: Arc<CryptoProvider>) -> Result<Self, String> {
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self { inner: inner.map_err(|e| e.to_string())?, seen: Mutex::default() })
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Vec<CertificateDer<'static>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for Looking {
    fn verify_server_cert(
        &self,
        first: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        at: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(first).chain(others);
        *self.seen() = all.map(|der| der.clone().into_owned()).collect();
        self.inner.verify_server_cert(first, others, name, stapled, at)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
