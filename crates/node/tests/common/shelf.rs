//! A coordinator that says what a test puts on its shelf: HTTPS on loopback, one thread a request.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_wire::api::WORD_HEADER;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;
/// A status and a body.
type Answered = (u16, Vec<u8>);
type Shelved = Arc<Mutex<BTreeMap<String, Answered>>>;
type Answer = Box<dyn Fn(&[u8]) -> Vec<u8> + Send>;

/// `GET`s are answered from the shelf; what is posted or put is kept.
#[derive(Clone)]
pub struct Shelf {
    pub address: String,
    pub certificate: String,
    shelf: Shelved,
    /// What is answered by what was posted.
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    /// What the log's key has signed beside an answer.
    words: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    pub received: Received,
    /// What was asked for.
    pub asked: Arc<Mutex<Vec<String>>>,
    limits: Arc<Mutex<BTreeMap<String, usize>>>,
    /// What is answered instead of what is on the shelf, each once.
    before: Arc<Mutex<BTreeMap<String, Vec<Answered>>>>,
    /// What is answered once the test says so.
    stalls: Arc<(Mutex<BTreeSet<String>>, Condvar)>,
    /// What is answered where a bundle of entries is asked for that is not on the shelf.
    any_bundle: Arc<Mutex<Vec<u8>>>,
    /// What is answered without an end, with how many bytes of it left.
    floods: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Shelf {
    pub fn open() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into(), "127.0.0.1".into()])
            .unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.unwrap())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let shelf = Self {
            address: format!("https://{}", listener.local_addr().unwrap()),
            certificate: made.cert.pem(),
            shelf: Shelved::default(),
            answers: Arc::default(),
            words: Arc::default(),
            received: Arc::default(),
            asked: Arc::default(),
            limits: Arc::default(),
            before: Arc::default(),
            stalls: Arc::default(),
            any_bundle: Arc::default(),
            floods: Arc::default(),
        };
        let (serving, config) = (shelf.clone(), Arc::new(config));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serving, config) = (serving.clone(), config.clone());
                // A client that does not trust us hangs up: that is its business.
                thread::spawn(move || serving.answer(stream, config).ok());
            }
        });
        shelf
    }

    pub fn put(&self, path: &str, status: u16, body: impl Into<Vec<u8>>) {
        self.limits.lock().unwrap().remove(path);
        self.answers.lock().unwrap().remove(path);
        self.words.lock().unwrap().remove(path);
        self.shelf.lock().unwrap().insert(path.to_owned(), (status, body.into()));
    }

    /// Answers what is posted at `path` with what this makes of it.
    pub fn answer_with(&self, path: &str, answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) {
        self.answers.lock().unwrap().insert(path.to_owned(), Box::new(answer));
    }

    /// Puts this, which the log's key has signed, beside what is answered at `path`.
    pub fn put_word(&self, path: &str, word: Vec<u8>) {
        self.words.lock().unwrap().insert(path.to_owned(), word);
    }

    /// Serves what is at `path` so often, and then no more; what it was.
    pub fn take_after(&self, path: &str, times: usize) -> Vec<u8> {
        self.limits.lock().unwrap().insert(path.to_owned(), times);
        self.shelf.lock().unwrap()[path].1.clone()
    }

    /// Serves this so often, before what is on the shelf.
    pub fn put_before(&self, path: &str, times: usize, body: impl Into<Vec<u8>>) {
        self.before.lock().unwrap().insert(path.to_owned(), vec![(200, body.into()); times]);
    }

    /// Answers so often that nothing is known yet, before what is on the shelf.
    pub fn put_off(&self, path: &str, times: usize) {
        self.before.lock().unwrap().insert(path.to_owned(), vec![(204, Vec::new()); times]);
    }

    /// Keeps whoever asks there waiting, until it is let go.
    pub fn stall(&self, path: &str) {
        self.stalls.0.lock().unwrap().insert(path.to_owned());
    }

    /// Answers whoever waits there.
    pub fn let_go(&self, path: &str) {
        self.stalls.0.lock().unwrap().remove(path);
        self.stalls.1.notify_all();
    }

    /// Answers with this wherever a full bundle of entries is asked for.
    pub fn put_any_bundle(&self, bundle: Vec<u8>) {
        *self.any_bundle.lock().unwrap() = bundle;
    }

    fn bundle(&self, path: &str) -> Option<(u16, Vec<u8>)> {
        let bundle = self.any_bundle.lock().unwrap();
        let full = path.starts_with("/tile/entries/") && !path.contains(".p/");
        (full && !bundle.is_empty()).then(|| (200, bundle.clone()))
    }

    /// Answers without an end, whatever is asked there.
    pub fn flood(&self, path: &str) {
        self.floods.lock().unwrap().insert(path.to_owned(), 0);
    }

    /// How many bytes of an endless answer left: as many as somebody read, and what lies between.
    pub fn flooded(&self, path: &str) -> usize {
        self.floods.lock().unwrap()[path]
    }

    fn pour(&self, path: &str, out: &mut impl std::io::Write) -> std::io::Result<()> {
        write!(out, "HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n")?;
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 1 << 16], b"\r\n"].concat();
        loop {
            out.write_all(&chunk)?;
            *self.floods.lock().unwrap().get_mut(path).unwrap() += 1 << 16;
        }
    }

    /// A poll is answered with the checkpoint once it is larger, or after a moment with nothing.
    fn larger(&self, path: &str) -> Option<(u16, Vec<u8>)> {
        let after = path.strip_prefix("/v1/checkpoint?after=")?.split('&').next()?;
        let found = self.shelf.lock().unwrap().get("/checkpoint").cloned()?;
        let text = String::from_utf8_lossy(&found.1).into_owned();
        let size = text.lines().nth(1)?.parse::<u64>().ok()?;
        if size > after.parse().ok()? {
            return Some(found);
        }
        thread::park_timeout(std::time::Duration::from_millis(20));
        Some((204, Vec::new()))
    }

    fn answer(&self, stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
        let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
        let mut stream = BufReader::new(StreamOwned::new(connection, stream));
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let mut words = line.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            stream.read_line(&mut header)?;
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if header.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        if self.floods.lock().unwrap().contains_key(&path) {
            return self.pour(&path, stream.get_mut());
        }
        let before = self.before.lock().unwrap().get_mut(&path).and_then(Vec::pop);
        let found = self.shelf.lock().unwrap().get(&path).cloned();
        let found = if method == "GET" {
            self.asked.lock().unwrap().push(path.clone());
            let spent = self.limits.lock().unwrap().get_mut(&path).is_some_and(|left| {
                let spent = *left == 0;
                *left = left.saturating_sub(1);
                spent
            });
            let found = found.filter(|_| !spent);
            let found = before.or(found);
            let stalls = self.stalls.0.lock().unwrap();
            drop(self.stalls.1.wait_while(stalls, |stalls| stalls.contains(&path)).unwrap());
            found.or_else(|| self.larger(&path)).or_else(|| self.bundle(&path))
        } else {
            let answered = self.answers.lock().unwrap().get(&path).map(|answer| answer(&body));
            self.received.lock().unwrap().push((path.clone(), body));
            before.or(answered.map(|body| (200, body))).or(found).or(Some((200, b"{}".to_vec())))
        };
        let word = self.words.lock().unwrap().get(&path).cloned();
        let word = word.map(|word| format!("{WORD_HEADER}: {}\r\n", STANDARD.encode(word)));
        let (status, body) = found.unwrap_or((404, Vec::new()));
        let out = stream.get_mut();
        write!(
            out,
            "HTTP/1.1 {status} x\r\n{}content-length: {}\r\nconnection: close\r\n\r\n",
            word.unwrap_or_default(),
            body.len()
        )?;
        out.write_all(&body)?;
        out.conn.send_close_notify();
        out.flush()
    }
}
