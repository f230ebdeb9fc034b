#include "differential/relabeled_tests.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "miura/parallel/communicator.hpp"
#include "miura/permutation/paired_statistics.hpp"
#include "miura/permutation/two_sample_statistics.hpp"

namespace miura::differential {

/// All labelings as the known samples of some probes see them.
struct RelabeledTests::Seen {
  std::vector<std::vector<std::int32_t>> label;
  /// Labelings that leave as many samples in each group; where a group is left with one, none is tested.
  std::vector<std::vector<std::int64_t>> comparable;

  Seen(const ProbesOfSamples& group, const Compared& compared, const permutation::Labelings& labelings) {
    std::vector<std::int64_t> places;  // of the known samples, among all compared ones
    for (const auto sample : group.known.sample)
      places.push_back(std::ranges::lower_bound(compared.sample, sample) - compared.sample.begin());
    std::map<std::int64_t, std::vector<std::int64_t>> of_size;
    for (std::int64_t b = 0; b < labelings.size(); ++b) {
      const auto all = labelings(b);
      auto& own = label.emplace_back();
      for (const auto place : places) own.push_back(all[place]);
      of_size[std::ranges::count(own, 1)].push_back(b);
    }
    for (auto& [n1, numbers] : of_size)
      if (n1 >= 2 && std::ssize(places) - n1 >= 2) comparable.push_back(std::move(numbers));
  }
};

/// What is significant by itself, by the rank that counts it.
struct RelabeledTests::Significant {
  /// (labeling x probes of the table + probe) x 2, and 1 where the probe goes down; its p.
  std::vector<std::vector<std::int64_t>> key;
  std::vector<std::vector<double>> p;

  explicit Significant(int ranks) : key(ranks), p(ranks) {}
  void append(const Significant& other) {
    for (std::size_t r = 0; r < key.size(); ++r) {
      key[r].insert(key[r].end(), other.key[r].begin(), other.key[r].end());
      p[r].insert(p[r].end(), other.p[r].begin(), other.p[r].end());
    }
  }
};

/// Of a thread.
struct RelabeledTests::Room {
  std::vector<double> values, t, extreme, sorted;
};

namespace {

template <class Statistics>
void compute_all(const Statistics& statistics, const std::vector<std::vector<std::int32_t>>& label,
                 const std::vector<std::vector<std::int64_t>>& comparable, std::vector<double>& t) {
  typename Statistics::Scratch scratch;
  const auto n = statistics.n_features();
  t.resize(std::ssize(label) * n);
  for (const auto& numbers : comparable)
    for (const auto b : numbers) statistics.compute(label[b], 0, std::span(t).subspan(b * n, n), scratch);
}

/// The most labelings of n that may be as extreme for p to be at most alpha.
std::int64_t most_as_extreme(double alpha, std::int64_t n) {
  const auto p = [n](std::int64_t count) { return static_cast<double>(count) / static_cast<double>(n); };
  auto count = static_cast<std::int64_t>(alpha * static_cast<double>(n));
  while (p(count + 1) <= alpha) ++count;
  while (p(count) > alpha) --count;
  return count;
}

/// Calls found(number, p) for the labelings under which a statistic is significant; `extreme` has one of each labeling
/// of `numbers`. `sorted`: room.
template <class Found>
void find_significant(const std::vector<double>& extreme, const std::vector<std::int64_t>& numbers, double alpha,
                      std::vector<double>& sorted, Found found) {
  const auto n = std::ssize(numbers), most = most_as_extreme(alpha, n);
  if (most == 0) return;
  sorted = extreme;
  const auto beyond = sorted.begin() + most;  // alpha is below 1
  std::ranges::nth_element(sorted, beyond, std::greater{});
  std::sort(sorted.begin(), beyond, std::greater{});
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double least = permutation::least_equal_statistic(extreme[i]);
    if (*beyond >= least) continue;
    const auto as_extreme = std::upper_bound(sorted.begin(), beyond, least, std::greater{}) - sorted.begin();
    found(numbers[i], static_cast<double>(as_extreme) / static_cast<double>(n));
  }
}

}  // namespace

RelabeledTests::RelabeledTests(const matrix::Measurements& tested, const matrix::Measurements& table,
                               const Compared& compared, const Options& options,
                               const permutation::Labelings& labelings)
    : tested_(tested), table_(table), compared_(compared), options_(options), labelings_(labelings) {
  std::vector<std::uint8_t> varies;
  for (std::int64_t f = 0; f < tested.n_features(); ++f)
    varies.push_back(group_means(tested.of(f), compared, compared.group).constant ? 0 : 1);
  groups_ = probes_by_samples(tested, compared, varies);
}

std::int64_t RelabeledTests::labelings_at_once() const noexcept {
  constexpr double most_significant = 32e6;  // of 16 bytes
  const double of_labeling = options_.hits.alpha * static_cast<double>(std::max<std::int64_t>(table_.n_features(), 1));
  return std::max<std::int64_t>(static_cast<std::int64_t>(most_significant / of_labeling), 1);
}

