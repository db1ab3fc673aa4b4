#include "storage/mirror_rows.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace td {

namespace {

using std::chrono::sys_days;
using std::chrono::year;

constexpr sys_days first_day = year{1} / 1 / 1;
constexpr sys_days day_after_last = sys_days{year{9999} / 12 / 31} + std::chrono::days{1};

sys_days day_of(timestamp t) noexcept {
  return std::chrono::floor<std::chrono::days>(t);
}

/// The first half of an id as a number that sorts as the bytes do.
std::uint64_t head_of(const uuid& id) noexcept {
  std::uint64_t v;
  std::memcpy(&v, id.bytes.data(), sizeof v);
  static_assert(std::endian::native == std::endian::little);
  return __builtin_bswap64(v);
}

}  // namespace

bool storable(timestamp occurred_at) noexcept {
  return occurred_at >= first_day && occurred_at < day_after_last;
}

void write_order::sort(const checked_batch& b) {
  keys_.clear();
  unstorable_.clear();
  first_ = timestamp::max();
  last_ = timestamp::min();
  for (std::uint32_t i = 0; i < b.events.size(); ++i) {
    const auto& e = b.events[i];
    if (!storable(e.occurred_at)) {
      unstorable_.push_back(i);
      continue;
    }
    first_ = std::min(first_, e.occurred_at);
    last_ = std::max(last_, e.occurred_at);
    const auto day = day_of(e.occurred_at).time_since_epoch().count();
    keys_.push_back({head_of(e.event_id), static_cast<std::int32_t>(day), i});
  }
  if (keys_.empty()) first_ = last_ = {};

  std::sort(keys_.begin(), keys_.end(), [&b](const key& x, const key& y) {
    if (x.day != y.day) return x.day < y.day;
    if (x.id_head != y.id_head) return x.id_head < y.id_head;
    const auto& a = b.events[x.event];
    const auto& c = b.events[y.event];
    if (const auto o = a.event_id <=> c.event_id; o != 0) return o < 0;
    if (a.occurred_at != c.occurred_at) return a.occurred_at < c.occurred_at;
    return x.event < y.event;
  });

  order_.clear();
  repeats_ = false;
  for (const auto& k : keys_) {
    if (!order_.empty()) {
      const auto& previous = b.events[order_.back()];
      const auto& e = b.events[k.event];
      repeats_ |= previous.event_id == e.event_id && previous.occurred_at == e.occurred_at;
    }
    order_.push_back(k.event);
  }
}

std::vector<sys_days> write_order::days(const checked_batch& b) const {
  std::vector<sys_days> all;
  for (const auto i : order_) {
    const auto day = day_of(b.events[i].occurred_at);
    if (all.empty() || all.back() != day) all.push_back(day);
  }
  return all;
}

void encode_event(copy_encoder& out, row_form form, const checked_batch& b, std::uint32_t event,
                  std::int64_t batch_id, std::size_t rank) {
  const auto& e = b.events[event];
  const auto kind = b.kind(e);
  const auto source = b.source(e);
  const auto topic = b.topic(e);
  const auto payload = b.payload(e);
  constexpr std::size_t fixed_bytes = 2 * 16 + 3 * 8 + 3 * 4;
  out.row(form == row_form::direct ? 11 : 12,
          fixed_bytes + kind.size() + source.size() + topic.size() + payload.size());
  if (form != row_form::direct) out.int32(static_cast<std::int32_t>(rank));
  out.id(e.event_id);
  out.id(e.trace_id);
  out.time(e.occurred_at);
  out.time(b.raw->messages()[e.message].received_at);
  out.int64(batch_id);
  out.int32(static_cast<std::int32_t>(e.message));
  if (e.schema_version == 0) {
    out.null();
  } else {
    out.int32(e.schema_version);
  }
  out.text(kind);
  out.text(source);
  out.text(topic);
  if (form == row_form::raw) {
    out.text(payload);
  } else {
    out.json(payload);
  }
}

}  // namespace td
