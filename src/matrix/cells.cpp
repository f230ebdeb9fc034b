#include "miura/matrix/cells.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>

#include "miura/base/memory.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::matrix {

namespace {

/// Of what is kept aside for the entries [begin, end) goes to `kept`, for entries that stand at `to` and on.
template <class Aside>
void keep_aside(const std::vector<Aside>& all, std::int64_t begin, std::int64_t end, std::int64_t to,
                std::vector<Aside>& kept) {
  for (auto it = std::ranges::lower_bound(all, begin, {}, &Aside::at); it != all.end() && it->at < end; ++it) {
    kept.push_back(*it);
    kept.back().at += to - begin;
  }
}

constexpr std::int64_t most_bytes_of_number = 5;

std::int64_t bytes_of(std::uint32_t number) noexcept {
  return 1 + (number >= 1U << 7) + (number >= 1U << 14) + (number >= 1U << 21) + (number >= 1U << 28);
}

/// Writes a number at `to`; where the next one goes.
std::uint8_t* put(std::uint32_t number, std::uint8_t* to) noexcept {
  for (; number > 0x7F; number >>= 7) *to++ = static_cast<std::uint8_t>(number | 0x80);
  *to++ = static_cast<std::uint8_t>(number);
  return to;
}

constexpr std::int64_t entries_at_once = 16;

/// Writes so many entries of a row, whose columns follow one that stands before them, if all their numbers fit a byte
/// each, as they nearly always do.
bool put_small_entries(const std::uint16_t* column, const std::uint8_t* count, std::uint8_t* to) noexcept {
  std::array<std::uint16_t, entries_at_once> step;
  std::uint16_t bits = 0;
  for (std::int64_t i = 0; i < entries_at_once; ++i) {
    step[i] = static_cast<std::uint16_t>(column[i] - column[i - 1]);
    bits = static_cast<std::uint16_t>(bits | step[i] | count[i]);
  }
  if (bits > 0x7F) return false;
  static_assert(std::endian::native == std::endian::little);  // the step is the first of two bytes
  for (std::int64_t i = 0; i < entries_at_once; ++i) step[i] = static_cast<std::uint16_t>(step[i] | count[i] << 8);
  std::memcpy(to, step.data(), sizeof step);
  return true;
}

/// Takes a number off the front; 0 where nothing is left.
std::uint32_t take_number(std::span<const std::uint8_t>& bytes) noexcept {
  if (!bytes.empty() && bytes.front() <= 0x7F) {  // nearly always
    const std::uint32_t number = bytes.front();
    bytes = bytes.subspan(1);
    return number;
  }
  std::uint32_t number = 0;
  for (int shift = 0; !bytes.empty(); shift += 7) {
    const std::uint32_t group = bytes.front();
    bytes = bytes.subspan(1);
    number |= (group & 0x7F) << (shift & 31);
    if (group <= 0x7F) break;
  }
  return number;
}

}  // namespace

std::int64_t CountRows::packed_size(std::int64_t row) const noexcept {
  std::int64_t bytes = 2 * n_nonzeros(row);  // and what the numbers from 128 on take beyond one byte
  std::int32_t before = 0;
  for_each_stretch(row, [&](std::int64_t begin, std::int64_t end, std::int32_t offset) {
    if (begin == end) return;
    bytes += bytes_of(static_cast<std::uint32_t>(offset + column_[begin] - before)) - 1;
    std::int32_t more = 0;  // a stretch has 65,536 entries at most
    for (auto at = begin + 1; at < end; ++at) {
      const auto step = static_cast<std::uint16_t>(column_[at] - column_[at - 1]);
      more += (step >= 1U << 7) + (step >= 1U << 14);
    }
    for (auto at = begin; at < end; ++at) more += small_[at] >= 1U << 7;
    bytes += more;
    before = offset + column_[end - 1];
  });
  for_each_large(row_start_[row], row_start_[row + 1],
                 [&](const LargeCount& large) { bytes += bytes_of(large.count) - bytes_of(overflow); });
  return bytes;
}

