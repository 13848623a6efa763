"""A listing answers as the folder is, however many objects it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from deepecg.cloud.folder_listing import MAX_KEY_BYTES, MAX_NARROW_LISTINGS, FolderListing
from deepecg.cloud.s3_buckets import Part, Uploads

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class FakeUploads(Uploads):
    """A bucket that lists a few objects a page, and counts the pages."""

    def __init__(self, keys: set[str], page_size: int) -> None:
        super().__init__(None, "")  # type: ignore[arg-type]
        object.__setattr__(self, "parts", [Part(key, key, 0, MOMENT) for key in sorted(keys)])
        object.__setattr__(self, "page_size", page_size)
        object.__setattr__(self, "prefixes", [])

    def pages(self, prefix: str) -> Iterator[tuple[list[Part], bool]]:
        found = [part for part in self.parts if part.key.startswith(prefix)]
        for first in range(0, max(len(found), 1), self.page_size):
            self.prefixes.append(prefix)
            page = found[first : first + self.page_size]
            yield page, first + self.page_size >= len(found)


names = st.text("ab._1", min_size=1, max_size=6)


@given(st.sets(names), st.lists(names), st.text("ab._1", max_size=3), st.integers(1, 9))
def test_answers_do_not_depend_on_the_size_of_a_page(
    present: set[str], wanted: list[str], prefix: str, page_size: int
) -> None:
    listing = FolderListing(FakeUploads({f"w/{name}" for name in present}, page_size), "w/")
    found = [part is not None for part in listing.find_many([f"w/{name}" for name in wanted])]
    assert found == [name in present for name in wanted]
    beginning = [part.key for part in listing.starting_with(f"w/{prefix}")]
    assert beginning == sorted(f"w/{name}" for name in present if name.startswith(prefix))
    for name in present:
        part = listing.find(f"w/{name}")
        assert part is not None
        assert part.etag == f"w/{name}"


def test_small_folder_is_listed_once() -> None:
    uploads = FakeUploads({f"{number}.edf" for number in range(1000)}, 1000)
    listing = FolderListing(uploads, "")
    assert listing.find("7.edf") is not None
    assert listing.find("7.settings.json") is None
    assert len(listing.starting_with("")) == 1000
    assert uploads.prefixes == [""]


def test_large_folder_is_listed_by_the_names_in_question() -> None:
    keys = {f"p{number:05}_{lead}.dat" for number in range(10_000) for lead in "abc"}
    uploads = FakeUploads(keys | {"p05000.hea"}, 1000)
    listing = FolderListing(uploads, "")
    assert listing.find("p05000.hea") is not None
    assert listing.find("p05000.settings.json") is None
    assert len(listing.starting_with("p05000")) == 4
    assert uploads.prefixes == ["", "p05000.", "p05000"]


def test_many_questions_about_a_large_folder_list_it_once() -> None:
    keys = {f"{number:05}.edf" for number in range(5_000)}
    uploads = FakeUploads(keys, 1000)
    listing = FolderListing(uploads, "")
    for number in range(4_000, 5_000):
        assert listing.find(f"{number:05}.edf") is not None
    assert len(uploads.prefixes) == 1 + MAX_NARROW_LISTINGS + 5


def test_key_that_is_too_long_for_s3_is_not_asked_for() -> None:
    uploads = FakeUploads({"a", "b"}, 1)
    assert FolderListing(uploads, "").find("a" * MAX_KEY_BYTES + ".settings.json") is None
    assert uploads.prefixes == [""]
