#include "http/dispatcher.hpp"

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "http/authorize.hpp"
#include "http/target.hpp"
#include "pipeline/log.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

using std::chrono::seconds;

/// Of a refused token or password-like credential, per address.
constexpr rate_rule refused_credentials{30, seconds{2}};

/// A site's IPv6 hosts share a /64, and any of them may use all of its addresses.
std::string client_of(const std::string& address) {
  boost::system::error_code e;
  const auto parsed = asio::ip::make_address(address, e);
  if (e || !parsed.is_v6()) return address;
  if (parsed.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, parsed.to_v6()).to_string();
  }
  auto bytes = parsed.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6{bytes}.to_string() + "/64";
}

std::string key_of(const request& r) {
  if (!r.who) return "a:" + client_of(r.address);
  if (r.who->what == principal::kind::user) return "u:" + to_string(r.who->user);
  return "k:" + to_string(r.who->id);
}

const rate_rule& rule_of(const http_rates& rates, rate_class c) {
  static constexpr rate_rule unlimited{};
  switch (c) {
    case rate_class::read:
      return rates.read;
    case rate_class::write:
      return rates.write;
    case rate_class::login:
      return rates.login;
    case rate_class::stream:
      return rates.stream;
    case rate_class::none:
      break;
  }
  return unlimited;
}

long whole_seconds(std::chrono::nanoseconds t) {
  return static_cast<long>(std::chrono::ceil<seconds>(t).count());
}

bool takes_json(std::string_view type) {
  auto media = type.substr(0, type.find(';'));
  while (media.ends_with(' '))
    media.remove_suffix(1);
  return equal_without_case(media, "application/json") ||
         equal_without_case(media, "application/merge-patch+json");
}

}  // namespace

void log_handler_failure(const request& r, std::exception_ptr failed) {
  std::string reason{"not an exception"};
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& e) {
    reason = e.what();
  } catch (...) {
    // Thrown by somebody who throws numbers: the log has nothing to quote.
  }
  log_error("http route failed", {kv("route", r.to == nullptr ? "" : r.to->path),
                                  kv("reason", reason), kv("request", r.id)});
}

dispatcher::dispatcher(const http_options& options, http_api api, const http_parts& parts)
    : api_{std::make_unique<const http_api>(std::move(api))},
      router_{api_->routes},
      schemas_{api_->components},
      hosts_{options.hosts, options.listen},
      cors_{options.cors_origins},
      rates_{options.rates},
      who_{parts.who},
      meters_{parts.meters ? parts.meters : std::make_shared<http_metrics>()} {
  for (const auto& r : api_->routes)
    route_meters_.push_back(&meters_->add(name_of(r.method), r.path));
}

asio::awaitable<std::optional<http_answer>> dispatcher::admit(request& r) const {
  std::exception_ptr failed;
  try {
    located place;
    if (auto said = locate(r, place)) co_return said;
    if (auto said = co_await admit_principal(r)) co_return said;
    // Last: who may not use a route learns nothing about it.
    auto fault = read_parameters(r, place);
    if (!fault) co_return std::nullopt;
    co_return std::optional<http_answer>{*fault};
  } catch (...) {
    failed = std::current_exception();
  }
  log_handler_failure(r, failed);
  const problem fault{
      &problems::internal, "this is a fault of ours; the log says more", {}, {}, {}};
  co_return std::optional<http_answer>{fault};
}

std::optional<http_answer> dispatcher::locate(request& r, located& place) const {
  auto target = parse_target(r.target);
  if (!target) return target.error();
  r.host = target->authority.empty() ? std::string{r.headers["Host"]} : target->authority;
  const bool named = !target->authority.empty() || r.headers.count("Host") > 0;
  if (named && !hosts_.allows(r.host)) {
    return problem{
        &problems::host_not_allowed,
        fmt::format("this service does not answer to {}; add it to http.hosts if it should",
                    quoted(without_port(r.host))),
        "Host",
        {},
        {}};
  }
  cors_.mark(r);
  if (target->asterisk) {
    if (r.method == http_method::options) return options_answer(r, {});
    return problem{&problems::bad_target, "only OPTIONS may ask for *", {}, {}, {}};
  }
  auto found = router_.find(r.method, target->segments);
  if (found.to == nullptr && found.methods.empty()) {
    return problem{&problems::not_found,
                   "there is nothing at this path; /docs lists what there is",
                   {},
                   {},
                   {}};
  }
  if (found.to == nullptr && r.method == http_method::options)
    return options_answer(r, found.methods);
  if (found.to == nullptr) {
    const auto allow = allow_header(found.methods);
    return problem{&problems::method_not_allowed,
                   fmt::format("this path answers {}", allow),
                   {},
                   {{"Allow", allow}},
                   {}};
  }
  r.to = found.to;
  place = {std::move(found.values), std::move(target->query)};
  return std::nullopt;
}

