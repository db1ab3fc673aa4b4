#include "storage/retention.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace td {
namespace {

using std::chrono::days;

constexpr std::chrono::hours trusted_gap{1};

/// A text as an SQL literal, whatever standard_conforming_strings says.
std::string literal(std::string_view text) {
  std::string out{"E'"};
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string applies(const retention_policy& p) {
  std::string condition;
  if (!p.topic_prefix.empty())
    condition = fmt::format("starts_with(topic, {})", literal(p.topic_prefix));
  if (!p.kind.empty())
    condition += fmt::format("{}kind = {}", condition.empty() ? "" : " AND ", literal(p.kind));
  return condition.empty() ? "true" : condition;
}

/// "CASE WHEN ... THEN ... ELSE ... END".
template <class Value>
std::string choose(const std::vector<retention_policy>& policies, Value value,
                   const std::string& otherwise) {
  if (policies.empty()) return otherwise;
  std::string sql{"CASE"};
  for (std::size_t i = 0; i < policies.size(); ++i)
    sql += fmt::format(" WHEN {} THEN {}", applies(policies[i]), value(i, policies[i]));
  return sql + fmt::format(" ELSE {} END", otherwise);
}

std::string time_sql(timestamp t) {
  return fmt::format("timestamptz '{}'", to_rfc3339(t));
}

}  // namespace

std::string_view name_of(retention_way way) noexcept {
  constexpr std::string_view names[] = {"drop", "rewrite", "erase"};
  return names[static_cast<std::size_t>(way)];
}

std::string_view name_of(retained what) noexcept {
  return what == retained::events ? "events" : "dead_letters";
}

std::optional<retained> retained_named(std::string_view name) noexcept {
  for (const auto what : {retained::events, retained::dead_letters}) {
    if (name == name_of(what)) return what;
  }
  return std::nullopt;
}

retention_rules::retention_rules(const retention_defaults& defaults,
                                 std::vector<retention_policy> policies)
    : defaults_{defaults} {
  std::sort(policies.begin(), policies.end(), [](const auto& a, const auto& b) {
    return std::tuple{b.topic_prefix.size(), a.kind.empty(), a.topic_prefix, a.kind} <
           std::tuple{a.topic_prefix.size(), b.kind.empty(), b.topic_prefix, b.kind};
  });
  for (auto& p : policies)
    (p.what == retained::events ? events_ : dead_letters_).push_back(std::move(p));
}

const std::vector<retention_policy>& retention_rules::policies(retained what) const noexcept {
  return what == retained::events ? events_ : dead_letters_;
}

days retention_rules::longest_kept() const noexcept {
  auto longest = defaults_.events;
  for (const auto& p : events_)
    longest = std::max(longest, days{p.keep_days});
  return longest;
}

days retention_rules::shortest_kept() const noexcept {
  auto shortest = defaults_.events;
  for (const auto& p : events_)
    shortest = std::min(shortest, days{p.keep_days});
  return shortest;
}

std::string retention_rules::policy_sql(retained what) const {
  return choose(
      policies(what), [](std::size_t i, const auto&) { return std::to_string(i); }, "-1");
}

std::string retention_rules::expired_sql(days age) const {
  const auto word = [age](days keep) { return age > keep ? "true" : "false"; };
  return choose(
      events_, [&](std::size_t, const auto& p) { return word(days{p.keep_days}); },
      word(defaults_.events));
}

std::string retention_rules::dead_letter_expired_sql(timestamp now) const {
  return "last_failure < " +
         choose(
             dead_letters_,
             [&](std::size_t, const auto& p) { return time_sql(now - days{p.keep_days}); },
             time_sql(now - defaults_.dead_letters));
}

timestamp retention_rules::dead_letters_kept_from(timestamp now) const {
  auto shortest = defaults_.dead_letters;
  for (const auto& p : dead_letters_)
    shortest = std::min<std::chrono::hours>(shortest, days{p.keep_days});
  return now - shortest;
}

std::optional<std::chrono::sys_days> trusted_today(timestamp ours, timestamp theirs) {
  if (ours - theirs > trusted_gap || theirs - ours > trusted_gap) return std::nullopt;
  return std::chrono::floor<days>(std::min(ours, theirs));
}

}  // namespace td
