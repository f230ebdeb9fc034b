# What the build finds on the system: apt, modules, Spack or conda; nothing is downloaded.
find_package(MPI REQUIRED COMPONENTS CXX)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(PkgConfig REQUIRED)
# Debian names the parallel build hdf5-openmpi; Spack, conda and most modules call it hdf5.
pkg_search_module(HDF5 REQUIRED IMPORTED_TARGET hdf5-openmpi hdf5-mpi hdf5)
pkg_search_module(PETSC REQUIRED IMPORTED_TARGET PETSc petsc)
pkg_search_module(SLEPC REQUIRED IMPORTED_TARGET SLEPc slepc)
pkg_search_module(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_search_module(LAPACK REQUIRED IMPORTED_TARGET lapack openblas)
pkg_search_module(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_search_module(ZLIB REQUIRED IMPORTED_TARGET zlib)  # the beginning of a file; libdeflate unpacks whole ones only
pkg_search_module(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_search_module(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
