#include "miura/cluster/labels.hpp"

#include <algorithm>
#include <numeric>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/agreement.hpp"
#include "miura/stats/random.hpp"

namespace miura::cluster {
namespace {

std::int64_t pairs_within(std::span<const std::int64_t> sizes, MPI_Comm comm) {
  std::int64_t pairs = 0;
  for (const auto n : sizes) pairs += stats::pairs_of(n);
  return parallel::sum_over_ranks(comm, pairs);
}

/// How many items of all ranks have each key; every key is counted by one rank. Collective.
std::vector<std::int64_t> count_keys(MPI_Comm comm, std::vector<std::int64_t> keys) {
  const auto ranks = static_cast<std::uint64_t>(parallel::size_of(comm));
  std::vector<std::vector<std::int64_t>> send(ranks);  // key, count
  std::ranges::sort(keys);
  for (auto at = keys.begin(); at != keys.end();) {
    const auto end = std::upper_bound(at, keys.end(), *at);
    auto& to = send[stats::mix(static_cast<std::uint64_t>(*at)) % ranks];
    to.insert(to.end(), {*at, end - at});
    at = end;
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> counted;
  for (const auto& part : parallel::exchange(comm, send))
    for (std::size_t i = 0; i < part.size(); i += 2) counted.emplace_back(part[i], part[i + 1]);
  std::ranges::sort(counted);
  std::vector<std::int64_t> count;
  for (std::size_t i = 0; i < counted.size(); ++i) {
    if (i == 0 || counted[i].first != counted[i - 1].first) count.push_back(0);
    count.back() += counted[i].second;
  }
  return count;
}

}  // namespace

NumberedLabels number_by_size(MPI_Comm comm, std::span<const std::int32_t> label) {
  const std::int32_t own_largest = label.empty() ? -1 : *std::ranges::max_element(label);
  const auto n_ids = parallel::max_over_ranks(comm, own_largest) + 1;
  const auto n_local = std::ssize(label);
  const auto first_item = parallel::sum_of_lower_ranks(comm, n_local);
  const auto behind = parallel::sum_over_ranks(comm, n_local);
  std::vector<std::int64_t> size(n_ids), first(n_ids, behind);
  for (std::int64_t i = 0; i < n_local; ++i) {
    ++size[label[i]];
    first[label[i]] = std::min(first[label[i]], first_item + i);
  }
  parallel::sum_over_ranks(comm, size);
  MPI_Allreduce(MPI_IN_PLACE, first.data(), n_ids, MPI_INT64_T, MPI_MIN, comm);

  std::vector<std::int32_t> order(n_ids);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::int32_t a, std::int32_t b) {
    return size[a] != size[b] ? size[a] > size[b] : first[a] < first[b];
  });
  NumberedLabels numbered;
  std::vector<std::int32_t> number(n_ids);
  for (const auto id : order)
    if (size[id] > 0) number[id] = numbered.n++;
  numbered.label.reserve(label.size());
  for (const auto id : label) numbered.label.push_back(number[id]);
  return numbered;
}

double adjusted_rand_index(MPI_Comm comm, std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  std::vector<std::int64_t> both;
  both.reserve(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) both.push_back(std::int64_t{a[i]} << 32 | b[i]);
  return stats::adjusted_rand_index({.both = pairs_within(count_keys(comm, std::move(both)), comm),
                                     .first = pairs_within(count_keys(comm, {a.begin(), a.end()}), comm),
                                     .second = pairs_within(count_keys(comm, {b.begin(), b.end()}), comm),
                                     .all = stats::pairs_of(parallel::sum_over_ranks(comm, std::ssize(a)))});
}

}  // namespace miura::cluster
