"""Adds runs to the database of a server that is not running, by copying the newest one and its images.

    stored_runs.py DATABASE COUNT     until there are COUNT runs
"""

import sqlite3
import sys

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def text(number):
    """In base 36, as ids have it."""
    return text(number // 36) + DIGITS[number % 36] if number else ""


def main():
    database = sqlite3.connect(sys.argv[1])
    database.row_factory = sqlite3.Row
    newest = database.execute("SELECT * FROM run ORDER BY sequence DESC LIMIT 1").fetchone()
    images = database.execute("SELECT * FROM outputImage WHERE run = ?", (newest["sequence"],)).fetchall()
    if newest["id"] != "ca" + text(newest["sequence"]):
        sys.exit(f"ids are made in another way than before: {newest['id']} is number {newest['sequence']}")
    there = database.execute("SELECT count(*) FROM run").fetchone()[0]
    sequences = range(newest["sequence"] + 1, newest["sequence"] + 1 + int(sys.argv[2]) - there)
    insert(database, "run", ({**newest, "sequence": number, "id": "ca" + text(number)} for number in sequences),
           [name for name in newest.keys() if name not in ("lease", "upload")])
    insert(database, "outputImage", ({**image, "run": number} for number in sequences for image in images),
           images[0].keys() if images else [])
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def insert(database, table, rows, columns):
    if columns:
        names, values = ", ".join(columns), ", ".join(":" + name for name in columns)
        database.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)


main()
