//! What is wrong with a bookings file, or with what was asked of it.

use std::fmt;

/// How many flaws are named one by one; the rest is counted.
pub const NAMED_MAX: usize = 20;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A stable code for every reason why an import is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ImportCode { $($(#[$doc])* $name,)* }

        impl ImportCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it stands in answers and logs.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The file cannot be read from the disk.
    FileUnreadable = "FILE_UNREADABLE",
    /// Nothing is in it.
    FileEmpty = "FILE_EMPTY",
    /// The column names are there, and no booking.
    FileHasNoBookings = "FILE_HAS_NO_BOOKINGS",
    /// A picture, a page, a spreadsheet ... no table of text.
    FileNotCsv = "FILE_NOT_CSV",
    /// Text in another encoding than UTF-8.
    FileNotUtf8 = "FILE_NOT_UTF8",
    /// A gzip file whose end is missing.
    FileTruncated = "FILE_TRUNCATED",
    /// A gzip file that cannot be unpacked.
    FileDamaged = "FILE_DAMAGED",
    /// More than the import takes.
    FileTooLarge = "FILE_TOO_LARGE",
    /// A column of the form is not there.
    ColumnMissing = "COLUMN_MISSING",
    /// A column of the form is there twice.
    ColumnTwice = "COLUMN_TWICE",
    /// A line has more or fewer cells than there are columns.
    RowCellCount = "ROW_CELL_COUNT",
    /// A cell is not UTF-8.
    CellNotUtf8 = "CELL_NOT_UTF8",
    /// A cell that must say something is empty.
    CellEmpty = "CELL_EMPTY",
    /// A text is too long or has characters that cannot be shown.
    CellUnreadable = "CELL_UNREADABLE",
    /// Not a date of the form YYYY-MM-DD.
    DateForm = "DATE_FORM",
    /// No such day in the calendar.
    DateNotInCalendar = "DATE_NOT_IN_CALENDAR",
    /// A day that no booking can have.
    DateOutOfRange = "DATE_OUT_OF_RANGE",
    /// Not a whole number.
    NumberForm = "NUMBER_FORM",
    /// Fewer than no nights.
    NightsNegative = "NIGHTS_NEGATIVE",
    /// More nights than a stay can have.
    NightsTooMany = "NIGHTS_TOO_MANY",
    /// A number of guests that no room holds.
    GuestsOutOfRange = "GUESTS_OUT_OF_RANGE",
    /// Not Check-Out, Canceled or No-Show.
    StatusUnknown = "STATUS_UNKNOWN",
    /// Stayed and cancelled at once.
    StatusContradicts = "STATUS_CONTRADICTS",
    /// No such hotel in the file.
    HotelUnknown = "HOTEL_UNKNOWN",
    /// Nobody stayed at the hotel.
    HotelHasNoStays = "HOTEL_HAS_NO_STAYS",
    /// More rooms than the product is made for.
    HotelTooLarge = "HOTEL_TOO_LARGE",
    /// The file has nothing about that day.
    DateOutsideFile = "DATE_OUTSIDE_FILE",
}

impl fmt::Display for ImportCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The stable code.
    pub code: ImportCode,
    /// The line of the file, from 1; absent when it is about the file as a whole.
    pub line: Option<u64>,
    /// The column, where it is about one.
    pub column: Option<&'static str>,
    /// One or two plain sentences.
    pub message: String,
}

impl RowError {
    pub(super) fn file(code: ImportCode, message: impl Into<String>) -> Self {
        Self { code, line: None, column: None, message: message.into() }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, {column}: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            _ => {}
        }
        write!(f, "{} [{}]", self.message, self.code)
    }
}

/// Why nothing was imported: the first flaws by name, in the order of the file, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportError {
    /// The file's name, as it was given.
    pub file: String,
    /// At least one, at most [`NAMED_MAX`].
    pub errors: Vec<RowError>,
    /// How many more there are.
    pub more: usize,
}

impl ImportError {
    pub(super) fn of(file: &str, error: RowError) -> Self {
        Self { file: file.to_owned(), errors: vec![error], more: 0 }
    }

    pub(super) fn push(&mut self, error: RowError) {
        if self.errors.len() < NAMED_MAX {
            self.errors.push(error);
        } else {
            self.more += 1;
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was not imported, and nothing was changed.", self.file)?;
        for error in &self.errors {
            write!(f, "\n  {error}")?;
        }
        match self.more {
            0 => Ok(()),
            1 => f.write_str("\n  There is 1 more error like these."),
            more => write!(f, "\n  There are {more} more errors like these."),
        }
    }
}

impl std::error::Error for ImportError {}
