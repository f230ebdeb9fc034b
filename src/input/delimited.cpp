#include "miura/input/delimited.hpp"

#include <algorithm>
#include <charconv>

#include "input/whole_text.hpp"

namespace miura::input {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

char most_used_separator(std::string_view text) {
  const auto line = text.substr(0, text.find('\n'));
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char separator : {'\t', ',', ';'})
    if (const auto n = std::ranges::count(line, separator); n > most) {
      most = n;
      best = separator;
    }
  return best;
}

/// Bytes of the UTF-8 character that the text begins with (Unicode 15, table 3-7); 0 where it is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0), second = byte(1);
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if ((first & 0xF0) == 0xE0) {
    const bool twice_or_half = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F);
    return follows(1) && follows(2) && !twice_or_half ? 3 : 0;
  }
  const bool beyond = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3) && !beyond ? 4 : 0;
}

/// Names go on to AnnData, JSON and HTML, all of which hold UTF-8 alone.
void refuse_other_encodings(std::string_view text, Where where) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = character_length(text.substr(at));
    if (length == 0) {
      where.row = 1 + std::ranges::count(text.substr(0, at), '\n');
      throw InputError(where, "holds a character that is not UTF-8: save the file as UTF-8");
    }
    at += length;
  }
}

void refuse_what_is_no_text(std::string_view text, const Where& where) {
  if (text.starts_with("PK\x03\x04")) throw InputError(where, "is an Excel workbook or archive: save the sheet as CSV");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw InputError(where, "is written in UTF-16: save it as CSV in UTF-8");
  if (text.substr(0, 4096).find('\0') != std::string_view::npos) throw InputError(where, "is not a text file");
  refuse_other_encodings(text, where);
}

}  // namespace

DelimitedText::DelimitedText(Where where, const DelimitedOptions& options)
    : where_(std::move(where)), options_(options), text_(std::make_unique<WholeText>(read_whole_text(where_))) {
  refuse_what_is_no_text(text_->view(), where_);
  at_ = text_->begin();
  end_ = text_->end();
  if (text_->view().starts_with("\xEF\xBB\xBF")) at_ += 3;
  if (options_.separator == 0) options_.separator = most_used_separator({at_, end_});
}

DelimitedText::~DelimitedText() = default;

Where DelimitedText::where(std::string column) const {
  return {where_.file, where_.row, std::move(column), where_.lot};
}

std::optional<std::span<const std::string_view>> DelimitedText::next() {
  while (at_ < end_) {
    where_.row = line_;
    fields_.clear();
    record_ended_ = false;
    while (!record_ended_) fields_.push_back(take_field());
    if (fields_.size() > 1 || !fields_[0].empty()) return fields_;  // else the line was blank
  }
  return std::nullopt;
}

std::string_view DelimitedText::take_field() {
  if (options_.quotes) {
    char* first = at_;
    while (first < end_ && *first == ' ' && options_.separator != ' ') ++first;
    if (first < end_ && *first == '"') {
      at_ = first + 1;
      return take_quoted_field();
    }
  }
  char* const from = at_;
  while (at_ < end_ && *at_ != options_.separator && *at_ != '\n') ++at_;
  const char* to = at_;
  record_ended_ = at_ == end_ || *at_ == '\n';
  if (record_ended_) {
    if (to > from && to[-1] == '\r') --to;
    ++line_;
  }
  if (at_ < end_) ++at_;
  return trimmed({from, to});
}

/// From behind the opening quote to behind the separator. A doubled quote is one quote: the field moves together in
/// place.
std::string_view DelimitedText::take_quoted_field() {
  char* const from = at_;
  char* to = at_;
  for (;; ++at_) {
    if (at_ == end_) throw InputError(where_, "a quoted field is not closed");
    if (*at_ == '"') {
      if (at_ + 1 == end_ || at_[1] != '"') break;
      ++at_;
    }
    if (*at_ == '\n') ++line_;
    *to++ = *at_;
  }
  ++at_;
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\r')) ++at_;
  if (at_ < end_ && *at_ != options_.separator && *at_ != '\n')
    throw InputError(where_, "text follows a closing quote");
  record_ended_ = at_ == end_ || *at_ == '\n';
  if (record_ended_) ++line_;
  if (at_ < end_) ++at_;
  return {from, to};
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (trouble != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_missing(std::string_view text) { return text.empty() || text == "NA" || text == "NaN" || text == "nan"; }

}  // namespace miura::input
