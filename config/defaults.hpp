#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The one place where a setting's facts stand: default, unit (the type), range, what it is and why
/// the default is what it is. settings.hpp takes its values from here, keys.cpp everything else;
/// messages, `--help`, the example file and the documentation follow from those.
namespace td::defaults {

using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// -- the shapes of a fact ---

/// Free text. `allowed` says in words what `fits` checks (null: any text without control
/// characters).
struct text {
  std::string_view value;
  std::string_view allowed;
  std::string_view what;
  std::string_view why;
  bool (*fits)(std::string_view) = nullptr;
};

/// Text that is never printed or logged, and refused on the command line.
struct secret {
  std::string_view value;
  std::string_view allowed;
  std::string_view what;
  std::string_view why;
  bool (*fits)(std::string_view) = nullptr;
};

/// The name of a file that must be readable at start; empty: none.
struct path {
  std::string_view value;
  std::string_view what;
  std::string_view why;
};

struct flag {
  bool value;
  std::string_view what;
  std::string_view why;
};

/// One of a closed set of words; unused places of `allowed` are empty.
struct choice {
  std::string_view value;
  std::array<std::string_view, 4> allowed;
  std::string_view what;
  std::string_view why;
};

/// An integer in [least, most].
template <class T>
struct number {
  T value;
  T least;
  T most;
  std::string_view unit;
  std::string_view what;
  std::string_view why;
};

/// A size in bytes in [least, most], written as an integer or with KiB, MiB, GiB.
struct bytes {
  std::size_t value;
  std::size_t least;
  std::size_t most;
  std::string_view what;
  std::string_view why;
};

/// A length of time in [least, most] and a multiple of `step`, written with ms, s, m, h or d.
template <class D>
struct duration {
  D value;
  D least;
  D most;
  D step;
  std::string_view what;
  std::string_view why;
};

/// A list of up to 64 different names, each of which `fits`; unused places of `value` are empty.
struct names {
  std::array<std::string_view, 8> value;
  std::string_view allowed;
  std::string_view what;
  std::string_view why;
  bool (*fits)(std::string_view);
  bool may_be_empty = false;

