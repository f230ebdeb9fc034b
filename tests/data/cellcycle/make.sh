#!/bin/sh -e
# Seurat's cell cycle scores: make.sh SC_CELSEQ2.h5ad PYTHON (with anndata, scipy). Ensembl ids of the genes: src/cellcycle/genes.cpp.
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
"$2" "$here/make.py" "$1" "$here/../../../src/cellcycle/genes.cpp" "$work" "$here"
Rscript "$here/make.R" "$work" "$here"
rm -r "$work"
