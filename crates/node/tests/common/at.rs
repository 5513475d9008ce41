//! A node at work in a thread of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use concordat_node::work::{Event, Node};
use concordat_terms::Problem;

pub struct At {
    pub stop: Arc<AtomicBool>,
    pub events: Receiver<Event>,
    pub thread: JoinHandle<Result<(), Problem>>,
}

impl At {
    pub fn start(dir: &Path) -> Self {
        let home = concordat_node::home::Home::load(dir).unwrap();
        let (stop, (tell, events)) = (Arc::new(AtomicBool::new(false)), channel());
        let (stopping, tell) = (stop.clone(), std::sync::Mutex::new(tell));
        let thread = thread::spawn(move || {
            Node::run(&home, stopping, |event| drop(tell.lock().unwrap().send(event)))
        });
        Self { stop, events, thread }
    }

    pub fn until(&self, fits: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(60)).unwrap();
            if fits(&event) {
                return event;
            }
        }
    }

    pub fn refuses(&self, code: &str) {
        self.until(|event| matches!(event, Event::Refused { problem, .. } if problem.code == code));
    }

    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap().unwrap();
    }
}

pub fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "waited too long until {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}
