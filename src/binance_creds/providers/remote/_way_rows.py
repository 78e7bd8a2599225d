"""The rows of the way to a store: names, proxies, TLS and certificates, by what is said of them."""

from __future__ import annotations

from typing import Final

from binance_creds.errors import ConfigurationError, ProviderUnavailableError
from binance_creds.providers.remote._error_row import (
    CERTIFICATE_FILE,
    FOREIGN,
    HTTPS_ONLY,
    PROXY_LOGIN,
    ErrorRow,
)

__all__ = ["OF_THE_WAY", "WHY_SILENT"]

_INTERCEPTED: Final = "If it is yours, set {ca}; otherwise the connection may be intercepted."

_EXPIRED: Final = ErrorRow(
    ConfigurationError,
    "the server's certificate has expired.",
    "Renew it on the server, and check this machine's clock.",
)
_EARLY: Final = ErrorRow(
    ConfigurationError,
    "the server's certificate is not valid yet.",
    "Check this machine's clock.",
)
_OTHER_HOST: Final = ErrorRow(
    ConfigurationError,
    "the server's certificate is for another host.",
    "Check the host in {address}; otherwise the connection may be intercepted.",
)
_SELF_SIGNED: Final = ErrorRow(
    ConfigurationError, "the server's certificate is self-signed.", _INTERCEPTED
)
_UNKNOWN_CA: Final = ErrorRow(
    ConfigurationError,
    "the server's certificate is not signed by a CA that this machine trusts.",
    _INTERCEPTED,
)
_NO_TLS: Final = ErrorRow(
    ConfigurationError,
    "the server does not speak TLS at this port, but the address says https.",
    "Check the port and https:// in {address}, and in the proxy settings.",
)
_WANTS_CERTIFICATE: Final = ErrorRow(
    ConfigurationError, "the server asks for a client certificate.", "Set {certificate}."
)
_NO_KEY: Final = ErrorRow(
    ConfigurationError,
    "the client certificate cannot be used: its private key is missing or does not match.",
    "Check {certificate}.",
)
_NO_CA: Final = ErrorRow(
    ConfigurationError,
    "the file of CA certificates is missing or holds none.",
    "Check that {ca} names a PEM file.",
)
_PROXY_REFUSES: Final = ErrorRow(
    ProviderUnavailableError,
    "a proxy refuses to connect to {store}.",
    "Allow the host in the proxy, or write it into NO_PROXY.",
)
_NO_PROXY: Final = ErrorRow(
    ProviderUnavailableError,
    "the proxy does not answer.",
    "Check HTTPS_PROXY, or write the host into NO_PROXY; check the network between.",
)
_NO_ADDRESS: Final = ErrorRow(
    ConfigurationError,
    "the address of {store} or of the proxy is not a URL.",
    "Check {address}, and HTTPS_PROXY.",
)
_NO_SOCKS: Final = ErrorRow(
    ConfigurationError,
    "the proxy is a SOCKS proxy, which needs a package that is not installed.",
    "Write an HTTP proxy into HTTPS_PROXY, or install PySocks.",
)
_BAD_HEADER: Final = ErrorRow(
    ConfigurationError,
    "the login holds a line break, or a character that no request can carry.",
    "Copy its token or key again, as one line without quotes.",
)
_CUT: Final = ErrorRow(
    ProviderUnavailableError,
    "the server ended the connection during the TLS handshake.",
    "Check the port in {address}, whether a client certificate is asked for, and the network.",
)
_NO_AGREEMENT: Final = ErrorRow(
    ConfigurationError,
    "the TLS handshake failed.",
    "Check the port in {address}, and whether the server asks for a client certificate.",
)

_NO_NAME: Final = ErrorRow(
    ProviderUnavailableError,
    "the host of {store} has no address: its name does not resolve.",
    "Check the host in {address}, and this machine's DNS.",
)
_NOBODY: Final = ErrorRow(
    ProviderUnavailableError,
    "{store} does not answer: nothing listens there.",
    "Check host and port in {address}, whether the server runs, and the network between.",
)
_NO_HTTP: Final = ErrorRow(
    ProviderUnavailableError,
    "the server at this port does not speak the protocol of {store}.",
    "Check host and port in {address}, and the proxy settings.",
)
_CLOSED: Final = ErrorRow(
    ProviderUnavailableError,
    "the server closed the connection without an answer.",
    "Check host, port and http or https in {address}, the proxy settings and the network between.",
)
_BROKEN: Final = ErrorRow(
    ProviderUnavailableError,
    "the answer broke off, or was damaged on its way.",
    "Check the proxy settings and the network between.",
)

