//! The builtins that compiled code calls; see `holm_abi::builtin` for their arguments.
//!
//! Each gets the anchor of the calling instance. A trap is noted in the block and reported through the
//! status, upon which the stub leaves the guest. Bulk operations work in pieces and look at the
//! interruption flag between them; what was done before an interruption stays done.

mod atomic;
mod object;

use crate::block::StoreBlock;
use crate::context::Anchor;
use crate::limits::{BULK_PIECE_BYTES, BULK_PIECE_ENTRIES};
use crate::memory::View;
use crate::objects::{MemoryId, Objects, TableId};
use holm_abi::layout::{INSTANCE, STORE};
use holm_spec::trap::TrapReason;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the stub expects in rax and rdx.
#[repr(C)]
pub(crate) struct BuiltinResult {
    pub(crate) value: u64,
    pub(crate) status: u64,
}

impl BuiltinResult {
    /// The result, unless the guest is to be left.
    pub(crate) fn value(&self) -> Option<u64> {
        (self.status == 0).then_some(self.value)
    }
}

pub(crate) type Entry = unsafe extern "C" fn(*mut u8, u64, u64, u64, u64) -> BuiltinResult;

/// The entries, in the order of the builtins' numbers.
pub(crate) static TABLE: [Entry; holm_abi::builtin::COUNT] = {
    let [exception_new, exception_record, throw, throw_ref] = crate::unwind::ENTRIES;
    [
        entry::<MemoryGrow>,
        entry::<MemoryCopy>,
        entry::<MemoryFill>,
        entry::<MemoryInit>,
        entry::<DataDrop>,
        entry::<TableSet>,
        entry::<TableGrow>,
        entry::<TableFill>,
        entry::<TableCopy>,
        entry::<TableInit>,
        entry::<ElementDrop>,
        entry::<TypeIsBelow>,
        entry::<atomic::Wait32>,
        entry::<atomic::Wait64>,
        entry::<atomic::Notify>,
        entry::<object::ObjectNew>,
        entry::<object::ArrayNew>,
        entry::<object::ArrayNewData>,
        entry::<object::ArrayNewElement>,
        entry::<object::ArrayFill>,
        entry::<object::ArrayCopy>,
        entry::<object::ArrayInitData>,
        entry::<object::ArrayInitElement>,
        exception_new,
        exception_record,
        throw,
        throw_ref,
    ]
};

/// The instance that called, and the store's objects.
struct Context<'a> {
    objects: &'a mut Objects,
    instance: usize,
}

impl Context<'_> {
    fn memory(&self, index: u64) -> MemoryId {
        self.objects.instances[self.instance].memories()[to_usize(index)]
    }

    /// A memory's bytes; good until the memory grows.
    fn view(&self, memory: MemoryId) -> View {
        self.objects.memories[memory.0 as usize].view()
    }

    fn table(&self, index: u64) -> TableId {
        self.objects.instances[self.instance].tables()[to_usize(index)]
    }

    fn poll(&self) -> Result<(), TrapReason> {
        let interrupted = self.objects.interrupt.is_interrupted();
        if interrupted { Err(TrapReason::Interrupted) } else { Ok(()) }
    }
}

/// A builtin: a function from arguments to a result.
trait Run {
    fn run(context: &mut Context<'_>, arguments: [u64; 4]) -> Result<u64, TrapReason>;
}

/// The block, the objects and the index of the instance that calls a builtin.
///
/// # Safety
/// `anchor` is that of a live instance whose store's call is under way, and nobody else refers to its objects
/// while the result is used.
pub(crate) unsafe fn caller<'a>(anchor: *mut u8) -> (&'a StoreBlock, &'a mut Objects, usize) {
    let anchor = Anchor::new(std::ptr::NonNull::new(anchor).expect("stubs pass an anchor"));
    // SAFETY: every context has its store's block in this field.
    let block: *const StoreBlock = unsafe { anchor.read(STORE) };
    // SAFETY: the block outlives the call (rule 3); it is only ever shared.
    let block = unsafe { &*block };
    // SAFETY: every instance's context has its index here.
    let instance: u32 = unsafe { anchor.read(INSTANCE) };
    // SAFETY: the store is suspended in `call`; by rule 2 nobody holds a reference into it.
    let objects = unsafe { &mut *block.objects.get() };
    (block, objects, instance as usize)
}

