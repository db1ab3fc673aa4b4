#include "http/server.hpp"

#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "http/api_documents.hpp"
#include "http/connection.hpp"
#include "http/connection_book.hpp"
#include "http/dispatcher.hpp"
#include "http/hosts.hpp"
#include "http/transport.hpp"
#include "http/wire.hpp"
#include "pipeline/log.hpp"

namespace td {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

/// One io thread and the connections on it. A connection never changes its thread, so nothing of
/// it needs a lock.
struct io_thread {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> stays{io.get_executor()};
  date_header date{};
  std::atomic<std::size_t> connections{};
  std::thread thread{};
};

class tcp_server final : public http_server {
 public:
  tcp_server(http_options options, http_api api, const http_parts& parts)
      : options_{std::move(options)}, dispatch_{options_, std::move(api), parts} {
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.threads, 1); ++i)
      threads_.push_back(std::make_unique<io_thread>());
    acceptor_.emplace(threads_.front()->io);
    accept_pause_.emplace(threads_.front()->io);
  }

  ~tcp_server() override { tcp_server::stop(); }

  result<void> load_tls() {
    if (options_.tls_certificate.empty()) return ok();
    auto loaded = tls_context::load(options_.tls_certificate, options_.tls_key);
    if (!loaded) return loaded.error();
    tls_ = *std::move(loaded);
    return ok();
  }

  error_code listen(const tcp::endpoint& at) {
    error_code e;
    acceptor_->open(at.protocol(), e);
    if (!e) acceptor_->set_option(tcp::acceptor::reuse_address(true), e);
    if (!e) acceptor_->bind(at, e);
    if (!e) acceptor_->listen(asio::socket_base::max_listen_connections, e);
    if (!e) port_ = acceptor_->local_endpoint(e).port();
    return e;
  }

  void start() {
    asio::co_spawn(threads_.front()->io, accept(), asio::detached);
    // Signals are for the main thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (auto& t : threads_) {
      t->thread = std::thread{[&io = t->io] {
        pthread_setname_np(pthread_self(), "http");
        io.run();
      }};
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    running_ = true;
  }

  std::uint16_t port() const noexcept override { return port_; }

  void stop() override {
    const std::lock_guard lock{stop_mutex_};
    if (!std::exchange(running_, false)) return;
    stopping_ = true;
    asio::post(threads_.front()->io, [this] {
      error_code ignored;
      acceptor_->close(ignored);
      accept_pause_->cancel();
    });
    for (const auto& c : book_.all())
      c->stop_soon();
    if (!book_.wait_empty(options_.limits.stop)) {
      for (const auto& c : book_.all())
        c->cut_soon();
      // A handler that still waits for something is left behind: its frame ends with its thread.
      book_.wait_empty(milliseconds{500});
    }
    for (auto& t : threads_)
      t->io.stop();
    for (auto& t : threads_)
      t->thread.join();
    book_.forget();
  }

 private:
  asio::awaitable<void> accept() {
    while (!stopping_) {
      auto& to = least_busy();
      auto [e, socket] = co_await acceptor_->async_accept(to.io, awaited);
      if (stopping_) co_return;
      if (e == asio::error::no_descriptors || e == asio::error::no_memory ||
          e == asio::error::no_buffer_space ||
          e == boost::system::errc::too_many_files_open_in_system) {
        co_await out_of_descriptors(e);
      } else if (!e) {
        admit(std::move(socket), to);
      }
    }
  }

  io_thread& least_busy() {
    auto* best = threads_.front().get();
    for (const auto& t : threads_) {
      if (t->connections < best->connections) best = t.get();
    }
    return *best;
  }

  /// The queue of the kernel keeps the clients meanwhile.
  asio::awaitable<void> out_of_descriptors(error_code e) {
    log_warning("http can't accept", {kv("reason", e.message()), kv("open", book_.open())});
    book_.drop_longest_waiting();
    accept_pause_->expires_after(milliseconds{100});
    co_await accept_pause_->async_wait(awaited);
  }

  void admit(tcp::socket socket, io_thread& to) {
    tune(socket);
    if (book_.open() >= options_.limits.connections && !book_.drop_longest_waiting()) {
      return refuse(socket);
    }
    error_code gone;
    const auto peer = socket.remote_endpoint(gone);
    if (gone) return;
    const asio::any_io_executor executor = socket.get_executor();
    auto bytes = tls_ ? tls_->wrap(std::move(socket)) : plain_transport(std::move(socket));
    const auto most_unread = std::max<std::size_t>(2 * options_.limits.header_bytes, 64u << 10);
    auto w = std::make_shared<wire>(std::move(bytes), executor, most_unread, book_);
    w->allow_stall(options_.limits.write);
    w->enter();
    ++to.connections;
    dispatch_.meters().connections.Increment();
    auto c = std::make_shared<connection>(served_by{options_.limits, dispatch_, stopping_}, w,
                                          peer.address().to_string(), to.date);
    asio::co_spawn(executor, c->run(), [this, c, w, &to](std::exception_ptr failed) {
      --to.connections;
      dispatch_.meters().connections.Decrement();
      if (failed) log_error("http connection failed");
      w->leave();
    });
  }

  /// Answers go out at once; a peer that is gone without a word is noticed by keepalive, or when it
  /// owes an acknowledgement.
  static void tune(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.set_option(asio::socket_base::keep_alive{true}, ignored);
  }

  /// One attempt to say why; there is no room to wait for this client. Over TLS there is no way to
  /// say it in time.
  void refuse(tcp::socket& socket) {
    error_code ignored;
    if (tls_) {
      socket.close(ignored);
      return;
    }
    const problem full{
        &problems::overloaded, "too many connections; try again", {}, {{"Retry-After", "1"}}, {}};
    http_answer answer = full;
    dispatch_.dress({}, answer);
    const auto text =
        response_head(answer, body_framing::length, false, threads_.front()->date.now()) +
        answer.body;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  const http_options options_;
  const dispatcher dispatch_;
  std::shared_ptr<tls_context> tls_;
  std::uint16_t port_{};
  std::mutex stop_mutex_;
  bool running_{};
  std::atomic<bool> stopping_{};
  connection_book book_;

  // Last: what their destructors destroy may still refer to all of the above.
  std::vector<std::unique_ptr<io_thread>> threads_;
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> accept_pause_;
};

