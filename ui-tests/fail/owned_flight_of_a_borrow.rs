use cachetools::cached;

#[cached(flight = shared, ignore = "sink")]
async fn user(sink: &mut Vec<u64>, names: Option<&str>) -> u64 {
    sink.push(1);
    names.map_or(0, |name| name.len() as u64)
}

struct Pool;

#[cached(flight = shared, ignore = "pool")]
async fn pooled(pool: &Pool, id: u64) -> u64 {
    let _ = pool;
    id
}

fn main() {
    drop(user(&mut Vec::new(), None));
    drop(pooled(&Pool, 1));
}
