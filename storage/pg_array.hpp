#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace td {

/// Builds PostgreSQL's text form of a one-dimensional array, to be passed as a parameter.
class pg_array {
 public:
  void add(std::string_view value) {
    text_ += text_.size() > 1 ? ",\"" : "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }
  std::string text() const { return text_ + "}"; }

 private:
  std::string text_{"{"};
};

inline std::string pg_array_of(const std::vector<std::string>& values) {
  pg_array a;
  for (const auto& v : values)
    a.add(v);
  return a.text();
}

}  // namespace td
