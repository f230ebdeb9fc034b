#!/usr/bin/env bash
# Every table and every data set of study.h5ad is the same for any ranks x threads, for shuffled cells in the input files and
# shuffled rows of the sample sheet.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 1 --lots-ad 1 --lots-uc 0 --cells-per-lot 90 --genes 900 --format mixed --quiet >/dev/null ||
  fail "simulate"
on 1 1 run study/study.ini --out reference --quiet || fail "run on one rank"
for table in association cell_states association_without_cycling; do
  [ -s reference/tables/$table.tsv ] || fail "no table $table"
done
zcat reference/tables/cells.tsv.gz | awk -F'\t' 'NR > 1 && ($10 == "NaN" || $11 == "NaN" || $13 == "") { exit 1 }' || fail "cells without doublet score or phase"

for layout in '1 2' '2 1' '3 2' '4 1' '4 2'; do
  set -- $layout
  on "$1" "$2" run study/study.ini --out "r$1t$2" --quiet || fail "run on $1 ranks x $2 threads"
  "$MIURA" inspect --diff reference "r$1t$2" || fail "$1 ranks x $2 threads give other results"
done

"$PYTHON" "$SOURCE/tests/app/shuffle_study.py" study shuffled || fail "shuffling"
on 3 1 run shuffled/study.ini --out shuffled_result --quiet || fail "run on shuffled input"
"$MIURA" inspect --diff reference shuffled_result || fail "the order of cells or lots in the input changes the result"

# the comparison itself must be able to fail
on 1 1 run study/study.ini --out other --cluster.resolution 1.5 --quiet || fail "run at another resolution"
"$MIURA" inspect --diff reference other >/dev/null && fail "results at two resolutions are called the same"
on 2 1 run study/study.ini --out krylov2 --pca.method krylov --quiet || fail "krylov on two ranks"
on 1 2 run study/study.ini --out krylov1 --pca.method krylov --quiet || fail "krylov on one rank"
"$MIURA" inspect --diff krylov1 krylov2 || fail "krylov gives other results on two ranks"

# ---- neighbours by inverted lists, as of tens of millions of cells: the same for any ranks, and near the exact ones ----
approximate=(--knn.exact_up_to 0 --knn.n_probed 4)
on 1 2 run study/study.ini --out lists1 "${approximate[@]}" >said.txt 2>&1 || fail "by lists on one rank: $(cat said.txt)"
grep -Eq "by inverted lists, recall 0\.[5-9]|by inverted lists, recall 1" said.txt || fail "no recall told: $(cat said.txt)"
on 3 1 run study/study.ini --out lists3 "${approximate[@]}" --quiet || fail "by lists on three ranks"
"$MIURA" inspect --diff lists1 lists3 || fail "lists give other results on three ranks"
"$MIURA" inspect --diff reference lists1 >/dev/null && fail "four lists found what all lists hold: nothing is tested"
echo passed
