//! Carry: what only the old database knows, because no archive tells it, goes into the new one of a
//! rebuild. Rows are copied as they are: both have the newest schema.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::StoreError;

/// What is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Runs with their reports, how long a pace group rests, copies of robots.txt.
    Records,
    /// Which captures can not be read, and at whose reading a process ended.
    Marks,
}

impl Carried {
    fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Records => &["runs", "pace", "robots"],
            Self::Marks => &["attempting", "unreadable"],
        }
    }
}

/// Copies every row; a row that is there already is replaced.
pub(super) fn carry(from: &Connection, to: &Connection, what: Carried) -> Result<(), StoreError> {
    for table in what.tables() {
        // The newest run is the one with the highest rowid.
        let mut select = from.prepare(&format!("SELECT * FROM {table} ORDER BY rowid"))?;
        let columns = select.column_count();
        let places = vec!["?"; columns].join(", ");
        let mut insert =
            to.prepare(&format!("INSERT OR REPLACE INTO {table} VALUES ({places})"))?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let values: Vec<Value> = (0..columns)
                .map(|column| row.get(column))
                .collect::<Result<_, _>>()?;
            insert.execute(params_from_iter(values))?;
        }
    }
    Ok(())
}
