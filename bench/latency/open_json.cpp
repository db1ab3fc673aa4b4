#include "bench/latency/open_json.hpp"

namespace td::bench {

namespace json = boost::json;

namespace {

json::object json_of(const cpu_time& t) {
  return {{"user_ms", t.user.count()}, {"system_ms", t.system.count()}};
}

double seconds_between(timestamp from, timestamp to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

json::object json_of(const commit_latency& l) {
  return {{"events", l.events},
          {"p50_ms", l.p50_ms},
          {"p99_ms", l.p99_ms},
          {"p999_ms", l.p999_ms},
          {"most_ms", l.most_ms}};
}

json::object json_of(const open_result& r) {
  json::array saves, steps;
  for (const auto& s : r.saves) {
    saves.emplace_back(json::object{{"from_s", seconds_between(r.load.started_at, s.from)},
                                    {"to_s", seconds_between(r.load.started_at, s.to)}});
  }
  for (const auto& s : r.steps) {
    auto step = json_of(s.latency);
    step["at_s"] = seconds_between(r.load.started_at, s.at);
    steps.emplace_back(std::move(step));
  }
  return {{"load", json::parse(to_json(r.load))},
          {"rows", r.truth.rows},
          {"dead_letters", r.truth.dead_letters},
          {"duplicates", r.truth.duplicates},
          {"batches", r.truth.batches},
          {"all", json_of(r.all)},
          {"away_from_save", json_of(r.away_from_save)},
          {"during_save", json_of(r.during_save)},
          {"saves", std::move(saves)},
          {"steps", std::move(steps)},
          {"service", json_of(r.consumer)},
          {"broker", json_of(r.broker)},
          {"postgres", json_of(r.postgres)}};
}

}  // namespace td::bench
