//! Files that people take away: whole or not there, and none in the place of another.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// Writes a file under a name that no other has. Half a file helps nobody, and may be what fills the disk: it is removed.
pub(crate) fn write_whole<E: From<io::Error>>(
    folder: &Path,
    name: &str,
    ends: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<PathBuf, E> {
    fs::create_dir_all(folder)?;
    let path = free_name(folder, name, ends);
    let unfinished = path.with_extension("part");
    let finish = || -> Result<(), E> {
        let mut out = BufWriter::new(File::create(&unfinished)?);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&unfinished, &path)?;
        Ok(sync_folder(folder)?)
    };
    let finished = finish();
    if finished.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    finished.map(|()| path)
}

/// A name that no file in the folder has.
pub(crate) fn free_name(folder: &Path, name: &str, ends: &str) -> PathBuf {
    let named = |n: u32| folder.join(if n == 1 { format!("{name}{ends}") } else { format!("{name}-{n}{ends}") });
    (1..).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(1))
}

#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Some sticks' file systems cannot, and the file itself is synced.
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Windows makes names durable by itself.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_is_there_whole_or_not_at_all_and_takes_no_other_s_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("exports");
        let one = write_whole::<io::Error>(&place, "report", ".csv", |out| out.write_all(b"one")).expect("written");
        let two = write_whole::<io::Error>(&place, "report", ".csv", |out| out.write_all(b"two")).expect("written");
        assert_eq!((fs::read(&one).expect("one"), fs::read(&two).expect("two")), (b"one".to_vec(), b"two".to_vec()));
        let failed = write_whole::<io::Error>(&place, "report", ".csv", |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_dir(&place).expect("the folder").count(), 2);
    }
}
