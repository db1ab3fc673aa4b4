#include "bench/load/mix.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace td::bench {

namespace {

constexpr unsigned most_parts = 1'000'000;

/// All of `text` as a number.
template <class T>
bool read(std::string_view text, T& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

dealer::dealer(std::vector<unsigned> parts) : parts_{parts.begin(), parts.end()} {
  credit_.resize(parts_.size());
  for (const auto p : parts_)
    whole_ += p;
}

std::size_t dealer::next() noexcept {
  std::size_t best = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    credit_[i] += parts_[i];
    if (credit_[i] > credit_[best]) best = i;
  }
  credit_[best] -= whole_;
  return best;
}

result<std::vector<size_share>> parse_sizes(std::string_view text) {
  const auto whole = text;
  const auto wrong = [&](std::string_view part, std::string_view why) {
    return failure{errc::configuration_invalid,
                   fmt::format("sizes '{:.200}': '{:.40}' {}; right is '350' or "
                               "'350:90,4096:9,65536:1' (bytes:parts)",
                               whole, part, why)};
  };
  std::vector<size_share> sizes;
  unsigned parts = 0;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const auto part = text.substr(0, comma);
    const auto colon = part.find(':');
    size_share share;
    if (!read(part.substr(0, colon), share.bytes)) return wrong(part, "is no number of bytes");
    if (share.bytes < smallest_event || share.bytes > largest_event) {
      return wrong(part,
                   fmt::format("is not within {} and {} bytes", smallest_event, largest_event));
    }
    if (colon != part.npos && (!read(part.substr(colon + 1), share.parts) || share.parts == 0 ||
                               share.parts > most_parts)) {
      return wrong(part, "has no number of parts of 1 or more behind the colon");
    }
    parts += share.parts;
    if (sizes.size() == 64 || parts > most_parts)
      return wrong(part, "is too much: 64 sizes, a million parts");
    sizes.push_back(share);
    more = comma != text.npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return sizes;
}

std::string to_text(const std::vector<size_share>& sizes) {
  if (sizes.size() == 1) return std::to_string(sizes.front().bytes);
  std::string text;
  for (const auto& s : sizes)
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", s.bytes, s.parts);
  return text;
}

result<void> check_mix(const event_mix& mix) {
  const auto wrong = [](std::string why) {
    return failure{errc::configuration_invalid, std::move(why)};
  };
  // Each on its own first: the sum could wrap.
  for (const unsigned share : {mix.invalid, mix.duplicate, mix.out_of_order}) {
    if (share > 100)
      return wrong(fmt::format("{} % of the events is more than all of them", share));
  }
  if (mix.invalid + mix.duplicate + mix.out_of_order > 100) {
    return wrong(fmt::format(
        "invalid {} %, duplicate {} % and out of order {} % are more than 100 %: an event is at "
        "most one of them",
        mix.invalid, mix.duplicate, mix.out_of_order));
  }
  if (mix.duplicate > 90) {
    return wrong(
        fmt::format("{} % duplicates: at most 90 %, they need events to repeat", mix.duplicate));
  }
  if (mix.duplicate > 0 && mix.invalid + mix.duplicate == 100)
    return wrong("only invalid events and duplicates: there is no valid event to repeat");
  if (mix.late_by_seconds == 0 || mix.late_by_seconds > 86'400)
    return wrong(fmt::format("late by {} s: 1 to 86400 s are possible", mix.late_by_seconds));
  if (mix.sizes.empty()) return wrong("no size: the least is 350 bytes");
  return ok();
}

}  // namespace td::bench
