use cachetools::cached;

#[derive(Clone)]
struct Result<T>(T);

#[cached]
async fn user(id: u64) -> Result<u64> {
    Result(id)
}

#[cached(errors = retry, flight = inline)]
async fn order(id: u64) -> Result<u64> {
    Result(id)
}

#[cached(result = true)]
async fn name(id: u64) -> String {
    id.to_string()
}

fn main() {
    drop((user(1), order(1), name(1)));
}