void CountRows::pack_row(std::int64_t row, std::vector<std::uint8_t>& bytes) const {
  thread_local std::vector<std::uint8_t> room;
  room.resize(std::max<std::size_t>(room.size(), 2 * most_bytes_of_number * n_nonzeros(row)));
  auto* to = room.data();
  std::int32_t before = 0;
  const auto put_entry = [&](std::int32_t column, std::uint32_t count) {
    to = put(count, put(static_cast<std::uint32_t>(column - before), to));
    before = column;
  };
  for_each_stretch(row, [&](std::int64_t begin, std::int64_t end, std::int32_t offset) {
    for (auto at = begin; at < end;) {
      if (at > begin && at + entries_at_once <= end && put_small_entries(&column_[at], &small_[at], to)) {
        at += entries_at_once;
        to += 2 * entries_at_once;
        before = offset + column_[at - 1];
        continue;
      }
      const auto until = std::min(at + (at > begin ? entries_at_once : 1), end);
      visit_entries(at, until, offset, put_entry);
      at = until;
    }
  });
  bytes.insert(bytes.end(), room.data(), to);
}

void CountRows::push_packed(std::span<const std::uint8_t> row) {
  thread_local std::vector<Nonzero> room;
  room.resize(std::max<std::size_t>(room.size(), row.size() / 2 + 1));  // two bytes a nonzero or more
  auto* to = room.data();
  std::int32_t column = 0;
  while (!row.empty()) {
    column += static_cast<std::int32_t>(take_number(row));
    *to++ = {column, take_number(row)};
  }
  push_row({room.data(), to});
}

void CountRows::push(std::int32_t column, std::uint32_t count) {
  const auto offset = offset_of(column);
  const bool in_a_later_stretch = !passings_.empty() && passings_.back().at >= row_start_.back();
  if (offset != (in_a_later_stretch ? passings_.back().offset : 0)) passings_.push_back({std::ssize(column_), offset});
  if (count >= overflow) large_.push_back({std::ssize(column_), count});
  column_.push_back(static_cast<std::uint16_t>(column - offset));
  small_.push_back(small_of(count));
}

void CountRows::push_row(std::span<const Nonzero> row) {
  if (!row.empty() && offset_of(row.back().column) != 0) {
    for (const auto& [column, count] : row) push(column, count);
    end_row();
    return;
  }
  const auto at = std::ssize(column_);
  column_.resize(at + row.size());
  small_.resize(at + row.size());
  for (std::int64_t i = 0; i < std::ssize(row); ++i) {
    column_[at + i] = static_cast<std::uint16_t>(row[i].column);
    small_[at + i] = small_of(row[i].count);
    if (row[i].count >= overflow) large_.push_back({at + i, row[i].count});
  }
  end_row();
}

void CountRows::append_rows(const CountRows& rows, std::int64_t begin, std::int64_t end) {
  const auto from = rows.row_start_[begin], to = rows.row_start_[end], here = std::ssize(column_);
  keep_aside(rows.passings_, from, to, here, passings_);
  keep_aside(rows.large_, from, to, here, large_);
  column_.insert(column_.end(), rows.column_.begin() + from, rows.column_.begin() + to);
  small_.insert(small_.end(), rows.small_.begin() + from, rows.small_.begin() + to);
  for (auto row = begin; row < end; ++row) row_start_.push_back(rows.row_start_[row + 1] - from + here);
}

void CountRows::reserve(std::int64_t rows, std::int64_t nonzeros) {
  row_start_.reserve(rows + 1);
  column_.reserve(nonzeros);
  small_.reserve(nonzeros);
}

void CountRows::shrink() {
  row_start_.shrink_to_fit();
  column_.shrink_to_fit();
  small_.shrink_to_fit();
  passings_.shrink_to_fit();
  large_.shrink_to_fit();
}

std::int64_t CountRows::sum(std::int64_t row) const noexcept {
  std::int64_t sum = 0;
  for_each_stretch(row, [&](std::int64_t begin, std::int64_t end, std::int32_t) {  // of 65,536 entries at most
    sum += std::accumulate(small_.begin() + begin, small_.begin() + end, std::uint32_t{0});
  });
  for_each_large(row_start_[row], row_start_[row + 1], [&](const LargeCount& large) { sum += large.count - overflow; });
  return sum;
}

const CountRows::LargeCount* CountRows::large_from(std::int64_t at) const noexcept {
  return std::to_address(std::ranges::lower_bound(large_, at, {}, &LargeCount::at));
}

