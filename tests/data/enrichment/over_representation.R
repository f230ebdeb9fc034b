# What R says of picked.txt among universe.txt. Run: Rscript over_representation.R > over_representation.tsv
universe <- readLines("universe.txt")
picked <- intersect(readLines("picked.txt"), universe)
sets <- lapply(strsplit(readLines("sets.gmt"), "\t"), function(row) list(name = row[1], genes = intersect(row[-(1:2)], universe)))
sets <- Filter(function(s) length(s$genes) >= 5, sets)
k <- sapply(sets, function(s) length(intersect(s$genes, picked)))
K <- sapply(sets, function(s) length(s$genes))
p <- phyper(k - 1, K, length(universe) - K, length(picked), lower.tail = FALSE)
fisher <- mapply(function(k, K) fisher.test(matrix(c(k, K - k, length(picked) - k, length(universe) - K - length(picked) + k), 2),
                                            alternative = "greater")$p.value, k, K)
stopifnot(all.equal(p, fisher))
write.table(data.frame(set = sapply(sets, `[[`, "name"), k, K, p = sprintf("%.17g", p), fdr = sprintf("%.17g", p.adjust(p, "BH"))),
            sep = "\t", quote = FALSE, row.names = FALSE)
