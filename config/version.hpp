#pragma once

#include <string_view>

namespace td {

/// The product's version, as the top CMakeLists.txt names it: "0.1.0".
std::string_view version() noexcept;

}  // namespace td
