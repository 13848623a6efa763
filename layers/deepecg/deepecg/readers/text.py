"""Tables of numbers in text (``.csv``, ``.tsv``, ``.txt``): a row for each sample.

Separators are comma, semicolon, tab, ``|`` or spaces; decimals begin with a point or a comma;
encodings are UTF-8, UTF-16 and Latin-1. Rate, unit, start and the columns' names come from the
lines before the table, and what these lack from ``NAME.csv.json`` or the options
(:mod:`~deepecg.readers.text_options`). Among the exports that are read so:

- Polar Sensor Logger: ``Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]``
- Movesense: ``timestamp,samples`` and ``Timestamp (ms),ECG (mV)`` (the former has no unit)
- Apple Watch: ``Sample Rate,512 hertz``, ``Unit,µV`` and a value a line, with decimal commas in
  some languages
- PhysioNet's ``rdsamp -v``: ``'Elapsed time','MLII','V5'`` above ``'hh:mm:ss.mmm','mV','mV'``
- MIT-BIH on Kaggle: ``'sample #','MLII','V5'`` (no rate, no unit)
- OpenSignals (BITalino, biosignalsplux): a JSON object in a comment (no unit)
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from deepecg.errors import MalformedHeaderError, NoLeadsError, SettingsError
from deepecg.readers.declared_length import refuse_long_gaps
from deepecg.readers.file_signals import recording_of
from deepecg.readers.files_beside import FilesBeside
from deepecg.readers.reading_options import ReadingOptions
from deepecg.readers.text_columns import find_columns
from deepecg.readers.text_header import read_table_header
from deepecg.readers.text_options import TextOptions, read_text_options
from deepecg.readers.text_row_grid import grid_of_rows
from deepecg.readers.text_rows import read_rows
from deepecg.readers.text_signals import column_signal
from deepecg.readers.text_table import HEAD_BYTES, find_layout
from deepecg.readers.text_times import local_start
from deepecg.recording import ReadingWarning, Recording

OPTIONS_SUFFIX: Final = ".json"
"""What is added to the name of a table for the file with its options."""
_MAX_OPTIONS_BYTES: Final = 100_000


def read_text(path: Path, options: ReadingOptions) -> Recording:
    """Read a table of numbers; its samples are kept in temporary files.

    Parameters
    ----------
    path : Path
        The table. ``NAME.csv.json`` beside ``NAME.csv`` contains what it does not say.
    options : ReadingOptions
        Signals to read, and what the file does not say.

    Returns
    -------
    Recording
        Leads in millivolts at the rate of the rows' times, or else at the stated one. Time between
        rows that is more than their distance is missing, unless it is so short that a straight line
        bridges it. Warnings: ``bad_rows``, ``rows_without_time``, ``rows_out_of_order``,
        ``repeated_rows``, ``gaps``, ``clock_set_back``, ``clock_rate``, ``start_in_utc``,
        ``unit_assumed``.

    Raises
    ------
    MalformedHeaderError
        If the options are not valid or do not fit the table, or its form is ambiguous.
    NoLeadsError
        If there is no table, or no column is an ECG lead.
    SamplingRateError
        If neither times nor a line nor the options give the rate, or these contradict each other.
    NoSignalError
        If the rows are a small part of the time from the first to the last.
    TooShortError
        If there are fewer than two rows.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    given = options.text.over(_options_beside(path))
    layout = find_layout(head, given)
    header = read_table_header(layout)
    columns = find_columns(layout, header, given)
    warnings: dict[str, str] = {}
    table = read_rows(path, layout, columns, warnings)
    grid, order = grid_of_rows(
        table, columns, given.sampling_rate_hz or header.sampling_rate_hz, warnings
    )
    refuse_long_gaps(grid.n_samples / grid.rate_hz, grid.n_rows / grid.rate_hz)
    signals = [
        column_signal(column, samples, grid, order)
        for column, samples in zip(columns.signals, table.samples, strict=True)
        if np.isfinite(samples).any()
    ]
    if not signals:
        raise NoLeadsError("found no column of numbers besides the time, expected an ECG")
    moment = given.start or columns.start(table.first_time) or header.start
    start = None if moment is None else local_start(moment, options.zone, warnings)
    recording = recording_of(
        "text", [signal for signal, _ in signals], options, warnings, start=start
    )
    scales = (signals[number - 1][1] for number in recording.signal_numbers)
    if assumed := next((scale for scale in scales if scale is not None), None):
        unit_assumed = ReadingWarning(
            "unit_assumed",
            f"found columns without a unit whose numbers are no millivolts, multiplied by "
            f"{assumed:g}: give `unit` if it is known; no figure in mV holds",
        )
        return replace(recording, warnings=(*recording.warnings, unit_assumed))
    return recording


def _options_beside(path: Path) -> TextOptions:
    """Return the options in the file beside a table."""
    try:
        beside = FilesBeside(path.parent).find(path.name + OPTIONS_SUFFIX)
        if beside is None:
            return TextOptions()
        with beside.open("rb") as file:
            content = file.read(_MAX_OPTIONS_BYTES)
    except OSError as error:
        raise MalformedHeaderError(
            f"found a {OPTIONS_SUFFIX} file beside the table that cannot be read "
            f"({type(error).__name__}), expected a file"
        ) from None
    try:
        return read_text_options(content, f"the {OPTIONS_SUFFIX} file beside the table")
    except SettingsError as error:
        raise MalformedHeaderError(str(error)) from None
