#!/usr/bin/env bash
# Installs every archive of $DIST with krew, offline, each into a KREW_ROOT of its own
# that is thrown away afterwards, and checks what krew put there (DIST: dist/).
#
#   krew/package.sh TRIPLE ... ; krew/render-manifest.sh --partial ; krew/test-install.sh
#
# Exit 3: kubectl-krew is not on PATH, nothing was tested.
set -eu

cd "$(dirname "$0")/.."
dist=$(cd "${DIST:-dist}" 2>/dev/null && pwd) || { echo "test-install.sh: no ${DIST:-dist}/: run krew/package.sh first" >&2; exit 1; }
manifest=$dist/netpath.yaml

krew=$(command -v kubectl-krew) || {
  echo "test-install.sh: kubectl-krew is not on PATH: nothing was tested" >&2
  echo "  see https://krew.sigs.k8s.io/docs/user-guide/setup/install/" >&2
  exit 3
}
[ -f "$manifest" ] || { echo "test-install.sh: no $manifest: run krew/render-manifest.sh first" >&2; exit 1; }

case $(uname -s) in Linux) here_os=linux ;; Darwin) here_os=darwin ;; *) here_os=windows ;; esac
case $(uname -m) in x86_64 | amd64) here_arch=amd64 ;; aarch64 | arm64) here_arch=arm64 ;; *) here_arch=other ;; esac

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tested=0
for archive in "$dist"/kubectl-netpath_v*_*_*.tar.gz; do
  [ -f "$archive" ] || continue
  platform=${archive##*/kubectl-netpath_}
  platform=${platform%.tar.gz}
  version=${platform%%_*}
  platform=${platform#*_}
  os=${platform%_*}
  arch=${platform#*_}
  root=$scratch/$os-$arch
  exe=
  [ "$os" != windows ] || exe=.exe
  fail() { echo "test-install.sh: $os/$arch: $*" >&2; exit 1; }

  # An empty environment: no index, no git, no network, nobody's ~/.krew. krew reads
  # plugin names from a standard input that is no terminal, hence /dev/null.
  mkdir "$root"
  env -i KREW_ROOT="$root" KREW_OS="$os" KREW_ARCH="$arch" KREW_NO_UPGRADE_CHECK=1 \
    "$krew" install --manifest="$manifest" --archive="$archive" </dev/null >"$root.log" 2>&1 ||
    { cat "$root.log" >&2; fail "krew install failed"; }

  store=$root/store/netpath/$version
  [ -f "$root/receipts/netpath.yaml" ] || fail "no receipt"
  # krew says "Installed" with exit code 0 even where it made no link.
  [ -L "$root/bin/kubectl-netpath$exe" ] || fail "no link bin/kubectl-netpath$exe"
  [ -x "$root/bin/kubectl-netpath$exe" ] || fail "not executable: bin/kubectl-netpath$exe"
  [ -f "$store/LICENSE" ] && [ ! -L "$store/LICENSE" ] || fail "no LICENSE in the store"

  if [ "$os/$arch" = "$here_os/$here_arch" ]; then
    said=$("$root/bin/kubectl-netpath$exe" --version) || fail "kubectl-netpath --version failed"
    case $said in *"${version#v}"*) ;; *) fail "--version says '$said', the archive says $version" ;; esac
    if command -v kubectl >/dev/null; then
      PATH=$root/bin:$PATH kubectl netpath --version >/dev/null || fail "kubectl does not find the plugin"
    fi
  fi
  echo "ok $os/$arch"
  tested=$((tested + 1))
done
[ "$tested" -gt 0 ] || { echo "test-install.sh: no archive in $dist: run krew/package.sh first" >&2; exit 1; }
