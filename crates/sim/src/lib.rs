//! The simulator: machines that have no hardware, so that everything that can go wrong with hardware can be made to
//! go wrong, in any order, from one seed, thousands of times a second.
//!
//! [`disk`] is a machine's disk: files and folders in memory that know which of their bytes and names would survive a
//! power cut, and that fail on demand. [`vfs`] shows the same files to SQLite, so that the real engine runs on them.
//!
//! Deliberately absent: anything of the machine it runs on (no file, no clock, no chance but the seeded one), and
//! anything that ships. Nothing imports this package but tests.

pub mod crash;
pub mod disk;
pub mod vfs;
pub mod world;
