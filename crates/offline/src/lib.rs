//! The offline engine: what is called saved is on disk, and reaches the service once, in order.
//!
//! The life of one action: a caller hands [`Engine::record`] an [`Intent`]. On the writer thread, inside one
//! [`UnitOfWork`], the workflow decides it, the changed rows are written, the event is sealed and appended to
//! `audit_local`, and its outbox row is made. One commit; then every view hears of a new revision and the flusher
//! of new work. Later [`Engine::take_results`] takes the service's answers the same way.
//!
//! Deliberately absent: housekeeping (a [`Workflow`] brings its own tables and words), HTTP, timers, and any
//! decision that depends on a clock. The clock and randomness come in through [`Environment`], the disk through
//! [`Disk`].

mod answers;
mod backup;
mod carried;
mod carry_file;
mod chain;
mod check;
mod checkpoint;
mod conflicts;
mod disk;
mod engine;
mod environment;
mod error;
mod fate;
mod handshake;
mod lanes;
mod ledger;
mod on_hold;
mod open;
mod outages;
mod outbox;
mod period;
mod place;
mod prune;
mod pull;
mod record;
mod repair;
mod replay;
mod restored;
mod row_proof;
mod salvage;
mod second_copy;
mod space;
mod state;
mod together;
mod unit_of_work;
mod workflow;
mod writer;

pub use answers::Taken;
pub use backup::Backup;
pub use carried::{Brought, CarriedDesk, Carrier};
pub use carry_file::{CARRY_BYTES_MAX, CarryFile, CarryHead, CarryHotel, CarryRefusal, desk_name};
pub use check::Checked;
pub use conflicts::{Choice, Conflict, Pick, Settlement, SettlementRefusal};
pub use disk::{AppendFile, Disk, DiskLock, SystemDisk};
pub use engine::{Engine, Hands, Notice, Sort};
pub use environment::{Environment, SystemEnvironment, now_ms, rfc3339};
pub use error::{EngineError, OpenError, RecordError, UnitError};
pub use fate::{Fate, Waits};
pub use handshake::AuditLine;
pub use ledger::Ledger;
pub use on_hold::{HoldRefusal, OnHold, held_entity};
pub use open::{LOG_PAGES, OpenConfig, RepairReport, StartReport};
pub use outages::Outage;
pub use outbox::{OutboxItem, OutboxRow, OutboxState, RowFilter};
pub use period::{CameTo, Period, PeriodEntity, PeriodRow, PeriodSums};
pub use place::{DoubtfulPlace, doubtful_place};
pub use pull::FeedPlace;
pub use record::{Decide, Draft, EVENT_BYTES_MAX, Intent, Recorded};
pub use restored::SERVICE_RESTORED;
pub use second_copy::SecondCopy;
pub use space::Space;
pub use state::{KNOWN_AT, LINK_MODE, SENDING_PAUSED, read as fact};
pub use together::{Gathered, Line, Telling};
pub use unit_of_work::{Sql, UnitOfWork};
pub use workflow::{EntityState, LocalState, Look, Workflow};
