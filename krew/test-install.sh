#!/usr/bin/env bash
# Installs every archive of $DIST with krew, offline, each into a KREW_ROOT of its own
# that is thrown away afterwards, and checks what krew put there (DIST: dist/). Then the
# words of a user, "kubectl krew install netpath", "upgrade" and "uninstall", from an index
# in a local git repository and a file server on loopback.
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

# krew-index's own check of a manifest, where it is there.
if command -v validate-krew-manifest >/dev/null; then
  validate-krew-manifest -manifest "$manifest" -skip-install >"$scratch/validate.log" 2>&1 ||
    { cat "$scratch/validate.log" >&2; exit 1; }
  echo "ok validate-krew-manifest"
fi

archive=$(ls "$dist"/kubectl-netpath_v*_"${here_os}_$here_arch".tar.gz 2>/dev/null | head -n 1)
for tool in git python3 kubectl; do
  command -v "$tool" >/dev/null || { echo "skipped: install, upgrade and uninstall by name need $tool"; exit 0; }
done
[ -n "$archive" ] || { echo "skipped: install, upgrade and uninstall by name need an archive for this computer"; exit 0; }

die() { echo "test-install.sh: by name: $*" >&2; exit 1; }
version=$(sed -n 's/^  version: "\(v.*\)"$/\1/p' "$manifest")
next=${version%.*}.$((${version##*.} + 1))
index=$scratch/index root=$scratch/root exe=
[ "$here_os" != windows ] || exe=.exe
mkdir -p "$index/plugins" "$scratch/home" "$scratch/served"
cp "$archive" "$scratch/served/"

# Any port; it says which, and ends with this script.
python3 -u - "$scratch/served" >"$scratch/port" <<'SERVER' &
import functools, http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=sys.argv[1]))
print(server.server_address[1])
server.serve_forever()
SERVER
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$scratch"' EXIT
for _ in $(seq 50); do [ -s "$scratch/port" ] && break; sleep 0.1; done
port=$(cat "$scratch/port")
[ -n "$port" ] || die "the file server did not start"

# Puts a version into the index, its archives on the file server.
publish() {
  sed -e "s|https://[^ ]*/\([^/ ]*\)$|http://127.0.0.1:$port/\1|" -e "s|^  version: .*|  version: \"$1\"|" \
    "$manifest" >"$index/plugins/netpath.yaml"
  in_index add -A && in_index commit -q -m "$1"
}
in_index() {
  GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
    git -C "$index" -c user.name=test -c user.email=test@localhost "$@"
}
# Nobody's ~/.krew, no proxy: this computer and nothing else.
as_user() {
  env -i PATH="$root/bin:$(dirname "$krew"):$(dirname "$(command -v kubectl)"):/usr/bin:/bin" HOME="$scratch/home" \
    KREW_ROOT="$root" KREW_DEFAULT_INDEX_URI="$index" KREW_NO_UPGRADE_CHECK=1 "$@" </dev/null >"$scratch/log" 2>&1 ||
    { cat "$scratch/log" >&2; die "$* failed"; }
}

in_index init -q
publish "$version"
as_user kubectl krew install netpath
[ -x "$root/bin/kubectl-netpath$exe" ] || die "no link after install"
as_user kubectl netpath --version
echo "ok kubectl krew install netpath ($version)"

# krew never removes what it did not make: the link that completion needs.
ln -s kubectl-netpath "$root/bin/kubectl_complete-netpath"
publish "$next"
as_user kubectl krew upgrade netpath
[ -d "$root/store/netpath/$next" ] || die "no $next after upgrade"
[ -x "$root/bin/kubectl_complete-netpath" ] || die "the link of completion leads nowhere after upgrade"
as_user kubectl netpath --version
echo "ok kubectl krew upgrade netpath ($next)"

as_user kubectl krew uninstall netpath
[ ! -e "$root/bin/kubectl-netpath$exe" ] && [ ! -e "$root/store/netpath" ] || die "something is left after uninstall"
echo "ok kubectl krew uninstall netpath"
