//! Paths and their handlers.

use super::pictures::{self, NoPage};
use super::{HttpShared, page};
use crate::history::series::Period;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};
use serde_json::json;
use std::convert::Infallible;
use tokio::sync::broadcast::error::RecvError;

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The end of a path; an error where it is not text.
type Decoded = Result<Path<String>, PathRejection>;

/// Nothing is served at an empty end.
fn text(path: Decoded) -> String {
    path.map(|Path(text)| text).unwrap_or_default()
}

pub(super) fn router(shared: HttpShared) -> Router {
    let of_kind = |kind: &'static str| {
        get(
            move |State(shared): State<HttpShared>, path: Decoded| async move {
                picture(&shared, pictures::period(kind, &text(path))).await
            },
        )
    };
    Router::new()
        .route("/", get(index))
        .route("/day/{date}", of_kind("day"))
        .route("/month/{month}", of_kind("month"))
        .route("/year/{year}", of_kind("year"))
        .route("/compare", get(compare))
        .route("/metrics", get(metrics))
        .route("/readings.json", get(readings))
        .route("/readings/{*file}", get(reading))
        .route("/events", get(events))
        .route("/health", get(health))
        .fallback(missing)
        .method_not_allowed_fallback(forbidden)
        .with_state(shared)
}

/// A response of this type, with the headers that all responses have.
fn body(status: StatusCode, kind: &'static str, text: String) -> Response {
    let headers: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, kind),
        // Values are old after seconds: no proxy may keep them.
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, text).into_response()
}

fn plain(status: StatusCode, text: &str) -> Response {
    body(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

async fn missing() -> Response {
    plain(StatusCode::NOT_FOUND, "there is nothing here")
}

async fn forbidden() -> Response {
    let mut response = plain(
        StatusCode::METHOD_NOT_ALLOWED,
        "only GET and HEAD are allowed",
    );
    let allowed = axum::http::HeaderValue::from_static("GET, HEAD");
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

async fn index(State(shared): State<HttpShared>) -> Response {
    let text = page::page(&shared.state(), shared.pictures.is_some());
    body(StatusCode::OK, HTML, text)
}

async fn compare(State(shared): State<HttpShared>) -> Response {
    picture(&shared, Some(Period::Compare(None))).await
}

async fn picture(shared: &HttpShared, period: Option<Period>) -> Response {
    let Some(pictures) = &shared.pictures else {
        let why = "pictures need logs: start the program with --log DIR";
        return plain(StatusCode::NOT_FOUND, why);
    };
    let Some(period) = period else {
        return missing().await;
    };
    match pictures.page(period).await {
        Ok(page) if page.is_empty => body(StatusCode::NOT_FOUND, HTML, page.text),
        Ok(page) => body(StatusCode::OK, HTML, page.text),
        Err(why @ (NoPage::Busy | NoPage::NoThread(_))) => {
            plain(StatusCode::SERVICE_UNAVAILABLE, &why.to_string())
        }
        Err(why) => plain(StatusCode::INTERNAL_SERVER_ERROR, &why.to_string()),
    }
}

async fn metrics(State(shared): State<HttpShared>) -> Response {
    let text = shared.state().metrics();
    body(StatusCode::OK, METRICS, text)
}

async fn readings(State(shared): State<HttpShared>) -> Response {
    let text = shared.state().readings().to_string();
    body(StatusCode::OK, JSON, text)
}

async fn reading(State(shared): State<HttpShared>, path: Decoded) -> Response {
    let file = text(path);
    let label = file.strip_suffix(".json");
    match label.and_then(|label| shared.state().reading(label)) {
        Some(object) => body(StatusCode::OK, JSON, object.to_string()),
        None => plain(StatusCode::NOT_FOUND, "there is no such inverter"),
    }
}

async fn health(State(shared): State<HttpShared>) -> Response {
    let trouble = shared.state().trouble();
    match trouble {
        None => body(StatusCode::OK, JSON, json!({"healthy": true}).to_string()),
        Some(reason) => {
            let text = json!({"healthy": false, "reason": reason}).to_string();
            body(StatusCode::SERVICE_UNAVAILABLE, JSON, text)
        }
    }
}

async fn events(State(shared): State<HttpShared>) -> Response {
    let events = Sse::new(messages(&shared)).keep_alive(KeepAlive::default());
    events.into_response()
}

/// An event per observation. A client that is too slow misses some.
fn messages(shared: &HttpShared) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    unfold(shared.events.subscribe(), |mut events| async move {
        loop {
            match events.recv().await {
                Ok(text) => return Some((Ok(Event::default().data(text)), events)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    })
}
