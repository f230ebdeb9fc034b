#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "differential/design.hpp"
#include "differential/hits.hpp"
#include "miura/differential/two_groups.hpp"
#include "miura/permutation/labelings.hpp"

namespace miura::differential {

/// What a test finds under one relabeling of the samples.
struct RelabeledHits {
  std::int64_t labeling;
  Hits hits;
};

/// The hits of a permutation test under relabeled samples. The p of a probe under a labeling is its rank among all of
/// them, as in minP (Ge, Dudoit & Speed 2003, Test 12:1): relabeling what was relabeled gives the same labelings again.
/// Of a probe with missing values it is the rank among labelings that leave as many of its samples in each group.
class RelabeledTests {
public:
  /// `tested` holds the tested values, `table` those in which the least difference is meant; `labelings` are those of
  /// the test. All are kept by reference.
  RelabeledTests(const matrix::Measurements& tested, const matrix::Measurements& table, const Compared& compared,
                 const Options& options, const permutation::Labelings& labelings);

  /// So many that what is significant by itself takes half a gigabyte over all ranks.
  std::int64_t labelings_at_once() const noexcept;

  /// Hits under labelings first, first + 1 ... below end, of those that fall to this rank (the number modulo the size
  /// of the communicator), in their order. Collective; probes are dealt over ranks and threads.
  std::vector<RelabeledHits> find(MPI_Comm comm, std::int64_t first, std::int64_t end) const;

private:
  struct Seen;
  struct Significant;
  struct Room;
  /// Statistics of probes from, from + 1 ... of the group under all labelings: [b * n + i].
  void compute(const ProbesOfSamples& group, const Seen& seen, std::int64_t from, std::int64_t n, Room& room) const;
  /// Adds what is significant by itself under labelings [first, end).
  void look_at(const ProbesOfSamples& group, const Seen& seen, std::int64_t from, std::int64_t n, std::int64_t first,
               std::int64_t end, Room& room, Significant& found) const;
  bool can_be_significant(const ProbesOfSamples& group, std::span<const std::int32_t> label) const;
  /// `family`: probes that are tested under the labeling.
  Hits hits_of(std::int64_t labeling, std::int64_t family,
               std::vector<std::pair<double, std::int64_t>>& significant) const;

  const matrix::Measurements &tested_, &table_;
  const Compared& compared_;
  const Options& options_;
  const permutation::Labelings& labelings_;
  std::vector<ProbesOfSamples> groups_;  ///< without rows that are constant
};

}  // namespace miura::differential
