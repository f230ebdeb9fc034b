#!/usr/bin/env bash
# Scores of cell cycle and doublets: what was planted is found, other genes and capture runs are taken, and what cannot be scored is said.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 1 --lots-ad 0 --lots-uc 0 --cells-per-lot 160 --genes 1200 --quiet >/dev/null || fail "simulate"
quick=(--genes.test no --neighborhoods.test no --stability.replicates 0 --quiet)
run() { on "$1" "$2" run study/study.ini "${quick[@]}" --out "${@:3}" 2>log; }
run 1 1 default || fail "$(cat log)"
"$PYTHON" "$SOURCE/tests/app/cell_states.py" study default || fail "scores and tables"
grep -q '^share_cycling	' default/tables/confounders.tsv || fail "confounders.tsv lacks the share of cycling cells"
grep -q 'Cell cycle and doublets' default/report.html || fail "the page has no section of cell states"

# ---- the same from the user's files: the genes by symbol and id, and each lot as a run that its table of cells names ----
genes_of() { awk -v phase="$1" '$0 ~ "auto " phase "_phase" { on = 1 } on { print } on && /\);|}}\);/ { exit }' "$SOURCE/src/cellcycle/genes.cpp" |
  grep -o "\"$2[A-Z0-9]*\"" | tr -d '"' | sort -u | paste -sd'\t'; }
printf 'S\tby id\t%s\nG2M\tby id\t%s\n' "$(genes_of s ENSG)" "$(genes_of g2m ENSG)" >study/phases.gmt
mkdir runs
zcat default/tables/cells.tsv.gz | awk -F'\t' 'NR > 1 { file = "runs/" $1 ".csv"
  if (!(file in seen)) { print "barcode,run,half" > file; seen[file] = 1 }
  print $2 "," $1 "," $1 (++n % 2) > file }'
awk -F, 'NR == 1 { print $0 ",cells"; next } { print $0 ",../runs/" $1 ".csv" }' study/samples.csv >study/with_runs.csv
given() { run "$1" "$2" "$3" --study.samples with_runs.csv --cell_cycle.genes phases.gmt --doublets.run "$4"; }
cells() { zcat "$1/tables/cells.tsv.gz"; }
given 1 1 given run || fail "own genes and runs: $(cat log)"
cmp <(cells default) <(cells given) || fail "the same genes and runs from files give other scores"
given 3 2 given3 run || fail "own genes and runs on three ranks: $(cat log)"
"$MIURA" inspect --diff given given3 || fail "own genes and runs give other results on three ranks"
given 2 1 halves half || fail "half lots as runs: $(cat log)"
cmp -s <(cells given | cut -f10) <(cells halves | cut -f10) && fail "other capture runs give the same doublet scores"
cmp <(cells given | cut -f11-) <(cells halves | cut -f11-) || fail "capture runs change the cell cycle"

# ---- what cannot be scored is said, and nothing fails ----
run 2 1 without --cell_cycle.fewest_genes 1000 --doublets.score no || fail "too few genes: $(cat log)"
grep -q 'no cell cycle scores: the study has' without/log.txt || fail "too few cycle genes are not spoken of"
[ ! -e without/tables/cell_states.tsv ] && [ ! -e without/tables/association_without_cycling.tsv ] || fail "tables of nothing"
cells without | awk -F'\t' 'NR > 1 && ($10 != "NaN" || $11 != "NaN" || $13 != "") { exit 1 }' || fail "scores that were not asked for"
run 1 1 without --cell_cycle.fewest_genes 1000 || fail "$(cat log)"
grep -q 'mapping: taken from its checkpoint' without/log.txt || fail "other scores compute the mapping again"
grep -q 'No scores of the cell cycle: the study has' without/report.html || fail "the page does not say why there is no cell cycle"

for ranks in 1 3; do
  printf 'S\tonly\tPCNA\n' >study/half.gmt
  expect 65 'half.gmt: has no gene set G2M' $ranks run study/study.ini --cell_cycle.genes half.gmt --out bad
  expect 66 'nowhere.gmt' $ranks run study/study.ini --cell_cycle.genes nowhere.gmt --out bad
  expect 65 'has no table of cells' $ranks run study/study.ini --doublets.run run --out bad
  expect 64 'doublets.threshold lies between' $ranks run study/study.ini --doublets.threshold 2 --out bad
done
echo passed
