#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/features.hpp"

namespace miura::cellcycle {

/// The bin of every gene, 0 .. bins - 1, by its sum: the values are cut at their quantiles (R's type 7), a value on a
/// cut belongs to the upper bin; ggplot2's cut_number, which Seurat uses.
std::vector<std::int32_t> expression_bins(std::span<const std::int64_t> sum, std::int32_t bins);

/// The control genes of a list, ascending, each once: for each of the list's columns `wanted` genes of its bin, those
/// whose hash with it is lowest.
std::vector<std::int32_t> control_genes(const matrix::Features& features, std::span<const std::int32_t> bin,
                                        std::span<const std::int32_t> list, std::int32_t wanted, std::uint64_t seed);

}  // namespace miura::cellcycle
