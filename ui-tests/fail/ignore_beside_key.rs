use cachetools::cached;

#[cached(key = |id| -> u64 { *id }, ignore = "db")]
async fn user(db: &str, id: u64) -> u64 {
    id + db.len() as u64
}

#[cached(key = |ids| -> u64 { *ids })]
async fn other(#[cached(ignore)] db: &str, id: u64) -> u64 {
    id + db.len() as u64
}

fn main() {
    drop(user("db", 1));
    drop(other("db", 1));
}
