"""An example of every JSON message, from a short session of squats; each is a valid message."""

from datetime import UTC, datetime
from typing import Any, Final

from blazereps_client import messages as m
from blazereps_client.messages import ClientMessage, ServerMessage
from service.settings import Settings

_SESSION: Final = "3f0c9b1e5d6a4c0e8e0b5f6f5e1c2d3a"
_TOKEN: Final = "Yy3v0dXk1rJ8aTn5qLw2"
_COUNTS: Final = {"squat": 2, "push_up": 0}
_EVENT: Final[dict[str, Any]] = {"at_s": 3.4, "counts": _COUNTS}
_FLOW: Final[dict[str, Any]] = {"processed": 52, "dropped": 1, "queue_ms": 0.3}
_START: Final = m.SessionStart(exercise="squat", pacing="lossless")
_LIMITS: Final = m.Limits.model_validate(Settings.model_construct())
_STANDING: Final = [[320.0 + 4 * (i % 2), 80.0 + 11 * i, -12.5, 0.99, 1.0] for i in range(33)]
OBSERVED: Final[dict[str, Any]] = {"seq": 7, "at_s": 1.5, "points": _STANDING}
_REP: Final = {
    "exercise": "squat", "count": 2, "start_s": 1.6, "bottom_s": 1.8, "end_s": 2.6, "down_s": 0.2,
    "up_s": 0.8, "depth": 0.75, "confidence": 1.0, "grade": "full",
    "measures": {"knee_bottom": {"value": 83.333, "unit": "degrees", "certainty": 0.75}},
}  # fmt: skip
_REJECTION: Final = {
    "exercise": "squat", "count": 2, "reason": "too_shallow", "start_s": 3.0, "end_s": 3.4,
    "depth": 0.5,
}  # fmt: skip
_SET: Final = {
    "exercise": "squat", "number": 1, "reps": 2, "start_s": 0.4, "end_s": 2.6, "rest_s": None,
    "mean_rep_s": 0.9, "mean_down_s": 0.2, "mean_up_s": 0.7, "mean_depth": 0.75,
    "velocity_loss": 0.25,
}  # fmt: skip
_HOLD: Final = {
    "exercise": "plank", "start_s": 3.8, "end_s": 4.8, "held_s": 1.0, "confidence": 0.9
}  # fmt: skip
_PERIOD: Final = {"count": 1, "start_s": 60.1, "end_s": 61.4, "confidence": 0.8}
_HINT: Final = {
    "advice": "go_deeper", "text": "Go deeper.", "parts": ["hips"], "exercise": "squat",
    "at_s": 3.4,
}  # fmt: skip

FROM_CLIENT: Final[tuple[ClientMessage, ...]] = (
    _START,
    m.SessionResume(session_id=_SESSION, resume_token=_TOKEN, last_event_id=6),
    m.SessionUpdate(exercise="push_up"),
    m.CountingPause(),
    m.CountingResume(arm=m.Arm(countdown_s=3)),
    m.CountingReset(arm=m.Arm(ready_s=1)),
    m.Landmarks.model_validate(OBSERVED),
    m.LandmarksBatch.model_validate(
        {"observations": [OBSERVED, {"seq": 8, "at_s": 1.6, "points": None}]}
    ),
    m.Ping(nonce="17"),
    m.SessionEnd(),
)
FROM_SERVER: Final[tuple[ServerMessage, ...]] = (
    m.SessionCreated(
        session_id=_SESSION,
        resume_token=_TOKEN,
        exercises=("squat",),
        config=_START,
        limits=_LIMITS,
    ),
    m.SessionResumed(
        session_id=_SESSION,
        epoch=2,
        resumed_at_seq=51,
        last_event_id=9,
        counts={"squat": 2},
        counting="counting",
        exercises=("squat",),
        config=_START,
        limits=_LIMITS,
    ),
    m.SessionUpdated(config=_START, exercises=("squat", "push_up")),
    m.RepCountedMessage.model_validate(_EVENT | _REP | {"event_id": 7}),
    m.RepRejectedMessage.model_validate(_EVENT | _REJECTION | {"event_id": 10}),
    m.SetEndedMessage.model_validate(_EVENT | _SET | {"event_id": 12}),
    m.HoldStartedMessage(event_id=13, exercise="plank", start_s=3.8, **_EVENT),
    m.HoldEndedMessage.model_validate(_EVENT | _HOLD | {"event_id": 14}),
    m.UnknownCountedMessage.model_validate(_EVENT | _PERIOD | {"event_id": 15}),
    m.GuidanceMessage.model_validate(_EVENT | _HINT | {"event_id": 11}),
    m.PhaseMessage(event_id=2, exercise="squat", phase="down", **_EVENT),
    m.SubjectLostMessage(event_id=16, **_EVENT),
    m.SubjectFoundMessage(event_id=1, **_EVENT),
    m.SubjectSwitchedMessage(event_id=17, **_EVENT),
    m.CountingChangedMessage(event_id=18, counting="paused", **_EVENT),
    m.State(
        at_s=3.4,
        counts=_COUNTS,
        phases={"squat": "top"},
        holds={},
        confidences={"squat_up": 0.97, "none": 0.03},
        subject=True,
        counting="counting",
        countdown_s=None,
        **_FLOW,
    ),
    m.Ack(seq=52, credit=8, stored_seq=52, **_FLOW),
    m.LandmarksMessage(
        seq=7, at_s=1.5, width_px=640, height_px=480, points=[row[:4] for row in _STANDING]
    ),
    m.RateAdvice(reason="overloaded", fps=10, long_side_px=None),
    m.KeyframeRequest(),
    m.GoingAway(left_s=10),
    m.Pong(nonce="17", server_time=datetime(2025, 1, 31, 12, tzinfo=UTC)),
    m.SessionSummary.model_validate(
        {
            **_FLOW,
            "counts": {"squat": 2},
            "reps": [_REP],
            "rejected": [_REJECTION],
            "sets": [_SET],
            "holds": [_HOLD],
            "unknown": [_PERIOD],
            "guidance": [_HINT],
        }
    ),
    m.ErrorMessage(
        code="seq_went_backwards",
        message="seq 6 is not after 7",
        recoverable=True,
        field="seq",
        seq=6,
    ),
)
