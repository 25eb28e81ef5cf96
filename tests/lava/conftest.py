"""What tests of Lava's supervision share."""

import uuid

import pytest

from tests.lava.left_behind import leaked_memory, marked, own_folders


@pytest.fixture
def token(monkeypatch):
    """Mark all processes started in a test; afterwards none of them may be alive, nor anything be left."""
    value = uuid.uuid4().hex
    monkeypatch.setenv("LAVA_FED_TEST", value)
    yield value
    assert marked(value) == []
    assert leaked_memory() == []
    assert own_folders() == []
