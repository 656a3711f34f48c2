//! What the shell is told from outside: environment variables, and nothing else. All are optional; the README lists
//! them. There is no settings file: what a hotel decides belongs to its database, not to the window.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use turndown_app::Keys;

/// Folder of the desk's database, logs and window sizes.
pub const DATA_DIR: &str = "TURNDOWN_DATA_DIR";
/// Address of the service that holds the sample hotel.
pub const SAMPLE_URL: &str = "TURNDOWN_SAMPLE_URL";
/// File that holds the code with which a desk enrols at the sample hotel. A file, because an environment can be read by
/// everything that the app starts.
pub const SAMPLE_CODE_FILE: &str = "TURNDOWN_SAMPLE_CODE_FILE";
/// Where the desk's key is kept: `keyring`, or `file` on a computer that has none.
pub const KEYS: &str = "TURNDOWN_KEYS";
/// What is logged, in the notation of `tracing_subscriber::EnvFilter`.
pub const LOG: &str = "TURNDOWN_LOG";
/// Set by WebDriver: a test holds the window.
const AUTOMATION: [&str; 2] = ["TAURI_WEBVIEW_AUTOMATION", "TAURI_AUTOMATION"];

/// What the shell was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Folder of everything this desk keeps.
    pub data_dir: PathBuf,
    /// Whether `data_dir` was named, and is not the one the operating system gives every app.
    pub own_data_dir: bool,
    /// Where the desk's key is kept.
    pub keys: Keys,
    /// Address of the service that holds the sample hotel.
    pub sample_url: Option<String>,
    /// File that holds the sample hotel's code.
    pub sample_code_file: Option<PathBuf>,
    /// What is logged.
    pub log: Option<String>,
    /// A test drives the window.
    pub automated: bool,
}

impl Settings {
    /// Reads them from this process's environment. `identifier` is the app's, and names its folder.
    pub fn from_environment(identifier: &str) -> Self {
        // Without a home there is still the folder the app was started in; the database layer says so if it is no good.
        let default = dirs::data_dir().unwrap_or_else(|| PathBuf::from(".")).join(identifier);
        Self::read(default, |name| std::env::var_os(name))
    }

    fn read(default_dir: PathBuf, get: impl Fn(&str) -> Option<OsString>) -> Self {
        // An empty variable is how shells and service files say "not set".
        let text = |name: &str| get(name).filter(|value| !value.is_empty());
        let named = text(DATA_DIR).map(PathBuf::from);
        Self {
            own_data_dir: named.is_some(),
            data_dir: named.unwrap_or(default_dir),
            // Anything else than the one word is no consent to a key in a file.
            keys: if text(KEYS).is_some_and(|value| value == "file") { Keys::File } else { Keys::Keyring },
            sample_url: text(SAMPLE_URL).map(|value| value.to_string_lossy().into_owned()),
            sample_code_file: text(SAMPLE_CODE_FILE).map(PathBuf::from),
            log: text(LOG).map(|value| value.to_string_lossy().into_owned()),
            automated: AUTOMATION.iter().any(|name| text(name).is_some_and(|value| value == "true")),
        }
    }

    /// The name under which a second start finds the first. One desk per folder, not one per person: two folders are
    /// two desks, and may run beside each other.
    pub fn instance_name(&self, identifier: &str) -> String {
        if !self.own_data_dir {
            return identifier.to_owned();
        }
        let folder: &Path = &self.data_dir;
        // Two spellings of one folder are one desk. A folder that is not there yet has only one spelling so far.
        let folder = std::fs::canonicalize(folder).or_else(|_| std::path::absolute(folder));
        let folder = folder.unwrap_or_else(|_| self.data_dir.clone());
        let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
        // A part of a D-Bus name must not begin with a digit.
        format!("{identifier}.at_{}", hex::encode(&digest[..8]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        Settings::read(PathBuf::from("/home/desk/.local/share/id"), |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn nothing_set_means_the_usual_folder_and_no_sample() {
        let settings = read(&[]);
        assert_eq!(settings.data_dir, PathBuf::from("/home/desk/.local/share/id"));
        assert_eq!((settings.own_data_dir, settings.automated), (false, false));
        assert_eq!((settings.sample_url.clone(), settings.sample_code_file.clone()), (None, None));
        assert_eq!(settings.instance_name("com.example.desk"), "com.example.desk");
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        assert_eq!(read(&[(DATA_DIR, ""), (SAMPLE_URL, ""), (LOG, "")]), read(&[]));
    }

    #[test]
    fn t6_a_key_lies_in_a_file_only_where_somebody_said_so() {
        for value in ["", "keyring", "FILE", "File", "yes", "plain"] {
            assert_eq!(read(&[(KEYS, value)]).keys, Keys::Keyring, "{value}");
        }
        assert_eq!(read(&[(KEYS, "file")]).keys, Keys::File);
    }

    #[test]
    fn two_folders_are_two_desks_and_two_spellings_of_one_folder_are_one() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (root.path().join("one"), root.path().join("two"));
        std::fs::create_dir(&one).unwrap();
        std::fs::create_dir(&two).unwrap();
        let name = |folder: PathBuf| read(&[(DATA_DIR, folder.to_str().unwrap())]).instance_name("com.example.desk");
        assert_ne!(name(one.clone()), name(two));
        assert_eq!(name(one.clone()), name(root.path().join("two").join("..").join("one")));
        let last_part = name(one).rsplit('.').next().unwrap().to_owned();
        assert!(last_part.starts_with(|first: char| first.is_ascii_alphabetic()), "not a D-Bus name: {last_part}");
    }

    #[test]
    fn webdriver_is_recognised_by_either_variable() {
        assert!(read(&[("TAURI_WEBVIEW_AUTOMATION", "true")]).automated);
        assert!(read(&[("TAURI_AUTOMATION", "true")]).automated);
        assert!(!read(&[("TAURI_AUTOMATION", "false")]).automated);
    }
}
