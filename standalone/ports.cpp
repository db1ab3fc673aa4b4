#include "standalone/ports.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

namespace td {
namespace {

constexpr const char* loopback = "127.0.0.1";
constexpr int lowest = 20000;
constexpr int highest = 29999;  // Linux gives 32768..60999 to outgoing connections (ip(7))

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size{};
};

std::optional<socket_address> to_socket_address(const std::string& address, std::uint16_t port) {
  socket_address made;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&made.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&made.storage);
  if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    made.size = sizeof *v4;
    return made;
  }
  if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    made.size = sizeof *v6;
    return made;
  }
  return std::nullopt;
}

enum class sharing { none, with_reservations };

/// A socket bound to the address, or nothing with errno set.
unique_fd bound(const socket_address& where, sharing how) {
  unique_fd fd{::socket(where.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = how == sharing::with_reservations ? 1 : 0;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where.storage), where.size) != 0) {
    return {};
  }
  return fd;
}

/// Linux lets two sockets with SO_REUSEADDR bind one port as long as neither listens. So: bound
/// without it, to see that nobody is there; bound with it, to keep others of us away.
bool reserve(std::uint16_t port, port_reservation& reserved) {
  const auto where = to_socket_address(loopback, port);
  if (!bound(*where, sharing::none)) return false;
  auto held = bound(*where, sharing::with_reservations);
  if (!held) return false;
  reserved.push_back(std::move(held));
  return true;
}

result<std::uint16_t> choose(std::uint16_t preferred, port_reservation& reserved) {
  if (reserve(preferred, reserved)) return preferred;
  std::random_device random;
  std::uniform_int_distribution<int> any{lowest, highest};
  for (int attempt = 0; attempt < 200; ++attempt) {
    const auto port = static_cast<std::uint16_t>(any(random));
    if (reserve(port, reserved)) return port;
  }
  return failure{
      errc::internal, fmt::format("no free TCP port found between {} and {}", lowest, highest), {}};
}

std::uint16_t to_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() ? port : std::uint16_t{0};
}

instance_ports on_file(const std::filesystem::path& file) {
  const auto text = read_text(file);
  const auto values = text ? parse_key_values(*text) : std::nullopt;
  if (!values) return {};
  const auto port = [&](const char* key) {
    const auto found = values->find(key);
    return found == values->end() ? std::uint16_t{0} : to_port(found->second);
  };
  return {port("http"), port("mqtt")};
}

failure invalid(std::string detail) {
  return {errc::configuration_invalid, std::move(detail), {}};
}

}  // namespace

result<instance_ports> choose_ports(const std::filesystem::path& file, const wanted_ports& wanted,
                                    port_reservation& reserved) {
  const auto kept = on_file(file);
  auto ports = kept;
  if (wanted.http.value_or(0) != 0) ports.http = *wanted.http;
  if (wanted.mqtt.value_or(0) != 0) ports.mqtt = *wanted.mqtt;
  for (auto [port, preferred] :
       {std::pair{&ports.http, std::uint16_t{8080}}, std::pair{&ports.mqtt, std::uint16_t{1883}}}) {
    if (*port != 0) continue;
    const auto chosen = choose(preferred, reserved);
    if (!chosen) return chosen.error();
    *port = *chosen;
  }
  if (ports.http == ports.mqtt) {
    return invalid(
        fmt::format("HTTP and MQTT can't both have port {}: say another --http-port or "
                    "--mqtt-port",
                    ports.http));
  }
  if (ports == kept) return ports;
  const auto text = fmt::format("http={}\nmqtt={}\n", ports.http, ports.mqtt);
  if (auto written = write_durably(file, text, {0600}); !written) return written.error();
  return ports;
}

result<void> check_listenable(const std::string& address, std::uint16_t port, std::string_view what,
                              std::string_view option) {
  const auto where = to_socket_address(address, port);
  if (!where) return invalid(fmt::format("{} is not an address in numbers", address));
  const auto fd = bound(*where, sharing::with_reservations);
  if (fd && ::listen(fd.get(), 1) == 0) return ok();
  const int error = errno;
  const auto why = error == EADDRINUSE
                       ? std::string{"another program listens there (`ss -ltnp` shows which)"}
                       : std::string{std::strerror(error)};
  return invalid(
      fmt::format("{} can't listen on {} port {}: {}; end that program or say another "
                  "{}",
                  what, address, port, why, option));
}

result<listen_address> parse_listen_address(std::string_view text) {
  listen_address parsed;
  std::string_view address = text;
  std::string_view port;
  const bool bracketed = !text.empty() && text.front() == '[';
  const auto close = bracketed ? text.find(']') : std::string_view::npos;
  const auto colon = bracketed ? text.find(':', std::min(close, text.size())) : text.rfind(':');
  const bool bare_v6 = !bracketed && text.find(':') != colon;
  if (colon != std::string_view::npos && !bare_v6) {
    address = text.substr(0, colon);
    port = text.substr(colon + 1);
    parsed.port = to_port(port);
  }
  if (bracketed && address.size() > 2 && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  parsed.address = std::string{address};
  if (parsed.port == 0 || !to_socket_address(parsed.address, parsed.port)) {
    return invalid(
        fmt::format("\"{}\" is not ADDRESS, ADDRESS:PORT or [V6ADDRESS]:PORT with an "
                    "address in numbers (0.0.0.0 for all) and a port of 1..65535",
                    text));
  }
  return parsed;
}

}  // namespace td
