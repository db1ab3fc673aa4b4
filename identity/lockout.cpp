#include "identity/lockout.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>

namespace td {

std::chrono::seconds lockout_rule::wait_after(std::uint32_t failures) const noexcept {
  if (failures <= free_failures) return std::chrono::seconds{0};
  const auto doublings = std::min(failures - free_failures - 1, 30U);
  return std::min(cap, base * (std::int64_t{1} << doublings));
}

std::string address_group(std::string_view address) {
  const std::string text{address.substr(0, address.find('%'))};  // without a zone
  char out[INET6_ADDRSTRLEN]{};
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return inet_ntop(AF_INET, &v4, out, sizeof out);
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return "elsewhere";
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return inet_ntop(AF_INET, &v6.s6_addr[12], out, sizeof out);
  std::fill(v6.s6_addr + 8, v6.s6_addr + 16, std::uint8_t{0});
  return std::string{inet_ntop(AF_INET6, &v6, out, sizeof out)} + "/64";
}

}  // namespace td
