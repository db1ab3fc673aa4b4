#include "storage/dead_letter_rows.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "pipeline/json_text.hpp"
#include "pipeline/text.hpp"
#include "storage/mirror_rows.hpp"

namespace td {

namespace {

constexpr std::string_view mirror_stage = "mirror";
constexpr std::string_view schema_stage = "schema";
constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::size_t max_topic_bytes = 65535;            // MQTT 5.0, 1.5.4: of any string
constexpr std::size_t max_words_bytes = 4096;             // detail, pointer, kind, source

}  // namespace

sha256::digest delivery_hash(sha256& hasher, std::string_view topic, std::string_view raw) {
  return hasher.add(topic).add(std::string_view{"\0", 1}).add(raw).finish();
}

std::string storable_text(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const auto c = first_character(text);
    const bool fit = c.size > 0 && c.code_point != 0;
    const auto piece = fit ? text.substr(0, c.size) : replacement;
    if (out.size() + piece.size() > max_bytes) break;
    out += piece;
    text.remove_prefix(std::max<std::size_t>(c.size, 1));
  }
  return out;
}

std::string fingerprint_of(sha256& hasher, const fault_place& at) {
  hasher.add(at.stage).add("\n").add(name_of(at.code)).add("\n");
  if (!at.about.empty()) hasher.add(at.about).add("\n");
  hasher.add(pointer_pattern(at.pointer));
  return to_hex(hasher.finish(), 8);
}

void dead_letter_rows::start(const checked_batch& b) {
  batch_ = &b;
  forget_refused();
  rejected_.clear();
  for (const auto& r : b.rejects) {
    rejected_.push_back(make(r.message, r.stage, r.why));
    if (r.sound) rejected_.back().sound = &*r.sound;
  }
}

void dead_letter_rows::refuse(std::uint32_t event, failure why) {
  reasons_.push_back(std::move(why));
  refused_.push_back(make(batch_->events[event].message, mirror_stage, reasons_.back()));
  refused_.back().sound = &batch_->events[event];
}

void dead_letter_rows::forget_refused() {
  refused_.clear();
  reasons_.clear();
}

std::size_t dead_letter_rows::messages() const noexcept {
  return rejected_.size() + refused_.size();
}

dead_letter_rows::letter dead_letter_rows::make(std::uint32_t message, std::string_view stage,
                                                const failure& why) {
  const auto& m = batch_->raw->messages()[message];
  letter l;
  l.hash = delivery_hash(hasher_, batch_->raw->topic(m), batch_->raw->body(m));
  l.message = message;
  l.stage = stage;
  l.why = &why;
  return l;
}

std::size_t dead_letter_rows::settle() {
  rows_ = rejected_;
  rows_.insert(rows_.end(), refused_.begin(), refused_.end());
  std::sort(rows_.begin(), rows_.end(), [](const letter& x, const letter& y) {
    const int o = std::memcmp(x.hash.data(), y.hash.data(), x.hash.size());
    return o != 0 ? o < 0 : x.message < y.message;
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (kept > 0 && rows_[kept - 1].hash == rows_[i].hash) {
      ++rows_[kept - 1].attempts;
    } else {
      rows_[kept++] = rows_[i];
    }
  }
  rows_.resize(kept);
  return kept;
}

void dead_letter_rows::encode(copy_encoder& out, std::size_t i) {
  const auto& l = rows_[i];
  const auto& m = batch_->raw->messages()[l.message];
  const auto raw = batch_->raw->body(m);
  const auto topic = storable_text(batch_->raw->topic(m), max_topic_bytes);
  const auto detail = storable_text(l.why->detail, max_words_bytes);
  const auto pointer = storable_text(l.why->pointer, max_words_bytes);
  const auto code = name_of(l.why->code);
  const event* e = l.sound;
  const auto kind = e == nullptr ? "" : storable_text(batch_->kind(*e), max_words_bytes);
  const auto source = e == nullptr ? "" : storable_text(batch_->source(*e), max_words_bytes);
  // The version of an event that the schema did not refuse is only what its producer named.
  const auto version = e != nullptr && l.stage == schema_stage ? e->schema_version : 0;
  const auto about = version > 0 ? fmt::format("{} {}", kind, version) : std::string{};
  const auto fingerprint = fingerprint_of(hasher_, {l.stage, l.why->code, about, l.why->pointer});

  out.row(14, l.hash.size() + 4 + 4 + l.stage.size() + code.size() + detail.size() +
                  pointer.size() + fingerprint.size() + topic.size() + 16 + 8 + kind.size() +
                  source.size() + raw.size());
  out.text({reinterpret_cast<const char*>(l.hash.data()), l.hash.size()});
  out.int32(l.attempts);
  out.text(l.stage);
  out.text(code);
  out.text(detail);
  out.text(pointer);
  out.text(fingerprint);
  out.text(topic);
  if (version > 0) {
    out.int32(version);
  } else {
    out.null();
  }
  if (e == nullptr) {
    for (int n = 0; n < 4; ++n)
      out.null();
  } else {
    out.id(e->event_id);
    if (storable(e->occurred_at)) {
      out.time(e->occurred_at);
    } else {
      out.null();
    }
    out.text(kind);
    out.text(source);
  }
  out.text(raw);
}

}  // namespace td
