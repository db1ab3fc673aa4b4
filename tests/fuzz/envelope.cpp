// A body, as it comes from a producer: document, then envelope.
#include "pipeline/envelope.hpp"

#include "pipeline/document.hpp"
#include "tests/fuzz/fuzzing.hpp"

namespace {

using td::fuzz::require;

constexpr std::size_t max_source_bytes = 200;

td::time_window window() {
  return {*td::parse_rfc3339("2020-01-01T00:00:00Z"), *td::parse_rfc3339("2030-01-01T00:00:00Z")};
}

bool same(const td::envelope& a, const td::envelope& b) {
  return a.event_id == b.event_id && a.trace_id == b.trace_id && a.occurred_at == b.occurred_at &&
         a.kind == b.kind && a.source == b.source && a.payload.offset == b.payload.offset &&
         a.payload.size == b.payload.size && a.payload_pointer == b.payload_pointer &&
         a.schema_version == b.schema_version;
}

void require_sound(const td::envelope& e, std::string_view body) {
  require(e.event_id != td::uuid{} && e.trace_id != td::uuid{}, "ids are not nil");
  require(e.occurred_at >= window().first && e.occurred_at <= window().last,
          "the time is in the window");
  require(!e.kind.empty() && e.kind.size() <= td::max_kind_bytes, "a kind has 1 to 100 bytes");
  require(!e.source.empty() && e.source.size() <= max_source_bytes, "a source has 1 to 200 bytes");
  require(e.schema_version >= 0, "a version is positive, or 0");
  require(std::size_t{e.payload.offset} + e.payload.size <= body.size(), "the payload is inside");
  auto const payload = body.substr(e.payload.offset, e.payload.size);
  require(payload.starts_with('{') && payload.ends_with('}'), "the payload is an object");
  td::document again{{}};
  td::fuzz::padded const alone{payload};
  require(!again.read(alone.view()), "the payload is a document of its own");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // As in the service, both live for many bodies.
  static td::document document{{.max_bytes = 64u << 10, .scan = {}}};
  static td::envelope_reader reader{max_source_bytes};
  td::fuzz::padded const body{td::fuzz::as_text(data, size)};
  if (auto const fault = document.read(body.view())) {
    td::fuzz::require_presentable(*fault);
    return 0;
  }
  td::envelope first;
  auto const fault = reader.read(document.root(), document.members(), window(), first);
  if (fault) {
    td::fuzz::require_presentable(*fault);
    require(td::disposition_of(fault->code) == td::disposition::dead_letter,
            "an event at fault is a dead letter");
    return 0;
  }
  require_sound(first, body.view());
  td::envelope second;
  td::envelope_reader fresh{max_source_bytes};
  require(!fresh.read(document.root(), document.members(), window(), second) && same(first, second),
          "what was read before does not matter");
  return 0;
}
