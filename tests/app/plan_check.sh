#!/usr/bin/env bash
# miura run --plan: memory, room and messages of each stage within a factor of 1.5 of what a run takes, from headers alone, for any
# kind of file.
. "$SOURCE/tests/app/support.sh"
export MIURA
check() { "$SOURCE/tools/bench/plan_check" "$@" || fail "the forecast of $1 on $3 ranks is off"; }

"$MIURA" simulate --out study --cells-per-lot 200 --quiet || fail "simulate"
check study/study.ini planted 1
for ranks in 2 3 4; do check study/study.ini planted_on_$ranks $ranks; done
"$MIURA" simulate --out fewer --seed 3 --lots-bm 8 --lots-bm-test 2 --lots-ad 2 --lots-uc 2 --cells-per-lot 300 --genes 1500 --quiet || fail "simulate"
for ranks in 2 3 4; do check fewer/study.ini fewer_on_$ranks $ranks; done
"$PYTHON" - planted <<'PYTHON' || fail "one rank sends messages"
import json, sys
stages = json.load(open(sys.argv[1] + "/provenance.json"))["stages"]
sys.exit(any(sum(stage["traffic"].values()) for stage in stages))
PYTHON
"$PYTHON" - planted <<'PYTHON' || fail "processor time that a rank cannot have taken"
import json, sys
record = json.load(open(sys.argv[1] + "/provenance.json"))
threads = record["machine"]["threads"]
sys.exit(not all(0 < stage["cpu_seconds"] <= 1.05 * threads * stage["seconds"] + 0.1 for stage in record["stages"]))
PYTHON
check "$SOURCE/configs/onek1k-age.ini" real 1 2 # cells of 40 donors in one h5ad
"$MIURA" simulate --out image --modality image --quiet || fail "simulate tables"
check image/study.ini tables 1
[ -e "$SOURCE/../shared/data/sc_mixology/sc_dropseq.h5ad" ] && {
  printf 'lot,path,role\nA,%s,train\nB,%s,train\n' "$SOURCE"/../shared/data/sc_mixology/sc_{dropseq,celseq2}.h5ad >mixology.csv
  printf '[study]\nsamples = mixology.csv\n' >mixology.ini
  check mixology.ini mixology 1
}

# nothing is computed, and nothing but headers is read
"$MIURA" run study/study.ini --plan --plan-ranks 64 --plan-threads 4 --out planned >plan || fail "--plan"
[ ! -e planned ] || fail "--plan writes"
grep -qE '^stage +GiB a rank +minutes +GiB written +MiB exchanged$' plan || fail "--plan names no units: $(cat plan)"
[ "$(grep -v '^#' plan | awk '{ print length }' | sort -u | wc -l)" -eq 1 ] || fail "--plan has lines of several widths: $(cat plan)"
grep -q '64 ranks x 4 threads' plan || fail "--plan-ranks is not heard: $(cat plan)"
on 3 2 run study/study.ini --plan >plan || fail "--plan on three ranks"
grep -q '3 ranks x 2 threads' plan || fail "the layout of the run is not that of the plan: $(cat plan)"
file=$(find study/data -name 'matrix.mtx.gz' | sort | head -n 1)
gzip -dc "$file" | head -n 3 | gzip >head.gz
cp head.gz "$file"
"$MIURA" run study/study.ini --plan >of_headers || fail "--plan reads more than headers"
"$MIURA" run study/study.ini --plan --plan-ranks 3 --plan-threads 2 >of_headers || fail "--plan reads more than headers"
# who reads a file depends on its size, and with that what is exchanged; all else stands in its header
diff <(sed 's/ *[0-9.]*$//' plan) <(sed 's/ *[0-9.]*$//' of_headers) || fail "the header alone gives another plan"
echo '%%MatrixMarket matrix coordinate integer general' | gzip >"$file"
expect 65 'header' 2 run study/study.ini --plan
rm "$file"
expect 66 'matrix.mtx' 2 run study/study.ini --plan
echo passed
