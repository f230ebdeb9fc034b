#include "report/html.hpp"

#include <algorithm>
#include <boost/nowide/utf/convert.hpp>
#include <cctype>
#include <stdexcept>

namespace miura::report {

std::string valid_utf8(std::string_view bytes) {
  return boost::nowide::utf::convert_string<char>(bytes.data(), bytes.data() + bytes.size());
}

Html text(std::string_view plain) {
  Html html;
  for (const char c : valid_utf8(plain)) {
    switch (c) {
      case '<':
        html.markup += "&lt;";
        break;
      case '>':
        html.markup += "&gt;";
        break;
      case '&':
        html.markup += "&amp;";
        break;
      case '"':
        html.markup += "&quot;";
        break;
      case '\'':
        html.markup += "&#39;";
        break;
      default:
        html.markup += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return html;
}

Html element(std::string_view name, const Html& inner, std::initializer_list<Attribute> attributes) {
  Html html{"<" + std::string(name)};
  for (const auto& attribute : attributes)
    html.markup += " " + std::string(attribute.name) + "=\"" + text(attribute.value).markup + "\"";
  html.markup += ">" + inner.markup + "</" + std::string(name) + ">";
  return html;
}

Html raw_element(std::string_view name, std::string_view content) {
  const auto same_letter = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const std::string end = "</" + std::string(name);
  for (const auto& early : {end, std::string("<!--")})
    if (!std::ranges::search(content, early, same_letter).empty())
      throw std::logic_error("an embedded " + std::string(name) + " holds " + early);
  return {"<" + std::string(name) + ">\n" + std::string(content) + "</" + std::string(name) + ">\n"};
}

Html json_element(std::string_view id, std::string_view json) {
  Html html{"<script type=\"application/json\" id=\"" + text(id).markup + "\">"};
  for (const char c : json) {
    switch (c) {  // outside of strings JSON has none of these
      case '<':
        html.markup += "\\u003c";
        break;
      case '>':
        html.markup += "\\u003e";
        break;
      case '&':
        html.markup += "\\u0026";
        break;
      default:
        html.markup += c;
    }
  }
  html.markup += "</script>\n";
  return html;
}

Html bytes_element(std::string_view id, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string coded;
  coded.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) { return at + i < bytes.size() ? std::uint32_t{bytes[at + i]} : 0U; };
    const auto three = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (std::size_t d = 0; d < 4; ++d)
      coded += at + d < bytes.size() + 1 ? digits[three >> (18 - 6 * d) & 63] : '=';  // d bytes fill d + 1 digits
  }
  return {"<script type=\"text/plain\" id=\"" + text(id).markup + "\">" + coded + "</script>\n"};
}

}  // namespace miura::report
