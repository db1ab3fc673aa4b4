#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "pipeline/schema.hpp"
#include "pipeline/validate.hpp"

namespace td {

/// What the pipeline would say of these bytes if they came in now from this topic: absent when it
/// would store them, else why not. `schemas` is never null.
std::optional<failure> refusal_of(const event_rules& rules,
                                  std::shared_ptr<const schema_set> schemas, std::string_view topic,
                                  std::string_view bytes, timestamp at);

}  // namespace td
