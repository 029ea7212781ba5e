//! Things of the host's that guests refer to: each has a small object in the heap, and goes when that dies.

use std::any::Any;

/// Anything of the host's.
pub(crate) type Thing = Box<dyn Any + Send + Sync>;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Hosts {
    things: Vec<Option<Thing>>,
    free: Vec<u32>,
    /// Objects in the nursery.
    pub(super) young: Vec<u32>,
    /// Objects in the old space.
    pub(super) old: Vec<u32>,
    alive: u32,
}

impl std::fmt::Debug for Hosts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hosts").field("alive", &self.alive).finish_non_exhaustive()
    }
}

impl Hosts {
    /// Keeps a thing, and gives its place.
    pub(super) fn add(&mut self, thing: Thing) -> u32 {
        self.alive += 1;
        if let Some(place) = self.free.pop() {
            self.things[place as usize] = Some(thing);
            return place;
        }
        self.things.push(Some(thing));
        crate::objects::index_of(self.things.len() - 1)
    }

    /// The thing in a place.
    pub(super) fn get(&self, place: u32) -> Option<&(dyn Any + Send + Sync)> {
        self.things.get(place as usize)?.as_deref()
    }

    /// Takes a thing out, to be dropped when the collection is over.
    pub(super) fn take(&mut self, place: u32) -> Option<Thing> {
        let thing = self.things.get_mut(place as usize)?.take();
        if thing.is_some() {
            self.free.push(place);
            self.alive -= 1;
        }
        thing
    }

    /// How many there are.
    pub(super) fn alive(&self) -> u32 {
        self.alive
    }
}
