//! What the hotel's own system (its PMS) reports of the front office.

use super::caller::Caller;
use super::{AppState, Refused, body, json};
use crate::metrics::OutcomeLabels;
use crate::misfit::misfit;
use crate::store::front_office::Reported;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use sha2::{Digest, Sha256};
use turndown_domain::front_office::Report;
use turndown_protocol::{Problem, PropertyId, ReportOutcome, ReportResult, ReportSent, Reports, ReportsAnswer, codes};

#[utoipa::path(
    post,
    path = "/v1/properties/{property}/front-office/reports",
    tag = "front office",
    summary = "How bookings and rooms stand in the hotel's own system; one answer each",
    description = "A report says how one booking or one room stands, whole. The newest version of each counts, so that sending again, late or out of order does no harm.",
    params(("property" = String, Path)),
    request_body = Reports,
    responses(
        (status = 200, body = ReportsAnswer),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn reports(
    State(app): State<AppState>,
    Caller(device, _): Caller,
    headers: HeaderMap,
    request: axum::body::Body,
) -> Result<Response, Refused> {
    let Reports { reports } = body::json(&app, &headers, request).await?;
    if reports.len() > app.limits.max_events as usize {
        return Err(Problem::new(413, codes::TOO_LARGE, "The batch has too many reports.")
            .with_detail(format!("At most {}. Send less at once.", app.limits.max_events))
            .into());
    }
    let mut results = Vec::with_capacity(reports.len());
    for sent in reports {
        let result = match read(&app, &device.property_id, sent) {
            Ok(reported) => app.store.report(reported).await?,
            Err(problem) => {
                let problem = Some(*problem);
                ReportResult { subject: None, outcome: ReportOutcome::Refused, done: vec![], problem }
            }
        };
        let outcome = format!("{:?}", result.outcome).to_lowercase();
        app.metrics.reports.get_or_create(&OutcomeLabels { outcome }).inc();
        results.push(result);
    }
    Ok(json(ReportsAnswer { results }))
}

fn read(app: &AppState, property: &PropertyId, sent: ReportSent) -> Result<Reported, Box<Problem>> {
    let unfit = |detail: String| {
        let title = "This is not a report that the service can read.";
        Box::new(Problem::new(400, codes::BAD_REQUEST, title).with_detail(detail))
    };
    if sent.version > i64::MAX.unsigned_abs() {
        return Err(unfit("A version is below 2 to the power of 63.".into()));
    }
    let said = Value::Object(sent.report);
    let bytes = serde_json_canonicalizer::to_vec(&said).map_err(|error| unfit(format!("{error}.")))?;
    let report: Report =
        serde_json::from_value(said).map_err(|error| unfit(format!("It does not fit: {}.", misfit(&error))))?;
    Ok(Reported {
        property: property.clone(),
        version: sent.version,
        report,
        hash: Sha256::digest(&bytes).into(),
        now_ms: app.env.now_ms(),
        random: app.env.random_u128(),
    })
}
