// What each stage of validation costs per event, on one thread, the memory warm:
//   parse      simdjson alone: UTF-8, grammar, tape
//   scan       our own scan over simdjson's tokens
//   document   both of them, as the validator uses them
//   envelope   ids, time, kind, source, payload
//   schema     the payload against the schema of its kind
//   task       the schema stage alone on one payload of 7 members, 250 bytes
//   validate   a batch of 1,000 messages through td::validator: topic, document, envelope
//   validate_with_schemas the same, and schema
//   refuse     the same with messages that fail late and are explained
//   time, uuid the two parsers on their own
// 1,000 different events of five kinds, about 350 bytes each, so that no branch is learnt by
// heart. items_per_second is events; bytes_per_second is body bytes.
//
//   bench_stages --events FILE   writes the events and schemas, for peers, and measures nothing
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/stages/stage_events.hpp"
#include "pipeline/document.hpp"
#include "pipeline/envelope.hpp"
#include "pipeline/validate.hpp"
#include "schema/registry.hpp"

namespace {

constexpr std::size_t event_count = 1000;
const td::timestamp at = td::bench::stage_time();

std::shared_ptr<const td::batch> make_batch(std::string_view spoil = {}) {
  td::bench::stage_events maker;
  auto batch = std::make_shared<td::batch>();
  for (std::size_t i = 0; i < event_count; ++i) {
    auto body = maker.next();
    if (!spoil.empty()) body.replace(body.size() - 2, 1, spoil);
    batch->add("tracker/events/tasks/updated", body, at);
  }
  return batch;
}

/// The schemas of the events' kinds, in the registry that judges in the service, too.
std::shared_ptr<const td::schema_registry> stage_schemas() {
  std::vector<td::schema_definition> definitions;
  for (auto const& [kind, text] : td::bench::stage_schema_texts())
    definitions.push_back({std::string{kind}, 1, false, std::string{text}});
  return td::schema_registry::make(definitions, td::unknown_kinds::strict,
                                   std::make_shared<td::shadow_book>(), nullptr)
      .value();
}

void count(benchmark::State& state, const td::batch& batch) {
  std::size_t bytes = 0;
  for (auto const& m : batch.messages())
    bytes += m.body.size;
  auto const rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(batch.size()));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
  state.counters["per_event"] = benchmark::Counter(
      static_cast<double>(batch.size()),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["events"] = static_cast<double>(batch.size());
  state.counters["bytes_per_event"] =
      static_cast<double>(bytes) / static_cast<double>(batch.size());
}

void parse(benchmark::State& state) {
  auto const batch = make_batch();
  simdjson::dom::parser parser;
  for (auto _ : state) {
    for (auto const& m : batch->messages()) {
      auto const body = batch->body(m);
      auto root = parser.parse(body.data(), body.size(), false);
      if (root.error() != simdjson::SUCCESS) state.SkipWithError("not parsed");
      benchmark::DoNotOptimize(root);
    }
  }
  count(state, *batch);
}
BENCHMARK(parse);

void scan(benchmark::State& state) {
  auto const batch = make_batch();
  std::vector<std::vector<std::uint32_t>> tokens;
  simdjson::dom::parser parser;
  for (auto const& m : batch->messages()) {
    auto const body = batch->body(m);
    if (parser.parse(body.data(), body.size(), false).error() != simdjson::SUCCESS) {
      return state.SkipWithError("not parsed");
    }
    auto const& found = *parser.implementation;
    tokens.emplace_back(found.structural_indexes.get(),
                        found.structural_indexes.get() + found.n_structural_indexes);
  }
  td::scanner scanner{{}};
  for (auto _ : state) {
    auto token = tokens.begin();
    for (auto const& m : batch->messages()) {
      auto fault = scanner.scan(batch->body(m), *token++);
      if (fault) state.SkipWithError("refused");
      benchmark::DoNotOptimize(scanner.members());
    }
  }
  count(state, *batch);
}
BENCHMARK(scan);

void document(benchmark::State& state) {
  auto const batch = make_batch();
  td::document document{{}};
  for (auto _ : state) {
    for (auto const& m : batch->messages()) {
      auto fault = document.read(batch->body(m));
      if (fault) state.SkipWithError("refused");
      benchmark::DoNotOptimize(fault);
    }
  }
  count(state, *batch);
}
BENCHMARK(document);

void envelope(benchmark::State& state) {
  auto const batch = make_batch();
  std::vector<std::unique_ptr<td::document>> documents;
  for (auto const& m : batch->messages()) {
    td::document_limits small;
    small.max_bytes = 1024;
    auto& document = *documents.emplace_back(std::make_unique<td::document>(small));
    if (document.read(batch->body(m))) return state.SkipWithError("refused");
  }
  td::envelope_reader reader{200};
  td::time_window const window{at - std::chrono::hours{720}, at};
  for (auto _ : state) {
    for (auto const& document : documents) {
      td::envelope envelope;
      auto fault = reader.read(document->root(), document->members(), window, envelope);
      if (fault) state.SkipWithError("refused");
      benchmark::DoNotOptimize(envelope);
    }
  }
  count(state, *batch);
}
BENCHMARK(envelope);

void schema(benchmark::State& state) {
  auto const batch = make_batch();
  std::vector<std::unique_ptr<td::document>> documents;
  std::vector<std::pair<std::string_view, simdjson::dom::element>> payloads;
  for (auto const& m : batch->messages()) {
    td::document_limits small;
    small.max_bytes = 1024;
    auto& document = *documents.emplace_back(std::make_unique<td::document>(small));
    if (document.read(batch->body(m))) return state.SkipWithError("refused");
    payloads.emplace_back(document.root()["kind"], document.root()["payload"]);
  }
  auto const schemas = stage_schemas();
  for (auto _ : state) {
    for (auto const& [kind, payload] : payloads) {
      auto fault = schemas->check({.kind = kind}, payload);
      if (fault.refused) state.SkipWithError("refused");
      benchmark::DoNotOptimize(fault);
    }
  }
  count(state, *batch);
}
BENCHMARK(schema);

void task(benchmark::State& state) {
  auto const schema = td::compiled_schema::compile(td::bench::task_schema()).value();
  auto const text = simdjson::padded_string{td::bench::task_payload()};
  simdjson::dom::parser parser;
  simdjson::dom::element const payload = parser.parse(text);
  for (auto _ : state) {
    auto fault = schema->check(payload);
    if (fault) state.SkipWithError("refused");
    benchmark::DoNotOptimize(fault);
  }
}
BENCHMARK(task);

void validate_by(benchmark::State& state, std::shared_ptr<const td::schema_set> schemas) {
  auto const batch = make_batch();
  td::validator validator{{}, std::move(schemas)};
  for (auto _ : state) {
    auto checked = validator.check(batch, at);
    if (checked.events.size() != batch->size()) state.SkipWithError("refused");
    benchmark::DoNotOptimize(checked);
  }
  count(state, *batch);
}

void validate(benchmark::State& state) {
  validate_by(state, std::make_shared<td::open_schema_set>());
}
BENCHMARK(validate);

void validate_with_schemas(benchmark::State& state) {
  validate_by(state, stage_schemas());
}
BENCHMARK(validate_with_schemas);

void refuse(benchmark::State& state, std::string_view spoil) {
  auto const batch = make_batch(spoil);
  td::validator validator{{}, std::make_shared<td::open_schema_set>()};
  for (auto _ : state) {
    auto checked = validator.check(batch, at);
    if (checked.rejects.size() != batch->size()) state.SkipWithError("accepted");
    benchmark::DoNotOptimize(checked);
  }
  count(state, *batch);
}
BENCHMARK_CAPTURE(refuse, not_json, ",");
BENCHMARK_CAPTURE(refuse, nul_escape, R"(,"a":"\u0000"})");

void time(benchmark::State& state) {
  for (auto _ : state) {
    std::string_view text = "2026-11-20T12:00:00.123456Z";
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(td::parse_rfc3339(text));
  }
}
BENCHMARK(time);

void uuid(benchmark::State& state) {
  for (auto _ : state) {
    std::string_view text = "00112233-4455-6677-8899-aabbccddeeff";
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(td::parse_uuid(text));
  }
}
BENCHMARK(uuid);

void uuid_v5(benchmark::State& state) {
  td::uuid const name_space{};
  for (auto _ : state) {
    std::string_view name = "order-4711";
    benchmark::DoNotOptimize(name);
    benchmark::DoNotOptimize(td::uuid_v5(name_space, name));
  }
}
BENCHMARK(uuid_v5);

/// A hostile megabyte: one object with as many keys as fit.
void large_object(benchmark::State& state) {
  std::string body = "{";
  for (unsigned i = 0; body.size() < (1u << 20) - 16; ++i)
    body += fmt::format("\"{:x}\":1,", i);
  body.back() = '}';
  auto const batch = std::make_shared<td::batch>();
  batch->add("t", body, at);
  td::document document{{}};
  for (auto _ : state) {
    auto fault = document.read(batch->body(batch->messages()[0]));
    if (fault) state.SkipWithError("refused");
    benchmark::DoNotOptimize(fault);
  }
  count(state, *batch);
}
BENCHMARK(large_object)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view{argv[1]} == "--events") {
    std::ofstream out{argv[2]};
    out << td::bench::stage_events_json(event_count) << std::flush;
    if (!out) std::cerr << "can't write " << argv[2] << '\n';
    return out ? 0 : 1;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
