#pragma once

#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <vector>

namespace miura::matrix {

/// The columns of a sparse matrix's entries, in 16 bits each while none is above 65,535, else in 32.
class ColumnNumbers {
public:
  ColumnNumbers() = default;
  ColumnNumbers(std::initializer_list<std::int32_t> columns)
      : ColumnNumbers(std::span(columns.begin(), columns.size())) {}
  explicit ColumnNumbers(std::span<const std::int32_t> columns) {
    reserve(std::ssize(columns));
    for (const auto column : columns) push_back(column);
  }
  /// `size` entries of a matrix of `n_columns`, to be set; several threads may set different ones.
  ColumnNumbers(std::int32_t n_columns, std::int64_t size) : is_wide_(n_columns - 1 > most_narrow) {
    is_wide_ ? wide_.resize(size) : narrow_.resize(size);
  }

  std::int64_t size() const noexcept { return is_wide_ ? std::ssize(wide_) : std::ssize(narrow_); }
  std::int32_t operator[](std::int64_t at) const noexcept { return is_wide_ ? wide_[at] : narrow_[at]; }
  std::vector<std::int32_t> all() const {
    return is_wide_ ? wide_ : std::vector<std::int32_t>(narrow_.begin(), narrow_.end());
  }
  void set(std::int64_t at, std::int32_t column) noexcept {
    assert(is_wide_ || column <= most_narrow);
    is_wide_ ? wide_[at] = column : narrow_[at] = static_cast<std::uint16_t>(column);
  }
  void push_back(std::int32_t column) {
    if (!is_wide_ && column > most_narrow) widen();
    is_wide_ ? wide_.push_back(column) : narrow_.push_back(static_cast<std::uint16_t>(column));
  }
  void reserve(std::int64_t size) { is_wide_ ? wide_.reserve(size) : narrow_.reserve(size); }

private:
  static constexpr std::int32_t most_narrow = std::numeric_limits<std::uint16_t>::max();

  void widen() {
    wide_.assign(narrow_.begin(), narrow_.end());
    narrow_ = std::vector<std::uint16_t>();
    is_wide_ = true;
  }

  bool is_wide_ = false;
  std::vector<std::uint16_t> narrow_;
  std::vector<std::int32_t> wide_;
};

}  // namespace miura::matrix
