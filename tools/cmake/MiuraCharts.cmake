# What report.html carries within itself (style, script, chart library) becomes read-only bytes of the report module.
enable_language(ASM)

# The chart library comes out of the Python package vl-convert-python, at build time only.
set(MIURA_PYTHON "" CACHE FILEPATH "Python that has vl-convert-python; empty: build/venv of tools/setup, or else python3")
find_program(MIURA_PYTHON3 python3)
mark_as_advanced(MIURA_PYTHON3)
set(pythons ${MIURA_PYTHON})
if(NOT pythons)
  set(pythons ${PROJECT_SOURCE_DIR}/build/venv/bin/python ${MIURA_PYTHON3})
endif()
foreach(python IN LISTS pythons)
  execute_process(COMMAND ${python} -c "import vl_convert; print(vl_convert.__version__)" OUTPUT_VARIABLE version
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(MIURA_CHARTS_PYTHON ${python})
    message(STATUS "Charts of the report: vl-convert-python ${version} of ${python}")
    break()
  endif()
endforeach()
if(NOT MIURA_CHARTS_PYTHON)
  list(JOIN pythons ", " pythons)
  message(FATAL_ERROR "The report's charts need the Python package vl-convert-python, and none of these can import it: ${pythons}. "
    "Run tools/setup, which installs it into build/venv, or name a Python that has it: cmake -DMIURA_PYTHON=/path/to/python")
endif()

set(charts ${PROJECT_BINARY_DIR}/charts/vega.js)
add_custom_command(OUTPUT ${charts}
  COMMAND ${MIURA_CHARTS_PYTHON} ${PROJECT_SOURCE_DIR}/tools/charts/bundle.py ${PROJECT_SOURCE_DIR}/tools/charts/NOTICE.txt ${charts}
  DEPENDS ${PROJECT_SOURCE_DIR}/tools/charts/bundle.py ${PROJECT_SOURCE_DIR}/tools/charts/NOTICE.txt
  COMMENT "Bundling Vega-Lite for report.html" VERBATIM)

# miura_embed(report page_css src/report/page.css): bytes [miura_page_css, miura_page_css_end) of the module.
# By the assembler's .incbin, which takes no time whatever the size; assembled again only when the file changes.
function(miura_embed module name file)
  set(source ${PROJECT_BINARY_DIR}/charts/${name}.S)
  file(CONFIGURE OUTPUT ${source} CONTENT [[
  .section .rodata
  .global miura_@name@
  .global miura_@name@_end
  .hidden miura_@name@
  .hidden miura_@name@_end
miura_@name@:
  .incbin "@file@"
miura_@name@_end:
  .byte 0
  .section .note.GNU-stack, "", %progbits
]] @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(miura_${module} PRIVATE ${source})
endfunction()

file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/charts)
miura_embed(report vega_js ${charts})
miura_embed(report page_css ${PROJECT_SOURCE_DIR}/src/report/page.css)
miura_embed(report page_js ${PROJECT_SOURCE_DIR}/src/report/page.js)
miura_embed(report cells_js ${PROJECT_SOURCE_DIR}/src/report/cells.js)
