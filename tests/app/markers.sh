#!/usr/bin/env bash
# The genes that were planted in a population lead the markers of its cluster; the table is the same on other layouts,
# with given labels, and absent for a table of features; its z is that of scanpy on study.h5ad. Pairs of clusters likewise.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 8 --lots-bm-test 1 --lots-ad 0 --lots-uc 0 --cells-per-lot 250 --genes 1500 --quiet >/dev/null || fail "simulate"
# gene sets: what is planted up and down in the functional state, ribosomes, and genes taken at random
genes=$(zcat study/data/*/features.tsv.gz study/*/features.tsv.gz 2>/dev/null | cut -f2 | sort -u)
set_of() { printf '%s\t\t%s\n' "$1" "$(grep -E "$2" <<<"$genes" | paste -sd'\t')"; }
{
  set_of OXPHOS '^(NDUF|COX|UQCR|ATP5|SDH|CYC1)'
  set_of ECM '^(COL|FN1$|LUM$|DCN$|POSTN|SPARC$|BGN$|FBN|LOX|VCAN|TNC$|THBS|FBLN|CTHRC1|PCOLCE|ELN)'
  set_of RIBOSOME '^RP[LS]'
  for i in $(seq 1 40); do printf 'RANDOM%s\t\t%s\n' "$i" "$(shuf -n 40 --random-source=<(yes "$i") <<<"$genes" | paste -sd'\t')"; done
} >study/sets.gmt
quick=(--enrichment.sets "$PWD/study/sets.gmt" --enrichment.permutations 299 --cluster.resolutions "" --cluster.seeds 1 --stability.replicates 2 --association.outcomes "" --association.primary "" --quiet)
on 1 1 run study/study.ini --out one "${quick[@]}" --markers.pairwise all || fail "run"
on 3 2 run study/study.ini --out three "${quick[@]}" --markers.pairwise all || fail "run on three ranks"
"$MIURA" inspect --diff one three || fail "three ranks give other markers"
"$PYTHON" "$SOURCE/tests/app/planted_markers.py" study one || fail "the planted genes do not lead"

# clusters against each other: every pair once, its two directions, the same rows whether all pairs are asked for or one
pairs_of() { awk -F'\t' 'NR > 1 { print $1 ":" $2 }' "$1/tables/markers_pairwise.tsv" | sort -u | wc -l; }
clusters=$(awk -F'\t' 'NR > 1 { print $1 }' one/tables/markers.tsv | sort -u | wc -l)
[ "$(pairs_of one)" -eq $((clusters * (clusters - 1) / 2)) ] || fail "$(pairs_of one) pairs of $clusters clusters"
[ "$(head -1 one/tables/markers_pairwise.tsv | cut -f1,3-)" = "$(head -1 one/tables/markers.tsv)" ] || fail "columns of markers_pairwise.tsv"
on 2 1 run study/study.ini --out pair "${quick[@]}" --markers.pairwise "2:0, 0:1" || fail "run of two pairs"
diff <(awk -F'\t' '$1 == 0 && $2 == 1' one/tables/markers_pairwise.tsv) <(awk -F'\t' '$1 == 0 && $2 == 1' pair/tables/markers_pairwise.tsv) || fail "a pair alone differs"
awk -F'\t' 'NR == FNR { if ($1 == 2 && $2 == 0) z[$6] = $15; next } $1 == 0 && $2 == 2 && $6 in z { ++n; if ($15 + z[$6] != 0) exit 1 } END { exit !(n > 50) }' \
  pair/tables/markers_pairwise.tsv one/tables/markers_pairwise.tsv || fail "z of a turned pair is not the negative"
[ "$(pairs_of pair)" -eq 2 ] && grep -q 'tables/markers_pairwise.tsv' pair/report.html || fail "pairs that were named: $(pairs_of pair)"
expect 64 "markers.pairwise: '0-1' is neither all nor CLUSTER:CLUSTER" 1 run study/study.ini --out no "${quick[@]}" --markers.pairwise 0-1
for ranks in 1 3; do
  expect 64 "markers.pairwise: '0:77' is no pair of the clusters 0, 1, 2" $ranks run study/study.ini --out pair "${quick[@]}" --markers.pairwise 0:77
done

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
