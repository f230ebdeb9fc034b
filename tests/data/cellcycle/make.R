suppressMessages({library(Seurat); library(Matrix)})
where <- commandArgs(TRUE)
score <- function(name, cells, ...) {
  counts <- readMM(file.path(where[1], paste0(name, ".mtx")))
  dimnames(counts) <- list(readLines(file.path(where[1], paste0(name, ".genes"))), cells)
  object <- NormalizeData(CreateSeuratObject(as(counts, "CsparseMatrix")), verbose = FALSE)
  lapply(list(...), function(options) {
    scored <- do.call(CellCycleScoring, c(list(object, s.features = cc.genes.updated.2019$s.genes,
                                               g2m.features = cc.genes.updated.2019$g2m.genes), options))
    scored[[c("S.Score", "G2M.Score", "Phase")]]
  })
}
write <- function(table, name)
  write.table(format(table, digits = 12), file.path(where[2], name), sep = "\t", quote = FALSE, row.names = FALSE)
write(score("planted", paste0("c", 1:60), list(ctrl = 100, nbin = 4))[[1]], "planted_seurat.tsv")
cells <- readLines(file.path(where[1], "real.cells"))
real <- score("real", cells, list(seed = 1), list(seed = 2))
write(cbind(cell = cells, real[[1]], setNames(real[[2]], c("S.Score2", "G2M.Score2", "Phase2"))), "celseq2_seurat.tsv")
cat(cor(real[[1]]$S.Score, real[[2]]$S.Score), cor(real[[1]]$G2M.Score, real[[2]]$G2M.Score), mean(real[[1]]$Phase == real[[2]]$Phase), "\n")
