"""A program that serves the small review below a folder, at a port: python served_review.py <folder> <port>."""

import sys
from pathlib import Path

for folder in ("tests", "workflow/scripts"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))

import small_review  # noqa: E402
from imeval.viewer import serving  # noqa: E402
from imeval.viewer.app import create_app  # noqa: E402

if __name__ == "__main__":
    browsed, reviewed = small_review.write(Path(sys.argv[1]), control=0)
    with small_review.reviewing(reviewed) as review:
        served = serving.Served(create_app(browsed, review), serving.bound(int(sys.argv[2])))
        print(served.address, flush=True)
        served.until_stopped()
