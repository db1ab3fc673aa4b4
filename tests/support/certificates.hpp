#pragma once

#include <string>

#include "tests/support/process.hpp"

namespace td::test {

/// A small certificate authority in a directory of its own: a CA, a server certificate for
/// `localhost` and 127.0.0.1, a client certificate, and a CA that signed none of them.
class certificates {
 public:
  /// `server_name` is the DNS name in the server's certificate (127.0.0.1 is left out where it is
  /// not `localhost`).
  explicit certificates(const std::string& server_name = "localhost");

  std::string ca() const { return dir_.file("ca.pem"); }
  std::string server() const { return dir_.file("server.pem"); }
  std::string server_key() const { return dir_.file("server.key"); }
  std::string client() const { return dir_.file("client.pem"); }
  std::string client_key() const { return dir_.file("client.key"); }
  std::string other_ca() const { return dir_.file("other.pem"); }
  const temp_dir& dir() const noexcept { return dir_; }

 private:
  temp_dir dir_{"td-certificates"};
};

}  // namespace td::test
