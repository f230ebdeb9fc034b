#!/usr/bin/env bash
# The genes that were planted in a population lead the markers of its cluster; the table is the same on other layouts,
# with given labels, and absent for a table of features; its z is that of scanpy on study.h5ad.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 8 --lots-bm-test 1 --lots-ad 0 --lots-uc 0 --cells-per-lot 250 --genes 1500 --quiet >/dev/null || fail "simulate"
quick=(--cluster.resolutions "" --cluster.seeds 1 --stability.replicates 2 --association.outcomes "" --association.primary "" --quiet)
on 1 1 run study/study.ini --out one "${quick[@]}" || fail "run"
on 3 2 run study/study.ini --out three "${quick[@]}" || fail "run on three ranks"
"$MIURA" inspect --diff one three || fail "three ranks give other markers"
"$PYTHON" "$SOURCE/tests/app/planted_markers.py" study one || fail "the planted genes do not lead"

# the option is obeyed: five genes each way, and none at all
on 2 1 run study/study.ini --out few "${quick[@]}" --markers.top 5 || fail "run with few markers"
awk -F'\t' 'NR > 1 && $3 > 5 { exit 1 } END { exit !(NR > 11) }' few/tables/markers.tsv || fail "markers.top is not obeyed"
on 2 1 run study/study.ini --out none "${quick[@]}" --markers.test false || fail "run without markers"
[ ! -e none/tables/markers.tsv ] && ! grep -q 'What marks the clusters' none/report.html || fail "markers.test = false is not obeyed"

# one lot: cells alone order the genes, and the table says so
head -2 study/samples.csv >study/one_lot.csv
on 2 1 run study/study.ini --study.samples one_lot.csv --out one_lot "${quick[@]}" --cluster.resolution 4 || fail "run of one lot"
[ "$(cut -f22 one_lot/tables/markers.tsv | sort -u | tr '\n' ' ')" = "NO_LOTS flags " ] || fail "markers of one lot are not flagged"

"$MIURA" simulate --modality image --out image --lots-bm 3 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --quiet >/dev/null || fail "simulate"
on 1 1 run image/study.ini --out features "${quick[@]}" || fail "run of a table of features"
[ ! -e features/tables/markers.tsv ] || fail "features of a table are called marker genes"

"$PYTHON" -c 'import anndata, scanpy' 2>/dev/null || skip "all but the comparison with scanpy passed; it is not installed (tools/setup --tests)"
OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 "$PYTHON" "$SOURCE/tests/app/markers_in_scanpy.py" one || fail "scanpy gives other numbers"
echo passed
