#[allow(unused)]
pub async fn page(db: &Db, (a, b): (u8, u8)) -> u8 {
    a + b
}
::core::compile_error! {
    "unknown option `tll`: did you mean `ttl`?"
}