# What OpenSSL, BoringSSL (in gRPC), urllib3 and requests say; the first that occurs is taken. Only
# the rows above `WRONG_VERSION_NUMBER` are of a certificate that was judged.
_SAYS: Final = {
    "certificate has expired": _EXPIRED,
    "certificate is not yet valid": _EARLY,
    "Hostname mismatch": _OTHER_HOST,
    "IP address mismatch": _OTHER_HOST,
    "Hostname Verification Check failed": _OTHER_HOST,
    "' doesn't match '": _OTHER_HOST,  # urllib3
    "' doesn't match either of": _OTHER_HOST,  # the same, of several names
    "self-signed certificate": _SELF_SIGNED,
    "self signed certificate": _SELF_SIGNED,
    "CERTIFICATE_VERIFY_FAILED": _UNKNOWN_CA,
    "WRONG_VERSION_NUMBER": _NO_TLS,  # a server without TLS, or a port of another protocol
    "HTTP_REQUEST]": _NO_TLS,
    "record layer failure": _NO_TLS,  # the same since OpenSSL 3.2
    "certificate required": _WANTS_CERTIFICATE,
    "CERTIFICATE_REQUIRED": _WANTS_CERTIFICATE,
    "[SSL] PEM lib": _NO_KEY,  # loading the client's own: no key or no certificate in the file
    "KEY_VALUES_MISMATCH": _NO_KEY,
    "TLS CA certificate bundle": _NO_CA,  # requests
    "NO_CERTIFICATE_OR_CRL_FOUND": _NO_CA,
    "TLS certificate file": CERTIFICATE_FILE,  # requests
    "TLS key file": CERTIFICATE_FILE,  # requests
    PROXY_LOGIN.says: PROXY_LOGIN,
    "Tunnel connection failed": _PROXY_REFUSES,  # of http.client
    "HTTP proxy returned response code 407": PROXY_LOGIN,  # of gRPC, as the next
    "HTTP proxy returned response code": _PROXY_REFUSES,
    "connect to proxy": _NO_PROXY,  # of urllib3 and botocore
    "SOCKS support": _NO_SOCKS,  # requests
    "Failed to parse: ": _NO_ADDRESS,  # urllib3
    "Port out of range": _NO_ADDRESS,  # urllib.parse
    "check proxy URL": _NO_ADDRESS,  # requests
    "Proxy URL had unsupported": _NO_ADDRESS,  # urllib3
    "Invalid IPv6 URL": _NO_ADDRESS,
    "Invalid header value": _BAD_HEADER,  # of http.client
    "in header value": _BAD_HEADER,  # of requests
    "'latin-1' codec can't encode": _BAD_HEADER,  # the same; an answer's surrogates are utf-8's
    "UNEXPECTED_EOF": _CUT,
    "EOF occurred": _CUT,
    "closed (EOF)": _CUT,
    "[SSL": _NO_AGREEMENT,  # no version or cipher that both know
    "SSL_ERROR_SSL": _NO_AGREEMENT,
}
OF_THE_WAY: Final = tuple(row._replace(says=says) for says, row in _SAYS.items())
"""In the order of looking: why a connection failed before the store could answer."""

# Of the same, what the resolver, the system and the parser of an answer say.
_SILENT_SAYS: Final = {
    "Name or service not known": _NO_NAME,  # glibc, as the next two
    "Temporary failure in name resolution": _NO_NAME,
    "No address associated with hostname": _NO_NAME,
    "nodename nor servname provided": _NO_NAME,  # macOS
    "getaddrinfo failed": _NO_NAME,  # Windows
    "DNS resolution failed": _NO_NAME,  # gRPC
    "errors resolving": _NO_NAME,  # the same, of newer releases
    "Connection refused": _NOBODY,
    "actively refused": _NOBODY,  # Windows
    r"BadStatusLine('\x15\x03": HTTPS_ONLY[0],  # an alert of TLS
    "BadStatusLine": _NO_HTTP,  # SSH, a mail server or a database, HTTP/2
    "Failed parsing HTTP/2": _NO_HTTP,  # gRPC, of HTTP/1.1 and all others
    "LineTooLong": FOREIGN,
    "got more than 100 headers": FOREIGN,
    "Content-Length contained": FOREIGN,  # urllib3, of two lengths
    "Exceeded 30 redirects": FOREIGN,  # requests
    "maximum redirect": FOREIGN,  # azure.core
    "non-TLS protected": FOREIGN,  # azure.core, of a redirect from https to http
    "No connection adapters": FOREIGN,  # requests, of a redirect to what is not HTTP
    "RemoteDisconnected": _CLOSED,
    "Socket closed": _CLOSED,  # gRPC
    "Connection reset": _CLOSED,
    "Connection broken": _BROKEN,  # of urllib3: fewer bytes than announced, bad chunks
    "failed to decode it": _BROKEN,  # the same, of what is not compressed as the header says
}
WHY_SILENT: Final = tuple(row._replace(says=says) for says, row in _SILENT_SAYS.items())
"""Why there was no answer that can be read, where a store's own row is `SILENT` or none."""
