#include "miura/knn/shared_neighbors.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "knn/row_request.hpp"
#include "miura/base/error.hpp"
#include "miura/base/memory.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::knn {

namespace {

constexpr std::int64_t points_a_round = 8192;
constexpr std::int64_t points_a_part = 256;  // of the graph, made by one thread
constexpr std::int64_t weight_steps = 65'536;
constexpr std::int64_t most_mentions =
    50'000;  // of one point among the nearest of others; hubs of real data have hundreds

/// Neighbourhoods: each point with its k - 1 nearest others.
class Neighborhoods {
public:
  Neighborhoods(const matrix::Neighbors& neighbors, std::int32_t k, std::int64_t first)
      : neighbors_(neighbors),
        others_(static_cast<std::int32_t>(std::min<std::int64_t>(k, neighbors.queries.size()) - 1)),
        first_(first) {}

  std::int32_t size() const noexcept { return others_ + 1; }
  /// Calls visit(member) for all members of a local point's neighbourhood.
  template <class Visit>
  void for_each_member(std::int64_t local, Visit&& visit) const {
    visit(first_ + local);
    for (const auto other : others(local)) visit(other);
  }
  std::span<const std::int64_t> others(std::int64_t local) const noexcept {
    return std::span(neighbors_.id).subspan(local * neighbors_.k, others_);
  }

private:
  const matrix::Neighbors& neighbors_;
  std::int32_t others_;
  std::int64_t first_;
};

/// Lists of global indices, one after another.
struct Lists {
  std::vector<std::int64_t> start{0};
  std::vector<std::int64_t> member;

