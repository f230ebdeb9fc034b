#!/usr/bin/env bash
# All cells have a place in the plane: the same on every layout and after a stop, by run and by map; states that were planted
# lie together; the page draws what the tables say, in a browser too. Gene sets: what was planted is found.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 8 --lots-bm-test 1 --lots-ad 1 --lots-uc 1 --cells-per-lot 160 --genes 1500 --quiet >/dev/null || fail "simulate"
"$PYTHON" "$SOURCE/tests/app/picture.py" sets study study/sets.gmt || fail "the sets cannot be written"
printf '[enrichment]\nsets = sets.gmt\npermutations = 199\n' >>study/study.ini
given=(--stability.replicates 0 --neighborhoods.test 0 --genes.test 0 --cluster.seeds 2 --sources.markers LRRC75A --quiet)
run() { on "$1" "$2" run study/study.ini --out "$3" "${given[@]}" "${@:4}" 2>log || fail "run on $1 ranks x $2 threads ${*:4}: $(cat log)"; }
run 1 1 one
for layout in '2 1' '3 1' '4 1' '1 2'; do
  set -- $layout
  run "$1" "$2" other
  "$MIURA" inspect --diff one other || fail "$1 ranks x $2 threads give other results"
  rm -r other
done
"$PYTHON" "$SOURCE/tests/app/picture.py" found study one || fail "the planted gene sets are not found"
cmp <(head -1 one/tables/marker_volcano.tsv) <(printf 'cluster\tgene\tgene_id\tlog2_fold\tlog10_p\tn_lots\tn_higher\tn_lower\tp_lot_maxT\tlots_agree\n') ||
  fail "marker_volcano.tsv has other columns"

# ---- new lots in the finished picture
{ head -1 study/samples.csv; grep -E '^(AD|UC)' study/samples.csv; } >study/new.csv
places() { zcat "$1/tables/cells.tsv.gz" | grep -E '^(AD|UC)' | cut -f1,2,8,9; }
grep -vE '^(AD|UC)' study/samples.csv >study/train.csv
run 2 1 train --study.samples train.csv
for ranks in 1 3; do
  on $ranks 1 map train/study.h5ad --samples study/new.csv --out mapped$ranks --collection none --quiet || fail "map"
done
"$MIURA" inspect --diff mapped1 mapped3 || fail "map gives other results on three ranks"
cmp <(places one) <(places mapped1) || fail "run and map place the same cells elsewhere"
renders_again mapped1

# ---- stopped and gone on; another layout, or none
run 2 1 steps --to umap
run 1 1 steps
grep -q 'umap: taken from its checkpoint' steps/log.txt || fail "the layout is made again"
"$MIURA" inspect --diff one steps || fail "going on behind the layout gives other results"
run 1 1 steps --umap.min_dist 0.1
grep -q 'mapping: taken from its checkpoint' steps/log.txt || fail "another min_dist maps the lots again"
cmp -s <(places one) <(places steps) && fail "min_dist changes no place"
run 1 1 without --umap.layout no --enrichment.sets ''
! grep -q 'data-cells="umap"' without/report.html || fail "a page without layout has a picture"
[ "$(zcat without/tables/cells.tsv.gz | tail -n +2 | cut -f8,9 | sort -u)" = $'NaN\tNaN' ] || fail "cells have places without a layout"
[ ! -e without/tables/enrichment.tsv ] || fail "gene sets without sets"
on 1 1 map without/study.h5ad --samples study/new.csv --out bare --collection none --quiet || fail "map onto a study without layout"
cmp <(cut -f1-7 <(zcat bare/tables/cells.tsv.gz)) <(cut -f1-7 <(zcat mapped1/tables/cells.tsv.gz)) || fail "the layout changes where cells belong"

# ---- mistakes
wrong() { expect "$1" "$2" 2 run study/study.ini --out bad "${given[@]}" "${@:3}"; }
wrong 64 'umap.min_dist lies between 0 and 1, not 2' --umap.min_dist 2
wrong 66 'nowhere.gmt' --enrichment.sets nowhere.gmt
mkdir study/again && cp study/sets.gmt study/again
wrong 64 'again/sets.gmt: another file of sets has this name' --enrichment.sets 'sets.gmt, again/sets.gmt'
echo 'A set without genes' >study/text.gmt
wrong 65 'text.gmt:1' --enrichment.sets text.gmt
rm -r steps without bare mapped3
printf 'OTHER\tsymbols\tabca1\tabca2\tabca3\tabca4\tabca5\n' >study/lower.gmt
on 1 1 run study/study.ini --out lower "${given[@]}" --enrichment.sets lower.gmt || fail "sets of other names end the run"
grep -q 'none of the .* tested genes is in a set' lower/report.html || fail "the page does not say that no gene is in a set"

# ---- what the page holds
for result in one mapped1 lower; do
  for file in $(grep -o 'href="tables/[^"]*"' "$result/report.html" | sort -u | cut -d'"' -f2); do
    [ -e "$result/$file" ] || fail "$result/report.html points to $file, which is not there"
  done
done
"$PYTHON" -c 'import h5py' 2>/dev/null || skip "all but what a page holds passed; h5py is not installed (tools/setup --tests)"
"$PYTHON" "$SOURCE/tests/app/picture.py" kinds study one || fail "planted states do not lie together"
for result in one mapped1; do
  "$PYTHON" "$SOURCE/tests/app/picture.py" outcomes study/samples.csv "$result" || fail "$result: the picture has other outcomes than the sheet"
  "$PYTHON" "$SOURCE/tests/app/picture.py" places "$result" || fail "$result: the page draws other cells than the tables hold"
done
"$PYTHON" "$SOURCE/tests/report/check_in_browser.py" --most-mb 10 one/report.html mapped1/report.html
case $? in
  0) echo passed ;;
  77) skip "all but the browser passed" ;;
  *) fail "a page is not drawn" ;;
esac
