#include <boost/json.hpp>

#include "bench/pipeline/report.hpp"
#include "bench/spread.hpp"

namespace td::bench {

namespace {

namespace json = boost::json;

json::object of(const facts& all) {
  json::object o;
  for (const auto& [name, value] : all)
    o[name] = value;
  return o;
}

json::object of(const spread& s) {
  return {{"least", s.least},
          {"lower_quartile", s.lower_quartile},
          {"median", s.median},
          {"upper_quartile", s.upper_quartile},
          {"most", s.most}};
}

json::object of(const cpu_time& t) {
  return {{"user_ms", t.user.count()}, {"system_ms", t.system.count()}};
}

json::object of(const commit_latency& l) {
  return {
      {"p50_ms", l.p50_ms}, {"p99_ms", l.p99_ms}, {"p999_ms", l.p999_ms}, {"most_ms", l.most_ms}};
}

json::object of(const run_result& r) {
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
  if (r.latency) o["latency"] = of(*r.latency);
  return o;
}

json::object of(const series& s);
json::object of(const target& t);

template <class T>
json::array each(const std::vector<T>& values) {
  json::array a;
  for (const auto& v : values) {
    if constexpr (std::is_arithmetic_v<T>)
      a.emplace_back(v);
    else
      a.emplace_back(of(v));
  }
  return a;
}

json::object of(const series& s) {
  return {{"method", name_of(s.how)},
          {"ratios", each(s.ratios())},
          {"ratio", of(spread_of(s.ratios()))},
          {"service", each(s.service)},
          {"limit", each(s.limit)}};
}

json::object of(const target& t) {
  return {{"what", t.what},         {"unit", t.unit},   {"wanted", t.wanted},
          {"at_least", t.at_least}, {"found", t.found}, {"holds", t.holds()}};
}

json::object of(const pipeline_options& o) {
  return {{"pairs", o.pairs},
          {"events", o.events},
          {"producers", o.producers},
          {"window", o.window},
          {"seed", o.seed},
          {"rate", o.rate},
          {"idle_ms", o.idle_for.count()},
          {"lanes", o.lanes.lanes},
          {"batch_events", o.lanes.batch_events},
          {"batch_bytes", o.lanes.batch_bytes},
          {"receive_maximum", o.lanes.receive_maximum}};
}

}  // namespace

std::string to_json(const pipeline_results& r) {
  json::object all{{"bench", "pipeline"},
                   {"started_at", to_rfc3339(r.started_at)},
                   {"machine", of(r.machine)},
                   {"versions", of(r.versions)},
                   {"options", of(r.options)},
                   {"methods", each(r.methods)},
                   {"idle_cpu_share_of_one_core", r.idle_cpu},
                   {"start_to_ready_ms", each(r.start_to_ready_ms)},
                   {"targets", each(targets_of(r))}};
  if (r.paced) all["paced"] = of(*r.paced);
  return json::serialize(all) + "\n";
}

}  // namespace td::bench
