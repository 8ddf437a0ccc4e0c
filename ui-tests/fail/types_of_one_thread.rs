use std::cell::Cell;
use std::rc::Rc;

use cachetools::{InstanceCaches, cached, cachedmethod};

#[cached]
async fn key(id: Rc<u64>) -> u64 {
    *id
}

#[cached]
async fn value(id: u64) -> Rc<u64> {
    Rc::new(id)
}

#[cached(flight = inline)]
async fn behind_a_result(id: u64) -> Result<Cell<u64>, String> {
    Ok(Cell::new(id))
}

#[cached]
async fn of_any_type<T: Clone + 'static>(id: u64, make: fn(u64) -> T) -> T {
    make(id)
}

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod]
    pub async fn key(&self, id: Rc<u64>) -> u64 {
        *id
    }

    #[cachedmethod(flight = inline, lru = 3)]
    pub async fn value(id: u64) -> Rc<u64> {
        Rc::new(id)
    }
}

fn main() {
    drop((key(Rc::new(1)), value(1), behind_a_result(1), of_any_type(1, |id| id)));
    let service = Service { caches: InstanceCaches::default() };
    drop(service.key(Rc::new(1)));
    drop(Service::value(1));
    drop(service.caches);
}
