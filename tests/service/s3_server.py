"""A server that speaks S3, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from service.settings import Settings

SECRET = "not-to-be-told"


@contextmanager
def s3_server() -> Iterator[Settings]:
    """Those of its bucket `media`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    httpx2.put(f"{endpoint}/media").raise_for_status()
    yield Settings(
        storage="s3://media/of/tests",
        s3_endpoint=endpoint,
        s3_region="us-east-1",
        s3_access_key_id="id",
        s3_secret_access_key=SecretStr(SECRET),
    )
    server.stop()
