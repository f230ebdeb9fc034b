#!/usr/bin/env bash
# Signals, a killed rank, a run killed while it publishes, a full disk: every rank ends, an older result stays, and the next
# run goes on to the same bytes.
. "$SOURCE/tests/app/support.sh"
command -v pgrep >/dev/null || skip "pgrep is not installed"

"$MIURA" simulate --out study --lots-bm 5 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --genes 800 --quiet || fail "simulate"
on 1 1 run study/study.ini --out whole --quiet || fail "run"

# goes_on OUT: the next run comes to what an undisturbed one comes to
goes_on() {
  on 3 1 run study/study.ini --out "$1" --quiet || fail "the run after that in $1"
  "$MIURA" inspect --diff whole "$1" || fail "$1 holds another result"
}

# ---- signals ----
# disturbed SIGNAL RANKS OUT [rank]: starts a run and, once it is under way, sends it (or one of its ranks) the signal;
# leaves the exit code in $code
disturbed() {
  on "$2" 1 run study/study.ini --out "$3" --quiet >out.txt 2>err.txt &
  local shell=$! tries=0 whom
  until [ -e "$3/checkpoint/lock" ]; do
    sleep 0.005
    [ $((++tries)) -lt 6000 ] || fail "the run does not begin: $(cat err.txt)"
  done
  whom=$(pgrep -P $shell)
  [ "${4:-}" != rank ] || whom=$(pgrep -n -P "$whom")
  kill -"$1" "$whom"
  wait $shell
  code=$?
}

for signal in TERM USR1; do
  disturbed $signal 1 stopped_$signal
  [ $code -eq 75 ] || fail "$signal ends one process with $code: $(cat err.txt)"
  grep -q '^miura: stopped on request' err.txt || fail "$signal: $(cat err.txt)"
  [ ! -e stopped_$signal/study.h5ad ] || fail "$signal: the result of a stopped run is published"
  goes_on stopped_$signal
done
disturbed USR1 3 stopped_together
[ $code -eq 75 ] || fail "USR1 ends three ranks with $code: $(cat err.txt)"
[ "$(grep -c '^miura: ' err.txt)" -eq 1 ] || fail "USR1 on three ranks: $(cat err.txt)"
goes_on stopped_together
disturbed KILL 3 killed rank
[ $code -ne 0 ] || fail "a killed rank goes unnoticed"
[ ! -e killed/study.h5ad ] || fail "half a result behind a good name"
goes_on killed

# ---- killed while the files of a result were given their names ----
on 1 1 run study/study.ini --out mixed --cluster.resolution 1.7 --quiet || fail "an older result"
mkdir mixed/checkpoint/publishing
cp -r whole/study.h5ad whole/tables whole/report.html whole/report.cbor whole/provenance.json mixed/checkpoint/publishing
mv mixed/checkpoint/publishing/study.h5ad mixed/checkpoint/publishing/report.html mixed
"$MIURA" inspect --verify mixed >/dev/null 2>&1 && fail "parts of two results pass --verify"
expect 65 'no cell passes' 3 run study/study.ini --out mixed --qc.min_counts 1000000
"$MIURA" inspect --verify mixed >/dev/null || fail "the next run does not finish what a killed one has begun"
"$MIURA" inspect --diff whole mixed || fail "what it finishes is not the newer result"

# ---- a full disk ----
mkdir disk
mount -t tmpfs -o size=20m none disk 2>/dev/null || {
  echo "passed but for a full disk: no small file system can be mounted here"
  exit 0
}
trap 'umount "$work/disk"; rm -rf "$work"' EXIT
on 1 1 run study/study.ini --out disk/older --cluster.resolution 0.3 --quiet || fail "an older result on the small disk"
used=$(($(du -sk disk | cut -f1)))
for part in 2 20 40 60 80; do  # so many per cent of the room that the run needs
  mount -o remount,size=$((used + used * part / 100))k disk
  layouts=3
  [ $part -ne 40 ] || layouts='1 3'
  for ranks in $layouts; do
    expect 74 'disk/.*: No space left on device' $ranks run study/study.ini --out disk/result
    grep -q fbtl err$ranks.txt && fail "a write failed, though its space should have been reserved: $(cat err$ranks.txt)"
    [ ! -e disk/result/provenance.json ] && [ ! -e disk/result/study.h5ad ] || fail "half a result behind a good name"
    [ -z "$(find disk -name '*.part' ! -name log.txt.part)" ] || fail "unfinished files stay on the full disk: $(find disk -name '*.part')"
    [ ! -e disk/result/checkpoint/publishing ] || fail "an unfinished result stays on the full disk"
  done
done
expect 74 'disk/.*: No space left on device' 3 run study/study.ini --out disk/older --seed 5
"$MIURA" inspect --verify disk/older >/dev/null || fail "a full disk damages an older result"
mount -o remount,size=40m disk
goes_on disk/result
goes_on disk/older
echo passed
