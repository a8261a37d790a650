//! Links the crates that a runtime is made of, without the standard library.
//!
//! It is checked for `wasm32v1-none`, the target of Substrate runtimes, which has no standard library at all: a crate
//! that needs one does not compile. The host's own target would not do: there FRAME's `sp-io` is the node's side of the
//! host functions, and that needs `std` itself. The panic handler and the allocator are ours, as a runtime brings its
//! own, so a dependency that brings one too is refused as well.
//!
//! # Must not
//! Be linked into anything. The host functions that the runtime imports exist nowhere.
//!
//! # Invariants
//! Every crate that must be `no_std` is named below; one that is not named is not checked.

#![no_std]

extern crate pallet_agents as _;
extern crate pallet_attribution as _;
extern crate pallet_datanets as _;
extern crate pallet_models as _;
extern crate pallet_receipts as _;
extern crate pallet_rewards as _;
extern crate pallet_validators as _;
extern crate plexus_example_runtime as _;
extern crate plexus_maps as _;
extern crate plexus_primitives as _;
extern crate plexus_runtime as _;
extern crate sp_io as _;

use core::alloc::{GlobalAlloc, Layout};

/// An allocator that has nothing to give: this library is compiled, never run.
struct Nothing;

// SAFETY: it never returns memory, so there is none to misuse.
unsafe impl GlobalAlloc for Nothing {
	unsafe fn alloc(&self, _: Layout) -> *mut u8 {
		core::ptr::null_mut()
	}

	unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Nothing = Nothing;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
	loop {}
}
