//! Text in the cells of a table that other programs open. A cell that begins like a formula is run by them, whoever wrote
//! it: a guest's name, a note, a reason. An apostrophe before it makes it text again.

/// What a formula can begin with, in all the forms that a spreadsheet takes for the same.
const BEGINS_FORMULA: [char; 13] = [
    '=', '+', '-', '@', // as on the keyboard
    '＝', '＋', '－', '＠', // full width
    '﹦', '﹢', '﹣', '﹫', // small
    '−',  // minus
];
/// What stands before it and is dropped or looked through.
const QUOTES: [char; 10] = ['"', '\'', '`', '´', '“', '”', '„', '‘', '’', '«'];
/// Where a program that takes another separator for the right one begins a new cell.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// The text so that no program takes it for a formula, wherever it thinks that a cell begins.
pub(crate) fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    // Where the cell began, as long as nothing but spaces and quotes has come since.
    let mut begin = Some(0);
    if text.starts_with(['\t', '\r', '\n']) {
        safe.push('\'');
        begin = Some(safe.len());
    }
    for letter in text.chars() {
        if let Some(at) = begin
            && BEGINS_FORMULA.contains(&letter)
        {
            safe.insert(at, '\'');
            begin = None;
        }
        safe.push(letter);
        if SEPARATORS.contains(&letter) {
            begin = Some(safe.len());
        } else if !is_looked_through(letter) {
            begin = None;
        }
    }
    safe
}

/// Spaces of every sort, quotes, and letters that are not seen.
fn is_looked_through(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || QUOTES.contains(&letter)
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_begins_like_a_formula_is_text_in_every_program() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+49 89 1234", "'+49 89 1234"),
            ("-2 pillows", "'-2 pillows"),
            ("@SUM(A1:A9)", "'@SUM(A1:A9)"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("\tpillows", "'\tpillows"),
            ("\rpillows", "'\rpillows"),
            ("  =1", "'  =1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("\u{2068}=1\u{2069}", "'\u{2068}=1\u{2069}"),
            ("\"=1", "'\"=1"),
            ("'=1", "''=1"),
            (" \"' =1", "' \"' =1"),
            ("“=1", "'“=1"),
            ("＝1+1", "'＝1+1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠SUM", "'＠SUM"),
            ("﹦1", "'﹦1"),
            ("−1", "'−1"),
            // A program that separates by something else begins its cells elsewhere.
            ("towels;=1", "towels;'=1"),
            ("towels\t+1", "towels\t'+1"),
            ("towels\n @x", "towels\n' @x"),
            ("a;=1;-2", "a;'=1;'-2"),
        ] {
            assert_eq!(plain(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn what_is_no_formula_stays_as_it_is() {
        for cell in
            ["", "214", "12A", "Cot wanted", "2 + 2", "a=b", "Rosa-Maria", "O'Brien", "\"quoted\"", "غرفة ٢٠٤", " x=1"]
        {
            assert_eq!(plain(cell), cell);
        }
    }
}