/// Runs builtin `B` for the stub.
///
/// # Safety
/// Called by the builtin stub only: `anchor` is that of a live instance whose store's call is under way.
unsafe extern "C" fn entry<B: Run>(
    anchor: *mut u8,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
) -> BuiltinResult {
    // SAFETY: the contract is the same.
    let (block, objects, instance) = unsafe { caller(anchor) };
    let mut context = Context { objects, instance };
    let run = || B::run(&mut context, [a, b, c, d]);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => return BuiltinResult { value, status: 0 },
        Ok(Err(reason)) => block.leave(reason),
        Err(panic) => block.fail(crate::ExitCause::Panic(crate::host::panic_text(&*panic))),
    }
    BuiltinResult { value: 0, status: 1 }
}

struct MemoryGrow;
impl Run for MemoryGrow {
    fn run(context: &mut Context<'_>, [memory, delta, ..]: [u64; 4]) -> Result<u64, TrapReason> {
        let memory = context.memory(memory);
        let grown = context.objects.memory_grow(memory, delta);
        Ok(grown.ok().flatten().unwrap_or(u64::MAX))
    }
}

struct TypeIsBelow;
impl Run for TypeIsBelow {
    fn run(context: &mut Context<'_>, [sub, sup, ..]: [u64; 4]) -> Result<u64, TrapReason> {
        let id = |id: u64| u32::try_from(id).unwrap_or(u32::MAX);
        Ok(context.objects.pool.types().is_below(id(sub), id(sup)).into())
    }
}

struct MemoryFill;
impl Run for MemoryFill {
    fn run(
        context: &mut Context<'_>,
        [memory, start, value, bytes]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let memory = context.memory(memory);
        let view = context.view(memory);
        let range = range(start, bytes, view.length())?;
        let [value, ..] = value.to_le_bytes();
        let mut at = range.start;
        while at < range.end {
            let end = range.end.min(at + BULK_PIECE_BYTES);
            view.fill(at..end, value);
            at = end;
            if at < range.end {
                context.poll()?;
            }
        }
        Ok(0)
    }
}

struct MemoryCopy;
impl Run for MemoryCopy {
    fn run(
        context: &mut Context<'_>,
        [memories, to, from, bytes]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (into, out_of) = split(memories);
        let (into, out_of) = (context.memory(into), context.memory(out_of));
        let (target_view, source_view) = (context.view(into), context.view(out_of));
        let source = range(from, bytes, source_view.length())?;
        let target = range(to, bytes, target_view.length())?;
        let backwards = into == out_of && target.start > source.start;
        let total = source.len();
        let mut done = 0;
        while done < total {
            let piece = BULK_PIECE_BYTES.min(total - done);
            // Upwards from the start or downwards from the end, whichever keeps the source unharmed.
            let at = if backwards { total - done - piece } else { done };
            target_view.copy_from(target.start + at, source_view, source.start + at, piece);
            done += piece;
            if done < total {
                context.poll()?;
            }
        }
        Ok(0)
    }
}

struct MemoryInit;
impl Run for MemoryInit {
    fn run(
        context: &mut Context<'_>,
        [what, to, from, bytes]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (memory, segment) = split(what);
        let memory = context.memory(memory);
        let data = context.objects.instances[context.instance].data.get(to_usize(segment));
        let data = data.and_then(Clone::clone);
        let data: &[u8] = data.as_deref().unwrap_or_default();
        let source = range(from, bytes, data.len())?;
        let view = context.view(memory);
        let target = range(to, bytes, view.length())?;
        view.write(target.start, &data[source]);
        Ok(0)
    }
}

struct DataDrop;
impl Run for DataDrop {
    fn run(context: &mut Context<'_>, [segment, ..]: [u64; 4]) -> Result<u64, TrapReason> {
        let data = &mut context.objects.instances[context.instance].data;
        if let Some(segment) = data.get_mut(to_usize(segment)) {
            *segment = None;
        }
        Ok(0)
    }
}

struct TableSet;
impl Run for TableSet {
    fn run(
        context: &mut Context<'_>,
        [table, index, reference, _]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let table = context.table(table);
        let set = context.objects.table_set(table, index, to_u32(reference));
        set.map(|()| 0).ok_or(TrapReason::OutOfBoundsTable)
    }
}

struct TableGrow;
impl Run for TableGrow {
    fn run(
        context: &mut Context<'_>,
        [table, reference, delta, _]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let table = context.table(table);
        let old = context.objects.table_grow(table, to_u32(reference), delta);
        Ok(old.unwrap_or(u64::MAX))
    }
}

