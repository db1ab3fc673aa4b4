#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/time.hpp"

namespace td::bench {

/// Events as the shipped producers write them, of five kinds and about 350 bytes; the same ones in
/// every run.
class stage_events {
 public:
  std::string next();

 private:
  std::string payload(std::size_t which);
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  std::string id();

  std::mt19937_64 random_{20261120};
};

/// All of them occurred within the day before.
timestamp stage_time();

/// A schema for each kind.
const std::array<std::pair<std::string_view, std::string_view>, 5>& stage_schema_texts();

/// A payload of 7 members and 250 bytes, and a schema that looks at 5 of them.
std::string_view task_payload();
std::string_view task_schema();

/// `{"schemas":{kind: schema, ...},"events":["...", ...]}`: what is measured here, for peers.
std::string stage_events_json(std::size_t events);

}  // namespace td::bench
