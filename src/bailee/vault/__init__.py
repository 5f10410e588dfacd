"""The vault: what is held about people, sealed under one key per person.

Nothing personal is ever written in clear: values are ciphertext, search runs on keyed tags. The vault
opens a record only on a `Recorded[Permit]`, and erasing is deleting a key and reading back that it is
gone. It rules on nothing: what may be opened was decided above, and recorded, before it is asked.
"""
