#include "bench/json_of.hpp"

namespace td::bench {

namespace json = boost::json;

namespace {

json::object of(const cpu_time& t) {
  return {{"user_ms", t.user.count()}, {"system_ms", t.system.count()}};
}

}  // namespace

json::object json_of(const facts& all) {
  json::object o;
  for (const auto& [name, value] : all)
    o[name] = value;
  return o;
}

json::object json_of(const spread& s) {
  return {{"least", s.least},
          {"lower_quartile", s.lower_quartile},
          {"median", s.median},
          {"upper_quartile", s.upper_quartile},
          {"most", s.most}};
}

json::object json_of(const target& t) {
  return {{"what", t.what},         {"unit", t.unit},   {"wanted", t.wanted},
          {"at_least", t.at_least}, {"found", t.found}, {"holds", t.holds()}};
}

json::object json_of(const run_result& r) {
  json::object o{{"contender", r.contender},
                 {"rows", r.truth.rows},
                 {"batches", r.truth.batches},
                 {"duplicates", r.truth.duplicates},
                 {"seconds", r.seconds},
                 {"events_per_second", r.rate},
                 {"consumer_us_per_event", r.microseconds_per_event(r.consumer)},
                 {"consumer", of(r.consumer)},
                 {"broker", of(r.broker)},
                 {"postgres", of(r.postgres)},
                 {"generator", of(r.generator)},
                 {"other_cpu_share", r.other_cpu},
                 {"peak_memory_bytes", r.peak_memory}};
  if (r.latency) {
    o["latency"] = json::object{{"p50_ms", r.latency->p50_ms},
                                {"p99_ms", r.latency->p99_ms},
                                {"p999_ms", r.latency->p999_ms},
                                {"most_ms", r.latency->most_ms}};
  }
  return o;
}

json::object json_of(const rounds& r) {
  json::object ratios;
  json::object ratio;
  json::object o{{"method", name_of(r.how)}};
  for (std::size_t i = 0; i < r.turns.size(); ++i) {
    o[r.turns[i].name] = json_each(r.turns[i].runs);
    if (i == 0) continue;
    ratios[r.turns[i].name] = json_each(r.ratios_to(i));
    ratio[r.turns[i].name] = json_of(spread_of(r.ratios_to(i)));
  }
  o["ratios"] = std::move(ratios);
  o["ratio"] = std::move(ratio);
  return o;
}

json::object json_of(std::string_view bench, const bench_record& r) {
  return {{"bench", bench},
          {"started_at", to_rfc3339(r.started_at)},
          {"command", r.command},
          {"machine", json_of(r.machine)},
          {"versions", json_of(r.versions)}};
}

json::object json_of(const bench_setup& s) {
  return {{"pairs", s.rounds},
          {"events", s.events},
          {"producers", s.producers},
          {"window", s.window},
          {"seed", s.seed},
          {"lanes", s.lanes.lanes},
          {"batch_events", s.lanes.batch_events},
          {"batch_bytes", s.lanes.batch_bytes},
          {"receive_maximum", s.lanes.receive_maximum}};
}

}  // namespace td::bench
