//! What is where, in memory: for each lane the due order of its waiting events, how many are in hand, and
//! which have turned poisonous. Sixteen bytes an event; bodies stay on the disk. No I/O happens here.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::held::Held;
use crate::roles::Depth;

/// A lane of a connection, as the index numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LaneId(usize);

/// Where an event stands in the due order. Instants are microseconds of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Not handed out before.
    pub(super) due: i64,
    /// The order of acceptance.
    pub(super) seq: i64,
    /// Its lane.
    pub(super) lane: LaneId,
}

/// What a consumer sees of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// Something can be taken.
    Due,
    /// The earliest event is due at this instant.
    NotBefore(i64),
    /// Nothing waits.
    Empty,
    /// The broker is closed.
    Closed,
}

/// The index of one queue.
#[derive(Debug)]
pub(super) struct Index {
    state: Mutex<State>,
    delivery_limit: u32,
}

#[derive(Debug, Default)]
struct State {
    ids: HashMap<(String, String), LaneId>,
    lanes: Vec<LaneState>,
    poisoned: BTreeSet<Place>,
    /// In hand, with a delivery counted on the disk.
    counted: BTreeSet<i64>,
    /// Returned unsettled: the writer still has to take their last delivery off the count.
    uncount: Vec<i64>,
    loaded: bool,
    closed: bool,
}

#[derive(Debug, Default)]
struct LaneState {
    waiting: BTreeSet<(i64, i64)>,
    in_hand: u64,
    changed: Arc<Notify>,
}

impl Index {
    /// An empty index; events that were taken `delivery_limit` times unsettled are poisoned.
    pub(super) fn new(delivery_limit: u32) -> Self {
        Self { state: Mutex::default(), delivery_limit }
    }

    /// The lane with these names, new ones included.
    pub(super) fn lane(&self, connection: &str, lane: &str) -> LaneId {
        self.state().lane(connection, lane)
    }

    /// Rings when something becomes takeable in the lane, or the broker closes.
    pub(super) fn changed(&self, lane: LaneId) -> Arc<Notify> {
        Arc::clone(&self.state().lanes[lane.0].changed)
    }

    /// Enters an event that waits on the disk.
    pub(super) fn insert(&self, place: Place, deliveries: u32) {
        self.state().wait(place, deliveries >= self.delivery_limit);
    }

    /// What the lane offers at `now`.
    pub(super) fn look(&self, lane: LaneId, now: i64) -> Sight {
        let state = self.state();
        match state.lanes[lane.0].waiting.first() {
            _ if state.closed => Sight::Closed,
            Some((due, _)) if *due <= now => Sight::Due,
            Some((due, _)) => Sight::NotBefore(*due),
            None => Sight::Empty,
        }
    }

    /// Takes up to `max` events of the lane that are due at `now`, by due time, then by acceptance.
    pub(super) fn take(self: &Arc<Self>, lane: LaneId, now: i64, max: usize) -> Vec<Held> {
        let places = self.state().take(lane, now, max);
        places.into_iter().map(|place| Held::new(Arc::clone(self), place, 0)).collect()
    }

    /// Takes up to `max` poisoned events of any lane.
    pub(super) fn take_poisoned(self: &Arc<Self>, max: usize) -> Vec<Held> {
        let places = self.state().take_poisoned(max);
        let held = |place| Held::new(Arc::clone(self), place, self.delivery_limit);
        places.into_iter().map(held).collect()
    }

    /// How many events of the lane are where; `None` while this process does not consume.
    pub(super) fn depth(&self, lane: LaneId, now: i64) -> Option<Depth> {
        let state = self.state();
        let lane = &state.lanes[lane.0];
        let ready = lane.waiting.range(..=(now, i64::MAX)).count();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let depth = Depth {
            ready: count(ready),
            delayed: Some(count(lane.waiting.len() - ready)),
            in_hand: Some(lane.in_hand),
        };
        state.loaded.then_some(depth)
    }

    /// Says that everything on the disk is entered.
    pub(super) fn loaded(&self) {
        self.state().loaded = true;
    }

