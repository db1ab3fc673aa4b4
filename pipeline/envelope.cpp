#include "pipeline/envelope.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "pipeline/document.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

using simdjson::dom::element;

/// A top-level member, or its absence.
struct field {
  element value{};
  slice text{};
  bool there{};
};

/// What a member is called, how it can fail, and what it should be, in words.
struct member_rule {
  std::string_view name;
  errc missing;
  errc invalid;
  std::string_view wanted;
};

// -- the members, in the order in which they are checked ---

constexpr member_rule event_id_rule{"event_id", errc::event_id_missing, errc::event_id_invalid,
                                    "a UUID of the form 8-4-4-4-12 that is not all zeros"};
constexpr member_rule occurred_at_rule{
    "occurred_at", errc::occurred_at_missing, errc::occurred_at_invalid,
    "an RFC 3339 date-time with offset, such as 2026-11-20T12:00:00.123456Z,"};
constexpr member_rule trace_id_rule{"trace_id", errc::trace_id_missing, errc::trace_id_invalid,
                                    "a UUID or 32 hex digits, not all zeros,"};
constexpr member_rule kind_rule{"kind", errc::kind_missing, errc::kind_invalid,
                                "a name of a-z, 0-9 and '_' that begins with a letter and has at "
                                "most 100 bytes"};
constexpr member_rule source_rule{"source", errc::source_missing, errc::source_invalid,
                                  "a string that is not empty"};
constexpr member_rule payload_rule{"payload", errc::payload_missing, errc::payload_invalid,
                                   "an object"};
constexpr member_rule schema_version_rule{"schema_version", errc::schema_version_invalid,
                                          errc::schema_version_invalid,
                                          "an integer from 1 to 2147483647"};

constexpr member_rule specversion_rule{"specversion", errc::cloudevent_invalid,
                                       errc::cloudevent_invalid, "the string \"1.0\""};
constexpr member_rule id_rule{"id", errc::event_id_missing, errc::event_id_invalid,
                              "a string that is neither empty nor the UUID of all zeros"};
constexpr member_rule time_rule{"time", errc::occurred_at_missing, errc::occurred_at_invalid,
                                occurred_at_rule.wanted};
constexpr member_rule type_rule{"type", errc::kind_missing, errc::kind_invalid,
                                "a name of letters, digits, '_', '.' and '-' that begins with a "
                                "letter and has at most 100 bytes"};
constexpr member_rule data_rule{"data", errc::payload_missing, errc::payload_invalid, "an object"};
constexpr member_rule data_base64_rule{"data_base64", errc::cloudevent_invalid,
                                       errc::cloudevent_invalid,
                                       "a JSON object in \"data\" instead"};
constexpr member_rule datacontenttype_rule{"datacontenttype", errc::cloudevent_invalid,
                                           errc::cloudevent_invalid,
                                           "a JSON media type, such as application/json,"};
constexpr member_rule traceparent_rule{
    "traceparent", errc::cloudevent_invalid, errc::cloudevent_invalid,
    "a W3C traceparent (00-<32 hex>-<16 hex>-<2 hex>, lower case)"};

// -- failures ---

std::string pointer_to(const member_rule& rule) {
  return fmt::format("/{}", rule.name);
}

failure missing(const member_rule& rule) {
  return {rule.missing, fmt::format("\"{}\" is missing; {} is needed", rule.name, rule.wanted),
          pointer_to(rule)};
}

failure invalid(const member_rule& rule, element value) {
  return {rule.invalid,
          fmt::format("\"{}\" is {}; {} is needed", rule.name, describe(value), rule.wanted),
          pointer_to(rule)};
}

// -- readers; each leaves `out` set, or says why not ---

std::optional<failure> read_text(const field& in, const member_rule& rule, std::string_view& out) {
  if (!in.there) return missing(rule);
  if (in.value.get(out) != simdjson::SUCCESS) return invalid(rule, in.value);
  return std::nullopt;
}

std::optional<failure> read_time(const field& in, const member_rule& rule,
                                 const time_window& window, timestamp& out) {
  std::string_view text;
  if (auto f = read_text(in, rule, text)) return f;
  auto const time = parse_rfc3339(text);
  if (!time) return invalid(rule, in.value);
  if (*time < window.first) {
    return failure{errc::occurred_at_too_old,
                   fmt::format("\"{}\" is {}; events from {} on are kept", rule.name, quoted(text),
                               to_rfc3339(window.first)),
                   pointer_to(rule)};
  }
  if (*time > window.last) {
    return failure{errc::occurred_at_in_future,
                   fmt::format("\"{}\" is {}; with the allowed clock skew it may be up to {}",
                               rule.name, quoted(text), to_rfc3339(window.last)),
                   pointer_to(rule)};
  }
  out = *time;
  return std::nullopt;
}

