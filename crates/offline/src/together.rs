//! Actions that were recorded in one go, one entity after the other, are told in one line for each end that they came to.
//!
//! Whoever recorded them says which numbers of the record they have. Nothing else has a number between two of them, and
//! so they stand side by side in every list that is ordered by number. Lists are counted and read as what they are made
//! of: what stands between such stretches, which is paged by the database, and the lines of a stretch, which are few.

use crate::EngineError;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// How a list is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Telling<'a> {
    /// The numbers of what was recorded in one go, the oldest first.
    pub together: &'a [RangeInclusive<u64>],
    /// The lines that somebody opened, by [`Gathered::id`].
    pub open: &'a [String],
}

/// What a line stands for that tells of several actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// Names the line for as long as it is told, whichever action it begins with.
    pub id: String,
    /// Actions that it stands for.
    pub count: u64,
    /// Whether they follow one by one.
    pub open: bool,
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<R> {
    /// An action; the first of those that it stands for, if it stands for several.
    pub row: R,
    /// What it stands for beside that one.
    pub gathered: Option<Gathered>,
}

/// A stretch as a list tells it: its entries in the list's order, each with the end that it may share with others.
#[derive(Debug, Default)]
pub(crate) struct Stretch {
    pub entries: usize,
    pub lines: Vec<(u64, Option<Gathered>)>,
}

impl Stretch {
    /// Whether every entry of it stands by itself.
    pub(crate) fn is_plain(&self) -> bool {
        self.lines.iter().all(|(_, gathered)| gathered.is_none())
    }

    pub(crate) fn of(first: u64, entries: &[(u64, Option<&'static str>)], open: &[String]) -> Self {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for end in entries.iter().filter_map(|(_, end)| *end) {
            *counts.entry(end).or_default() += 1;
        }
        let mut told = BTreeSet::new();
        let mut lines = Vec::new();
        for (seq, end) in entries {
            let count = end.and_then(|end| counts.get(end)).copied().unwrap_or(1);
            let Some(end) = end.filter(|_| count > 1) else {
                lines.push((*seq, None));
                continue;
            };
            if !told.insert(end) {
                continue;
            }
            let id = format!("{first}-{end}");
            let open = open.contains(&id);
            lines.push((*seq, Some(Gathered { id, count, open })));
            if open {
                lines.extend(entries.iter().filter(|(_, other)| *other == Some(end)).map(|(seq, _)| (*seq, None)));
            }
        }
        Self { entries: entries.len(), lines }
    }
}

/// A page of a list while it is read.
pub(crate) struct Page<R> {
    /// Lines to pass over still.
    pub skip: u64,
    /// Lines that are wanted still.
    pub room: u64,
    pub lines: Vec<Line<R>>,
}

impl<R: Clone> Page<R> {
    pub(crate) fn new(offset: u32, limit: u32) -> Self {
        Self { skip: offset.into(), room: limit.into(), lines: Vec::new() }
    }

    /// Takes what stands between two stretches. `count` answers how many there are, up to as many as it is asked about.
    pub(crate) fn take_between(
        &mut self,
        count: impl FnOnce(u64) -> Result<u64, EngineError>,
        read: impl FnOnce(u64, u64) -> Result<Vec<R>, EngineError>,
    ) -> Result<(), EngineError> {
        if self.room == 0 {
            return Ok(());
        }
        let rows = read(self.room, self.skip)?;
        if self.skip > 0 {
            let passed = if rows.is_empty() { count(self.skip)? } else { self.skip };
            self.skip -= passed;
        }
        self.room -= rows.len() as u64;
        self.lines.extend(rows.into_iter().map(|row| Line { row, gathered: None }));
        Ok(())
    }

    /// Takes the lines of a stretch.
    pub(crate) fn take_stretch(
        &mut self,
        stretch: &Stretch,
        read: impl FnOnce(&[u64]) -> Result<Vec<(u64, R)>, EngineError>,
    ) -> Result<(), EngineError> {
        let skip = self.skip.min(stretch.lines.len() as u64);
        self.skip -= skip;
        let from = usize::try_from(skip).unwrap_or(usize::MAX);
        let most = usize::try_from(self.room).unwrap_or(usize::MAX);
        let lines: Vec<_> = stretch.lines.iter().skip(from).take(most).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let numbers: Vec<u64> = lines.iter().map(|(seq, _)| *seq).collect();
        let rows: BTreeMap<u64, R> = read(&numbers)?.into_iter().collect();
        self.room -= lines.len() as u64;
        self.lines.extend(
            lines
                .into_iter()
                .filter_map(|(seq, gathered)| Some(Line { row: rows.get(seq)?.clone(), gathered: gathered.clone() })),
        );
        Ok(())
    }
}

/// Numbers for `json_each`.
pub(crate) fn listed(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!("[{}]", numbers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(entries: &[(u64, Option<&'static str>)], open: &[&str]) -> Vec<(u64, Option<u64>)> {
        let open: Vec<String> = open.iter().map(|id| (*id).to_owned()).collect();
        let lines = Stretch::of(3, entries, &open).lines;
        lines.into_iter().map(|(seq, gathered)| (seq, gathered.map(|gathered| gathered.count))).collect()
    }

    #[test]
    fn several_of_one_end_are_one_line_at_the_place_of_the_first_and_what_stands_by_itself_stays() {
        let entries = [(3, Some("a")), (4, None), (5, Some("b")), (6, Some("a")), (7, Some("c")), (8, Some("b"))];
        assert_eq!(told(&entries, &[]), [(3, Some(2)), (4, None), (5, Some(2)), (7, None)]);
        let open = [(3, Some(2)), (4, None), (5, Some(2)), (5, None), (8, None), (7, None)];
        assert_eq!(told(&entries, &["3-b", "9-a"]), open);
    }
}
