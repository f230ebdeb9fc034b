#pragma once

#include <span>

namespace miura::markers {

/// Makes each x e^x, within about a unit in the last place; with AVX-512, AVX2 or what the processor has. The same bits
/// wherever in the span an x stands, and on all processors that fuse multiplications and additions (AVX2 does); the
/// last bit may be another one on one that does not.
void exponentiate(std::span<double> values);

}  // namespace miura::markers
