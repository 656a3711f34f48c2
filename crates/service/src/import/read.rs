//! Reads a bookings file. Either every line is a booking that can be true, or the file is refused with the lines
//! that are wrong.

use super::error::{ImportCode, ImportError, RowError};
use chrono::{Datelike, NaiveDate};
use csv::ByteRecord;
use flate2::read::MultiGzDecoder;
use std::io::{self, Cursor, Read};

/// The columns of the form. Their order does not matter; further columns are left alone.
pub const COLUMNS: [&str; 20] = [
    "hotel",
    "is_canceled",
    "lead_time",
    "arrival_date",
    "nights",
    "adults",
    "children",
    "babies",
    "meal",
    "country",
    "market_segment",
    "is_repeated_guest",
    "reserved_room_type",
    "assigned_room_type",
    "days_in_waiting_list",
    "customer_type",
    "total_of_special_requests",
    "required_car_parking_spaces",
    "reservation_status",
    "reservation_status_date",
];

/// The longest stay taken for true, in nights: a year.
pub const NIGHTS_MAX: u16 = 366;
/// The most guests of one kind in one booking. Group bookings name dozens.
const GUESTS_MAX: u16 = 999;
/// The largest file read, in bytes after unpacking: twice what a hotel of 7,000 rooms writes in eighteen months, and
/// little enough that a small file which unpacks without end does no harm.
const BYTES_MAX: u64 = 512 << 20;
/// The longest text in a cell, in characters.
const TEXT_MAX: usize = 80;
/// How much of a file is looked at to say what it is.
const HEAD_BYTES: usize = 4096;

/// What became of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookingStatus {
    /// The guest came, stayed and left.
    CheckOut,
    /// Cancelled before arrival.
    Canceled,
    /// The guest never came.
    NoShow,
}

/// One line of a bookings file, with what the import uses of it. The order is that of arrival; lines that are alike in
/// all the import uses may stand for each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BookingRow {
    /// Which hotel.
    pub hotel: String,
    /// The day the guest was to come.
    pub arrives: NaiveDate,
    /// Nights; 0 is day use.
    pub nights: u16,
    /// The code of the room type given.
    pub room_type: String,
    /// What became of it.
    pub status: BookingStatus,
    /// Adults.
    pub adults: u16,
    /// Children.
    pub children: u16,
    /// Babies.
    pub babies: u16,
    /// Whether the guest had been there before.
    pub repeated_guest: bool,
    /// How many special requests the guest made.
    pub special_requests: u16,
    /// The line of the file it starts at, from 1.
    pub line: u64,
}

/// Reads a bookings file, plain or gzip; which of them it is, its first bytes say and not its name.
///
/// # Errors
/// Everything that is wrong with the file, by line and reason.
pub fn read_bookings(mut reader: impl Read, file_name: &str) -> Result<Vec<BookingRow>, ImportError> {
    let whole = |error: RowError| ImportError::of(file_name, error);
    let mut bytes = Vec::new();
    reader.by_ref().take(2).read_to_end(&mut bytes).map_err(|error| whole(unreadable(&error, false)))?;
    let gzip = bytes == [0x1f, 0x8b];
    let reader = Cursor::new(bytes).chain(reader);
    // One byte more than is taken, so that a file of just that size and one beyond it differ.
    let limit = BYTES_MAX + 1;
    let mut text = Vec::new();
    let read = if gzip {
        MultiGzDecoder::new(reader).take(limit).read_to_end(&mut text)
    } else {
        reader.take(limit).read_to_end(&mut text)
    };
    read.map_err(|error| whole(unreadable(&error, gzip)))?;
    if text.len() as u64 > BYTES_MAX {
        return Err(whole(RowError::file(
            ImportCode::FileTooLarge,
            "The file has more than 512 MiB of text. Export fewer months and import that file.",
        )));
    }
    read_text(&text, file_name)
}

fn unreadable(error: &io::Error, gzip: bool) -> RowError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof if gzip => RowError::file(
            ImportCode::FileTruncated,
            "The end of the gzip file is missing. Copy or download the file again.",
        ),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if gzip => RowError::file(
            ImportCode::FileDamaged,
            "The gzip file is damaged and cannot be unpacked. Copy or download the file again.",
        ),
        _ => RowError::file(ImportCode::FileUnreadable, format!("The file cannot be read: {error}.")),
    }
}

