//! The method stays what it was, so that its callers are not told of mistakes that they didn't make.

use cachetools::{InstanceCaches, cachedmethod};

struct Service {
    caches: InstanceCaches,
}

impl Service {
    #[cachedmethod(tll = "1m")]
    pub async fn user(&self, id: u64, (name, age): (&str, u8), #[cached(ignore)] ratio: f64) -> String {
        format!("{id}{name}{age}{ratio}")
    }
}

fn main() {
    let service = Service { caches: InstanceCaches::default() };
    drop(service.user(1, ("Ann", 7), 0.5));
    drop(service.caches);
}
