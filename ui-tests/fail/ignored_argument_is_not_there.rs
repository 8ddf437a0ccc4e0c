use cachetools::cached;

#[cached(ignore = ("bd", "span", "db"))]
async fn user(db: &str, id: u64) -> u64 {
    id + db.len() as u64
}

fn main() {
    drop(user("db", 1));
    user::cache_info();
}