using character_set = std::array<bool, 256>;

constexpr character_set set_of(std::string_view characters) {
  character_set set{};
  for (auto const c : characters)
    set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr auto native_first = set_of("abcdefghijklmnopqrstuvwxyz");
constexpr auto native_others = set_of("abcdefghijklmnopqrstuvwxyz0123456789_");
constexpr auto cloud_first = set_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
constexpr auto cloud_others =
    set_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

std::optional<failure> read_kind(const field& in, const member_rule& rule,
                                 const character_set& first, const character_set& others,
                                 std::string_view& out) {
  if (auto f = read_text(in, rule, out)) return f;
  auto const in_set = [](const character_set& set) {
    return [&set](char c) { return set[static_cast<unsigned char>(c)]; };
  };
  if (out.empty() || out.size() > max_kind_bytes || !in_set(first)(out.front()) ||
      !std::ranges::all_of(out, in_set(others))) {
    return invalid(rule, in.value);
  }
  return std::nullopt;
}

std::optional<failure> read_source(const field& in, std::size_t max_bytes, std::string_view& out) {
  if (auto f = read_text(in, source_rule, out)) return f;
  if (out.empty()) return invalid(source_rule, in.value);
  if (out.size() > max_bytes) {
    return failure{
        errc::source_invalid,
        fmt::format("\"source\" is {}; at most {} bytes are allowed", quoted(out), max_bytes),
        pointer_to(source_rule)};
  }
  return std::nullopt;
}

std::optional<failure> read_payload(const field& in, const member_rule& rule, envelope& out) {
  if (!in.there) return missing(rule);
  if (!in.value.is_object()) return invalid(rule, in.value);
  out.payload_value = in.value;
  out.payload = in.text;
  return std::nullopt;
}

std::optional<failure> read_schema_version(const field& in, std::int32_t& out) {
  out = 0;
  if (!in.there) return std::nullopt;
  std::int64_t version = 0;
  if (in.value.get(version) != simdjson::SUCCESS || version < 1 ||
      version > std::numeric_limits<std::int32_t>::max()) {
    return invalid(schema_version_rule, in.value);
  }
  out = static_cast<std::int32_t>(version);
  return std::nullopt;
}

/// The media type's subtype is `json` or ends in `+json` (CloudEvents JSON format, section 3.1).
bool is_json_media_type(std::string_view text) {
  text = text.substr(0, text.find(';'));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  auto const slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos) return false;
  std::string subtype{text.substr(slash + 1)};
  std::ranges::transform(subtype, subtype.begin(), [](char c) {
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return subtype == "json" || subtype.ends_with("+json");
}

/// The trace id of a `traceparent` header (W3C Trace Context, section 3.2). Higher versions may
/// append to the four fields of version 00; ff is forbidden.
std::optional<uuid> trace_id_of(std::string_view traceparent) {
  constexpr std::size_t version_00_size = 55;
  auto const lower_hex = [&](std::size_t at, std::size_t size) {
    return std::ranges::all_of(traceparent.substr(at, size), [](char c) {
      return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f');
    });
  };
  if (traceparent.size() < version_00_size) return std::nullopt;
  if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') {
    return std::nullopt;
  }
  if (!lower_hex(0, 2) || !lower_hex(3, 32) || !lower_hex(36, 16) || !lower_hex(53, 2)) {
    return std::nullopt;
  }
  auto const version = traceparent.substr(0, 2);
  if (version == "ff") return std::nullopt;
  if (traceparent.size() > version_00_size && (version == "00" || traceparent[55] != '-')) {
    return std::nullopt;
  }
  if (traceparent.substr(36, 16) == "0000000000000000") return std::nullopt;
  return parse_trace_id(traceparent.substr(3, 32));
}

/// For URLs, RFC 4122 appendix C; a CloudEvents source is a URI reference.
constexpr uuid url_name_space{{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00,
                               0xc0, 0x4f, 0xd4, 0x30, 0xc8}};

}  // namespace

// -- the members by name ---

struct envelope_reader::fields {
  field event_id, occurred_at, trace_id, kind, payload, schema_version;
  field specversion, id, time, type, data, data_base64, datacontenttype, traceparent;
  field source;  ///< of both forms

