#include "identity/audit.hpp"

#include "identity/enum_names.hpp"

#include <array>
#include <charconv>
#include <cstddef>

#include <fmt/format.h>

namespace td {

namespace {

constexpr std::array<std::string_view, 36> action_names{
    "login",
    "logout",
    "session_revoked",
    "refresh_reused",
    "recovery_code_used",
    "user_created",
    "user_role_changed",
    "user_disabled",
    "user_enabled",
    "user_unlocked",
    "password_changed",
    "password_reset",
    "totp_enrolled",
    "totp_removed",
    "api_key_created",
    "api_key_revoked",
    "signing_key_made",
    "signing_key_retired",
    "project_created",
    "project_changed",
    "project_archived",
    "component_created",
    "component_changed",
    "component_archived",
    "task_created",
    "task_changed",
    "task_archived",
    "dependency_added",
    "dependency_removed",
    "event_published",
    "dead_letter_changed",
    "replay_changed",
    "schema_changed",
    "retention_changed",
    "pipeline_paused",
    "pipeline_resumed",
};
static_assert(action_names.size() == static_cast<std::size_t>(audit_action::pipeline_resumed) + 1);
constexpr std::array<std::string_view, 3> result_names{"ok", "denied", "failed"};

void add(std::string& out, std::string_view text) {
  out += fmt::format("{}:", text.size());
  out += text;
}

std::string hex(const crypto::digest& d) {
  std::string out;
  for (const auto byte : d)
    out += fmt::format("{:02x}", byte);
  return out;
}

std::optional<crypto::digest> from_hex(std::string_view text) {
  crypto::digest d{};
  if (text.size() != 2 * d.size()) return std::nullopt;
  for (std::size_t i = 0; i < d.size(); ++i) {
    const auto* at = text.data() + 2 * i;
    const auto read = std::from_chars(at, at + 2, d[i], 16);
    if (read.ec != std::errc{} || read.ptr != at + 2) return std::nullopt;
  }
  return d;
}

}  // namespace

std::string_view name_of(audit_action a) noexcept {
  return action_names[static_cast<std::size_t>(a)];
}

std::optional<audit_action> audit_action_named(std::string_view name) noexcept {
  return named<audit_action>(action_names, name);
}

std::string_view name_of(audit_result r) noexcept {
  return result_names[static_cast<std::size_t>(r)];
}

std::optional<audit_result> audit_result_named(std::string_view name) noexcept {
  return named<audit_result>(result_names, name);
}

std::string to_string(const audit_head& head) {
  return fmt::format("{}:{}", head.position, hex(head.link));
}

std::optional<audit_head> parse_audit_head(std::string_view text) {
  audit_head head;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, head.position);
  if (read.ec != std::errc{} || read.ptr == end || *read.ptr != ':' || head.position < 0)
    return std::nullopt;
  const auto link = from_hex({read.ptr + 1, static_cast<std::size_t>(end - read.ptr - 1)});
  if (!link) return std::nullopt;
  head.link = *link;
  return head;
}

std::string canonical(const audit_row& row) {
  const auto& e = row.entry;
  std::string out{"taylordash audit 1"};
  add(out, to_string(row.id));
  add(out, std::to_string(row.at.time_since_epoch().count()));
  add(out, name_of(e.action));
  add(out, name_of(e.result));
  add(out, e.actor);
  add(out, e.actor_id ? to_string(*e.actor_id) : "");
  add(out, e.target);
  add(out, e.before);
  add(out, e.after);
  add(out, e.address);
  add(out, e.request_id);
  add(out, e.detail);
  if (!row.unread.empty()) add(out, row.unread);
  return out;
}

audit_head chain(audit_row& row, const audit_head& head, const crypto::key& k) {
  row.position = head.position + 1;
  row.mac = crypto::hmac_sha256(k, fmt::format("row {} ", row.position) + canonical(row));
  std::string before{"link "};
  before += crypto::view(head.link);
  before += crypto::view(row.mac);
  row.link = crypto::hmac_sha256(k, before);
  return {row.position, row.link};
}

}  // namespace td
