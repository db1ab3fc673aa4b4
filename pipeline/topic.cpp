#include "pipeline/topic.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {
namespace {

constexpr bool is_verb_character(char c) noexcept {
  return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '_' || c == '-';
}

}  // namespace

topic_rules::topic_rules(std::string prefix, std::vector<std::string> families,
                         std::size_t max_bytes)
    : prefix_{std::move(prefix)}, families_{std::move(families)}, max_bytes_{max_bytes} {}

std::optional<failure> topic_rules::check(std::string_view topic) const {
  if (topic.size() > max_bytes_) {
    return failure{errc::topic_too_long,
                   fmt::format("the topic {} is too long; at most {} bytes are allowed",
                               quoted(topic), max_bytes_),
                   {}};
  }
  if (!topic.starts_with(prefix_)) return refusal(topic, "does not begin as it must");
  auto const rest = topic.substr(prefix_.size());
  auto const slash = rest.find('/');
  auto const family = rest.substr(0, slash);
  if (std::ranges::find(families_, family) == families_.end()) {
    return refusal(topic, "is of a family that is not allowed");
  }
  if (slash == std::string_view::npos) return refusal(topic, "names no verb");
  auto const verb = rest.substr(slash + 1);
  if (verb.empty()) return refusal(topic, "names no verb");
  if (!std::ranges::all_of(verb, is_verb_character)) {
    return refusal(topic, "has a verb that is not one segment of a-z, 0-9, '_' and '-'");
  }
  return std::nullopt;
}

failure topic_rules::refusal(std::string_view topic, std::string_view why) const {
  return {errc::topic_not_allowed,
          fmt::format("the topic {} {}; allowed is {}{{{}}}/<verb>", quoted(topic), why, prefix_,
                      fmt::join(families_, ",")),
          {}};
}

}  // namespace td
