#include "cli/identity_view.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace td {

using namespace terminal;

namespace {

using boost::json::object;
using boost::json::value;

/// To the second: "2026-11-21 14:03:22Z".
std::string short_time(timestamp t) {
  auto text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(t)).substr(0, 19) + "Z";
  text[10] = ' ';
  return text;
}

std::string ago(const std::optional<timestamp>& t, timestamp at) {
  if (!t) return "never";
  if (*t > at) return "now";
  return short_duration(at - *t) + " ago";
}

value time_json(const std::optional<timestamp>& t) {
  return t ? value(to_rfc3339(*t)) : value(nullptr);
}

value text_json(const std::string& text) {
  return text.empty() ? value(nullptr) : value(text);
}

boost::json::array array_of(const std::vector<std::string>& names) {
  boost::json::array all;
  for (const auto& n : names)
    all.emplace_back(n);
  return all;
}

cell head_cell(const char* text, bool right = false) {
  return {text, colour::dim, right};
}

std::string state_of(const api_key_record& k, timestamp at) {
  if (k.revoked_at) return "revoked";
  if (k.owner_disabled) return "owner disabled";
  return k.alive(at) ? "active" : "expired";
}

}  // namespace

// -- users ---

std::string render_users(const output& to, const std::vector<user_record>& all, timestamp at) {
  std::vector<row> rows{{head_cell("NAME"), head_cell("ROLE"), head_cell("STATE"),
                         head_cell("CODES"), head_cell("SESSIONS", true), head_cell("LAST LOGIN"),
                         head_cell("SINCE"), head_cell("BY")}};
  for (const auto& u : all) {
    const auto locked = u.locked_from > 0
                            ? fmt::format("locked from {}", counted(u.locked_from, "address"))
                            : std::string{"active"};
    const auto colour = u.disabled          ? colour::dim
                        : u.locked_from > 0 ? colour::yellow
                                            : colour::green;
    rows.push_back(
        {{u.name},
         {std::string{name_of(u.role)}, u.role == role::admin ? colour::bold : colour::none},
         {u.disabled ? "disabled" : locked, colour},
         {u.second_factor ? "yes" : "no"},
         {std::to_string(u.sessions), colour::none, true},
         {ago(u.last_login_at, at)},
         {short_time(u.created_at)},
         {visible(u.created_by)}});
  }
  return aligned(to, rows, "");
}

std::string users_json(const std::vector<user_record>& all) {
  std::string out;
  for (const auto& u : all) {
    out += boost::json::serialize(object{{"id", to_string(u.id)},
                                         {"name", u.name},
                                         {"role", name_of(u.role)},
                                         {"disabled", u.disabled},
                                         {"second_factor", u.second_factor},
                                         {"recovery_codes", u.recovery_codes},
                                         {"sessions", u.sessions},
                                         {"locked_from", u.locked_from},
                                         {"last_login_at", time_json(u.last_login_at)},
                                         {"password_changed_at", to_rfc3339(u.password_changed_at)},
                                         {"created_at", to_rfc3339(u.created_at)},
                                         {"created_by", u.created_by}}) +
           "\n";
  }
  return out;
}

// -- API keys ---

std::string render_api_keys(const output& to, const std::vector<api_key_record>& all,
                            timestamp at) {
  std::vector<row> rows{{head_cell("PREFIX"), head_cell("NAME"), head_cell("OWNER"),
                         head_cell("STATE"), head_cell("SCOPES"), head_cell("EXPIRES"),
                         head_cell("LAST USE")}};
  for (const auto& k : all) {
    const auto state = state_of(k, at);
    rows.push_back({{k.prefix},
                    {visible(k.name)},
                    {k.owner_name},
                    {state, state == "active" ? colour::green : colour::dim},
                    {fmt::format("{}", fmt::join(names_of(k.scopes), " "))},
                    {k.expires_at ? short_time(*k.expires_at) : "never"},
                    {ago(k.last_used_at, at) +
                     (k.last_used_from.empty() ? "" : " from " + visible(k.last_used_from))}});
  }
  return aligned(to, rows, "");
}

std::string api_keys_json(const std::vector<api_key_record>& all, timestamp at) {
  std::string out;
  for (const auto& k : all) {
    out += boost::json::serialize(object{{"id", to_string(k.id)},
                                         {"prefix", k.prefix},
                                         {"name", k.name},
                                         {"owner", k.owner_name},
                                         {"state", state_of(k, at)},
                                         {"scopes", array_of(names_of(k.scopes))},
                                         {"created_at", to_rfc3339(k.created_at)},
                                         {"created_by", k.created_by},
                                         {"expires_at", time_json(k.expires_at)},
                                         {"revoked_at", time_json(k.revoked_at)},
                                         {"last_used_at", time_json(k.last_used_at)},
                                         {"last_used_from", text_json(k.last_used_from)}}) +
           "\n";
  }
  return out;
}

