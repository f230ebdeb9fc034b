// 10x folders: matrix.mtx, features.tsv or genes.tsv, barcodes.tsv, each plain or gzip.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "input/count_file.hpp"
#include "input/count_rows.hpp"
#include "input/whole_text.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Scans a Matrix Market file of features x cells. The text ends with a zero byte, which stops every loop.
class MtxScanner {
public:
  explicit MtxScanner(const Where& where) : where_(where), text_(read_whole_text(where)), at_(text_.begin()) {
    read_banner();
    n_features_ = header_number("the number of features");
    n_cells_ = header_number("the number of cells");
    n_entries_ = header_number("the number of entries");
    first_entry_ = at_;
    if (n_entries_ > (text_.end() - at_) / 5 + 1)  // "1 1 1" and a line end: the header cannot be true
      throw InputError(
          where, "promises " + std::to_string(n_entries_) + " entries, more than it can hold: the file is cut off");
  }

  std::int64_t n_features() const noexcept { return n_features_; }
  std::int64_t n_cells() const noexcept { return n_cells_; }
  std::int64_t n_entries() const noexcept { return n_entries_; }

  /// Calls visit(feature, cell, count), 0-based, for every entry that is not 0, until it returns false. Checks every
  /// entry and, if it comes to the end, their number. `names` names feature and cell in errors.
  template <class Names, class Visit>
  void for_each_entry(const Names& names, Visit&& visit) {
    const char* at = first_entry_;  // a local, so that it stays in a register
    std::int64_t n = 0;
    for (;; ++n) {
      while (is_space(*at)) ++at;
      if (at == text_.end()) break;
      const char* const line = at;
      const auto feature = take_index(at, n_features_, line, "feature") - 1;
      const auto cell = take_index(at, n_cells_, line, "cell") - 1;
      const auto count = take_count(at, names, feature, cell, line);
      if (count != 0 && !visit(feature, cell, count)) return;
    }
    if (n != n_entries_)
      throw InputError(where_, "holds " + std::to_string(n) + " entries, its header promises " +
                                   std::to_string(n_entries_) + (n < n_entries_ ? ": the file is cut off" : ""));
  }

private:
  Where at_line(const char* place) const {
    auto where = where_;
    where.row = 1 + std::count(text_.view().data(), place, '\n');
    return where;
  }

  void read_banner() {
    const auto text = text_.view();
    const auto banner = text.substr(0, text.find('\n'));
    if (!banner.starts_with("%%MatrixMarket") && !banner.starts_with("%MatrixMarket"))  // some writers drop a %
      throw InputError(where_, "is not a Matrix Market file");
    const auto says = [&](std::string_view word) { return banner.find(word) != std::string_view::npos; };
    if (!says("coordinate") || !says("general") || says("pattern") || says("complex"))
      throw InputError(at_line(at_), "is not a 'matrix coordinate integer general' (or real) file");
    while (*at_ == '%' || is_space(*at_)) {
      if (*at_ != '%') {
        ++at_;
        continue;
      }
      while (at_ != text_.end() && *at_ != '\n') ++at_;
    }
  }

  std::int64_t header_number(const char* what) {
    while (is_space(*at_)) ++at_;
    std::int64_t number = 0;
    if (!take_digits(at_, number)) throw InputError(at_line(at_), std::string(what) + " is missing");
    return number;
  }

  /// Up to 18 digits: more would not fit, and are no number of anything here.
  static bool take_digits(const char*& at, std::int64_t& number) {
    const char* const from = at;
    number = 0;
    while (static_cast<unsigned char>(*at - '0') < 10 && at - from < 18) number = 10 * number + (*at++ - '0');
    return at != from;
  }

  std::int64_t take_index(const char*& at, std::int64_t limit, const char* line, const char* what) const {
    std::int64_t number = 0;
    if (!take_digits(at, number) || (*at != ' ' && *at != '\t')) refuse_line(line);
    if (number < 1 || number > limit)
      throw InputError(at_line(line),
                       std::string(what) + " " + std::to_string(number) + " is outside 1 to " + std::to_string(limit));
    while (*at == ' ' || *at == '\t') ++at;
    return number;
  }

  template <class Names>
  std::uint32_t take_count(const char*& at, const Names& names, std::int64_t feature, std::int64_t cell,
                           const char* line) const {
    const char* const from = at;
    std::int64_t number = 0;
    if (take_digits(at, number) && (is_space(*at) || *at == '\0'))
      if (const auto count = as_count(number)) return *count;
    const char* end = from;  // 3.0, 1e3, -1, nan: seldom, so slowly
    while (!is_space(*end) && *end != '\0') ++end;
    const auto value = parse_number({from, end});
    if (!value) refuse_line(line);
    at = end;
    if (const auto count = as_count(*value)) return *count;
    refuse_count(at_line(line), *value, names.feature(feature), names.cell(cell));
  }

  [[noreturn]] void refuse_line(const char* line) const {
    throw InputError(at_line(line), "is not 'feature cell count': the file is damaged or cut off");
  }

