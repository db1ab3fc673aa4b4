#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace td {

/// Which names a service answers to. A page of a stranger whose name leads to this machine ("DNS
/// rebinding") has the browser send the stranger's name as Host: it is refused.
class host_rule {
 public:
  /// `allowed`: names with or without port, "[::1]" for IPv6. Empty: on a loopback address that
  /// address, localhost, 127.0.0.1 and [::1]; elsewhere everything.
  host_rule(std::vector<std::string> allowed, std::string_view listen);

  /// `host` as in the header: "name", "name:port". Any thread.
  bool allows(std::string_view host) const;

  /// Whether every name is allowed.
  bool open() const noexcept { return allowed_.empty(); }

 private:
  std::vector<std::string> allowed_;
};

/// 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view address);

/// "h:80" -> "h", "[::1]:80" -> "[::1]".
std::string_view without_port(std::string_view host);

}  // namespace td
