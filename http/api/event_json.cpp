#include "http/api/event_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "http/api/json_list.hpp"

namespace td {
namespace {

namespace json = boost::json;

/// Writes one object, member by member, in one string: payloads are JSON already.
class object_text {
 public:
  void raw(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '{' : ',';
    text_ += json::serialize(json::string_view{name});
    text_ += ':';
    text_ += value;
  }
  void text(std::string_view name, std::string_view value) {
    raw(name, json::serialize(json::string_view{value}));
  }
  void number(std::string_view name, std::int64_t value) { raw(name, std::to_string(value)); }
  void truth(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  void time(std::string_view name, timestamp value) { text(name, to_rfc3339(value)); }

  std::string take() && { return text_.empty() ? "{}" : std::move(text_) + '}'; }

 private:
  std::string text_;
};

std::string delivery_json(const journey_delivery& d) {
  object_text o;
  o.text("consumer", d.consumer);
  o.text("state", name_of(d.state));
  if (d.attempts > 0) o.number("attempts", d.attempts);
  if (!d.code.empty()) o.text("code", d.code);
  if (d.next_attempt) o.time("next_attempt", *d.next_attempt);
  return std::move(o).take();
}

std::string stage_json(const journey_stage& s) {
  object_text o;
  o.raw("event", to_json(s.event));
  if (s.position) o.number("position", *s.position);
  if (s.lane) o.number("lane", *s.lane);
  if (s.committed_at) o.time("committed_at", *s.committed_at);
  o.raw("deliveries", list_of(s.deliveries, delivery_json));
  return std::move(o).take();
}

std::string count_json(const journal_count& c) {
  object_text o;
  o.time("from", c.from);
  o.number("batches", c.batches);
  o.number("stored", c.stored);
  o.number("duplicate", c.duplicate);
  o.number("dead_lettered", c.dead_lettered);
  return std::move(o).take();
}

void add_field(std::string& line, std::string_view value) {
  if (!line.empty()) line += ',';
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

}  // namespace

std::string to_json(const found_event& e) {
  object_text o;
  o.text("event_id", to_string(e.event_id));
  o.text("trace_id", to_string(e.trace_id));
  o.time("occurred_at", e.occurred_at);
  o.time("received_at", e.received_at);
  o.text("kind", e.kind);
  o.text("source", e.source);
  o.text("topic", e.topic);
  if (e.schema_version) o.number("schema_version", *e.schema_version);
  o.raw("payload", e.payload);
  return std::move(o).take();
}

std::string to_json(const event_page& page) {
  object_text o;
  o.raw("items", list_of<found_event>(page.events, to_json));
  if (page.next) o.text("next", *page.next);
  o.truth("cut_short", page.cut_short);
  if (page.reached) o.time("reached", *page.reached);
  return std::move(o).take();
}

std::string to_json(const journey& j) {
  object_text o;
  o.raw("stages", list_of(j.stages, stage_json));
  o.truth("more", j.more);
  return std::move(o).take();
}

std::string to_json(const std::vector<journal_count>& counts) {
  object_text o;
  o.raw("items", list_of(counts, count_json));
  return std::move(o).take();
}

std::string to_csv(const found_event& e) {
  std::string line;
  add_field(line, to_string(e.event_id));
  add_field(line, to_string(e.trace_id));
  add_field(line, to_rfc3339(e.occurred_at));
  add_field(line, to_rfc3339(e.received_at));
  add_field(line, e.kind);
  add_field(line, e.source);
  add_field(line, e.topic);
  add_field(line, e.schema_version ? std::to_string(*e.schema_version) : std::string{});
  add_field(line, e.payload);
  return line + "\r\n";
}

std::string_view csv_header() noexcept {
  return "event_id,trace_id,occurred_at,received_at,kind,source,topic,schema_version,payload\r\n";
}

}  // namespace td