void RelabeledTests::compute(const ProbesOfSamples& group, const Seen& seen, std::int64_t from, std::int64_t n,
                             Room& room) const {
  const auto n_known = static_cast<std::int32_t>(std::ssize(group.known.sample));
  const auto side = options_.relabelings.side;
  room.values.clear();
  append_values(tested_, group.known, std::span(group.probe).subspan(from, n), room.values);
  if (compared_.paired())
    compute_all(permutation::PairedStatistics(room.values, n_known, group.known.pairs, paired_of(options_.test), side),
                seen.label, seen.comparable, room.t);
  else
    compute_all(permutation::TwoSampleStatistics(room.values, n_known, two_sample_of(options_.test), side), seen.label,
                seen.comparable, room.t);
}

void RelabeledTests::look_at(const ProbesOfSamples& group, const Seen& seen, std::int64_t from, std::int64_t n,
                             std::int64_t first, std::int64_t end, Room& room, Significant& found) const {
  const auto ranks = std::ssize(found.key);
  compute(group, seen, from, n, room);
  for (const auto& numbers : seen.comparable)
    for (std::int64_t i = 0; i < n; ++i) {
      room.extreme.clear();
      for (const auto b : numbers)
        room.extreme.push_back(permutation::extreme_of(room.t[b * n + i], options_.relabelings.side));
      find_significant(room.extreme, numbers, options_.hits.alpha, room.sorted, [&](std::int64_t b, double p) {
        if (b < first || b >= end) return;
        const int down = room.t[b * n + i] > 0.0 ? 0 : 1;
        found.key[b % ranks].push_back(2 * (b * table_.n_features() + group.probe[from + i]) + down);
        found.p[b % ranks].push_back(p);
      });
    }
}

/// As compare_groups says LOW_N: no labeling of these samples reaches alpha.
bool RelabeledTests::can_be_significant(const ProbesOfSamples& group, std::span<const std::int32_t> label) const {
  return permutation::Labelings(label, group.known.pair, options_.relabelings).smallest_p(options_.relabelings.side) <=
         options_.hits.alpha;
}

std::vector<RelabeledHits> RelabeledTests::find(MPI_Comm comm, std::int64_t first, std::int64_t end) const {
  constexpr std::int64_t tile_size = 64;  // so few that their statistics under all labelings stay near
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  Significant all(ranks);
  std::vector<std::int64_t> family(end - first);
  std::int64_t n_tiles_before = 0;
  for (const auto& group : groups_) {
    const Seen seen(group, compared_, labelings_);
    for (const auto& numbers : seen.comparable)
      if (can_be_significant(group, seen.label[numbers.front()]))
        for (const auto b : numbers)
          if (b >= first && b < end) family[b - first] += std::ssize(group.probe);
    const auto n_tiles = (std::ssize(group.probe) + tile_size - 1) / tile_size;
#pragma omp parallel
    {
      Significant mine(ranks);
      Room room;
#pragma omp for schedule(dynamic)
      for (std::int64_t tile = 0; tile < n_tiles; ++tile) {
        if ((n_tiles_before + tile) % ranks != rank) continue;
        const auto from = tile * tile_size;
        look_at(group, seen, from, std::min(tile_size, std::ssize(group.probe) - from), first, end, room, mine);
      }
#pragma omp critical
      all.append(mine);
    }
    n_tiles_before += n_tiles;
  }
  const auto keys = parallel::exchange(comm, all.key);
  const auto p = parallel::exchange(comm, all.p);
  const auto first_mine = first + ((rank - first) % ranks + ranks) % ranks;
  std::vector<std::vector<std::pair<double, std::int64_t>>> of_labeling(
      first_mine < end ? (end - first_mine + ranks - 1) / ranks : 0);
  for (std::size_t r = 0; r < keys.size(); ++r)
    for (std::size_t i = 0; i < keys[r].size(); ++i) {
      const auto labeling = keys[r][i] / 2 / table_.n_features();
      of_labeling[(labeling - first_mine) / ranks].emplace_back(p[r][i], keys[r][i] % (2 * table_.n_features()));
    }
  std::vector<RelabeledHits> found;
  for (std::int64_t k = 0; k < std::ssize(of_labeling); ++k) {
    const auto labeling = first_mine + k * ranks;
    found.push_back({labeling, hits_of(labeling, family[labeling - first], of_labeling[k])});
  }
  return found;
}

/// `significant`: p, and twice the probe, one more where it goes down.
Hits RelabeledTests::hits_of(std::int64_t labeling, std::int64_t family,
                             std::vector<std::pair<double, std::int64_t>>& significant) const {
  const auto& rule = options_.hits;
  std::ranges::sort(significant);
  if (rule.by == HitRule::By::q) {  // those above alpha reach no q of alpha
    auto k = std::ssize(significant);
    while (k > 0 && static_cast<double>(family) / static_cast<double>(k) * significant[k - 1].first > rule.alpha) --k;
    significant.resize(k);
  }
  const auto label = labelings_(labeling);
  Hits hits;
  for (const auto& [p, probe_and_sign] : significant) {
    const auto probe = probe_and_sign / 2;
    if (rule.min_difference > 0.0) {
      const auto means = group_means(table_.of(probe), compared_, label);
      if (std::abs(means.mean1 - means.mean0) < rule.min_difference) continue;
    }
    (probe_and_sign % 2 == 0 ? hits.up : hits.down).push_back(probe);
  }
  std::ranges::sort(hits.up);
  std::ranges::sort(hits.down);
  return hits;
}

}  // namespace miura::differential
