"""Keys under which findings are expected in ``summary.json``, and which of them mean the same.

A scenario names a finding; the sets below say which kinds of event or of urgent finding a
cardiologist would accept for it. No other module contains keys of findings.
"""

from typing import Final

Keys = frozenset[str]

VENTRICULAR_TACHYCARDIA: Final = frozenset({"ventricular_tachycardia"})
WIDE_QRS_TACHYCARDIA: Final = frozenset({"ventricular_tachycardia", "wide_qrs_tachycardia"})
VENTRICULAR_RHYTHM: Final = frozenset({"ventricular_rhythm", "idioventricular_rhythm"})
VENTRICULAR_BURDEN: Final = frozenset({"ventricular_burden"})
VENTRICULAR_FIBRILLATION: Final = frozenset(
    {
        *("ventricular_fibrillation", "ventricular_tachycardia", "wide_qrs_tachycardia"),
        *("no_beat_found", "pause"),
    }
)
SUPRAVENTRICULAR_TACHYCARDIA: Final = frozenset(
    {"supraventricular_tachycardia", "atrial_tachycardia"}
)
SUPRAVENTRICULAR_BURDEN: Final = frozenset({"supraventricular_burden"})
SUPRAVENTRICULAR_RUN: Final = frozenset(
    {"supraventricular_tachycardia", "supraventricular_run", "atrial_tachycardia"}
)
SINUS_TACHYCARDIA: Final = frozenset({"tachycardia", "sinus_tachycardia"})
ATRIAL_FIBRILLATION: Final = frozenset({"atrial_fibrillation", "fast_atrial_fibrillation"})
FAST_ATRIAL_FIBRILLATION: Final = frozenset({"fast_atrial_fibrillation"})
FIBRILLATION_OR_FLUTTER: Final = ATRIAL_FIBRILLATION | {"atrial_flutter"}
ATRIAL_FLUTTER: Final = frozenset(
    {
        *("atrial_flutter", "atrial_fibrillation", "fast_atrial_fibrillation"),
        *("supraventricular_tachycardia", "atrial_tachycardia"),
    }
)
PAUSE: Final = frozenset({"pause"})
NO_BEAT_FOUND: Final = frozenset({"no_beat_found"})
SILENCE: Final = frozenset({"pause", "no_beat_found", "asystole", "ventricular_standstill"})
LONG_INTERVAL: Final = frozenset({"pause", "unconfirmed_pause", "no_beat_found"})
AV_BLOCK_1: Final = frozenset({"av_block_second_degree_1"})
AV_BLOCK: Final = frozenset(
    {
        *("av_block_second_degree", "av_block_third_degree", "av_block_high_degree"),
        "av_block_suspected",
    }
)
BRADYCARDIA: Final = frozenset({"bradycardia"})
BLOCK_OR_BRADYCARDIA: Final = AV_BLOCK | BRADYCARDIA
ESCAPE_RHYTHM: Final = frozenset(
    {"junctional_rhythm", "escape_rhythm", "bradycardia", "idioventricular_rhythm"}
)
VENTRICULAR_COUPLET: Final = frozenset({"ventricular_couplet"})
VENTRICULAR_BIGEMINY: Final = frozenset({"ventricular_bigeminy"})
VENTRICULAR_TRIGEMINY: Final = frozenset({"ventricular_trigeminy"})
SUPRAVENTRICULAR_BIGEMINY: Final = frozenset({"supraventricular_bigeminy"})
