#include "verify/messages.hpp"

#include <array>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "verify/content.hpp"

namespace td::verify {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t broken_per_mille = 20;
constexpr std::uint64_t cloud_event_per_mille = 200;
constexpr std::uint64_t repeated_per_mille = 20;
constexpr std::uint64_t large_per_mille = 1;

/// Families that a producer may write to, with what the product's own schemas ask for.
struct family {
  std::string_view topic;
  std::string_view kind;
  std::string_view id;
};
constexpr std::array families{
    family{"tasks/updated", "task_updated", "task_id"},
    family{"tasks/created", "task_created", "task_id"},
    family{"projects/updated", "project_updated", "project_id"},
    family{"components/archived", "component_archived", "component_id"},
};

// As written in JSON: escapes, other scripts, what a shell or SQL would stumble over.
constexpr std::array titles{
    R"(Replace the valve)",      R"(Prüfung der Anlage äöü)",     R"(\"quoted\" and \\ and \/)",
    R"(line one\nline two\t!)",  R"(\u00e9t\u00e9 \ud83d\ude80)", R"(点検 🚀)",
    R"('; DROP TABLE events--)", R"(${HOME} `id` %s %n)",
};

std::string rfc3339(timestamp t, std::chrono::minutes offset, int digits) {
  const auto local = to_rfc3339(t + offset);  // 2026-11-20T12:00:00.123456Z
  const auto sign = offset < 0min ? '-' : '+';
  const auto minutes = std::chrono::abs(offset).count();
  std::string text = local.substr(0, local.size() - 1);
  if (digits > 6) text += std::string(static_cast<std::size_t>(digits - 6), '7');
  if (digits == 3) text.resize(text.size() - 3);
  return offset == 0min ? text + "Z"
                        : fmt::format("{}{}{:02}:{:02}", text, sign, minutes / 60, minutes % 60);
}

}  // namespace

/// What a sound event is made of.
struct message_maker::event_parts {
  family of;
  uuid id{};
  uuid trace{};
  std::string time{};
  timestamp occurred_at{};
  std::string source{};
  std::string payload{};

  std::string topic() const { return fmt::format("tracker/events/{}", of.topic); }

  std::string body() const {
    return fmt::format(
        R"({{"event_id":"{}","occurred_at":"{}","trace_id":"{}","kind":"{}","source":"{}","payload":{}}})",
        to_string(id), time, to_string(trace), of.kind, source, payload);
  }
};

message_maker::message_maker(std::uint64_t seed, std::size_t producer)
    : dice_{seed, producer + 1}, producer_{producer} {}

planned_message message_maker::next(timestamp at) {
  ++made_;
  auto made = dice_.chance(broken_per_mille) ? broken(at) : sound(at);
  if (dice_.chance(repeated_per_mille)) {
    made.again = dice_.below(2) == 0 ? repeat::when_acknowledged : repeat::when_stored;
  }
  return made;
}

// -- sound events ---

message_maker::event_parts message_maker::draw(timestamp at) {
  event_parts p{.of = families[dice_.below(families.size())]};
  p.id = draw_uuid();
  p.trace = draw_uuid();
  std::tie(p.time, p.occurred_at) = draw_time(at);
  p.source = fmt::format("verify-{}", producer_);
  p.payload = draw_payload();
  return p;
}

planned_message message_maker::sound(timestamp at) {
  auto p = draw(at);
  planned_message made{.topic = p.topic()};
  std::int32_t schema_version = 0;
  if (!dice_.chance(cloud_event_per_mille)) {
    made.body = p.body();
    if (dice_.chance(100)) {
      schema_version = 1;
      made.body.insert(1, R"("schema_version":1,)");
    }
  } else {
    // An id that is no UUID becomes one of version 5, below the source's own name space.
    auto id = to_string(p.id);
    if (dice_.below(2) == 0) {
      constexpr uuid url{{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0,
                          0x4f, 0xd4, 0x30, 0xc8}};  // RFC 4122, appendix C
      id = fmt::format("{}/{}", made_, id);
      p.id = uuid_v5(uuid_v5(url, p.source), id);
    }
    std::string traceparent;
    if (dice_.below(2) == 0) {
      auto hex = to_string(p.trace);
      std::erase(hex, '-');
      traceparent = fmt::format(R"("traceparent":"00-{}-00f067aa0ba902b7-01",)", hex);
    } else {
      p.trace = p.id;
    }
    made.body = fmt::format(
        R"({{"specversion":"1.0",{}"id":"{}","source":"{}","type":"{}","time":"{}","data":{}}})",
        traceparent, id, p.source, p.of.kind, p.time, p.payload);
  }
  made.expected = {
      .key = p.id,
      .occurred_at = p.occurred_at,
      .envelope = envelope_fingerprint(p.trace, schema_version, p.of.kind, p.source, made.topic),
      .payload = payload_fingerprint(p.payload)};
  return made;
}

