"""The ledger: every access and every act, durable before anything leaves, verifiable without us.

One log per controller (and one for the platform itself). Workers append sealed batches; the sequencer
alone gives entries their index. An entry says what was *released*, never what was delivered, and holds
no value, name, search term or free text: random identifiers, words of the agreement, digests.
"""