  Where where_;
  WholeText text_;
  const char* at_;
  const char* first_entry_ = nullptr;
  std::int64_t n_features_ = 0, n_cells_ = 0, n_entries_ = 0;
};

std::vector<std::string> read_first_column(const Where& where) {
  DelimitedText text(where, {.separator = '\t'});
  std::vector<std::string> names;
  while (const auto fields = text.next()) names.emplace_back((*fields)[0]);
  return names;
}

struct Names {
  const JoinedColumns& columns;
  const std::vector<std::string>& barcode;
  const std::string& feature(std::int64_t i) const { return columns.name(i); }
  const std::string& cell(std::int64_t i) const { return barcode[i]; }
};

void check_shape(const MtxScanner& matrix, std::int64_t n_features, std::int64_t n_cells, const Where& where) {
  if (matrix.n_features() == n_features && matrix.n_cells() == n_cells) return;
  const bool turned = matrix.n_features() == n_cells && matrix.n_cells() == n_features;
  throw InputError(where, "is " + std::to_string(matrix.n_features()) + " x " + std::to_string(matrix.n_cells()) +
                              ", but there are " + std::to_string(n_features) + " features and " +
                              std::to_string(n_cells) + " barcodes" +
                              (turned ? ": it is turned over, features must be the rows" : ""));
}

[[noreturn]] void refuse_twice(const Where& where, std::int32_t column, std::int64_t row, const Names& names) {
  const auto feature = std::ranges::find(names.columns.column, column) - names.columns.column.begin();
  throw InputError(where, "gene " + names.feature(feature) + " is given twice for cell " + names.cell(row));
}

/// The rows if the entries come cell by cell, as Cell Ranger writes them; else nothing.
std::optional<matrix::CountRows> rows_in_order(MtxScanner& matrix, const Names& names, const Where& where) {
  RowBuilder rows(names.columns.n_columns);
  rows.reserve(matrix.n_cells(), matrix.n_entries());
  std::int64_t row = 0;
  const auto end_rows_before = [&](std::int64_t cell) {
    for (; row < cell; ++row)
      if (const auto twice = rows.end_row()) refuse_twice(where, *twice, row, names);
  };
  bool in_order = true;
  matrix.for_each_entry(names, [&](std::int64_t feature, std::int64_t cell, std::uint32_t count) {
    in_order = cell >= row;
    if (!in_order) return false;
    end_rows_before(cell);
    if (const auto column = names.columns.column[feature]; column >= 0) rows.add(column, count);
    return true;
  });
  if (!in_order) return std::nullopt;
  end_rows_before(matrix.n_cells());
  return rows.take();
}

matrix::CountRows rows_in_any_order(MtxScanner& matrix, const Names& names, const Where& where) {
  const auto for_each_entry = [&](auto&& visit) {
    matrix.for_each_entry(names, [&](std::int64_t feature, std::int64_t cell, std::uint32_t count) {
      if (const auto column = names.columns.column[feature]; column >= 0) visit(cell, column, count);
      return true;
    });
  };
  return rows_of_unordered(matrix.n_cells(), names.columns.n_columns, for_each_entry,
                           [&](std::int64_t row, std::int32_t column) { refuse_twice(where, column, row, names); });
}

}  // namespace

FeatureTable read_mtx_features(const CountFile& file, const matrix::Lots& lots) {
  DelimitedText text({file.features, 0, "", lots[file.lots[0]].id}, {.separator = '\t'});
  FeatureTable table;
  bool typed = false;
  while (const auto fields = text.next()) {
    table.id.emplace_back((*fields)[0]);
    table.symbol.emplace_back((*fields)[fields->size() > 1 ? 1 : 0]);
    table.type.emplace_back(fields->size() > 2 ? (*fields)[2] : "");
    typed |= fields->size() > 2;
  }
  if (table.id.empty()) throw InputError({file.features, 0, "", lots[file.lots[0]].id}, "is empty");
  if (!typed) table.type.clear();  // Cell Ranger 2 has genes only
  return table;
}

std::vector<matrix::CellBlock> read_mtx(const CountFile& file, const matrix::Lots& lots, const JoinedColumns& columns) {
  const auto& lot = lots[file.lots[0]];
  const Where where{file.matrix, 0, "", lot.id};
  auto barcode = read_first_column({file.barcodes, 0, "", lot.id});
  matrix::CountRows rows;
  {
    MtxScanner matrix(where);
    check_shape(matrix, columns.features.n_features(), std::ssize(barcode), where);
    const Names names{columns, barcode};
    auto in_order = rows_in_order(matrix, names, where);
    rows = in_order ? std::move(*in_order) : rows_in_any_order(matrix, names, where);
  }  // the text is freed before rows are sorted
  std::vector<matrix::CellBlock> blocks;
  blocks.push_back(
      sorted_block(file.lots[0], std::move(barcode), std::move(rows), {}, 0, {file.barcodes, 0, "", lot.id}));
  return blocks;
}

}  // namespace miura::input
