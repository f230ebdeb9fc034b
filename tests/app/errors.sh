#!/usr/bin/env bash
# Bad input of every kind: one line that says what and where, the exit code, on one rank and on three; older results in the
# same folders stay as they were.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 2 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 40 --genes 600 --quiet >/dev/null || fail "simulate"
for ranks in 1 3; do
  on $ranks 1 run study/study.ini --out result$ranks --quiet --log-level off || fail "a good study"
  "$MIURA" inspect --verify result$ranks >/dev/null || fail "a good study does not pass --verify"
done
digests() { sha256sum result[13]/{study.h5ad,tables/*,report.html,provenance.json}; }
before=$(digests)
sheet=study/samples.csv

# refused CODE PATTERN ARGUMENTS...: on one rank and at the same time on three, into the folders of the good results
refused() {
  local on_one on_three wrong=0
  expect "$1" "$2" 1 "${@:3}" --out result1 & on_one=$!
  expect "$1" "$2" 3 "${@:3}" --out result3 & on_three=$!
  wait $on_one || wrong=1
  wait $on_three || wrong=1
  [ $wrong -eq 0 ] || exit 1
}
# the same on one rank, where more cannot matter
refused_at_once() { expect "$1" "$2" 1 "${@:3}"; }

# a copy of the study to spoil
broken() { rm -rf bad; cp -r study bad; }
unpack() { gzip -d "$1.gz"; }
repack() { gzip -n "$1"; }
matrix=bad/data/BM01/matrix.mtx

# ---- the command line and the configuration: 64 ----
refused_at_once 64 'no command given'
refused_at_once 64 "unknown command 'runs'; did you mean 'run'" runs
refused_at_once 64 'no sample sheet' run
refused 64 "'nonsense' is no stage; the stages are read" run study/study.ini --from nonsense
refused 64 "--from report lies behind --to read" run study/study.ini --from report --to read
refused 64 "unknown option 'pca.compnents'; did you mean 'pca.components'" run study/study.ini --pca.compnents 5
refused_at_once 64 "unknown option 'components'; did you mean 'pca.components'" run study/study.ini --components 5
refused_at_once 64 "'many'.*--pca.components" run study/study.ini --pca.components many
refused_at_once 64 "'1.5'.*--knn.k" run study/study.ini --knn.k 1.5
refused_at_once 64 "'99999999999'.*--knn.k" run study/study.ini --knn.k 99999999999
refused_at_once 64 "'-1'.*seed" run study/study.ini --seed -1
refused_at_once 64 'pca.components lies between 1 and 1000, not 0' run study/study.ini --pca.components 0
refused_at_once 64 'pca.clip lies between .* not nan' run study/study.ini --pca.clip nan
refused_at_once 64 'qc.min_genes lies between 0 and .* not -5' run study/study.ini --qc.min_genes -5
refused_at_once 64 "variable.batch is one of lot, chemistry, source, none, not 'tube'" run study/study.ini --variable.batch tube
refused_at_once 64 'log-level is debug, info, warn or off' run study/study.ini --log-level loud
refused_at_once 64 'too many arguments' run study/study.ini study.ini
refused_at_once 64 '--lots-bm is 1 to 10000, not 0' simulate --out s --lots-bm 0
printf '[study]\nsamples = samples.csv\n[pca]\ncompnents = 5\n' >study/bad.ini
refused 64 "bad.ini:4: unknown option 'pca.compnents'; did you mean 'pca.components'" run study/bad.ini
printf '[study]\nsamples = samples.csv\n\n[pca]\ncomponents = many\n' >study/bad.ini
refused_at_once 64 "bad.ini:5: .*'many'.*pca.components" run study/bad.ini
printf '[study]\nsamples = samples.csv\nsamples = samples.tsv\n' >study/bad.ini
refused_at_once 64 "bad.ini:3: .*study.samples.*more than once" run study/bad.ini
printf '[study]\nsamples samples.csv\n' >study/bad.ini
refused_at_once 64 "bad.ini:2: 'samples samples.csv' is neither" run study/bad.ini
refused_at_once 64 'normalize.method = zscore needs tables' run study/study.ini --normalize.method zscore --out zscore

# ---- what is not there: 66 ----
refused 66 'nowhere.ini: not found' run nowhere.ini
refused_at_once 66 'nowhere.csv: not found' run --study.samples nowhere.csv
refused_at_once 66 'nowhere: not found' inspect nowhere
refused_at_once 66 'study: is a folder, not an INI file' run study
ln -s circle circle
refused_at_once 66 'circle: not found' run circle
mkdir tenx && echo 'a,b' >table.csv
refused_at_once 65 'tenx: is no result folder of miura .*miura inspect reads result folders of miura and HDF5 files' inspect tenx
refused_at_once 65 'table.csv: is no HDF5 file; .*sample sheet' inspect table.csv
refused_at_once 65 'table.csv: is no HDF5 file' inspect --diff table.csv table.csv
refused_at_once 65 'table.csv: is no result folder' inspect --verify table.csv
sed 's#data/BM02#data/BM99#' $sheet >study/s.csv
refused 66 "s.csv:3: column path: 'study/data/BM99' not found \(lot BM02\)" run --study.samples study/s.csv
broken && rm bad/data/BM02/barcodes.tsv.gz
refused 66 'BM02/barcodes.tsv.gz: not found .*\(lot BM02\)' run bad/study.ini
broken && rm bad/data/BM02/*
refused_at_once 66 'BM02: is a folder without matrix.mtx.*\(lot BM02\)' run bad/study.ini --out empty

# ---- the sample sheet: 65 ----
# sheet_with SED: the sheet, edited
sheet_with() { sed "$1" $sheet >study/s.csv; }
with_outcome=(run --study.samples study/s.csv --association.outcomes vegf_ischemia)
sheet_with '1s/^lot,/batch,/'
refused 65 's.csv:1: column lot: is missing' "${with_outcome[@]}"
sheet_with '1s/,path,/,folder,/'
refused 65 's.csv:1: column path: is missing' "${with_outcome[@]}"
sheet_with 's/^BM02,/BM01,/'
refused 65 's.csv:3: column lot: this lot is in row 2 already \(lot BM01\)' "${with_outcome[@]}"
sheet_with 's#data/BM02#data/BM01#'
refused_at_once 65 's.csv:3: column path: the same cells are those of lot BM01 in row 2 \(lot BM02\)' "${with_outcome[@]}"
sheet_with 's/train/trian/'
refused_at_once 65 "s.csv:2: column role: 'trian' is not one of train, test" "${with_outcome[@]}"
sheet_with 's/train/query/'
refused 65 's.csv: column role: no lot has role train' "${with_outcome[@]}"
sheet_with '3s/$/,one field more/'
refused_at_once 65 's.csv:3: has .* fields, the header has' "${with_outcome[@]}"
sheet_with '2,$d'
refused_at_once 65 's.csv: has no lots' "${with_outcome[@]}"
: >study/s.csv
refused_at_once 65 's.csv: is empty' "${with_outcome[@]}"
"$PYTHON" - $sheet <<'PY'
import csv, sys
rows = list(csv.reader(open(sys.argv[1])))
column = rows[0].index("vegf_ischemia")
for name, value in (("text", "high"), ("inf", "Inf"), ("nan", "NaN")):
    changed = [list(r) for r in rows]
    changed[2][column] = value
    csv.writer(open(f"study/{name}.csv", "w"), lineterminator="\n").writerows(changed)
rows[1][rows[0].index("format")] = "loom"
csv.writer(open("study/format.csv", "w"), lineterminator="\n").writerows(rows)
PY
refused 65 "text.csv:3: column vegf_ischemia: 'high' is not a number \(lot BM02\)" run --study.samples study/text.csv --association.outcomes vegf_ischemia
refused_at_once 65 "inf.csv:3: column vegf_ischemia: 'Inf' is not a finite number \(lot BM02\)" run --study.samples study/inf.csv --association.outcomes vegf_ischemia
refused_at_once 65 "format.csv:2: column format: 'loom' is not one of mtx, h5, h5ad, table \(lot BM01\)" run --study.samples study/format.csv
refused 65 "column vegf_ischema: is missing; did you mean 'vegf_ischemia'" run study/study.ini --association.outcomes vegf_ischema
on 1 1 run --study.samples study/nan.csv --association.outcomes vegf_ischemia --out missing --quiet 2>err.txt || fail "a missing outcome: $(cat err.txt)"

# ---- counts: 65 ----
broken && { cat bad/data/BM01/matrix.mtx.gz | head -c 2000 >cut && mv cut bad/data/BM01/matrix.mtx.gz; }
refused 65 'BM01/matrix.mtx.gz: the gzip data is damaged or cut off \(lot BM01\)' run bad/study.ini
# spoiled SED: the matrix of lot BM01, edited
spoiled() { broken && unpack $matrix && sed -i "$1" $matrix && repack $matrix; }
spoiled '100,$d'
refused 65 'BM01/matrix.mtx.gz.*(cut off|entries).*\(lot BM01\)' run bad/study.ini
spoiled '5s/ [0-9]*$/ -3/'
refused 65 'BM01/matrix.mtx.gz:5: -3 for gene .* in cell .* is negative.*\(lot BM01\)' run bad/study.ini
spoiled '5s/ [0-9]*$/ 1.5/'
refused 65 'BM01/matrix.mtx.gz:5: 1.5 for gene .* in cell .* is fractional.*\(lot BM01\)' run bad/study.ini
spoiled '5s/ [0-9]*$/ nan/'
refused_at_once 65 'BM01/matrix.mtx.gz:5: .*\(lot BM01\)' run bad/study.ini --out result1
spoiled '5s/^[0-9]*/7000/'
refused_at_once 65 'BM01/matrix.mtx.gz:5: .*7000.*\(lot BM01\)' run bad/study.ini --out result1
spoiled '3s/.*/2147483647 2147483647 9223372036854775807/'
refused_at_once 65 'BM01/matrix.mtx.gz.*\(lot BM01\)' run bad/study.ini --out result1
broken && unpack bad/data/BM01/barcodes.tsv && sed -i '2{h};3{g}' bad/data/BM01/barcodes.tsv && repack bad/data/BM01/barcodes.tsv
refused 65 "BM01/.*: cell '.*' is there twice \(lot BM01\)" run bad/study.ini
broken && unpack bad/data/BM01/barcodes.tsv && sed -i '$d' bad/data/BM01/barcodes.tsv && repack bad/data/BM01/barcodes.tsv
refused_at_once 65 'BM01/.*\(lot BM01\)' run bad/study.ini --out result1
broken && unpack bad/data/BM02/features.tsv && sed -i 's/^[^\t]*\t[^\t]*/odd\tother/' bad/data/BM02/features.tsv && repack bad/data/BM02/features.tsv
refused 65 'BM02.*share nothing with those of lot BM01.*\(lot BM02\)' run bad/study.ini
refused 65 'no cell passes the quality control: of .* fewer than 1000000 counts \(min_counts\)' run study/study.ini --qc.min_counts 1000000
printf 'cell,area,shape\na,1,2\nb,2,3\n' >study/table.csv
sed 's#data/BM02,mtx#table.csv,table#' $sheet >study/s.csv
refused 65 'is a table, lot BM01 is not.*\(lot BM02\)' "${with_outcome[@]}"
printf 'cell,area,shape\na,1,2\nb,2,large\n' >study/table.csv
printf 'lot,path\nA,table.csv\n' >study/s.csv
refused 65 "table.csv:3: column shape: 'large' is not a number \(lot A\)" run --study.samples study/s.csv
printf 'lot,path\nA,samples.csv.txt2\n' >study/s.csv && cp $sheet study/samples.csv.txt2
refused_at_once 65 'samples.csv.txt2: its format is not recognised.*\(lot A\)' run --study.samples study/s.csv
head -c 3000 result1/study.h5ad >study/cut.h5ad && printf 'lot,path\nA,cut.h5ad\n' >study/s.csv
refused 65 'cut.h5ad: is not an HDF5 file, or is damaged or cut off \(lot A\)' run --study.samples study/s.csv

# ---- results that cannot be written: 73, 74 ----
: >a_file
for out in a_file a_file/below /proc/miura; do
  for ranks in 1 3; do expect 73 "$out" $ranks run study/study.ini --out $out; done
done
expect 73 'a_file' 1 simulate --out a_file/study
mkdir -p held/checkpoint
exec 9>held/checkpoint/lock
flock -n 9 || fail "flock"
expect 73 'held/checkpoint: another run is writing here' 3 run study/study.ini --out held
exec 9>&-
on 1 1 run study/study.ini --out held --quiet || fail "the lock of a run that is over stays"

# ---- after all that ----
[ "$before" = "$(digests)" ] || fail "a refused run changed an older result"
"$MIURA" inspect --verify result3 >/dev/null || fail "an older result does not pass --verify any more"
for folder in zscore empty a_file /proc/miura; do
  [ ! -e "$folder/study.h5ad" ] && [ ! -e "$folder/provenance.json" ] || fail "$folder holds a result"
done
on 3 1 run study/study.ini --out result3 2>&1 | grep -q 'nothing to do' || fail "the older result is not recognised"

# ---- files of other programs: what holds no counts is refused, what holds them is read ----
fixtures=${MIURA_SHARED:-$SOURCE/../shared}/data/reader_fixtures
[ -d "$fixtures" ] || { echo "passed but for files of other programs: $fixtures is not there"; exit 0; }
one_lot() { printf 'lot,path,format\nL,%s,%s\n' "$fixtures/$1" "${2:-}" >one.csv; }
reading=(run --study.samples one.csv --to read --qc.min_counts 0 --qc.min_genes 0 --qc.min_cells 1 --qc.max_pct_mito 100 --quiet)
while IFS='|' read -r code file format pattern; do
  one_lot "$file" "$format"
  expect "$code" "$file.*$pattern" 1 "${reading[@]}" --out reading
done <<'LIST'
65|cellxgene/nan.h5ad||-0.17147 for gene TNFRSF4 in cell AAACATACAACCAC-1 is negative.*\(lot L\)
65|anndata/archives/v0.5.0/adata.h5ad||-0.326 for gene HES4 .* is negative.*\(lot L\)
65|anndata/archives/v0.11.4/adata.h5ad||holds no X, no raw.X and no layers \(lot L\)
65|anndata/archives/v0.11.4/adata.zarr.zip||its format is not recognised.*\(lot L\)
65|anndata/umi_tools.tsv.gz||:2: column cell: 'ACAAGG' is not a number \(lot L\)
65|anndata/adata-comments.tsv||:1: a table needs a header.*\(lot L\)
65|scfates/test.h5ad||is fractional: these look normalised.*\(lot L\)
65|scanpy143/10x_pbmc68k_reduced.h5ad||is negative.*\(lot L\)
65|bpcells/mini_mat_int_64_neg.anndata-v0.12.6.h5ad||-83 for gene 0 in cell 0 is negative.*\(lot L\)
65|bpcells/int_mat.mtx.gz|mtx|format mtx needs a folder.*\(lot L\)
65|bpcells/mini_mat.anndata-v0.7.h5ad|table|is not a text file \(lot L\)
65|scanpy/10x_data/1.2.0/multiple_genomes.h5||several genomes \(another_genome, hg19_chr21\): choose one with input.genome \(lot L\)
65|mudata/v0.4.1/mdata_axis0.h5mu||holds the modalities mod1, mod2, none of them named rna \(lot L\)
65|cellranger_layouts/cellranger_v3/pbmc/outs/metrics_summary.csv||'28,917' is not a number \(lot L\)
66|cellranger_layouts/cellranger_v3/pbmc/SC_RNA_COUNTER_CS||is a folder without matrix.mtx.*\(lot L\)
LIST
for file in anndata/archives/v0.7.{0,8}/adata.h5ad anndata/adata.csv bpcells/mini_mat.anndata-v0.{6.22,7,10.9}.h5ad cellranger_layouts/cellranger_v{2,3}/pbmc \
  scanpy/10x_data/{int-ids,1.2.0/filtered_gene_bc_matrices_h5.h5,3.0.0/filtered_feature_bc_matrix.h5} scirpy/wu2020_200_v0_{6,11}.h5ad seurat seurat/cr3.0; do
  one_lot "$file"
  on 1 1 "${reading[@]}" --out reading >out1.txt 2>err1.txt || fail "$file is refused: $(cat err1.txt)"
done
one_lot scanpy/10x_data/1.2.0/multiple_genomes.h5
on 1 1 "${reading[@]}" --input.genome hg19_chr21 --out reading || fail "a genome of several is refused"
echo passed
