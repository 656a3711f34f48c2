//! What proves that a row is what was written. A wrong bit on the disk, or in memory before a page is written back, makes
//! another value that passes every check of SQLite: another room's name, a count, an answer that nobody gave.
//!
//! Each table that has a column [`PROOF`] or [`COPY_PROOF`] is proved: triggers on the writer's own connection keep there
//! the CRC-32 of all its other columns, which tells every wrong bit and every run of up to 32. The full look behind every
//! start reads all rows ([`count_unproven`]).
//!
//! A row with a [`PROOF`] that is not as it was written is never changed into one that is: the unit of work that would do
//! so fails, and the next start repairs. A row with a [`COPY_PROOF`] says what others say, and is written anew; whoever
//! reads it to go on from there asks whether it is as it was written ([`crate::UnitOfWork::as_written`]).
//!
//! The triggers are the connection's and not the database's, so that whoever else opens the file reads plain tables, and a
//! tool that writes into it behind the desk's back is found out.

use crate::{EngineError, Sql, state};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;

/// The column that holds the proof of a row.
const PROOF: &str = "proof";
/// The column that holds the proof of a row that can be made again from others.
const COPY_PROOF: &str = "copy_proof";
/// The SQL function that computes it from the values of the other columns.
const FUNCTION: &str = "row_proof";
/// The fact that says that every row has its proof: what an older version wrote had none.
const ALL_PROVED: &str = "rows_proved";
/// What is said of a row that is not as it was written.
pub(crate) const NOT_AS_WRITTEN: &str = "a row is not as it was written";

/// Teaches a connection to compute proofs.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(FUNCTION, -1, flags, |row| {
        let mut hash = crc32fast::Hasher::new();
        for n in 0..row.len() {
            // The length comes first, so that nothing moves unseen from one column to the next.
            let mut value = |kind: u8, bytes: &[u8]| {
                hash.update(&[kind]);
                hash.update(&bytes.len().to_le_bytes());
                hash.update(bytes);
            };
            match row.get_raw(n) {
                ValueRef::Null => value(0, &[]),
                ValueRef::Integer(number) => value(1, &number.to_le_bytes()),
                ValueRef::Real(number) => value(2, &number.to_le_bytes()),
                ValueRef::Text(text) => value(3, text),
                ValueRef::Blob(bytes) => value(4, bytes),
            }
        }
        Ok(hash.finalize())
    })
}

/// A table whose rows are proved.
struct Proved {
    name: String,
    /// All columns but the proof.
    columns: Vec<String>,
    /// [`PROOF`] or [`COPY_PROOF`].
    proof: String,
    /// What finds a row again.
    key: Vec<String>,
}

impl Proved {
    fn all(mut connection: &Connection) -> Result<Vec<Self>, EngineError> {
        let columns = connection.all(
            "SELECT t.name, p.name, c.name, c.pk, t.wr FROM pragma_table_list t
                JOIN pragma_table_info(t.name) p ON p.name IN (?1, ?2) JOIN pragma_table_info(t.name) c
             WHERE t.schema = 'main' AND t.type = 'table' ORDER BY t.name, c.cid",
            [PROOF, COPY_PROOF],
            |row| {
                let (table, proof, column) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((table, proof, column, row.get::<_, u32>(3)?, row.get::<_, bool>(4)?))
            },
        )?;
        let mut all: Vec<Self> = vec![];
        for (name, proof, column, in_key, without_rowid) in columns {
            let column: String = column;
            if all.last().is_none_or(|last| last.name != name) {
                let key = if without_rowid { vec![] } else { vec!["rowid".to_owned()] };
                all.push(Self { name, columns: vec![], proof, key });
            }
            if let Some(table) = all.last_mut() {
                if in_key > 0 && without_rowid {
                    table.key.push(column.clone());
                }
                if column != table.proof {
                    table.columns.push(column);
                }
            }
        }
        Ok(all)
    }

    /// The proof of a row, computed from its values.
    fn proof_of(&self, row: &str) -> String {
        let values: Vec<_> = self.columns.iter().map(|column| format!("{row}\"{column}\"")).collect();
        format!("{FUNCTION}({})", values.join(", "))
    }

