#include "miura/knn/inverted_lists.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "knn/list_centers.hpp"
#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/matrix/moved_rows.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::knn {

namespace {

constexpr float infinitely_far = std::numeric_limits<float>::infinity();

/// Consecutive lists [begin, end).
struct Stretch {
  std::int64_t begin = 0, end = 0;
};

/// Things of this rank in order of the list that each goes to: thing[start[list]] and on go to `list`.
struct ByList {
  std::vector<std::int64_t> start, thing;
};

/// `list_of` tells the list of each thing.
ByList by_list(std::span<const std::int64_t> list_of, std::int64_t n_lists) {
  ByList sorted{std::vector<std::int64_t>(n_lists + 1), std::vector<std::int64_t>(list_of.size())};
  for (const auto list : list_of) ++sorted.start[list + 1];
  std::partial_sum(sorted.start.begin(), sorted.start.end(), sorted.start.begin());
  auto next = sorted.start;
  for (std::int64_t thing = 0; thing < std::ssize(list_of); ++thing) sorted.thing[next[list_of[thing]]++] = thing;
  return sorted;
}

std::vector<std::int64_t> sizes_over_ranks(MPI_Comm comm, const ByList& sorted) {
  std::vector<std::int64_t> size;
  for (std::size_t list = 0; list + 1 < sorted.start.size(); ++list)
    size.push_back(sorted.start[list + 1] - sorted.start[list]);
  parallel::sum_over_ranks(comm, std::span(size));
  return size;
}

/// The lists of each rank, so that ranks are asked about equally often.
std::vector<Stretch> owned_lists(std::span<const std::int64_t> questions, int ranks) {
  const auto all = std::accumulate(questions.begin(), questions.end(), std::int64_t{0});
  std::vector<Stretch> owned(ranks);
  std::int64_t list = 0, before = 0;
  for (int r = 0; r < ranks; ++r) {
    owned[r].begin = list;
    while (list < std::ssize(questions) && (r == ranks - 1 || before < (r + 1) * (all / ranks)))
      before += questions[list++];
    owned[r].end = list;
  }
  return owned;
}

/// The lists of a rank in portions of about so many questions.
std::vector<Stretch> portions(Stretch lists, std::span<const std::int64_t> questions, std::int64_t at_once) {
  std::vector<Stretch> cut;
  for (auto list = lists.begin; list < lists.end;) {
    Stretch portion{list, list};
    for (std::int64_t n = 0; portion.end < lists.end && (n == 0 || n + questions[portion.end] <= at_once);)
      n += questions[portion.end++];
    list = portion.end;
    cut.push_back(portion);
  }
  return cut;
}

/// What ranks have sent about consecutive lists: of each list how many things, and their coordinates.
struct Mail {
  std::vector<std::vector<std::int64_t>> count;  // from each rank: of each list
  std::vector<std::vector<float>> rows;
};

/// Sends the coordinates of things to the rank whose stretch of lists they go to. `point_of(thing)` is a local row.
template <class PointOf>
Mail send_rows(MPI_Comm comm, const matrix::Embedding& points, const ByList& things, std::span<const Stretch> to,
               PointOf&& point_of) {
  Mail send{std::vector<std::vector<std::int64_t>>(to.size()), std::vector<std::vector<float>>(to.size())};
  for (std::size_t r = 0; r < to.size(); ++r) {
    for (auto list = to[r].begin; list < to[r].end; ++list)
      send.count[r].push_back(things.start[list + 1] - things.start[list]);
    for (auto at = things.start[to[r].begin]; at < things.start[to[r].end]; ++at) {
      const auto row = points.row(point_of(things.thing[at]));
      send.rows[r].insert(send.rows[r].end(), row.begin(), row.end());
    }
  }
  return {parallel::exchange(comm, send.count), parallel::exchange(comm, send.rows)};
}

/// Of mail about n_lists lists, the rows of each list: by rank, then in the order of the sender.
std::vector<std::vector<float>> rows_by_list(const Mail& mail, std::int64_t n_lists, std::int64_t dims) {
  std::vector<std::vector<float>> rows(n_lists);
  for (std::size_t r = 0; r < mail.rows.size(); ++r) {
    auto from = mail.rows[r].begin();
    for (std::int64_t list = 0; list < n_lists; ++list) {
      const auto to = from + mail.count[r][list] * dims;
      rows[list].insert(rows[list].end(), from, to);
      from = to;
    }
  }
  return rows;
}

/// The points of this rank's lists, each list ascending by global index.
struct Lists {
  Stretch mine;
  std::vector<std::vector<float>> rows;
  std::vector<std::vector<std::int64_t>> id;
};

Lists gather_lists(MPI_Comm comm, const matrix::Embedding& points, std::span<const std::int64_t> list_of,
                   std::int64_t n_lists, std::span<const Stretch> owned) {
  const auto sorted = by_list(list_of, n_lists);
  const auto mail = send_rows(comm, points, sorted, owned, [](std::int64_t point) { return point; });
  const int rank = parallel::rank_of(comm);
  const auto first = points.points.begin(rank);
  std::vector<std::vector<std::int64_t>> send(owned.size());
  for (std::size_t r = 0; r < owned.size(); ++r)
    for (auto at = sorted.start[owned[r].begin]; at < sorted.start[owned[r].end]; ++at)
      send[r].push_back(first + sorted.thing[at]);
  const auto ids = parallel::exchange(comm, send);
  const auto n_mine = owned[rank].end - owned[rank].begin;
  Lists lists{owned[rank], rows_by_list(mail, n_mine, points.n_dims), std::vector<std::vector<std::int64_t>>(n_mine)};
  for (std::size_t r = 0; r < ids.size(); ++r) {
    auto from = ids[r].begin();
    for (std::int64_t list = 0; list < n_mine; ++list) {
      lists.id[list].insert(lists.id[list].end(), from, from + mail.count[r][list]);
      from += mail.count[r][list];
    }
  }
  return lists;
}

/// Neighbours in one list, `k` a question.
struct Answers {
  std::vector<std::vector<std::int64_t>> id;  // to each rank
  std::vector<std::vector<float>> distance;
};

/// Answers what ranks ask about a portion of this rank's lists. Not collective.
Answers answer(const Mail& mail, const Lists& lists, Stretch portion, std::int32_t dims, std::int32_t k) {
  const auto ranks = mail.rows.size();
  Answers answers{std::vector<std::vector<std::int64_t>>(ranks), std::vector<std::vector<float>>(ranks)};
  const auto asked = rows_by_list(mail, portion.end - portion.begin, dims);
  for (std::int64_t list = 0; list < std::ssize(asked); ++list) {
    const auto& id = lists.id[portion.begin - lists.mine.begin + list];
    const auto& rows = lists.rows[portion.begin - lists.mine.begin + list];
    const auto here = [&](const std::vector<float>& values) {
      return matrix::Embedding{parallel::Partition::even(std::ssize(values) / dims, 1), dims, values};
    };
    auto found = nearest(MPI_COMM_SELF, here(rows), here(asked[list]), {.k = k});
    for (auto& place : found.id) place = place < 0 ? place : id[place];
    std::int64_t from = 0;
    for (std::size_t r = 0; r < ranks; ++r) {
      const auto to = from + mail.count[r][list] * k;
      answers.id[r].insert(answers.id[r].end(), found.id.begin() + from, found.id.begin() + to);
      answers.distance[r].insert(answers.distance[r].end(), found.distance.begin() + from, found.distance.begin() + to);
      from = to;
    }
  }
  return answers;
}

/// The nearest so far of one point.
class Nearest {
public:
  Nearest(std::span<std::int64_t> id, std::span<float> distance) : id_(id), distance_(distance) {}

