# The work of `miura run` up to the clusters, by Seurat: all lots of a sample sheet of 10x files, one thread.
#
#   Rscript seurat_study.R SAMPLES.csv OUT.rds
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
read_lot <- function(lot, path) {
  file <- file.path(dirname(paths[1]), path)
  counts <- if (dir.exists(file)) Read10X(file) else Read10X_h5(file)
  colnames(counts) <- paste(lot, colnames(counts), sep = "_")
  counts
}
counts <- do.call(cbind, Map(read_lot, sheet$lot, sheet$path))
stage_ends("read")

cells <- CreateSeuratObject(counts, min.cells = 3)
rm(counts)
cells[["percent.mt"]] <- PercentageFeatureSet(cells, pattern = "^MT-")
cells <- subset(cells, subset = nCount_RNA >= 500 & nFeature_RNA >= 200 & percent.mt <= 20)
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
saveRDS(cells, paths[2], compress = FALSE)
stage_ends("write")
message(sprintf("%d cells, %d genes, %d clusters", ncol(cells), nrow(cells), nlevels(Idents(cells))))
