#include "http/route.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "http/component_schemas.hpp"
#include "http/parameters.hpp"
#include "http/router.hpp"

namespace td {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool has_handler(const route& r) {
  return std::visit([](const auto& f) { return f != nullptr; }, r.handler);
}

/// One pass over the table.
class table_check {
 public:
  explicit table_check(const http_api& api) : api_{api} {}

  std::vector<std::string> run() {
    for (const auto& c : api_.components) {
      if (!components_.insert(c.name).second) fault("component {} is there twice", c.name);
    }
    for (const auto& r : api_.routes)
      check(r);
    for (auto& broken : faults_of(api_.components))
      faults_.push_back(std::move(broken));
    return std::move(faults_);
  }

 private:
  template <class... Args>
  void fault(fmt::format_string<Args...> text, Args&&... args) {
    faults_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  void check(const route& r) {
    const auto what = fmt::format("{} {}", name_of(r.method), r.path);
    if (!is_name(r.operation)) fault("{}: its operation is no name in snake_case", what);
    if (!operations_.insert(r.operation).second)
      fault("{}: operation {} is there twice", what, r.operation);
    if (r.method == http_method::other || r.method == http_method::options) {
      fault("{}: no route has this method", what);
    }
    if (r.tag.empty() || r.summary.empty()) fault("{}: tag or summary is missing", what);
    if (!has_handler(r)) fault("{}: has no handler", what);
    if (!r.request_schema.empty() && std::holds_alternative<exchange_handler>(r.handler)) {
      fault("{}: a body that is read in pieces is not held against a schema", what);
    }
    check_template(r, what);
    check_parameters(r.in_query, what);
    check_parameters(r.in_path, what);
    for (const auto& name : {r.request_schema, r.response_schema}) {
      if (!name.empty() && !components_.contains(name))
        fault("{}: component {} is missing", what, name);
    }
  }

  void check_template(const route& r, const std::string& what) {
    const auto names = template_parameters(r.path);
    if (!names) return fault("{}: the template is malformed", what);
    std::vector<std::string> declared;
    for (const auto& p : r.in_path)
      declared.push_back(p.name);
    if (declared != *names) fault("{}: in_path must have the template's names, in its order", what);
    // /a/{b} and /a/{c} are one path.
    std::string shape = std::string{name_of(r.method)};
    for (const auto segment : template_segments(r.path))
      shape += segment.starts_with('{') ? "/{}" : fmt::format("/{}", segment);
    if (!shapes_.insert(shape).second) fault("{}: is there twice", what);
  }

  void check_parameters(const std::vector<parameter>& all, const std::string& what) {
    std::set<std::string_view> names;
    for (const auto& p : all) {
      if (!is_name(p.name) || !names.insert(p.name).second) {
        fault("{}: parameter {} is no name in snake_case, or is there twice", what, p.name);
      }
      if (p.meaning.empty()) fault("{}: parameter {} has no meaning", what, p.name);
      if (p.what == parameter::type::choice && p.choices.empty()) {
        fault("{}: parameter {} has no choices", what, p.name);
      }
      if (!p.fallback.empty() && !read_parameter(p, p.fallback)) {
        fault("{}: the fallback of parameter {} is not allowed by it", what, p.name);
      }
    }
  }

  const http_api& api_;
  std::vector<std::string> faults_;
  std::set<std::string> components_;
  std::set<std::string> operations_;
  std::set<std::string> shapes_;
};

}  // namespace

std::string_view name_of(http_method m) noexcept {
  switch (m) {
    case http_method::get:
      return "GET";
    case http_method::post:
      return "POST";
    case http_method::put:
      return "PUT";
    case http_method::patch:
      return "PATCH";
    case http_method::erase:
      return "DELETE";
    case http_method::options:
      return "OPTIONS";
    case http_method::other:
      break;
  }
  return "other";
}

std::string_view name_of(rate_class c) noexcept {
  switch (c) {
    case rate_class::none:
      return "none";
    case rate_class::read:
      return "read";
    case rate_class::write:
      return "write";
    case rate_class::login:
      return "login";
    case rate_class::stream:
      break;
  }
  return "stream";
}

http_api& http_api::operator+=(http_api other) {
  std::move(other.routes.begin(), other.routes.end(), std::back_inserter(routes));
  std::move(other.components.begin(), other.components.end(), std::back_inserter(components));
  return *this;
}

std::optional<std::vector<std::string>> template_parameters(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> names;
  if (path == "/") return names;
  for (auto segment : template_segments(path)) {
    if (segment.empty()) return std::nullopt;
    if (segment.starts_with('{') && segment.ends_with('}')) {
      segment = segment.substr(1, segment.size() - 2);
      if (!is_name(segment) || std::count(names.begin(), names.end(), segment) > 0)
        return std::nullopt;
      names.emplace_back(segment);
    } else if (segment.find_first_of("{}?#% ") != segment.npos) {
      return std::nullopt;
    }
  }
  return names;
}

std::vector<std::string> faults_of(const http_api& api) {
  return table_check{api}.run();
}

std::vector<const problem_kind*> problems_of(const route& r) {
  std::set<const problem_kind*> all{r.problems.begin(), r.problems.end()};
  all.insert({&problems::bad_request, &problems::bad_target, &problems::host_not_allowed,
              &problems::internal});
  if (!r.in_path.empty() || !r.in_query.empty()) all.insert(&problems::parameter_invalid);
  if (!r.access.anyone) all.insert({&problems::unauthenticated, &problems::forbidden});
  if (r.rate != rate_class::none) all.insert(&problems::rate_limited);
  if (!r.request_schema.empty()) {
    all.insert({&problems::not_json, &problems::body_invalid, &problems::unsupported_media_type});
  }
  if (!r.request_schema.empty() || !r.request_type.empty()) all.insert(&problems::body_too_large);
  std::vector<const problem_kind*> ordered;
  for (const auto* kind : problem_kinds()) {
    if (all.contains(kind)) ordered.push_back(kind);
  }
  return ordered;
}

}  // namespace td
