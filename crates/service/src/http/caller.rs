//! Who calls: the device behind the bearer token.

use super::{AppState, Refused};
use crate::store::{Device, Hash};
use crate::token;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use turndown_protocol::{Problem, codes};

/// A device that the service knows, asking about its own property, and the hash of its token.
#[derive(Debug)]
pub struct Caller(pub Device, pub Hash);

fn unauthenticated(detail: &str) -> Refused {
    Problem::new(401, codes::UNAUTHENTICATED, "This desk is not connected to the service.").with_detail(detail).into()
}

async fn caller(parts: &mut Parts, app: &AppState) -> Result<Option<Caller>, Refused> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let Some(header) = headers.next() else { return Ok(None) };
    let unreadable = || unauthenticated("The Authorization header has to be \"Bearer <device token>\".");
    // Of two, whoever stands in between may have looked at the other one.
    if headers.next().is_some() {
        return Err(unreadable());
    }
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unreadable)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unreadable());
    }
    let hash = token::hash(token.trim());
    let device =
        app.store.device(hash, app.env.now_ms()).await?.ok_or_else(|| {
            unauthenticated("Its token is not known here. Connect it again with a code from the hotel.")
        })?;
    let params = match RawPathParams::from_request_parts(parts, app).await {
        Ok(params) => Some(params),
        // Which property it names cannot be said, so that it is not taken for this desk's.
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => {
            return Err(Refused::bad_request("A name in the address is not UTF-8 text."));
        }
        Err(_) => None,
    };
    let named = params.as_ref().and_then(|params| params.iter().find(|(name, _)| *name == "property"));
    if named.is_some_and(|(_, property)| property != device.property_id.as_str()) {
        return Err(Problem::new(403, codes::FORBIDDEN, "This desk may not speak for that property.")
            .with_detail("Its token is for another one. Connect it again with a code from the right hotel.")
            .into());
    }
    Ok(Some(Caller(device, hash)))
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Refused> {
        caller(parts, app).await?.ok_or_else(|| unauthenticated("Send \"Authorization: Bearer <device token>\"."))
    }
}

impl OptionalFromRequestParts<AppState> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Option<Self>, Refused> {
        caller(parts, app).await
    }
}
