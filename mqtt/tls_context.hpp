#pragma once

#include <memory>
#include <string>

#include "mqtt/lane_session.hpp"
#include "pipeline/result.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace td {

/// The TLS side of one connection: TLS 1.2 or newer, the broker's certificate checked against the
/// CA file (or the system's store) **and the host name**, our own certificate where one is
/// configured. Remembers what went wrong, in words that name files. One thread; outlives its
/// sessions.
class tls_context {
 public:
  /// Reads the files anew, so that a renewed certificate is used from the next connection on.
  /// broker_away: names the file and what is wrong with it.
  static result<std::unique_ptr<tls_context>> make(const broker_options& options);

  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// A session over a connected, non-blocking socket, which announces the broker's name (SNI) and
  /// never raises SIGPIPE. The caller frees it, and keeps the socket until then. Null: no memory.
  /// The trouble of the session before is forgotten: it may have been with another server.
  ssl_st* make_session(int fd);

  /// Why the last session's handshake failed: our verdict on the broker's certificate, or the
  /// broker's alert on ours. Empty when nothing is known.
  const std::string& trouble() const noexcept { return trouble_; }

  /// The certificate we show, in words.
  const std::string& own() const noexcept { return own_; }

 private:
  explicit tls_context(const broker_options& options);
  result<void> load(const broker_options& options);

  friend struct tls_hooks;
  ssl_ctx_st* context_{};
  std::string host_;
  bool host_is_address_{};
  std::string ca_source_;
  std::string own_;
  std::string trouble_;
};

}  // namespace td
