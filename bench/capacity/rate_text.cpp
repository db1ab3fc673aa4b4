#include "bench/capacity/rate_text.hpp"

#include <charconv>

#include <fmt/format.h>

namespace td::bench {

result<double> parse_rate(std::string_view text) {
  const failure wrong{errc::configuration_invalid,
                      fmt::format("\"{}\" is no rate from 1 to 100M events/s; write 20000/s, 20k/s "
                                  "or 1.5M/s",
                                  text)};
  auto rest = text;
  if (rest.ends_with("/s")) rest.remove_suffix(2);
  double times = 1;
  if (rest.ends_with('k')) times = 1e3;
  if (rest.ends_with('M')) times = 1e6;
  if (times > 1) rest.remove_suffix(1);
  double rate = 0;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), rate, std::chars_format::fixed);
  if (error != std::errc{} || end != rest.data() + rest.size()) return wrong;
  rate *= times;
  if (!(rate >= 1 && rate <= 1e8)) return wrong;
  return rate;
}

}  // namespace td::bench
