#pragma once

#include <cstddef>

namespace td::test {

/// How often the process has allocated through `new`. Any thread. Linking counted_allocations.cpp
/// replaces the global allocation functions, so its tests have an executable of their own.
std::size_t allocations() noexcept;

/// How many bytes of that are in use.
std::size_t allocated_bytes() noexcept;

}  // namespace td::test
