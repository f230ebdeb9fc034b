#!/usr/bin/env bash
# The user's own labels, from tables of cells, take the place of clustering; wrong tables are refused with their place.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --genes 800 --quiet >/dev/null || fail "simulate"
on 1 1 run study/study.ini --out found --quiet || fail "run"

# labels of the primary partition, renamed, as a user's tables; every 40th cell has none
mkdir labels
zcat found/tables/cells.tsv.gz | awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
  { file = "labels/" $at["lot"] ".csv"
    if (!(file in seen)) { print "barcode,mine,score" > file; seen[file] = 1 }
    print $at["barcode"] "," (++n % 40 ? "type " $at["cluster"] : "NA") ",1" > file }'
awk -F, 'NR == 1 { print $0 ",cells"; next } { print $0 ",../labels/" $1 ".csv" }' study/samples.csv >study/labelled.csv
given() { on "$1" "$2" run study/study.ini --study.samples labelled.csv --cluster.labels mine --out "$3" --quiet; }
given 1 1 given || fail "run with labels"
given 3 2 given3 || fail "run with labels on three ranks"
"$MIURA" inspect --diff given given3 || fail "labels give other results on three ranks"
cut -f4 given/tables/composition.tsv | grep -qx 'type 0' || fail "the names of the labels are not used"
[ "$(cut -f3 given/tables/composition.tsv | sort -u | wc -l)" -eq 2 ] || fail "there is more than one partition of given labels"
awk -F'\t' 'NR > 1 { cells += $6 } END { exit !(cells > 0) }' given/tables/composition.tsv || fail "no cells are counted"
labelled=$(cat labels/*.csv | grep -c ',type ') counted=$(awk -F'\t' 'NR > 1 { n += $6 } END { print n }' given/tables/composition.tsv)
[ "$labelled" -eq "$counted" ] || fail "$counted cells are counted, $labelled have a label"
grep -q 'have no label in column mine' given/log.txt || fail "cells without a label are not spoken of"

for ranks in 1 3; do
  expect 65 'labels/BM01.csv:1: column his: is missing' $ranks run study/study.ini --study.samples labelled.csv --cluster.labels his --out bad
  expect 65 'has no table of cells.*lot BM01' $ranks run study/study.ini --cluster.labels mine --out bad
done

# labels that an h5ad file brings along
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) { if ($i == "path") at = i; if ($i == "format") as = i } print $0 ",obs_column,obs_value"; next }
  { $at = "../found/study.h5ad"; $as = "h5ad"; print $0 ",lot," $1 }' OFS=, study/samples.csv >study/annotated.csv
on 2 1 run study/study.ini --study.samples annotated.csv --input.layer counts --cluster.labels cluster --out annotated --quiet || fail "labels of obs"
primary() { awk -F'\t' 'NR > 1 && (key == "" || key == $1 $2 $3) { key = $1 $2 $3; print $4, $5, $6 }' "$1/tables/composition.tsv" | sort; }
diff <(primary found) <(primary annotated) || fail "the labels of obs are not those of the cells"
expect 65 'no obs column to take .his. from.*lot BM01' 1 run study/study.ini --study.samples annotated.csv --input.layer counts --cluster.labels his --out bad
cp labels/BM03.csv kept.csv
tail -1 kept.csv >>labels/BM03.csv
expect 65 'labels/BM03.csv:[0-9]+: column barcode: .* is in an earlier row already \(lot BM03\)' 2 run study/study.ini --study.samples labelled.csv --cluster.labels mine --out bad
[ ! -e bad/study.h5ad ] || fail "a refused run publishes a result"
echo passed