  std::span<const std::int64_t> operator[](std::int64_t i) const noexcept {
    return std::span(member).subspan(start[i], start[i + 1] - start[i]);
  }
};

/// All points of a heap of identical ones have the same neighbours (ties go by index), and all pairs of them would be
/// edges.
void refuse_heaps(MPI_Comm comm, const Lists& inverse) {
  std::int64_t longest = 0;
  for (std::size_t i = 0; i + 1 < inverse.start.size(); ++i)
    longest = std::max(longest, inverse.start[i + 1] - inverse.start[i]);
  longest = parallel::max_over_ranks(comm, longest);
  if (longest > most_mentions)
    throw InputError(
        {}, std::to_string(longest) + " cells have one and the same cell among their nearest neighbours, which " +
                "happens where as many are identical (empty or constant rows?): no graph can be made of them");
}

/// For each point of this rank, ascending, all points of whose neighbourhood it is a member.
Lists invert(MPI_Comm comm, const Neighborhoods& hoods, const parallel::Partition& points) {
  const int rank = parallel::rank_of(comm);
  const auto first = points.begin(rank), n_local = points.n_local(rank);
  struct Mentions {
    std::vector<std::int32_t> of;  // local index
    std::vector<std::int64_t> by;  // global index
  };
  std::vector<Mentions> rounds;
  Lists inverse;
  inverse.start.assign(n_local + 1, 0);
  in_rounds(comm, n_local, 8 * points_a_round, [&](std::int64_t from, std::int64_t to) {
    std::vector<std::vector<std::int64_t>> send(points.ranks());
    for (auto i = from; i < to; ++i)
      hoods.for_each_member(i, [&](std::int64_t member) {
        auto& parcel = send[points.owner(member)];
        parcel.insert(parcel.end(), {member, first + i});
      });
    auto& mentions = rounds.emplace_back();
    for (const auto& parcel : parallel::exchange(comm, send))
      for (std::size_t at = 0; at < parcel.size(); at += 2) {
        mentions.of.push_back(static_cast<std::int32_t>(parcel[at] - first));
        mentions.by.push_back(parcel[at + 1]);
        ++inverse.start[mentions.of.back() + 1];
      }
  });
  for (std::int64_t i = 0; i < n_local; ++i) inverse.start[i + 1] += inverse.start[i];
  inverse.member.resize(inverse.start.back());
  std::vector<std::int64_t> end(inverse.start.begin(), inverse.start.end() - 1);
  for (auto& mentions : rounds) {
    for (std::size_t at = 0; at < mentions.of.size(); ++at) inverse.member[end[mentions.of[at]]++] = mentions.by[at];
    mentions = {};
  }
  for (std::int64_t i = 0; i < n_local; ++i)
    std::sort(inverse.member.begin() + inverse.start[i], inverse.member.begin() + end[i]);
  return inverse;
}

/// Lists that this rank needs, in order of the request; every owner looks them up in its `mine`.
Lists fetch(MPI_Comm comm, const RowRequest& request, const Lists& mine, std::int64_t first) {
  std::vector<std::vector<std::int64_t>> lengths, members;
  for (const auto& rows : request.asked()) {
    auto& length = lengths.emplace_back();
    auto& member = members.emplace_back();
    for (const auto row : rows) {
      const auto list = mine[row - first];
      length.push_back(std::ssize(list));
      member.insert(member.end(), list.begin(), list.end());
    }
  }
  Lists fetched;
  for (const auto length : joined(parallel::exchange(comm, lengths)))
    fetched.start.push_back(fetched.start.back() + length);
  fetched.member = joined(parallel::exchange(comm, members));
  return fetched;
}

/// Counts how often each point is mentioned: a hash table with open addressing, emptied after each use.
class Tally {
public:
  void expect(std::int64_t mentions) {
    const auto slots = std::bit_ceil(static_cast<std::uint64_t>(2 * mentions + 1));
    if (slots <= slot_.size()) return;
    slot_.assign(slots, {-1, 0});
    shift_ = 64 - std::countr_zero(slots);
  }
  void add(std::int64_t point) {
    auto at = static_cast<std::uint64_t>(point) * 0x9E3779B97F4A7C15U >> shift_;
    while (slot_[at].first != point && slot_[at].first >= 0) at = (at + 1) & (slot_.size() - 1);
    if (slot_[at].first < 0) {
      slot_[at].first = point;
      used_.push_back(at);
    }
    ++slot_[at].second;
  }
  /// Calls visit(point, mentions) for all points, in no useful order, and forgets them.
  template <class Visit>
  void drain(Visit&& visit) {
    for (const auto at : used_) {
      visit(slot_[at].first, slot_[at].second);
      slot_[at] = {-1, 0};
    }
    used_.clear();
  }

private:
  std::vector<std::pair<std::int64_t, std::int32_t>> slot_;
  std::vector<std::uint64_t> used_;
  int shift_ = 63;
};

/// The weight of an edge for each number of shared points; 0 where it is pruned.
std::vector<std::int32_t> weight_of_shared(std::int32_t size, double prune) {
  std::vector<std::int32_t> weight(size + 1, 0);
  for (std::int32_t s = 1; s <= size; ++s) {
    const std::int64_t together = 2 * std::int64_t{size} - s;
    if (static_cast<double>(s) / static_cast<double>(together) < prune) continue;
    weight[s] = static_cast<std::int32_t>((2 * weight_steps * s + together) / (2 * together));
  }
  return weight;
}

/// Edges of consecutive points.
struct Part {
  std::vector<std::int64_t> degree;
  std::vector<std::int64_t> neighbor;
  std::vector<std::int32_t> weight;
};

/// What the edges of one round of points are made from.
struct Round {
  const Neighborhoods& hoods;
  const Lists& inverse;  ///< of this rank's points
  const RowRequest& request;
  const Lists& mentions;  ///< inverse lists of all members of the round's neighbourhoods
  const std::vector<std::int32_t>& weight;
  SharedEdges edges;
  std::int64_t first;
};

Part edges_of(const Round& round, std::int64_t from, std::int64_t to, Tally& tally) {
  Part part;
  std::vector<std::pair<std::int64_t, std::int32_t>> edges;
  std::vector<std::span<const std::int64_t>> lists;
  for (auto i = from; i < to; ++i) {
    lists.clear();
    std::int64_t mentions = 0;
    round.hoods.for_each_member(i, [&](std::int64_t member) {
      lists.push_back(round.mentions[round.request.position(member)]);
      mentions += std::ssize(lists.back());
    });
    tally.expect(mentions);
    for (const auto& list : lists)
      for (const auto point : list) tally.add(point);

    edges.clear();
    const auto is_near = [&](std::int64_t j) {
      return std::ranges::binary_search(round.inverse[i], j) ||
             std::ranges::find(round.hoods.others(i), j) != round.hoods.others(i).end();
    };
    tally.drain([&](std::int64_t j, std::int32_t shared) {
      if (j == round.first + i || round.weight[shared] == 0) return;
      if (round.edges == SharedEdges::all_sharing || is_near(j)) edges.emplace_back(j, round.weight[shared]);
    });
    std::ranges::sort(edges);
    for (const auto& [j, weight] : edges) {
      part.neighbor.push_back(j);
      part.weight.push_back(weight);
    }
    part.degree.push_back(std::ssize(edges));
  }
  part.neighbor.shrink_to_fit();
  part.weight.shrink_to_fit();
  return part;
}

/// Frees each part once it is copied, so that the edges are never held twice.
matrix::Graph assemble(std::vector<Part> parts, const parallel::Partition& vertices) {
  matrix::Graph graph{vertices, {0}, {}, {}, 1.0 / static_cast<double>(weight_steps)};
  std::int64_t n_edges = 0;
  for (const auto& part : parts) n_edges += std::ssize(part.neighbor);
  graph.neighbor.reserve(n_edges);
  graph.weight.reserve(n_edges);
  for (auto& part : parts) {
    for (const auto degree : part.degree) graph.row_start.push_back(graph.row_start.back() + degree);
    graph.neighbor.insert(graph.neighbor.end(), part.neighbor.begin(), part.neighbor.end());
    graph.weight.insert(graph.weight.end(), part.weight.begin(), part.weight.end());
    part = {};
  }
  return graph;
}

}  // namespace

