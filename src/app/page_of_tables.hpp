#pragma once

#include <span>

#include "app/result_folder.hpp"
#include "miura/base/version.hpp"
#include "miura/matrix/table.hpp"

namespace miura::app {

/// What a page does with one of the tables of a result.
template <class Page>
struct PagePart {
  const char *table, *holds;                 ///< its name, and what stands beside it in the list of files
  void (*add)(Page&, const matrix::Table&);  ///< nullptr: it is not shown
};

/// A page of tables, with its list of files.
template <class Page>
Page page_of(std::span<const matrix::Table> tables, std::span<const PagePart<Page>> parts) {
  Page page;
  page.program_version = version();
  for (const auto& table : tables)
    for (const auto& part : parts) {
      if (table.name != part.table) continue;
      if (part.add != nullptr) part.add(page, table);
      page.files.push_back({file_of(table), part.holds});
    }
  page.files.push_back({"provenance.json", "settings, digests of inputs and outputs, machine"});
  return page;
}

}  // namespace miura::app
