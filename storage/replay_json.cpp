#include "storage/replay_json.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "pipeline/json_text.hpp"

namespace td {

namespace {

namespace json = boost::json;

json::value parsed(std::string_view text) {
  boost::system::error_code bad;
  auto value = json::parse({text.data(), text.size()}, bad);
  return bad ? json::value{} : value;
}

std::string text_of(const json::object& o, const char* name) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_string() ? std::string{v->as_string()} : std::string{};
}

}  // namespace

std::string to_json(const replay_filter& filter) {
  json::object o;
  if (filter.from) o["from"] = to_rfc3339(*filter.from);
  if (filter.to) o["to"] = to_rfc3339(*filter.to);
  if (!filter.topic_prefix.empty()) o["topic_prefix"] = filter.topic_prefix;
  if (!filter.kind.empty()) o["kind"] = filter.kind;
  if (!filter.fingerprint.empty()) o["fingerprint"] = filter.fingerprint;
  if (!filter.ids.empty()) o["ids"] = json::array(filter.ids.begin(), filter.ids.end());
  return json::serialize(o);
}

result<replay_filter> replay_filter_from(std::string_view text) {
  const failure unknown{errc::configuration_invalid, "the filter of a replay job can't be read"};
  replay_filter f;
  const auto value = parsed(text);
  if (!value.is_object()) return unknown;
  for (const auto& [name, member] : value.as_object()) {
    if (name == "ids" && member.is_array()) {
      for (const auto& id : member.as_array()) {
        if (!id.is_string()) return unknown;
        f.ids.emplace_back(id.as_string());
      }
      continue;
    }
    if (!member.is_string()) return unknown;
    const std::string said{member.as_string()};
    if (name == "from" || name == "to") {
      const auto at = parse_rfc3339(said);
      if (!at) return unknown;
      (name == "from" ? f.from : f.to) = *at;
    } else if (name == "topic_prefix") {
      f.topic_prefix = said;
    } else if (name == "kind") {
      f.kind = said;
    } else if (name == "fingerprint") {
      f.fingerprint = said;
    } else {
      return unknown;
    }
  }
  return f;
}

std::string to_json(const std::vector<replay_reason>& reasons) {
  json::array all;
  for (const auto& r : reasons) {
    all.push_back({{"code", r.code},
                   {"pointer", r.pointer},
                   {"count", r.count},
                   {"sample", r.sample},
                   {"detail", r.detail}});
  }
  return json::serialize(all);
}

std::vector<replay_reason> replay_reasons_from(std::string_view text) {
  std::vector<replay_reason> all;
  const auto value = parsed(text);
  if (!value.is_array()) return all;
  for (const auto& entry : value.as_array()) {
    if (!entry.is_object()) continue;
    const auto& o = entry.as_object();
    const auto* count = o.if_contains("count");
    const bool counted = count != nullptr && count->is_number();
    all.push_back({text_of(o, "code"), text_of(o, "pointer"),
                   counted ? count->to_number<std::uint64_t>() : 0, text_of(o, "sample"),
                   text_of(o, "detail")});
  }
  return all;
}

void add_reasons(std::vector<replay_reason>& to, const replay_stretch& stretch,
                 const replay_outcome& outcome) {
  for (const auto& refusal : outcome.refused) {
    std::string code{name_of(refusal.why.code)};
    auto pointer = pointer_pattern(refusal.why.pointer);
    const auto same = [&](const replay_reason& r) {
      return r.code == code && r.pointer == pointer;
    };
    auto found = std::ranges::find_if(to, same);
    if (found == to.end() && to.size() >= most_replay_reasons) {
      code = "other";
      pointer.clear();
      found = std::ranges::find_if(to, same);
    }
    if (found == to.end()) {
      to.push_back({code, pointer, 0, stretch.items[refusal.index].key, refusal.why.detail});
      found = std::prev(to.end());
    }
    ++found->count;
  }
  std::ranges::stable_sort(to, std::ranges::greater{}, &replay_reason::count);
}

}  // namespace td
