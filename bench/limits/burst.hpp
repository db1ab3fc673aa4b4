#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "pipeline/time.hpp"

namespace td::bench {

/// What becomes of the burst after a message.
enum class burst_goes : std::uint8_t {
  on,    ///< the next message belongs to it
  full,  ///< nothing more is read until it is acknowledged
  awry,  ///< this message can't be used: the lane fails
};

/// Takes body and topic of one message, which came at that time. The views are valid during the
/// call.
using burst_handler = std::function<burst_goes(std::string_view, std::string_view, timestamp)>;

}  // namespace td::bench
