#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "http/served_exchange.hpp"

namespace td {

/// One client: reads its requests, has them answered, one after the other. Everything on the wire's
/// executor.
class connection {
 public:
  connection(served_by by, std::shared_ptr<wire> w, std::string address, date_header& date);

  /// Until the connection has ended.
  asio::awaitable<void> run();

 private:
  asio::awaitable<bool> serve_one();
  asio::awaitable<bool> serve_exchange(bool waits_for_continue);
  asio::awaitable<bool> read_header(std::optional<problem>& fault);
  asio::awaitable<bool> read_body(bool waits_for_continue, std::optional<problem>& fault);
  asio::awaitable<bool> discard_body(std::optional<http_answer>& said, bool& rest_unread);
  asio::awaitable<bool> more_of_request();
  asio::awaitable<bool> send(http_answer& answer, bool last);
  asio::awaitable<void> linger();
  bool last_request() const;

  served_by by_;
  std::shared_ptr<wire> wire_;
  std::string address_;
  date_header& date_;
  message_parser parser_;
  request request_{};
};

}  // namespace td
