#include "mqtt/wire_connection.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "mqtt/reason.hpp"
#include "pipeline/text.hpp"

namespace td {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

// Bytes at the front of a queue that is not empty.
constexpr std::size_t most_sent_kept = 256u << 10;
constexpr std::size_t packet_ids = 65536;
constexpr int reads_for_a_reason = 64;

}  // namespace

wire_connection::wire_connection(broker_options broker, connect_terms terms, receiver& to)
    : broker_(std::move(broker)), terms_(std::move(terms)), receiver_(to), asked_(packet_ids) {}

void wire_connection::close() noexcept {
  stream_.close();
  reader_.clear();
  out_.clear();
  owed_.clear();
  written_ = uncommitted_ = 0;
}

// -- reading ---

result<bool> wire_connection::read_some() {
  auto handed_out = hand_out();
  if (!handed_out || *handed_out) return handed_out;
  const auto room = reader_.room();
  const auto got = stream_.read(room.data(), room.size());
  if (!got) return gone(got.error().detail);
  if (*got == 0) return false;
  reader_.filled(*got);
  heard_at_ = clock::now();
  read_at_ = now();
  handed_out = hand_out();
  if (!handed_out) return handed_out;
  return true;
}

result<bool> wire_connection::hand_out() {
  bool any = false;
  try {
    for (;;) {
      const auto front = reader_.next();
      if (front.trouble) return broke_the_standard(*front.trouble);
      if (!front.whole) return any;
      any = true;
      const wire::packet& p = *front.whole;
      if (p.type == wire::packet_type::publish && has_connack_) {
        const auto m = wire::read_publish(p);
        if (!m) return broke_the_standard(m.error());
        if (!deliver(*m)) return true;
        continue;
      }
      if (auto r = take(p); !r) return r.error();
      if (p.type == wire::packet_type::suback || p.type == wire::packet_type::unsuback) return true;
    }
  } catch (...) {
    close();
    throw;
  }
}

bool wire_connection::deliver(const wire::publish& m) {
  ++uncommitted_;
  if (m.packet_id != 0) wire::append_puback(owed_, m.packet_id);
  return receiver_.on_message(m, read_at_);
}

result<void> wire_connection::take(const wire::packet& p) {
  using type = wire::packet_type;
  if (!has_connack_ && p.type != type::connack && p.type != type::disconnect)
    return broke_the_standard({wire::reason::protocol_error, "something else before CONNACK"});
  switch (p.type) {
    case type::connack:
      return take_connack(p);
    case type::suback:
    case type::unsuback:
      return take_codes(p);
    case type::puback:
    case type::pubrec:
      return take_acknowledgement(p);
    case type::pingresp:
      if (!p.rest.empty())
        return broke_the_standard({wire::reason::malformed_packet, "a PINGRESP with content"});
      pinged_at_.reset();
      return ok();
    case type::disconnect:
      return disconnected(p);
    default:
      return broke_the_standard(
          {wire::reason::protocol_error, "a packet that answers nothing of ours"});
  }
}

result<void> wire_connection::take_codes(const wire::packet& p) {
  const auto c = wire::read_codes(p);
  if (!c) return broke_the_standard(c.error());
  const bool subscribed = p.type == wire::packet_type::suback;
  const auto what = subscribed ? question::subscribe : question::unsubscribe;
  if (auto r = answered(c->packet_id, what); !r) return r;
  if (c->each.size() != 1)
    return broke_the_standard({wire::reason::protocol_error, "codes for filters never asked for"});
  const auto code = static_cast<std::uint8_t>(c->each.front());
  if (subscribed) {
    receiver_.on_subscribed(c->packet_id, code);
  } else {
    receiver_.on_unsubscribed(c->packet_id, code);
  }
  return ok();
}

result<void> wire_connection::take_acknowledgement(const wire::packet& p) {
  const auto a = wire::read_acknowledgement(p);
  if (!a) return broke_the_standard(a.error());
  const bool received = p.type == wire::packet_type::pubrec;
  const auto what = received ? question::publish_twice : question::publish;
  if (received && a->reason < wire::reason::first_failure) {
    if (asked_[a->packet_id] == what) receiver_.on_received(a->packet_id);
    return ok();
  }
  if (auto r = answered(a->packet_id, what); !r) return r;
  receiver_.on_published(a->packet_id, a->reason);
  return ok();
}

