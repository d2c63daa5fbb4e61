#!/usr/bin/env bash
# Packs one archive for a target triple, as krew wants it: flat, regular files only,
# the binary executable, the same bytes for the same input.
#
#   krew/package.sh TRIPLE [BINARY]
#
# Without BINARY the binary is built: cargo build --release --locked --target TRIPLE, with
# another command than "cargo build" if CARGO_BUILD names one ("cargo auditable build").
# Writes $DIST/kubectl-netpath_vVERSION_OS_ARCH.tar.gz and its .sha256 (DIST: dist/).
# Exit 3: nothing here links for that platform.
set -euo pipefail

cd "$(dirname "$0")/.."
die() { echo "package.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] && [ $# -le 2 ] || die "usage: krew/package.sh TRIPLE [BINARY]"
triple=$1
dist=${DIST:-dist}
exe=

# krew speaks Go's names of systems and architectures.
case $triple in
  *-linux-*) os=linux ;;
  *-apple-darwin) os=darwin ;;
  *-pc-windows-*) os=windows exe=.exe ;;
  *) die "no platform of plugin.yaml: $triple" ;;
esac
case $triple in
  x86_64-*) arch=amd64 ;;
  aarch64-*) arch=arm64 ;;
  *) die "no platform of plugin.yaml: $triple" ;;
esac

# GNU tar, for --sort and --mtime: on macOS it is gtar (brew install gnu-tar).
tar=
for candidate in gtar tar; do
  case $("$candidate" --version 2>/dev/null || true) in *"GNU tar"*) tar=$candidate && break ;; esac
done
[ -n "$tar" ] || die "GNU tar is needed (macOS: brew install gnu-tar)"
if command -v sha256sum >/dev/null; then sum() { sha256sum "$1"; }; else sum() { shasum -a 256 "$1"; }; fi

version=v$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
[ "$version" != v ] || die "no version in Cargo.toml"

if [ $# -eq 2 ]; then
  binary=$2
else
  c=CC_$(tr - _ <<<"$triple")
  name=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$triple")
  linker=${name}_LINKER
  case $triple in
    *-apple-darwin)
      # Apple's frameworks are linked, and are on Macs only.
      [ "$(uname -s)" = Darwin ] || [ -n "${!linker:-}" ] || {
        echo "package.sh: skipped: no linker for $triple here (\$$linker names one)" >&2
        exit 3
      }
      ;;
    "$(uname -m)"-unknown-linux-musl)
      # ring compiles C; for musl the system's compiler will do, without musl-tools.
      command -v musl-gcc >/dev/null || export "$c=${!c:-gcc}"
      ;;
    *-unknown-linux-musl)
      # Debian's cross compiler (gcc-aarch64-linux-gnu); Rust brings musl itself along.
      cross=${triple%%-*}-linux-gnu-gcc
      export "$c=${!c:-$cross}" "$linker=${!linker:-$cross}"
      ;;
  esac
  # 180 kB of relocations in 3 kB. The linker leaves it if it does not know it; musl knows
  # it from 1.2.4 on, which Rust has since 1.93: see the trial below.
  case $triple in *-linux-musl) export "${name}_RUSTFLAGS=-C link-arg=-Wl,-z,pack-relative-relocs" ;; esac
  # Unquoted: it may be more than one word.
  ${CARGO_BUILD:-cargo build} --release --locked --target "$triple"
  binary=${CARGO_TARGET_DIR:-target}/$triple/release/kubectl-netpath$exe
fi
[ -f "$binary" ] || die "no such file: $binary"
if [ $# -eq 1 ] && [ "$triple" = "$(uname -m)-unknown-linux-musl" ]; then
  "$binary" --version >/dev/null || die "what was built does not run: $binary"
fi

# A static binary asks for no interpreter: it runs where there is nothing but itself.
if [ "$os" = linux ] && command -v readelf >/dev/null && readelf -h "$binary" >/dev/null 2>&1; then
  ! readelf -lW "$binary" | grep -q INTERP || die "not static: $binary"
fi

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cp LICENSE README.md "$stage/"
cp "$binary" "$stage/kubectl-netpath$exe"
# krew takes the mode bits from the archive: a binary of mode 0644 installs and never runs.
chmod 0644 "$stage/LICENSE" "$stage/README.md"
chmod 0755 "$stage/kubectl-netpath$exe"

mkdir -p "$dist"
archive=kubectl-netpath_${version}_${os}_${arch}.tar.gz
"$tar" --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
  -C "$stage" -cf - LICENSE README.md "kubectl-netpath$exe" | gzip -n9 >"$dist/$archive"
(cd "$dist" && sum "$archive" >"$archive.sha256")
echo "$dist/$archive"
