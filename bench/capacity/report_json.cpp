#include <boost/json.hpp>

#include "bench/capacity/report.hpp"

namespace td::bench {

namespace {

namespace json = boost::json;

json::value of(const std::optional<double>& x) {
  return x ? json::value(*x) : json::value(nullptr);
}

json::value of(const std::optional<unsigned>& x) {
  return x ? json::value(*x) : json::value(nullptr);
}

json::object of(const facts& all) {
  json::object o;
  for (const auto& [name, value] : all)
    o[name] = value;
  return o;
}

json::object of(const stage_usage& u) {
  json::object o;
  for (std::size_t i = 0; i < stages; ++i) {
    const auto s = static_cast<stage>(i);
    o[name_of(s)] = of(u[s]);
  }
  return o;
}

json::object of(const event_cost& c) {
  return {{"broker_cpu_s", of(c.broker_cpu)},   {"postgres_cpu_s", of(c.postgres_cpu)},
          {"service_cpu_s", of(c.service_cpu)}, {"generator_cpu_s", of(c.generator_cpu)},
          {"machine_cpu_s", of(c.machine_cpu)}, {"wal_bytes", of(c.wal_bytes)},
          {"disk_bytes", of(c.disk_bytes)},     {"events_per_batch", c.events_per_batch}};
}

json::object of(const trial& t) {
  const auto& o = t.seen;
  json::array backlog;
  for (const auto& s : o.backlog)
    backlog.push_back(json::array{s.at_s, s.events});
  return {{"why", name_of(t.why)},
          {"finding", name_of(t.judged.what)},
          {"rate", o.rate},
          {"offered", o.offered},
          {"stored", o.stored},
          {"window_s", o.window_s},
          {"p50_ms", o.p50_ms},
          {"p99_ms", o.p99_ms},
          {"p999_ms", o.p999_ms},
          {"most_ms", o.most_ms},
          {"generator_late_p99_ms", o.late_p99_ms},
          {"blocked_share", o.blocked_share},
          {"commit_ms", o.commit_ms},
          {"cut", o.cut},
          {"batch_fill", o.batch_fill},
          {"others_cores", foreign_cores(o)},
          {"backlog_growth", t.judged.growth},
          {"backlog_growth_allowed", t.judged.growth_ok},
          {"backlog", std::move(backlog)},
          {"utilisation", of(o.usage)},
          {"cost_per_event", of(o.cost)}};
}

json::object of(const busy_stage& b) {
  return {{"stage", name_of(b.what)}, {"utilisation", b.share}};
}

json::value of(const std::optional<bottleneck>& b) {
  if (!b) return nullptr;
  json::array change;
  for (const auto& c : b->changes)
    change.push_back(json::object{{"text", c.text}, {"setting", c.setting}});
  return json::object{{"stage", name_of(b->what)},
                      {"utilisation", b->share},
                      {"utilisation_at_answer", b->share_at_answer},
                      {"certain", b->certain},
                      {"why", b->why},
                      {"next", b->next ? json::value(of(*b->next)) : json::value(nullptr)},
                      {"change", std::move(change)}};
}

json::object of(const sizing_row& r) {
  return {{"rate", r.rate},
          {"broker_cores", of(r.broker_cores)},
          {"postgres_cores", of(r.postgres_cores)},
          {"service_cores", of(r.service_cores)},
          {"cores", of(r.cores)},
          {"cores_to_provide", of(r.machine)},
          {"brokers", of(r.brokers)},
          {"memory_bytes", of(r.memory)},
          {"disk_bytes_per_day", of(r.disk_per_day)},
          {"wal_bytes_per_day", of(r.wal_per_day)},
          {"backlog_bytes_per_minute", of(r.backlog_per_minute)}};
}

json::value sizing_of(const capacity_result& r) {
  if (!r.basis) return nullptr;
  json::array rows, believed;
  for (const auto rate : rates_worth_a_row(r.search.rate().value_or(0), r.asked.search.target))
    rows.push_back(of(size_for(*r.basis, rate)));
  for (const auto& a : assumptions(*r.basis))
    believed.emplace_back(a);
  return json::object{{"measured_at", r.basis->rate},
                      {"cost_per_event", of(r.basis->cost)},
                      {"service_memory_bytes", of(r.basis->service_memory)},
                      {"postgres_memory_bytes", of(r.basis->postgres_memory)},
                      {"broker_memory_bytes", of(r.basis->broker_memory)},
                      {"backlog_bytes_per_event", of(r.basis->backlog_bytes)},
                      {"rows", std::move(rows)},
                      {"assumptions", std::move(believed)}};
}

json::object plan_of(const capacity_result& r) {
  const auto& form = r.asked.form;
  json::array sizes, overrides;
  for (const auto& s : form.mix.sizes)
    sizes.push_back(json::object{{"bytes", s.bytes}, {"parts", s.parts}});
  for (const auto& o : r.asked.where.overrides)
    overrides.emplace_back(o);
  return {{"target", of(r.asked.search.target)},
          {"p99_ms", r.asked.search.wanted.p99_ms},
          {"precision", r.asked.search.precision},
          {"warm_up_ms", form.warm_up.count()},
          {"window_ms", form.window.count()},
          {"long_window_ms", form.long_window.count()},
          {"producers", form.producers},
          {"in_flight", form.in_flight},
          {"seed", form.seed},
          {"sizes", std::move(sizes)},
          {"invalid", form.mix.invalid},
          {"duplicate", form.mix.duplicate},
          {"out_of_order", form.mix.out_of_order},
          {"own_instance", !r.asked.where.given},
          {"set", std::move(overrides)},
          {"lanes", r.here.lanes},
          {"validators", r.here.validators},
          {"connections", r.here.connections}};
}

}  // namespace

std::string to_json(const capacity_result& r) {
  json::array trials;
  for (const auto& t : r.search.trials)
    trials.push_back(of(t));
  const auto fits = r.fits();
  json::object all{{"answer", answer_of(r)},
                   {"rate", of(r.search.rate())},
                   {"fits", fits ? json::value(*fits) : json::value(nullptr)},
                   {"headroom", of(r.headroom())},
                   {"lower_bound", r.search.generator_limited || r.search.reached_most},
                   {"knee", r.knee ? json::value(json::object{{"rate", r.knee->rate},
                                                              {"p99_ms", r.knee->p99_ms}})
                                   : json::value(nullptr)},
                   {"bottleneck", of(r.narrow)},
                   {"plan", plan_of(r)},
                   {"trials", std::move(trials)},
                   {"sizing", sizing_of(r)},
                   {"started_at", to_rfc3339(r.started_at)},
                   {"took_s", r.took_s},
                   {"machine", of(r.machine)},
                   {"versions", of(r.versions)}};
  return json::serialize(all);
}

}  // namespace td::bench
