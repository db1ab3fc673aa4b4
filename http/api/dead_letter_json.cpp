#include "http/api/dead_letter_json.hpp"

#include <boost/json.hpp>

#include "pipeline/text.hpp"

namespace td {
namespace {

namespace json = boost::json;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto size = first_character(text).size;
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

json::object object_of(const dead_letter_summary& l) {
  json::object o{{"id", l.id},
                 {"status", name_of(l.status)},
                 {"stage", l.stage},
                 {"code", l.code},
                 {"detail", l.detail},
                 {"pointer", l.pointer},
                 {"fingerprint", l.fingerprint},
                 {"topic", l.topic},
                 {"attempts", l.attempts},
                 {"first_failure", to_rfc3339(l.first_failure)},
                 {"last_failure", to_rfc3339(l.last_failure)},
                 {"bytes", l.bytes},
                 {"edited", l.edited}};
  if (!l.kind.empty()) o["kind"] = l.kind;
  if (!l.source.empty()) o["source"] = l.source;
  if (l.event_id) o["event_id"] = to_string(*l.event_id);
  if (l.occurred_at) o["occurred_at"] = to_rfc3339(*l.occurred_at);
  if (l.schema_version > 0) o["schema_version"] = l.schema_version;
  if (!l.consumer.empty()) o["consumer"] = l.consumer;
  return o;
}

void put_bytes(json::object& o, const std::string& name, std::string_view bytes) {
  const bool text = is_utf8(bytes);
  o[name] = text ? std::string{bytes} : base64(bytes);
  o[name + "_is_base64"] = !text;
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto here = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < here.size() ? static_cast<unsigned char>(here[k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += k <= here.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string to_json(const dead_letter_summary& letter) {
  return json::serialize(object_of(letter));
}

std::string to_json(const dead_letter_group& g) {
  return json::serialize(json::object{{"fingerprint", g.fingerprint},
                                      {"letters", g.letters},
                                      {"attempts", g.attempts},
                                      {"last_hour", g.last_hour},
                                      {"last_day", g.last_day},
                                      {"first_failure", to_rfc3339(g.first_failure)},
                                      {"last_failure", to_rfc3339(g.last_failure)},
                                      {"topics", json::array(g.topics.begin(), g.topics.end())},
                                      {"kinds", json::array(g.kinds.begin(), g.kinds.end())},
                                      {"newest", object_of(g.sample)}});
}

std::string to_json(const dead_letter& letter) {
  auto o = object_of(letter.about);
  put_bytes(o, "raw", letter.raw);
  if (letter.edited) put_bytes(o, "correction", *letter.edited);
  if (letter.history.empty()) return json::serialize(o);
  json::array history;
  for (const auto& h : letter.history) {
    json::object change{
        {"at", to_rfc3339(h.at)}, {"actor", h.actor}, {"action", h.action}, {"detail", h.detail}};
    if (h.job) change["job"] = *h.job;
    history.push_back(std::move(change));
  }
  o["history"] = std::move(history);
  return json::serialize(o);
}

}  // namespace td