void CountRows::keep_rows(std::span<const std::uint8_t> keep) {
  std::int64_t to = 0, rows = 0;
  std::vector<Passing> passings;
  std::vector<LargeCount> large;
  for (std::int64_t row = 0, n = n_rows(); row < n; ++row) {
    const auto from = row_start_[row], end = row_start_[row + 1];
    if (keep[row]) {
      keep_aside(passings_, from, end, to, passings);
      keep_aside(large_, from, end, to, large);
      std::copy(column_.begin() + from, column_.begin() + end, column_.begin() + to);
      std::copy(small_.begin() + from, small_.begin() + end, small_.begin() + to);
      to += end - from;
    }
    row_start_[rows] = to - (keep[row] ? end - from : 0);  // never ahead of `row`, whose start was read above
    rows += keep[row] ? 1 : 0;
  }
  row_start_[rows] = to;
  row_start_.resize(rows + 1);
  column_.resize(to);
  small_.resize(to);
  passings_ = std::move(passings);
  large_ = std::move(large);
}

void CountRows::map_columns(std::span<const std::int32_t> new_column) {
  CountRows mapped;  // what is aside, and where rows start; its entries go to the places of old ones
  mapped.reserve(n_rows(), 0);
  std::int64_t to = 0;
  for (std::int64_t row = 0, n = n_rows(); row < n; ++row) {
    std::int32_t offset = 0;
    for_each(row, [&](std::int32_t old, std::uint32_t count) {
      const auto column = new_column[old];
      if (column < 0) return;
      if (offset_of(column) != offset) mapped.passings_.push_back({to, offset = offset_of(column)});
      if (count >= overflow) mapped.large_.push_back({to, count});
      column_[to] = static_cast<std::uint16_t>(column - offset);
      small_[to++] = small_of(count);
    });
    mapped.row_start_.push_back(to);
  }
  row_start_ = std::move(mapped.row_start_);
  passings_ = std::move(mapped.passings_);
  large_ = std::move(mapped.large_);
  column_.resize(to);
  small_.resize(to);
}

void CellBlock::keep_cells(std::span<const std::uint8_t> keep, std::int32_t n_features) {
  if (counts.n_rows() > 0) counts.keep_rows(keep);
  std::int64_t to = 0;
  for (std::int64_t i = 0; i < n_cells(); ++i) {
    if (!keep[i]) continue;
    lot[to] = lot[i];
    if (to != i) barcode[to] = std::move(barcode[i]);
    if (!table.empty()) std::copy_n(table.begin() + i * n_features, n_features, table.begin() + to * n_features);
    ++to;
  }
  if (!table.empty()) table.resize(to * n_features);
  lot.resize(to);
  barcode.resize(to);
}

namespace {

/// The part of a message that goes from the reader of a lot to one owner of some of its cells.
struct Parcel {
  std::vector<std::int64_t> row_size;  // bytes of each row in `counts`
  std::vector<std::uint8_t> counts;    // packed
  std::vector<double> table;
  std::vector<char> barcode;  // each ends with a newline, which no barcode holds
};

template <class T>
std::vector<T> received_part(MPI_Comm comm, std::vector<Parcel>& parcels, std::vector<T> Parcel::*part) {
  std::vector<std::vector<T>> send;
  for (auto& parcel : parcels) send.push_back(std::move(parcel.*part));
  auto received = parallel::exchange(comm, send);
  for (auto& values : received)
    if (!values.empty()) return std::move(values);  // a lot has one reader, so one sender at most
  return {};
}

Parcel pack_cells(const CellBlock& cells, std::int64_t from, std::int64_t to, std::int32_t n_features) {
  Parcel parcel;
  for (auto i = from; i < to; ++i) {
    const auto before = std::ssize(parcel.counts);
    if (cells.counts.n_rows() > 0) cells.counts.pack_row(i, parcel.counts);
    parcel.row_size.push_back(std::ssize(parcel.counts) - before);
    parcel.barcode.insert(parcel.barcode.end(), cells.barcode[i].begin(), cells.barcode[i].end());
    parcel.barcode.push_back('\n');
  }
  if (!cells.table.empty())
    parcel.table.assign(cells.table.begin() + from * n_features, cells.table.begin() + to * n_features);
  return parcel;
}

/// Appends the cells that need not travel.
void append_cells(const CellBlock& cells, std::int64_t from, std::int64_t to, std::int32_t n_features,
                  CellBlock& mine) {
  mine.lot.insert(mine.lot.end(), cells.lot.begin() + from, cells.lot.begin() + to);
  mine.barcode.insert(mine.barcode.end(), cells.barcode.begin() + from, cells.barcode.begin() + to);
  if (cells.counts.n_rows() > 0) mine.counts.append_rows(cells.counts, from, to);
  if (!cells.table.empty())
    mine.table.insert(mine.table.end(), cells.table.begin() + from * n_features, cells.table.begin() + to * n_features);
}

/// Takes the memory for this rank's cells at once: vectors that grow would for a while need three times as much.
template <class Share>
void reserve_for_mine(MPI_Comm comm, const std::vector<CellBlock>& lots, const Share& share, CellBlock& mine) {
  std::vector<std::vector<std::int64_t>> sizes(parallel::size_of(comm), std::vector<std::int64_t>(2));
  for (const auto& lot : lots) {
    if (lot.n_cells() == 0) continue;
    for (int r = 0; r < std::ssize(sizes); ++r) {
      const auto [from, to] = share(lot.lot[0], r);
      sizes[r][0] += to - from;
      for (auto i = from; i < to && lot.counts.n_rows() > 0; ++i) sizes[r][1] += lot.counts.n_nonzeros(i);
    }
  }
  std::int64_t cells = 0, nonzeros = 0;
  for (const auto& size : parallel::exchange(comm, sizes)) {
    cells += size[0];
    nonzeros += size[1];
  }
  mine.lot.reserve(cells);
  mine.barcode.reserve(cells);
  mine.counts.reserve(cells, nonzeros);
}

}  // namespace

