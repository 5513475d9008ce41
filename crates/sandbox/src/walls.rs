//! Whether there are walls, and how a program is put behind them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::job::{Job, Limits, Mount};

/// How programs are kept in.
///
/// There is no third way in which some of the walls stand: where bubblewrap cannot make all of
/// them, [`Walls::find`] says so, and nothing runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Walls {
    /// By bubblewrap, which was tried.
    Bubblewrap(Tried),
    /// Not at all: a program sees what the node sees, and has the limits alone, which the program that
    /// lies here sets.
    None(Unwalled, PathBuf),
}

/// A declaration that somebody with the right to do so has allowed programs without walls. There is
/// no other reason to make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwalled(());

impl Unwalled {
    /// Declares it.
    pub fn declare() -> Self {
        Self(())
    }
}

/// That bubblewrap made all walls once on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried(Tools);

/// The programs of this machine that make the walls, by where they lie: looked for by name inside, they
/// could be those of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tools {
    bwrap: PathBuf,
    prlimit: PathBuf,
    setpriv: PathBuf,
}

/// Why no program can be kept in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWalls {
    /// A program that is needed is not installed.
    #[error("`{program}` is not installed")]
    Missing {
        /// `bwrap`, `prlimit` or `setpriv`.
        program: &'static str,
    },
    /// The kernel, or who set up this machine, does not let it.
    #[error("bubblewrap cannot make its walls here: {said}")]
    NotHere {
        /// What it said.
        said: String,
    },
}

impl NoWalls {
    /// What would help, in the imperative.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { program: "bwrap" } => {
                "install bubblewrap (`apt-get install bubblewrap`)"
            }
            Self::Missing { .. } => "install util-linux (`apt-get install util-linux`)",
            Self::NotHere { .. } => {
                "let this user make namespaces (`sysctl user.max_user_namespaces`, or the container's \
                 security profile)"
            }
        }
    }
}

impl Walls {
    /// Tries them with a program that does nothing.
    ///
    /// # Errors
    /// [`NoWalls`].
    pub fn find() -> Result<Self, NoWalls> {
        let tools = Tools::find()?;
        let mut command = tools.bwrap(&[], None, 1 << 20);
        command.args(["--setenv", "PATH", Job::PATH]);
        tools.drop_rights(&mut command);
        command.arg(&tools.prlimit).args(["--core=0", "--", "true"]);
        let ended = command.stdin(Stdio::null()).output();
        let ended = ended.map_err(|_| NoWalls::Missing { program: "bwrap" })?;
        if ended.status.success() {
            return Ok(Self::Bubblewrap(Tried(tools)));
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        let said = said.lines().next_back().unwrap_or("without a word").trim().to_owned();
        Err(NoWalls::NotHere { said })
    }

    /// None, because a clause that everybody signed says so.
    ///
    /// # Errors
    /// [`NoWalls::Missing`]: there are limits all the same.
    pub fn none(by: Unwalled) -> Result<Self, NoWalls> {
        Ok(Self::None(by, program("prlimit")?))
    }

    /// Whether a program cannot reach beyond its folders.
    pub fn hold(&self) -> bool {
        matches!(self, Self::Bubblewrap(_))
    }

    /// The command that runs a job.
    pub(crate) fn command(&self, job: &Job) -> Command {
        let mut command = match self {
            Self::Bubblewrap(Tried(tools)) => {
                let mut command = tools.bwrap(&job.read_only, Some(&job.out), job.limits.memory);
                command.args(["--setenv", "PATH", Job::PATH, "--setenv", "HOME", "/tmp"]);
                command.args(["--setenv", "LANG", "C.UTF-8"]);
                for (name, value) in &job.variables {
                    command.args(["--setenv", name, value]);
                }
                tools.drop_rights(&mut command);
                command.arg(&tools.prlimit);
                command
            }
            Self::None(_, prlimit) => {
                let mut command = Command::new(prlimit);
                let bins = std::env::var_os("PATH").unwrap_or_default();
                command.env_clear().env("PATH", bins).env("LANG", "C.UTF-8").env("HOME", &job.out);
                command.envs(job.variables.iter().map(|(name, value)| (name, value)));
                // Without walls there is no other file system: what is named inside is told outside.
                for Mount { from, to } in &job.read_only {
                    command.env(told(to), from);
                }
                command.env(told(Path::new(Job::OUT)), &job.out).current_dir(&job.out);
                command
            }
        };
        command.args(prlimits(&job.limits));
        if self.hold() {
            // In users of its own no others count; without walls all of the node's user would.
            command.arg(format!("--nproc={}", job.limits.processes.saturating_add(OWN)));
        }
        command.arg("--");
        command.args(&job.command);
        command
    }
}

/// The variable that tells a program without walls where a folder is: `CONCORDAT_IN` of `/in`.
fn told(inside: &Path) -> String {
    let name = inside.to_string_lossy().trim_matches('/').replace(['/', '.', '-'], "_");
    format!("CONCORDAT_{}", name.to_uppercase())
}

/// Where the system's programs lie, which are the same ones inside.
const SYSTEM: [&str; 5] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

/// Where a program of the system lies.
fn program(name: &'static str) -> Result<PathBuf, NoWalls> {
    let mut all = SYSTEM.iter().map(|folder| Path::new(folder).join(name));
    all.find(|path| path.is_file()).ok_or(NoWalls::Missing { program: name })
}

/// Processes of bubblewrap itself at the most: for root it stands twice.
pub(crate) const OWN: u32 = 3;

/// Limits of each process.
fn prlimits(limits: &Limits) -> Vec<String> {
    let Limits { memory, bytes, processes, time } = limits;
    let seconds = time.as_secs().saturating_add(1);
    vec![
        format!("--data={memory}"),
        format!("--fsize={bytes}"),
        // Each process; all of them together end with the time.
        format!("--cpu={}", seconds.saturating_mul(u64::from((*processes).max(1)))),
        "--core=0".to_owned(),
        "--memlock=65536".to_owned(),
        "--nofile=1024".to_owned(),
    ]
}

impl Tools {
    fn find() -> Result<Self, NoWalls> {
        Ok(Self {
            bwrap: program("bwrap")?,
            prlimit: program("prlimit")?,
            setpriv: program("setpriv")?,
        })
    }

