#pragma once

#include <mpi.h>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"
#include "miura/integrate/batches.hpp"

namespace miura::app {

/// What is integrated, the primary one first: what was declared, or the default for the training lots.
integrate::Plan integration_plan(const matrix::Lots& lots, const RunOptions& o);

/// Throws for a declaration that the sample sheet cannot meet; InputError names the sheet.
void check_integration(const matrix::Lots& lots, const RunOptions& o, const std::filesystem::path& sheet);

/// Warnings: batches of a single lot, whose real difference from the others goes with the correction.
std::vector<std::string> doubts_about_integration(const matrix::Lots& lots, const RunOptions& o);

/// The same once outcomes are known: chemistries whose lots have one value of an outcome, which then goes with the
/// chemistry. `training` are the training lots, and outcomes have a value for each.
std::vector<std::string> doubts_about_integration(const matrix::Lots& training,
                                                  std::span<const association::Outcome> outcomes, const RunOptions& o);

/// Coordinates of my cells with those of training lots corrected, and NaN for the others: how they would lie among
/// corrected cells is for a mapping to say. Collective.
matrix::Embedding corrected_coordinates(MPI_Comm comm, const Study& study, integrate::By by, const RunOptions& o);

/// tables/integration.tsv: the clusters of each integration beside their counterparts in each later one, without
/// integration last, and what both have to do with the primary outcomes. Of each integration the partition at the
/// primary resolution and seed. `partitions` and `not_integrated` are over the training lots, `rows` of both of them.
/// No rows where there is one integration only. Collective.
matrix::Table integration_table(MPI_Comm comm, const Study& study, std::span<const matrix::Composition> partitions,
                                const std::optional<matrix::Composition>& not_integrated,
                                std::span<const association::Row> rows);

}  // namespace miura::app
