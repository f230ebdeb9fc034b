# Answers of limma for tests/differential: Rscript make_golden.R, R 4.2.2 with limma 3.54.1 (Debian 12).
suppressMessages(library(limma))
set.seed(4)
n <- 40; k <- 9
x <- matrix(rnorm(n * k, sd = sqrt(1 / rgamma(n, 1.5, 1.5))), n, k)
x[1:4, 5:9] <- x[1:4, 5:9] + 3
x <- round(x, 4)
x[5, 1] <- NA; x[6, c(1, 2)] <- NA; x[7, 5:8] <- NA; x[8, c(2, 7)] <- NA
group <- c(0, 0, 0, 0, 1, 1, 1, 1, 1)
colnames(x) <- paste0("s", 1:k); rownames(x) <- paste0("f", 1:n)
answer <- function(x, design, coefficient) {
  f <- eBayes(lmFit(x, design))
  d <- data.frame(feature = rownames(x), difference = f$coefficients[, coefficient], t = f$t[, coefficient], df = f$df.total,
    p = f$p.value[, coefficient], q = p.adjust(f$p.value[, coefficient], "BH"), d0 = f$df.prior, s02 = f$s2.prior)
  format(d, digits = 15, trim = TRUE)
}
write <- function(d, name) write.table(d, name, sep = "\t", quote = FALSE, row.names = FALSE)
write(data.frame(feature = rownames(x), x), "values.tsv")
write(answer(x, cbind(1, group), 2), "limma_groups.tsv")
# samples 1-4 are paired with 5-8; d0 is that of differences, s02 half of theirs
pair <- factor(c(1:4, 1:4))
write(answer(x[, 1:8], model.matrix(~ pair + group[1:8]), 5), "limma_pairs.tsv")
# variances that are all alike: no finite prior
same <- round(matrix(sin(1:(n * 6) * 12.9898) * 2, n, 6), 4)
dimnames(same) <- list(rownames(x), paste0("s", 1:6))
write(data.frame(feature = rownames(same), same), "alike.tsv")
write(answer(same, cbind(1, c(0, 0, 0, 1, 1, 1)), 2), "limma_alike.tsv")
