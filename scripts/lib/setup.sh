# shellcheck shell=bash
# Sourced by the other scripts: finds what a build needs, installs what is missing where it can, and otherwise says
# exactly what to install. It does nothing when everything is there, and it never touches cargo's configuration.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT" || exit 1

# One profile for everything, so that each crate is compiled once.
PROFILE=release
TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Packages of the build: a C and C++ compiler and make (RocksDB, jemalloc, secp256k1, zstd, lz4), libclang (RocksDB's
# bindings), ccache (keeps RocksDB's objects across clean builds), CA certificates (cargo's downloads).
BUILD_PACKAGES=(gcc g++ make libclang-dev ccache ca-certificates)

has_libclang() {
	local found
	# Not libclang-cpp, which other packages bring and the bindings cannot use.
	found=$(find /usr/lib /usr/local/lib "${LIBCLANG_PATH:-/nonexistent}" -maxdepth 4 \
		\( -name 'libclang.so*' -o -name 'libclang-[0-9]*.so*' \) -print -quit 2>/dev/null)
	[ -n "$found" ]
}

has_venv() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

# have PACKAGE: is what the package brings already there, whoever installed it?
have() {
	case $1 in
	libclang-dev) has_libclang ;;
	ca-certificates) [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/ssl/cert.pem ] ;;
	python3-venv) has_venv ;;
	iproute2) command -v ip >/dev/null ;;
	nodejs) command -v node >/dev/null ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# need_packages PACKAGE…: installs the missing ones with apt, or says what to install and stops.
need_packages() {
	local missing=() package as_root=()
	for package in "$@"; do have "$package" || missing+=("$package"); done
	[ ${#missing[@]} -eq 0 ] && return
	if ! command -v apt-get >/dev/null; then
		fail "Missing: ${missing[*]} (Debian's names). There is no apt-get here, so install these with your package manager
and run this script again. For RocksDB's bindings set LIBCLANG_PATH if libclang is in an unusual place."
	fi
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || fail "Missing: ${missing[*]}. Neither root nor sudo is at hand; as root run:
    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
		as_root=(sudo)
	fi
	say "installing ${missing[*]} (apt-get)"
	"${as_root[@]}" apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
		|| fail "apt-get could not install: ${missing[*]}. Install them by hand and run this script again."
	for package in "${missing[@]}"; do
		have "$package" || fail "apt-get installed $package, yet it cannot be found on the PATH or in /usr/lib."
	done
}

# need_rust: cargo and rustc, not older than rust-version in Cargo.toml.
need_rust() {
	[ -e "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
	local wanted found
	wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
	command -v cargo >/dev/null || fail "Missing: cargo. Install Rust $wanted or newer with rustup (https://rustup.rs), then run this script again."
	found=$(rustc --version | cut -d' ' -f2)
	[ "$(printf '%s\n%s\n' "$wanted" "${found%%-*}" | sort -V | head -1)" = "$wanted" ] \
		|| fail "rustc $found is too old: Rust $wanted or newer is needed. Run: rustup update stable"
}

# need_components COMPONENT…: rustup's rustfmt and clippy.
need_components() {
	local component
	for component in "$@"; do
		cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 && continue
		command -v rustup >/dev/null || fail "Missing: $component. Install it with your Rust toolchain."
		say "installing $component (rustup)"
		rustup component add "$component" || fail "rustup could not add $component."
	done
}

# use_ccache: RocksDB is ten minutes of C++; with ccache it is compiled once per machine.
use_ccache() {
	command -v ccache >/dev/null || return 0
	export CC="${CC:-ccache gcc}" CXX="${CXX:-ccache g++}"
}

# benchmarked: the packages that are compiled with the feature `runtime-benchmarks`, always together, so that each crate is
# compiled once for it. Nothing that is built so may run a chain: pallets open doors for their benchmarks.
benchmarked() {
	local manifest
	printf -- '--locked --features runtime-benchmarks -p plexus-execution'
	for manifest in pallets/*/Cargo.toml; do printf -- ' -p pallet-%s' "$(basename "$(dirname "$manifest")")"; done
}

setup_build() {
	need_packages "${BUILD_PACKAGES[@]}"
	need_rust
	use_ccache
}
