"""Privacy notice: what persons are told when their data are collected, made from what is in force.

Clause: rights.inform (exercising-personal-rights.2). GDPR Art. 12, 13, 14. The controller owes it to persons; the
processor gives it the means. Proven by the versions and the notice log: which version each person was shown, and when.
"""