// -- the audit log ---

std::string render_audit(const output& to, const std::vector<audit_row>& all) {
  std::vector<row> rows{{head_cell("POSITION", true), head_cell("AT"), head_cell("ACTOR"),
                         head_cell("ACTION"), head_cell("TARGET"), head_cell("RESULT"),
                         head_cell("FROM"), head_cell("DETAIL")}};
  for (const auto& r : all) {
    const auto& e = r.entry;
    auto detail = e.detail;
    if (!e.before.empty() || !e.after.empty())
      detail += fmt::format("{}{} -> {}", detail.empty() ? "" : " ", e.before, e.after);
    rows.push_back({{r.position > 0 ? std::to_string(r.position) : "waits", colour::dim, true},
                    {short_time(r.at)},
                    {visible(e.actor)},
                    {std::string{name_of(e.action)}},
                    {visible(e.target)},
                    {std::string{name_of(e.result)},
                     e.result == audit_result::ok ? colour::green : colour::red},
                    {visible(e.address)},
                    {visible(detail), colour::dim}});
  }
  return aligned(to, rows, "");
}

std::string audit_json(const std::vector<audit_row>& all) {
  const auto parsed = [](const std::string& json) {
    boost::system::error_code bad;
    auto v = json.empty() ? value(nullptr) : boost::json::parse(json, bad);
    return bad ? value(json) : v;
  };
  std::string out;
  for (const auto& r : all) {
    const auto& e = r.entry;
    out += boost::json::serialize(
               object{{"position", r.position > 0 ? value(r.position) : value(nullptr)},
                      {"id", to_string(r.id)},
                      {"at", to_rfc3339(r.at)},
                      {"actor", e.actor},
                      {"actor_id", e.actor_id ? value(to_string(*e.actor_id)) : value(nullptr)},
                      {"action", name_of(e.action)},
                      {"target", text_json(e.target)},
                      {"result", name_of(e.result)},
                      {"before", parsed(e.before)},
                      {"after", parsed(e.after)},
                      {"address", text_json(e.address)},
                      {"request_id", text_json(e.request_id)},
                      {"detail", text_json(e.detail)}}) +
           "\n";
  }
  return out;
}

std::string render_audit_report(const output& to, const audit_report& r, timestamp at) {
  std::string out;
  if (!r.key_fits) {
    return paint(to, colour::red, "no row was chained with this key: name the right secret file\n");
  }
  for (const auto& f : r.faults)
    out += paint(to, colour::red, fmt::format("{:<9}", name_of(f.what))) + f.sentence + "\n";
  if (r.fault_count > r.faults.size()) {
    out += fmt::format("... and {} more\n", grouped(r.fault_count - r.faults.size()));
  }
  out += r.intact() ? paint(to, colour::green, "intact") : paint(to, colour::red, "NOT INTACT");
  out += fmt::format(": {} chained", counted(r.rows, "row"));
  for (const auto& where : r.held_against)
    out += fmt::format(", held against {}", visible(where));
  if (r.tail.rows > 0) {
    out += fmt::format(
        "; {} {} for a place in the chain, the oldest for {}", counted(r.tail.rows, "row"),
        r.tail.rows == 1 ? "waits" : "wait",
        short_duration(at > *r.tail.oldest ? at - *r.tail.oldest : std::chrono::microseconds{0}));
  }
  return out + fmt::format("\nhead {}\n", to_string(r.head));
}

std::string audit_report_json(const audit_report& r) {
  boost::json::array faults;
  for (const auto& f : r.faults) {
    faults.push_back(object{{"kind", name_of(f.what)},
                            {"first", f.first},
                            {"last", f.last},
                            {"id", f.id ? value(to_string(*f.id)) : value(nullptr)},
                            {"sentence", f.sentence}});
  }
  return boost::json::serialize(object{{"intact", r.intact() && r.key_fits},
                                       {"key_fits", r.key_fits},
                                       {"rows", r.rows},
                                       {"head", to_string(r.head)},
                                       {"waiting", r.tail.rows},
                                       {"fault_count", r.fault_count},
                                       {"faults", std::move(faults)}}) +
         "\n";
}

}  // namespace td
