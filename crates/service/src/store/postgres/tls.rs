//! The way to the server: encrypted, with the server's certificate checked, wherever it leaves this computer.

use crate::startup::Refusal;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The word of an address that names the file of the authority whose certificate the server has, as `psql` calls it.
const ROOT: &str = "sslrootcert";

/// Takes the authority's file out of an address: the rest is what the driver reads.
pub(super) fn root_of(address: &str) -> (String, Option<PathBuf>) {
    if let Ok(mut url) = Url::parse(address) {
        let root = url.query_pairs().find(|(name, _)| name == ROOT).map(|(_, file)| PathBuf::from(file.into_owned()));
        if root.is_some() {
            let others: Vec<(String, String)> =
                url.query_pairs().filter(|(name, _)| name != ROOT).map(|pair| (pair.0.into(), pair.1.into())).collect();
            url.query_pairs_mut().clear().extend_pairs(others);
        }
        return (url.into(), root);
    }
    let is_root = |word: &&str| word.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('='));
    let root = address.split_whitespace().find(is_root).and_then(|word| word.split_once('='));
    let root = root.map(|(_, file)| PathBuf::from(file.trim_matches('\'')));
    match root {
        Some(root) => {
            let rest: Vec<&str> = address.split_whitespace().filter(|word| !is_root(word)).collect();
            (rest.join(" "), Some(root))
        }
        None => (address.to_owned(), None),
    }
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
        let stays = config.get_hosts().iter().all(here);
        config.ssl_mode(if stays { SslMode::Disable } else { SslMode::Require });
    }
}

/// What makes connections. Certificates are checked against the given authority alone, or against those that the
/// operating system trusts; names are checked in both cases.
pub(super) fn connector(root: Option<&Path>) -> Result<MakeRustlsConnect, Refusal> {
    let unusable = |reason: &dyn std::fmt::Display| {
        let file = root.map(|root| format!(" in {}", root.display())).unwrap_or_default();
        Refusal::Input(format!("The certificates{file} cannot be used: {reason}. Name a PEM file with {ROOT}."))
    };
    let Some(file) = root else {
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
            ("host=db user=a sslrootcert=/etc/ca.pem dbname=t", "host=db user=a dbname=t", Some("/etc/ca.pem")),
            ("host=db user=a", "host=db user=a", None),
            (
                "postgres://a:b@db:5432/t?sslrootcert=/etc/ca.pem&sslmode=require",
                "postgres://a:b@db:5432/t?sslmode=require",
                Some("/etc/ca.pem"),
            ),
            ("postgres://a:b@db:5432/t", "postgres://a:b@db:5432/t", None),
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
