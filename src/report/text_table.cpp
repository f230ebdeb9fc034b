#include "miura/report/text_table.hpp"

#include <stdexcept>

namespace miura::report {

void append_cell(std::string& line, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
}

TextTable::TextTable(const std::filesystem::path& path, std::vector<std::string> columns)
    : file_(path, path.extension() == ".gz" ? Packing::gzip : Packing::plain), n_columns_(columns.size()) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (c > 0) line_ += '\t';
    append_cell(line_, columns[c]);
  }
  line_ += '\n';
  file_.write(line_);
}

void TextTable::check_width(std::size_t cells) const {
  if (cells != n_columns_)
    throw std::logic_error("a row of " + std::to_string(cells) + " cells in a table of " + std::to_string(n_columns_) +
                           " columns");
}

}  // namespace miura::report
