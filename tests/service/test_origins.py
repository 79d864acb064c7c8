"""Whose pages reach a server that asks nobody for a key."""

import httpx2
import pytest


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "notlocalhost", ""])
def test_without_keys_names_that_anybody_can_give_lead_nowhere(address: str, host: str) -> None:
    """A page of another name may come to point here, and would be of the same origin."""
    upgrade = {"Connection": "upgrade", "Upgrade": "websocket"}
    upgrade |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    named = {"Host": host, "Origin": f"http://{host}"}
    for path, headers in (("workouts", named), ("live", named | upgrade)):
        answer = httpx2.get(f"http://{address}/v1/{path}", headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")


def test_without_keys_no_other_page_changes_anything(address: str) -> None:
    elsewhere = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    answer = httpx2.post(f"http://{address}/v1/clips", headers=elsewhere, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    own = {"Origin": f"http://{address}"}
    answer = httpx2.get(f"http://{address}/v1/workouts", headers=own, trust_env=False)
    assert answer.status_code == 200
    for name in ("localhost", "LOCALHOST.", "app.localhost", "10.0.2.2", "[::1]"):
        headers = {"Host": f"{name}:8000", "Origin": f"http://{name}:8000"}
        answer = httpx2.get(f"http://{address}/v1/workouts", headers=headers, trust_env=False)
        assert answer.status_code == 200, name
