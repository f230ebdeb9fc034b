#!/usr/bin/env Rscript
# Seurat's side of transfer_rivals.py. The reference, once; then a query, in a process of its own:
#
#   transfer_rivals.R reference FOLDER     FOLDER/lots/*.h5 and states.tsv -> reference.rds
#   transfer_rivals.R query FOLDER OUT.tsv     FOLDER/query.h5 -> barcode, label; prints the CPU seconds of the two functions
suppressPackageStartupMessages(library(Seurat))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[2]
set.seed(1)
if (arguments[1] == "reference") {
  state <- read.delim(file.path(folder, "states.tsv"))
  lots <- lapply(split(state, state$lot), function(of) {
    counts <- suppressWarnings(Read10X_h5(file.path(folder, "lots", paste0(of$lot[1], ".h5"))))
    colnames(counts) <- paste(of$lot[1], colnames(counts), sep = "_")
    counts
  })
  reference <- suppressWarnings(CreateSeuratObject(do.call(cbind, lots), min.cells = 3))
  reference <- FindVariableFeatures(NormalizeData(reference, verbose = FALSE), nfeatures = 2000, verbose = FALSE)
  reference <- RunPCA(ScaleData(reference, verbose = FALSE), npcs = 50, verbose = FALSE)
  reference$state <- state$state[match(colnames(reference), paste(state$lot, state$barcode, sep = "_"))]
  saveRDS(reference, file.path(folder, "reference.rds"), compress = FALSE)
} else {
  reference <- readRDS(file.path(folder, "reference.rds"))
  query <- suppressWarnings(CreateSeuratObject(Read10X_h5(file.path(folder, "query.h5"))))
  query <- NormalizeData(query, verbose = FALSE)
  started <- proc.time()
  anchors <- FindTransferAnchors(reference = reference, query = query, dims = 1:30, verbose = FALSE)
  found <- TransferData(anchorset = anchors, refdata = reference$state, dims = 1:30, verbose = FALSE)
  cat(sprintf("%.2f\n", sum((proc.time() - started)[1:2])))
  write.table(data.frame(barcode = colnames(query), label = found$predicted.id), arguments[3], sep = "\t", quote = FALSE, row.names = FALSE)
}
