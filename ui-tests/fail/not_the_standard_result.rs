use cachetools::cached;

#[derive(Clone)]
struct Result<T>(T);

#[cached]
async fn user(id: u64) -> Result<u64> {
    Result(id)
}

fn main() {
    drop(user(1));
}
