# The same planted studies by limma: what speckle's propeller does with a continuous outcome (arcsine square root of the
# shares, a linear model, robust moderated t). Usage: Rscript moderated_t.R FOLDER, written by calibrate --write FOLDER.
suppressMessages(library(limma))
folder <- commandArgs(trailingOnly = TRUE)[1]
cat("| correlation | cells a lot | lots | studies | any p <= .05 | Bonferroni | BH |\n|---|---|---|---|---|---|---|\n")
files <- list.files(folder, pattern = "\\.tsv$")
design_of <- do.call(rbind, strsplit(sub("\\.tsv$", "", files), "_"))
for (i in order(-as.numeric(design_of[, 3]), as.numeric(design_of[, 1]), as.numeric(design_of[, 2]))) {
  table <- read.delim(file.path(folder, files[i]))
  rho <- as.numeric(design_of[i, 2])
  found <- vapply(split(table, table$study), function(s) {
    counts <- t(as.matrix(s[, grep("^c[0-9]+$", names(s))]))
    x <- asin(sqrt(sweep(counts, 2, colSums(counts), "/")))
    fit <- eBayes(lmFit(x, model.matrix(~ s$outcome)), robust = TRUE)
    p <- fit$p.value[, 2]
    counted <- if (rho > 0) 3 else seq_along(p) # the causal cluster is c2
    c(any(p[counted] <= .05), any(p[counted] * length(p) <= .05), any(p.adjust(p, "BH")[counted] <= .05))
  }, logical(3))
  cat(sprintf("| %s | %s | %s | %d | %.3f | %.3f | %.3f |\n", design_of[i, 2],
              if (design_of[i, 3] == "500") "300-700" else design_of[i, 3], design_of[i, 1], ncol(found),
              mean(found[1, ]), mean(found[2, ]), mean(found[3, ])))
}
