# miura_module(pca DEPENDS matrix LINK PkgConfig::SLEPC): the library of include/miura/pca and src/pca.
# DEPENDS are modules; LINK are libraries only its sources see; PUBLIC_LINK also its headers.
function(miura_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;LINK;PUBLIC_LINK")
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    add_library(miura_${name} INTERFACE)
    add_library(miura::${name} ALIAS miura_${name})
    return()
  endif()
  add_library(miura_${name} STATIC ${sources})
  add_library(miura::${name} ALIAS miura_${name})
  list(TRANSFORM arg_DEPENDS PREPEND miura::)
  target_link_libraries(miura_${name} PUBLIC miura_flags ${arg_DEPENDS} ${arg_PUBLIC_LINK} PRIVATE ${arg_LINK})
  target_include_directories(miura_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  set_property(GLOBAL APPEND PROPERTY MIURA_MODULES miura_${name})
endfunction()

# miura_test(parallel/together RANKS 1 2 3 4): tests/parallel/together_test.cpp, once for each number of ranks.
# DEPENDS are further modules the test needs; LINK are further libraries.
function(miura_test path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "RANKS;DEPENDS;LINK")
  string(REPLACE "/" "_" target test_${path})
  add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/${path}_test.cpp)
  get_filename_component(module ${path} DIRECTORY)
  list(TRANSFORM arg_DEPENDS PREPEND miura::)
  target_link_libraries(${target} PRIVATE miura::${module} ${arg_DEPENDS} miura_test_main ${arg_LINK})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${target} PRIVATE MIURA_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
    MIURA_SHARED="${PROJECT_SOURCE_DIR}/../shared")
  if(NOT arg_RANKS)
    set(arg_RANKS 1)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  foreach(n IN LISTS arg_RANKS)
    add_test(NAME ${path}.np${n}
      COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${n} ${MIURA_MPIEXEC_FLAGS} $<TARGET_FILE:${target}>)
    set_tests_properties(${path}.np${n} PROPERTIES PROCESSORS ${n} TIMEOUT ${arg_TIMEOUT} LABELS ${module}
      ENVIRONMENT "${MIURA_TEST_ENVIRONMENT}")
  endforeach()
endfunction()
