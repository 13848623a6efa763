"""The night at a glance: one report on all uploads of a date."""

from deepecg.night.dead_letters import DeadLettersOfDate
from deepecg.night.entry import night_entry
from deepecg.night.make import make_night
from deepecg.night.message import night_message
from deepecg.night.settings import NightSettings, Prices
from deepecg.night.store import NightStore, parse_night

__all__ = [
    "DeadLettersOfDate",
    "NightSettings",
    "NightStore",
    "Prices",
    "make_night",
    "night_entry",
    "night_message",
    "parse_night",
]
