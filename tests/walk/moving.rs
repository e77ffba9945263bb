//! Any additions and deletions, at any moment.

use std::collections::BTreeSet;

use khotin::frontier::walk::{WalkEnd, WalkOptions};
use proptest::prelude::*;

use crate::listing::*;

/// What happens to the listing before a request.
#[derive(Debug, Clone)]
enum Event {
    /// A new article on top.
    Add,
    /// The article at this place, modulo the length, is deleted.
    Delete(usize),
}

fn events() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let event = prop_oneof![
        1 => Just(Event::Add),
        2 => (0..40usize).prop_map(Event::Delete),
    ];
    let quiet_or_not = prop_oneof![
        3 => Just(Vec::new()),
        2 => proptest::collection::vec(event, 1..4),
    ];
    proptest::collection::vec(quiet_or_not, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Five runs over a listing that moves before any request. A run that calls itself complete
    /// knows every item that stood there all through it (but for a listing that showed the same
    /// items on several pages in three walks, which is believed); and a run in quiet is complete.
    #[test]
    fn nothing_slips_past(
        count in 0..14u32,
        size in 1..4usize,
        pager in prop_oneof![Just("page"), Just("offset"), Just("next_link")],
        says_so in any::<bool>(),
        stops in proptest::collection::vec(prop_oneof![3 => Just(100usize), 1 => 1..6usize], 5),
        events in events(),
    ) {
        let profile = profile(&format!("kind = \"{pager}\", size = {size}"));
        let mut server = Server::new(count, size);
        if says_so {
            server.last = Last::SaysSo;
        }
        let mut memory = Memory::default();
        let mut events = events.into_iter();
        let mut newest = 1_000;
        for (number, most) in stops.into_iter().enumerate() {
            let mut stood: BTreeSet<u32> = server.items.iter().copied().collect();
            let log = memory.run(
                &format!("r{number}"),
                &profile,
                &mut server,
                &WalkOptions::default(),
                most,
                |server, _| {
                    for event in events.next().unwrap_or_default() {
                        match event {
                            Event::Add => {
                                newest += 1;
                                server.items.insert(0, newest);
                            }
                            Event::Delete(_) if server.items.is_empty() => {}
                            Event::Delete(place) => {
                                let place = place % server.items.len();
                                stood.remove(&server.items.remove(place));
                            }
                        }
                    }
                },
            );
            let believed = memory.walk.as_ref().is_some_and(|walk| {
                walk.repeats || walk.before.as_ref().is_some_and(|before| before.repeats)
            });
            if log.end.is_some_and(|end| end.is_complete()) && !believed {
                for number in stood {
                    prop_assert!(memory.knows(number), "{number} slipped past");
                }
            }
        }
        let log = crawl(&mut memory, "quiet", &profile, &mut server);
        let end = log.end.unwrap();
        let empty = server.items.is_empty();
        prop_assert!(end.is_complete() || (empty && end == WalkEnd::EmptyFirstPage), "{end}");
        for number in &server.items {
            prop_assert!(memory.knows(*number), "{number} is not known after a quiet run");
        }
    }
}
