"""OpenDSR 2.0: a controller's own tool asks for access, portability or erasure, and hears how far it is.

What the tool orders is carried out in its credential's name by the room of the rights; here is the wire alone.
"""