result<void> wire_connection::answered(std::uint16_t packet_id, question what) {
  if (asked_[packet_id] != what) {
    return broke_the_standard(
        {wire::reason::protocol_error, "an acknowledgement of what was never sent"});
  }
  asked_[packet_id] = question::none;
  return ok();
}

// -- writing ---

void wire_connection::committed() {
  out_ += owed_;
  owed_.clear();
  uncommitted_ = 0;
}

result<void> wire_connection::flush(milliseconds patience) {
  if (uncommitted_ != 0) {
    throw std::logic_error("flush with uncommitted messages: a lane is silent until they are");
  }
  const auto begin = clock::now();
  while (want_write()) {
    if (auto r = write_queue(); !r) return r;
    if (!want_write() || patience == milliseconds{0}) break;
    const auto until = std::max(begin, written_at_) + patience;
    if (left_until(until).count() == 0 || !stream_.wait_until(until, true, terms_.give_up)) {
      close();
      return away("the broker takes no bytes");
    }
  }
  return ok();
}

/// As much as the socket takes: a burst's PUBACKs are one piece and one system call.
result<void> wire_connection::write_queue() {
  while (want_write()) {
    const auto put = stream_.write(out_.data() + written_, out_.size() - written_);
    if (!put) return write_failed(put.error().detail);
    if (*put == 0) break;
    written_ += *put;
    sent_ += *put;
    written_at_ = clock::now();
  }
  if (!want_write()) {
    out_.clear();
    written_ = 0;
  } else if (written_ >= most_sent_kept) {
    out_.erase(0, written_);
    written_ = 0;
  }
  return ok();
}

result<void> wire_connection::keep_alive(milliseconds patience) {
  const auto at = clock::now();
  if (pinged_at_) {
    // While the PINGREQ waits behind a large message that still moves, no answer can be missing.
    const bool on_its_way = taken_ < ping_ends_;
    const auto moved = taken_at();
    if (on_its_way) pinged_at_ = std::max(*pinged_at_, moved);
    if (at - std::max(*pinged_at_, heard_at_) >= keepalive_)
      return gone("no PINGRESP within the keepalive");
  } else if (ping_due(at) || at - heard_at_ >= keepalive_) {
    queue_ping(at);
  }
  return flush(patience);
}

result<void> wire_connection::stay_alive(milliseconds patience) {
  const auto at = clock::now();
  if (!ping_due(at)) return ok();
  queue_ping(at);
  return flush(patience);
}

/// Early enough that the next look still comes in time for the broker.
bool wire_connection::ping_due(clock::time_point at) const noexcept {
  return at - written_at_ >= milliseconds{keepalive_} * 3 / 4;
}

void wire_connection::queue_ping(clock::time_point at) {
  out_ += wire::pingreq;
  if (pinged_at_) return;
  pinged_at_ = at;
  ping_ends_ = sent_ + (out_.size() - written_);
}

wire_connection::clock::time_point wire_connection::taken_at() noexcept {
  const std::uint64_t waiting = stream_.unconfirmed();
  // What TLS adds is counted as waiting: that says too little until all is confirmed.
  const auto taken = sent_ - std::min(sent_, waiting);
  if (taken > taken_) {
    taken_ = taken;
    taken_at_ = clock::now();
  }
  return taken_at_;
}

milliseconds wire_connection::keep_alive_interval() const noexcept {
  return std::max(milliseconds{100}, duration_cast<milliseconds>(keepalive_) / 5);
}

// -- queueing ---

std::uint16_t wire_connection::new_packet_id(question what) {
  do {
    packet_id_ = packet_id_ == packet_ids - 1 ? 1 : static_cast<std::uint16_t>(packet_id_ + 1);
  } while (asked_[packet_id_] != question::none);
  asked_[packet_id_] = what;
  return packet_id_;
}

result<std::uint16_t> wire_connection::queue_subscribe(std::string_view filter, bool retained) {
  if (!wire::is_topic_filter(filter)) {
    return failure{errc::broker_refused,
                   fmt::format("'{}' is no topic filter", printable(filter, 200))};
  }
  const auto id = new_packet_id(question::subscribe);
  wire::append_subscribe(out_, id, filter, retained);
  return id;
}

