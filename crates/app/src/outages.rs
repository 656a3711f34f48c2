//! Writes down when the desk is without its service, as the link says it.

use tokio::sync::watch;
use turndown_offline::Engine;
use turndown_sync::{LinkMode, LinkState, Status};

/// The code of an outage that somebody chose. The link says it of its own end too.
pub(crate) const PLANNED: &str = "PLANNED_OFFLINE";

/// Follows the link until it ends.
pub(crate) fn watch(engine: Engine, mut link: watch::Receiver<Status>) {
    tokio::spawn(async move {
        let mut known: Option<bool> = None;
        loop {
            let (standing, paused) = {
                let status = link.borrow_and_update();
                (standing(&status), status.paused)
            };
            if let Some(standing) = standing
                && known != Some(standing.is_ok())
            {
                let engine = engine.clone();
                let written = tokio::task::spawn_blocking(move || match standing {
                    Ok(()) => engine.outage_ends(),
                    Err(code) => engine.outage_begins(code, paused),
                });
                match written.await {
                    Ok(Ok(())) => known = Some(standing.is_ok()),
                    // The next that the link says tries again.
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "when the desk is without its service could not be written down");
                    }
                    Err(error) => tracing::error!(%error, "an outage could not be written down"),
                }
            }
            if link.changed().await.is_err() {
                return;
            }
        }
    });
}

/// Whether the service answers and may be sent to, or the code that says why not. Nothing is known before it was asked, and
/// nothing is said by a link that this desk itself is ending.
fn standing(status: &Status) -> Option<Result<(), &'static str>> {
    let code = status.reason.as_ref().map_or("SERVICE_UNREACHABLE", |reason| reason.code);
    match status.state {
        LinkState::Starting => None,
        LinkState::Online => Some(Ok(())),
        LinkState::Offline | LinkState::Stopped if code == PLANNED && status.mode == LinkMode::Auto => None,
        LinkState::Offline | LinkState::Stopped => Some(Err(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use turndown_sync::Cause;

    #[test]
    fn a_desk_that_is_closed_begins_no_outage_and_one_that_was_told_to_work_offline_does() {
        let status = |mode, state, cause: Option<Cause>| Status {
            mode,
            state,
            reason: cause.map(Cause::reason),
            ..Status::default()
        };
        for (status, expected) in [
            (status(LinkMode::Auto, LinkState::Starting, None), None),
            (status(LinkMode::Auto, LinkState::Online, None), Some(Ok(()))),
            (status(LinkMode::Auto, LinkState::Offline, Some(Cause::Silent)), Some(Err("SERVICE_SILENT"))),
            (status(LinkMode::Auto, LinkState::Stopped, Some(Cause::TokenRefused)), Some(Err("TOKEN_REFUSED"))),
            (status(LinkMode::Auto, LinkState::Offline, Some(Cause::PlannedOffline)), None),
            (status(LinkMode::WorkOffline, LinkState::Offline, Some(Cause::PlannedOffline)), Some(Err(PLANNED))),
            (status(LinkMode::Unplugged, LinkState::Offline, Some(Cause::Unplugged)), Some(Err("UNPLUGGED"))),
        ] {
            assert_eq!(standing(&status), expected, "{status:?}");
        }
    }
}
