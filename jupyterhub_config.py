"""JupyterHub's configuration: read the settings, hand ``c`` to the hub. Everything else is in ``hub/config.py``."""

from hub.config import configure
from kanikko.settings import get_settings

configure(get_config(), get_settings())  # noqa: F821 (JupyterHub gives get_config)
