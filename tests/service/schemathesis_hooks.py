"""What schemathesis cannot know by itself: how the pieces of a tus upload are sent."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
