//! Answering commands after their transaction: first the index learns what became of the events in hand, then
//! the caller.

use std::collections::HashMap;

use tokio::sync::oneshot;
use tracing::error;

use crate::embedded::command::{Answer, Broken, Taken, Write};
use crate::embedded::held::Held;
use crate::embedded::statements::TakenRow;

/// The rows that a transaction took, by `seq`.
pub(super) type Rows = HashMap<i64, TakenRow>;

/// The transaction is committed.
pub(super) fn done(writes: Vec<Write>, mut taken: Rows) {
    for write in writes {
        match write {
            Write::Publish { answer, .. } | Write::Probe { answer } => send(answer, Ok(())),
            Write::Take { held, answer } => {
                let events = held.into_iter().filter_map(|held| hand_over(held, &mut taken)).collect();
                send(answer, Ok(events));
            }
            Write::Ack { held, answer } => {
                held.settled();
                send(answer, Ok(()));
            }
            Write::Postpone { held, due, answer, .. } => {
                held.postponed(due);
                send(answer, Ok(()));
            }
        }
    }
}

/// The transaction failed: what was in hand returns to the queue.
pub(super) fn failed(writes: Vec<Write>, error: &Broken) {
    for write in writes {
        let error = Broken::clone(error);
        match write {
            Write::Publish { answer, .. } | Write::Probe { answer } => send(answer, Err(error)),
            Write::Take { held, answer } => {
                drop(held);
                send(answer, Err(error));
            }
            Write::Ack { held, answer } | Write::Postpone { held, answer, .. } => {
                drop(held);
                send(answer, Err(error));
            }
        }
    }
}

fn hand_over(mut held: Held, taken: &mut Rows) -> Option<Taken> {
    let seq = held.place().seq;
    match taken.remove(&seq) {
        Some(TakenRow { attempt, deliveries, event: Ok(event) }) => {
            held.count(deliveries);
            Some(Taken { held, event, attempt })
        }
        Some(TakenRow { event: Err(reason), .. }) => {
            error!(row = seq, %reason, "an event of the queue cannot be read; it was moved to the table `dead`");
            held.settled();
            None
        }
        // Somebody took it out of the file by hand, or an acknowledgement was committed but reported as failed.
        None => {
            held.settled();
            None
        }
    }
}

/// Whoever asked may have gone; what the answer holds is then dropped, which returns it to the queue.
fn send<T>(answer: Answer<T>, result: Result<T, Broken>) {
    let answer: oneshot::Sender<_> = answer;
    drop(answer.send(result));
}
