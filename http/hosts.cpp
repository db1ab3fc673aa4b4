#include "http/hosts.hpp"

#include <algorithm>

#include <boost/asio/ip/address.hpp>

#include "http/header_fields.hpp"

namespace td {

bool is_loopback(std::string_view address) {
  boost::system::error_code e;
  const auto parsed = boost::asio::ip::make_address(std::string{address}, e);
  return !e && parsed.is_loopback();
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

host_rule::host_rule(std::vector<std::string> allowed, std::string_view listen)
    : allowed_{std::move(allowed)} {
  if (!allowed_.empty() || !is_loopback(listen)) return;
  allowed_ = {"localhost", "127.0.0.1", "[::1]"};
  const bool v6 = listen.find(':') != listen.npos;
  allowed_.push_back(v6 ? "[" + std::string{listen} + "]" : std::string{listen});
}

bool host_rule::allows(std::string_view host) const {
  if (open()) return true;
  const auto name = without_port(host);
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const std::string& one) {
    return equal_without_case(one, host) || equal_without_case(one, name);
  });
}

}  // namespace td
