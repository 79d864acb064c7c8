"""A client of the REST API."""

import httpx2


def calling(address: str, key: str) -> httpx2.Client:
    """`key`: or a token."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.Client(base_url=f"http://{address}", headers=headers, trust_env=False)
