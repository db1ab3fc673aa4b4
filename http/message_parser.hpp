#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/problem.hpp"
#include "http/request.hpp"

namespace td {

/// Reads requests off a connection's bytes: Beast's grammar, and what it leaves to its user. More
/// than one Host or Content-Length, a length beside chunks, codings other than chunked: refused,
/// because two readers may take them for different requests ("request smuggling"). One thread.
class message_parser {
 public:
  explicit message_parser(std::size_t header_bytes);
  ~message_parser();
  message_parser(const message_parser&) = delete;
  message_parser& operator=(const message_parser&) = delete;

  /// For the next request.
  void reset();

  struct step {
    std::size_t used{};  ///< bytes at the front that are done with
    bool complete{};     ///< the header, or the body, has ended
    std::optional<problem> fault{};
  };

  /// Reads on in the header, into method, head, target and headers of the request: the same one
  /// until it is complete. Not complete and no fault: more bytes are needed behind those left.
  step read_header(std::string_view bytes, request& into);

  /// Reads on in the body: appends at most `room` bytes to `out`. Used 0 of some bytes and not
  /// complete: more bytes are needed.
  step read_body(std::string_view bytes, std::string& out, std::size_t room);

  /// What a body may have in all; before its first byte is read.
  void limit_body(std::uint64_t bytes);

  // -- after the header ---
  unsigned version() const;  ///< 10 or 11
  bool keep_alive() const;
  bool has_body() const;  ///< and not all of it is read
  std::optional<std::uint64_t> length() const;

 private:
  class grammar;
  std::size_t header_bytes_;
  std::unique_ptr<grammar> grammar_;
};

}  // namespace td
