#include "bench/load/load_report.hpp"

#include <array>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace td::bench {

namespace {

namespace json = boost::json;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// The plain numbers of a report, in the order of the line.
struct number {
  std::string_view name;
  std::uint64_t load_report::*member;
};
constexpr std::array<number, 7> numbers{{{"published", &load_report::published},
                                         {"id_sum", &load_report::id_sum},
                                         {"invalid", &load_report::invalid},
                                         {"out_of_order", &load_report::out_of_order},
                                         {"duplicates", &load_report::duplicates},
                                         {"unheard", &load_report::unheard},
                                         {"held_up", &load_report::held_up}}};

double ms(microseconds t) {
  return std::chrono::duration<double, std::milli>(t).count();
}

json::object of(const histogram& h) {
  return {{"count", h.count()},       {"mean_ms", h.mean_us() / 1000}, {"p50_ms", ms(h.at(0.5))},
          {"p99_ms", ms(h.at(0.99))}, {"p999_ms", ms(h.at(0.999))},    {"most_ms", ms(h.most())},
          {"histogram", h.to_text()}};
}

histogram histogram_in(const json::value& v) {
  const auto& text = v.at("histogram").as_string();
  auto h = histogram::parse({text.data(), text.size()});
  if (!h) throw std::invalid_argument(h.error().detail);
  return *h;
}

}  // namespace

std::optional<std::string> distrust(const load_report& r) {
  const auto late = r.lateness.at(0.99);
  if (late <= trusted_lateness) return std::nullopt;
  auto text = fmt::format(
      "1 % of the events were handed over {:.1f} ms or more after they were due "
      "({:.0f} ms is the bound): ",
      ms(late), ms(trusted_lateness));
  if (r.held_up * 100 >= r.lateness.count()) {
    text += fmt::format(
        "{} events were due while the broker had no room for them: it was slow to read or to "
        "acknowledge",
        r.held_up);
  } else {
    text += "the generator did not get the CPU time";
  }
  return text;
}

std::string to_text(const load_report& report) {
  std::string text{"load"};
  for (const auto& [name, member] : numbers)
    text += fmt::format(" {}={}", name, report.*member);
  return text;
}

std::optional<load_report> parse_load_report(std::string_view line) {
  load_report report;
  const auto take = [&line](std::string_view word) {
    const bool there = line.starts_with(word);
    if (there) line.remove_prefix(word.size());
    return there;
  };
  if (!take("load")) return std::nullopt;
  for (const auto& [name, member] : numbers) {
    if (!take(" ") || !take(name) || !take("=")) return std::nullopt;
    const auto [end, error] =
        std::from_chars(line.data(), line.data() + line.size(), report.*member);
    if (error != std::errc{}) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  }
  if (!line.empty()) return std::nullopt;
  return report;
}

std::string to_json(const load_report& r) {
  json::object all{{"bench", "load"}};
  for (const auto& [name, member] : numbers)
    all[name] = r.*member;
  all["started_at"] = to_rfc3339(r.started_at);
  all["took_ms"] = r.took.count();
  all["handed_over_ms"] = r.handed_over.count();
  all["cpu_user_ms"] = r.used.user.count();
  all["cpu_system_ms"] = r.used.system.count();
  all["lateness"] = of(r.lateness);
  all["acknowledged"] = of(r.acknowledged);
  const auto why = distrust(r);
  all["trusted"] = !why;
  if (why) all["distrust"] = *why;
  return json::serialize(all) + "\n";
}

result<load_report> parse_load_json(std::string_view text) {
  try {
    const auto all = json::parse({text.data(), text.size()});
    load_report r;
    for (const auto& [name, member] : numbers)
      r.*member = all.at({name.data(), name.size()}).to_number<std::uint64_t>();
    const auto& started = all.at("started_at").as_string();
    const auto at = parse_rfc3339({started.data(), started.size()});
    if (!at) throw std::invalid_argument("started_at is no time");
    r.started_at = *at;
    const auto milliseconds_in = [&](const char* name) {
      return milliseconds{all.at(name).to_number<std::int64_t>()};
    };
    r.took = milliseconds_in("took_ms");
    r.handed_over = milliseconds_in("handed_over_ms");
    r.used = {milliseconds_in("cpu_user_ms"), milliseconds_in("cpu_system_ms")};
    r.lateness = histogram_in(all.at("lateness"));
    r.acknowledged = histogram_in(all.at("acknowledged"));
    return r;
  } catch (const std::exception& e) {
    return failure{errc::configuration_invalid,
                   fmt::format("no report of 'taylordash-bench load --report': {}", e.what())};
  }
}

}  // namespace td::bench