planned_message message_maker::probe(timestamp at) {
  const event_parts p{.of = families[0],
                      .id = draw_uuid(),
                      .trace = draw_uuid(),
                      .time = to_rfc3339(at),
                      .occurred_at = at,
                      .source = fmt::format("verify-{}", producer_),
                      .payload = fmt::format(R"({{"task_id":"{}"}})", to_string(draw_uuid()))};
  return {.topic = p.topic(),
          .body = p.body(),
          .expected = {.key = p.id,
                       .occurred_at = p.occurred_at,
                       .envelope = envelope_fingerprint(p.trace, 0, p.of.kind, p.source, p.topic()),
                       .payload = payload_fingerprint(p.payload)}};
}

// -- broken events ---

namespace {

/// Replaces the first `from` of a body; every body has it.
std::string with(std::string body, std::string_view from, std::string_view to) {
  return body.replace(body.find(from), from.size(), to);
}

/// Ways to break the body of a sound native event, and the code that each deserves. All of them
/// keep something that is unique in the body or the topic, so that no two are one dead letter.
struct flaw {
  errc code;
  std::string (*apply)(std::string body);
};

std::string member_of(const std::string& body, std::string_view name) {
  const auto from = body.find(fmt::format("\"{}\":\"", name));
  return body.substr(from, body.find(',', from) + 1 - from);
}

constexpr std::array flaws{
    flaw{errc::not_json, [](std::string b) { return b.substr(0, b.size() - 1); }},
    flaw{errc::not_json, [](std::string b) { return b + b; }},
    flaw{errc::not_utf8, [](std::string b) { return with(b, "verify-", "v\xc3\x28-"); }},
    flaw{errc::not_an_object, [](std::string b) { return "[" + b + "]"; }},
    flaw{errc::too_deep,
         [](std::string b) {
           return with(b, R"("payload":{)",
                       R"("payload":{"deep":)" + std::string(70, '[') + std::string(70, ']') + ",");
         }},
    flaw{errc::duplicate_key,
         [](std::string b) { return with(b, R"("kind":)", R"("kind":"x","kind":)"); }},
    flaw{errc::nul_escape, [](std::string b) { return with(b, "verify-", R"(verify\u0000-)"); }},
    flaw{errc::surrogate_escape,
         [](std::string b) { return with(b, "verify-", R"(verify\ud800-)"); }},
    flaw{errc::number_too_long,
         [](std::string b) {
           return with(b, R"("payload":{)", R"("payload":{"n":)" + std::string(60, '3') + ",");
         }},
    flaw{errc::number_out_of_range,
         [](std::string b) { return with(b, R"("payload":{)", R"("payload":{"n":1e-9999,)"); }},
    flaw{errc::event_id_invalid,
         [](std::string b) { return with(b, R"("event_id":")", R"("event_id":"x)"); }},
    flaw{errc::event_id_missing,
         [](std::string b) { return with(b, member_of(b, "event_id"), ""); }},
    flaw{errc::occurred_at_missing,
         [](std::string b) { return with(b, member_of(b, "occurred_at"), ""); }},
    flaw{errc::occurred_at_invalid,
         [](std::string b) { return with(b, R"("occurred_at":"2)", R"("occurred_at":"x)"); }},
    flaw{errc::occurred_at_too_old,
         [](std::string b) { return with(b, R"("occurred_at":"2)", R"("occurred_at":"1)"); }},
    flaw{errc::occurred_at_in_future,
         [](std::string b) { return with(b, R"("occurred_at":"2)", R"("occurred_at":"9)"); }},
    flaw{errc::trace_id_invalid,
         [](std::string b) { return with(b, R"("trace_id":")", R"("trace_id":"-)"); }},
    flaw{errc::kind_invalid,
         [](std::string b) { return with(b, R"("kind":")", R"("kind":"Not a )"); }},
    flaw{errc::source_missing,
         [](std::string b) { return with(b, R"("source":)", R"("sauce":)"); }},
    flaw{errc::source_invalid,
         [](std::string b) { return with(b, "verify-", std::string(300, 'v')); }},
    flaw{errc::payload_invalid,
         [](std::string b) { return with(b, R"("payload":{)", R"("payload":7,"was":{)"); }},
    flaw{errc::schema_version_invalid,
         [](std::string b) { return with(b, R"("kind":)", R"("schema_version":0,"kind":)"); }},
    flaw{errc::cloudevent_invalid,
         [](std::string b) { return with(b, R"("kind":)", R"("specversion":"0.3","kind":)"); }},
};

}  // namespace