std::optional<problem> dispatcher::read_parameters(request& r, const located& place) {
  auto path = parameter_values::from_path(r.to->in_path, place.in_path);
  if (!path) return path.error();
  r.path = *std::move(path);
  auto query = parameter_values::from_query(r.to->in_query, place.in_query, r.to->any_query);
  if (!query) return query.error();
  r.query = *std::move(query);
  return std::nullopt;
}

http_answer dispatcher::options_answer(const request& r,
                                       const std::vector<http_method>& methods) const {
  http_answer a{204, "", "", {}, {}};
  const auto allow = allow_header(methods);
  a.headers = cors_.preflight(r, allow);
  a.headers.emplace_back("Allow", allow);
  return a;
}

asio::awaitable<std::optional<http_answer>> dispatcher::admit_principal(request& r) const {
  if (who_) {
    auto who = co_await who_->authenticate(r);
    if (!who && who.error().kind->status != 401) co_return std::optional<http_answer>{who.error()};
    if (!who) {
      const auto known = limiter_.ask("x:" + client_of(r.address), refused_credentials,
                                      rate_limiter::clock::now());
      auto why = who.error();
      if (!known.allowed) {
        why = problem{&problems::rate_limited,
                      "too many refused credentials from this address; wait a little",
                      {},
                      {{"Retry-After", std::to_string(whole_seconds(known.retry_after))}},
                      {}};
      }
      co_return std::optional<http_answer>{why};
    }
    r.who = *std::move(who);
  }
  if (auto full = limit(r, r.to->rate, key_of(r))) co_return std::optional<http_answer>{*full};
  if (auto refused = authorize(r.to->access, r.who)) co_return std::optional<http_answer>{*refused};
  co_return std::nullopt;
}

std::optional<problem> dispatcher::limit(request& r, rate_class c, const std::string& who) const {
  const auto& rule = rule_of(rates_, c);
  if (rule.burst == 0) return std::nullopt;
  const auto v =
      limiter_.ask(fmt::format("{}|{}", name_of(c), who), rule, rate_limiter::clock::now());
  r.answer_headers.emplace_back("RateLimit-Limit", std::to_string(v.limit));
  r.answer_headers.emplace_back("RateLimit-Remaining", std::to_string(v.remaining));
  r.answer_headers.emplace_back("RateLimit-Reset", std::to_string(whole_seconds(v.reset)));
  if (v.allowed) return std::nullopt;
  const auto wait = whole_seconds(v.retry_after);
  return problem{
      &problems::rate_limited,
      fmt::format("more than {} {} requests at once, and one more each {} ms; wait for {} s",
                  rule.burst, name_of(c),
                  std::chrono::duration_cast<std::chrono::milliseconds>(rule.every).count(), wait),
      {},
      {{"Retry-After", std::to_string(wait)}},
      {}};
}

std::optional<problem> dispatcher::check_body(request& r) const {
  if (r.to->request_schema.empty()) return std::nullopt;
  const auto type = r.headers["Content-Type"];
  if (!takes_json(type)) {
    return problem{
        &problems::unsupported_media_type,
        fmt::format("the body must be JSON and say so, with Content-Type: application/json; "
                    "this says {}",
                    type.empty() ? "nothing" : quoted(type)),
        "Content-Type",
        {},
        {}};
  }
  auto value = read_json(r.body, schemas_.find(r.to->request_schema));
  if (!value) return value.error();
  r.json = *std::move(value);
  return std::nullopt;
}

asio::awaitable<http_answer> dispatcher::call(request& r) const {
  std::exception_ptr failed;
  try {
    if (auto fault = check_body(r)) co_return http_answer(*fault);
    if (const auto* plain = std::get_if<plain_handler>(&r.to->handler)) co_return (*plain)(r);
    if (const auto* waits = std::get_if<awaiting_handler>(&r.to->handler))
      co_return co_await (*waits)(r);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) log_handler_failure(r, failed);
  const problem fault{
      &problems::internal, "this is a fault of ours; the log says more", {}, {}, {}};
  co_return http_answer(fault);
}

void dispatcher::dress(const request& r, http_answer& answer) const {
  if (answer.fault) {
    answer.body = to_json(*answer.fault, r.id);
    answer.headers.insert(answer.headers.end(), answer.fault->headers.begin(),
                          answer.fault->headers.end());
  }
  answer.headers.insert(answer.headers.end(), r.answer_headers.begin(), r.answer_headers.end());
  if (!r.id.empty()) answer.headers.emplace_back("X-Request-Id", r.id);
}

void dispatcher::count(const request& r, unsigned status) const {
  const auto took = std::chrono::steady_clock::now() - r.began;
  auto& meter = r.to == nullptr
                    ? meters_->unmatched()
                    : *route_meters_[static_cast<std::size_t>(r.to - api_->routes.data())];
  meter.observe(status, took);
}

}  // namespace td
