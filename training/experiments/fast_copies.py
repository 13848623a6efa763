"""Whether faster copies of sinus rhythm keep exercise from being called supraventricular."""

from dataclasses import replace

from training.experiments.experiment import Experiment, main
from training.recipes import DEFAULT

EXPERIMENT = Experiment(
    name="fast_copies",
    question="whether faster copies of sinus rhythm keep it from being called S",
    variants={
        "no faster copies": replace(DEFAULT, fast_copies=0),
        "two faster copies": DEFAULT,
    },
)

if __name__ == "__main__":
    main(EXPERIMENT)
