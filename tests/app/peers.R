# Seurat's clusters of the cells of an h5ad file with counts as CSR in X, everything at its defaults.
# usage: peers.R CELLS.h5ad OUT.tsv
suppressMessages({
  library(Seurat)
  library(Matrix)
  library(hdf5r)
})
paths <- commandArgs(TRUE)
f <- H5File$new(paths[1], mode = "r")
names_of <- function(group) group[[h5attr(group, "_index")]][]
x <- f[["X"]]
counts <- sparseMatrix(
  i = x[["indices"]][] + 1, p = x[["indptr"]][], x = as.numeric(x[["data"]][]), dims = rev(h5attr(x, "shape")),
  dimnames = list(names_of(f[["var"]]), names_of(f[["obs"]]))
)
cells <- CreateSeuratObject(counts, min.cells = 3)
cells <- NormalizeData(cells, verbose = FALSE)
cells <- FindVariableFeatures(cells, verbose = FALSE)
cells <- ScaleData(cells, verbose = FALSE)
cells <- RunPCA(cells, verbose = FALSE)
cells <- FindNeighbors(cells, verbose = FALSE)
cells <- FindClusters(cells, verbose = FALSE)
write.table(data.frame(cell = colnames(cells), cluster = as.character(Idents(cells))), paths[2],
  sep = "\t", quote = FALSE, row.names = FALSE
)