/// Says what a file is when its first bytes show that it is no table of UTF-8 text.
fn refuse_by_head(head: &[u8]) -> Option<RowError> {
    let not_csv = |what: &str, todo: &str| {
        Some(RowError::file(ImportCode::FileNotCsv, format!("The file is {what}, not a table of bookings. {todo}")))
    };
    const TODO_EXPORT: &str = "Export the bookings as CSV and import that file.";
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Some(RowError::file(
            ImportCode::FileNotUtf8,
            "The file is text in UTF-16. Save it as UTF-8 and import it again.",
        ));
    }
    for (magic, what) in [
        (&b"\x89PNG"[..], "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a spreadsheet or a ZIP archive"),
        (b"\xd0\xcf\x11\xe0", "an old spreadsheet or document"),
        (b"SQLite format 3", "a database"),
        (b"\x1f\x8b", "a gzip file inside a gzip file"),
        (b"BZh", "a bzip2 archive"),
        (b"\xfd7zXZ", "an XZ archive"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    ] {
        if head.starts_with(magic) {
            return not_csv(what, TODO_EXPORT);
        }
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins =
        |start: &str| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start.as_bytes()));
    if begins("<!doctype") || begins("<html") || begins("<head") || begins("<?xml") || begins("<body") {
        return not_csv("a web page or XML", "If you downloaded it, the address may have answered with a page.");
    }
    if text.starts_with(b"{") || text.starts_with(b"[") {
        return not_csv("JSON", TODO_EXPORT);
    }
    if head.contains(&0) {
        let half =
            |odd: usize| head.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count() * 2 > head.len() / 2;
        if half(0) || half(1) {
            return Some(RowError::file(
                ImportCode::FileNotUtf8,
                "The file is text in UTF-16. Save it as UTF-8 and import it again.",
            ));
        }
        return not_csv("not text", TODO_EXPORT);
    }
    None
}

fn read_text(text: &[u8], file_name: &str) -> Result<Vec<BookingRow>, ImportError> {
    let whole = |error: RowError| ImportError::of(file_name, error);
    if let Some(error) = refuse_by_head(&text[..text.len().min(HEAD_BYTES)]) {
        return Err(whole(error));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut table = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut record = ByteRecord::new();
    let mut next = |record: &mut ByteRecord| {
        table
            .read_byte_record(record)
            .map_err(|error| whole(RowError::file(ImportCode::FileNotCsv, format!("The file is not CSV: {error}."))))
    };

    if !next(&mut record)? || (record.len() == 1 && record[0].trim_ascii().is_empty()) {
        return Err(whole(RowError::file(
            ImportCode::FileEmpty,
            "The file is empty. A bookings file has a line of column names and a line for each booking.",
        )));
    }
    let columns = Columns::find(&record, lines.of(&record)).map_err(|mut error| {
        error.file = file_name.to_owned();
        error
    })?;

    let mut rows = Vec::new();
    let mut flaws = ImportError { file: file_name.to_owned(), ..ImportError::default() };
    let mut any = false;
    while next(&mut record)? {
        any = true;
        match read_row(&columns, &record, lines.of(&record), &mut flaws) {
            // What cannot be imported whole need not be kept.
            Some(row) if flaws.errors.is_empty() => rows.push(row),
            _ => rows = Vec::new(),
        }
    }
    if !flaws.errors.is_empty() {
        return Err(flaws);
    }
    if !any {
        return Err(whole(RowError::file(
            ImportCode::FileHasNoBookings,
            "The file has column names and no bookings. Export it again for a time with bookings.",
        )));
    }
    Ok(rows)
}

/// Counts lines as an editor shows them. The table's own count is one short after CRLF and after empty lines, and a
/// person would look at the wrong booking.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line that a record starts at. Records must come in their order.
    fn of(&mut self, record: &ByteRecord) -> u64 {
        let given = record.position().map_or(0, csv::Position::byte);
        let mut start = usize::try_from(given).unwrap_or(usize::MAX).min(self.text.len());
        while matches!(self.text.get(start), Some(b'\n' | b'\r')) {
            start += 1;
        }
        while self.at < start {
            // A line ends with LF, CRLF, or CR alone.
            let ends = match self.text[self.at] {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends);
            self.at += 1;
        }
        self.line
    }
}

/// Where each column of the form stands in this file.
struct Columns {
    count: usize,
    at: [usize; COLUMNS.len()],
}

