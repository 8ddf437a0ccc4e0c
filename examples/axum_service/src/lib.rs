//! A web service whose methods are cached: articles in a database, and a digest of what an author wrote.
//!
//! - [`database`] is `rusqlite`, and counts the queries that reach it;
//! - [`repository`] is a trait, and its implementation with a cached method;
//! - [`service`] works with whatever repository, and caches what it computes;
//! - [`routes`] answers requests, and knows nothing of caches.

pub mod database;
pub mod repository;
pub mod routes;
pub mod service;

use database::Database;
use repository::SqliteRepository;
use service::Service;

/// The application over a database. It is cloned for every request, and all clones share the caches.
pub fn application(database: Database) -> axum::Router {
    routes::router(Service::new(SqliteRepository::new(database)))
}
