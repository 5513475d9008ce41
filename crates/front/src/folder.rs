//! A service's folder: keys and a certificate that it makes where there are none, and that nobody else
//! may read.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use concordat_terms::Problem;
use rustls::ServerConfig;
use zeroize::Zeroizing;

use crate::tls::{self_signed, server_config};
use crate::unusable;

/// The folder of a service.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// The certificate that clients pin, and its key; both PEM. `Debug` shows the certificate.
#[derive(Clone)]
pub struct Certificate {
    /// For everybody.
    pub pem: String,
    /// For the service alone.
    pub key_pem: Zeroizing<String>,
}

impl Certificate {
    /// TLS 1.3 and nothing older.
    ///
    /// # Errors
    /// A [`Problem`]: the certificate or the key is none.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, Problem> {
        server_config(&self.pem, &self.key_pem)
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("pem", &self.pem).finish_non_exhaustive()
    }
}

impl Folder {
    /// The folder `dir`, made with its folders for keys where it is not there.
    ///
    /// # Errors
    /// A [`Problem`] for the operator, as all of this folder's are.
    pub fn open(dir: &Path) -> Result<Self, Problem> {
        for sub in ["keys", "tls"] {
            let path = dir.join(sub);
            fs::create_dir_all(&path).map_err(|e| io(&path, "create", &e))?;
        }
        Ok(Self(dir.to_path_buf()))
    }

    /// Writes the file `name`, which must not be there yet; `private` ones are this user's alone.
    ///
    /// # Errors
    /// A [`Problem`].
    pub fn write_new(&self, name: &str, text: &str, private: bool) -> Result<(), Problem> {
        let path = self.0.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, if private { 0o600 } else { 0o644 });
        let file = options.open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|e| io(&path, "write", &e))
    }

    /// The seed in `keys/<name>.key`, 64 hexadecimal digits; drawn where there is none.
    ///
    /// # Errors
    /// A [`Problem`]: others may read the file, or it is no seed.
    pub fn seed(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, Problem> {
        let file = format!("keys/{name}.key");
        let path = self.0.join(&file);
        let mut seed = Zeroizing::new([0; 32]);
        if !path.exists() {
            getrandom::fill(seed.as_mut_slice()).map_err(|e| {
                let what = format!("the system gives no randomness: {e}");
                unusable("no-randomness", what, "look at the machine's random source")
            })?;
            let text = Zeroizing::new(hex::encode(seed.as_slice()));
            self.write_new(&file, &text, true)?;
        }
        refuse_loose(&path)?;
        let text = Zeroizing::new(read(&path)?);
        hex::decode_to_slice(text.trim_end(), seed.as_mut_slice()).map_err(|_| {
            let what = format!("`{}` is not a key: 64 hexadecimal digits", path.display());
            unusable("bad-key", what, "restore the key file from its backup")
        })?;
        Ok(seed)
    }

    /// The certificate in `tls/`; where there is none, one for `localhost` and `127.0.0.1`.
    ///
    /// # Errors
    /// A [`Problem`]: others may read its key.
    pub fn certificate(&self) -> Result<Certificate, Problem> {
        const CERTIFICATE: &str = "tls/cert.pem";
        const KEY: &str = "tls/key.pem";
        if ![CERTIFICATE, KEY].iter().all(|half| self.0.join(half).exists()) {
            let (certificate, key) = self_signed()?;
            for half in [CERTIFICATE, KEY] {
                fs::remove_file(self.0.join(half)).ok();
            }
            self.write_new(KEY, &key, true)?;
            self.write_new(CERTIFICATE, &certificate, false)?;
        }
        refuse_loose(&self.0.join(KEY))?;
        let key_pem = Zeroizing::new(read(&self.0.join(KEY))?);
        Ok(Certificate { pem: read(&self.0.join(CERTIFICATE))?, key_pem })
    }
}

/// The text of a service's file.
///
/// # Errors
/// A [`Problem`] for the operator.
pub fn read(path: &Path) -> Result<String, Problem> {
    fs::read_to_string(path).map_err(|e| io(path, "read", &e))
}

/// Whether others than its owner may do something with the file.
///
/// # Errors
/// A [`Problem`] for the operator.
#[cfg(unix)]
pub fn is_loose(path: &Path) -> Result<bool, Problem> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(|e| io(path, "look at", &e))?.permissions().mode();
    Ok(mode & 0o077 != 0)
}

/// Whether others than its owner may do something with the file: not asked on this system.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn is_loose(_: &Path) -> Result<bool, Problem> {
    Ok(false)
}

/// A private key that others can read is not one.
fn refuse_loose(path: &Path) -> Result<(), Problem> {
    if !is_loose(path)? {
        return Ok(());
    }
    let what = format!("the key `{}` can be read by other users", path.display());
    Err(unusable("key-not-private", what, format!("run `chmod 600 {}`", path.display())))
}

fn io(path: &Path, doing: &str, fault: &std::io::Error) -> Problem {
    let code = match fault.kind() {
        std::io::ErrorKind::PermissionDenied => "home-permission",
        _ => "home-io",
    };
    let what = format!("cannot {doing} `{}`: {fault}", path.display());
    unusable(code, what, "give the user that runs this process access to the home folder")
}
