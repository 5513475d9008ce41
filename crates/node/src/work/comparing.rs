//! What witnesses have seen of the log, beside what the coordinator shows this node: who is shown
//! another history than everybody else learns of it here.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use concordat_terms::Problem;

use super::{Event, Node, Tell};
use crate::client::{Client, Fault};
use crate::follow::Compared;
use crate::plain::{Kind, read};
use crate::problems::problem;

/// After how long a witness is asked again while the log does not grow.
const AGAIN: Duration = Duration::from_secs(30);
/// How long a coordinator may show less than a witness has seen.
const BEHIND: Duration = Duration::from_secs(60);

/// A witness that is asked, and since when it has seen more than is here.
struct Asked {
    name: String,
    client: Client,
    ahead: Option<(u64, Instant)>,
}

impl Node {
    /// The witnesses of the configuration.
    ///
    /// # Errors
    /// A [`Problem`]: an address or a certificate.
    pub(super) fn witnesses(&self) -> Result<BTreeMap<String, Client>, Problem> {
        let home = &self.log.home;
        let client = |(name, at): (&String, &crate::home::WitnessAt)| {
            let path = home.dir().join(&at.certificate);
            let certificate =
                read(&path, Kind::Certificate).map_err(|e| crate::home::unreadable(&path, &e))?;
            let client =
                Client::to(home, &at.address, &certificate)?.stopping_with(self.log.stop().clone());
            Ok((name.clone(), client))
        };
        home.config().witnesses.iter().map(client).collect()
    }

    /// Asks them until the node stops: whenever the log has grown, and now and then. One that does not
    /// answer says nothing.
    pub(super) fn compare(&self, witnesses: BTreeMap<String, Client>, tell: Tell<'_>) {
        let asked = |(name, client)| Asked { name, client, ahead: None };
        let mut witnesses: Vec<Asked> = witnesses.into_iter().map(asked).collect();
        while !witnesses.is_empty() && !self.log.is_stopping() {
            let size = self.log.follower().replica().size();
            for asked in &mut witnesses {
                if let Err(problem) = self.ask(asked) {
                    tell(Event::Refused { run: None, problem });
                }
                if self.log.is_stopping() || self.log.follower().stopped().is_some() {
                    return;
                }
            }
            let until = Instant::now() + AGAIN;
            while Instant::now() < until && self.log.follower().replica().size() == size {
                if self.log.is_stopping() {
                    return;
                }
                self.log.pause(Duration::from_millis(100));
            }
        }
    }

    /// Compares what one witness has seen last.
    ///
    /// # Errors
    /// A [`Problem`] to tell: two histories, which stop the node; or that the coordinator keeps back
    /// what the witness has seen.
    fn ask(&self, asked: &mut Asked) -> Result<(), Problem> {
        let Some(origin) =
            self.log.follower().state().genesis().map(|genesis| genesis.origin.clone())
        else {
            return Ok(());
        };
        let Ok(Some(note)) = asked.client.witnessed(&origin) else { return Ok(()) };
        // The follower is held for as long as this takes, and no longer.
        let (compared, here) = {
            let mut follower = self.log.follower();
            (follower.compare(&note), follower.replica().size())
        };
        match compared {
            Ok(Compared::Ahead(size)) => {
                let (seen, since) = ahead(asked.ahead, here, (size, Instant::now()));
                asked.ahead = Some((seen, since));
                if since.elapsed() < BEHIND {
                    return Ok(());
                }
                // Told again only after as long.
                asked.ahead = None;
                Err(withheld(&asked.name, seen, here))
            }
            Ok(Compared::Same | Compared::Nothing) => {
                asked.ahead = None;
                Ok(())
            }
            Err(Fault::Own(problem)) if problem.code == "two-histories" => Err(problem),
            Err(_) => Ok(()),
        }
    }
}

/// What a witness has seen and this node has not, and since when: what has been shown here meanwhile is
/// not kept back, however far ahead the witness is now.
fn ahead(before: Option<(u64, Instant)>, here: u64, now: (u64, Instant)) -> (u64, Instant) {
    before.filter(|(seen, _)| *seen > here).unwrap_or(now)
}

fn withheld(witness: &str, seen: u64, here: u64) -> Problem {
    problem(
        "log-withheld",
        format!("witness `{witness}` has seen {seen} entries, and the coordinator shows {here}"),
        "ask the other parties how long their log is, and the coordinator's operator why",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_grows_without_pause_is_not_withheld() {
        let begun = Instant::now();
        let later = begun + BEHIND;
        // Nothing came of what was seen first: it is since then.
        assert_eq!(ahead(Some((9, begun)), 8, (20, later)), (9, begun));
        // It is here, and what the witness has seen now is another matter.
        assert_eq!(ahead(Some((9, begun)), 9, (20, later)), (20, later));
        assert_eq!(ahead(None, 8, (9, begun)), (9, begun));
    }
}