    /// The SQL condition that a row is as it was written.
    fn condition(&self) -> String {
        format!("{} IS {}", self.proof, self.proof_of(""))
    }

    fn triggers(&self) -> String {
        let Self { name, proof, .. } = self;
        let columns: Vec<_> = self.columns.iter().map(|column| format!("\"{column}\"")).collect();
        let columns = columns.join(", ");
        let is_it: Vec<_> = self.key.iter().map(|column| format!("\"{column}\" = NEW.\"{column}\"")).collect();
        let keep = format!("UPDATE {name} SET {proof} = {} WHERE {}", self.proof_of("NEW."), is_it.join(" AND "));
        let mut triggers = format!(
            "CREATE TEMP TRIGGER {name}_proves_new AFTER INSERT ON main.{name} BEGIN {keep}; END;
             CREATE TEMP TRIGGER {name}_proves_changed AFTER UPDATE OF {columns} ON main.{name} BEGIN {keep}; END;"
        );
        if proof == PROOF {
            triggers += &format!(
                "CREATE TEMP TRIGGER {name}_is_as_written BEFORE UPDATE OF {columns} ON main.{name}
                    WHEN OLD.{proof} IS NOT {} BEGIN SELECT RAISE(ABORT, '{NOT_AS_WRITTEN}'); END;",
                self.proof_of("OLD.")
            );
        }
        triggers
    }
}

/// For each table that is proved, the SQL condition that a row is as it was written.
pub(crate) type Conditions = BTreeMap<String, String>;

/// Has a connection keep the proofs of what it writes. Rows of an older version are taken as they are, once.
pub(crate) fn keep(connection: &Connection) -> Result<Conditions, EngineError> {
    let tables = Proved::all(connection)?;
    if state::read(&mut { connection }, ALL_PROVED)?.is_none() {
        let transaction = connection.unchecked_transaction()?;
        for table in &tables {
            transaction.execute_batch(&format!(
                "UPDATE {} SET {} = {}",
                table.name,
                table.proof,
                table.proof_of("")
            ))?;
        }
        state::put(&transaction, ALL_PROVED, "1")?;
        transaction.commit()?;
    }
    let triggers: String = tables.iter().map(Proved::triggers).collect();
    connection.execute_batch(&triggers)?;
    Ok(tables.iter().map(|table| (table.name.clone(), table.condition())).collect())
}

/// How many rows are not what was written, for each table that has such.
pub(crate) fn count_unproven(mut connection: &Connection) -> Result<Vec<(String, u64)>, EngineError> {
    let mut unproven = vec![];
    for table in Proved::all(connection)? {
        let sql = format!("SELECT count(*) FROM {} NOT INDEXED WHERE NOT ({})", table.name, table.condition());
        let rows: u64 = connection.first(&sql, [], |row| row.get(0))?.unwrap_or(0);
        if rows > 0 {
            unproven.push((table.name, rows));
        }
    }
    Ok(unproven)
}

/// The SQL condition that a row of a table is what was written, for whoever reads what can be read from a damaged
/// database. A database of an older version proves nothing, and its rows are taken as they are.
pub(crate) fn condition(connection: &Connection, table: &str) -> String {
    let proved = Proved::all(connection).unwrap_or_default();
    proved
        .into_iter()
        .find(|proved| proved.name == table)
        .map_or_else(|| "true".to_owned(), |proved| proved.condition())
}

/// Whether an error says that a row is not what was written.
pub(crate) fn met_unproven(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(_, Some(message)) if message == NOT_AS_WRITTEN)
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "tests")]
mod tests {
    use super::*;

    mod migrations {
        refinery::embed_migrations!("../../migrations/desk");
    }

    /// The desk's own connection, and another one that keeps no proofs.
    struct House {
        desk: Connection,
        other: Connection,
        _folder: tempfile::TempDir,
    }