matrix::Graph shared_neighbors(MPI_Comm comm, const matrix::Neighbors& neighbors,
                               const SharedNeighborOptions& options) {
  if (options.k < 1 || options.k - 1 > neighbors.k)
    throw UsageError("neighbourhoods of " + std::to_string(options.k) + " points, themselves counted, need their " +
                     std::to_string(options.k - 1) + " nearest others; there are " + std::to_string(neighbors.k));
  const auto& points = neighbors.queries;
  const int rank = parallel::rank_of(comm);
  const auto first = points.begin(rank), n_local = points.n_local(rank);
  const Neighborhoods hoods(neighbors, options.k, first);
  parallel::together(comm, [&] {
    for (std::int64_t i = 0; i < n_local; ++i)
      for (const auto other : hoods.others(i))
        if (other < 0 || other >= points.size() || other == first + i)
          throw std::logic_error("shared neighbours of points whose neighbours are not other points of the same set");
  });
  const auto inverse = invert(comm, hoods, points);
  refuse_heaps(comm, inverse);
  const auto weight = weight_of_shared(hoods.size(), options.prune);

  std::vector<Part> parts;
  in_rounds(comm, n_local, points_a_round, [&](std::int64_t from, std::int64_t to) {
    give_back_freed_memory_above();
    std::vector<std::int64_t> members;
    for (auto i = from; i < to; ++i) hoods.for_each_member(i, [&](std::int64_t member) { members.push_back(member); });
    const RowRequest request(comm, points, std::move(members));
    const auto mentions = fetch(comm, request, inverse, first);
    const Round round{hoods, inverse, request, mentions, weight, options.edges, first};

    const auto done = std::ssize(parts), more = (to - from + points_a_part - 1) / points_a_part;
    parts.resize(done + more);
#pragma omp parallel if (more > 1)
    {
      Tally tally;
#pragma omp for schedule(dynamic)
      for (std::int64_t p = 0; p < more; ++p) {
        const auto begin = from + p * points_a_part;
        parts[done + p] = edges_of(round, begin, std::min(begin + points_a_part, to), tally);
      }
    }
  });
  return assemble(std::move(parts), points);
}

}  // namespace miura::knn
