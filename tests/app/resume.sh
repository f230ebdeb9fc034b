#!/usr/bin/env bash
# Finished stages are kept: a second run does nothing, a stopped or damaged one goes on, and the bytes are the same.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 5 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --genes 800 --quiet >/dev/null || fail "simulate"
run() { on "$1" 1 run study/study.ini --out "$2" "${@:3}" 2>log; }

run 1 whole || fail "$(cat log)"
before=$(stat -c %Y.%i whole/study.h5ad)
run 2 whole || fail "second run"
grep -q 'nothing to do' log || fail "a second run with the same input does not say so: $(cat log)"
[ "$before" = "$(stat -c %Y.%i whole/study.h5ad)" ] || fail "a second run wrote the result again"

run 2 steps --to pca || fail "--to pca: $(cat log)"
[ ! -e steps/study.h5ad ] || fail "--to pca publishes a result"
run 3 steps || fail "going on: $(cat log)"
grep -q 'pca: taken from its checkpoint' log || fail "the checkpoint of pca is not used: $(cat log)"
"$MIURA" inspect --diff whole steps || fail "going on from a checkpoint gives other results"

run 1 steps --from neighbors || fail "--from: $(cat log)"
grep -q 'pca: taken from its checkpoint' log || fail "--from neighbors computes pca again"
grep -q 'neighbors: taken' log && fail "--from neighbors takes neighbors from its checkpoint"
"$MIURA" inspect --diff whole steps || fail "--from gives other results"

# another resolution keeps what does not depend on it
run 1 steps --cluster.resolution 1.2 || fail "$(cat log)"
grep -q 'neighbors: taken from its checkpoint' log || fail "another resolution computes the neighbours again"
grep -q 'cluster: taken' log && fail "another resolution takes the old clusters"

# outcomes belong to the association alone: another value computes nothing before it, and a column not in use nothing at all
cp study/samples.csv kept.csv
awk -F, -v OFS=, 'NR == 1 { print $0, "remark"; next } { print $0, NR }' kept.csv >study/samples.csv
run 1 whole || fail "$(cat log)"
grep -q 'nothing to do' log || fail "a column that is not in use makes miura compute again: $(cat log)"
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "vegf_ischemia") v = i } NR == 3 { $v = $v * 3 } { print }' kept.csv >study/samples.csv
run 1 whole_with_other_outcome || fail "$(cat log)"
cp kept.csv study/samples.csv
run 2 whole_with_other_outcome || fail "$(cat log)"
grep -q 'composition: taken from its checkpoint' log || fail "another outcome computes the composition again: $(cat log)"
grep -q 'association: taken' log && fail "another outcome takes the old association"
"$MIURA" inspect --diff whole whole_with_other_outcome || fail "going back to the first outcomes gives other results"

# a damaged checkpoint is noticed
run 1 damaged --to cluster || fail "$(cat log)"
printf 'x' | dd of=damaged/checkpoint/pca.h5 bs=1 seek=4000 conv=notrunc 2>/dev/null
truncate -s -100 damaged/checkpoint/cluster.h5
run 2 damaged || fail "after damage: $(cat log)"
grep -q 'checkpoint of stage pca is damaged' log || fail "damage is not noticed: $(cat log)"
"$MIURA" inspect --diff whole damaged || fail "after damage the results differ"

# a changed input starts again; a failing run damages nothing
"$MIURA" inspect --verify whole >/dev/null || fail "verify"
gzip -dc study/data/BM01/matrix.mtx.gz | head -n 200 | gzip >broken.gz
cp study/data/BM01/matrix.mtx.gz kept.gz
cp broken.gz study/data/BM01/matrix.mtx.gz
run 2 whole && fail "a truncated matrix is accepted"
"$MIURA" inspect --verify whole >/dev/null || fail "a failing run damaged an older result"
cp kept.gz study/data/BM01/matrix.mtx.gz
run 1 whole || fail "with the input mended"
grep -q 'nothing to do' log || fail "the older result is not recognised after a failing run"

printf 'x' >>whole/tables/lots.tsv
"$MIURA" inspect --verify whole >/dev/null 2>err && fail "a changed table passes --verify"
grep -q 'tables/lots.tsv is not what was written' err || fail "$(cat err)"
run 1 whole || fail "$(cat log)"
"$MIURA" inspect --verify whole >/dev/null || fail "a damaged result is not written again"

# stopped on request: 75, and the next run goes on; a request that comes after the last stop point changes nothing
asked_once() { # CONDITION OUT: runs on one rank and sends USR1 to miura itself once the condition holds
  : >log
  OMP_NUM_THREADS=1 "$MIURA" run study/study.ini --out "$2" --seed 5 2>>log &
  local pid=$! code=0
  until eval "$1" || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
  kill -USR1 $pid 2>/dev/null
  wait $pid || code=$?
  return $code
}
asked_once 'grep -q "^miura .* ranks x" log' stopped
code=$?
[ $code -eq 75 ] || fail "USR1 at the start ends with $code: $(cat log)"
[ ! -e stopped/study.h5ad ] || fail "a stopped run publishes a result"
on 1 1 run study/study.ini --out stopped --seed 5 --quiet || fail "after USR1"
on 1 1 run study/study.ini --out unstopped --seed 5 --quiet || fail "unstopped"
"$MIURA" inspect --diff stopped unstopped || fail "a stop changes the result"
asked_once '[ -e late/checkpoint/publishing ]' late
code=$?
[ $code -eq 0 ] || fail "USR1 while the result is written ends with $code, although the result is complete: $(cat log)"
[ -e late/log.txt ] || fail "a complete result lacks its log"
"$MIURA" inspect --diff late unstopped || fail "a late request changes the result"
echo passed
