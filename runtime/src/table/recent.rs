//! Hits that the order of eviction has not been told of yet.

use crate::policy::Slot;

/// So many that they stand on one line of the processor's cache with the lock.
const MOST: usize = 12;

/// The slots that were hit since the order was last told, in order.
///
/// A hit writes nothing but this. The order is told of many at a time, and before it is told or asked anything else, so it
/// never decides by less than there was: and lines that another processor wrote are fetched side by side, not one a hit.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Recent {
    /// `CLOSED`: no hit is noted any more.
    count: u32,
    slots: [Slot; MOST],
}

const CLOSED: u32 = u32::MAX;

impl Recent {
    pub(super) const fn new() -> Self {
        Self { count: 0, slots: [0; MOST] }
    }

    /// Another hit; false: there is no room for it.
    #[inline]
    pub(super) fn push(&mut self, slot: Slot) -> bool {
        let place = self.slots.get_mut(self.count as usize);
        let has_room = place.is_some();
        if let Some(place) = place {
            *place = slot;
            self.count += 1;
        }
        has_room
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        if self.is_closed() { 0 } else { self.count as usize }
    }

    /// All of them, of a shard that is open; from now on there are none.
    pub(super) fn take(&mut self) -> ([Slot; MOST], usize) {
        let len = self.len();
        self.count = 0;
        (self.slots, len)
    }

    /// From now on there is room for none; there must be none.
    pub(super) fn close(&mut self) {
        self.count = CLOSED;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.count == CLOSED
    }
}