failure explain(const http_options& options, error_code e) {
  const auto address = options.listen.find(':') == std::string::npos
                           ? fmt::format("{}:{}", options.listen, options.port)
                           : fmt::format("[{}]:{}", options.listen, options.port);
  constexpr std::string_view mend =
      "choose another with http.port in the file, TAYLORDASH_HTTP__PORT, or --set http.port=PORT "
      "(0: "
      "any free one)";
  std::string text;
  if (e == asio::error::address_in_use) {
    text =
        fmt::format("can't listen on {}: the port is taken by another process; {}", address, mend);
  } else if (e == asio::error::access_denied) {
    text = fmt::format("can't listen on {}: ports below 1024 need a privilege; {}", address, mend);
  } else {
    text = fmt::format(
        "can't listen on {}: {}; set http.listen to an address of this machine (127.0.0.1, "
        "0.0.0.0, "
        "::)",
        address, e.message());
  }
  return {errc::configuration_invalid, std::move(text), {}};
}

void warn_of_exposure(const http_options& options) {
  if (is_loopback(options.listen)) return;
  if (options.hosts.empty()) {
    log_warning("http answers to every host name, so a stranger's page may reach it from a browser",
                {kv("listen", options.listen), kv("mend", "http.hosts = [\"NAME\"]")});
  }
  if (options.tls_certificate.empty()) {
    log_warning("http is not encrypted: passwords and session cookies can be read on the way",
                {kv("listen", options.listen),
                 kv("mend", "set http.tls_certificate and http.tls_key, or put a proxy in front")});
  }
}

}  // namespace

result<std::unique_ptr<http_server>> start_http(http_options options, http_api api,
                                                http_parts parts) {
  api += api_documents(api);
  if (const auto faults = faults_of(api); !faults.empty()) {
    return failure{
        errc::internal, fmt::format("the route table has faults: {}", fmt::join(faults, "; ")), {}};
  }
  error_code e;
  const auto address = asio::ip::make_address(options.listen, e);
  if (e) return explain(options, e);
  const tcp::endpoint at{address, options.port};
  const auto shown = options;
  auto server = std::make_unique<tcp_server>(std::move(options), std::move(api), parts);
  if (const auto loaded = server->load_tls(); !loaded) return loaded.error();
  if (e = server->listen(at); e) return explain(shown, e);
  warn_of_exposure(shown);
  server->start();
  return std::unique_ptr<http_server>{std::move(server)};
}

}  // namespace td
