"""DBOS on a PostgreSQL database, as it comes, holding nothing."""

from __future__ import annotations

import logging
import sys

from child import costs, serve
from dbos import DBOS, DBOSConfig

from peers.dbos_peer import workflow


def _main(url: str) -> None:
    logging.disable(logging.CRITICAL)
    config = DBOSConfig(
        name="bench", system_database_url=url, log_level="ERROR", application_version="1", executor_id="one"
    )
    DBOS(config=config)
    DBOS.launch()
    serve({"apply": lambda many: costs(workflow, many)})
    DBOS.destroy()


if __name__ == "__main__":
    _main(*sys.argv[1:])