  /// Takes what was found in another list, nearest first; `self` is passed over.
  void merge(std::span<const std::int64_t> id, std::span<const float> distance, std::int64_t self) {
    std::vector<std::pair<float, std::int64_t>> all;
    for (std::size_t i = 0; i < id_.size() && id_[i] >= 0; ++i) all.emplace_back(distance_[i], id_[i]);
    for (std::size_t i = 0; i < id.size() && id[i] >= 0; ++i)
      if (id[i] != self) all.emplace_back(distance[i], id[i]);
    const auto n = std::min(all.size(), id_.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end());
    for (std::size_t i = 0; i < n; ++i) std::tie(distance_[i], id_[i]) = all[i];
  }

private:
  std::span<std::int64_t> id_;
  std::span<float> distance_;
};

/// Share of the true neighbours of some points that were found. Collective.
double recall_of(MPI_Comm comm, const matrix::Embedding& points, const matrix::Neighbors& found,
                 std::int64_t n_checked) {
  const auto rows = evenly_spaced(comm, points.points, n_checked);
  const auto first = points.points.begin(parallel::rank_of(comm));
  const auto truth = nearest(comm, points, rows_of(comm, points, rows), {.k = found.k + 1});
  std::int64_t n_true = 0, n_found = 0;
  for (std::int64_t i = 0; i < std::ssize(rows); ++i) {
    const auto mine = std::span(found.id).subspan(rows[i] * found.k, found.k);
    std::int32_t n = 0;  // the point itself is among its k + 1 nearest, but for duplicates before it
    for (const auto id : std::span(truth.id).subspan(i * truth.k, truth.k)) {
      if (id < 0 || id == first + rows[i] || n == found.k) continue;
      ++n;
      n_found += std::ranges::find(mine, id) != mine.end() ? 1 : 0;
    }
    n_true += n;
  }
  n_true = parallel::sum_over_ranks(comm, n_true);
  n_found = parallel::sum_over_ranks(comm, n_found);
  return n_true > 0 ? static_cast<double>(n_found) / static_cast<double>(n_true) : 1;
}

}  // namespace