    fn house() -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Connection::open(folder.path().join("desk.db")).expect("a database");
        let (mut desk, other) = (open(), open());
        register(&desk).expect("a function");
        migrations::migrations::runner().run(&mut desk).expect("tables");
        keep(&desk).expect("triggers");
        for connection in [&desk, &other] {
            connection.pragma_update(None, "synchronous", "OFF").expect("set");
            // A wrong bit asks nobody.
            connection.pragma_update(None, "ignore_check_constraints", true).expect("set");
        }
        House { desk, other, _folder: folder }
    }

    fn rot(house: &House, sql: &str) {
        house.other.execute(sql, []).expect("a wrong value");
    }

    fn types(connection: &Connection, table: &Proved) -> Vec<(String, String)> {
        let mut statement = connection.prepare("SELECT name, type FROM pragma_table_info(?1)").expect("columns");
        let all = statement.query_map([&table.name], |row| Ok((row.get(0)?, row.get(1)?))).expect("columns");
        all.map(|column| column.expect("a column")).filter(|(name, _)| *name != table.proof).collect()
    }

    #[test]
    fn a6_every_wrong_value_in_every_column_is_found_and_is_never_written_back_as_right() {
        let house = house();
        let connection = &house.desk;
        let tables = Proved::all(connection).expect("tables");
        assert!(tables.len() > 10);
        for table in &tables {
            let Proved { name, proof, .. } = table;
            let columns = types(connection, table);
            let value = |(_, kind): &(String, String)| if kind == "INTEGER" { "7" } else { "'{\"a\": 1}'" }.to_owned();
            let values: Vec<String> = columns.iter().map(value).collect();
            let names: Vec<String> = columns.iter().map(|(column, _)| format!("\"{column}\"")).collect();
            let insert = format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), values.join(", "));
            connection.execute(&insert, []).expect("a row");
            // A change keeps the proof as well, whichever statement makes it.
            connection.execute(&format!("UPDATE {name} SET {0} = {0}", names[0]), []).expect("a change");
            assert_eq!(count_unproven(connection).expect("looked at"), [], "{name}");
            for ((column, kind), written) in columns.iter().zip(&values) {
                let other = if kind == "INTEGER" { "6" } else { "'{\"a\": 3}'" };
                rot(&house, &format!("UPDATE {name} SET \"{column}\" = {other}"));
                assert_eq!(count_unproven(connection).expect("looked at"), [(name.clone(), 1)], "{name}.{column}");
                for (any, value) in names.iter().zip(&values).filter(|_| table.proof == PROOF) {
                    let refused = connection.execute(&format!("UPDATE {name} SET {any} = {value}"), []);
                    assert!(met_unproven(&refused.expect_err("it would be proved")), "{name}.{column}, {any}");
                }
                rot(&house, &format!("UPDATE {name} SET \"{column}\" = {written}"));
                assert_eq!(count_unproven(connection).expect("looked at"), [], "{name}.{column}");
            }
            rot(&house, &format!("UPDATE {name} SET {proof} = NULL"));
            assert_eq!(count_unproven(connection).expect("looked at"), [(name.clone(), 1)], "{name}");
            rot(&house, &format!("DELETE FROM {name}"));
        }
    }

    #[test]
    fn a6_every_table_is_proved_in_one_way() {
        let House { desk: connection, .. } = house();
        // Facts have a sum, entries their hashes; counts are counted again, and the list of migrations is compared.
        let otherwise = ["audit_local", "outbox_counts", "refinery_schema_history", "sync_state"];
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("tables");
        let all =
            statement.query_map([], |row| row.get::<_, String>(0)).expect("tables").map(|name| name.expect("a name"));
        let proved: Vec<String> =
            Proved::all(&connection).expect("tables").into_iter().map(|table| table.name).collect();
        for name in all {
            assert!(proved.contains(&name) != otherwise.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn i4_what_an_older_version_wrote_is_taken_as_it_is_once() {
        let house = house();
        rot(&house, "INSERT INTO merges (entity_kind, entity_id, event_id, how, at) VALUES ('a', 'b', 'c', 'd', 'e')");
        assert_eq!(count_unproven(&house.desk).expect("looked at"), [("merges".to_owned(), 1)]);
        rot(&house, "DELETE FROM sync_state WHERE key = 'rows_proved'");
        register(&house.other).expect("a function");
        keep(&house.other).expect("proved");
        assert_eq!(count_unproven(&house.desk).expect("looked at"), []);
    }
}
