#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/route.hpp"

namespace td {

/// Finds the route of a path. Literal segments win over parameters, segment by segment from the
/// left. Immutable once made; any thread may ask. Refers to the routes it was made of.
class router {
 public:
  /// `routes` without the faults of `faults_of`; it must outlive this.
  explicit router(std::span<const route> routes);

  struct found {
    const route* to{};                   ///< null: nothing of this path answers this method
    std::vector<std::string> values{};   ///< of the template's parameters, in order
    std::vector<http_method> methods{};  ///< of the path, when `to` is null; empty: no such path
  };
  found find(http_method method, std::span<const std::string> segments) const;

 private:
  struct node {
    std::map<std::string, std::unique_ptr<node>, std::less<>> literals{};
    std::unique_ptr<node> any{};  ///< a parameter
    std::vector<const route*> routes{};
  };

  const node* descend(const node& from, std::span<const std::string> segments,
                      std::vector<std::string>& values) const;

  node root_{};
};

/// "/a/{b}" -> "a", "{b}"; "/" -> one that is empty.
std::vector<std::string_view> template_segments(std::string_view path);

/// "GET, HEAD, OPTIONS": what the header `Allow` says.
std::string allow_header(std::span<const http_method> methods);

}  // namespace td
