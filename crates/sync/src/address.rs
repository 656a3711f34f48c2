//! A service's address as a person types it, made into one that requests go to.

use crate::reason::Reason;
use reqwest::Url;
use std::net::IpAddr;
use turndown_phrase::{Phrase, phrase};

fn refuse(code: &'static str, message: Phrase, next_step: Phrase) -> Reason {
    Reason { code, message, next_step }
}

/// Normalises an address: the scheme is `https`, or `http` on this machine; no slash at the end.
///
/// # Errors
/// What is wrong with it, for the person who typed it.
pub fn normalise(address: &str) -> Result<String, Reason> {
    let like = || phrase!("Type it as your IT gave it, for example https://turndown.hotel.example.");
    let unfit = |message: Phrase| refuse("ADDRESS_UNFIT", message, like());
    let typed = address.trim();
    if typed.trim_matches('/').is_empty() {
        return Err(refuse("ADDRESS_EMPTY", phrase!("The service's address is empty."), like()));
    }
    let spelled = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let mut url =
        Url::parse(&spelled).map_err(|_| unfit(phrase!("This is not an address that a service can have.")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unfit(phrase!("A service's address begins with https://.")));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(unfit(phrase!("A service's address has a name and perhaps a port, and nothing else.")));
    }
    if url.port() == Some(0) {
        return Err(unfit(phrase!("A service cannot be at port 0.")));
    }
    let near = nearness(&url);
    if near == Near::Here && !typed.contains("://") {
        url.set_scheme("http").map_err(|()| unfit(phrase!("This is not an address that a service can have.")))?;
    }
    if url.scheme() == "http" && near == Near::Far {
        return Err(refuse(
            "ADDRESS_NOT_SECURE",
            phrase!("This address is not encrypted, so anyone on the way could read along."),
            phrase!("Use the address that begins with https://."),
        ));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Near {
    /// On this machine.
    Here,
    /// In the house.
    House,
    Far,
}

fn nearness(url: &Url) -> Near {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match ip {
        Ok(ip) if ip.is_loopback() => Near::Here,
        Ok(IpAddr::V4(ip)) if ip.is_private() || ip.is_link_local() => Near::House,
        Ok(IpAddr::V6(ip)) if ip.is_unique_local() || ip.is_unicast_link_local() => Near::House,
        Ok(_) => Near::Far,
        Err(_) if host == "localhost" || host.ends_with(".localhost") => Near::Here,
        // A name without a dot, and mDNS, mean a machine in the house.
        Err(_) if !host.contains('.') || host.ends_with(".local") => Near::House,
        Err(_) => Near::Far,
    }
}

/// Whether an address is on this machine, where no proxy stands between.
#[must_use]
pub(crate) fn is_here(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| nearness(&url) == Near::Here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_people_type_it() {
        for (typed, expected) in [
            ("turndown.hotel.example", Ok("https://turndown.hotel.example")),
            ("  https://turndown.hotel.example/  ", Ok("https://turndown.hotel.example")),
            ("HTTPS://Turndown.Hotel.Example///", Ok("https://turndown.hotel.example")),
            ("https://hotel.example:8443/desk/", Ok("https://hotel.example:8443/desk")),
            ("localhost:8080", Ok("http://localhost:8080")),
            ("127.0.0.1:8080/", Ok("http://127.0.0.1:8080")),
            ("[::1]:8080", Ok("http://[::1]:8080")),
            ("https://localhost:8080", Ok("https://localhost:8080")),
            ("http://192.168.1.20:8080", Ok("http://192.168.1.20:8080")),
            ("http://desk-server:8080", Ok("http://desk-server:8080")),
            ("192.168.1.20", Ok("https://192.168.1.20")),
            ("", Err("ADDRESS_EMPTY")),
            ("  / ", Err("ADDRESS_EMPTY")),
            ("http://hotel.example", Err("ADDRESS_NOT_SECURE")),
            ("http://8.8.8.8", Err("ADDRESS_NOT_SECURE")),
            ("ftp://hotel.example", Err("ADDRESS_UNFIT")),
            ("file:///etc/passwd", Err("ADDRESS_UNFIT")),
            ("hotel.example:0", Err("ADDRESS_UNFIT")),
            ("hotel.example:70000", Err("ADDRESS_UNFIT")),
            ("hotel.example:port", Err("ADDRESS_UNFIT")),
            ("https://", Err("ADDRESS_UNFIT")),
            ("https://me:secret@hotel.example", Err("ADDRESS_UNFIT")),
            ("https://hotel.example/?a=1", Err("ADDRESS_UNFIT")),
            ("https://hotel.example/#a", Err("ADDRESS_UNFIT")),
            ("my hotel", Err("ADDRESS_UNFIT")),
            ("https://hotel.exa mple", Err("ADDRESS_UNFIT")),
        ] {
            let found = normalise(typed);
            assert_eq!(found.as_deref().map_err(|reason| reason.code), expected, "{typed:?}");
            if let Ok(address) = found {
                assert_eq!(normalise(&address).as_deref(), Ok(address.as_str()), "{typed:?} stays as it is");
            }
        }
    }
}
