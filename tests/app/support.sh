# Sourced by the tests of the whole program: a folder of its own, and a few words to write them with.
set -uo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "FAILED: $*" >&2; exit 1; }
skip() { echo "SKIPPED: $*"; exit 77; }

# on RANKS THREADS ARGUMENTS...: runs miura on that layout
on() {
  local ranks=$1 threads=$2
  shift 2
  if [ "$ranks" -eq 1 ]; then
    OMP_NUM_THREADS=$threads "$MIURA" "$@"
  else
    OMP_NUM_THREADS=$threads "$MPIEXEC" --oversubscribe --bind-to none -n "$ranks" "$MIURA" "$@"
  fi
}

# expect CODE PATTERN RANKS ARGUMENTS...: the exit code, and one line on stderr that begins "miura: " and holds PATTERN
expect() {
  local code=$1 pattern=$2 ranks=$3 found=0 out=out$3.txt err=err$3.txt
  shift 3
  on "$ranks" 1 "$@" >$out 2>$err || found=$?
  [ "$found" -eq "$code" ] || fail "on $ranks ranks, miura $*: exit code $found, not $code: $(cat $err)"
  local lines
  lines=$(grep -c '^miura: ' $err)
  [ "$lines" -eq 1 ] || fail "on $ranks ranks, miura $*: $lines error lines: $(cat $err)"
  grep '^miura: ' $err | grep -qE -- "$pattern" || fail "on $ranks ranks, miura $*: no '$pattern' in: $(grep '^miura: ' $err)"
}

# renders_again RESULT: miura report makes the page that was there, from the result alone
renders_again() {
  mv "$1/report.html" as_it_was.html
  echo '<p>nothing</p>' >"$1/report.html"
  on 1 1 report "$1" --quiet || fail "report $1"
  cmp as_it_was.html "$1/report.html" || fail "$1: another page"
  "$MIURA" inspect --verify "$1" >/dev/null || fail "$1 is damaged"
}
