//! References in the frames of guests, found through frame pointers and the frame maps of their code; those of
//! interpreted functions are shown by the interpreter.

use crate::block::StoreBlock;

/// Shows every reference in the frames of all guests that are under way on this block, to be changed.
pub(super) fn visit(block: &StoreBlock, mut visit: impl FnMut(u32) -> u32) {
    let codes = block.codes.borrow();
    for (fp, pc) in crate::backtrace::callers(block) {
        let Some((code, offset)) = codes.find(pc) else { continue };
        let Some(code) = code.code() else { continue };
        for distance in code.frame_slots_at(offset) {
            let Some(address) = fp.checked_sub(u64::from(distance)) else { continue };
            if !block.stack.contains(&address) {
                continue;
            }
            let slot: *mut u32 =
                std::ptr::with_exposed_provenance_mut(crate::frame::as_usize(address));
            // SAFETY: inside the guest's stack (checked), in a frame whose map says that a reference of 32 bits
            // lies here; nobody runs on that stack now.
            let reference = unsafe { slot.read() };
            // SAFETY: as above.
            unsafe { slot.write(visit(reference)) };
        }
    }
    crate::interpret::visit_references(block, &mut visit);
}
