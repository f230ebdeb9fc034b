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

}  // namespace miura::report
