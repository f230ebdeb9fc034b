#!/usr/bin/env bash
# Blood cells of four donors, control and stimulated with interferon beta (Kang et al. 2018): the markers of each cluster are those
# of its cell type, and between the conditions interferon genes and gene sets stand at the top, in all cells and in each type.
. "$SOURCE/tests/app/support.sh"
shared=$SOURCE/../shared/data
[ -d "$shared/kang_dev" ] && [ -d "$shared/genesets" ] || skip "the blood cells of Kang et al. are not here (../shared/data)"

folder=$(cd "$shared" && pwd)
{
  echo "lot,path,source,role,donor,chemistry,condition"
  for lot in ctrl_d101 ctrl_d1015 ctrl_d1016 ctrl_d107 stim_d101 stim_d1015 stim_d1016 stim_d107; do
    echo "$lot,$folder/kang_dev/mtx_by_lot/$lot,PBMC,train,${lot#*_},${lot%%_*},${lot%%_*}"
  done
} >samples.csv
printf '[study]\nsamples = samples.csv\n[integrate]\nby = chemistry\n[genes]\ncondition = condition\ncompare = stim:ctrl\n[enrichment]\nsets = %s\npermutations = 49\nclusters = no\n' \
  "$folder/genesets/GO_BP_human_symbol_5_500.gmt.gz" >study.ini
quick=(--cluster.resolutions "" --cluster.seeds 1 --stability.replicates 0 --umap.layout false --doublets.score false --quiet)
on 2 1 run study.ini --out result "${quick[@]}" || fail "run"
"$PYTHON" "$SOURCE/tests/app/kang.py" result "$folder/kang_dev/cells.csv.gz" || fail "not the genes of the cell types and of interferon"
on 1 2 run study.ini --out alone "${quick[@]}" || fail "run on one rank"
"$MIURA" inspect --diff result alone || fail "one rank gives other results"
echo passed
