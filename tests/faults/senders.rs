//! Those who post webhooks, as the platforms do: to one of the serves, again after a while when it was not
//! accepted, some of them in copies. What they saw becomes the history.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::eventually::tick;
use crate::history::{Announcement, Answer, Flow, Post};
use crate::http;
use crate::world::TOKEN;

/// How many posts can be under way.
pub(crate) const LINES: usize = 16;
/// The wait before a post is repeated: doubled each time, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How an announcement is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// So many copies, each repeated until it is accepted.
    Until { accepted_copies: usize },
    /// Posted once, whatever comes of it.
    Once,
}

/// The webhooks under way, and what became of the others.
#[derive(Debug)]
pub(crate) struct Senders {
    serves: Vec<SocketAddr>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By when it is due; the number tells those of one moment apart.
    due: BTreeMap<(Instant, usize), Job>,
    under_way: usize,
    paused: bool,
    closed: bool,
    posted: usize,
    announcements: Vec<Announcement>,
    bodies: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Job {
    announcement: usize,
    tries: u32,
    repeats: bool,
}

impl Senders {
    /// Senders who know these serves.
    pub(crate) fn new(serves: &[SocketAddr]) -> Self {
        Self { serves: serves.to_vec(), state: Mutex::default() }
    }

    /// Announces something.
    pub(crate) fn announce(&self, flow: Flow, orders: Vec<i64>, body: String, manner: Manner) {
        let mut state = self.state();
        let announcement = state.announcements.len();
        state.announcements.push(Announcement { flow, orders, posts: Vec::new() });
        state.bodies.push(body);
        let (copies, repeats) = match manner {
            Manner::Until { accepted_copies } => (accepted_copies, true),
            Manner::Once => (1, false),
        };
        for _ in 0..copies {
            state.enqueue(Instant::now(), Job { announcement, tries: 0, repeats });
        }
    }

    /// Announces again, until it is accepted, what was posted once and never accepted.
    pub(crate) fn announce_the_forgotten_again(&self) -> usize {
        let mut state = self.state();
        let forgotten: Vec<usize> = (0..state.announcements.len())
            .filter(|index| !state.announcements[*index].is_accepted())
            .collect();
        for announcement in &forgotten {
            let job = Job { announcement: *announcement, tries: 0, repeats: true };
            state.enqueue(Instant::now(), job);
        }
        forgotten.len()
    }

    /// Posts what is due until the senders are closed. Several threads do so.
    pub(crate) fn work(&self) {
        loop {
            let next = {
                let mut state = self.state();
                if state.closed {
                    return;
                }
                state.take(Instant::now())
            };
            match next {
                Some((job, number)) => self.post(job, number),
                None => tick(),
            }
        }
    }

    fn post(&self, job: Job, number: usize) {
        let (path, body) = {
            let state = self.state();
            let path = match state.announcements[job.announcement].flow {
                Flow::Orders => "/webhooks/cin7/acme",
                Flow::Shipments => "/webhooks/shipstation/acme",
            };
            (path, state.bodies[job.announcement].clone())
        };
        let serve = self.serves[number % self.serves.len()];
        let start = Instant::now();
        let answer = http::post(serve, path, &[("X-Webhook-Token", TOKEN)], body.as_bytes());
        let post = Post { took: start.elapsed(), answer: read(answer.as_ref()) };
        self.state().note(job, post);
    }

    /// Nobody begins a post any more; returns once none is under way.
    pub(crate) fn pause(&self) {
        self.state().paused = true;
        while self.state().under_way > 0 {
            tick();
        }
    }

    /// The opposite.
    pub(crate) fn go_on(&self) {
        self.state().paused = false;
    }

    /// Lets the threads end.
    pub(crate) fn close(&self) {
        self.state().closed = true;
    }

    /// Whether the threads shall end.
    pub(crate) fn are_closed(&self) -> bool {
        self.state().closed
    }

    /// Posts that wait or are under way.
    pub(crate) fn open(&self) -> usize {
        let state = self.state();
        state.due.len() + state.under_way
    }

    /// Posts that were answered so far, one way or another.
    pub(crate) fn posts(&self) -> usize {
        self.state().announcements.iter().map(|announcement| announcement.posts.len()).sum()
    }

    /// What was announced so far.
    pub(crate) fn announcements(&self) -> Vec<Announcement> {
        self.state().announcements.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn enqueue(&mut self, at: Instant, job: Job) {
        let number = self.posted;
        self.posted += 1;
        self.due.insert((at, number), job);
    }

    fn take(&mut self, now: Instant) -> Option<(Job, usize)> {
        if self.paused {
            return None;
        }
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        let number = entry.key().1;
        self.under_way += 1;
        Some((entry.remove(), number))
    }

    fn note(&mut self, job: Job, post: Post) {
        self.under_way -= 1;
        let accepted = matches!(post.answer, Answer::Accepted(_));
        self.announcements[job.announcement].posts.push(post);
        if job.repeats && !accepted {
            let wait = FIRST_WAIT.saturating_mul(1 << job.tries.min(8)).min(LONGEST_WAIT);
            self.enqueue(Instant::now() + wait, Job { tries: job.tries + 1, ..job });
        }
    }
}

fn read(answer: Option<&http::Answer>) -> Answer {
    let Some(answer) = answer else { return Answer::Silent };
    if !(200..300).contains(&answer.status) {
        return Answer::Refused {
            status: answer.status,
            retry_after: !answer.header("retry-after").is_empty(),
        };
    }
    let ids = answer.json()["event_ids"].as_array().cloned().unwrap_or_default();
    Answer::Accepted(ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect())
}