  /// Absent for a name that nobody reads.
  field* named(std::string_view name) noexcept {
    auto const is = [name](std::string_view one, field& f) { return name == one ? &f : nullptr; };
    switch (name.size()) {
      case 2:
        return is("id", id);
      case 4:
        if (name == "kind") return &kind;
        if (name == "type") return &type;
        if (name == "time") return &time;
        return is("data", data);
      case 6:
        return is("source", source);
      case 7:
        return is("payload", payload);
      case 8:
        return name == "event_id" ? &event_id : is("trace_id", trace_id);
      case 11:
        if (name == "occurred_at") return &occurred_at;
        if (name == "specversion") return &specversion;
        return name == "traceparent" ? &traceparent : is("data_base64", data_base64);
      case 14:
        return is("schema_version", schema_version);
      case 15:
        return is("datacontenttype", datacontenttype);
      default:
        return nullptr;
    }
  }
};

envelope_reader::envelope_reader(std::size_t max_source_bytes)
    : max_source_bytes_{max_source_bytes}, last_name_space_{uuid_v5(url_name_space, "")} {}

std::optional<failure> envelope_reader::read(simdjson::dom::object root,
                                             std::span<const slice> members,
                                             const time_window& window, envelope& out) {
  fields in;
  auto text = members.begin();
  for (auto const [name, value] : root) {
    if (auto* const f = in.named(name); f != nullptr && !value.is_null()) {
      *f = {value, *text, true};
    }
    ++text;
  }
  return in.specversion.there ? read_cloud_event(in, window, out) : read_native(in, window, out);
}

std::optional<failure> envelope_reader::read_native(const fields& in, const time_window& window,
                                                    envelope& out) const {
  std::string_view text;
  if (auto f = read_text(in.event_id, event_id_rule, text)) return f;
  auto const id = parse_uuid(text);
  if (!id || *id == uuid{}) return invalid(event_id_rule, in.event_id.value);
  out.event_id = *id;

  if (auto f = read_time(in.occurred_at, occurred_at_rule, window, out.occurred_at)) return f;

  if (auto f = read_text(in.trace_id, trace_id_rule, text)) return f;
  auto const trace = parse_trace_id(text);
  if (!trace) return invalid(trace_id_rule, in.trace_id.value);
  out.trace_id = *trace;

  if (auto f = read_kind(in.kind, kind_rule, native_first, native_others, out.kind)) return f;
  if (auto f = read_source(in.source, max_source_bytes_, out.source)) return f;
  out.payload_pointer = "/payload";
  if (auto f = read_payload(in.payload, payload_rule, out)) return f;
  return read_schema_version(in.schema_version, out.schema_version);
}

std::optional<failure> envelope_reader::read_cloud_event(const fields& in,
                                                         const time_window& window, envelope& out) {
  std::string_view text;
  if (auto f = read_text(in.specversion, specversion_rule, text)) return f;
  if (text != "1.0") return invalid(specversion_rule, in.specversion.value);

  std::string_view id;
  if (auto f = read_text(in.id, id_rule, id)) return f;
  auto const id_as_uuid = parse_uuid(id);
  if (id.empty() || id_as_uuid == uuid{}) return invalid(id_rule, in.id.value);

  if (auto f = read_time(in.time, time_rule, window, out.occurred_at)) return f;
  if (auto f = read_kind(in.type, type_rule, cloud_first, cloud_others, out.kind)) return f;
  if (auto f = read_source(in.source, max_source_bytes_, out.source)) return f;
  out.event_id = id_as_uuid ? *id_as_uuid : uuid_v5(name_space_of(out.source), id);

  out.trace_id = out.event_id;
  if (in.traceparent.there) {
    if (auto f = read_text(in.traceparent, traceparent_rule, text)) return f;
    auto const trace = trace_id_of(text);
    if (!trace) return invalid(traceparent_rule, in.traceparent.value);
    out.trace_id = *trace;
  }
  if (in.data_base64.there) return invalid(data_base64_rule, in.data_base64.value);
  if (in.datacontenttype.there) {
    if (auto f = read_text(in.datacontenttype, datacontenttype_rule, text)) return f;
    if (!is_json_media_type(text)) return invalid(datacontenttype_rule, in.datacontenttype.value);
  }
  out.schema_version = 0;
  out.payload_pointer = "/data";
  return read_payload(in.data, data_rule, out);
}

uuid envelope_reader::name_space_of(std::string_view source) {
  if (!last_name_space_ || source != last_source_) {
    last_name_space_.reset();  // should the next line throw, nothing half-set remains
    last_source_ = source;
    last_name_space_ = uuid_v5(url_name_space, source);
  }
  return *last_name_space_;
}

}  // namespace td