impl Columns {
    fn find(header: &ByteRecord, line: u64) -> Result<Self, ImportError> {
        let named = |code, column, message| RowError { code, line: Some(line), column, message };
        let mut flaws = ImportError::default();
        if header.iter().any(|name| std::str::from_utf8(name).is_err()) {
            flaws.push(RowError::file(
                ImportCode::FileNotUtf8,
                "The column names are not UTF-8 text. Save the file as UTF-8 and import it again.",
            ));
            return Err(flaws);
        }
        let names: Vec<&[u8]> = header.iter().map(<[u8]>::trim_ascii).collect();
        let mut at = [0; COLUMNS.len()];
        let mut missing = Vec::new();
        for (place, column) in at.iter_mut().zip(COLUMNS) {
            let mut found = names.iter().enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(column.as_bytes()));
            match (found.next(), found.next()) {
                (Some((index, _)), None) => *place = index,
                (Some(_), Some(_)) => flaws.push(named(
                    ImportCode::ColumnTwice,
                    Some(column),
                    format!("The column {column} is there twice. Remove one of them."),
                )),
                (None, _) => missing.push(column),
            }
        }
        if missing.len() == COLUMNS.len() {
            let hint = match names.first() {
                Some(first) if first.contains(&b';') || first.contains(&b'\t') => {
                    "Its cells seem to be parted by semicolons or tabs; export it with commas."
                }
                _ => "The first line must hold the column names of a bookings file (hotel, arrival_date, nights ...).",
            };
            flaws.push(named(
                ImportCode::FileNotCsv,
                None,
                format!("This is not a table of bookings: none of its columns is known. {hint}"),
            ));
            return Err(flaws);
        }
        for column in missing {
            flaws.push(named(
                ImportCode::ColumnMissing,
                Some(column),
                format!("The column {column} is missing. Export the file with all {} columns.", COLUMNS.len()),
            ));
        }
        if flaws.errors.is_empty() { Ok(Self { count: header.len(), at }) } else { Err(flaws) }
    }
}

/// One line's cells, and where to say what is wrong with them.
struct Row<'a> {
    columns: &'a Columns,
    record: &'a ByteRecord,
    line: u64,
    flaws: &'a mut ImportError,
}

fn read_row(columns: &Columns, record: &ByteRecord, line: u64, flaws: &mut ImportError) -> Option<BookingRow> {
    if record.len() != columns.count {
        let (has, wanted) = (record.len(), columns.count);
        let open_quote = record.iter().any(|cell| cell.contains(&b'\n'));
        let hint = if open_quote { " A quotation mark seems to be left open." } else { "" };
        flaws.push(RowError {
            code: ImportCode::RowCellCount,
            line: Some(line),
            column: None,
            message: format!("The line has {has} cells, and there are {wanted} columns.{hint}"),
        });
        return None;
    }
    let mut row = Row { columns, record, line, flaws };
    // Each cell is read before any is given up, so that one look at the report is enough.
    let hotel = row.text("hotel");
    let canceled = row.yes_no("is_canceled");
    let arrives = row.date("arrival_date");
    let nights = row.nights("nights");
    let adults = row.guests("adults");
    let children = row.guests("children");
    let babies = row.guests("babies");
    let repeated_guest = row.yes_no("is_repeated_guest");
    let room_type = row.text("assigned_room_type");
    let special_requests = row.guests("total_of_special_requests");
    let status = row.status("reservation_status");
    let settled = row.date("reservation_status_date");
    for column in ["meal", "country", "market_segment", "reserved_room_type", "customer_type"] {
        row.utf8(column);
    }
    let (canceled, status) = (canceled?, status?);
    if canceled != (status != BookingStatus::CheckOut) {
        let says = if canceled { "cancelled" } else { "not cancelled" };
        let text = row.clip("reservation_status");
        row.flaw(
            ImportCode::StatusContradicts,
            "reservation_status",
            format!("The booking is {text} here and {says} in is_canceled. Correct one of them."),
        );
        return None;
    }
    settled?;
    Some(BookingRow {
        hotel: hotel?,
        arrives: arrives?,
        nights: nights?,
        room_type: room_type?,
        status,
        adults: adults?,
        children: children?,
        babies: babies?,
        repeated_guest: repeated_guest?,
        special_requests: special_requests?,
        line,
    })
}

