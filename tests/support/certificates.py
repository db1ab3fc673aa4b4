"""A certificate authority for one test run, made with the openssl program."""

import subprocess
from pathlib import Path


class Certificates:
    def __init__(self, directory):
        self._directory = Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self.ca, ca_key = self._path("ca.pem"), self._path("ca.key")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=TaylorDash test CA", "-keyout", ca_key, "-out", self.ca)
        self.server_certificate, self.server_key = self._signed("server", "127.0.0.1", ca_key)
        self.client_certificate, self.client_key = self._signed("client", "taylordash", ca_key)
        other_key = self._path("other.key")
        self.other_ca = self._path("other.pem")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=Somebody else's CA", "-keyout", other_key, "-out", self.other_ca)

    def _path(self, name):
        return self._directory / name

    def _signed(self, name, subject, ca_key):
        key, request, certificate = (self._path(f"{name}.{end}") for end in ("key", "csr", "pem"))
        extensions = self._path(f"{name}.ext")
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                      f"/CN={subject}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
                      "-extfile", extensions, "-out", certificate)
        return certificate, key

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
