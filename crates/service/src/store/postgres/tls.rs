//! The way to the server: encrypted, with the server's certificate checked, wherever it leaves this computer.

use crate::startup::Refusal;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The word of an address that names the file of the authority whose certificate the server has, as `psql` calls it.
const ROOT: &str = "sslrootcert";

/// Takes the authority's file out of an address: the rest is what the driver reads, letter by letter.
pub(super) fn root_of(address: &str) -> (String, Option<PathBuf>) {
    if let Some((place, query)) = address.split_once('?').filter(|_| address.contains("://")) {
        let is_root = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| name == ROOT);
        let Some(pair) = query.split('&').find(is_root) else { return (address.to_owned(), None) };
        let file = Url::parse(&format!("file:?{pair}")).ok();
        let file = file.and_then(|url| Some(PathBuf::from(url.query_pairs().next()?.1.into_owned())));
        let others: Vec<&str> = query.split('&').filter(|pair| !is_root(pair)).collect();
        let rest = if others.is_empty() { place.to_owned() } else { format!("{place}?{}", others.join("&")) };
        return (rest, file);
    }
    match words(address).into_iter().find(|(name, ..)| *name == ROOT) {
        Some((_, value, place)) => {
            (format!("{}{}", &address[..place.start], &address[place.end..]), Some(PathBuf::from(value)))
        }
        None => (address.to_owned(), None),
    }
}

/// The words of a connection string, with their values and where they stand: `name = value`, or `name='a value'` with
/// a backslash before what would end it.
fn words(text: &str) -> Vec<(&str, String, Range<usize>)> {
    let mut words = vec![];
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| !c.is_whitespace()).map(|offset| at + offset) {
        let Some(equals) = text[start..].find('=').map(|offset| start + offset) else { break };
        let mut value = String::new();
        let after = &text[equals + 1..];
        let mut letters = after.char_indices().skip_while(|(_, c)| c.is_whitespace()).peekable();
        let quoted = letters.next_if(|(_, c)| *c == '\'').is_some();
        let mut end = after.len();
        while let Some((offset, c)) = letters.next() {
            match c {
                '\\' => value.extend(letters.next().map(|(_, c)| c)),
                '\'' if quoted => {
                    end = offset + 1;
                    break;
                }
                c if !quoted && c.is_whitespace() => {
                    end = offset;
                    break;
                }
                c => value.push(c),
            }
        }
        at = equals + 1 + end;
        words.push((text[start..equals].trim_end(), value, start..at));
    }
    words
}

/// Settles whether the way is encrypted: always where it leaves this computer and nobody has said `sslmode=disable`.
/// Within the computer where `sslmode=require` says so. There is no mode that encrypts when it happens to work.
pub(super) fn settle(config: &mut Config) {
    let here = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    if config.get_ssl_mode() == SslMode::Prefer {
        let addresses = config.get_hostaddrs();
        let is_named = !config.get_hosts().is_empty() || !addresses.is_empty();
        let stays =
            is_named && config.get_hosts().iter().all(here) && addresses.iter().all(|address| address.is_loopback());
        config.ssl_mode(if stays { SslMode::Disable } else { SslMode::Require });
    }
}

/// What makes connections where the way is settled. Certificates are checked against the given authority alone, or
/// against those that the operating system trusts; names are checked in both cases.
pub(super) fn connector(config: &Config, root: Option<&Path>) -> Result<MakeRustlsConnect, Refusal> {
    let unusable = |reason: &dyn std::fmt::Display| {
        let file = root.map(|root| format!(" in {}", root.display())).unwrap_or_default();
        Refusal::Input(format!("The certificates{file} cannot be used: {reason}. Name a PEM file with {ROOT}."))
    };
    let Some(file) = root else {
        // Nothing is asked of what the operating system trusts, which may have nothing at all, where nothing is encrypted.
        if config.get_ssl_mode() == SslMode::Disable {
            let nobody = RootCertStore::empty();
            let config = ClientConfig::builder().with_root_certificates(nobody).with_no_client_auth();
            return Ok(MakeRustlsConnect::new(config));
        }
        let config = ClientConfig::with_platform_verifier().map_err(|error| unusable(&error))?;
        return Ok(MakeRustlsConnect::new(config));
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
        roots.add(certificate.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"there is none"));
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_is_taken_out_of_an_address_however_it_is_written() {
        for (address, rest, root) in [
            ("host=db user=a sslrootcert=/etc/ca.pem dbname=t", "host=db user=a  dbname=t", Some("/etc/ca.pem")),
            ("host=db user=a", "host=db user=a", None),
            (
                "postgres://a:b@db:5432/t?sslrootcert=/etc/ca.pem&sslmode=require",
                "postgres://a:b@db:5432/t?sslmode=require",
                Some("/etc/ca.pem"),
            ),
            ("postgres://a:b@db:5432/t", "postgres://a:b@db:5432/t", None),
            ("postgres://a@db/t?sslrootcert=/etc/my%20ca.pem", "postgres://a@db/t", Some("/etc/my ca.pem")),
            ("postgres://a@db/t?password=a%20b&sslrootcert=c", "postgres://a@db/t?password=a%20b", Some("c")),
            (
                "password='a  \\'b' sslrootcert='/etc/my ca.pem' user=c",
                "password='a  \\'b'  user=c",
                Some("/etc/my ca.pem"),
            ),
            ("user = c  sslrootcert = ca.pem", "user = c  ", Some("ca.pem")),
            ("password='sslrootcert=x' user=c", "password='sslrootcert=x' user=c", None),
            ("", "", None),
            ("nonsense", "nonsense", None),
        ] {
            assert_eq!(root_of(address), (rest.to_owned(), root.map(PathBuf::from)), "{address}");
        }
    }

    #[test]
    fn the_way_is_encrypted_wherever_it_leaves_this_computer() {
        for (address, mode) in [
            ("host=db.hotel.example user=a", SslMode::Require),
            ("host=10.0.0.7 user=a", SslMode::Require),
            ("host=127.0.0.1,db.hotel.example user=a", SslMode::Require),
            ("host=db.hotel.example user=a sslmode=disable", SslMode::Disable),
            ("hostaddr=10.0.0.7 user=a", SslMode::Require),
            ("host=localhost hostaddr=10.0.0.7 user=a", SslMode::Require),
            ("postgres://a@/t?hostaddr=10.0.0.7", SslMode::Require),
            ("hostaddr=127.0.0.1 user=a", SslMode::Disable),
            ("host=127.0.0.1 user=a", SslMode::Disable),
            ("host=::1 user=a", SslMode::Disable),
            ("host=localhost user=a", SslMode::Disable),
            ("host=127.0.0.1 user=a sslmode=require", SslMode::Require),
            #[cfg(unix)]
            ("host=/run/postgresql user=a", SslMode::Disable),
        ] {
            let mut config: Config = address.parse().expect("an address");
            settle(&mut config);
            assert_eq!(config.get_ssl_mode(), mode, "{address}");
        }
    }
}
