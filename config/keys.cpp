#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include <fmt/format.h>

#include "config/assign.hpp"
#include "config/units.hpp"

namespace td {
namespace {

std::string environment_name(std::string_view key) {
  std::string name{"TAYLORDASH_"};
  for (char c : key) {
    if (c == '.') {
      name += "__";
    } else {
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return name;
}

template <class Fact>
setting_key about(std::string_view name, key_kind kind, std::string type, std::string allowed,
                  const Fact& fact) {
  setting_key key;
  key.name = name;
  key.environment = environment_name(name);
  key.kind = kind;
  key.type = std::move(type);
  key.allowed = std::move(allowed);
  key.what = fact.what;
  key.why = fact.why;
  return key;
}

/// Joins a key's row with the member it sets: `member` maps `settings` (const or not) to it.
template <class Member, class Print, class Assign>
setting_key bound(setting_key key, Member member, Print print, Assign assign) {
  key.print = [member, print](const settings& s) { return print(member(s)); };
  key.assign = [member, assign](settings& s, const raw_value& raw) -> std::optional<std::string> {
    auto read = assign(raw);
    if (!read.value) return std::move(read.problem);
    using target = std::remove_reference_t<decltype(member(s))>;
    member(s) = static_cast<target>(*std::move(read.value));
    return std::nullopt;
  };
  return key;
}

template <class Member>
setting_key row(std::string_view name, const defaults::text& fact, Member member) {
  return bound(
      about(name, key_kind::text, "text", std::string{fact.allowed}, fact), member,
      [](const std::string& v) { return toml_string(v); },
      [&fact](const raw_value& raw) {
        return config::read_text(raw, {fact.allowed, fact.fits, false});
      });
}

template <class Member>
setting_key row(std::string_view name, const defaults::secret& fact, Member member) {
  return bound(
      about(name, key_kind::secret, "text, secret", std::string{fact.allowed}, fact), member,
      [](const std::string& v) { return toml_string(v); },
      [&fact](const raw_value& raw) {
        return config::read_text(raw, {fact.allowed, fact.fits, true});
      });
}

template <class Member>
setting_key row(std::string_view name, const defaults::path& fact, Member member) {
  constexpr std::string_view allowed = "the name of a readable file; empty: none";
  return bound(
      about(name, key_kind::path, "file name", std::string{allowed}, fact), member,
      [](const std::string& v) { return toml_string(v); },
      [allowed](const raw_value& raw) {
        return config::read_text(raw, {allowed, nullptr, false});
      });
}

template <class Member>
setting_key row(std::string_view name, const defaults::flag& fact, Member member) {
  return bound(
      about(name, key_kind::flag, "boolean", "true or false", fact), member,
      [](bool v) { return std::string{v ? "true" : "false"}; }, config::read_flag);
}

template <class Member>
setting_key row(std::string_view name, const defaults::choice& fact, Member member) {
  std::string allowed;
  for (auto word : fact.allowed) {
    if (!word.empty()) allowed += (allowed.empty() ? "" : ", ") + std::string{word};
  }
  return bound(
      about(name, key_kind::choice, "one word", allowed, fact), member,
      [](const std::string& v) { return toml_string(v); },
      [&fact, allowed](const raw_value& raw) {
        return config::read_choice(raw, fact.allowed, allowed);
      });
}

template <class T, class Member>
setting_key row(std::string_view name, const defaults::number<T>& fact, Member member) {
  auto key = about(name, key_kind::integer, fmt::format("integer ({})", fact.unit),
                   fmt::format("{} to {}", fact.least, fact.most), fact);
  key.range = {static_cast<std::int64_t>(fact.least), static_cast<std::int64_t>(fact.most), 1};
  return bound(
      key, member, [](T v) { return std::to_string(v); },
      [range = key.range, allowed = key.allowed](const raw_value& raw) {
        return config::read_integer(raw, range, allowed);
      });
}

template <class Member>
setting_key row(std::string_view name, const defaults::bytes& fact, Member member) {
  const key_range range{static_cast<std::int64_t>(fact.least), static_cast<std::int64_t>(fact.most),
                        1};
  auto key = about(name, key_kind::size, "size",
                   fmt::format("{} to {}, as bytes or with KiB, MiB, GiB", format_size(range.least),
                               format_size(range.most)),
                   fact);
  key.range = range;
  return bound(
      key, member,
      [](std::size_t v) {
        const auto text = format_size(static_cast<std::int64_t>(v));
        return text.back() == 'B' ? toml_string(text) : text;
      },
      [range, allowed = key.allowed](const raw_value& raw) {
        return config::read_size(raw, range, allowed);
      });
}

template <class D, class Member>
setting_key row(std::string_view name, const defaults::duration<D>& fact, Member member) {
  using ms = std::chrono::milliseconds;
  const key_range range{ms{fact.least}.count(), ms{fact.most}.count(), ms{fact.step}.count()};
  std::string whole = range.step == 1      ? ""
                      : range.step == 1000 ? " in whole seconds"
                                           : " in steps of " + format_duration(fact.step);
  auto key = about(
      name, key_kind::duration, "duration",
      fmt::format("{} to {}{}", format_duration(fact.least), format_duration(fact.most), whole),
      fact);
  key.range = range;
  return bound(
      key, member, [](D v) { return toml_string(format_duration(v)); },
      [range, allowed = key.allowed](const raw_value& raw) {
        auto read = config::read_duration(raw, range, allowed);
        return config::reading<D>{read.value ? std::optional{std::chrono::duration_cast<D>(
                                                   std::chrono::milliseconds{*read.value})}
                                             : std::nullopt,
                                  std::move(read.problem)};
      });
}

template <class Member>
setting_key row(std::string_view name, const defaults::names& fact, Member member) {
  return bound(
      about(name, key_kind::names, "list of names", std::string{fact.allowed}, fact), member,
      [](const std::vector<std::string>& v) {
        std::string text;
        for (const auto& one : v)
          text += (text.empty() ? "" : ", ") + toml_string(one);
        return "[" + text + "]";
      },
      [&fact](const raw_value& raw) {
        return config::read_names(raw, fact.allowed, fact.fits, fact.may_be_empty);
      });
}

/// The table. A new setting is a fact in defaults.hpp, a member in settings.hpp and a row here.
std::vector<setting_key> make_keys() {
// One name for the key, the fact and the member, so that they cannot be crossed.
#define ROW(table, member)                         \
  row(                                             \
      #table "." #member, defaults::table::member, \
      [](auto& s) -> auto& { return s.table.member; })
  return {
      ROW(mqtt, host),
      ROW(mqtt, port),
      ROW(mqtt, username),
      ROW(mqtt, password),
      ROW(mqtt, password_file),
      ROW(mqtt, tls),
      ROW(mqtt, ca_file),
      ROW(mqtt, certificate_file),
      ROW(mqtt, key_file),
      ROW(mqtt, keepalive),
      ROW(mqtt, connect_timeout),
      ROW(mqtt, group),
      ROW(mqtt, filter),
      ROW(database, url),
      ROW(database, url_file),
      ROW(database, connections),
      ROW(database, connect_timeout),
      ROW(database, statement_timeout),
      ROW(database, start_timeout),
      ROW(ingest, lanes),
      ROW(ingest, ordered),
      ROW(ingest, batch_events),
      ROW(ingest, batch_bytes),
      ROW(ingest, receive_maximum),
      ROW(ingest, verdict_timeout),
      ROW(ingest, stall_after),
      ROW(ingest, validators),
      ROW(events, families),
      ROW(events, max_topic_bytes),
      ROW(events, max_body_bytes),
      ROW(events, max_depth),
      ROW(events, max_string_bytes),
      ROW(events, max_source_bytes),
      ROW(events, allowed_skew),
      ROW(schemas, unknown_kinds),
      ROW(retention, events),
      ROW(retention, dead_letters),
      ROW(retention, days_ahead),
      ROW(outbox, window),
      ROW(outbox, confirm_within),
      ROW(outbox, keep),
      ROW(identity, secret_file),
      ROW(identity, access_lifetime),
      ROW(identity, session_idle),
      ROW(identity, session_lifetime),
      ROW(identity, hash_workers),
      ROW(identity, hash_queue),
      ROW(http, listen),
      ROW(http, port),
      ROW(http, threads),
      ROW(http, hosts),
      ROW(http, cors_origins),
      ROW(http, tls_certificate),
      ROW(http, tls_key),
      ROW(http, connections),
      ROW(http, reads_per_second),
      ROW(http, writes_per_second),
      ROW(http, database_connections),
      ROW(http, database_queue),
      ROW(http, database_timeout),
      ROW(log, level),
      ROW(log, format),
      ROW(shutdown, grace),
  };
#undef ROW
}

}  // namespace

std::span<const setting_key> setting_keys() {
  static const std::vector<setting_key> keys = make_keys();
  return keys;
}

const setting_key* find_key(std::string_view name) {
  const auto keys = setting_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [name](const setting_key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

const setting_key* find_key_of_environment(std::string_view variable) {
  const auto keys = setting_keys();
  const auto found = std::find_if(keys.begin(), keys.end(), [variable](const setting_key& key) {
    return key.environment == variable;
  });
  return found == keys.end() ? nullptr : &*found;
}

std::string toml_string(std::string_view text) {
  std::string out{"\""};
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace td
