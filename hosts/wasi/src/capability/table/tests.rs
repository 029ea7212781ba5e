//! Numbers of slots, against a model.

use super::Table;
use std::collections::BTreeMap;

#[test]
fn the_table_does_as_a_map_that_gives_the_lowest_number() {
    let mut table = Table::new(8);
    let mut model: BTreeMap<u32, u32> = BTreeMap::new();
    let mut random = 12345u32;
    for step in 0..20_000u32 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (number, other) = ((random >> 8) % 10, (random >> 16) % 10);
        match (random >> 28) % 4 {
            0 | 1 => {
                let free = (0..8).find(|n| !model.contains_key(n));
                assert_eq!(table.has_room(), free.is_some());
                assert_eq!(table.insert(step), free.ok_or(step));
                model.extend(free.map(|n| (n, step)));
            }
            2 => assert_eq!(table.remove(number), model.remove(&number)),
            _ => {
                let both = model.contains_key(&number) && model.contains_key(&other);
                let moved = table.renumber(number, other);
                assert_eq!(moved.is_some(), both);
                if both && number != other {
                    let value = model.remove(&number);
                    assert_eq!(moved, Some(model.insert(other, value.unwrap())));
                }
            }
        }
        assert_eq!(table.len(), model.len());
        for n in 0..10 {
            assert_eq!(table.get(n), model.get(&n), "slot {n} after step {step}");
        }
    }
}
