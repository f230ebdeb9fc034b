#!/usr/bin/env Rscript
# Wilcoxon's test of Seurat's FindMarkers on the cells that markers_rivals.py has written: cluster 0 against the rest, on the
# first GENES genes (default 200; Seurat tests gene by gene, so the time of all is in proportion).
#
#   markers_rivals.R PREFIX [GENES]
suppressPackageStartupMessages({
  library(Matrix)
  library(Seurat)
})
arguments <- commandArgs(trailingOnly = TRUE)
prefix <- arguments[1]
n <- if (length(arguments) > 1) as.integer(arguments[2]) else 200
whole <- function(end, what, size) {
  file <- paste0(prefix, end)
  readBin(file, what, file.size(file) / size, size)
}
counted <- function(end) {  # 64-bit integers: low and high halves
  halves <- matrix(whole(end, "integer", 4), 2)
  ifelse(halves[1, ] < 0, halves[1, ] + 2^32, halves[1, ]) + halves[2, ] * 2^32
}
size <- counted(".size")
x <- new("dgCMatrix", p = as.integer(counted(".start")), i = whole(".gene", "integer", 4), x = whole(".x", "numeric", 4),
         Dim = as.integer(size[2:1]))
dimnames(x) <- list(paste0("g", seq_len(size[2])), paste0("c", seq_len(size[1])))
label <- whole(".label", "integer", 4)
cells <- CreateSeuratObject(x[seq_len(n), ])  # the slot of normalised values takes what it is given
Idents(cells) <- label
started <- proc.time()
found <- FindMarkers(cells, ident.1 = 0, test.use = "wilcox", min.pct = 0, logfc.threshold = 0, verbose = FALSE)
used <- sum((proc.time() - started)[1:2])
cat(sprintf("Seurat %s: %.2f CPU s for %d genes of one cluster, %.0f s for %d genes of %d clusters; presto %s, limma %s\n",
            packageVersion("Seurat"), used, n, used / n * size[2] * size[3], as.integer(size[2]), as.integer(size[3]),
            requireNamespace("presto", quietly = TRUE), requireNamespace("limma", quietly = TRUE)))
