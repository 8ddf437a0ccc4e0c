use cachetools::cached;

struct Broken;

#[cached(errors = share)]
async fn user(id: u64) -> Result<u64, Broken> {
    if id == 0 { Err(Broken) } else { Ok(id) }
}

fn main() {
    drop(user(1));
}
