//! Who waits for whom: a call that would wait for itself is found before it waits.
//!
//! While a body is polled, its flight stands on this thread's stack. A call that is made meanwhile belongs to the flight on
//! top, and an edge from that flight to the one it joins or leads says so for as long as it lasts. A call must not wait for
//! a flight from which the edges lead back to a flight on the stack: not in one task, and not across tasks either.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

use super::solo::Ticket;
use crate::ground::here::Locked;
use crate::ground::sync::{Lock, local};

/// A flight as its neighbours in the graph see it.
pub(crate) trait Node: Send + Sync {
    /// The flights that its body waits for now.
    fn waits_for(&self) -> &Lock<Vec<Weak<dyn Node>>>;
}

/// A cache, which can make a flight of a call whose leader flies solo.
pub(super) trait Solos {
    /// The flight.
    fn node(&self, here: &Locked, ticket: Ticket) -> Arc<dyn Node>;
}

local! {
    /// The stack's height: most calls are made by no body, and need not look further.
    static DEPTH: Cell<usize> = Cell::new(0);
    static STACK: RefCell<Vec<Arc<dyn Node>>> = RefCell::new(Vec::new());
    /// The call at the foot of the stack, as long as it needs no flight.
    static SOLO: Cell<Option<Ticket>> = Cell::new(None);
    /// The cache of the last such call, kept so that the same cache costs a comparison, and its address.
    static CACHE: RefCell<Option<Weak<dyn Solos>>> = RefCell::new(None);
    static ADDRESS: Cell<usize> = Cell::new(0);
}

/// Whether a body is being polled on this thread.
#[inline]
pub(super) fn is_inside() -> bool {
    DEPTH.with(Cell::get) != 0
}

/// Polls the body of a call whose leader flies solo.
#[inline]
pub(super) fn solo<T>(cache: &Arc<impl Solos + 'static>, ticket: Ticket, poll: impl FnOnce() -> T) -> T {
    struct Pop;
    impl Drop for Pop {
        #[inline]
        fn drop(&mut self) {
            DEPTH.with(|depth| depth.set(depth.get() - 1));
            if SOLO.with(Cell::take).is_none() {
                let foot = STACK.with(|stack| stack.borrow_mut().pop());
                drop(foot);
            }
        }
    }
    // The weak reference keeps the address from being given to another.
    let address = Arc::as_ptr(cache).cast::<()>() as usize;
    if ADDRESS.with(Cell::get) != address {
        let known: Weak<dyn Solos> = Arc::downgrade(cache) as _;
        CACHE.with(|last| last.replace(Some(known)));
        ADDRESS.with(|last| last.set(address));
    }
    SOLO.with(|solo| solo.set(Some(ticket)));
    DEPTH.with(|depth| depth.set(depth.get() + 1));
    let _pop = Pop;
    poll()
}

/// A body makes a call: whatever is on the stack takes part in the graph from now on.
#[inline]
pub(super) fn settle(here: &Locked) {
    if is_inside() {
        settle_foot(here);
    }
}

fn settle_foot(here: &Locked) {
    if let Some(ticket) = SOLO.with(Cell::take) {
        let cache = CACHE.with(|last| last.borrow().as_ref().and_then(Weak::upgrade));
        let foot = cache.expect("its leader holds the cache").node(here, ticket);
        STACK.with(|stack| stack.borrow_mut().insert(0, foot));
    }
}

/// Polls a body of `flight`.
pub(super) fn inside<T>(flight: Arc<dyn Node>, poll: impl FnOnce() -> T) -> T {
    struct Pop;
    impl Drop for Pop {
        fn drop(&mut self) {
            DEPTH.with(|depth| depth.set(depth.get() - 1));
            // Dropped when the stack is not borrowed: it may be the last that holds the flight.
            let top = STACK.with(|stack| stack.borrow_mut().pop());
            drop(top);
        }
    }
    STACK.with(|stack| stack.borrow_mut().push(flight));
    DEPTH.with(|depth| depth.set(depth.get() + 1));
    let _pop = Pop;
    poll()
}

/// The edge from the flight whose body makes a call, to the flight that the call joined or leads.
pub(super) struct Edge {
    from: Arc<dyn Node>,
    to: Weak<dyn Node>,
}

/// A call would have to wait for itself.
pub(super) struct Circle;

impl Edge {
    /// The edge of a call of `to`; `None` if no body makes the call.
    ///
    /// The edge is drawn before the circle is looked for. Of two calls that close a circle together, at least one sees
    /// the other's edge.
    #[inline]
    pub(super) fn draw(to: &Arc<impl Node + 'static>) -> Result<Option<Self>, Circle> {
        if is_inside() { Self::draw_from_top(to) } else { Ok(None) }
    }

    fn draw_from_top(to: &Arc<impl Node + 'static>) -> Result<Option<Self>, Circle> {
        // A copy: what the walk drops last may be a value of the user's, whose own drop may poll.
        let stack = STACK.with(|stack| stack.borrow().clone());
        let Some(from) = stack.last() else { return Ok(None) };
        let to: Arc<dyn Node> = to.clone();
        let edge = Self { from: from.clone(), to: Arc::downgrade(&to) };
        from.waits_for().lock().push(edge.to.clone());
        if leads_back(&to, &stack) { Err(Circle) } else { Ok(Some(edge)) }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let mut edges = self.from.waits_for().lock();
        if let Some(place) = edges.iter().position(|to| to.ptr_eq(&self.to)) {
            edges.swap_remove(place);
        }
    }
}

/// Whether the edges from `to` reach a flight on the stack.
fn leads_back(to: &Arc<dyn Node>, stack: &[Arc<dyn Node>]) -> bool {
    let held: HashSet<_> = stack.iter().map(address).collect();
    // By address, and kept, so that none is given to another meanwhile.
    let mut seen: HashMap<_, Arc<dyn Node>> = HashMap::new();
    let mut ahead = vec![to.clone()];
    while let Some(node) = ahead.pop() {
        if held.contains(&address(&node)) {
            return true;
        }
        if let Entry::Vacant(place) = seen.entry(address(&node)) {
            ahead.extend(node.waits_for().lock().iter().filter_map(Weak::upgrade));
            place.insert(node);
        }
    }
    false
}

/// The address alone: the same flight may be seen through vtables of several code units.
fn address(node: &Arc<dyn Node>) -> *const () {
    Arc::as_ptr(node).cast()
}
