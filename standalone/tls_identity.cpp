#include "standalone/tls_identity.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <set>
#include <unistd.h>

#include <fmt/format.h>

#include "standalone/certificates.hpp"
#include "standalone/files.hpp"

namespace td {
namespace {

using time_point = std::chrono::system_clock::time_point;

constexpr std::size_t longest_common_name = 64;  // RFC 5280, ub-common-name
constexpr auto renew_before = std::chrono::hours{24 * 30};

pem_identity read_identity(const std::filesystem::path& certificate,
                           const std::filesystem::path& key) {
  return {read_text(certificate).value_or(""), read_text(key).value_or("")};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()}
                                                          : std::string{};
}

std::string address_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  if (address->sa_family != AF_INET6 || IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) return {};
  return ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
}

std::set<std::string> addresses_of_interfaces() {
  std::set<std::string> addresses;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return addresses;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{list, &::freeifaddrs};
  for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    if (auto address = address_of(entry->ifa_addr); !address.empty()) addresses.insert(address);
  }
  return addresses;
}

result<pem_identity> load_or_make_authority(const tls_files& files, time_point now) {
  auto authority = read_identity(files.ca_certificate, files.ca_key);
  if (is_complete(authority)) return authority;
  if (!authority.certificate.empty()) {
    return failure{errc::configuration_invalid,
                   fmt::format("{} and {} do not belong together: put the right key back, or "
                               "remove both and give the devices the new certificate",
                               files.ca_certificate.string(), files.ca_key.string()),
                   {}};
  }
  auto name = fmt::format("TaylorDash authority of {}", host_name());
  name.resize(std::min(name.size(), longest_common_name));
  auto made = make_authority(name, now);
  if (!made) return made;
  // The key first: as long as it has no certificate, nobody trusts it and it may be replaced.
  auto written = write_durably(files.ca_key, made->key, {0600});
  if (written) written = write_durably(files.ca_certificate, made->certificate, {0644});
  if (!written) return written.error();
  return made;
}

}  // namespace

tls_files tls_files::in(const std::filesystem::path& folder) {
  return {folder / "ca.crt", folder / "ca.key", folder / "server.crt", folder / "server.key"};
}

std::vector<std::string> names_of_this_machine(const std::string& listen) {
  std::set<std::string> names{"localhost"};
  if (listen == "0.0.0.0" || listen == "::") {
    names.merge(addresses_of_interfaces());
  } else {
    names.insert(listen);
  }
  // OpenSSL's notation for lists of names would misread these characters.
  const auto host = host_name();
  if (!host.empty() && host.find_first_of(",:_ ") == std::string::npos) names.insert(host);
  return {names.begin(), names.end()};
}

bool tls_identity_is_current(const tls_files& files, const std::vector<std::string>& names,
                             time_point now) {
  return is_good_for(read_identity(files.certificate, files.key),
                     read_identity(files.ca_certificate, files.ca_key), names, now + renew_before);
}

result<void> ensure_tls_identity(const tls_files& files, const std::vector<std::string>& names,
                                 const os_user& server, time_point now) {
  if (tls_identity_is_current(files, names, now)) return ok();
  const auto authority = load_or_make_authority(files, now);
  if (!authority) return authority.error();
  const auto made = make_server_certificate(*authority, names, now);
  if (!made) return made.error();
  auto written = write_durably(files.key, made->key, {0600, server.uid, server.gid});
  if (!written) return written;
  return write_durably(files.certificate, made->certificate, {0644});
}

}  // namespace td
