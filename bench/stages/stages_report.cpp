#include "bench/stages/stages_report.hpp"

#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "bench/json_of.hpp"
#include "standalone/files.hpp"

namespace td::bench {

namespace {

namespace json = boost::json;

/// Throws when it is no JSON object.
json::object read_object(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) throw std::runtime_error{"it can't be read"};
  return json::parse(*text).as_object();
}

/// Nanoseconds per event by benchmark. Throws when a field is missing.
std::map<std::string, double> medians_of(const json::object& all) {
  std::map<std::string, double> ours;
  for (const auto& one : all.at("benchmarks").as_array()) {
    const auto& run = one.as_object();
    const auto* aggregate = run.if_contains("aggregate_name");
    if (aggregate != nullptr && aggregate->as_string() != "median") continue;
    ours[run.at("run_name").as_string().c_str()] =
        run.at("real_time").to_number<double>() / run.at("events").to_number<double>();
  }
  return ours;
}

std::string cell(double ns) {
  return ns < 0 ? "-" : fmt::format("{:.0f}", ns);
}

double times(const stages_results& r) {
  return r.ajv_whole / r.whole;
}

}  // namespace

result<stages_results> read_stages(const std::filesystem::path& ours,
                                   const std::filesystem::path& ajv) {
  const auto* reading = &ours;
  try {
    const auto own = medians_of(read_object(ours));
    reading = &ajv;
    const auto peer = read_object(ajv);
    const auto other = [&](const char* stage) { return peer.at(stage).to_number<double>(); };
    const std::string ajv_version{peer.at("ajv").as_string()};
    const std::string node_version{peer.at("node").as_string()};
    reading = &ours;
    return stages_results{
        .started_at = to_rfc3339(now()),
        .machine = machine_facts("."),
        .versions = {{"ajv", ajv_version},
                     {"Node", node_version},
                     {"compiler", "GCC " __VERSION__}},
        .stages = {{"parse", own.at("parse"), other("parse")},
                   {"parse + scan", own.at("document")},
                   {"schema", own.at("schema"), other("schema")},
                   {"parse + schema", -1, other("parse_and_schema")},
                   {"topic + parse + scan + envelope", own.at("validate")},
                   {"topic + parse + scan + envelope + schema", own.at("validate_with_schemas")}},
        .whole = own.at("validate_with_schemas"),
        .ajv_whole = other("parse_and_schema")};
  } catch (const std::exception& e) {
    return failure{errc::configuration_invalid, fmt::format("{}: {}", reading->string(), e.what())};
  }
}

std::vector<target> targets_of(const stages_results& r) {
  return {{.what = "topic + parse + scan + envelope + schema, per event",
           .wanted = 1,
           .found = r.whole / 1000,
           .unit = "us"}};
}

std::string to_text(const stages_results& r) {
  std::string peer;
  for (const auto& [name, version] : r.versions) {
    if (name == "ajv") peer = "ajv " + version;
  }
  auto text = fmt::format("{:<42}{:>12}  {:>12}\n", "ns per event, one thread", "taylordash", peer);
  for (const auto& s : r.stages)
    text += fmt::format("{:<42}{:>12}  {:>12}\n", s.name, cell(s.ours), cell(s.ajv));
  text += fmt::format(
      "all of ours, scan and envelope included, against parse + schema of ajv: {:.1f} x\n\n",
      times(r));
  return text + to_text(targets_of(r));
}

report_page to_page(const stages_results& r) {
  report_page page{fmt::format("Stages of validation, {}", r.started_at.substr(0, 10))};
  set_verdict(page, targets_of(r));
  page.paragraph(fmt::format(
      "What each stage costs an event on one thread, and what ajv takes for the same events in "
      "Node beside it. All of ours, scan and envelope included, against parse and schema of ajv: "
      "{:.1f} times as fast.",
      times(r)));
  add_targets(page, targets_of(r));
  page.heading("Nanoseconds per event");
  plot p{.title = "Nanoseconds per event, medians", .y_label = "ns per event"};
  plot_series ours{.name = "taylordash", .as = plot_series::form::bars};
  plot_series ajv{.name = "ajv", .as = plot_series::form::bars};
  std::vector<std::vector<std::string>> rows;
  for (const auto& s : r.stages) {
    const auto place = static_cast<double>(p.x_names.size());
    p.x_names.push_back(s.name);
    for (const auto& [series, value] : {std::pair{&ours, s.ours}, std::pair{&ajv, s.ajv}}) {
      if (value < 0) continue;
      series->x.push_back(place);
      series->y.push_back(value);
    }
    rows.push_back({s.name, cell(s.ours), cell(s.ajv)});
  }
  p.series = {ours, ajv};
  page.table({"Stage", "taylordash, ns", "ajv, ns"}, rows);
  page.figure(p);
  page.heading("Machine");
  page.facts(r.machine);
  page.heading("Versions");
  page.facts(r.versions);
  return page;
}

std::string to_json(const stages_results& r) {
  json::array stages;
  for (const auto& s : r.stages) {
    json::object one{{"name", s.name}};
    if (s.ours >= 0) one["ours_ns"] = s.ours;
    if (s.ajv >= 0) one["ajv_ns"] = s.ajv;
    stages.push_back(std::move(one));
  }
  const json::object all{{"bench", "stages"},
                         {"started_at", r.started_at},
                         {"machine", json_of(r.machine)},
                         {"versions", json_of(r.versions)},
                         {"stages", std::move(stages)},
                         {"targets", json_each(targets_of(r))}};
  return json::serialize(all) + "\n";
}

}  // namespace td::bench
