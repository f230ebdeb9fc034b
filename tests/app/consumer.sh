#!/usr/bin/env bash
# The installed library serves another project: find_package(miura), miura::miura and the public headers are enough.
. "$SOURCE/tests/app/support.sh"

cmake --install "$(dirname "$MIURA")" --prefix "$work/prefix" >install.log 2>&1 || fail "install: $(cat install.log)"
"$work/prefix/bin/miura" --version | grep -q '^miura ' || fail "the installed program does not start"
mkdir other
cat >other/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(other LANGUAGES CXX)
find_package(miura REQUIRED)
add_executable(other main.cpp)
target_link_libraries(other PRIVATE miura::miura)
CMAKE
cat >other/main.cpp <<'CPP'
#include <cstdio>
#include <vector>

#include "miura/association/feature_association.hpp"
#include "miura/matrix/measurements.hpp"

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  miura::matrix::Measurements table{{"rising"}, {"a", "b", "c", "d", "e", "f"}, {1, 2, 3, 4, 5, 6}};
  const std::vector<miura::association::Outcome> outcomes{{"vegf", {10, 20, 30, 40, 50, 60}}};
  const auto found = miura::association::associate_features(MPI_COMM_WORLD, table, outcomes, {});
  std::printf("rho %g, p %.10g\n", found.rows.front().rho, found.rows.front().p_exact);
  MPI_Finalize();
}
CPP
cmake -S other -B other/build -DCMAKE_PREFIX_PATH="$work/prefix" >configure.log 2>&1 || fail "configure: $(tail -5 configure.log)"
cmake --build other/build >build.log 2>&1 || fail "build: $(grep -m3 error build.log)"
LD_LIBRARY_PATH="$(dirname "$(find "$work/prefix" -name 'libmiura.so')")" other/build/other >out.txt 2>err.txt || fail "run: $(cat err.txt)"
grep -qx 'rho 1, p 0.002777777778' out.txt || fail "not 2 of 6! relabelings: $(cat out.txt)"
echo passed
