# One library of all modules but the command line: find_package(miura) gives miura::miura.
get_property(modules GLOBAL PROPERTY MIURA_MODULES)
foreach(module IN LISTS modules)
  if(NOT module STREQUAL miura_app)
    list(APPEND objects $<TARGET_OBJECTS:${module}>)
  endif()
endforeach()
add_library(libmiura SHARED ${objects})
set_target_properties(libmiura PROPERTIES OUTPUT_NAME miura EXPORT_NAME miura VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  LINKER_LANGUAGE CXX)
target_link_libraries(libmiura PUBLIC miura_flags
  PRIVATE PkgConfig::HDF5 PkgConfig::SLEPC PkgConfig::PETSC PkgConfig::LAPACK PkgConfig::OPENBLAS PkgConfig::DEFLATE PkgConfig::ZLIB PkgConfig::HWY
          PkgConfig::CRYPTO spdlog::spdlog fmt::fmt nlohmann_json::nlohmann_json)
target_include_directories(libmiura INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

include(CMakePackageConfigHelpers)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/miura)
install(TARGETS miura)
install(TARGETS libmiura miura_flags EXPORT miura-targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/miura DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT miura-targets NAMESPACE miura:: DESTINATION ${config_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/miuraConfig.cmake.in ${PROJECT_BINARY_DIR}/miuraConfig.cmake
  INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/miuraConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/miuraConfig.cmake ${PROJECT_BINARY_DIR}/miuraConfigVersion.cmake DESTINATION ${config_dir})
