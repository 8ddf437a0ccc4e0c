//! Requests and responses.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::database::DatabaseError;
use crate::repository::{Article, Repository};
use crate::service::{Digest, Service};

/// What can be asked for.
pub fn router<R: Repository>(service: Service<R>) -> Router {
    Router::new()
        .route("/articles/{id}", get(article::<R>).put(save::<R>))
        .route("/authors/{author}/digest", get(digest::<R>))
        .with_state(service)
}

async fn article<R: Repository>(service: State<Service<R>>, Path(id): Path<i64>) -> Result<Json<Article>, Failure> {
    service.article(id).await?.map(Json).ok_or(Failure::NotFound)
}

async fn digest<R: Repository>(
    service: State<Service<R>>,
    Path(author): Path<String>,
) -> Result<Json<Arc<Digest>>, Failure> {
    Ok(Json(service.digest(&author).await?))
}

async fn save<R: Repository>(
    service: State<Service<R>>,
    Path(id): Path<i64>,
    Json(article): Json<Article>,
) -> Result<StatusCode, Failure> {
    service.save(id, article).await?;
    Ok(StatusCode::NO_CONTENT)
}

enum Failure {
    NotFound,
    Database(DatabaseError),
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Database(error) => {
                eprintln!("{error}"); // for us; the client need not know
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
