#include "http/snapshot_json.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "pipeline/progress.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

namespace json = boost::json;

/// Boost.JSON writes strings as they are; only UTF-8 may come out.
std::string clean(std::string_view text) {
  return printable(text, text.size());
}

/// The same, line by line.
std::string clean_lines(std::string_view text) {
  std::string lines;
  for (;;) {
    const auto line = text.substr(0, text.find('\n'));
    lines += clean(line);
    if (line.size() == text.size()) return lines;
    lines += '\n';
    text.remove_prefix(line.size() + 1);
  }
}

// -- writing ---

json::value of(const ledger_counts& c) {
  return {{"received", c.received},        {"stored", c.stored},
          {"duplicate", c.duplicate},      {"dead_lettered", c.dead_lettered},
          {"given_back", c.given_back},    {"in_flight", c.in_flight},
          {"unaccounted", c.unaccounted()}};
}

json::value of(const lane_status& l) {
  return {{"slot", l.slot},
          {"client_id", clean(l.client_id)},
          {"state", clean(l.state)},
          {"reason", clean(l.reason)},
          {"since", to_rfc3339(l.since)},
          {"epoch", l.epoch},
          {"in_flight", l.in_flight},
          {"received", l.received}};
}

json::value of(const dependency_status& d) {
  return {{"name", clean(d.name)},
          {"ok", d.ok},
          {"reason", clean(d.reason)},
          {"since", to_rfc3339(d.since)},
          {"latency_us", d.latency.count()}};
}

json::value of(const actor_status& a) {
  return {{"name", clean(a.name)}, {"state", clean(a.state)}, {"restarts", a.restarts}};
}

json::value of(const stall_status& s) {
  return {{"lane", s.lane},
          {"connection", s.epoch},
          {"batch", s.batch},
          {"events", s.events},
          {"holder", clean(s.holder)},
          {"doing", clean(s.doing)},
          {"dependency", clean(s.dependency)},
          {"reason", clean(s.reason)},
          {"since", to_rfc3339(s.since)},
          {"lasted_ms", s.lasted.count()},
          {"held_for_ms", s.held_for.count()},
          {"given_back", s.given_back},
          {"held", s.held}};
}

json::value of(const finding& f) {
  return {
      {"area", clean(f.area)}, {"code", clean(f.code)},       {"severity", clean(name_of(f.level))},
      {"what", clean(f.what)}, {"mend", clean_lines(f.mend)}, {"where", clean(f.where)}};
}

template <class T>
json::array of(const std::vector<T>& all) {
  json::array list;
  for (const auto& one : all)
    list.push_back(of(one));
  return list;
}

/// What somebody should know, though it may not keep the service from being ready.
std::vector<finding> pressing(const std::vector<finding>& all) {
  std::vector<finding> list;
  std::copy_if(all.begin(), all.end(), std::back_inserter(list),
               [](const finding& f) { return f.level >= severity::warning; });
  return list;
}

/// Why the service is not ready, for people; empty when it is.
json::array reasons(const service_snapshot& s) {
  json::array list;
  if (s.ready && !s.stopping) return list;
  if (s.stopping) list.emplace_back("the service is stopping");
  for (const auto& d : s.dependencies) {
    if (d.ok) continue;
    list.emplace_back(
        clean(fmt::format("{} is away since {}: {}", d.name, to_rfc3339(d.since), d.reason)));
  }
  for (const auto& stall : s.stalls)
    list.emplace_back(clean(to_text(stall)));
  for (const auto& l : s.lanes) {
    if (l.reason.empty()) continue;
    list.emplace_back(clean(fmt::format("lane {} is {}: {}", l.slot, l.state, l.reason)));
  }
  if (list.empty()) list.emplace_back("the service is starting");
  return list;
}

// -- reading ---

/// Takes members out of one object and remembers the first that is not as it should be.
class reader {
 public:
  reader(const json::value& v, std::string pointer, std::optional<failure>& wrong)
      : object_{v.if_object()}, pointer_{std::move(pointer)}, wrong_{wrong} {
    if (!object_) complain("", "an object");
  }

  template <class T>
  void take(std::string_view name, T& into) {
    const auto* v = object_ ? object_->if_contains(name) : nullptr;
    if (v) convert(name, *v, into);
  }

  void need(std::string_view name) {
    if (object_ && !object_->if_contains(name)) complain(name, "there");
  }

  template <class T>
  void take_list(std::string_view name, std::vector<T>& into) {
    const auto* v = object_ ? object_->if_contains(name) : nullptr;
    if (!v) return;
    const auto* list = v->if_array();
    if (!list) return complain(name, "an array");
    for (std::size_t i = 0; i < list->size(); ++i) {
      take_into(reader{(*list)[i], fmt::format("{}/{}/{}", pointer_, name, i), wrong_},
                into.emplace_back());
    }
  }

  void take_object(std::string_view name, ledger_counts& into) {
    if (const auto* v = object_ ? object_->if_contains(name) : nullptr) {
      take_into(reader{*v, fmt::format("{}/{}", pointer_, name), wrong_}, into);
    }
  }

  static void take_into(reader r, service_snapshot& s) {
    r.need("version");
    r.need("counts");
    r.take("version", s.version);
    r.take("node", s.node);
    r.take("deployment", s.deployment);
    r.take("started_at", s.started_at);
    r.take("taken_at", s.taken_at);
    r.take("ready", s.ready);
    r.take("stopping", s.stopping);
    r.take_object("counts", s.counts);
    r.take_list("lanes", s.lanes);
    r.take_list("dependencies", s.dependencies);
    r.take_list("actors", s.actors);
    r.take_list("stalls", s.stalls);
    r.take_list("findings", s.findings);
  }