ApproximateNeighbors nearest_in_lists(MPI_Comm comm, const matrix::Embedding& points, const ListOptions& options) {
  if (options.k < 1 || options.n_probed < 1)
    throw UsageError("the numbers of nearest neighbours and of probed lists must be at least 1");
  const auto n = points.points.size(), dims = std::int64_t{points.n_dims};
  const auto n_local = points.n_local(), k = std::int64_t{options.k};
  ApproximateNeighbors result{{points.points, options.k, std::vector<std::int64_t>(n_local * k, -1),
                               std::vector<float>(n_local * k, infinitely_far)}};
  if (n == 0) return result;
  const auto wanted = options.n_lists > 0 ? options.n_lists : std::llround(std::sqrt(static_cast<double>(n)));
  const auto n_lists = static_cast<std::int32_t>(std::min<std::int64_t>(n, wanted));
  const std::int64_t n_probed = std::min(options.n_probed, n_lists);
  const auto centers = list_centers(comm, points, n_lists);
  const auto probed = nearest_centers(comm, centers, points, static_cast<std::int32_t>(n_probed));
  std::vector<std::int64_t> own_list;
  for (std::int64_t i = 0; i < n_local; ++i) own_list.push_back(probed[i * n_probed]);

  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto questions = by_list(probed, n_lists);
  const auto asked = sizes_over_ranks(comm, questions);
  const auto owned = owned_lists(asked, ranks);
  const auto lists = gather_lists(comm, points, own_list, n_lists, owned);
  std::vector<std::vector<Stretch>> portions_of;
  std::size_t n_rounds = 0;
  for (const auto& of_rank : owned) {
    portions_of.push_back(portions(of_rank, asked, std::max<std::int64_t>(1, options.coordinates_a_round / dims)));
    n_rounds = std::max(n_rounds, portions_of.back().size());
  }
  const auto first = points.points.begin(rank);
  auto& found = result.found;
  for (std::size_t round = 0; round < n_rounds; ++round) {
    std::vector<Stretch> now(ranks);
    for (int r = 0; r < ranks; ++r)
      if (round < portions_of[r].size()) now[r] = portions_of[r][round];
    const auto mail = send_rows(comm, points, questions, now, [&](std::int64_t thing) { return thing / n_probed; });
    const auto answers = answer(mail, lists, now[rank], points.n_dims, options.k + 1);  // one more: the point itself
    const auto id = parallel::exchange(comm, answers.id);
    const auto distance = parallel::exchange(comm, answers.distance);
    for (int r = 0; r < ranks; ++r) {
      std::int64_t from = 0;
      for (auto at = questions.start[now[r].begin]; at < questions.start[now[r].end]; ++at, from += k + 1) {
        const auto i = questions.thing[at] / n_probed;
        Nearest(std::span(found.id).subspan(i * k, k), std::span(found.distance).subspan(i * k, k))
            .merge(std::span(id[r]).subspan(from, k + 1), std::span(distance[r]).subspan(from, k + 1), first + i);
      }
    }
    if (options.safe_point != nullptr && round + 1 < n_rounds) options.safe_point(comm);
  }
  result.recall = recall_of(comm, points, found, options.n_checked);
  return result;
}

}  // namespace miura::knn
