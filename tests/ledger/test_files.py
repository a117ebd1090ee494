"""Files: whole or not at all, and proved writable before anything is sent."""

import os
import stat
import threading
from pathlib import Path

import pytest

from paper_run.errors import DataError
from paper_run.ledger import files
from paper_run.ledger.files import prove_outputs, prove_writable, write_atomic


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_holds_the_bytes_given(tmp_path: Path) -> None:
    """New or replaced, and nothing lies beside it."""
    path = tmp_path / "day.json"
    for content in (b"old", b"", b"new \x00\xff\n"):
        write_atomic(path, content)
        assert path.read_bytes() == content
        assert names(tmp_path) == ["day.json"]


def test_a_file_is_synced_before_it_takes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write, sync, rename, sync the folder: a power cut leaves the old file or the new one."""
    path = tmp_path / "day.json"
    happened: list[str] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        size = os.fstat(descriptor).st_size if kind == "file" else 0
        happened.append(f"sync {kind} {size}" if kind == "file" else "sync folder")
        real_sync(descriptor)

    def replace(source: Path, target: Path) -> None:
        happened.append("rename")
        assert Path(source).parent == Path(target).parent
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    write_atomic(path, b"12345")
    assert happened == ["sync file 5", "rename", "sync folder"]


@pytest.mark.parametrize("step", ["fsync", "replace", "fdopen"])
@pytest.mark.parametrize("before", [None, b"old"])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()]
)
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, before: bytes | None, error: BaseException
) -> None:
    """Whichever step fails, and however: the old content stays, and no temporary file."""
    path = tmp_path / "day.json"
    if before is not None:
        path.write_bytes(before)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(os, step, fail)
        with pytest.raises(DataError if isinstance(error, OSError) else type(error)):
            write_atomic(path, b"new")
    assert names(tmp_path) == ([] if before is None else ["day.json"])
    if before is not None:
        assert path.read_bytes() == before


def test_a_full_disk_is_an_error_of_exit_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that is always full, for real: the error names the file and the reason."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    real = os.open
    with monkeypatch.context() as broken:
        broken.setattr(os, "open", lambda *_args, **_kwargs: real("/dev/full", os.O_WRONLY))
        with pytest.raises(DataError) as caught:
            write_atomic(tmp_path / "day.json", b"new")
    assert caught.value.exit_status == 3
    assert str(tmp_path / "day.json") in caught.value.title
    assert "No space left" in caught.value.explanation
    assert names(tmp_path) == []


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    """While the file is replaced again and again, every look finds one of the whole contents."""
    path = tmp_path / "day.json"
    contents = (b"a" * 100_000, b"b" * 200_000)
    write_atomic(path, contents[0])
    over = threading.Event()
    torn: list[int] = []

    def look() -> None:
        while not over.is_set():
            if (seen := path.read_bytes()) not in contents:
                torn.append(len(seen))

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(30):
        write_atomic(path, contents[number % 2])
    over.set()
    reader.join()
    assert torn == []


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_replaced_and_never_followed(tmp_path: Path, there: bool) -> None:
    """Whoever planted a link where a report goes gets nothing written at the place that it points to."""
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "day.json", tmp_path / "day.json"
    if there:
        target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomic(link, b"new")
    assert not link.is_symlink()
    assert link.read_bytes() == b"new"
    assert [path.read_bytes() for path in (tmp_path / "there").iterdir()] == [b"old"] * there


def test_a_temporary_name_can_not_be_known_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers with the same process number, as in two containers, use two files of their own."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    real, used = os.replace, []

    def replace(source: Path, target: Path) -> None:
        used.append(Path(source).name)
        if len(used) == 1:  # the other writer begins and ends while this one is about to rename
            write_atomic(tmp_path / "other.json", b"the other's")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    write_atomic(tmp_path / "day.json", b"ours")
    assert ((tmp_path / "day.json").read_bytes(), (tmp_path / "other.json").read_bytes()) == (
        b"ours",
        b"the other's",
    )
    assert len(set(used)) == 2


LEFT = (".paper_run.0123456789abcdef.tmp", ".paper_run.4711.tmp", ".ledger.sqlite3.00ff.tmp-wal")


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    """Nobody holds it; files of other names, links and what they point to stay."""
    for name in (*LEFT, "__jinja2_x.tmp", "day.json", "notes.tmp", ".hidden"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / ".paper_run.aa.tmp").symlink_to(tmp_path / "day.json")
    files.sweep(tmp_path)
    assert names(tmp_path) == [".hidden", ".paper_run.aa.tmp", "day.json", "notes.tmp"]


def test_what_somebody_writes_is_not_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Swept at each moment of a write, the file arrives all the same: a writer's file is locked."""
    real_sync, real_lock = os.fsync, files.fcntl.flock
    swept: list[str] = []

    def sync(descriptor: int) -> None:
        files.sweep(tmp_path)
        real_sync(descriptor)

    def lock(descriptor: int, operation: int) -> None:
        if not operation & files.fcntl.LOCK_NB and not swept:  # between its making and its lock
            swept.extend(names(tmp_path))
            files.sweep(tmp_path)
            assert names(tmp_path) == []
        real_lock(descriptor, operation)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(files.fcntl, "flock", lock)
    write_atomic(tmp_path / "day.json", b"new")
    assert names(tmp_path) == ["day.json"]
    assert (tmp_path / "day.json").read_bytes() == b"new"
    assert len(swept) == 1


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_file_has_the_mode_that_the_umask_leaves(tmp_path: Path, mask: int, mode: int) -> None:
    """As any program's new file, not one only its owner can read."""
    before = os.umask(mask)
    try:
        write_atomic(tmp_path / "day.json", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "day.json").stat().st_mode) == mode


