#include "standalone/secrets.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "standalone/files.hpp"

namespace td {
namespace {

constexpr std::size_t secret_length = 32;
constexpr int rounds = 101;

std::string base64(std::span<const unsigned char> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(n));
  return text;
}

/// Twelve bytes from their sixteen characters.
std::optional<std::array<unsigned char, 12>> from_base64(std::string_view text) {
  std::array<unsigned char, 12> bytes{};
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  if (text.size() != 16 || EVP_DecodeBlock(bytes.data(), data, 16) != 12) return std::nullopt;
  return bytes;
}

std::string hash_of(std::string_view password, std::span<const unsigned char> salt) {
  std::array<unsigned char, 64> hash{};
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(),
                        static_cast<int>(salt.size()), rounds, EVP_sha512(),
                        static_cast<int>(hash.size()), hash.data()) != 1) {
    throw std::runtime_error("OpenSSL cannot hash a password");
  }
  return base64(hash);
}

bool is_secret(std::string_view text) {
  return text.size() == secret_length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

result<std::string> load_or_make(const std::filesystem::path& file, bool may_make) {
  auto text = read_text(file);
  while (text && !text->empty() && text->back() == '\n')
    text->pop_back();
  if (text && is_secret(*text)) return *text;
  if (text || !may_make) {
    return failure{errc::configuration_invalid,
                   fmt::format("{} {}: put it back from a backup", file.string(),
                               text ? "does not hold a generated secret" : "is missing"),
                   {}};
  }
  auto made = random_secret();
  if (auto written = write_durably(file, made + "\n", {0600}); !written) return written.error();
  return made;
}

}  // namespace

std::string random_secret() {
  std::array<unsigned char, 24> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("the operating system gives no random bytes");
  }
  auto text = base64(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

result<instance_secrets> load_or_make_secrets(const std::filesystem::path& folder,
                                              bool first_start) {
  instance_secrets secrets;
  const std::array<std::pair<std::string*, const char*>, 5> files{
      {{&secrets.database_superuser, "database-superuser"},
       {&secrets.database, "database"},
       {&secrets.mqtt_service, "mqtt-service"},
       {&secrets.mqtt_producer, "mqtt-producer"},
       {&secrets.mqtt_group, "mqtt-group"}}};
  for (const auto& [value, name] : files) {
    auto loaded = load_or_make(folder / name, first_start);
    if (!loaded) return loaded.error();
    *value = std::move(*loaded);
  }
  return secrets;
}

result<std::string> password_file_line(std::string_view user, std::string_view password) {
  std::array<unsigned char, 12> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) {
    return failure{errc::internal, "the operating system gives no random bytes", {}};
  }
  return fmt::format("{}:$7${}${}${}\n", user, rounds, base64(salt), hash_of(password, salt));
}

bool password_file_admits(std::string_view text, std::string_view user, std::string_view password) {
  const auto before = fmt::format("{}:$7${}$", user, rounds);
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(before)) continue;
    line.remove_prefix(before.size());
    const auto dollar = line.find('$');
    const auto salt = from_base64(line.substr(0, dollar));
    return dollar != line.npos && salt && line.substr(dollar + 1) == hash_of(password, *salt);
  }
  return false;
}

}  // namespace td
