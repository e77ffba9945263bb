//! Number: which sequence number an imported capture has. It is made of the capture's second and of a
//! slot within it, `seconds × 100,000 + slot`, 14 or 15 digits: far above the numbers of our own
//! exchanges, exact in every spreadsheet, and readable as a time.
//!
//! The slot is the capture's identity modulo [`SLOTS`]; of captures that meet in one the smaller identity
//! stays and the other moves on to the next slot (ordered linear probing: Amble and Knuth, 1974). So the
//! numbers are a function of the set of captures, whatever the order in which they came.

use chrono::{DateTime, Utc};

use super::identity::Identity;
use crate::model::Sequence;

/// Captures of one second that can be told apart.
pub const SLOTS: u64 = 100_000;

/// 1990-01-01, before the first web page: a capture that says it is older has no sound time (our choice).
const FIRST_SECOND: i64 = 631_152_000;
/// 2286-11-20, where the numbers would have 16 digits, which no spreadsheet keeps.
const LAST_SECOND: i64 = 9_999_999_999;

/// The second of a capture, counted from 1970; `None` if its time can not be that of a web page.
pub fn second_of(captured_at: DateTime<Utc>) -> Option<u64> {
    let second = captured_at.timestamp();
    (FIRST_SECOND..=LAST_SECOND)
        .contains(&second)
        .then(|| second.unsigned_abs())
}

/// The number that a capture has if no other is in its way. A time that can not be that of a web page counts
/// as the first one that can.
pub fn home_of(captured_at: DateTime<Utc>, identity: &Identity) -> Sequence {
    let second = second_of(captured_at).unwrap_or(FIRST_SECOND.unsigned_abs());
    sequence_of(second, identity.leading() % SLOTS)
}

/// The number of a slot.
pub fn sequence_of(second: u64, slot: u64) -> Sequence {
    Sequence(second.saturating_mul(SLOTS).saturating_add(slot))
}

/// The least number that a capture of this time or later may have; [`Sequence::FIRST_IMPORTED`] for a
/// time before every one that is taken.
pub fn first_of_second(time: DateTime<Utc>) -> Sequence {
    let second = u64::try_from(time.timestamp()).unwrap_or(0);
    sequence_of(second, 0).max(Sequence::FIRST_IMPORTED)
}

/// Where a capture goes among those of its second: it and all that it moves, each with its new slot, in
/// the order in which they move. The last of them goes to a slot that was free. `None` if no slot is free.
///
/// `occupant` tells who stands in a slot. The new one must not stand in any.
///
/// # Errors
/// The first error of `occupant`.
pub fn place<E>(
    new: Identity,
    slots: u64,
    mut occupant: impl FnMut(u64) -> Result<Option<Identity>, E>,
) -> Result<Option<Vec<(Identity, u64)>>, E> {
    let home = new.leading() % slots.max(1);
    let mut moves = Vec::new();
    let mut moving = new;
    for step in 0..slots {
        let slot = (home + step) % slots;
        match occupant(slot)? {
            None => {
                moves.push((moving, slot));
                return Ok(Some(moves));
            }
            Some(known) if moving < known => {
                moves.push((moving, slot));
                moving = known;
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn identity(number: u64, tail: u8) -> Identity {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        bytes[31] = tail;
        Identity::from_bytes(bytes)
    }

    /// Places one after the other, as a store does.
    fn numbered(order: &[Identity], slots: u64) -> BTreeMap<u64, Identity> {
        let mut table: BTreeMap<u64, Identity> = BTreeMap::new();
        for new in order {
            let occupant = |slot: u64| Ok::<_, Infallible>(table.get(&slot).copied());
            let moves = place(*new, slots, occupant).unwrap().expect("a free slot");
            let moved: BTreeSet<Identity> = moves.iter().map(|(moved, _)| *moved).collect();
            table.retain(|_, known| !moved.contains(known));
            for (moved, slot) in moves {
                assert_eq!(table.insert(slot, moved), None, "a slot for one");
            }
        }
        table
    }

    #[test]
    fn the_smaller_stays_and_the_other_moves_on() {
        // Slot 3 of 5 is home to 3 and 8; 4 is at home in the slot behind it.
        let [three, eight, four] = [identity(3, 0), identity(8, 0), identity(4, 0)];
        let expected = BTreeMap::from([(3, three), (4, four), (0, eight)]);
        for order in [
            [three, eight, four],
            [eight, four, three],
            [four, three, eight],
        ] {
            assert_eq!(numbered(&order, 5), expected);
        }
    }

    #[test]
    fn a_second_that_is_full_takes_no_more() {
        let full: Vec<Identity> = (0..4).map(|number| identity(number, 0)).collect();
        let table = numbered(&full, 4);
        let occupant = |slot: u64| Ok::<_, Infallible>(table.get(&slot).copied());
        assert_eq!(place(identity(9, 0), 4, occupant), Ok(None));
        let failed = place(identity(9, 0), 4, |_| Err("the store failed"));
        assert_eq!(failed, Err("the store failed"));
    }

    #[test]
    fn a_number_is_readable_as_a_time_and_far_above_our_own() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let at = time("2020-01-02T03:04:05.999Z");
        assert_eq!(second_of(at), Some(1_577_934_245));
        let sequence = sequence_of(1_577_934_245, 42);
        assert_eq!(sequence, Sequence(157_793_424_500_042));
        assert!(sequence.is_imported() && !Sequence(999_999_999_999).is_imported());
        assert_eq!(first_of_second(at), Sequence(157_793_424_500_000));
        assert_eq!(
            first_of_second(time("1960-01-01T00:00:00Z")),
            Sequence::FIRST_IMPORTED
        );
        let table = [
            ("the first", "1990-01-01T00:00:00Z", true),
            ("before it", "1989-12-31T23:59:59Z", false),
            ("a clock that was never set", "1970-01-01T00:00:10Z", false),
            ("the last", "2286-11-20T17:46:39Z", true),
            ("behind it", "2286-11-20T17:46:40Z", false),
        ];
        for (what, text, is_sound) in table {
            assert_eq!(second_of(time(text)).is_some(), is_sound, "{what}");
        }
        assert!(
            sequence_of(631_152_000, 0).is_imported(),
            "the least of all"
        );
    }

    proptest! {
        /// A table of seven slots makes nearly every capture collide.
        #[test]
        fn any_order_gives_the_same_numbers(
            order in prop::collection::btree_set((0_u64..20, 0_u8..3), 0..=7)
                .prop_map(|set| set.into_iter().collect::<Vec<_>>())
                .prop_shuffle(),
        ) {
            let identities: Vec<Identity> =
                order.iter().map(|(number, tail)| identity(*number, *tail)).collect();
            // As defined: from the smallest identity on, each takes the first free slot from its home on.
            let sorted: BTreeSet<Identity> = identities.iter().copied().collect();
            let mut expected = BTreeMap::new();
            for one in sorted {
                let mut slot = one.leading() % 7;
                while expected.contains_key(&slot) {
                    slot = (slot + 1) % 7;
                }
                expected.insert(slot, one);
            }
            prop_assert_eq!(numbered(&identities, 7), expected);
        }
    }
}
