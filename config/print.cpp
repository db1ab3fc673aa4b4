#include "config/print.hpp"

#include <fmt/format.h>

#include "config/keys.hpp"
#include "config/redact.hpp"

namespace td {
namespace {

constexpr std::size_t line_width = 96;

/// Breaks text into lines that start with `lead`.
std::string wrapped(std::string_view text, std::string_view lead) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (lead.size() + end > line_width) {
      end = text.rfind(' ', line_width - lead.size());
      if (end == std::string_view::npos || end == 0) end = std::min(text.find(' '), text.size());
    }
    out += fmt::format("{}{}\n", lead, text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

std::string literal(const setting_key& key, const settings& s, secrets show) {
  if (!key.secret() || show == secrets::shown) return key.print(s);
  if (key.name == "database.url") {
    return s.database.url.empty() ? key.print(s) : toml_string(redact_url(s.database.url));
  }
  const auto printed = key.print(s);
  return printed == "\"\"" ? printed : toml_string(redacted);
}

/// Calls `key_text` for each key, with a `[table]` line before the first one of a table.
template <class F>
std::string by_table(F key_text) {
  std::string out;
  std::string_view table;
  for (const auto& key : setting_keys()) {
    if (key.table() != table) {
      table = key.table();
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", table);
    }
    out += key_text(key);
  }
  return out;
}

}  // namespace

std::string effective_toml(const loaded_config& config, secrets show) {
  return by_table([&](const setting_key& key) {
    const auto& source = config.source(key.name);
    const bool from_file = source.what == setting_source::kind::secret_file;
    const auto line = fmt::format("{}{} = {}", from_file ? "# " : "", key.last(),
                                  literal(key, config.values, from_file ? secrets::hidden : show));
    return fmt::format("{:<44}  # {}\n", line, source.text());
  });
}

std::string example_toml() {
  const settings built_in;
  std::string out;
  for (std::string_view paragraph :
       {"Every setting of TaylorDash with its default. Copy this file, keep the lines that you "
        "change, "
        "and set database.url. Check it with: taylordash config check --config FILE",
        "Each key can also be set from the environment (mqtt.host: TAYLORDASH_MQTT__HOST) and with "
        "a "
        "flag (--set mqtt.host=...). The environment wins over this file, flags win over both. An "
        "unknown key or a value that is not allowed stops the start.",
        "Durations are whole numbers with ms, s, m, h or d; sizes are bytes or have KiB, MiB or "
        "GiB."}) {
    out += wrapped(paragraph, "# ") + "#\n";
  }
  out.resize(out.size() - 2);
  return out + "\n" + by_table([&](const setting_key& key) {
           const auto value = key.print(built_in);
           std::string about = fmt::format("\n{}", wrapped(key.what, "# "));
           about += wrapped(fmt::format("{}; {}", key.type, key.allowed), "# ");
           about += wrapped(
               fmt::format("default {}: {}", value == "\"\"" ? "none" : value, key.why), "# ");
           return fmt::format("{}{} = {}\n", about, key.last(), value);
         });
}

std::string describe_keys(std::string_view only) {
  const settings built_in;
  std::string out;
  for (const auto& key : setting_keys()) {
    if (key.name.find(only) == std::string::npos) continue;
    const auto value = key.print(built_in);
    out += fmt::format("{}\n", key.name);
    out += wrapped(key.what, "    ");
    out += wrapped(fmt::format("{}; {}", key.type, key.allowed), "    ");
    out +=
        wrapped(fmt::format("default {}: {}", value == "\"\"" ? "none" : value, key.why), "    ");
    out += fmt::format("    environment {}\n\n", key.environment);
  }
  return out;
}

}  // namespace td
