#include "bench/peers/peers_bench.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "bench/child.hpp"
#include "bench/json_of.hpp"
#include "bench/pipeline/rounds_report.hpp"
#include "bench/servers.hpp"
#include "bench/spread.hpp"
#include "bench/truth.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;

constexpr const char* ask_versions =
    "import platform, paho.mqtt, asyncpg; "
    "print('Python', platform.python_version(), 'paho-mqtt', paho.mqtt.__version__, 'asyncpg', "
    "asyncpg.__version__)";

/// "Python 3.11.2 paho-mqtt 1.6.1 asyncpg 0.27.0".
result<std::string> peer_versions(stop_signal& stop) {
  auto asked = child::start({.arguments = {"/usr/bin/python3", "-c", ask_versions}});
  if (!asked) return asked.error();
  auto line = (*asked)->await_line("Python ", 20s, stop);
  if (line) return *line;
  if (line.error().code == errc::stopping) return line.error();
  return failure{errc::configuration_invalid,
                 "the peers need Debian's python3, python3-paho-mqtt and python3-asyncpg: " +
                     line.error().detail};
}

std::string promise_text() {
  return "The usual stack does the same job in Python with Debian's paho-mqtt and asyncpg: same "
         "broker, same session and acknowledgement after COMMIT, same columns, table and indexes; "
         "it parses the JSON and checks the envelope's fields. It does not promise the rest: no "
         "schema, no scan for duplicate keys and hostile numbers, no dead letters, no journal, no "
         "partitions, no going on by itself when a server goes away. paho 1.6 acknowledges when "
         "its callback returns, so acknowledging after COMMIT takes an override of a private "
         "method.";
}

}  // namespace

result<peers_results> run_peers_bench(const peers_options& options, stop_signal& stop) {
  peers_results all{.options = options};
  const auto& setup = options.setup;
  const auto versions = peer_versions(stop);
  if (!versions) return versions.error();
  auto servers = bench_servers::start(setup.folder);
  if (!servers) return servers.error();
  auto truth = truth_reader::open((*servers)->database_url());
  if (!truth) return truth.error();
  all.record = record_of(setup, **servers, *truth, stop);
  all.record.versions.emplace_back("usual stack", *versions);

  runner with{**servers, *truth, stop, setup.self};
  referee match{setup, with};
  const auto peer = [&](peer_form form, const peer_settings& settings) {
    return peer_contender(**servers, setup.lanes, options.script, form, settings);
  };
  const std::vector<entrant> entrants{
      {service_contender(**servers, setup.lanes, setup.service), setup.events},
      {peer(peer_form::insert, options.insert), options.insert_events},
      {peer(peer_form::copy, options.copy), options.copy_events}};
  for (const auto how : setup.methods) {
    auto done = match.play(how, entrants);
    if (!done) return done.error();
    all.methods.push_back(std::move(*done));
  }
  if (auto gone = (*servers)->stop_and_remove(); !gone) return gone.error();
  return all;
}

std::vector<target> targets_of(const peers_results& r) {
  if (r.methods.empty()) return {};
  const auto& first = r.methods.front();
  const auto times = [&](std::size_t peer) { return spread_of(first.ratios_to(peer)).median; };
  return {{.what = fmt::format("rate of one INSERT per event, {}", name_of(first.how)),
           .wanted = 15,
           .found = times(1),
           .at_least = true,
           .unit = "x"},
          {.what = fmt::format("rate of COPY in batches, {}", name_of(first.how)),
           .wanted = 5,
           .found = times(2),
           .at_least = true,
           .unit = "x"}};
}

std::string to_text(const peers_results& r) {
  const auto& o = r.options;
  auto text = fmt::format("peers bench of {}\n", to_rfc3339(r.record.started_at));
  text += to_text(r.record) + to_text(o.setup);
  text += fmt::format(
      "  INSERT: {} events, {} process with {} connections; COPY: {} events, {} processes with {} "
      "connection each\n",
      o.insert_events, o.insert.processes, o.insert.connections, o.copy_events, o.copy.processes,
      o.copy.connections);
  for (const auto& m : r.methods)
    text += to_text(m);
  return text + "\n" + to_text(targets_of(r));
}

report_page to_page(const peers_results& r) {
  const auto& o = r.options;
  const auto targets = targets_of(r);
  report_page page{fmt::format("Peers, {}", to_rfc3339(r.record.started_at).substr(0, 10))};
  set_verdict(page, targets);
  page.paragraph(promise_text());
  add_targets(page, targets);
  for (const auto& m : r.methods)
    add_rounds(page, m);
  page.heading("How the peers were run");
  page.table({"Form", "Events per run", "Processes", "Connections of each"},
             {{"one INSERT per event", std::to_string(o.insert_events),
               std::to_string(o.insert.processes), std::to_string(o.insert.connections)},
              {"COPY in batches", std::to_string(o.copy_events), std::to_string(o.copy.processes),
               std::to_string(o.copy.connections)}});
  page.paragraph(
      "They keep no journal, so their end is the first look at the table that finds every row; "
      "near "
      "the end it is looked at every 10 ms. Peak memory is that of the first process.");
  add_record(page, o.setup, r.record);
  return page;
}

std::string to_json(const peers_results& r) {
  const auto& o = r.options;
  auto all = json_of("peers", r.record);
  auto options = json_of(o.setup);
  options["insert_events"] = o.insert_events;
  options["insert_connections"] = o.insert.connections;
  options["insert_processes"] = o.insert.processes;
  options["copy_events"] = o.copy_events;
  options["copy_connections"] = o.copy.connections;
  options["copy_processes"] = o.copy.processes;
  all["options"] = std::move(options);
  all["methods"] = json_each(r.methods);
  all["targets"] = json_each(targets_of(r));
  return boost::json::serialize(all) + "\n";
}

}  // namespace td::bench
