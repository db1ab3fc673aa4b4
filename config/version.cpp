#include "config/version.hpp"

namespace td {

std::string_view version() noexcept {
  return TAYLORDASH_VERSION;
}

}  // namespace td