DistributedCells distribute(MPI_Comm comm, std::vector<CellBlock> lots, std::int32_t n_lots, std::int32_t n_features) {
  const int ranks = parallel::size_of(comm);
  std::vector<std::int64_t> first(n_lots + 1);  // canonical index of the first cell of each lot
  std::vector<std::int64_t> sparse(1);
  for (const auto& lot : lots)
    if (lot.n_cells() > 0) {
      first[lot.lot[0] + 1] = lot.n_cells();
      sparse[0] += lot.table.empty() ? 1 : 0;
    }
  parallel::sum_over_ranks(comm, first);
  parallel::sum_over_ranks(comm, sparse);
  for (std::int32_t l = 0; l < n_lots; ++l) first[l + 1] += first[l];

  DistributedCells all{parallel::Partition::even(first.back(), ranks), {}};
  const int rank = parallel::rank_of(comm);
  auto& mine = all.mine;
  /// The cells of a lot that belong to a rank, counted within the lot.
  const auto share = [&](std::int32_t l, int r) {
    return std::pair(std::clamp(all.partition.begin(r), first[l], first[l + 1]) - first[l],
                     std::clamp(all.partition.end(r), first[l], first[l + 1]) - first[l]);
  };
  reserve_for_mine(comm, lots, share, mine);
  std::vector<CellBlock*> of_lot(n_lots);
  for (auto& lot : lots)
    if (lot.n_cells() > 0) of_lot[lot.lot[0]] = &lot;
  std::int64_t freed = 0;  // nonzeros since memory was given back
  for (std::int32_t l = 0; l < n_lots; ++l) {
    std::vector<Parcel> parcels(ranks);
    if (auto* const lot = of_lot[l]; lot != nullptr) {
      for (int r = 0; r < ranks; ++r) {
        const auto [from, to] = share(l, r);
        if (from < to && r != rank) parcels[r] = pack_cells(*lot, from, to, n_features);
      }
      const auto [from, to] = share(l, rank);
      append_cells(*lot, from, to, n_features, mine);
      freed += lot->counts.n_nonzeros() + std::ssize(lot->table);
      *lot = {};
    }
    constexpr std::int64_t worth_a_call = 1 << 20;
    if (freed >= worth_a_call) {
      give_back_freed_memory();
      freed = 0;
    }
    const auto row_size = received_part(comm, parcels, &Parcel::row_size);
    const auto counts = received_part(comm, parcels, &Parcel::counts);
    const auto table = received_part(comm, parcels, &Parcel::table);
    const auto barcode = received_part(comm, parcels, &Parcel::barcode);

    mine.lot.insert(mine.lot.end(), row_size.size(), l);
    mine.table.insert(mine.table.end(), table.begin(), table.end());
    for (auto from = barcode.begin(); from != barcode.end();) {
      const auto end = std::find(from, barcode.end(), '\n');
      mine.barcode.emplace_back(from, end);
      from = end + 1;
    }
    if (sparse[0] == 0) continue;
    std::int64_t at = 0;
    for (const auto size : row_size) {
      mine.counts.push_packed(std::span(counts).subspan(at, size));
      at += size;
    }
  }
  return all;
}

}  // namespace miura::matrix
