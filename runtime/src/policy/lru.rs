//! Least recently used first.

use super::{Policy, Slot};

const NONE: Slot = Slot::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    /// The neighbour that was used before this one.
    older: Slot,
    /// The neighbour that was used after this one.
    newer: Slot,
}

/// Exact least recently used: reads and writes make an entry the newest, the oldest goes first.
///
/// Good where what was used lately will be used again. A scan over more keys than there is room for empties it of all
/// that is worth keeping.
#[derive(Debug)]
pub(crate) struct Lru {
    links: Vec<Link>,
    oldest: Slot,
    newest: Slot,
}

impl Lru {
    pub(crate) const fn new() -> Self {
        Self { links: Vec::new(), oldest: NONE, newest: NONE }
    }

    fn link(&mut self, slot: Slot) -> &mut Link {
        &mut self.links[slot as usize]
    }

    fn unlink(&mut self, slot: Slot) {
        let Link { older, newer } = *self.link(slot);
        if older == NONE {
            self.oldest = newer;
        } else {
            self.link(older).newer = newer;
        }
        if newer == NONE {
            self.newest = older;
        } else {
            self.link(newer).older = older;
        }
    }

    fn put_newest(&mut self, slot: Slot) {
        let older = self.newest;
        *self.link(slot) = Link { older, newer: NONE };
        if older == NONE {
            self.oldest = slot;
        } else {
            self.link(older).newer = slot;
        }
        self.newest = slot;
    }
}

impl Policy for Lru {
    fn admit(&mut self, slot: Slot, _: u32, _: u64) {
        debug_assert_eq!(slot as usize, self.links.len(), "slots are dense");
        self.links.push(Link { older: NONE, newer: NONE });
        self.put_newest(slot);
    }

    #[inline]
    fn touch(&mut self, slot: Slot, _: u32) {
        if self.newest != slot {
            self.unlink(slot);
            self.put_newest(slot);
        }
    }

    fn rewrite(&mut self, slot: Slot, hash: u32, _: u64) {
        self.touch(slot, hash);
    }

    fn victim(&mut self) -> Option<Slot> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    fn forget(&mut self, slot: Slot, _: u32, _: bool) {
        self.unlink(slot);
        if slot as usize + 1 == self.links.len() {
            self.links.pop();
        }
    }

    fn renumber(&mut self, from: Slot, to: Slot) {
        debug_assert_eq!(from as usize + 1, self.links.len(), "the last entry fills the gap");
        let link @ Link { older, newer } = *self.link(from);
        if older == NONE {
            self.oldest = to;
        } else {
            self.link(older).newer = to;
        }
        if newer == NONE {
            self.newest = to;
        } else {
            self.link(newer).older = to;
        }
        *self.link(to) = link;
        self.links.pop();
    }

    fn clear(&mut self) {
        *self = Self::new();
    }

    fn set_capacity(&mut self, _: u64) {}
}
