#pragma once

#include <string_view>

extern "C" {  // bytes put into the program by tools/cmake/MiuraCharts.cmake
extern const char miura_vega_js[], miura_vega_js_end[];
extern const char miura_page_css[], miura_page_css_end[];
extern const char miura_page_js[], miura_page_js_end[];
extern const char miura_cells_js[], miura_cells_js_end[];
}

namespace miura::report {

inline std::string_view vega_js() { return {miura_vega_js, miura_vega_js_end}; }
inline std::string_view page_css() { return {miura_page_css, miura_page_css_end}; }
inline std::string_view cells_js() { return {miura_cells_js, miura_cells_js_end}; }
inline std::string_view page_js() { return {miura_page_js, miura_page_js_end}; }

}  // namespace miura::report
