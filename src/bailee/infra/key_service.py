"""Where the root keys are, as the settings say: in the local file, or in a key service beside it."""

from datetime import timedelta
from pathlib import Path

from bailee.infra.openbao import OpenBao
from bailee.infra.root_keys import RootKeyFile, RootKeys
from bailee.infra.settings import Settings


def local_keys(settings: Settings) -> RootKeyFile:
    """The local file alone: signing keys are there, whatever else is elsewhere."""
    return RootKeyFile(settings.root_keys, settings.root_keys_escrow, fixed=settings.root_is_fixed)


def root_keys(settings: Settings) -> RootKeys:
    """The provider of root keys; whoever asks closes it."""
    local = local_keys(settings)
    if not settings.keys_elsewhere:
        return local
    authorities = settings.key_service_authorities
    return OpenBao(
        settings.key_service,
        Path(settings.key_service_token),
        local,
        authorities=Path(authorities) if authorities else None,
        kept=timedelta(days=int(settings.key_service_kept)),
    )