struct TableFill;
impl Run for TableFill {
    fn run(
        context: &mut Context<'_>,
        [table, start, reference, count]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let table = context.table(table);
        range(start, count, to_usize(context.objects.table_size(table))).map_err(table_bounds)?;
        let entry = context.objects.entry_for(table, to_u32(reference));
        pieces(context, count, |objects, at, piece| {
            let entries = objects.tables[table.0 as usize].range_mut(start + at, piece);
            entries.unwrap_or_default().fill(entry);
        })
    }
}

struct TableCopy;
impl Run for TableCopy {
    fn run(
        context: &mut Context<'_>,
        [tables, to, from, count]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (into, out_of) = split(tables);
        let (into, out_of) = (context.table(into), context.table(out_of));
        range(from, count, to_usize(context.objects.table_size(out_of))).map_err(table_bounds)?;
        range(to, count, to_usize(context.objects.table_size(into))).map_err(table_bounds)?;
        if into == out_of {
            // One table: entries keep their owner's view and can be moved as they are.
            // From the end if they move upward, so that none is overwritten before it was moved.
            return pieces(context, count, |objects, at, piece| {
                let at = if to > from { count - at - piece } else { at };
                let table = &mut objects.tables[into.0 as usize];
                let moved = table.copy_within(from + at, to + at, piece);
                debug_assert!(moved.is_some(), "ranges were checked");
            });
        }
        pieces(context, count, |objects, at, piece| {
            let references: Vec<u32> =
                (0..piece).map_while(|n| objects.table_get(out_of, from + at + n)).collect();
            let written = objects.table_write(into, to + at, &references);
            debug_assert!(written.is_some(), "ranges were checked");
        })
    }
}

struct TableInit;
impl Run for TableInit {
    fn run(
        context: &mut Context<'_>,
        [what, to, from, count]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (table, segment) = split(what);
        let table = context.table(table);
        let elements = &mut context.objects.instances[context.instance].elements;
        // Taken out and put back, because writing the table needs the objects.
        let place = elements.get_mut(to_usize(segment));
        let items = place.and_then(Option::take);
        let list: &[u32] = items.as_deref().unwrap_or_default();
        let size = to_usize(context.objects.table_size(table));
        let source = range(from, count, list.len());
        let target = range(to, count, size);
        let done = source.and_then(|source| target.map(|_| source)).map_err(table_bounds);
        let done = done.and_then(|source| {
            pieces(context, count, |objects, at, piece| {
                let (from, len) = (source.start + to_usize(at), to_usize(piece));
                let written = objects.table_write(table, to + at, &list[from..from + len]);
                debug_assert!(written.is_some(), "ranges were checked");
            })
        });
        if let Some(items) = items {
            let elements = &mut context.objects.instances[context.instance].elements;
            elements[to_usize(segment)] = Some(items);
        }
        done
    }
}

struct ElementDrop;
impl Run for ElementDrop {
    fn run(context: &mut Context<'_>, [segment, ..]: [u64; 4]) -> Result<u64, TrapReason> {
        let elements = &mut context.objects.instances[context.instance].elements;
        if let Some(segment) = elements.get_mut(to_usize(segment)) {
            *segment = None;
        }
        Ok(0)
    }
}

/// Calls `work` with offset and size of one piece after the other, polling between them.
fn pieces(
    context: &mut Context<'_>,
    count: u64,
    mut work: impl FnMut(&mut Objects, u64, u64),
) -> Result<u64, TrapReason> {
    let mut at = 0;
    while at < count {
        let piece = BULK_PIECE_ENTRIES.min(count - at);
        work(context.objects, at, piece);
        at += piece;
        if at < count {
            context.poll()?;
        }
    }
    Ok(0)
}

/// `start..start + count` if it lies below `len`.
fn range(start: u64, count: u64, len: usize) -> Result<std::ops::Range<usize>, TrapReason> {
    let end = start.checked_add(count).filter(|end| *end <= len as u64);
    let end = end.ok_or(TrapReason::OutOfBoundsMemory)?;
    Ok(to_usize(start)..to_usize(end))
}

fn table_bounds(_: TrapReason) -> TrapReason {
    TrapReason::OutOfBoundsTable
}

/// Two 32-bit indices from one argument: low, high.
fn split(packed: u64) -> (u64, u64) {
    (packed & u64::from(u32::MAX), packed >> 32)
}

#[expect(clippy::cast_possible_truncation, reason = "this is a 64-bit machine")]
fn to_usize(value: u64) -> usize {
    value as usize
}

/// References are passed in 64-bit registers whose upper half is unspecified.
#[expect(clippy::cast_possible_truncation, reason = "the upper half means nothing")]
fn to_u32(value: u64) -> u32 {
    value as u32
}
