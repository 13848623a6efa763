"""The night at a glance: one report on all uploads of a date."""

from deepecg.night.entry import night_entry
from deepecg.night.settings import NightSettings, Prices
from deepecg.night.store import NightStore, parse_night

__all__ = ["NightSettings", "NightStore", "Prices", "night_entry", "parse_night"]
