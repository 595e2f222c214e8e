"""How the agent is reached: TLS with a name and a certificate of its own, a socket in the file system."""

from __future__ import annotations

import shutil
import socketserver
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobplan.capture import Agent, CaptureError, Limits, Target
from jobplan.testing import factories

from .agent import Handler, World, serving

OPENSSL = shutil.which("openssl")
NAME = "server.global.nomad"
LIMITS = Limits(timeout=5, attempts=1)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, the agent's certificate and that of a client."""
    made = tmp_path_factory.mktemp("tls")

    def openssl(*arguments: str) -> None:
        assert OPENSSL is not None
        subprocess.run([OPENSSL, *arguments], cwd=made, check=True, capture_output=True)

    new = ("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    openssl(*new, "-x509", "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem", *authority)
    for name, subject in (("agent", NAME), ("client", "client.global.nomad")):
        (made / f"{name}.ext").write_text(
            f"subjectAltName=DNS:{subject}\nauthorityKeyIdentifier=keyid\nbasicConstraints=CA:FALSE\n"
        )
        openssl(*new, "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        files = ("-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", f"{name}.ext")
        openssl("x509", "-req", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", *files)
    return made


@pytest.fixture
def secured(certificates: Path) -> Iterator[str]:
    """An agent that wants to see a certificate, as with `verify_https_client`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "agent.pem", certificates / "agent.key")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with serving(World(factories.inventory([factories.node("a")])), context) as address:
        yield address


@pytest.mark.skipif(OPENSSL is None, reason="makes its certificates with openssl")
@pytest.mark.parametrize(
    ("without", "outcome"),
    [
        ((), ""),
        (("ca_cert",), "certificate verify failed"),
        (("tls_server_name",), "certificate verify failed: (IP address|Hostname) mismatch"),
        (("ca_cert", "tls_server_name", "skip"), ""),
        (("client_cert",), "TLS|connection"),
    ],
    ids=["complete", "no authority", "no name", "no verification", "no client certificate"],
)
def test_tls(certificates: Path, secured: str, without: tuple[str, ...], outcome: str) -> None:
    settings: dict[str, Any] = {
        "ca_cert": str(certificates / "ca.pem"),
        "client_cert": str(certificates / "client.pem"),
        "client_key": str(certificates / "client.key"),
        "tls_server_name": NAME,
    }
    for name in without:
        settings.pop(name, None)
    agent = Agent(Target(secured, **settings, skip_verify="skip" in without), LIMITS)
    if outcome:
        with pytest.raises(CaptureError, match=outcome):
            agent.get("/v1/nodes")
    else:
        assert len(agent.get("/v1/nodes")) == 1


def test_a_socket_in_the_file_system() -> None:
    class Local(Handler):
        world = World(factories.inventory([factories.node("a")]))

        def address_string(self) -> str:
            return "local"

    with tempfile.TemporaryDirectory() as directory:  # the path of a socket must be short
        path = f"{directory}/api.sock"
        with socketserver.ThreadingUnixStreamServer(path, Local) as server:
            server.daemon_threads = True  # the agent keeps its connection open
            server.block_on_close = False
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            agent = Agent(Target(f"unix://{path}", token="t"), LIMITS)
            assert [len(page) for page in agent.pages("/v1/nodes")] == [1]
            server.shutdown()
            thread.join()
        assert Local.world.headers[0]["X-Nomad-Token"] == "t"
        with pytest.raises(CaptureError, match=r"nowhere\.sock cannot be reached: No such file"):
            Agent(Target(f"unix://{directory}/nowhere.sock"), LIMITS).get("/v1/nodes")
