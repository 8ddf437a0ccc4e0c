//! One name for the function and its handle: in a block, through a `use`, from a macro.

use cachetools::cached;

mod inner {
    #[cachetools::cached]
    pub async fn user(id: u64) -> u64 {
        id
    }
}

macro_rules! declare {
    ($name:ident, $ty:ty, $body:block) => {
        #[cached(lru = 3)]
        async fn $name(id: $ty) -> $ty $body
    };
}
declare!(declared, u64, { 1 });

fn main() {
    use inner::user;

    #[cached]
    async fn local(id: u64) -> u64 {
        id
    }
    drop((user(1), declared(1), local(1)));
    user::cache_clear();
    declared::cache_clear();
    local::cache_clear();
}
