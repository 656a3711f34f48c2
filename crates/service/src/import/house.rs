//! A house for so many rooms: floors, numbers, sections.

use std::collections::BTreeMap;

/// Rooms in a section: what one attendant cleans in a shift.
pub(super) const ROOMS_PER_SECTION: usize = 14;

/// A room of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HouseRoom<'a> {
    /// Floor and place: 101, 102 ... 1001.
    pub number: String,
    /// The floor, from 1.
    pub floor: String,
    /// `3` for a floor, `3B` for a part of one, `1-2` for several.
    pub section: String,
    /// The type's code.
    pub room_type: &'a str,
    /// Which of its type, from 0.
    pub nth: usize,
}

/// Builds the house: each type spread evenly over the floors, as real houses stack them.
pub(super) fn build<'a>(types: &BTreeMap<&'a str, usize>) -> Vec<HouseRoom<'a>> {
    let mut order: Vec<(u64, &str, usize)> = Vec::new();
    for (name, &count) in types {
        for nth in 0..count {
            // Where in the house it stands, in millionths from the first room to the last.
            let place = (2 * nth as u64 + 1) * 500_000 / count as u64;
            order.push((place, name, nth));
        }
    }
    order.sort_unstable();

    let rooms = order.len();
    // Houses of 30 rooms have 3 floors, of 250 ten, of 7,000 fifty.
    let floors = floors_for(rooms);
    let per_floor = rooms.div_ceil(floors.max(1)).max(1);
    let digits = if per_floor > 99 { 3 } else { 2 };
    order
        .into_iter()
        .enumerate()
        .map(|(index, (_, room_type, nth))| {
            let (floor, place) = (index / per_floor, index % per_floor);
            HouseRoom {
                number: format!("{}{:0digits$}", floor + 1, place + 1),
                floor: (floor + 1).to_string(),
                section: section(floor, place, per_floor, rooms.div_ceil(per_floor)),
                room_type,
                nth,
            }
        })
        .collect()
}

fn floors_for(rooms: usize) -> usize {
    (1..=rooms.max(1)).find(|floors| floors * floors * 5 >= rooms * 2).unwrap_or(1)
}

fn section(floor: usize, place: usize, per_floor: usize, floors: usize) -> String {
    let parts = (per_floor + ROOMS_PER_SECTION / 2) / ROOMS_PER_SECTION;
    if parts >= 2 {
        let part = place * parts / per_floor;
        return format!("{}{}", floor + 1, letters(part));
    }
    let together = ((ROOMS_PER_SECTION + per_floor / 2) / per_floor).max(1);
    let first = floor / together * together;
    let last = (first + together - 1).min(floors - 1);
    if first == last { (first + 1).to_string() } else { format!("{}-{}", first + 1, last + 1) }
}

/// A to Z, then AA, AB ...
fn letters(mut part: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'A' + u8::try_from(part % 26).unwrap_or(0)));
        if part < 26 {
            return text;
        }
        part = part / 26 - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn houses_of_every_size_have_numbers_and_sections_one_can_work_with() {
        for (count, floors, sections) in
            [(1, 1, 1), (20, 3, 2), (150, 8, 8), (250, 10, 20), (3000, 35, 200), (7000, 53, 450)]
        {
            let house = build(&BTreeMap::from([("A", count - count / 5), ("D", count / 5)]));
            assert_eq!(house.len(), count);
            let numbers: BTreeSet<_> = house.iter().map(|room| &room.number).collect();
            assert_eq!(numbers.len(), count, "no number twice");
            assert!(house.iter().all(|room| room.number.starts_with(&room.floor)));
            let found = house.iter().map(|room| &room.floor).collect::<BTreeSet<_>>().len();
            assert!(found.abs_diff(floors) <= 1 + floors / 10, "{count} rooms on {found} floors");
            let mut sizes: BTreeMap<_, usize> = BTreeMap::new();
            for room in &house {
                *sizes.entry(&room.section).or_default() += 1;
            }
            assert!(sizes.len().abs_diff(sections) <= 1 + sections / 5, "{count} rooms in {} sections", sizes.len());
            assert!(sizes.values().all(|&size| size <= 21), "{sizes:?}");
        }
    }

    #[test]
    fn a_type_stands_on_every_floor() {
        let house = build(&BTreeMap::from([("A", 160), ("D", 60), ("G", 5)]));
        let floors: BTreeSet<_> = house.iter().filter(|room| room.room_type == "D").map(|room| &room.floor).collect();
        assert_eq!(floors.len(), house.iter().map(|room| &room.floor).collect::<BTreeSet<_>>().len());
    }
}
