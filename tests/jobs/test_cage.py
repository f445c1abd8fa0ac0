"""Children that read hostile bytes: each fails alone, with a reason in words, and the worker goes on."""

from pathlib import Path

from tests.jobs.conftest import Fleet, Ledger


async def test_each_bad_child_fails_alone_with_its_reason(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start(WORKER_CONCURRENCY="4")
    expected = {
        "crash": "crashed",
        "hang": "timeout",
        "spin": "timeout",
        "eat_memory": "out_of_memory",
        "fork": "unexpected",
        "execute": "unexpected",
        "open_socket": "unexpected",
        "fill_disk": "output_too_large",
        "write_one_large_file": "unexpected",
        "refuse_in_cage": "bad_file",
        "answer_nonsense": "bad_answer",
    }
    jobs = {do: await ledger.enqueue("cage.read", {"do": do, "port": worker.health_port}) for do in expected}
    good = [await ledger.enqueue("cage.read", {"do": "convert", "text": f"abc{n}"}) for n in range(3)]
    await ledger.all_ended()
    ended = {do: await ledger.job(uid) for do, uid in jobs.items()}
    assert {do: job["error"]["code"] for do, job in ended.items()} == expected
    assert {job["state"] for job in ended.values()} == {"dead"}
    assert "SIGSEGV" in ended["crash"]["error"]["message"]
    assert "PermissionError" in ended["open_socket"]["error"]["message"]
    assert ended["refuse_in_cage"]["error"]["message"] == "The file is damaged. Export it again."
    assert [(await ledger.job(uid))["result"] for uid in good] == [{"length": 4}] * 3
    assert sorted(row["note"] for row in await ledger.rows("SELECT note FROM effect")) == ["ABC0", "ABC1", "ABC2"]
    assert worker.process.poll() is None
    assert list((fleet.folder / "data" / "work").glob("*/*-*")) == []


async def test_a_limit_of_its_own_ends_a_job_at_once_and_says_what_can_be_done(fleet: Fleet, ledger: Ledger) -> None:
    fleet.start(WORKER_CONCURRENCY="2")
    for do, code in (("hang", "timeout"), ("fill_disk", "output_too_large")):
        job = await ledger.state(await ledger.enqueue("patient.read", {"do": do}), "succeeded", "dead")
        assert (job["state"], job["failures"], job["error"]["code"]) == ("dead", 1, code)
        assert job["error"]["message"].endswith("is allowed for it. Export it again.")


async def test_a_library_that_cannot_be_loaded_is_a_failure_that_names_its_reason(fleet: Fleet, ledger: Ledger) -> None:
    worker = fleet.start()
    job = await ledger.state(await ledger.enqueue("broken.read", {"do": "convert"}), "succeeded", "dead")
    assert (job["state"], job["error"]["code"], job["losses"]) == ("dead", "runner_broken", 0)
    assert "No module named 'tests.jobs.no_such_module'" in worker.text()
    assert (await ledger.state(await ledger.enqueue("cage.read", {"do": "convert"}), "succeeded", "dead"))["state"] == "succeeded"


async def test_the_cage_shows_nothing_but_its_folder(fleet: Fleet, ledger: Ledger) -> None:
    secret = fleet.folder / "secret"
    secret.write_text("of another")
    fleet.start(WORKER_CONCURRENCY="1")
    job = await ledger.enqueue("cage.read", {"do": "look_around", "secret": str(secret)})
    threads = await ledger.enqueue("cage.read", {"do": "use_thread"})
    found = (await ledger.state(job, "succeeded", "dead"))["result"]
    assert set(found["refused"]) == {"outside", "write", "symlink", "link", "pipe", "parent", "kill", "limits"}
    assert "DATABASE_URL" not in found["environment"]
    assert not Path(secret).with_name("planted").exists()
    assert (await ledger.state(threads, "succeeded", "dead"))["result"] == {"threads": 1}
