"""Where in the storage a clip's media lies."""


def media_of(clip_id: str) -> str:
    """The prefix of all of it."""
    return f"clips/{clip_id}"


def video_of(clip_id: str) -> str:
    """The prefix of the video's parts, as it was uploaded."""
    return f"clips/{clip_id}/video"


def landmarks_of(clip_id: str) -> str:
    """The prefix of its landmarks."""
    return f"clips/{clip_id}/landmarks"


def landmark_file_of(clip_id: str) -> str:
    """The key of its landmarks, all in one file."""
    return f"clips/{clip_id}/landmarks/all.npz"


def pieces_of(clip_id: str) -> str:
    """The prefix of its landmarks while it is counted; what a kill leaves goes as the video."""
    return f"{video_of(clip_id)}/pieces"