    /// The walls: nothing inside but the system's programs, what is named, and what is new.
    fn bwrap(&self, read_only: &[Mount], out: Option<&Path>, memory: u64) -> Command {
        let mut command = Command::new(&self.bwrap);
        // Bubblewrap stays, and what it was started with can be read inside (`/proc/1/environ`).
        command.env_clear();
        command.args(["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]);
        command.args(["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]);
        command.args(["--cap-drop", "ALL"]);
        match is_root() {
            false => command.args(OWN_USERS),
            // What it takes to become somebody else.
            true => command.args(["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"].map(added).concat()),
        };
        for part in ["/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin"] {
            match fs::read_link(part) {
                Ok(target) => command.arg("--symlink").arg(target).arg(part),
                Err(_) => command.args(["--ro-bind-try", part, part]),
            };
        }
        // Where the loader and Debian's alternatives look. Nothing else of `/etc`.
        for part in ["/etc/ld.so.cache", "/etc/alternatives"] {
            command.args(["--ro-bind-try", part, part]);
        }
        command.args(["--proc", "/proc", "--dev", "/dev"]);
        for scratch in ["/tmp", "/dev/shm"] {
            command.args(["--perms", "1777", "--size"]).arg(memory.max(4096).to_string());
            command.args(["--tmpfs", scratch]);
        }
        for Mount { from, to } in read_only {
            // Folders on the way are bubblewrap's, and closed to others where they are closed outside.
            let way = to.parent().into_iter().flat_map(Path::ancestors);
            let mut way: Vec<&Path> = way.filter(|folder| folder.parent().is_some()).collect();
            way.reverse();
            for folder in way {
                command.args(["--perms", "0755", "--dir"]).arg(folder);
            }
            command.arg("--ro-bind").arg(from).arg(to);
        }
        if let Some(out) = out {
            command.arg("--bind").arg(out).args([Job::OUT, "--chdir", Job::OUT]);
        }
        // What they are mounted on is a file system in memory, without a limit.
        command.args(["--remount-ro", "/dev", "--remount-ro", "/"]);
        command
    }

    /// The end of bubblewrap's arguments, and what comes before the program. Root is somebody else
    /// before anything runs: the kernel's limit of processes does not hold for root, whatever it is
    /// called inside.
    fn drop_rights(&self, command: &mut Command) {
        command.arg("--");
        if is_root() {
            command.arg(&self.setpriv);
            command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={NOBODY}"));
            command.args(["--clear-groups", "--no-new-privs", "--inh-caps=-all"]);
            command.args(["--ambient-caps=-all", "--bounding-set=-all"]);
            command.arg(&self.bwrap).args(["--dev-bind", "/", "/", "--die-with-parent"]);
            command.args(OWN_USERS).arg("--");
        }
    }
}

/// Users of its own, of whom there is one, who can make no more of them.
const OWN_USERS: [&str; 6] =
    ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"];

fn added(capability: &'static str) -> [&'static str; 2] {
    ["--cap-add", capability]
}

/// Whom root lets programs run as: nobody of this machine.
pub(crate) const NOBODY: u32 = 2_000_065_534;

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}
