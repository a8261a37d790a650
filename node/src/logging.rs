//! Logs: to stderr, for people (one line each, the time in UTC) or as JSON for machines.
//!
//! Set up once by `main`'s commands. The filter can be changed while running, through [`LogControl`], which the RPC's
//! unsafe methods use. No secret is ever a field of a log line; see [`crate::keystore`].

use crate::config::{Log, LogFormat};
use std::{env, fmt, io, io::IsTerminal};
use tracing_subscriber::{
	filter::ParseError,
	fmt::{
		format::Writer,
		time::{FormatTime, SystemTime},
	},
	layer::SubscriberExt,
	reload,
	util::SubscriberInitExt,
	EnvFilter, Layer, Registry,
};

/// Dependencies that log at `info` what only their authors need; a filter that names them overrides this.
const QUIET: &[&str] = &[
	"arc_malachitebft=warn",
	// It warns of whatever a peer sends that does not verify, with all of it.
	"arc_malachitebft_core_consensus=error",
	// At a stop its timers complain that what they tick for has stopped.
	"arc_malachitebft_engine::util::ticker=off",
	"informalsystems_malachitebft=warn",
	"libp2p=warn",
	// Every node without bootnodes has no peer to ask when it starts.
	"libp2p_kad::behaviour=error",
	"jsonrpsee=warn",
	"hyper=warn",
	"ractor=warn",
	"subxt=warn",
	"yamux=warn",
	"multistream_select=warn",
];

/// Longer filters are refused: they come from the RPC as well.
const FILTER_BYTES_MAX: usize = 4096;

/// Changes the filter of a running node.
#[derive(Clone)]
pub struct LogControl {
	handle: reload::Handle<EnvFilter, Registry>,
	initial: String,
}

impl LogControl {
	/// Replaces the filter.
	///
	/// # Errors
	/// A filter that cannot be parsed, or that is too long; in words.
	pub fn set(&self, filter: &str) -> Result<(), String> {
		let parsed = parse(filter).map_err(|error| error.to_string())?;
		self.handle.reload(parsed).map_err(|error| error.to_string())
	}

	/// Adds directives to the filter given at start.
	///
	/// # Errors
	/// As [`LogControl::set`].
	pub fn add(&self, directives: &str) -> Result<(), String> {
		self.set(&format!("{},{directives}", self.initial))
	}

	/// Returns to the filter given at start.
	///
	/// # Errors
	/// As [`LogControl::set`].
	pub fn reset(&self) -> Result<(), String> {
		self.set(&self.initial.clone())
	}
}

impl fmt::Debug for LogControl {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("LogControl").field("initial", &self.initial).finish_non_exhaustive()
	}
}

/// Why a filter cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
	/// Not a filter.
	#[error("`{filter}` is not a log filter")]
	Malformed {
		/// The text.
		filter: String,
		/// What the parser says.
		#[source]
		source: ParseError,
	},
	/// Too long.
	#[error("a log filter has at most {FILTER_BYTES_MAX} bytes, this one {bytes}")]
	TooLong {
		/// Its length.
		bytes: usize,
	},
}

/// Starts logging. The configuration's filter was checked when it was loaded.
///
/// # Errors
/// A filter that cannot be parsed.
pub fn start(log: &Log) -> Result<LogControl, FilterError> {
	let (filter, handle) = reload::Layer::new(parse(&log.filter)?);
	let layer: Box<dyn Layer<_> + Send + Sync> = match log.format {
		LogFormat::Json => tracing_subscriber::fmt::layer()
			.json()
			.flatten_event(true)
			.with_current_span(false)
			.with_span_list(false)
			.with_writer(io::stderr)
			.boxed(),
		LogFormat::Text => tracing_subscriber::fmt::layer()
			.compact()
			.with_timer(ShortTime)
			.with_target(false)
			.with_ansi(colours())
			.with_writer(io::stderr)
			.boxed(),
	};
	// A second start in one process (tests) keeps the first subscriber.
	let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
	Ok(LogControl { handle, initial: log.filter.clone() })
}

/// Shows warnings of a command that executes blocks without being a node. With no subscriber at all, the runtime's many
/// spans would be formatted for nobody, at a twelfth of a transfer's time.
pub fn start_for_command() {
	let shown = tracing_subscriber::fmt().compact().with_timer(ShortTime).with_target(false);
	// As above.
	let _ =
		shown.with_max_level(tracing::Level::WARN).with_ansi(colours()).with_writer(io::stderr).try_init();
}

/// Colours where a person looks (<https://no-color.org>).
fn colours() -> bool {
	io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn parse(filter: &str) -> Result<EnvFilter, FilterError> {
	if filter.len() > FILTER_BYTES_MAX {
		return Err(FilterError::TooLong { bytes: filter.len() });
	}
	// Later directives win over earlier ones of the same target.
	let full = format!("{},{filter}", QUIET.join(","));
	EnvFilter::try_new(full).map_err(|source| FilterError::Malformed { filter: filter.into(), source })
}

/// `2026-01-31 12:00:00.123`: date and milliseconds, UTC.
struct ShortTime;

impl FormatTime for ShortTime {
	fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
		let mut text = String::new();
		SystemTime.format_time(&mut Writer::new(&mut text))?;
		writer.write_str(&shorten(&text))
	}
}

/// RFC 3339 with microseconds and `Z`, cut to milliseconds.
fn shorten(rfc3339: &str) -> String {
	rfc3339.chars().take(23).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_are_cut_to_milliseconds() {
		assert_eq!(shorten("2026-01-31T12:00:00.123456Z"), "2026-01-31 12:00:00.123");
		let mut text = String::new();
		ShortTime.format_time(&mut Writer::new(&mut text)).expect("strings accept everything");
		assert_eq!(text.len(), 23, "{text}");
	}

	#[test]
	fn peers_cannot_fill_the_log_through_the_engine() {
		const CORE: &str = "arc_malachitebft_core_consensus::handle::liveness";
		let shown = |filter: &str| {
			let subscriber = tracing_subscriber::registry().with(parse(filter).expect("a filter"));
			tracing::subscriber::with_default(subscriber, || {
				let rest = tracing::enabled!(target: "arc_malachitebft_engine::wal", tracing::Level::WARN);
				(rest, tracing::enabled!(target: CORE, tracing::Level::WARN))
			})
		};
		assert_eq!(shown("info"), (true, false));
	}

	#[test]
	fn filters_are_checked() {
		assert!(parse("info,plexus_pool=debug").is_ok());
		assert!(matches!(parse("info,=,,="), Err(FilterError::Malformed { .. })));
		assert!(matches!(parse(&"a".repeat(5000)), Err(FilterError::TooLong { bytes: 5000 })));
	}
}