impl Row<'_> {
    fn flaw(&mut self, code: ImportCode, column: &'static str, message: String) {
        self.flaws.push(RowError { code, line: Some(self.line), column: Some(column), message });
    }

    fn bytes(&self, column: &'static str) -> &[u8] {
        let place = COLUMNS.iter().position(|known| *known == column).map_or(0, |known| self.columns.at[known]);
        self.record.get(place).unwrap_or_default().trim_ascii()
    }

    /// A cell for showing: quoted, short, and with nothing in it that would spoil a terminal.
    fn clip(&self, column: &'static str) -> String {
        let text = String::from_utf8_lossy(self.bytes(column));
        let mut shown: String = text.chars().take(30).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        if text.chars().count() > 30 {
            shown.push_str("...");
        }
        format!("\"{shown}\"")
    }

    fn utf8(&mut self, column: &'static str) -> Option<String> {
        match std::str::from_utf8(self.bytes(column)) {
            Ok(text) => Some(text.to_owned()),
            Err(_) => {
                let text = self.clip(column);
                self.flaw(
                    ImportCode::CellNotUtf8,
                    column,
                    format!("{text} is not UTF-8 text. Save the file as UTF-8 and import it again."),
                );
                None
            }
        }
    }

    fn filled(&mut self, column: &'static str) -> Option<String> {
        let text = self.utf8(column)?;
        if text.is_empty() {
            self.flaw(ImportCode::CellEmpty, column, "The cell is empty and must say something.".to_owned());
            return None;
        }
        Some(text)
    }

    fn text(&mut self, column: &'static str) -> Option<String> {
        let text = self.filled(column)?;
        if text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
            let shown = self.clip(column);
            self.flaw(
                ImportCode::CellUnreadable,
                column,
                format!("{shown} is longer than {TEXT_MAX} characters or has characters that cannot be shown."),
            );
            return None;
        }
        Some(text)
    }

    fn date(&mut self, column: &'static str) -> Option<NaiveDate> {
        let text = self.filled(column)?;
        let shown = self.clip(column);
        let parts: Vec<&str> = text.split('-').collect();
        let digits = |part: &str, length: usize| {
            (part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u32>().ok())?
        };
        let ymd = match parts.as_slice() {
            [y, m, d] => digits(y, 4).zip(digits(m, 2)).zip(digits(d, 2)),
            _ => None,
        };
        let Some(((y, m), d)) = ymd else {
            self.flaw(ImportCode::DateForm, column, format!("{shown} is not a date of the form YYYY-MM-DD."));
            return None;
        };
        let Some(date) = i32::try_from(y).ok().and_then(|y| NaiveDate::from_ymd_opt(y, m, d)) else {
            self.flaw(ImportCode::DateNotInCalendar, column, format!("There is no day {shown} in the calendar."));
            return None;
        };
        if !(1990..=2100).contains(&date.year()) {
            let message = format!("{shown} is not a day that a booking can have (1990 to 2100).");
            self.flaw(ImportCode::DateOutOfRange, column, message);
            return None;
        }
        Some(date)
    }

    fn yes_no(&mut self, column: &'static str) -> Option<bool> {
        match self.filled(column)?.as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => {
                let shown = self.clip(column);
                self.flaw(ImportCode::NumberForm, column, format!("{shown} must be 0 or 1."));
                None
            }
        }
    }

    /// A whole number, however large, and whether it is below zero.
    fn whole(&mut self, column: &'static str) -> Option<(bool, u64)> {
        let text = self.filled(column)?;
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        // Spreadsheets and data tools write whole numbers with a point.
        let digits = digits.strip_suffix(".0").unwrap_or(digits);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let shown = self.clip(column);
            self.flaw(ImportCode::NumberForm, column, format!("{shown} is not a whole number."));
            return None;
        }
        // Only digits: what does not fit is larger than any limit.
        let number = digits.parse().unwrap_or(u64::MAX);
        Some((negative && number > 0, number))
    }

    fn nights(&mut self, column: &'static str) -> Option<u16> {
        let (negative, number) = self.whole(column)?;
        let shown = self.clip(column);
        if negative {
            let message = format!("{shown} nights: a stay cannot have fewer than none (0 is day use).");
            self.flaw(ImportCode::NightsNegative, column, message);
            return None;
        }
        match u16::try_from(number) {
            Ok(nights) if nights <= NIGHTS_MAX => Some(nights),
            _ => {
                let message = format!("{shown} nights: a stay has at most {NIGHTS_MAX}.");
                self.flaw(ImportCode::NightsTooMany, column, message);
                None
            }
        }
    }

    /// A count that the source sometimes leaves open (`NA`), which then counts as none.
    fn guests(&mut self, column: &'static str) -> Option<u16> {
        if matches!(self.bytes(column), b"" | b"NA" | b"NULL") {
            return Some(0);
        }
        let (negative, number) = self.whole(column)?;
        match u16::try_from(number) {
            Ok(count) if !negative && count <= GUESTS_MAX => Some(count),
            _ => {
                let message = format!("{} is not between 0 and {GUESTS_MAX}.", self.clip(column));
                self.flaw(ImportCode::GuestsOutOfRange, column, message);
                None
            }
        }
    }

    fn status(&mut self, column: &'static str) -> Option<BookingStatus> {
        match self.filled(column)?.as_str() {
            "Check-Out" => Some(BookingStatus::CheckOut),
            "Canceled" => Some(BookingStatus::Canceled),
            "No-Show" => Some(BookingStatus::NoShow),
            _ => {
                let shown = self.clip(column);
                let message = format!("{shown} is not a status: it must be Check-Out, Canceled or No-Show.");
                self.flaw(ImportCode::StatusUnknown, column, message);
                None
            }
        }
    }
}
