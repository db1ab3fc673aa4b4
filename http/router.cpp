#include "http/router.hpp"

#include <algorithm>

namespace td {

std::vector<std::string_view> template_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

router::router(std::span<const route> routes) {
  for (const auto& r : routes) {
    node* at = &root_;
    for (const auto segment : template_segments(r.path)) {
      auto& next = segment.starts_with('{') ? at->any : at->literals[std::string{segment}];
      if (!next) next = std::make_unique<node>();
      at = next.get();
    }
    at->routes.push_back(&r);
  }
}

const router::node* router::descend(const node& from, std::span<const std::string> segments,
                                    std::vector<std::string>& values) const {
  if (segments.empty()) return from.routes.empty() ? nullptr : &from;
  const auto rest = segments.subspan(1);
  if (const auto literal = from.literals.find(segments.front()); literal != from.literals.end()) {
    if (const auto* end = descend(*literal->second, rest, values)) return end;
  }
  if (!from.any || segments.front().empty()) return nullptr;
  values.push_back(segments.front());
  if (const auto* end = descend(*from.any, rest, values)) return end;
  values.pop_back();
  return nullptr;
}

router::found router::find(http_method method, std::span<const std::string> segments) const {
  found result;
  const auto* end = descend(root_, segments, result.values);
  if (end == nullptr) return result;
  for (const auto* r : end->routes) {
    if (r->method == method) {
      result.to = r;
      return result;
    }
  }
  for (const auto* r : end->routes)
    result.methods.push_back(r->method);
  return result;
}

std::string allow_header(std::span<const http_method> methods) {
  std::string text;
  for (const auto m : methods) {
    text += name_of(m);
    text += m == http_method::get ? ", HEAD, " : ", ";
  }
  return text + "OPTIONS";
}

}  // namespace td
