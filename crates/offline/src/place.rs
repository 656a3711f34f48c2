//! Where the desk's folder lies. A folder on a network, or one that another program copies to other computers while the
//! desk writes in it, keeps no promise about what is on disk: people are warned. Where the file system cannot carry the
//! write-ahead log at all, opening refuses by itself.

use std::path::Path;

/// Why a folder is no good place for a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoubtfulPlace {
    /// It is on another computer.
    Network {
        /// The file system's name.
        kind: &'static str,
    },
    /// Another program copies it about.
    Synchronised {
        /// The program's name.
        by: &'static str,
    },
}

/// Folder names by which programs that synchronise can be known, in lower case, with the program.
const SYNCHRONISED: [(&str, &str); 12] = [
    ("dropbox", "Dropbox"),
    ("onedrive", "OneDrive"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("my drive", "Google Drive"),
    ("icloud drive", "iCloud"),
    ("icloud~", "iCloud"),
    ("mobile documents", "iCloud"),
    ("nextcloud", "Nextcloud"),
    ("owncloud", "ownCloud"),
    ("pcloud", "pCloud"),
    ("syncthing", "Syncthing"),
];

/// Looks where a folder really lies, links followed. `None` is a place that nothing is known against.
#[must_use]
pub fn doubtful_place(folder: &Path) -> Option<DoubtfulPlace> {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let synchronised = real.components().find_map(|part| {
        let name = part.as_os_str().to_string_lossy().to_lowercase();
        // The name, or the name with an account behind it ("OneDrive - Hotel").
        let known = |known: &str| {
            name.strip_prefix(known).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
                || (known.ends_with('~') && name.starts_with(known))
        };
        SYNCHRONISED.iter().find(|(name, _)| known(name)).map(|(_, by)| DoubtfulPlace::Synchronised { by })
    });
    synchronised.or_else(|| network(&real).map(|kind| DoubtfulPlace::Network { kind }))
}

#[cfg(target_os = "linux")]
fn network(folder: &Path) -> Option<&'static str> {
    // What cannot be asked is not held against the folder.
    let about = rustix::fs::statfs(folder).ok()?;
    #[allow(clippy::useless_conversion, reason = "the number's type differs from machine to machine")]
    network_kind(i64::from(about.f_type))
}

#[cfg(not(target_os = "linux"))]
fn network(_folder: &Path) -> Option<&'static str> {
    None
}

/// File systems whose files are on another computer, by the numbers of statfs(2).
#[cfg(target_os = "linux")]
fn network_kind(number: i64) -> Option<&'static str> {
    Some(match number & 0xFFFF_FFFF {
        0x6969 => "NFS",
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => "SMB",
        0x0102_1997 => "9P",
        0x5346_414F => "AFS",
        0x00C3_6400 => "Ceph",
        0x7375_7245 => "Coda",
        0x6573_5546 => "FUSE",
        0x0BD0_0BD0 => "Lustre",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "what a test needs and does not get ends it")]

    use super::*;

    #[test]
    fn j4_a_folder_on_a_network_or_in_a_synchronised_place_is_warned_of() {
        let home = tempfile::tempdir().expect("a folder");
        for (name, by) in [
            ("Dropbox", Some("Dropbox")),
            ("OneDrive - Grand Hotel", Some("OneDrive")),
            ("Google Drive", Some("Google Drive")),
            ("Mobile Documents", Some("iCloud")),
            ("Nextcloud", Some("Nextcloud")),
            ("Dropboxes", None),
            ("turndown", None),
        ] {
            let folder = home.path().join(name).join("desk");
            std::fs::create_dir_all(&folder).expect("a folder");
            let expected = by.map(|by| DoubtfulPlace::Synchronised { by });
            assert_eq!(doubtful_place(&folder), expected, "{name}");
        }
        #[cfg(unix)]
        {
            let link = home.path().join("quiet");
            std::os::unix::fs::symlink(home.path().join("Dropbox"), &link).expect("a link");
            assert_eq!(
                doubtful_place(&link),
                Some(DoubtfulPlace::Synchronised { by: "Dropbox" }),
                "links are followed"
            );
        }
        assert_eq!(doubtful_place(&home.path().join("not there")), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn j4_file_systems_of_other_computers_are_known_by_their_numbers() {
        // As statfs answers them: some with the sign of a 32-bit number.
        for (number, kind) in
            [(0x6969, Some("NFS")), (0xFF53_4D42_u32.cast_signed().into(), Some("SMB")), (0xEF53, None)]
        {
            assert_eq!(network_kind(number), kind, "{number:x}");
        }
    }
}
