use cachetools::cached;

#[cached]
async fn all(float: f64, floats: &[(u8, f32)], exclusive: &mut String, object: &dyn Fn(), opaque: impl Into<String>) -> f64 {
    float
}

fn main() {
    drop(all(1.0, &[], &mut String::new(), &|| (), ""));
}
