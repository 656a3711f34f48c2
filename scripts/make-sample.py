#!/usr/bin/env python3
"""Cuts the project's sample out of a full bookings file.

    scripts/make-sample.py <bookings.csv or .csv.gz> [<where to write>]

Takes every booking of one hotel that touches the window below: stays with a night or a departure in it, and cancelled
bookings and no-shows that were to arrive in it. Lines and columns stay as they are and in their order. The same input
gives the same bytes.
"""

import csv
import datetime
import gzip
import io
import pathlib
import sys

HOTEL = "City Hotel"
# The sample dates lie between 2016-08-14 and 2016-09-24. Some days before them, so that the evening before has a
# history; more than the fourteen days after them that a property's book reaches.
FIRST = datetime.date(2016, 8, 9)
LAST = datetime.date(2016, 10, 10)


def read(path: pathlib.Path) -> list[list[str]]:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    default = pathlib.Path(__file__).parent.parent / "data" / "sample" / "city-hotel-2016.csv.gz"
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else default

    header, *rows = read(source)
    at = {name: index for index, name in enumerate(header)}

    def touches(row: list[str]) -> bool:
        if row[at["hotel"]] != HOTEL:
            return False
        arrives = datetime.date.fromisoformat(row[at["arrival_date"]])
        nights = int(row[at["nights"]]) if row[at["reservation_status"]] == "Check-Out" else 0
        return arrives <= LAST and arrives + datetime.timedelta(days=nights) >= FIRST

    kept = [row for row in rows if touches(row)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *kept])
    target.parent.mkdir(parents=True, exist_ok=True)
    # No time and no name inside, so that the same input gives the same bytes.
    target.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    print(f"{len(kept)} of {len(rows)} bookings written to {target} ({target.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
