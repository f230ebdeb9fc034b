#!/usr/bin/env bash
# Where there is one population, clusters have markers all the same, with tiny p: they were sorted by these very counts. Clusters
# of a part of the molecules, tested on the others, have as many as chance gives; where there are populations they stay.
. "$SOURCE/tests/app/support.sh"

# one population: what markers.tsv calls significant, and what markers_split.tsv does
"$PYTHON" "$SOURCE/tests/app/one_population.py" null 7 3 400 300 || fail "simulate one population"
split=(--markers.split true --markers.top 0 --stability.replicates 0 --umap.layout false --cluster.resolutions "" --cluster.seeds 1 --cell_cycle.score false --doublets.score false --quiet)
null=("${split[@]}" --cluster.resolution 2)  # so high that noise has clusters
on 1 2 run null/study.ini --out one "${null[@]}" || fail "run"
read -r rows share distance < <("$PYTHON" "$SOURCE/tests/app/marker_chances.py" one/tables/markers.tsv)
echo "clusters tested on their own counts: $rows genes, $share with p <= 0.05, distance $distance"
awk -v s="$share" -v d="$distance" 'BEGIN { exit !(s > 0.12 && d > 0.08) }' || fail "clusters of noise have few markers: this test tells nothing"
read -r rows share distance < <("$PYTHON" "$SOURCE/tests/app/marker_chances.py" one/tables/markers_split.tsv)
echo "clusters tested on other molecules: $rows genes, $share with p <= 0.05, distance $distance"
awk -v n="$rows" -v s="$share" -v d="$distance" 'BEGIN { exit !(n > 500 && s > 0.03 && s < 0.07 && d < 0.05) }' || fail "count splitting does not keep the error rate"
awk -F'\t' 'NR > 1 && $7 + $8 > 3 { exit 1 } END { exit !(NR > 2) }' one/tables/markers_split_clusters.tsv ||
  fail "clusters of noise differ on other molecules: $(cat one/tables/markers_split_clusters.tsv)"
awk -F'\t' 'NR > 1 { other += $7 + $8; own += $9 + $10 } END { exit !(own > 20 && own > 10 * other) }' one/tables/markers_split_clusters.tsv ||
  fail "clusters of noise should have genes on their own molecules: $(cat one/tables/markers_split_clusters.tsv)"
grep -q 'Count splitting' one/report.html && grep -q 'tables/markers_split.tsv' one/report.html || fail "the page does not tell of the split"

# the same bits on any layout, and from a checkpoint
on 3 1 run null/study.ini --out three "${null[@]}" || fail "run on three ranks"
"$MIURA" inspect --diff one three || fail "three ranks give other halves"
rm one/report.html && on 2 1 run null/study.ini --out one "${null[@]}" && "$MIURA" inspect --diff one three || fail "a resumed run gives other tables"

# the share is obeyed, and another one gives other clusters
on 2 1 run null/study.ini --out most "${null[@]}" --markers.split_fraction 0.8 || fail "run with another share"
cmp -s one/tables/markers_split.tsv most/tables/markers_split.tsv && fail "markers.split_fraction changes nothing"
cmp -s one/tables/markers.tsv most/tables/markers.tsv || fail "the split changes the markers of all molecules"

# planted populations: the split finds them again, with their genes
"$MIURA" simulate --out study --lots-bm 4 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 300 --genes 1500 --quiet >/dev/null || fail "simulate"
on 2 1 run study/study.ini --out planted "${split[@]}" --cluster.resolution 1.5 --association.outcomes "" --association.primary "" || fail "run of planted populations"
awk -F'\t' 'NR > 1 && $3 > 0.3 && $7 > 30 { ++again } END { exit !(again >= 4) }' planted/tables/markers_split_clusters.tsv ||
  fail "planted populations are lost: $(cat planted/tables/markers_split_clusters.tsv)"

# labels that were given are not formed, and nothing is split unless asked for
expect 64 'markers.split forms clusters anew, but cluster.labels gives the labels' 1 run study/study.ini --out no --markers.split true --cluster.labels state
expect 64 'markers.split_fraction lies between 0.01 and 0.99, not 1' 1 run study/study.ini --out no --markers.split_fraction 1
on 1 2 run null/study.ini --out plain "${null[@]:2}" || fail "run without the split"
[ ! -e plain/tables/markers_split.tsv ] && ! grep -q 'Count splitting' plain/report.html || fail "counts are split unasked"
echo passed
