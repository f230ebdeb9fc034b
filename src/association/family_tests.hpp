#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "association/row_tests.hpp"

namespace miura::association {

/// UsageError for outcomes, primary names or an alpha that cannot be meant.
void check(std::span<const Outcome> outcomes, std::int32_t n_lots, const Options& options);

/// The outcomes of the primary and of the secondary family, in their order; a family without outcomes is left out.
std::vector<std::pair<std::string, std::vector<const Outcome*>>> families_of(std::span<const Outcome> outcomes,
                                                                             const Options& options);

/// Tests every row that has a rho by itself, over its own lots; rows that cannot reach alpha become TOO_MANY_TIES.
/// Collective.
void test_each(std::span<Tested> rows, const Options& options, const RowTests& tests);

/// Tests the rows in the family. One relabeling of the lots that have all outcomes serves all; where these are fewer
/// than 5, each outcome is tested on its own lots and Holm's method goes between them. A feature that is missing in one
/// of these lots is not tested. Then p_holm and q_bh. Returns the lots of each row's maxT. Collective.
std::vector<const Lots*> test_family(std::span<Tested> rows, const LotDesign& design, const Options& options,
                                     const RowTests& tests, LotSets& lot_sets, Family& family);

/// Declares rows with p_max_t_step <= alpha and, where cells are few, p_adj_n <= alpha.
void declare(std::span<Tested> rows, const Options& options, Family& family);

/// Rows of a family that the one before it does not open are EXPLORATORY.
void gate(std::span<Tested> rows, std::span<const Family> earlier);

}  // namespace miura::association
