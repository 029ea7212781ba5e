//! The frames of an activation that is outside or was left, innermost first.
//!
//! Not here: what backtraces make of them (see [`crate::program::Sources`]). Invariant: the frames of active functions
//! have their return address and their caller's frame right after their parameters; a frame that returns to another
//! instance begins behind a link. Read next: [`super::exception`].

use super::call;
use super::regs::as_usize;
use crate::program::Program;
use holm_abi::Activation;

/// A function that is active.
#[derive(Clone, Copy)]
pub(super) struct ActiveFrame<'a> {
    /// Where it goes on: one unit after the start of the instruction it is at, or right after its call.
    pub(super) ip: u64,
    /// Its slot 0.
    pub(super) frame: u64,
    pub(super) anchor: *mut u8,
    pub(super) program: &'a Program,
}

/// Goes from frame to frame.
pub(super) struct Frames<'a> {
    next: ActiveFrame<'a>,
}

/// Some slots at an address.
fn at<const N: usize>(address: u64) -> *const [u64; N] {
    core::ptr::with_exposed_provenance(as_usize(address))
}

impl<'a> Frames<'a> {
    /// Those of an activation that is outside or was left.
    pub(super) fn of(activation: &'a Activation) -> Self {
        let program: *const Program = activation.program.cast();
        // SAFETY: activations have the program of the instance that runs, which is alive.
        let program = unsafe { &*program };
        let (ip, frame) = (activation.ip, activation.frame);
        Self { next: ActiveFrame { ip, frame, anchor: activation.anchor, program } }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = ActiveFrame<'a>;

    fn next(&mut self) -> Option<ActiveFrame<'a>> {
        let mut this = self.next;
        if call::is_return_linked(this.ip) {
            // SAFETY: such frames begin with a link.
            let link: [u64; 4] = unsafe { at(this.frame).read() };
            [this.ip, this.frame] = [link[0], link[1]];
            this.anchor = core::ptr::with_exposed_provenance_mut(as_usize(link[2]));
            let program: *const Program = core::ptr::with_exposed_provenance(as_usize(link[3]));
            // SAFETY: a link holds what an activation held.
            this.program = unsafe { &*program };
        }
        if this.ip == 0 || super::is_exit(this.ip) {
            return None;
        }
        let (defined, _, _) = this.program.locate(this.ip - 2)?;
        let signature = this.program.signature_of(defined)?;
        let header = at(this.frame + u64::from(signature.param_slots) * 8);
        // SAFETY: see the invariant.
        let [ip, frame] = unsafe { header.read() };
        self.next = ActiveFrame { ip, frame, ..this };
        Some(this)
    }
}

/// Finds the handler of the exception that an activation was left with, and goes to the handler's instance: the
/// instruction and the frame.
pub(super) fn catch(activation: &mut Activation) -> Option<(*const u16, *mut u64)> {
    let found = Frames::of(activation).find_map(|frame| {
        let (defined, at, translate) = frame.program.locate(frame.ip - 2)?;
        let code = frame.program.translated(defined).filter(|_| !translate)?;
        let unit = code.handler_at(at)?;
        let program: *const Program = frame.program;
        let ip = code.units.get(unit as usize..)?.as_ptr().cast::<u16>();
        Some((ip, frame.frame, frame.anchor, program))
    });
    let (ip, frame, anchor, program) = found?;
    activation.anchor = anchor;
    activation.program = program.cast();
    Some((ip, core::ptr::with_exposed_provenance_mut(as_usize(frame))))
}

/// Shows the reference in a slot of a frame, to be changed.
pub(super) fn visit_slot(frame: u64, slot: u32, visit: &mut dyn FnMut(u32) -> u32) {
    let at = core::ptr::with_exposed_provenance_mut::<u64>(as_usize(frame + 8 * u64::from(slot)));
    // SAFETY: the function's maps say that a reference lies in this slot of its frame, which nobody uses now.
    let reference = unsafe { at.read() };
    let reference = visit(u32::try_from(reference).unwrap_or_default());
    // SAFETY: as above.
    unsafe { at.write(u64::from(reference)) };
}