std::uint16_t wire_connection::queue_unsubscribe(std::string_view filter) {
  const auto id = new_packet_id(question::unsubscribe);
  wire::append_unsubscribe(out_, id, filter);
  return id;
}

result<std::uint16_t> wire_connection::queue_publish(std::string_view topic, std::string_view body,
                                                     bool retain, std::uint8_t qos) {
  if (!wire::is_topic_name(topic)) {
    return failure{errc::topic_not_allowed,
                   fmt::format("'{}' is no topic to publish to", printable(topic, 200))};
  }
  const auto most = std::min<std::size_t>(
      terms_of_broker().maximum_packet_size.value_or(wire::longest_packet), wire::longest_packet);
  if (wire::publish_size(topic, body) > most) {
    return failure{errc::body_too_large,
                   fmt::format("{} bytes are more than the broker takes", body.size())};
  }
  if (qos > terms_of_broker().maximum_qos) {
    return failure{errc::broker_refused,
                   fmt::format("the broker takes no messages of QoS {}", qos)};
  }
  if (retain && !terms_of_broker().retain_available)
    return failure{errc::broker_refused, "the broker retains no messages"};
  const auto id = new_packet_id(qos == 2 ? question::publish_twice : question::publish);
  wire::append_publish(out_, {topic, body, id, qos, retain});
  return id;
}

// -- the end ---

result<void> wire_connection::disconnect(bool end_session, milliseconds patience) {
  if (uncommitted_ != 0) throw std::logic_error("disconnect with uncommitted messages");
  wire::append_disconnect(out_, wire::reason::success, end_session);
  const auto until = clock::now() + patience;
  auto sent = flush(patience);
  const bool closed = sent && stream_.finish(left_until(until));
  close();
  if (!sent) return sent;
  if (!closed) return away("the broker did not answer DISCONNECT by closing");
  return ok();
}

failure wire_connection::away(std::string_view what) const {
  return {errc::broker_away, fmt::format("mqtt{}://{}:{}: {}", broker_.tls ? "s" : "", broker_.host,
                                         broker_.port, what)};
}

/// What ended the connection, and with TLS why: OpenSSL's words for it are no help.
failure wire_connection::gone(std::string_view what) {
  const bool known = tls_ && !tls_->trouble().empty();
  failure f = away(known ? tls_->trouble() : what);
  if (tls_ && !known && !has_connack_) {
    // With TLS 1.3 a broker that wants a certificate says so after the handshake, and the reset
    // that follows may overtake the alert.
    f.detail += fmt::format(" (before CONNACK; {})", tls_->own());
  }
  close();
  return f;
}

/// Why may stand in what was not read yet: a DISCONNECT, or an alert of TLS.
failure wire_connection::write_failed(std::string_view what) {
  for (int reads = 0; reads < reads_for_a_reason; ++reads) {
    auto front = reader_.next();
    for (; front.whole; front = reader_.next()) {
      if (front.whole->type == wire::packet_type::disconnect) return disconnected(*front.whole);
    }
    if (front.trouble) break;
    const auto room = reader_.room();
    const auto got = stream_.read(room.data(), room.size());
    if (!got || *got == 0) break;
    reader_.filled(*got);
  }
  return gone(what);
}

failure wire_connection::disconnected(const wire::packet& p) {
  const auto said = wire::read_disconnect(p);
  if (!said) return broke_the_standard(said.error());
  const std::string own_words =
      said->text.empty() ? std::string{} : fmt::format(", '{}'", printable(said->text, 200));
  failure f = away(fmt::format("the broker disconnected client '{}': {}{}", terms_.client_id,
                               mqtt_reason(said->reason), own_words));
  close();
  return f;
}

/// Says so to the broker, if that can be done at once and stands alone, and acknowledges nothing.
failure wire_connection::broke_the_standard(const wire::fault& f) {
  if (!want_write() && has_connack_) {
    std::string last;
    wire::append_disconnect(last, f.reason, false);
    (void)stream_.write(last.data(), last.size());
  }
  return gone(fmt::format("the broker sent {} ({})", f.what, mqtt_reason(f.reason)));
}

}  // namespace td