@pytest.mark.parametrize("case", ["folder in the way", "file as folder", "no folder", "long name"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, case: str) -> None:
    """A folder under that name, a file where a folder should be, no folder, or a name too long: exit 3."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    path = {
        "folder in the way": tmp_path / "folder",
        "file as folder": tmp_path / "file" / "day.json",
        "no folder": tmp_path / "absent" / "day.json",
        "long name": tmp_path / ("x" * 300),
    }[case]
    with pytest.raises(DataError) as caught:
        write_atomic(path, b"new")
    assert str(path) in caught.value.title
    assert caught.value.exit_status == 3
    assert names(tmp_path) == ["file", "folder"]


# Proving, beforehand


def test_a_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    """Parents included; a second proof of the same folder is fine."""
    folder = tmp_path / "a" / "b"
    for _ in range(2):
        prove_writable(folder, purpose="The reports folder")
        assert names(folder) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """Nothing was sent, and that is said."""
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataError) as caught:
            prove_writable(folder, purpose="The reports folder")
        assert caught.value.exit_status == 3
        assert str(folder) in caught.value.title
        assert "nothing was sent" in str(caught.value.remedies[0])


@pytest.mark.parametrize("step", [(os, "write"), (Path, "unlink"), (Path, "mkdir")], ids=str)
def test_a_folder_without_permission_or_room_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    """Each thing that the writing will need is tried for real."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(*step, fail)
    with pytest.raises(DataError, match="Permission denied"):
        prove_writable(tmp_path, purpose="The reports folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    """The real thing, for a user who is not root."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DataError):
            prove_writable(tmp_path, purpose="The reports folder")
    finally:
        tmp_path.chmod(0o700)


def test_the_folders_of_outputs_are_made(tmp_path: Path) -> None:
    """Parents are created, and the file itself is not touched, nor what a link points to."""
    (tmp_path / "day.json").write_bytes(b"old")
    (tmp_path / "link.json").symlink_to(tmp_path / "far" / "off.json")
    prove_outputs([tmp_path / "new" / "deep" / "x.csv", tmp_path / "day.json", tmp_path / "link.json"])
    assert (tmp_path / "new" / "deep").is_dir()
    assert not (tmp_path / "far").exists()
    assert (tmp_path / "day.json").read_bytes() == b"old"


def test_an_output_that_cannot_be_written_is_found_beforehand(tmp_path: Path) -> None:
    """A folder of that name, or a file among its parents."""
    (tmp_path / "a.json").mkdir()
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "a.json", tmp_path / "file" / "b.json"):
        with pytest.raises(DataError, match="--output") as caught:
            prove_outputs([path])
        assert "nothing was sent" in str(caught.value.remedies[0])


@pytest.mark.parametrize("name", ["x" * 251 + ".csv", "x" * 250 + ".json", "x" * 245 + ".html"])
def test_an_output_that_passes_the_proof_can_be_written(tmp_path: Path, name: str) -> None:
    """A long name is refused beforehand, or else written: it never fails after the attempt."""
    path = tmp_path / name
    try:
        prove_outputs([path])
    except DataError:
        return
    write_atomic(path, b"new")


def test_links_in_a_circle_are_an_error_of_ours(tmp_path: Path) -> None:
    """They lead nowhere; what comes of it is a file, or an error in words."""
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    one.symlink_to(two)
    two.symlink_to(one)
    try:
        prove_outputs([one])
        write_atomic(one, b"new")
    except DataError:
        return
    assert one.read_bytes() == b"new"


def test_a_folder_that_cannot_be_synced_is_an_error_with_the_file_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old file or the new one, never a part."""

    def fail(_folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files, "sync_folder", fail)
    with pytest.raises(DataError, match="Input/output error"):
        write_atomic(tmp_path / "day.json", b"new")
    assert (tmp_path / "day.json").read_bytes() == b"new"
    assert names(tmp_path) == ["day.json"]