    /// Forgets what waits, after loading has failed half-way.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.poisoned.clear();
        state.lanes.iter_mut().for_each(|lane| lane.waiting.clear());
    }

    /// The events whose last delivery is to be taken off the count, each once; the caller does it.
    pub(super) fn take_uncounted(&self) -> Vec<i64> {
        std::mem::take(&mut self.state().uncount)
    }

    /// Puts back what `take_uncounted` gave and the caller could not do.
    pub(super) fn put_back_uncounted(&self, seqs: Vec<i64>) {
        self.state().uncount.extend(seqs);
    }

    /// Whether `take_uncounted` would give anything.
    pub(super) fn has_uncounted(&self) -> bool {
        !self.state().uncount.is_empty()
    }

    /// Hands out nothing more, wakes everybody who waits, and gives the events whose last delivery is to be
    /// taken off the count: all that were returned and all that are in hand.
    pub(super) fn close(&self) -> Vec<i64> {
        let mut state = self.state();
        state.closed = true;
        state.lanes.iter().for_each(|lane| lane.changed.notify_waiters());
        let mut uncount = std::mem::take(&mut state.uncount);
        uncount.extend(std::mem::take(&mut state.counted));
        uncount
    }

    /// The delivery of an event in hand has been counted on the disk.
    pub(super) fn count(&self, place: Place) {
        self.state().counted.insert(place.seq);
    }

    /// An event in hand is no longer on the disk.
    pub(super) fn release(&self, place: Place) {
        self.state().leave_hand(place);
    }

    /// An event in hand was settled for later, on the disk as well.
    pub(super) fn postpone(&self, place: Place, due: i64) {
        let mut state = self.state();
        state.leave_hand(place);
        state.wait(Place { due, ..place }, false);
    }

    /// An event in hand comes back unsettled, delivered `before` times before. With `blamed`, a counted
    /// delivery stays on the count.
    pub(super) fn give_back(&self, place: Place, before: u32, blamed: bool) {
        let mut state = self.state();
        let counted = state.leave_hand(place);
        if counted && !blamed {
            state.uncount.push(place.seq);
        }
        state.wait(place, before + u32::from(counted && blamed) >= self.delivery_limit);
    }

    /// A panic elsewhere leaves the state whole: no method here stops half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lane(&mut self, connection: &str, lane: &str) -> LaneId {
        let next = LaneId(self.lanes.len());
        let id = *self.ids.entry((connection.to_owned(), lane.to_owned())).or_insert(next);
        if id == next {
            self.lanes.push(LaneState::default());
        }
        id
    }

    fn wait(&mut self, place: Place, poisoned: bool) {
        if poisoned {
            self.poisoned.insert(place);
            return;
        }
        let lane = &mut self.lanes[place.lane.0];
        lane.waiting.insert((place.due, place.seq));
        lane.changed.notify_waiters();
    }

    fn take(&mut self, lane: LaneId, now: i64, max: usize) -> Vec<Place> {
        if self.closed {
            return Vec::new();
        }
        let state = &mut self.lanes[lane.0];
        let mut places = Vec::new();
        while places.len() < max && state.waiting.first().is_some_and(|(due, _)| *due <= now) {
            places.extend(state.waiting.pop_first().map(|(due, seq)| Place { due, seq, lane }));
        }
        state.in_hand += u64::try_from(places.len()).unwrap_or(u64::MAX);
        places
    }

    fn take_poisoned(&mut self, max: usize) -> Vec<Place> {
        if self.closed {
            return Vec::new();
        }
        let places: Vec<_> = std::iter::from_fn(|| self.poisoned.pop_first()).take(max).collect();
        for place in &places {
            self.lanes[place.lane.0].in_hand += 1;
        }
        places
    }

    /// Whether its delivery was counted.
    fn leave_hand(&mut self, place: Place) -> bool {
        self.lanes[place.lane.0].in_hand -= 1;
        self.counted.remove(&place.seq)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: u32 = 3;

    fn index_of(dues: &[i64]) -> (Arc<Index>, LaneId) {
        let index = Arc::new(Index::new(LIMIT));
        index.loaded();
        let lane = index.lane("acme", "orders");
        for (seq, due) in (1..).zip(dues) {
            index.insert(Place { due: *due, seq, lane }, 0);
        }
        (index, lane)
    }

    proptest! {
        #[test]
        fn every_event_is_in_exactly_one_place(
            dues in prop::collection::vec(0..20_i64, 1..30),
            steps in prop::collection::vec((0..5_u8, 0..25_i64, 1..6_usize), 0..60),
        ) {
            let (index, lane) = index_of(&dues);
            let (mut hands, mut gone) = (Vec::new(), 0);
            for (step, now, max) in steps {
                match (step, hands.pop()) {
                    (0, Some(held)) => drop::<Held>(held),
                    (1, Some(held)) => { held.postponed(now); }
                    (2, Some(held)) => { held.settled(); gone += 1; }
                    (_, held) => {
                        let taken = index.take(lane, now, max);
                        prop_assert!(taken.len() <= max);
                        prop_assert!(taken.is_sorted_by_key(Held::place));
                        prop_assert!(taken.iter().all(|held| held.place().due <= now));
                        hands.extend(held.into_iter().chain(taken));
                    }
                }
                let seqs: BTreeSet<_> = hands.iter().map(|held| held.place().seq).collect();
                prop_assert_eq!(seqs.len(), hands.len());
                let depth = index.depth(lane, now).unwrap();
                let (delayed, in_hand) = (depth.delayed.unwrap(), depth.in_hand.unwrap());
                prop_assert_eq!(in_hand, hands.len() as u64);
                prop_assert_eq!(depth.ready + delayed + in_hand + gone, dues.len() as u64);
            }
        }
    }

    #[test]
    fn only_a_panic_is_blamed_on_the_events_in_hand() {
        let (index, lane) = index_of(&[0]);
        let take = |before: u32| {
            let mut held = index.take(lane, 0, 1).pop().unwrap();
            held.count(before + 1);
            held
        };
        for _ in 0..LIMIT * 2 {
            drop(take(0));
        }
        assert_eq!(index.take_uncounted(), [1; 6]);
        for before in 0..LIMIT {
            assert!(index.take_poisoned(1).is_empty());
            let held = take(before);
            let worker = std::thread::spawn(move || {
                let _held = held;
                panic!("expected by this test");
            });
            assert!(worker.join().is_err());
        }
        assert!(index.take(lane, 0, 1).is_empty() && !index.has_uncounted());
        drop(index.take_poisoned(1));
        assert_eq!(index.take_poisoned(9).len(), 1, "a poisoned event that is returned stays poisoned");
    }
}
