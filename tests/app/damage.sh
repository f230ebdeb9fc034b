#!/usr/bin/env bash
# Flipped bits, cut and unreadable files, forbidden folders, wrong clocks: what is damaged is found, what is good stays.
. "$SOURCE/tests/app/support.sh"
export OMPI_MCA_ess_singleton_isolated=1 # hundreds of single processes, which need no daemon of Open MPI

"$MIURA" simulate --out study --lots-bm 5 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --genes 800 --quiet || fail "simulate"
run() { on "$1" 1 run study/study.ini --out "$2" "${@:3}" 2>log; }
run 1 whole || fail "run: $(cat log)"

# flip FILE PER_MILLE: one bit, so far into the file
flip() {
  local at
  at=$(($(stat -c %s "$1") * $2 / 1000))
  printf '%b' "$(printf '\\x%02x' $(($(od -An -tu1 -j "$at" -N1 "$1") ^ (1 << ($2 % 8)))))" |
    dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# ---- every flipped bit of a result is found ----
flips=0
for file in $(cd whole && find . -type f ! -path './checkpoint/*' ! -name log.txt -printf '%P\n' | sort); do
  for place in 0 500 999; do
    cp whole/"$file" kept
    flip whole/"$file" $place
    "$MIURA" inspect --verify whole >/dev/null 2>err && fail "a bit of $file is flipped and nobody notices"
    grep -qF "$file" err || fail "which file is damaged is not said: $file: $(cat err)"
    cp kept whole/"$file"
    flips=$((flips + 1))
  done
done
"$MIURA" inspect --verify whole >/dev/null || fail "the test did not mend what it broke"

# ---- a flipped bit in any checkpoint costs that stage, not the result ----
cp -r whole hurt
checkpoints=0
for file in hurt/checkpoint/*.h5; do
  stage=$(basename "$file" .h5)
  rm hurt/provenance.json
  flip "$file" 700
  run 2 hurt || fail "with a damaged checkpoint of $stage: $(cat log)"
  grep -q "checkpoint of stage $stage is damaged" log || fail "the damaged checkpoint of $stage is used: $(cat log)"
  "$MIURA" inspect --diff whole hurt || fail "with a damaged checkpoint of $stage the result is another"
  checkpoints=$((checkpoints + 1))
done
for text in '' '{' '[]' '{"pca": 3}' '{"pca": {"hash": 1, "sha256": null}}'; do
  rm hurt/provenance.json
  echo "$text" >hurt/checkpoint/stages.json
  run 1 hurt || fail "with the list of checkpoints '$text': $(cat log)"
  "$MIURA" inspect --diff whole hurt || fail "with the list of checkpoints '$text' the result is another"
done

# ---- inputs that are cut off, or cannot be read on ----
cuts=0
for file in study/samples.csv study/data/BM02/{matrix.mtx.gz,features.tsv.gz,barcodes.tsv.gz}; do
  cp $file kept
  for keep in 0 31 62 95; do
    truncate -s $(($(stat -c %s kept) * keep / 100)) $file
    expect 65 'BM02|samples.csv' 3 run study/study.ini --out whole
    cp kept $file
    cuts=$((cuts + 1))
  done
done
"$MIURA" simulate --out study_h5 --format h5 --lots-bm 5 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --genes 800 --quiet || fail "simulate"
file=$(find study_h5/data -name '*.h5' | sort | head -n 1)
cp "$file" kept
for keep in 0 10 50 95; do
  truncate -s $(($(stat -c %s kept) * keep / 100)) "$file"
  expect 65 "$(basename "$file")" 3 run study_h5/study.ini --out from_h5
  cuts=$((cuts + 1))
done
mv study/data/BM02/matrix.mtx.gz kept
ln -s /proc/self/mem study/data/BM02/matrix.mtx # reading its beginning is an I/O error
expect 74 'BM02/matrix.mtx: .*' 3 run study/study.ini --out whole
rm study/data/BM02/matrix.mtx
mv kept study/data/BM02/matrix.mtx.gz
"$MIURA" inspect --verify whole >/dev/null || fail "a run with damaged inputs damages an older result"

# ---- what may not be read or written ----
as_other() { # root may do everything, so somebody else does it
  if [ "$(id -u)" -eq 0 ]; then setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; else "$@"; fi
}
denied() { # CODE PATTERN ARGUMENTS...
  local code=0
  as_other env HOME="$work" "$MIURA" "${@:3}" >out 2>err || code=$?
  [ $code -eq "$1" ] || fail "${*:3} ends with $code, not $1: $(cat err)"
  grep -qE "^miura: .*$2" err || fail "${*:3}: no '$2' in: $(cat err)"
}
chmod 755 "$work"
if as_other "$MIURA" --version >/dev/null 2>&1; then
  mkdir open && chmod 777 open
  chmod 000 study/data/BM03/matrix.mtx.gz
  denied 66 'BM03/matrix.mtx.gz.*Permission denied' run study/study.ini --out open/denied
  chmod 644 study/data/BM03/matrix.mtx.gz
  mkdir closed && chmod 555 closed
  denied 73 'closed/result.*Permission denied' run study/study.ini --out closed/result
  cp -r whole older && chmod 555 older older/checkpoint && chmod 444 older/checkpoint/lock
  denied 73 'older.*Permission denied' run study/study.ini --out older --seed 9
  chmod -R u+w older
  "$MIURA" inspect --verify older >/dev/null || fail "a forbidden run damages an older result"
else
  echo "not tried: permissions, since no other user can start $MIURA"
fi

# ---- clocks: nothing is decided by a date ----
find study whole -exec touch -d '2099-01-01' {} +
TZ=Pacific/Kiritimati run 1 whole || fail "with files from the future: $(cat log)"
grep -q 'nothing to do' log || fail "dates of files make miura compute again: $(cat log)"
find whole/checkpoint -exec touch -d '1971-01-01' {} +
rm whole/provenance.json
TZ=America/Adak run 2 whole || fail "with checkpoints from the past: $(cat log)"
grep -q 'neighborhoods: taken from its checkpoint' log || fail "dates of checkpoints make miura compute again: $(cat log)"
"$MIURA" inspect --diff hurt whole || fail "dates change the result"
if command -v faketime >/dev/null; then
  faketime -f '+3650d' "$MIURA" run study/study.ini --out jumped --to pca --quiet 2>log || fail "ten years ahead: $(cat log)"
  faketime -f '-3650d' "$MIURA" run study/study.ini --out jumped --quiet 2>log || fail "and back: $(cat log)"
  "$MIURA" inspect --diff hurt jumped || fail "a clock that jumps changes the result"
fi
echo "passed: $flips flipped bits of a result, $checkpoints damaged checkpoints, $cuts cut inputs"
