use cachetools::{cached, cachedmethod};

#[cached]
struct User {
    id: u64,
}

#[cachedmethod]
impl User {
    async fn name(&self) -> String {
        String::new()
    }
}

fn main() {
    let user = User { id: 1 };
    drop((user.name(), user.id));
}
