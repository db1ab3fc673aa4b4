#include "storage/dead_letter_filter.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "pipeline/json_text.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

namespace json = boost::json;

constexpr std::array status_names{
    std::pair{dead_letter_status::open, std::string_view{"open"}},
    std::pair{dead_letter_status::replayed, std::string_view{"replayed"}},
    std::pair{dead_letter_status::discarded, std::string_view{"discarded"}},
};

/// The members that are plain texts, in both directions.
constexpr std::array texts{
    std::pair{std::string_view{"topic_prefix"}, &dead_letter_filter::topic_prefix},
    std::pair{std::string_view{"kind"}, &dead_letter_filter::kind},
    std::pair{std::string_view{"stage"}, &dead_letter_filter::stage},
    std::pair{std::string_view{"code"}, &dead_letter_filter::code},
    std::pair{std::string_view{"fingerprint"}, &dead_letter_filter::fingerprint},
};

constexpr std::array times{
    std::pair{std::string_view{"since"}, &dead_letter_filter::since},
    std::pair{std::string_view{"before"}, &dead_letter_filter::before},
};

/// Reads members into a filter; what a member should be when it is not.
class member_reader {
 public:
  explicit member_reader(dead_letter_filter& into) : into_{into} {}

  /// Absent when it was taken.
  std::optional<std::string_view> take(std::string_view name, const json::value& value) {
    for (const auto& [known, member] : texts) {
      if (name == known) return take_text(value, into_.*member);
    }
    for (const auto& [known, member] : times) {
      if (name == known) return take_time(value, into_.*member);
    }
    if (name == "consumer") return take_text(value, into_.consumer.emplace());
    if (name == "status") return take_status(value);
    if (name == "ids") return take_ids(value);
    return "not there: no filter has it";
  }

 private:
  static std::optional<std::string_view> take_text(const json::value& value, std::string& to) {
    if (!value.is_string()) return "a string";
    to = std::string_view{value.get_string()};
    return std::nullopt;
  }

  static std::optional<std::string_view> take_time(const json::value& value,
                                                   std::optional<timestamp>& to) {
    if (value.is_string()) to = parse_rfc3339(value.get_string());
    if (!to) return "an RFC 3339 date-time";
    return std::nullopt;
  }

  std::optional<std::string_view> take_status(const json::value& value) {
    if (value.is_string()) into_.status = dead_letter_status_named(value.get_string());
    if (!into_.status) return "open, replayed or discarded";
    return std::nullopt;
  }

  std::optional<std::string_view> take_ids(const json::value& value) {
    if (!value.is_array()) return "an array of ids";
    for (const auto& id : value.get_array()) {
      if (!id.is_string() || !is_dead_letter_id(id.get_string()))
        return "an array of ids, each 6 to 64 lower-case hex digits";
      into_.ids.emplace_back(id.get_string());
    }
    return std::nullopt;
  }

  dead_letter_filter& into_;
};

}  // namespace

std::string_view name_of(dead_letter_status status) noexcept {
  return status_names[static_cast<std::size_t>(status)].second;
}

std::optional<dead_letter_status> dead_letter_status_named(std::string_view name) noexcept {
  for (const auto& [status, known] : status_names) {
    if (name == known) return status;
  }
  return std::nullopt;
}

bool is_dead_letter_id(std::string_view text) noexcept {
  return min_id_digits <= text.size() && text.size() <= id_digits &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string to_json(const dead_letter_filter& filter) {
  json::object out;
  for (const auto& [name, member] : times) {
    if (filter.*member) out[name] = to_rfc3339(*(filter.*member));
  }
  for (const auto& [name, member] : texts) {
    if (!(filter.*member).empty()) out[name] = filter.*member;
  }
  if (filter.status) out["status"] = name_of(*filter.status);
  if (filter.consumer) out["consumer"] = *filter.consumer;
  if (!filter.ids.empty()) out["ids"] = json::array(filter.ids.begin(), filter.ids.end());
  return json::serialize(out);
}

result<dead_letter_filter> dead_letter_filter_from_json(std::string_view text) {
  boost::system::error_code wrong;
  const auto value = json::parse(text, wrong);
  if (wrong || !value.is_object())
    return failure{errc::configuration_invalid, "the filter is no JSON object"};
  dead_letter_filter filter;
  member_reader reader{filter};
  for (const auto& [name, member] : value.get_object()) {
    const auto expected = reader.take(name, member);
    if (!expected) continue;
    failure why{errc::configuration_invalid, fmt::format("{} must be {}", quoted(name), *expected)};
    append_pointer_token(why.pointer, name);
    return why;
  }
  return filter;
}

}  // namespace td