  std::vector<std::string> list() const {
    std::vector<std::string> result;
    for (auto name : value) {
      if (!name.empty()) result.emplace_back(name);
    }
    return result;
  }
};

// -- what `fits` may be; keys.cpp defines them ---
bool is_host(std::string_view text);           ///< not empty, no spaces
bool is_address(std::string_view text);        ///< an IPv4 or IPv6 address
bool is_origin(std::string_view text);         ///< RFC 6454: scheme, host, port; no path
bool is_share_group(std::string_view text);    ///< not empty, none of / + #
bool is_topic_filter(std::string_view text);   ///< MQTT 5 section 4.7, not a $share filter
bool is_topic_segment(std::string_view text);  ///< not empty, none of / + #
bool is_database_url(std::string_view text);   ///< empty, a postgresql:// URL, or key=value pairs

// -- the facts ---

namespace mqtt {
inline constexpr text host{.value = "127.0.0.1",
                           .allowed = "a host name or an IP address",
                           .what = "The broker to read events from.",
                           .why = "a broker beside the service is the simplest deployment",
                           .fits = is_host};
inline constexpr number<std::uint16_t> port{.value = 1883,
                                            .least = 1,
                                            .most = 65535,
                                            .unit = "TCP port",
                                            .what = "The broker's port.",
                                            .why = "IANA's port for MQTT; with TLS it is 8883"};
inline constexpr text username{.value = "",
                               .allowed = "any text; empty: no credentials",
                               .what = "Who the service is at the broker.",
                               .why = "a broker without accounts asks for none"};
inline constexpr secret password{
    .value = "",
    .allowed = "any text without control characters, from a file or the environment",
    .what = "The password that goes with username.",
    .why = "no password is built in"};
inline constexpr path password_file{
    .value = "",
    .what = "A file whose content is the password; instead of password.",
    .why = "a mounted secret stays out of this file and of the environment"};
inline constexpr flag tls{.value = false,
                          .what = "Whether to speak TLS with the broker.",
                          .why = "the default broker is on the same machine"};
inline constexpr path ca_file{
    .value = "",
    .what = "PEM: the authorities that may sign the broker's certificate.",
    .why = "empty means the system's own store"};
inline constexpr path certificate_file{.value = "",
                                       .what = "PEM: the service's client certificate.",
                                       .why = "most brokers ask for a password instead"};
inline constexpr path key_file{.value = "",
                               .what = "PEM: the private key of certificate_file.",
                               .why = "it comes with the certificate, or not at all"};
inline constexpr duration<seconds> keepalive{
    .value = 60s,
    .least = 10s,
    .most = 1h,
    .step = 1s,
    .what = "How often an idle connection is proved alive.",
    .why =
        "the broker notices a dead peer after one and a half of it; most gateways keep idle "
        "connections for longer than a minute"};
inline constexpr duration<milliseconds> connect_timeout{
    .value = 5s,
    .least = 100ms,
    .most = 5min,
    .step = 1ms,
    .what = "How long one attempt to connect and subscribe may take.",
    .why = "covers TLS over a slow link and one lost SYN"};
inline constexpr text group{.value = "taylordash",
                            .allowed = "text without / + #",
                            .what =
                                "The share of $share/GROUP/FILTER. Services with the same group "
                                "divide the events among them.",
                            .why = "one deployment per broker is the usual case",
                            .fits = is_share_group};
inline constexpr text filter{
    .value = "tracker/events/#",
    .allowed = "an MQTT topic filter: # only at the end, + and # alone between slashes",
    .what = "Which topics are subscribed to.",
    .why = "all events; see events.families for what is accepted of them",
    .fits = is_topic_filter};
}  // namespace mqtt

namespace database {
inline constexpr secret url{
    .value = "",
    .allowed = "postgresql://USER@HOST:PORT/DATABASE or \"host=... dbname=...\" (libpq)",
    .what = "Where events are stored. With a password in it, from a file or the environment only.",
    .why = "there is no safe guess; serve and migrate need it",
    .fits = is_database_url};
inline constexpr path url_file{
    .value = "",
    .what = "A file whose content is the URL; instead of url.",
    .why = "a mounted secret stays out of this file and of the environment"};
inline constexpr number<std::size_t> connections{
    .value = 2,
    .least = 1,
    .most = 64,
    .unit = "connections",
    .what = "How many batches may be written at the same time, one connection each.",
    .why = "one per default lane; only a transaction's last statement waits for the others"};
inline constexpr duration<milliseconds> connect_timeout{
    .value = 5s,
    .least = 100ms,
    .most = 5min,
    .step = 1ms,
    .what = "How long one attempt to connect may take.",
    .why = "covers TLS over a slow link and one lost SYN"};
inline constexpr duration<milliseconds> statement_timeout{
    .value = 30s,
    .least = 1s,
    .most = 10min,
    .step = 1ms,
    .what = "How long one statement may take before it is given up.",
    .why = "a full batch takes under 0.2 s; 30 s outlives a checkpoint on a slow disk"};
inline constexpr duration<milliseconds> start_timeout{
    .value = 30s,
    .least = 0ms,
    .most = 1h,
    .step = 1ms,
    .what = "How long the start waits for a database that is away; 0: not at all.",
    .why = "after a reboot the service may come up before its database has recovered"};
}  // namespace database

namespace ingest {
inline constexpr number<std::size_t> lanes{
    .value = 2,
    .least = 1,
    .most = 64,
    .unit = "lanes",
    .what = "How many connections to the broker this service reads through.",
    .why = "one reads while the other's batch is being committed"};
inline constexpr flag ordered{.value = false,
                              .what = "Keep the broker's order: one lane for the whole deployment.",
                              .why = "order costs parallelism; needs lanes = 1"};
inline constexpr number<std::size_t> batch_events{
    .value = 4000,
    .least = 1,
    .most = 65535,
    .unit = "events",
    .what = "A batch is full at this many events.",
    .why = "COPY gains little from more, and it is what a crash makes the broker send again"};
inline constexpr bytes batch_bytes{
    .value = 4u << 20,
    .least = 64u << 10,
    .most = 256u << 20,
    .what = "A batch is full at this many bytes of topics and bodies.",
    .why = "bounds memory: about three times this per lane"};
inline constexpr number<std::uint16_t> receive_maximum{
    .value = 8000,
    .least = 1,
    .most = 65535,
    .unit = "messages",
    .what = "How many unacknowledged messages the broker may have on the way to one lane.",
    .why = "two full batches: the next one is here when the last one is committed"};
inline constexpr duration<milliseconds> verdict_timeout{
    .value = 20s,
    .least = 1s,
    .most = 10min,
    .step = 1ms,
    .what = "How long a lane waits for its batch to be committed before it gives it back.",
    .why = "must end before the keepalive does, because a waiting lane is silent"};
inline constexpr duration<milliseconds> stall_after{
    .value = 30s,
    .least = 2s,
    .most = 1h,
    .step = 1ms,
    .what = "How long events may stay unacknowledged without any progress before it is an alarm.",
    .why = "longer than verdict_timeout: that a batch is given back once is ordinary"};
inline constexpr number<std::size_t> validators{
    .value = 2,
    .least = 1,
    .most = 64,
    .unit = "validators",
    .what = "How many batches may be validated at the same time.",
    .why = "one per default lane"};
}  // namespace ingest

namespace events {
inline constexpr names families{
    .value = {"projects", "components", "tasks", "auth", "plugins"},
    .allowed = "names without / + #, each once",
    .what = "Which FAMILY of tracker/events/FAMILY/VERB is accepted; others are dead-lettered.",
    .why = "the five families of the product",
    .fits = is_topic_segment};
inline constexpr bytes max_topic_bytes{
    .value = 512,
    .least = 32,
    .most = 65535,
    .what = "The longest accepted topic.",
    .why = "longer ones are mistakes, and each row carries its own"};
inline constexpr bytes max_body_bytes{.value = 1u << 20,
                                      .least = 1u << 10,
                                      .most = 64u << 20,
                                      .what = "The largest accepted message body.",
                                      .why = "events are small; files belong elsewhere"};
inline constexpr number<std::size_t> max_depth{
    .value = 64,
    .least = 4,
    .most = 512,
    .unit = "levels",
    .what = "How deep objects and arrays may nest.",
    .why = "far beyond honest data, far below any stack"};
inline constexpr bytes max_string_bytes{.value = 256u << 10,
                                        .least = 256,
                                        .most = 64u << 20,
                                        .what = "The longest accepted JSON string.",
                                        .why = "a description fits, an embedded file does not"};
inline constexpr bytes max_source_bytes{.value = 200,
                                        .least = 16,
                                        .most = 200,
                                        .what = "The longest accepted name of a producer (source).",
                                        .why = "as the envelope promises"};
inline constexpr duration<seconds> allowed_skew{
    .value = 5min,
    .least = 0s,
    .most = 24h,
    .step = 1s,
    .what = "How far a producer's clock may be ahead of ours.",
    .why = "synchronised clocks differ by less, unsynchronised ones by more"};
}  // namespace events

namespace schemas {
inline constexpr choice unknown_kinds{
    .value = "open",
    .allowed = {"open", "strict"},
    .what =
        "Events of kinds without an active schema: open lets them pass, strict dead-letters them.",
    .why = "a new kind of event is stored before anybody has written its schema"};
}  // namespace schemas

namespace retention {
inline constexpr duration<hours> events{
    .value = 24h * 30,
    .least = 24h,
    .most = 24h * 3650,
    .step = 24h,
    .what = "How long events are kept; older ones are also refused at the entrance.",
    .why = "a month of history, dropped by whole days"};
inline constexpr duration<hours> dead_letters{
    .value = 24h * 90,
    .least = 24h,
    .most = 24h * 3650,
    .step = 24h,
    .what = "How long dead letters are kept after their last failure.",
    .why = "someone has to find the time to look at them"};
inline constexpr number<std::size_t> days_ahead{
    .value = 3,
    .least = 2,
    .most = 30,
    .unit = "days",
    .what = "How many days' partitions are made in advance.",
    .why = "ingest survives a weekend without maintenance, and a clock ahead of ours"};
}  // namespace retention

namespace outbox {
inline constexpr number<std::size_t> window{
    .value = 100,
    .least = 1,
    .most = 5000,
    .unit = "messages",
    .what = "How many of TaylorDash's own events may be on the way to the broker at a time.",
    .why = "thousands a second, and the client library's cost per message grows with it"};
inline constexpr duration<milliseconds> confirm_within{
    .value = 60s,
    .least = 1s,
    .most = 24h,
    .step = 1ms,
    .what = "An own event that is not stored so long after its PUBACK is published again.",
    .why = "longer than a restart of the broker or the database; doubles with each further time"};
inline constexpr duration<hours> keep{.value = 72h,
                                      .least = 1h,
                                      .most = 24h * 365,
                                      .step = 1h,
                                      .what = "How long the outbox keeps what it has seen stored.",
                                      .why = "long enough to look into a weekend on Monday"};
}  // namespace outbox
namespace identity {
inline constexpr path secret_file{
    .value = "",
    .what =
        "The deployment's secret, from which all keys of sign-in and audit are derived; made at "
        "the first start. Empty: nobody can sign in.",
    .why = "it has to lie outside the database, the same on every node, and in your backup"};
inline constexpr duration<seconds> access_lifetime{
    .value = 5min,
    .least = 1min,
    .most = 1h,
    .step = 1s,
    .what = "How long an access token lives.",
    .why =
        "short enough for services that can't ask us whether it was revoked; here it ends at "
        "once"};
inline constexpr duration<hours> session_idle{
    .value = 24h * 14,
    .least = 1h,
    .most = 24h * 365,
    .step = 1h,
    .what = "How long a session lives without being refreshed.",
    .why = "survives a holiday"};
inline constexpr duration<hours> session_lifetime{
    .value = 24h * 90,
    .least = 1h,
    .most = 24h * 3650,
    .step = 1h,
    .what = "How long a session lives at the most; then the password is asked for again.",
    .why = "a stolen session ends some day"};
inline constexpr number<std::size_t> hash_workers{
    .value = 2,
    .least = 1,
    .most = 64,
    .unit = "threads",
    .what = "How many passwords are checked at the same time.",
    .why = "each takes 19 MiB and 22 ms of a core: some 90 logins a second"};
inline constexpr number<std::size_t> hash_queue{
    .value = 64,
    .least = 1,
    .most = 10000,
    .unit = "logins",
    .what = "How many more logins may wait for that; others are refused at once.",
    .why = "none of them waits for longer than a second"};
}  // namespace identity

namespace http {
inline constexpr text listen{
    .value = "127.0.0.1",
    .allowed = "an IPv4 or IPv6 address, for example 127.0.0.1, 0.0.0.0, ::",
    .what = "The address that health, metrics and status are served on.",
    .why = "nothing is open to the network unless someone says so",
    .fits = is_address};
inline constexpr number<std::uint16_t> port{.value = 8080,
                                            .least = 0,
                                            .most = 65535,
                                            .unit = "TCP port",
                                            .what = "Its port; 0 takes any free one and logs it.",
                                            .why = "needs no privileges"};
inline constexpr number<std::size_t> threads{
    .value = 2,
    .least = 1,
    .most = 64,
    .unit = "threads",
    .what = "How many threads read requests and write answers.",
    .why = "they never block, so few are enough; the cores are the pipeline's"};
inline constexpr names hosts{
    .value = {},
    .allowed =
        "names with or without :PORT, as clients write them: \"dash.example.org\", \"[::1]\"",
    .what =
        "The names (header Host) that are answered to; others are refused. Empty: localhost and "
        "the "
        "listening address on a loopback address, every name elsewhere.",
    .why = "a stranger's page whose name leads here must not reach the API (DNS rebinding)",
    .fits = is_host,
    .may_be_empty = true};
inline constexpr names cors_origins{
    .value = {},
    .allowed = "origins: http:// or https://, a host, a port where it is not the usual one",
    .what = "Pages of these origins may use the API from a browser.",
    .why = "the dashboard is served from here and needs none",
    .fits = is_origin,
    .may_be_empty = true};
inline constexpr path tls_certificate{
    .value = "",
    .what = "PEM: the certificate chain to serve HTTPS with; with tls_key.",
    .why = "on a loopback address there is nobody to hide from"};
inline constexpr path tls_key{.value = "",
                              .what = "PEM: the private key of tls_certificate.",
                              .why = "it comes with the certificate, or not at all"};
inline constexpr number<std::size_t> connections{
    .value = 2048,
    .least = 16,
    .most = 100'000,
    .unit = "connections",
    .what = "How many clients may be connected; one more takes the place of an idle one.",
    .why = "a thousand that keep theirs, and hundreds of streams"};
inline constexpr number<std::size_t> reads_per_second{
    .value = 200,
    .least = 0,
    .most = 1'000'000,
    .unit = "requests per second",
    .what = "How much one principal (or address) may read; 0: no limit. 429 beyond.",
    .why = "ten busy dashboards; a runaway script leaves room for others"};
inline constexpr number<std::size_t> writes_per_second{
    .value = 100,
    .least = 0,
    .most = 1'000'000,
    .unit = "requests per second",
    .what = "How much one principal (or address) may write; 0: no limit. 429 beyond.",
    .why = "an import by script; bulk routes are for more"};
inline constexpr number<std::size_t> database_connections{
    .value = 4,
    .least = 1,
    .most = 64,
    .unit = "connections",
    .what = "How many requests may use the database at the same time.",
    .why = "thousands of short reads per second, and ingest keeps its own"};
inline constexpr number<std::size_t> database_queue{
    .value = 256,
    .least = 1,
    .most = 65'536,
    .unit = "requests",
    .what = "How many more may wait for one of them; 503 busy beyond.",
    .why = "a burst waits some milliseconds, a flood is told at once"};
inline constexpr duration<milliseconds> database_timeout{
    .value = 5s,
    .least = 100ms,
    .most = 5min,
    .step = 1ms,
    .what = "How long one statement of a request may take.",
    .why = "people wait for the answer; what takes longer is not for a request"};
}  // namespace http

namespace log {
inline constexpr choice level{.value = "info",
                              .allowed = {"debug", "info", "warning", "error"},
                              .what = "The least important lines that are written.",
                              .why = "silent in the steady state, one line per change"};
inline constexpr choice format{
    .value = "auto",
    .allowed = {"auto", "text", "json", ""},
    .what = "How lines are written; auto: text on a terminal, else json.",
    .why = "people read terminals, programs read the rest"};
}  // namespace log

namespace shutdown {
inline constexpr duration<milliseconds> grace{
    .value = 5s,
    .least = 1s,
    .most = 10min,
    .step = 1ms,
    .what = "How long the ordered stop may take; then the watchdog ends the process.",
    .why = "below the 10 s after which container runtimes kill"};
}  // namespace shutdown

}  // namespace td::defaults
