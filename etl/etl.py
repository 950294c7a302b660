"""Entry point for hosts that run a script ``etl.py`` in a folder with sync-output/ and config.json.

The folder is the current one, or the one that the environment variable ROOT_DIR names.
"""

import sys

from amazon_optiply_etl.__main__ import main

if __name__ == "__main__":
    sys.argv[1:] = ["run"]
    main()
