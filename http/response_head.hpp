#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/answer.hpp"

namespace td {

/// How an answer's body is delimited.
enum class body_framing : std::uint8_t {
  length,   ///< Content-Length: the body is there
  chunked,  ///< in pieces
  close,    ///< in pieces, for HTTP/1.0: the end of the connection ends it
};

/// The IMF-fixdate of RFC 9110 section 5.6.7, made once per second. One thread.
class date_header {
 public:
  const std::string& now();

 private:
  std::chrono::sys_seconds second_{};
  std::string text_{};
};

/// Status line and header, the empty line included. Headers that the answer brings take the place
/// of those each answer has (Cache-Control, Content-Security-Policy); line breaks in values are
/// dropped.
std::string response_head(const http_answer& answer, body_framing framing, bool keep_alive,
                          std::string_view date);

/// RFC 9110's word for a status.
std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace td
