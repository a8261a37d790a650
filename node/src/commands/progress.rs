//! Progress bars on a terminal, nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Redraws a second: enough to look alive.
const REDRAWS_PER_SECOND: u8 = 5;

/// A bar over so many blocks, on standard error; hidden where that is no terminal.
pub fn blocks(count: u32, what: &'static str) -> ProgressBar {
	let target = ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND);
	let bar = ProgressBar::with_draw_target(Some(count.into()), target);
	let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} blocks, {per_sec}, {eta} left");
	if let Ok(style) = style {
		bar.set_style(style);
	}
	bar.with_message(what)
}
