#include "bench/limits/limits_bench.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "bench/json_of.hpp"
#include "bench/pipeline/contender.hpp"
#include "bench/pipeline/rounds_report.hpp"
#include "bench/servers.hpp"
#include "bench/spread.hpp"
#include "bench/truth.hpp"

namespace td::bench {

namespace {

// In the order in which play() gets them.
enum place : std::size_t { of_service, of_limit, of_mosquitto, of_broker, of_copy };

double median_rate(const contender_runs& t) {
  return over(t.runs, [](const run_result& r) { return r.rate; }).median;
}

std::string thousands(double rate) {
  return fmt::format("{:.1f}k", rate / 1000);
}

}  // namespace

result<limits_results> run_limits_bench(const bench_setup& setup, stop_signal& stop) {
  limits_results all{.setup = setup};
  auto servers = bench_servers::start(setup.folder);
  if (!servers) return servers.error();
  auto truth = truth_reader::open((*servers)->database_url());
  if (!truth) return truth.error();
  all.record = record_of(setup, **servers, *truth, stop);

  runner with{**servers, *truth, stop, setup.self};
  referee match{setup, with};
  const auto n = setup.events;
  const std::vector<entrant> entrants{
      {service_contender(**servers, setup.lanes, setup.service), n},
      {limit_contender(**servers, setup.lanes, setup.self), n},
      {mosquitto_contender(**servers, setup.lanes, setup.self), n},
      {broker_contender(**servers, setup.lanes, setup.self, n), n},
      {copy_contender(**servers, setup.lanes, setup.self, n, setup.seed), n}};
  for (const auto how : setup.methods) {
    auto done = match.play(how, entrants);
    if (!done) return done.error();
    all.methods.push_back(std::move(*done));
  }
  if (auto gone = (*servers)->stop_and_remove(); !gone) return gone.error();
  return all;
}

std::string ceiling_of(const rounds& r) {
  const double service = median_rate(r.turns.at(of_service));
  const double limit = median_rate(r.turns.at(of_limit));
  const double broker = median_rate(r.turns.at(of_broker));
  const double copy = median_rate(r.turns.at(of_copy));
  const bool is_broker = broker < copy;
  return fmt::format(
      "With the {} method {} is the lower ceiling, at {} events/s ({} alone gives {}). With both "
      "on one machine a bare loop reaches {} ({} over libmosquitto), the service {} ({:.0f} % of "
      "the loop)",
      name_of(r.how), is_broker ? "the broker" : "COPY into the table",
      thousands(std::min(broker, copy)), is_broker ? "COPY" : "the broker",
      thousands(std::max(broker, copy)), thousands(limit),
      thousands(median_rate(r.turns.at(of_mosquitto))), thousands(service),
      100 * spread_of(r.ratios_to(of_limit)).median);
}

std::string to_text(const limits_results& r) {
  auto text = fmt::format("limits bench of {}\n", to_rfc3339(r.record.started_at));
  text += to_text(r.record) + to_text(r.setup);
  for (const auto& m : r.methods)
    text += to_text(m) + "  " + ceiling_of(m) + "\n";
  return text;
}

report_page to_page(const limits_results& r) {
  report_page page{fmt::format("Limits, {}", to_rfc3339(r.record.started_at).substr(0, 10))};
  if (!r.methods.empty()) page.verdict(ceiling_of(r.methods.front()), verdict_tone::neutral);
  page.paragraph(
      "What the machine gives to each part of the way from MQTT to the committed row. The limit is "
      "a bare loop from broker to table that checks nothing, \"libmosquitto\" the same loop over "
      "the "
      "usual library; the broker alone has bare subscribers "
      "that acknowledge at once and store nothing; COPY alone writes the same rows with the same "
      "statements, journal and batch bounds, and has no broker.");
  for (const auto& m : r.methods) {
    add_rounds(page, m);
    page.paragraph(ceiling_of(m) + ".");
  }
  add_record(page, r.setup, r.record);
  return page;
}

std::string to_json(const limits_results& r) {
  auto all = json_of("limits", r.record);
  all["options"] = json_of(r.setup);
  all["methods"] = json_each(r.methods);
  boost::json::array ceilings;
  for (const auto& m : r.methods)
    ceilings.emplace_back(ceiling_of(m));
  all["ceilings"] = std::move(ceilings);
  all["targets"] = boost::json::array{};
  return boost::json::serialize(all) + "\n";
}

}  // namespace td::bench