planned_message message_maker::broken(timestamp at) {
  const auto p = draw(at);
  planned_message made{.topic = p.topic(), .body = p.body()};
  made.expected.dead_letter = true;
  const auto drawn = dice_.below(flaws.size() + 2);
  if (drawn < flaws.size()) {
    made.body = flaws[drawn].apply(std::move(made.body));
    made.expected.code = flaws[drawn].code;
  } else if (drawn == flaws.size()) {
    // Empty bodies tell nothing apart, so the topic does.
    made.topic = fmt::format("tracker/events/tasks/{}-{}-{}", to_string(p.id), producer_, made_);
    made.body.clear();
    made.expected.code = errc::body_empty;
  } else {
    made.topic = fmt::format("tracker/events/gadgets/{}", producer_);
    made.expected.code = errc::topic_not_allowed;
  }
  made.expected.key = delivery_key(made.topic, made.body);
  return made;
}

// -- parts ---

std::string message_maker::draw_payload() {
  const auto& f = families[dice_.below(families.size())];
  std::string text = fmt::format(R"({{"title":"{}")", draw_title());
  for (const auto& one : families) {
    if (text.find(one.id) == std::string::npos)
      text += fmt::format(R"(,"{}":"{}")", one.id, to_string(draw_uuid()));
  }
  text +=
      fmt::format(R"(,"progress":{},"reading":{},"n":{})", dice_.below(101), draw_number(), made_);
  if (dice_.below(2) == 0) text += R"(, "flags" : [true, false, null, [], {}],"" : "")";
  if (dice_.below(3) == 0)
    text += fmt::format(R"(,"nested":{{"z":{{"y":{}}},"a":"{}"}})", draw_number(), f.kind);
  if (dice_.chance(large_per_mille)) {
    text += R"(,"notes":")";
    const auto size = 1000 + dice_.below(60'000);
    while (text.size() < size)
      text += draw_title();
    text += '"';
  }
  return text + "}";
}

std::string message_maker::draw_title() {
  return titles[dice_.below(titles.size())];
}

std::pair<std::string, timestamp> message_maker::draw_time(timestamp at) {
  switch (dice_.below(4)) {
    case 0: {
      const std::chrono::minutes offset{15 * static_cast<int>(dice_.below(105)) - 780};
      return {rfc3339(at, offset, 6), at};
    }
    case 1:
      return {rfc3339(at, 0min, 9), at};  // digits too many: they are cut off, not rounded
    case 2:
      return {rfc3339(at, 120min, 3), std::chrono::floor<std::chrono::milliseconds>(at)};
    default:
      return {rfc3339(at, 0min, 6), at};
  }
}

std::string message_maker::draw_number() {
  const auto n = static_cast<std::int64_t>(dice_.next());
  switch (dice_.below(4)) {
    case 0:
      return fmt::format("{}", n);
    case 1:
      return fmt::format("{}.{:03}0", n % 100'000, dice_.below(1000));
    case 2:
      return fmt::format("{}e{}", n % 1000, dice_.below(6));
    default:
      return fmt::format("{}.5E-{}", n % 1000, dice_.below(9));
  }
}

uuid message_maker::draw_uuid() {
  uuid id;
  for (std::size_t i = 0; i < id.bytes.size(); i += 8) {
    auto bits = dice_.next();
    for (std::size_t j = 0; j < 8; ++j, bits >>= 8)
      id.bytes[i + j] = static_cast<std::uint8_t>(bits);
  }
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);  // RFC 4122: version 4,
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);  // variant 1
  return id;
}

}  // namespace td::verify
