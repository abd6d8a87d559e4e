//! A batch on its way through: its parts are decided one after the other, and what they have to send goes out in full
//! calls. What does not fill a call waits for the next part; the end of a batch is left to the next batch while as many
//! orders wait. Calls are what is scarce.

use std::collections::BTreeMap;

use domain::event::Origin;
use domain::failure::Failure;
use domain::ids::OrderRef;

use super::read::Batch;
use super::send::{self, Job};
use super::{ByRef, Endings};
use crate::connection::Connection;
use crate::lane;
use crate::settlement::Ending;

/// What has become of a batch so far.
#[derive(Debug, Default)]
pub(super) struct Passage {
    /// The parts that were decided.
    batches: Vec<Batch>,
    /// How their orders ended, as far as they have.
    endings: Endings,
    /// What is still to be sent.
    waiting: Vec<Job>,
    /// Endings of orders whose part failed as a whole.
    failed: ByRef,
}

impl Passage {
    /// Takes a part through: decides it, and sends what fills calls. The last part sends all, unless more orders wait.
    pub(super) async fn pass(
        &mut self,
        connection: &Connection,
        part: &BTreeMap<OrderRef, Origin>,
        read: Result<Batch, Failure>,
        is_last: bool,
    ) {
        match read {
            Ok(batch) => match batch.decided(connection).await {
                Ok((endings, jobs)) => {
                    self.endings.extend(endings);
                    self.waiting.extend(jobs);
                    self.batches.push(batch);
                }
                Err(ending) => self.failed.0.extend(batch.all_ended(&ending).0),
            },
            Err(failure) => self.failed.0.extend(ByRef::all(part, &Ending::Failed(failure, None)).0),
        }
        let sent = send::full_calls(self.waiting.len());
        let all = sent == 0 || !lane::more_orders_wait(connection).await;
        let rest = if is_last && all { Vec::new() } else { self.waiting.split_off(sent) };
        let jobs = std::mem::replace(&mut self.waiting, rest);
        for (order, ending) in send::send(connection, jobs).await {
            // What failed besides, such as asking for freight, is not forgotten.
            let before = self.endings.remove(&order).unwrap_or(Ending::Done("sent"));
            self.endings.insert(order, ending.graver(before));
        }
    }

    /// The endings by every name that the orders have. What was not sent comes again with the next batch.
    pub(super) async fn end(mut self, connection: &Connection) -> ByRef {
        let again = Ending::Busy(connection.clock.now());
        self.endings.extend(self.waiting.iter().map(|job| (job.order, again.clone())));
        let mut by_ref = self.failed;
        for batch in &self.batches {
            batch.keep_answered(connection, &self.endings).await;
            let ending = |order| self.endings.get(&order).cloned().unwrap_or(Ending::Done("unchanged"));
            by_ref.0.extend(batch.by_ref(ending).0);
        }
        by_ref
    }
}