 private:
  static void take_into(reader r, ledger_counts& c) {
    r.take_count("received", c.received);
    r.take_count("stored", c.stored);
    r.take_count("duplicate", c.duplicate);
    r.take_count("dead_lettered", c.dead_lettered);
    r.take_count("given_back", c.given_back);
    r.take_count("in_flight", c.in_flight);
  }

  /// Small enough that the ledger's sum of five fits 63 bits.
  void take_count(std::string_view name, std::uint64_t& into) {
    take(name, into);
    if (into > std::uint64_t{1} << 60) complain(name, "an integer in range");
  }

  static void take_into(reader r, lane_status& l) {
    r.take("slot", l.slot);
    r.take("client_id", l.client_id);
    r.take("state", l.state);
    r.take("reason", l.reason);
    r.take("since", l.since);
    r.take("epoch", l.epoch);
    r.take("in_flight", l.in_flight);
    r.take("received", l.received);
  }
  static void take_into(reader r, dependency_status& d) {
    r.take("name", d.name);
    r.take("ok", d.ok);
    r.take("reason", d.reason);
    r.take("since", d.since);
    r.take("latency_us", d.latency);
  }
  static void take_into(reader r, finding& f) {
    r.take("area", f.area);
    r.take("code", f.code);
    r.take("severity", f.level);
    r.take("what", f.what);
    r.take("mend", f.mend);
    r.take("where", f.where);
  }
  static void take_into(reader r, actor_status& a) {
    r.take("name", a.name);
    r.take("state", a.state);
    r.take("restarts", a.restarts);
  }

  static void take_into(reader r, stall_status& s) {
    r.take("lane", s.lane);
    r.take("connection", s.epoch);
    r.take("batch", s.batch);
    r.take("events", s.events);
    r.take("holder", s.holder);
    r.take("doing", s.doing);
    r.take("dependency", s.dependency);
    r.take("reason", s.reason);
    r.take("since", s.since);
    r.take("lasted_ms", s.lasted);
    r.take("held_for_ms", s.held_for);
    r.take("given_back", s.given_back);
    r.take("held", s.held);
  }

  void convert(std::string_view name, const json::value& v, std::string& into) {
    if (const auto* text = v.if_string()) {
      into.assign(text->data(), text->size());
    } else {
      complain(name, "a string");
    }
  }
  void convert(std::string_view name, const json::value& v, bool& into) {
    if (const auto* b = v.if_bool()) {
      into = *b;
    } else {
      complain(name, "true or false");
    }
  }
  void convert(std::string_view name, const json::value& v, severity& into) {
    const auto* text = v.if_string();
    const auto level = text ? severity_named({text->data(), text->size()}) : std::nullopt;
    if (!level) return complain(name, "ok, note, warning or danger");
    into = *level;
  }
  template <std::integral T>
  void convert(std::string_view name, const json::value& v, T& into) {
    boost::system::error_code e;
    if (v.is_number()) into = v.to_number<T>(e);
    if (!v.is_number() || e) complain(name, "an integer in range");
  }
  template <class Period>
  void convert(std::string_view name, const json::value& v,
               std::chrono::duration<std::int64_t, Period>& into) {
    std::int64_t count = into.count();
    convert(name, v, count);
    into = std::chrono::duration<std::int64_t, Period>{count};
  }
  void convert(std::string_view name, const json::value& v, timestamp& into) {
    const auto* text = v.if_string();
    const auto t = text ? parse_rfc3339({text->data(), text->size()}) : std::nullopt;
    if (!t) return complain(name, "an RFC 3339 time");
    into = *t;
  }

  void complain(std::string_view name, std::string_view wanted) {
    if (wrong_) return;
    const auto where = name.empty() ? pointer_ : fmt::format("{}/{}", pointer_, name);
    wrong_ = failure{errc::payload_invalid, fmt::format("is not {}", wanted), where};
  }

  const json::object* object_;
  std::string pointer_;
  std::optional<failure>& wrong_;
};

}  // namespace

std::string to_json(const service_snapshot& s) {
  return json::serialize(json::object{{"version", clean(s.version)},
                                      {"node", clean(s.node)},
                                      {"deployment", clean(s.deployment)},
                                      {"started_at", to_rfc3339(s.started_at)},
                                      {"taken_at", to_rfc3339(s.taken_at)},
                                      {"ready", s.ready},
                                      {"stopping", s.stopping},
                                      {"counts", of(s.counts)},
                                      {"lanes", of(s.lanes)},
                                      {"dependencies", of(s.dependencies)},
                                      {"actors", of(s.actors)},
                                      {"stalls", of(s.stalls)},
                                      {"findings", of(s.findings)}});
}

result<service_snapshot> snapshot_from_json(std::string_view text) {
  boost::system::error_code e;
  const auto document = json::parse({text.data(), text.size()}, e);
  if (e) return failure{errc::not_json, e.message(), {}};
  std::optional<failure> wrong;
  service_snapshot s;
  reader::take_into(reader{document, "", wrong}, s);
  if (wrong) return *std::move(wrong);
  return s;
}

std::string readiness_json(const service_snapshot& s) {
  return json::serialize(json::object{{"ready", s.ready && !s.stopping},
                                      {"reasons", reasons(s)},
                                      {"dependencies", of(s.dependencies)},
                                      {"findings", of(pressing(s.findings))}});
}

std::string findings_json(const std::vector<finding>& findings) {
  return json::serialize(of(findings));
}

}  // namespace td
