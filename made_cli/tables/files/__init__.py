"""Tables on disk: finding the format, strict reading, writing."""
