//! A recorder on loopback that ends TLS, keeps each request as it came, and hands it on.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether it was listed when it came.
    pub(crate) listed_before: bool,
}

type All = Arc<(Mutex<Vec<Seen>>, Condvar)>;
/// Whether more requests like this one are listed than so many.
type Listed = Arc<dyn Fn(&Seen, usize) -> bool + Send + Sync>;

pub(crate) struct Recorder {
    pub(crate) address: String,
    pub(crate) certificate: String,
    all: All,
}

/// Whether this is an address of a recorder.
pub(crate) fn is_here(host: &str) -> bool {
    host.strip_prefix("127.0.0.1:").is_some_and(|port| port.parse::<u16>().is_ok())
}

impl Recorder {
    /// Before whoever listens at this address under this certificate.
    pub(crate) fn before(
        to: &str,
        certificate: Vec<u8>,
        listed: impl Fn(&Seen, usize) -> bool + Send + Sync + 'static,
    ) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.unwrap())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let (all, config, to) = (All::default(), Arc::new(config), to.to_owned());
        let (agent, listed): (Agent, Listed) = (trusting(&certificate), Arc::new(listed));
        let kept = all.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, config, agent) = (kept.clone(), config.clone(), agent.clone());
                let (to, listed) = (to.clone(), listed.clone());
                thread::spawn(move || {
                    let connection = ServerConnection::new(config).ok()?;
                    let stream = BufReader::new(StreamOwned::new(connection, stream));
                    serve(stream, &to, &agent, &kept, &listed)
                });
            }
        });
        Self { address, certificate: made.cert.pem(), all }
    }

    /// All requests, once there are so many.
    pub(crate) fn until(&self, count: usize) -> Vec<Seen> {
        let (all, came) = &*self.all;
        let (mut all, begun) = (all.lock().unwrap(), Instant::now());
        while all.len() < count {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} of {count} came", all.len());
            all = came.wait_timeout(all, Duration::from_secs(1)).unwrap().0;
        }
        all.clone()
    }
}

fn trusting(certificate: &[u8]) -> Agent {
    let roots: Vec<_> = parse_pem(certificate)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::from(roots)).build();
    let config = Agent::config_builder().tls_config(tls).http_status_as_error(false).proxy(None);
    config.build().new_agent()
}

/// One request after the other, until the client hangs up.
fn serve(
    mut stream: BufReader<StreamOwned<ServerConnection, TcpStream>>,
    to: &str,
    agent: &Agent,
    all: &All,
    listed: &Listed,
) -> Option<()> {
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let mut words = first.split_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (mut headers, mut long) = (Vec::new(), 0);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            let name = name.to_ascii_lowercase();
            if name == "content-length" {
                long = value.parse().unwrap();
            }
            headers.push((name, value.to_owned()));
        }
        let mut body = vec![0; long];
        stream.read_exact(&mut body).ok()?;
        let mut seen = Seen { path, headers, body, listed_before: false };
        {
            let mut all = all.0.lock().unwrap();
            let like = |other: &&Seen| other.path == seen.path && other.body == seen.body;
            let before = all.iter().filter(like).count();
            seen.listed_before = listed(&seen, before);
            all.push(seen.clone());
        }
        all.1.notify_all();
        let (head, body) = handed_on(agent, to, &method, &seen)?;
        let out = stream.get_mut();
        out.write_all(head.as_bytes()).ok()?;
        out.write_all(&body).ok()?;
        out.flush().ok()?;
    }
}

fn handed_on(agent: &Agent, to: &str, method: &str, seen: &Seen) -> Option<(String, Vec<u8>)> {
    let url = format!("{to}{}", seen.path);
    let own = |name: &str| name.starts_with("concordat-") || name == "content-type";
    let headers = seen.headers.iter().filter(|(name, _)| own(name));
    let answer = match method {
        "GET" => headers.fold(agent.get(&url), |r, (n, v)| r.header(n, v)).call(),
        "PUT" => headers.fold(agent.put(&url), |r, (n, v)| r.header(n, v)).send(&seen.body),
        _ => headers.fold(agent.post(&url), |r, (n, v)| r.header(n, v)).send(&seen.body),
    };
    let mut answer = answer.ok()?;
    let status = answer.status().as_u16();
    let word = answer.headers().get("concordat-word").and_then(|word| word.to_str().ok());
    let word = word.map(|word| format!("concordat-word: {word}\r\n")).unwrap_or_default();
    let body = answer.body_mut().with_config().limit(64 << 20).read_to_vec().ok()?;
    let long =
        if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    Some((format!("HTTP/1.1 {status} said\r\n{long}{word}\r\n"), body))
}
