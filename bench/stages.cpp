// What each stage of validation costs per event, on one thread, the memory warm:
//   parse      simdjson alone: UTF-8, grammar, tape
//   scan       our own scan over simdjson's tokens
//   document   both of them, as the validator uses them
//   envelope   ids, time, kind, source, payload
//   validate   a batch of 1,000 messages through td::validator: all of the above and the topic
//   refuse     the same with messages that fail late and are explained
//   time, uuid the two parsers on their own
// 1,000 different events of five kinds, about 350 bytes each, so that no branch is learnt by
// heart. items_per_second is events; bytes_per_second is body bytes.
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "pipeline/document.hpp"
#include "pipeline/envelope.hpp"
#include "pipeline/validate.hpp"

namespace {

constexpr std::size_t event_count = 1000;
const td::timestamp at = *td::parse_rfc3339("2026-11-20T12:00:00Z");

/// Events as the shipped producers write them; the same ones in every run.
class event_maker {
 public:
  std::string next() {
    static constexpr std::array kinds{"task_updated", "task_created", "project_updated",
                                      "component_archived", "login_failed"};
    auto const which = pick(kinds.size());
    return fmt::format(
        R"({{"event_id":"{}","occurred_at":"{}","trace_id":"{}","kind":"{}","source":"{}","payload":{}}})",
        id(), td::to_rfc3339(at - std::chrono::microseconds{pick(86'400'000'000)}), id(),
        kinds[which], pick(2) ? "tracker/web-frontend" : "tracker/device-0042", payload(which));
  }

 private:
  std::string payload(std::size_t which) {
    switch (which) {
      case 0:
        return fmt::format(
            R"({{"task_id":"{}","status":"in_progress","progress":{},"title":"Check the gauge in room {}","estimate":{}.5}})",
            id(), pick(101), pick(1000), pick(40));
      case 1:
        return fmt::format(
            R"({{"task_id":"{}","title":"Replace filter {}","labels":["pump","urgent"],"blocked":false}})",
            id(), pick(1000));
      case 2:
        return fmt::format(
            R"({{"project_id":"{}","name":"Plant {}","owner":{{"name":"M. Example","team":{}}},"budget":{}}})",
            id(), pick(100), pick(20), pick(1'000'000));
      case 3:
        return fmt::format(
            R"({{"component_id":"{}","reason":"worn out after {} hours","replaced_by":null}})",
            id(), pick(90'000));
      default:
        return fmt::format(R"({{"user_id":"{}","address":"192.0.2.{}","attempts":{}}})", id(),
                           pick(255), pick(9));
    }
  }

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  std::string id() {
    td::uuid u;
    for (auto& byte : u.bytes)
      byte = static_cast<std::uint8_t>(pick(256));
    return td::to_string(u);
  }

  std::mt19937_64 random_{20261120};
};

std::shared_ptr<const td::batch> make_batch(std::string_view spoil = {}) {
  event_maker maker;
  auto batch = std::make_shared<td::batch>();
  for (std::size_t i = 0; i < event_count; ++i) {
    auto body = maker.next();
    if (!spoil.empty()) body.replace(body.size() - 2, 1, spoil);
    batch->add("tracker/events/tasks/updated", body, at);
  }
  return batch;
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

void validate(benchmark::State& state) {
  auto const batch = make_batch();
  td::validator validator{{}, std::make_shared<td::open_schema_set>()};
  for (auto _ : state) {
    auto checked = validator.check(batch, at);
    if (checked.events.size() != batch->size()) state.SkipWithError("refused");
    benchmark::DoNotOptimize(checked);
  }
  count(state, *batch);
}
BENCHMARK(validate);

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
