#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "pipeline/result.hpp"

namespace td {

/// What only this instance knows. Each lies in a file of its own (0600, its owner's alone), is
/// made once and kept. Never logged.
struct instance_secrets {
  std::string database_superuser;  ///< role postgres, for repairs
  std::string database;            ///< role taylordash: the service
  std::string mqtt_service;        ///< user taylordash of the broker
  std::string mqtt_producer;       ///< user producer of the broker

  /// Name of the shared subscription. Mosquitto 2.0.11 has no rule for SUBSCRIBE: whoever knows the
  /// group's name may join it, and messages dealt to a member who may not read them are thrown
  /// away (measured: 50 of 100). So the name is nobody else's to know.
  std::string mqtt_group;
};

/// Reads the secrets in `folder`; on the `first_start` makes those that are missing.
/// configuration_invalid: a file holds no secret, or (later) is missing: the database knows the old
/// one.
result<instance_secrets> load_or_make_secrets(const std::filesystem::path& folder,
                                              bool first_start);

/// 192 random bits from the operating system as 32 characters of A-Z a-z 0-9 - _ (RFC 4648
/// section 5): fit for URLs, shells, SQL literals and configuration files as they are.
std::string random_secret();

/// A line of Mosquitto's password file for this user: PBKDF2-HMAC-SHA512, 101 rounds, 12 bytes of
/// salt, as mosquitto_passwd of 2.0 writes it. Few rounds suffice: the passwords are random, and
/// the broker works a hash off for each connection in its only thread.
result<std::string> password_file_line(std::string_view user, std::string_view password);

/// Whether the password file's text lets `user` in with `password`.
bool password_file_admits(std::string_view text, std::string_view user, std::string_view password);

}  // namespace td
