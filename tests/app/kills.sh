#!/usr/bin/env bash
# A rank is killed in every stage, another one is slowed down to a twentieth over a whole run: nobody hangs, and the bytes are the same.
. "$SOURCE/tests/app/support.sh"
command -v pgrep >/dev/null || skip "pgrep is not installed"

"$MIURA" simulate --out study --lots-bm 5 --lots-bm-test 1 --lots-ad 1 --lots-uc 1 --cells-per-lot 80 --genes 800 --quiet || fail "simulate"
"$PYTHON" "$SOURCE/tests/app/picture.py" sets study study/sets.gmt || fail "gene sets"
printf '\n[enrichment]\nsets = sets.gmt\npermutations = 99\n' >>study/study.ini
on 1 1 run study/study.ini --out whole --quiet || fail "run"
rank_of() { pgrep -f "^$MIURA run .*--out $1( |\$)" | sed -n "$2p"; } # OUT NUMBER, the first is 1

# killed_after PATTERN NUMBER OPTIONS...: runs on three ranks and kills one of them as soon as the log shows the pattern
killed_after() {
  local pattern=$1 number=$2 line code=0 since
  shift 2
  rm -f log log_pipe
  mkfifo log_pipe
  on 3 1 run study/study.ini --out "$work/killed" "$@" 2>log_pipe &
  while read -r line; do
    echo "$line" >>log
    if [[ $line =~ $pattern ]]; then
      kill -9 "$(rank_of "$work/killed" "$number")" || fail "there is no rank $number: $(cat log)"
      since=$SECONDS
    fi
  done <log_pipe
  wait $! || code=$?
  [ $code -ne 0 ] && [ $code -ne 75 ] || fail "a rank killed after '$pattern' goes unnoticed: $code, $(cat log)"
  [ $((SECONDS - since)) -le 60 ] || fail "after '$pattern' the others wait $((SECONDS - since)) s for a rank that was killed"
  [ ! -e killed/provenance.json ] || "$MIURA" inspect --verify killed >/dev/null || fail "killed after '$pattern': half a result behind good names"
}

# killed_in STAGE NUMBER: until the kill falls into the stage, however short; the stages before come from their checkpoints
killed_in() {
  local from=() tries
  for tries in 1 2 3 4 5 6 7 8 9 10; do
    killed_after "$pattern" "$2" "${from[@]}"
    grep -qE "^$1: .* s, peak" log || return 0
    from=(--from "$1")
  done
  fail "$1 ends before any kill: $(cat log)"
}

stages=$("$MIURA" run --help | sed -n 's/^Stages: \(.*\):$/\1/p')
pattern='ranks x' n=0
for stage in $stages; do # the pattern is the end of the stage before
  killed_in "$stage" $((n % 3 + 1))
  pattern="^$stage: (taken|.* s, peak)" n=$((n + 1))
done
[ $n -ge 18 ] || fail "only $n stages: $stages"
on 2 1 run study/study.ini --out killed --quiet || fail "the run after $n killed ones"
"$MIURA" inspect --diff whole killed || fail "after $n killed runs the result is another"

# ---- one rank that gets a twentieth of its processor, as on a node that throttles, from the first stage to the report ----
on 2 1 run study/study.ini --out "$work/slow" --quiet &
run=$!
until pid=$(rank_of "$work/slow" 2) && [ -n "$pid" ]; do
  kill -0 $run || fail "the run ended too early"
  sleep 0.01
done
"$PYTHON" - "$pid" <<'PYTHON'
import os, signal, sys, time
try:
    while True:
        os.kill(int(sys.argv[1]), signal.SIGSTOP)
        time.sleep(0.019)
        os.kill(int(sys.argv[1]), signal.SIGCONT)
        time.sleep(0.001)
except ProcessLookupError:
    pass
PYTHON
wait $run || fail "a slow rank ends the run with $?"
"$MIURA" inspect --diff whole slow || fail "a slow rank changes the result"
echo "passed: $n kills"
