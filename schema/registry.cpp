#include "schema/registry.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {

result<std::shared_ptr<const schema_registry>> schema_registry::make(
    std::span<const schema_definition> definitions, unknown_kinds others,
    std::shared_ptr<shadow_book> shadows, const schema_registry* previous) {
  std::shared_ptr<schema_registry> made{new schema_registry{others}};
  for (const auto& d : definitions) {
    entry e{.version = d.version};
    const auto* old = previous == nullptr ? nullptr : previous->find(d.kind, d.version);
    if (old != nullptr && *old->body == d.body) {
      e.body = old->body;
      e.schema = old->schema;
    } else {
      auto compiled = compiled_schema::compile(d.body);
      if (!compiled) {
        auto why = std::move(compiled).error();
        why.detail = fmt::format("schema of {}, version {}: {}", d.kind, d.version, why.detail);
        return why;
      }
      e.body = std::make_shared<const std::string>(d.body);
      e.schema = *std::move(compiled);
    }
    if (d.candidate) e.tally = shadows->tally_of(d.kind, d.version);
    auto& known = made->kinds_[d.kind];
    (d.candidate ? known.candidates : known.active).push_back(std::move(e));
    ++(d.candidate ? made->candidates_ : made->active_);
  }
  for (auto& [kind, known] : made->kinds_)
    std::ranges::sort(known.active, std::ranges::greater{}, &entry::version);
  return std::shared_ptr<const schema_registry>{std::move(made)};
}

schema_judgement schema_registry::check(const schema_question& about,
                                        simdjson::dom::element payload) const {
  static const versions none;
  const auto found = kinds_.find(about.kind);
  const auto& known = found == kinds_.end() ? none : found->second;
  auto judged = judge(known, about, payload);
  for (const auto& c : known.candidates) {
    // An event that names another version would not be the candidate's to judge.
    if (about.version != 0 && about.version != c.version) continue;
    if (const auto why = c.schema->check(payload)) {
      c.tally->failed(*why, about.event_id, about.occurred_at);
    } else {
      c.tally->passed();
    }
  }
  return judged;
}

schema_judgement schema_registry::judge(const versions& known, const schema_question& about,
                                        simdjson::dom::element payload) const {
  if (known.active.empty()) {
    if (others_ == unknown_kinds::open) return {};
    return {0, failure{errc::unknown_kind,
                       fmt::format("no schema is active for the kind {}", quoted(about.kind)),
                       {}}};
  }
  const auto by_version = [&](const entry& e) { return e.version == about.version; };
  const auto chosen =
      about.version == 0 ? known.active.begin() : std::ranges::find_if(known.active, by_version);
  if (chosen == known.active.end()) {
    std::string there;
    for (const auto& e : known.active)
      there += (there.empty() ? "" : ", ") + std::to_string(e.version);
    return {about.version, failure{errc::schema_version_unknown,
                                   fmt::format("the kind {} has no active schema version {}; "
                                               "active: {}",
                                               quoted(about.kind), about.version, there),
                                   {}}};
  }
  auto why = chosen->schema->check(payload);
  if (!why) return {chosen->version, {}};
  return {chosen->version, failure{errc::schema_violation,
                                   fmt::format("{} (\"{}\", {} version {})", why->sentence,
                                               why->keyword, about.kind, chosen->version),
                                   std::move(why->pointer)}};
}

const schema_registry::entry* schema_registry::find(std::string_view kind,
                                                    std::int32_t version) const {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end()) return nullptr;
  for (const auto* list : {&found->second.active, &found->second.candidates}) {
    const auto e = std::ranges::find(*list, version, &entry::version);
    if (e != list->end()) return &*e;
  }
  return nullptr;
}

}  // namespace td
