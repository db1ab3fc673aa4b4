#include "cli/dlq_check.hpp"

#include <utility>

namespace td {

std::optional<failure> refusal_of(const event_rules& rules,
                                  std::shared_ptr<const schema_set> schemas, std::string_view topic,
                                  std::string_view bytes, timestamp at) {
  auto raw = std::make_shared<batch>();
  raw->add(topic, bytes, at);
  auto checked = validator{rules, std::move(schemas)}.check(std::move(raw), at);
  if (checked.rejects.empty()) return std::nullopt;
  return std::move(checked.rejects.front().why);
}

}  // namespace td
