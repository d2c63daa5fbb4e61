#!/usr/bin/env bash
# plugin.yaml + $DIST/*.sha256 -> $DIST/netpath.yaml (DIST: dist/).
#
#   krew/render-manifest.sh [--partial]
#
# Every platform needs its sum. With --partial a platform without one keeps what
# plugin.yaml says: for an install test on this machine, never for a release.
set -eu

cd "$(dirname "$0")/.."
dist=${DIST:-dist}
partial=0
case ${1-} in
  '') ;;
  --partial) partial=1 ;;
  *) echo "usage: krew/render-manifest.sh [--partial]" >&2; exit 2 ;;
esac

mkdir -p "$dist"
rendered=$dist/netpath.yaml.new
trap 'rm -f "$rendered"' EXIT
awk -v dist="$dist" -v partial="$partial" '
  function warn(text) { print "render-manifest.sh: " text | "cat >&2" }
  # The zeros are explained up there; here the sums are real.
  /^#/ { next }
  $1 == "uri:" || $2 == "uri:" { n = split($NF, part, "/"); archive = part[n] }
  $1 == "sha256:" {
    file = dist "/" archive ".sha256"
    if ((getline line < file) > 0) {
      close(file)
      split(line, word, " ")
      if (word[1] !~ /^[0-9a-f]+$/ || length(word[1]) != 64) { warn("no sum in " file); failed = 1 }
      sub(/"[0-9a-f]*"/, "\"" word[1] "\"")
      found++
    } else {
      warn("no " file)
      if (!partial) failed = 1
    }
  }
  { print }
  END {
    if (!found) { warn("no archive packed: run krew/package.sh first"); failed = 1 }
    exit failed
  }
' plugin.yaml >"$rendered"
mv "$rendered" "$dist/netpath.yaml"
echo "$dist/netpath.yaml"
