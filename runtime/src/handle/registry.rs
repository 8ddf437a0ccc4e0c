//! Values by type, added once and kept: the caches of a generic function, or of the methods of an instance.

use std::any::{Any, TypeId};
use std::sync::OnceLock;

/// A list that only grows. Its nodes stay where they are, so that what is found can be lent for as long as the list lives, and
/// finding it takes no lock. One that is looked for often is found in some nanoseconds; they are few.
#[derive(Debug, Default)]
pub struct Registry {
    head: OnceLock<Box<Node>>,
}

#[derive(Debug)]
struct Node {
    id: TypeId,
    value: Box<dyn Any + Send + Sync>,
    next: OnceLock<Box<Node>>,
}

impl Registry {
    /// An empty one.
    pub const fn new() -> Self {
        Self { head: OnceLock::new() }
    }

    /// The value of `id`; made now, if it is asked for the first time.
    ///
    /// # Panics
    ///
    /// If `id` stands for values of different types.
    pub fn get<T: Any + Send + Sync>(&self, id: TypeId, make: impl FnOnce() -> T) -> &T {
        let mut place = &self.head;
        let mut make = Some(make);
        loop {
            let node = place.get_or_init(|| {
                let make = make.take().expect("the list ends where the value is made");
                Box::new(Node { id, value: Box::new(make()), next: OnceLock::new() })
            });
            // Both are asked: instances of different types can share their caches, and then one id stands for several types.
            if let Some(value) = (node.id == id).then(|| node.value.downcast_ref()).flatten() {
                return value;
            }
            place = &node.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_and_found_again() {
        let registry = Registry::new();
        let one: *const u32 = registry.get(TypeId::of::<u8>(), || 1_u32);
        assert_eq!(*registry.get(TypeId::of::<u16>(), || 2_u32), 2);
        let again: *const u32 = registry.get(TypeId::of::<u8>(), || 3_u32);
        assert!(std::ptr::eq(one, again));
    }
}
