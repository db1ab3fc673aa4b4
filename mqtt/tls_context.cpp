#include "mqtt/tls_context.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace td {

/// OpenSSL's callbacks; they find their object through the context's application data.
struct tls_hooks {
  static tls_context* of(const SSL* ssl) {
    return static_cast<tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  }

  static int verify(int trusted, X509_STORE_CTX* store) {
    if (trusted == 1) return 1;
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    tls_context* self = of(ssl);
    const int code = X509_STORE_CTX_get_error(store);
    char subject[256] = "none";
    if (X509* certificate = X509_STORE_CTX_get_current_cert(store)) {
      X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject);
    }
    self->trouble_ =
        fmt::format("the broker's certificate '{}' was not accepted: {} ({})", subject,
                    X509_verify_cert_error_string(code),
                    code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH
                        ? fmt::format("it is not for '{}'", self->host_)
                        : fmt::format("trusted: {}", self->ca_source_));
    return 0;
  }

  static void info(const SSL* ssl, int where, int value) {
    tls_context* self = of(ssl);
    if (where == SSL_CB_READ_ALERT && (value & 0xff) != SSL_AD_CLOSE_NOTIFY) {
      // OpenSSL 3.0 has no words for this one.
      const char* alert = (value & 0xff) == SSL_AD_CERTIFICATE_REQUIRED
                              ? "certificate required"
                              : SSL_alert_desc_string_long(value);
      self->trouble_ =
          fmt::format("the broker answered with the TLS alert '{}' ({})", alert, self->own_);
    }
  }

  /// Without it OpenSSL would ask the terminal for the key's passphrase.
  static int no_passphrase(char*, int, int, void*) { return -1; }
};

namespace {

constexpr std::size_t read_ahead_bytes = 128u << 10;  // eight records of TLS's largest size

// -- the socket under a session: OpenSSL's own writes with write(2), which raises SIGPIPE ---

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int socket_write(BIO* bio, const char* from, int bytes) {
  BIO_clear_retry_flags(bio);
  const auto put = ::send(socket_of(bio), from, static_cast<std::size_t>(bytes), MSG_NOSIGNAL);
  if (put < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(put);
}

int socket_read(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(socket_of(bio), to, static_cast<std::size_t>(room), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long socket_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "taylordash socket");
    BIO_meth_set_write(m, &socket_write);
    BIO_meth_set_read(m, &socket_read);
    BIO_meth_set_ctrl(m, &socket_control);
    return m;
  }();
  return method;
}

// -- files ---

failure file_failure(std::string_view key, const std::string& path, std::string_view what) {
  ERR_clear_error();
  return {errc::broker_away, fmt::format("TLS: {} '{}': {}", key, path, what)};
}

result<void> check_readable(std::string_view key, const std::string& path) {
  if (access(path.c_str(), R_OK) != 0) return file_failure(key, path, std::strerror(errno));
  return ok();
}

}  // namespace

tls_context::tls_context(const broker_options& options)
    : context_(SSL_CTX_new(TLS_client_method())),
      host_(options.host),
      ca_source_(options.ca_file.empty() ? "the system's certificate store"
                                         : "ca_file '" + options.ca_file + "'"),
      own_(options.certificate_file.empty()
               ? "no client certificate is configured"
               : "client certificate '" + options.certificate_file + "'") {}

tls_context::~tls_context() {
  SSL_CTX_free(context_);
}

result<std::unique_ptr<tls_context>> tls_context::make(const broker_options& options) {
  std::unique_ptr<tls_context> self(new tls_context(options));
  if (self->context_ == nullptr) {
    return failure{errc::broker_away, "TLS: OpenSSL gave no context"};
  }
  if (auto loaded = self->load(options); !loaded) return loaded.error();
  return self;
}

ssl_st* tls_context::make_session(int fd) {
  trouble_.clear();
  SSL* ssl = SSL_new(context_);
  BIO* bio = ssl != nullptr ? BIO_new(socket_method()) : nullptr;
  if (bio == nullptr) {
    SSL_free(ssl);
    return nullptr;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);  // takes it
  if (!host_is_address_) SSL_set_tlsext_host_name(ssl, host_.c_str());
  return ssl;
}

result<void> tls_context::load(const broker_options& options) {
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION);
  // What is to be written may be asked for again in part and from elsewhere: `flush` does so.
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Many records with one system call.
  SSL_CTX_set_read_ahead(context_, 1);
  SSL_CTX_set_default_read_buffer_len(context_, read_ahead_bytes);
  SSL_CTX_set_default_passwd_cb(context_, &tls_hooks::no_passphrase);
  SSL_CTX_set_info_callback(context_, &tls_hooks::info);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, &tls_hooks::verify);

  unsigned char bytes[sizeof(in6_addr)];
  host_is_address_ = inet_pton(AF_INET, host_.c_str(), bytes) == 1 ||
                     inet_pton(AF_INET6, host_.c_str(), bytes) == 1;
  X509_VERIFY_PARAM* rules = SSL_CTX_get0_param(context_);
  const int named = host_is_address_ ? X509_VERIFY_PARAM_set1_ip_asc(rules, host_.c_str())
                                     : X509_VERIFY_PARAM_set1_host(rules, host_.c_str(), 0);
  if (named != 1) return failure{errc::broker_away, "TLS: host '" + host_ + "' is no valid name"};

  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context_);
  } else {
    if (auto r = check_readable("ca_file", options.ca_file); !r) return r;
    if (SSL_CTX_load_verify_file(context_, options.ca_file.c_str()) != 1) {
      return file_failure("ca_file", options.ca_file, "holds no certificate in PEM form");
    }
  }
  if (options.certificate_file.empty()) return ok();

  if (auto r = check_readable("certificate_file", options.certificate_file); !r) return r;
  if (SSL_CTX_use_certificate_chain_file(context_, options.certificate_file.c_str()) != 1) {
    return file_failure("certificate_file", options.certificate_file,
                        "holds no certificate in PEM form");
  }
  if (auto r = check_readable("key_file", options.key_file); !r) return r;
  if (SSL_CTX_use_PrivateKey_file(context_, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    const bool mismatch = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
    return file_failure("key_file", options.key_file,
                        mismatch ? "does not belong to certificate_file"
                                 : "holds no private key in PEM form, or is encrypted");
  }
  return ok();
}

}  // namespace td
