#include "pipeline/validate.hpp"

#include <utility>

#include "pipeline/document.hpp"
#include "pipeline/envelope.hpp"
#include "pipeline/topic.hpp"

namespace td {
namespace {

/// Room for kind and source of an ordinary event, so that a batch's text is allocated once.
constexpr std::size_t usual_text_bytes = 48;

slice append(std::string& text, std::string_view piece) {
  slice const s{static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(piece.size())};
  text += piece;
  return s;
}

}  // namespace

struct validator::impl {
  impl(event_rules r, std::shared_ptr<const schema_set> s)
      : rules{std::move(r)},
        schemas{std::move(s)},
        topics{rules.topic_prefix, rules.topic_families, rules.max_topic_bytes},
        doc{{rules.max_body_bytes, {rules.max_depth, rules.max_string_bytes}}},
        envelopes{rules.max_source_bytes} {}

  /// Adds one message's event to `out`, or says at which stage and why not.
  std::optional<rejected> check(std::uint32_t index, const time_window& window,
                                checked_batch& out) {
    auto const reject = [index](std::string_view stage, failure& why) {
      return rejected{index, stage, std::move(why)};
    };
    auto const& message = out.raw->messages()[index];
    if (auto why = topics.check(out.raw->topic(message))) return reject("topic", *why);
    if (auto why = doc.read(out.raw->body(message))) return reject("scan", *why);
    envelope e;
    if (auto why = envelopes.read(doc.root(), doc.members(), window, e)) {
      return reject("envelope", *why);
    }
    event const sound{.message = index,
                      .event_id = e.event_id,
                      .trace_id = e.trace_id,
                      .occurred_at = e.occurred_at,
                      .kind = append(out.text, e.kind),
                      .source = append(out.text, e.source),
                      .payload = {message.body.offset + e.payload.offset, e.payload.size},
                      .schema_version = e.schema_version};
    auto judged =
        schemas->check({e.kind, e.schema_version, e.event_id, e.occurred_at}, e.payload_value);
    if (judged.refused) {
      judged.refused->pointer.insert(0, e.payload_pointer);
      auto no = reject("schema", *judged.refused);
      no.sound = sound;
      no.sound->schema_version = judged.version;
      return no;
    }
    out.events.push_back(sound);
    return std::nullopt;
  }

  event_rules rules;
  std::shared_ptr<const schema_set> schemas;
  topic_rules topics;
  document doc;
  envelope_reader envelopes;
};

validator::validator(event_rules rules, std::shared_ptr<const schema_set> schemas)
    : impl_{std::make_unique<impl>(std::move(rules), std::move(schemas))} {}

validator::~validator() = default;
validator::validator(validator&&) noexcept = default;
validator& validator::operator=(validator&&) noexcept = default;

void validator::use(std::shared_ptr<const schema_set> schemas) {
  impl_->schemas = std::move(schemas);
}

checked_batch validator::check(std::shared_ptr<const batch> raw, timestamp at) {
  checked_batch out;
  out.raw = std::move(raw);
  auto const messages = out.raw->size();
  out.events.reserve(messages);
  out.text.reserve(messages * usual_text_bytes);
  time_window const window{at - impl_->rules.retention, at + impl_->rules.allowed_skew};
  for (std::uint32_t index = 0; index < messages; ++index) {
    if (auto why = impl_->check(index, window, out)) out.rejects.push_back(std::move(*why));
  }
  impl_->doc.release();
  return out;
}

}  // namespace td
