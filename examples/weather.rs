//! Eight travellers ask for the weather of three cities, all at once: three requests.

use std::sync::Mutex;
use std::time::Duration;

use cachetools::{CacheInfo, cached};
use futures::future::join_all;
use tokio::time::sleep;

/// What the weather service was asked for.
static REQUESTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Weather does not keep: after ten minutes the next caller asks again.
#[cached(lru = 1024, ttl = "10m")]
async fn report(city: &str) -> String {
    REQUESTS.lock().unwrap().push(city.to_owned());
    sleep(Duration::from_millis(50)).await; // the way to the weather service and back
    format!("{city}: sunny")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let cities = ["New York", "London", "London", "Miami", "New York", "Miami", "London", "New York"];

    // Nothing is stored yet when the second traveller asks for London: who comes while a call is running waits for its value.
    let reports = join_all(cities.map(report)).await;

    for (city, report) in cities.iter().zip(&reports) {
        println!("{report}");
        assert_eq!(*report, format!("{city}: sunny"));
    }
    let requests = REQUESTS.lock().unwrap();
    println!("asked for: {}", requests.join(", "));
    assert_eq!(*requests, ["New York", "London", "Miami"]);

    let info = report::cache_info();
    println!("{info}");
    assert_eq!(info, CacheInfo { hits: 5, misses: 3, maxsize: Some(1024), currsize: 3 });
}
