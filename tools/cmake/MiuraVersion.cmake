# Writes version.cpp with the commit of the tree; run at every build, the file changes only when the commit does.
# cmake -D SOURCE=... -D OUTPUT=... -D PROJECT_VERSION=... -P MiuraVersion.cmake
set(MIURA_COMMIT unknown)
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed)
    execute_process(COMMAND ${GIT} -C ${SOURCE} status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
    set(MIURA_COMMIT ${commit})
    if(changes)
      string(APPEND MIURA_COMMIT "+")
    endif()
  endif()
endif()
configure_file(${SOURCE}/src/base/version.cpp.in ${OUTPUT} @ONLY)
