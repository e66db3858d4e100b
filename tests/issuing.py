"""An OIDC issuer on this machine: it publishes keys, signs tokens, turns its keys, and fails when told to."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "stateward-api"
WRITERS = {"RS": RSAAlgorithm, "PS": RSAAlgorithm, "ES": ECAlgorithm, "Ed": OKPAlgorithm}


def a_private_key(algorithm: str, size: int = 2048) -> Any:
    if algorithm.startswith(("RS", "PS")):
        return rsa.generate_private_key(65537, size)
    if algorithm.startswith("ES"):
        return ec.generate_private_key({"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1()}[algorithm])
    return ed25519.Ed25519PrivateKey.generate()


def jwk_of(algorithm: str, private: Any, **told: Any) -> dict[str, Any]:
    return {**WRITERS[algorithm[:2]].to_jwk(private.public_key(), as_dict=True), **told}


class LocalIssuer:
    """`asked` counts the requests by path; `failing` answers 500 to all of them."""

    def __init__(self, address: str) -> None:
        self.issuer = address
        self.signing: dict[str, tuple[str, Any]] = {}
        self.published: list[dict[str, Any]] = []
        self.discovery: dict[str, Any] = {
            "issuer": address,
            "jwks_uri": f"{address}/keys",
            "authorization_endpoint": f"{address}/authorize",
            "token_endpoint": f"{address}/token",
        }
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.shown: list[tuple[str | None, dict[str, str]]] = []
        self.asked: Counter[str] = Counter()
        self.failing = False

    def turn_to(self, kid: str, algorithm: str = "RS256", keep: bool = False, **told: Any) -> None:
        """Sign with a new key from now on; with `keep` the ones before stay published."""
        private = a_private_key(algorithm)
        self.signing[kid] = (algorithm, private)
        self.published = [*(self.published if keep else ()), jwk_of(algorithm, private, kid=kid, use="sig", **told)]

    def token(self, kid: str, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A token; `...` leaves a claim or a header out."""
        algorithm, private = self.signing[kid]
        headers = {"kid": kid, **(header or {})}
        return jwt.encode(
            self.claims(**changed), private, algorithm, {k: v for k, v in headers.items() if v is not ...}
        )

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        whole = {"iss": self.issuer, "aud": AUDIENCE, "iat": now, "exp": now + 600, "sub": "alice", "tenant": "acme"}
        return {name: value for name, value in {**whole, **changed}.items() if value is not ...}

    def signed_in(self, address: str, **changed: Any) -> dict[str, str]:
        """What somebody who signs in here brings back, having been sent to `address`; `changed` are their claims."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        kid = next(iter(self.signing))
        claims = {"aud": asked["client_id"], "nonce": asked["nonce"], **changed}
        self.tokens[code] = self.token(kid, **claims)
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def exchange(self, form: dict[str, str], login: str | None) -> tuple[int, Any]:
        """The token endpoint: a code is good once, for who can say what its challenge was made of."""
        self.asked["/token"] += 1
        self.shown.append((login, form))
        asked, token = self.codes.pop(form.get("code", ""), None), self.tokens.get(form.get("code", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if self.failing:
            return 500, {}
        if (
            asked is None
            or form["redirect_uri"] != asked["redirect_uri"]
            or base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "not for us", "token_type": "Bearer", "id_token": token}

    def answer(self, path: str) -> tuple[int, Any]:
        self.asked[path] += 1
        if self.failing:
            return 500, {}
        if path == "/.well-known/openid-configuration":
            return 200, self.discovery
        return (200, {"keys": self.published}) if path == "/keys" else (404, {})


@contextmanager
def local_issuer(kid: str = "first", algorithm: str = "RS256") -> Iterator[LocalIssuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.tell(*issuer.answer(self.path))

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.tell(*issuer.exchange(dict(parse_qsl(sent)), self.headers.get("Authorization")))

        def tell(self, status: int, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = LocalIssuer(f"http://127.0.0.1:{server.server_port}")
        issuer.turn_to(kid, algorithm)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
