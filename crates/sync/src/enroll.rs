//! Before a desk belongs to a hotel: which hotel a code leads to, and a token for the desk.

use crate::address::normalise;
use crate::classify::{Class, Failure};
use crate::network::Http;
use crate::reason::{Cause, Reason};
use crate::wire::{Body, Deadlines, Wire};
use std::sync::Arc;
use turndown_offline::SystemEnvironment;
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{Enroll, EnrollCode};

/// The hotel that an address and a code lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The hotel's name.
    pub name: String,
    /// The address as requests go to it.
    pub address: String,
}

/// A desk's place at a hotel. The token is not shown again by the service.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The address as requests go to it.
    pub address: String,
    /// The desk's own key.
    pub token: String,
    /// The hotel.
    pub property_id: String,
    /// Its name.
    pub property_name: String,
    /// The store that gave the token; another one behind the same address is refused.
    pub store_id: String,
}

// The token is a secret: it is left out wherever somebody prints this.
impl std::fmt::Debug for Enrolled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolled")
            .field("address", &self.address)
            .field("property_id", &self.property_id)
            .field("store_id", &self.store_id)
            .finish_non_exhaustive()
    }
}

/// Says which hotel an address and a code lead to. The code is not used up.
///
/// # Errors
/// Why not, for the person who typed them.
pub async fn find_hotel(address: &str, code: &str) -> Result<Found, Reason> {
    let address = normalise(address)?;
    let code = plain(code)?;
    let wire = wire(&address);
    let request = wire.get(&format!("/v1/enroll/{code}"));
    let found: EnrollCode = wire.ask(request, wire.deadlines().total, Cause::NotTheService).await.map_err(in_words)?;
    Ok(Found { name: found.property_name, address })
}

/// Uses a code up for this desk.
///
/// # Errors
/// Why not, for the person who typed it.
pub async fn enroll(address: &str, code: &str, device_name: &str) -> Result<Enrolled, Reason> {
    let address = normalise(address)?;
    let message = Enroll { code: plain(code)?, device_name: device_name.to_owned() };
    let wire = wire(&address);
    let body = serde_json::to_vec(&message).map_err(|_| Cause::Fault.reason())?;
    let request = wire.post("/v1/enroll", Body::of(body));
    let enrolled: turndown_protocol::Enrolled =
        wire.ask(request, wire.deadlines().total, Cause::NotTheService).await.map_err(in_words)?;
    Ok(Enrolled {
        address,
        token: enrolled.token,
        property_id: enrolled.property_id.to_string(),
        property_name: enrolled.property_name,
        store_id: enrolled.store_id,
    })
}

fn wire(address: &str) -> Wire {
    let deadlines = Deadlines::default();
    Wire::new(Arc::new(Http::new(address, deadlines)), address, None, deadlines, Arc::new(SystemEnvironment))
}

/// A code as it is told over the radio: case, spaces and dashes do not matter.
fn plain(code: &str) -> Result<String, Reason> {
    let plain: String =
        code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    if plain.is_empty() || plain.len() > 64 || !plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(unknown_code());
    }
    Ok(plain)
}

fn unknown_code() -> Reason {
    Reason {
        code: "CODE_UNKNOWN",
        message: phrase!("The service does not know this code, or it was used already."),
        next_step: phrase!("Check it letter by letter, or ask your IT for a new one."),
    }
}

/// The same causes as on the link, but nothing was recorded yet and a person is waiting for the answer.
fn in_words(failure: Failure) -> Reason {
    let again = |reason: Reason, next_step: Phrase| Reason { next_step, ..reason };
    match (failure.class, failure.cause) {
        // The one thing that can be missing or refused here is the code.
        (Class::Refused | Class::SignIn | Class::Gone | Class::WholeBatch, Cause::RequestRefused)
        | (_, Cause::TokenRefused | Cause::WrongProperty | Cause::CursorGone) => unknown_code(),
        (Class::Overload, _) => again(failure.reason, phrase!("Wait a minute, then try again.")),
        (_, Cause::NotTheService) => {
            again(failure.reason, phrase!("Check the address, or sign in to the network in a browser, then try again."))
        }
        (_, Cause::Certificate) => again(
            failure.reason,
            phrase!("Check this computer's date, then ask your IT about the service's certificate."),
        ),
        _ => again(failure.reason, phrase!("Check the address and this computer's network, then try again.")),
    }
}
