# The work of `miura run` by Seurat, one thread: lots with role train (10x files) up to their clusters; with "whole" markers,
# layout, and the cells of the other lots mapped by anchors, all lots of a source and role together.
#
#   Rscript seurat_study.R SAMPLES.csv OUT.rds [whole]
#
# Prints a line a stage: name, wall seconds, CPU seconds (tab-separated). Variable genes are chosen over all cells, not a lot
# each (Seurat needs a list of objects for that), and clusters are Louvain's (its Leiden is leidenalg in Python).
suppressMessages({
  library(Seurat)
  library(Matrix)
})
paths <- commandArgs(TRUE)
last <- proc.time()
stage_ends <- function(name) {
  now <- proc.time()
  used <- now - last
  cat(sprintf("%s\t%.2f\t%.2f\n", name, used["elapsed"], used["user.self"] + used["sys.self"]))
  last <<- now
}

sheet <- read.csv(paths[1], colClasses = "character")
others <- sheet[sheet$role != "train", ]
sheet <- sheet[sheet$role == "train", ]
read_lot <- function(lot, path) {
  file <- file.path(dirname(paths[1]), path)
  counts <- if (dir.exists(file)) Read10X(file) else Read10X_h5(file)
  colnames(counts) <- paste(lot, colnames(counts), sep = "_")
  counts
}
counts <- do.call(cbind, Map(read_lot, sheet$lot, sheet$path))
stage_ends("read")

good_cells <- function(cells) {
  cells[["percent.mt"]] <- PercentageFeatureSet(cells, pattern = "^MT-")
  subset(cells, subset = nCount_RNA >= 500 & nFeature_RNA >= 200 & percent.mt <= 20)
}
cells <- good_cells(CreateSeuratObject(counts, min.cells = 3))
rm(counts)
stage_ends("quality control")
cells <- NormalizeData(cells, verbose = FALSE)
stage_ends("normalize")
cells <- FindVariableFeatures(cells, nfeatures = 2000, verbose = FALSE)
stage_ends("variable genes")
cells <- ScaleData(cells, verbose = FALSE)
stage_ends("scale")
cells <- RunPCA(cells, npcs = 50, verbose = FALSE)
stage_ends("pca")
cells <- FindNeighbors(cells, dims = 1:50, verbose = FALSE)
stage_ends("neighbors")
cells <- FindClusters(cells, resolution = 0.5, verbose = FALSE)
stage_ends("cluster")
if ("whole" %in% paths) {
  markers <- FindAllMarkers(cells, verbose = FALSE) # its default: genes in a tenth of the cells, folds of 0.25 and more
  stage_ends("markers")
  cells <- RunUMAP(cells, dims = 1:50, verbose = FALSE)
  stage_ends("umap")
  for (query in split(others, paste(others$role, others$source))) {
    counts <- do.call(cbind, Map(read_lot, query$lot, query$path))
    asked <- NormalizeData(good_cells(CreateSeuratObject(counts)), verbose = FALSE)
    stage_ends("read other lots")
    anchors <- FindTransferAnchors(cells, asked, dims = 1:30, verbose = FALSE)
    labels <- TransferData(anchors, Idents(cells), dims = 1:30, verbose = FALSE)
    stage_ends("map")
    saveRDS(labels, sub("rds$", paste(query$role[1], query$source[1], "rds", sep = "."), paths[2]), compress = FALSE)
  }
}
saveRDS(cells, paths[2], compress = FALSE)
stage_ends("write")
message(sprintf("%d cells, %d genes, %d clusters", ncol(cells), nrow(cells), nlevels(Idents(cells))))
