//! How a runtime call runs: on an overlay over a state, with the signature cache at hand and panics caught.

use crate::{externalities::Ext, overlay::Overlay, signatures::SharedSignatureCache};
use plexus_runtime::SignatureCacheExt;
use plexus_storage::{State, StorageError};
use sp_externalities::{set_and_run_with_externalities, Extensions};
use std::{
	cell::{Cell, RefCell},
	panic::{catch_unwind, AssertUnwindSafe},
	sync::Once,
};

/// Why a run gave nothing.
pub enum RunError {
	/// The runtime panicked.
	Panicked(String),
	/// The state could not be read.
	Storage(StorageError),
}

thread_local! {
	static IN_RUNTIME: Cell<bool> = const { Cell::new(false) };
	static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics inside the runtime off standard error: they are caught, named in an error and logged where they matter.
/// Other panics go to the hook that was there before.
pub fn install_panic_hook() {
	static ONCE: Once = Once::new();
	ONCE.call_once(|| {
		let before = std::panic::take_hook();
		std::panic::set_hook(Box::new(move |info| {
			if IN_RUNTIME.get() {
				LAST_PANIC.set(Some(info.to_string()));
			} else {
				before(info);
			}
		}));
	});
}

/// Runs `f` with the runtime's environment set to `overlay` over `state`.
pub fn run<T>(
	state: &State,
	overlay: &mut Overlay,
	cache: &SharedSignatureCache,
	f: impl FnOnce() -> T,
) -> Result<T, RunError> {
	install_panic_hook();
	let backend = state.backend();
	let mut extensions = Extensions::new();
	extensions.register(SignatureCacheExt(cache.clone()));
	let result = {
		let mut ext = Ext::new(overlay, &backend, extensions);
		let outer = IN_RUNTIME.replace(true);
		let result = catch_unwind(AssertUnwindSafe(|| set_and_run_with_externalities(&mut ext, f)));
		IN_RUNTIME.set(outer);
		result
	};
	if let Some(failure) = backend.take_failure() {
		return Err(RunError::Storage(failure));
	}
	result.map_err(|payload| {
		let message = LAST_PANIC.take().unwrap_or_else(|| {
			let text = payload.downcast_ref::<&str>().map(|s| s.to_string());
			text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
		});
		RunError::Panicked(message)
	})
}
