#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace miura::report {

/// Markup that is safe to put into a page. Text becomes Html only by text(), which escapes it, so that no lot id can
/// add an element: the compiler refuses a plain string.
struct Html {
  std::string markup;
  Html& operator+=(const Html& more) {
    markup += more.markup;
    return *this;
  }
};
inline Html operator+(Html first, const Html& second) { return first += second; }

struct Attribute {
  std::string_view name;
  std::string value;
};

/// The text with <, >, &, quotes escaped; control characters become blanks, bytes that are not UTF-8 become U+FFFD.
Html text(std::string_view plain);

/// <name attributes>inner</name>
Html element(std::string_view name, const Html& inner, std::initializer_list<Attribute> attributes = {});

/// A style or script element. Throws std::logic_error if its content could end it early.
Html raw_element(std::string_view name, std::string_view content);

/// JSON that stays inside its <script type="application/json">: every <, > and & is written as \u00XX.
Html json_element(std::string_view id, std::string_view json);

/// Bytes in base64, for a script of the page to read.
Html bytes_element(std::string_view id, std::span<const std::uint8_t> bytes);

/// The bytes as UTF-8: what is not becomes U+FFFD.
std::string valid_utf8(std::string_view bytes);

}  // namespace miura::report
