"""A controller's directory keeps its people here: SCIM 2.0 (RFC 7643, RFC 7644).

A User is a person with a profile; a Group is a set of people. SCIM's spelling stays inside this folder. Every
access goes through the gate, in the name of the credential that asks. Clauses accounts.lifecycle, services.access,
autonomy.self-service.
"""
