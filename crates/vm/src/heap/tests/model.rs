//! A store and what a model says is in it.

use super::super::collect::offset;
use super::super::layouts::Shape;
use super::super::room::Room;
use super::super::{NURSERY_END, OwnedRoot, RootId};
use crate::{GlobalId, Objects, Store, TableId};
use holm_abi::object::{
    ARRAY_ELEMENTS, CARD_BYTES_LOG2, KIND_ARRAY, KIND_HOST, KIND_MASK, NULL_BYTES, ObjectLayout,
    StructLayout,
};
use holm_spec::types::{
    FieldType, GlobalType, HeapType, Limits, RefType, StorageType, TableType, ValType,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Entries of the table that keeps most objects alive.
const ROOTS: u64 = 12;
/// Types: two references; ninety fields, some of them references further off than 64 words; arrays.
const PAIR: u32 = 3;
const WIDE: u32 = 4;
const REFERENCES: u32 = 5 | KIND_ARRAY;
const BYTES: u32 = 6 | KIND_ARRAY;
/// Fields of the wide type that are references.
const WIDE_REFERENCES: [usize; 5] = [1, 15, 63, 70, 89];

/// What the model says of an object.
#[derive(Clone, Debug)]
enum Thing {
    /// A structure or an array of references: its header, and what its references lead to.
    Links { header: u32, to: Vec<Option<u64>> },
    /// An array of bytes that all are the same as the number's lowest.
    Bytes { length: u32 },
    /// Something of the host's.
    Host,
}

/// Something of the host's, which is counted while it lives.
struct Counted(u64, Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::Relaxed);
    }
}

/// See the module's documentation.
pub(super) struct World {
    store: Store<()>,
    seed: u64,
    things: BTreeMap<u64, Thing>,
    /// The number of the next object.
    next: u64,
    pair: StructLayout,
    wide: StructLayout,
    table: TableId,
    global: GlobalId,
    /// What the table, the global, handles and owned handles lead to.
    in_table: Vec<Option<u64>>,
    in_global: Option<u64>,
    scoped: Vec<(RootId, u64)>,
    owned: Vec<(OwnedRoot, u64)>,
    hosts: Arc<AtomicU32>,
}

fn fields(types: impl Iterator<Item = ValType>) -> StructLayout {
    let field = |ty| FieldType { storage: StorageType::Val(ty), mutable: true };
    StructLayout::new(&types.map(field).collect::<Vec<_>>())
}

impl World {
    pub(super) fn new(seed: u64, mut store: Store<()>) -> Self {
        let any = ValType::ANYREF;
        // The first field is the object's number.
        let pair = fields([ValType::I64, any, any].into_iter());
        let is_reference = |index| WIDE_REFERENCES.contains(&index);
        let wide = (0..90).map(|index| if is_reference(index) { any } else { ValType::I64 });
        let wide = fields(wide);
        let objects = store.objects_mut();
        let array = |storage| {
            let element = FieldType { storage, mutable: true };
            ObjectLayout::Array(holm_abi::object::ArrayLayout::new(element))
        };
        objects.need_type(PAIR, &ObjectLayout::Struct(pair.clone())).unwrap();
        objects.need_type(WIDE, &ObjectLayout::Struct(wide.clone())).unwrap();
        objects.need_type(REFERENCES, &array(StorageType::Val(any))).unwrap();
        objects.need_type(BYTES, &array(StorageType::I8)).unwrap();
        let limits = Limits { min: ROOTS, max: None };
        let element = RefType::nullable(HeapType::Any);
        let table = objects.table_new(&TableType { element, limits, is_64: false }, 0).unwrap();
        let global = objects.global_new(GlobalType { value: any, mutable: true }, 0);
        let in_table = vec![None; ROOTS as usize];
        let (things, scoped, owned) = Default::default();
        let (in_global, hosts) = Default::default();
        Self {
            store,
            seed,
            things,
            next: 1,
            pair,
            wide,
            table,
            global,
            in_table,
            in_global,
            scoped,
            owned,
            hosts,
        }
    }

