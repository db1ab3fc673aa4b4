#pragma once

#include <cstddef>

namespace td::test {

/// How often the process has allocated through `new`. Linking counted_allocations.cpp replaces
/// the global allocation functions, so its tests have an executable of their own.
std::size_t allocations() noexcept;

}  // namespace td::test
