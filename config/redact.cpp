#include "config/redact.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace td {
namespace {

using std::string;
using std::string_view;

constexpr auto npos = string_view::npos;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Connection parameters of libpq 15 and 16 without a secret in them (manual, section 34.1.2).
constexpr std::array<string_view, 42> harmless{"application_name",
                                               "channel_binding",
                                               "client_encoding",
                                               "connect_timeout",
                                               "dbname",
                                               "fallback_application_name",
                                               "gssdelegation",
                                               "gssencmode",
                                               "gsslib",
                                               "host",
                                               "hostaddr",
                                               "keepalives",
                                               "keepalives_count",
                                               "keepalives_idle",
                                               "keepalives_interval",
                                               "krbsrvname",
                                               "load_balance_hosts",
                                               "options",
                                               "passfile",
                                               "port",
                                               "replication",
                                               "require_auth",
                                               "requirepeer",
                                               "requiressl",
                                               "service",
                                               "servicefile",
                                               "ssl_max_protocol_version",
                                               "ssl_min_protocol_version",
                                               "sslcert",
                                               "sslcertmode",
                                               "sslcompression",
                                               "sslcrl",
                                               "sslcrldir",
                                               "sslkey",
                                               "sslmode",
                                               "sslnegotiation",
                                               "sslrootcert",
                                               "sslsni",
                                               "target_session_attrs",
                                               "tcp_user_timeout",
                                               "user",
                                               "ssl"};

/// The value as it may be shown. Absent for a parameter that does not exist: it may be the rest of
/// a password that should have been quoted.
std::optional<string_view> shown_value(string_view name, string_view value) {
  if (name == "password" || name == "sslpassword") return redacted;
  if (std::find(harmless.begin(), harmless.end(), name) == harmless.end()) return std::nullopt;
  return value;
}

/// `postgresql://user:secret@host/db?sslpassword=secret`; absent where it is doubtful which part
/// is the password.
std::optional<string> redact_uri(string_view url, string_view scheme) {
  string out{scheme};
  string_view rest = url.substr(scheme.size());
  const auto authority_end = rest.find_first_of("/?#");
  string_view authority = rest.substr(0, authority_end);
  string_view tail = authority_end == npos ? string_view{} : rest.substr(authority_end);

  const auto at = authority.find('@');
  if (at != npos && authority.find('@', at + 1) != npos) return std::nullopt;
  if (tail.find('@') != npos) return std::nullopt;  // a '/' or '?' in the password?
  if (at != npos) {
    const auto colon = authority.substr(0, at).find(':');
    if (colon != npos) {
      out += authority.substr(0, colon + 1);
      out += redacted;
      authority.remove_prefix(at);
    }
  }
  out += authority;

  const auto question = tail.find('?');
  out += tail.substr(0, question);
  if (question == npos) return out;
  tail.remove_prefix(question);
  while (!tail.empty()) {
    out += tail[0];  // ? or &
    tail.remove_prefix(1);
    string_view pair = tail.substr(0, tail.find('&'));
    tail.remove_prefix(pair.size());
    const auto equals = pair.find('=');
    if (equals == npos) return std::nullopt;
    const auto value = shown_value(pair.substr(0, equals), pair.substr(equals + 1));
    if (!value) return std::nullopt;
    out.append(pair.substr(0, equals + 1)).append(*value);
  }
  return out;
}

/// `host=x password='it''s' dbname=y` by libpq's rules: spaces may stand around `=`, a value is
/// bare or in single quotes, a backslash takes the next character as it is.
std::optional<string> redact_pairs(string_view text) {
  string out;
  std::size_t i = 0;
  const auto skip_spaces = [&] {
    while (i < text.size() && is_space(text[i]))
      ++i;
  };
  for (skip_spaces(); i < text.size(); skip_spaces()) {
    const auto name_begin = i;
    while (i < text.size() && text[i] != '=' && !is_space(text[i]))
      ++i;
    const string_view name = text.substr(name_begin, i - name_begin);
    skip_spaces();
    if (i == text.size() || text[i] != '=' || name.empty()) return std::nullopt;
    ++i;
    skip_spaces();
    const auto value_begin = i;
    const bool quoted = i < text.size() && text[i] == '\'';
    if (quoted) ++i;
    while (i < text.size() && (quoted ? text[i] != '\'' : !is_space(text[i]))) {
      i += text[i] == '\\' ? 2 : 1;
    }
    if (quoted && i >= text.size()) return std::nullopt;
    if (quoted) ++i;
    if (i > text.size()) return std::nullopt;
    if (!out.empty()) out += ' ';
    const auto value = shown_value(name, text.substr(value_begin, i - value_begin));
    if (!value) return std::nullopt;
    out.append(name).append("=").append(*value);
  }
  return out;
}

std::optional<string> redact(string_view url) {
  for (string_view scheme : {"postgresql://", "postgres://"}) {
    if (url.starts_with(scheme)) return redact_uri(url, scheme);
  }
  return redact_pairs(url);
}

}  // namespace

string redact_url(string_view url) {
  return redact(url).value_or(string{redacted});
}

bool holds_password(string_view url) {
  const auto shown = redact(url);
  return !shown || shown->find(redacted) != npos;
}

}  // namespace td