    fn objects(&mut self) -> &mut Objects {
        self.store.objects_mut()
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040);
        (self.seed >> 33) % below
    }

    // ---- what happens

    /// One thing at random.
    pub(super) fn step(&mut self) {
        match self.random(40) {
            0..8 => drop(self.make_links(PAIR, 2)),
            8..11 => drop(self.make_links(WIDE, WIDE_REFERENCES.len())),
            11..14 => {
                let length = self.random(40) as usize;
                self.make_links(REFERENCES, length);
            }
            14 => {
                // Too large for the nursery.
                let length = 17_000 + self.random(20_000) as usize;
                self.make_links(REFERENCES, length);
            }
            15..18 => {
                let length = self.random(3000) as u32;
                self.make_bytes(length);
            }
            18 => {
                let length = self.random(400_000) as u32;
                self.make_bytes(length);
            }
            19..21 => self.make_host(),
            21..34 => self.change(),
            34 => self.hold(),
            35 => self.release(),
            36 => {
                let place = self.random(ROOTS) as usize;
                self.set_root(place, 0, None);
            }
            37 => {
                let (reference, thing) = self.somewhere();
                let global = self.global;
                self.objects().global_set(global, reference.into());
                self.in_global = thing;
            }
            38 => self.collect(false),
            _ if self.random(3) == 0 => self.collect(true),
            _ => {}
        }
    }

    /// A reference that some root leads to, by a random walk, and its number.
    fn somewhere(&mut self) -> (u32, Option<u64>) {
        let place = self.random(ROOTS);
        let mut at = self.objects_reference(place);
        let mut thing = self.in_table[place as usize];
        for _ in 0..self.random(12) {
            let Some(Thing::Links { to, .. }) = thing.and_then(|number| self.things.get(&number))
            else {
                break;
            };
            if to.is_empty() {
                break;
            }
            let (to, count) = (to.clone(), to.len() as u64);
            let index = self.random(count) as usize;
            at = self.link(at, index);
            thing = to[index];
        }
        (at, thing)
    }

    fn objects_reference(&self, place: u64) -> u32 {
        self.store.objects().table_get(self.table, place).unwrap()
    }

    fn set_root(&mut self, place: usize, reference: u32, thing: Option<u64>) {
        let table = self.table;
        self.objects().table_set(table, place as u64, reference).unwrap();
        self.in_table[place] = thing;
    }

    /// Takes note of a new object and gives it a random root.
    fn keep(&mut self, reference: u32, thing: Thing) -> u64 {
        let number = self.next;
        self.next += 1;
        self.things.insert(number, thing);
        let place = self.random(ROOTS) as usize;
        self.set_root(place, reference, Some(number));
        number
    }

    /// A structure or an array of references, with links to what was there.
    fn make_links(&mut self, header: u32, count: usize) -> u64 {
        let made = match header {
            REFERENCES => self.objects().array_new_zeroed(header, count as u32),
            _ => self.objects().struct_new_zeroed(header),
        };
        let reference = made.unwrap();
        if header != REFERENCES {
            let number = self.next;
            let place = self.pair.fields[0];
            self.objects().object_write(reference, place, 8, number.into());
        }
        let number = self.keep(reference, Thing::Links { header, to: vec![None; count] });
        for index in 0..count.min(24) {
            let (target, thing) = self.somewhere();
            self.set_link(number, reference, index, (target, thing));
        }
        number
    }

    fn make_bytes(&mut self, length: u32) {
        let reference = self.objects().array_new_zeroed(BYTES, length).unwrap();
        let byte = self.next.to_le_bytes()[0];
        self.objects().array_fill(reference, byte.into());
        self.keep(reference, Thing::Bytes { length });
    }

    fn make_host(&mut self) {
        let counted = Counted(self.next, Arc::clone(&self.hosts));
        self.hosts.fetch_add(1, Ordering::Relaxed);
        let reference = self.objects().externref_new(Box::new(counted)).unwrap();
        self.keep(reference, Thing::Host);
    }

    /// Makes a link lead elsewhere, or nowhere.
    fn change(&mut self) {
        let (reference, thing) = self.somewhere();
        let Some(number) = thing else { return };
        let Thing::Links { to, .. } = &self.things[&number] else { return };
        let count = to.len() as u64;
        if count > 0 {
            let index = self.random(count) as usize;
            let target = if self.random(4) == 0 { (0, None) } else { self.somewhere() };
            self.set_link(number, reference, index, target);
        }
    }

    /// Has the host hold something.
    fn hold(&mut self) {
        let (reference, Some(number)) = self.somewhere() else { return };
        if self.random(2) == 0 {
            let root = self.objects().root(reference);
            self.scoped.push((root, number));
        } else {
            let root = self.objects().own(reference);
            self.owned.push((root, number));
        }
    }

    /// Has the host let go of something.
    fn release(&mut self) {
        if self.random(2) == 0 && !self.owned.is_empty() {
            let index = self.random(self.owned.len() as u64) as usize;
            self.owned.swap_remove(index);
        } else if self.random(4) == 0 {
            let all = super::super::RootMark(0);
            self.objects().roots_release(all);
            self.scoped.clear();
        }
    }

    /// Makes so many bytes of objects that nothing refers to.
    pub(super) fn grow_garbage(&mut self, bytes: u64) {
        for _ in 0..bytes / u64::from(self.pair.bytes) {
            self.objects().struct_new_zeroed(PAIR).unwrap();
        }
    }

    /// Makes a chain of pairs before what the first root leads to; it all survives.
    pub(super) fn grow_chain(&mut self, count: u32) {
        let mut last = self.in_table[0];
        for _ in 0..count {
            let reference = self.objects().struct_new_zeroed(PAIR).unwrap();
            let number = self.next;
            let place = self.pair.fields[0];
            self.objects().object_write(reference, place, 8, number.into());
            let before = (self.objects_reference(0), last);
            self.next += 1;
            self.things.insert(number, Thing::Links { header: PAIR, to: vec![None; 2] });
            self.set_link(number, reference, 0, before);
            self.set_root(0, reference, Some(number));
            last = Some(number);
        }
    }

    // ---- places

    /// How far a link is from an object's header.
    fn distance(&self, header: u32, index: usize) -> u32 {
        match header {
            PAIR => self.pair.fields[1 + index],
            WIDE => self.wide.fields[WIDE_REFERENCES[index]],
            _ => ARRAY_ELEMENTS + 4 * index as u32,
        }
    }

    fn link(&self, reference: u32, index: usize) -> u32 {
        let objects = self.store.objects();
        let header = objects.object_header(reference).unwrap();
        objects.object_read(reference, self.distance(header, index), 4) as u32
    }

    /// Writes a link as compiled code does: the reference, then the card of the object or of the element's place.
    fn set_link(&mut self, number: u64, reference: u32, index: usize, target: (u32, Option<u64>)) {
        let Some(Thing::Links { header, to }) = self.things.get_mut(&number) else {
            panic!("{number} has no links")
        };
        to[index] = target.1;
        let header = *header;
        let place = reference + self.distance(header, index);
        let marked = if header == REFERENCES { place - ARRAY_ELEMENTS } else { reference };
        let space = &mut self.objects().heap.as_deref_mut().unwrap().space;
        space.set_word(place.into(), target.0);
        space.mark(marked.into(), 1);
    }

    // ---- looking

    /// Collects, and looks at the heap before and after.
    pub(super) fn collect(&mut self, major: bool) {
        self.check_cards();
        self.objects().collect(major).unwrap();
        self.check_order();
        let alive = self.reachable();
        self.things.retain(|number, _| alive.contains(number));
        if major {
            let is_host = |thing: &&Thing| matches!(thing, Thing::Host);
            let hosts = self.things.values().filter(is_host).count() as u32;
            assert_eq!(self.hosts.load(Ordering::Relaxed), hosts, "things of the host's");
            assert_eq!(self.store.objects().heap_stats().host_objects, hosts);
        }
    }

    /// What the model says can be reached.
    fn reachable(&self) -> BTreeSet<u64> {
        let held = self.scoped.iter().map(|(_, number)| *number);
        let held = held.chain(self.owned.iter().map(|(_, number)| *number));
        let mut open: Vec<u64> =
            self.in_table.iter().flatten().copied().chain(self.in_global).chain(held).collect();
        let mut seen = BTreeSet::new();
        while let Some(number) = open.pop() {
            if seen.insert(number)
                && let Thing::Links { to, .. } = &self.things[&number]
            {
                open.extend(to.iter().flatten());
            }
        }
        seen
    }

    /// Walks through heap and model at the same time.
    pub(super) fn compare(&self) {
        let objects = self.store.objects();
        let table = (0..ROOTS).map(|at| (self.objects_reference(at), self.in_table[at as usize]));
        let global = (objects.global_get(self.global) as u32, self.in_global);
        let scoped = self
            .scoped
            .iter()
            .map(|(root, number)| (objects.rooted(*root).expect("a handle"), Some(*number)));
        let owned = self.owned.iter().map(|(root, number)| (root.reference(), Some(*number)));
        let mut open: Vec<_> = table.chain([global]).chain(scoped).chain(owned).collect();
        let (mut numbers, mut places) = (BTreeMap::new(), BTreeMap::new());
        while let Some((reference, number)) = open.pop() {
            let Some(number) = number else {
                assert_eq!(reference, 0, "null is what was put there");
                continue;
            };
            let known = numbers.insert(reference, number);
            assert!(known.is_none_or(|known| known == number), "{number} at {reference}");
            let place = places.insert(number, reference);
            assert!(place.is_none_or(|place| place == reference), "{number} is in two places");
            if known.is_none() {
                open.extend(self.compare_one(reference, number));
            }
        }
    }

    /// Compares one object with what the model says of it, and gives what it leads to.
    fn compare_one(&self, reference: u32, number: u64) -> Vec<(u32, Option<u64>)> {
        let objects = self.store.objects();
        match &self.things[&number] {
            Thing::Links { header, to } => {
                assert_eq!(objects.object_header(reference), Some(*header), "{number}");
                if *header == REFERENCES {
                    assert_eq!(objects.array_length(reference), Some(to.len() as u32));
                } else {
                    let found = objects.object_read(reference, self.pair.fields[0], 8);
                    assert_eq!(found, number.into());
                }
                let link = |(index, to): (usize, &Option<u64>)| (self.link(reference, index), *to);
                to.iter().enumerate().map(link).collect()
            }
            Thing::Bytes { length } => {
                assert_eq!(objects.array_length(reference), Some(*length), "{number}");
                let byte = u128::from(number.to_le_bytes()[0]);
                for index in (0..*length).step_by(97).chain(length.checked_sub(1)) {
                    assert_eq!(objects.object_read(reference, ARRAY_ELEMENTS + index, 1), byte);
                }
                Vec::new()
            }
            Thing::Host => {
                let counted = objects.externref(reference).and_then(|any| any.downcast_ref());
                assert_eq!(counted.map(|Counted(number, _)| *number), Some(number));
                Vec::new()
            }
        }
    }

    /// Every reference from the old space to the nursery lies on a marked card.
    fn check_cards(&mut self) {
        for (object, places) in self.old_objects() {
            for place in places {
                let heap = self.objects().heap.as_deref_mut().unwrap();
                let target = u64::from(heap.space.word(place));
                if target & 1 == 0
                    && heap.room == Room::Nursery
                    && (u64::from(NULL_BYTES)..NURSERY_END).contains(&target)
                {
                    let is_array = heap.space.word(object) & KIND_MASK == KIND_ARRAY;
                    let at = if is_array { place - u64::from(ARRAY_ELEMENTS) } else { object };
                    let card = at >> CARD_BYTES_LOG2 << CARD_BYTES_LOG2;
                    assert_ne!(heap.space.cards_mut(&(card..card + 1)), [0], "card of {at}");
                }
            }
        }
    }

    /// After a collection: the nursery is empty, no card is marked, each card knows the object that covers its
    /// start, and nothing refers to what is not there. While new objects go to the old space, cards are nothing.
    fn check_order(&mut self) {
        let objects = self.old_objects();
        let starts: BTreeSet<u64> = objects.iter().map(|(at, _)| *at).collect();
        let heap = self.objects().heap.as_deref_mut().unwrap();
        let used = heap.old.range.start..heap.old.next;
        let covered = match heap.room {
            Room::Nursery => used.end,
            Room::Old(began) => began,
        };
        if heap.room == Room::Nursery {
            let marked = heap.space.cards_mut(&used).iter().any(|mark| *mark != 0);
            assert!(!marked, "no card is marked");
        }
        let first = used.start.div_ceil(1 << CARD_BYTES_LOG2);
        for card in first..covered.div_ceil(1 << CARD_BYTES_LOG2) {
            let covers = starts.range(..=card << CARD_BYTES_LOG2).next_back();
            assert_eq!(covers, Some(&heap.space.first(card)), "first object of card {card}");
        }
        for place in objects.iter().flat_map(|(_, places)| places) {
            let target = heap.space.word(*place);
            let is_there = target == 0 || target & 1 == 1 || starts.contains(&target.into());
            assert!(is_there, "{target} at {place}");
        }
        assert!(used.end <= heap.old.committed);
    }

    /// The objects of the old space with the places of their references.
    fn old_objects(&mut self) -> Vec<(u64, Vec<u64>)> {
        let heap = self.objects().heap.as_deref().unwrap();
        let mut all = Vec::new();
        let mut at = heap.old.range.start;
        while at < heap.old.next {
            let (header, second) = heap.space.two_words(at);
            let (shape, bytes) = heap.layouts.shape_and_bytes(header, second);
            let places = match shape {
                Shape::Struct { words, more } => {
                    let near = (0..64).filter(|bit| words >> bit & 1 == 1).map(|bit| at + 4 * bit);
                    near.chain(more.iter().map(|far| at + u64::from(*far))).collect()
                }
                Shape::References => {
                    let element = |index| at + u64::from(ARRAY_ELEMENTS) + 4 * index;
                    (0..u64::from(second)).map(element).collect()
                }
                Shape::Opaque => Vec::new(),
            };
            assert!(header & KIND_MASK <= KIND_HOST && offset(at).is_multiple_of(8));
            all.push((at, places));
            at += bytes;
        }
        assert_eq!(at, heap.old.next, "objects fill the old space");
        all
    }

    /// Whether new objects go to the old space.
    pub(super) fn makes_old(&mut self) -> bool {
        self.objects().heap.as_deref().is_some_and(|heap| heap.room != Room::Nursery)
    }

    /// Nothing of the host's outlives the store.
    pub(super) fn end(self) {
        let Self { store, hosts, .. } = self;
        drop(store);
        assert_eq!(hosts.load(Ordering::Relaxed), 0, "things of the host's are gone");
    }
}
