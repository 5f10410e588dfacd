"""Places: the European Union is its 27 member states, no more; the EEA adds three."""

EU27 = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
EEA = EU27 | {"IS", "LI", "NO"}


def is_eu(country: str) -> bool:
    """Whether an ISO 3166 code names a member state."""
    return country in EU27
