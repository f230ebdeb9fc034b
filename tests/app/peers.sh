#!/usr/bin/env bash
# On real cells, without touching a default, miura's clusters are at least as close to the truth as those of scanpy's
# and Seurat's defaults. The data do not ship with miura: they lie beside the checkout, in shared/data.
. "$SOURCE/tests/app/support.sh"

data=$SOURCE/../shared/data
[ -d "$data/sc_mixology" ] && [ -d "$data/kang_dev" ] || skip "sc_mixology and kang_dev are not beside the checkout (shared/data)"
"$PYTHON" -c 'import anndata, igraph, leidenalg, scanpy' 2>/dev/null || skip "scanpy, igraph and leidenalg are not installed (tools/setup --tests)"
data=$(cd "$data" && pwd)
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1

# Three cell lines on two platforms, a platform a lot; then each platform alone.
lot() { echo "$1,$data/sc_mixology/sc_$1.h5ad,line"; }
sheet() { { echo lot,path,source; cat; } >"$1/samples.csv"; printf '[study]\nsamples = samples.csv\n' >"$1/study.ini"; }
mkdir both celseq2 dropseq
{ lot celseq2; lot dropseq; } | sheet both
lot celseq2 | sheet celseq2
lot dropseq | sheet dropseq
for study in both celseq2 dropseq; do
  on 1 1 run $study/study.ini --out $study/result --quiet || fail "$study at defaults"
  cp $study/result/tables/cells.tsv.gz $study/default.tsv.gz
  for resolution in 0.05 0.1 0.15 0.2 0.3 0.4 0.5 0.6 0.8 1 1.2 1.5; do
    on 1 1 run $study/study.ini --out $study/result --cluster.resolution $resolution --quiet || fail "$study at $resolution"
    cp $study/result/tables/cells.tsv.gz $study/grid_$resolution.tsv.gz
  done
done

# Eight lots of blood cells, as folders of their own and pooled in one h5ad whose cells bear the same barcodes.
mkdir folders pooled
for folder in "$data"/kang_dev/mtx_by_lot/*/; do echo "$(basename "$folder"),$folder,PBMC"; done | sheet folders
"$PYTHON" "$SOURCE/tests/app/peers.py" name-by-barcode "$data/kang_dev/kang_dev.h5ad" pooled/cells.h5ad || fail "renaming the cells"
{
  echo lot,path,source,obs_column,obs_value
  for folder in "$data"/kang_dev/mtx_by_lot/*/; do l=$(basename "$folder"); echo "$l,cells.h5ad,PBMC,lot,$l"; done
} >pooled/samples.csv
printf '[study]\nsamples = samples.csv\n' >pooled/study.ini
for study in folders pooled; do
  on 2 1 run $study/study.ini --out $study/result --quiet || fail "kang_dev from $study"
done
"$MIURA" inspect --diff folders/result pooled/result || fail "the pooled h5ad gives other results than the lots' own folders"

"$PYTHON" "$SOURCE/tests/app/peers.py" compare "$data" || fail "another program's clusters are closer to the truth"
if [ -n "${RSCRIPT:-}" ] && [ -x "$RSCRIPT" ] && "$RSCRIPT" -e 'quit(status = !(requireNamespace("Seurat", quietly = TRUE) && requireNamespace("hdf5r", quietly = TRUE)))' >/dev/null 2>&1; then
  for study in both celseq2 dropseq; do
    "$RSCRIPT" "$SOURCE/tests/app/peers.R" $study/cells.h5ad $study/seurat.tsv >r.txt 2>&1 || fail "Seurat on $study: $(tail -n 3 r.txt)"
  done
  "$PYTHON" "$SOURCE/tests/app/peers.py" compare-seurat "$data" || fail "Seurat's clusters are closer to the truth"
else
  echo "Seurat is not installed: not compared"
fi
echo passed
