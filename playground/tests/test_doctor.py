"""The doctor gives what the command gives."""

import json
import re

import numpy
import pytest
from conftest import EXAMPLE


def downloaded(page, name):
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download {name}").click()
    return download.value.path().read_bytes()


def choose(page, *files):
    page.set_input_files("#pick", files)


def problem(page):
    page.wait_for_selector("#problem:not([hidden])")
    return page.inner_text("#problem")


def alike(one, other):
    """Whether figures are the same but for the last digits of what was summed up, which depend on the
    processor's vector instructions."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-5)
    if isinstance(one, str) and isinstance(other, str):
        return re.sub(r"\d", "0", one) == re.sub(r"\d", "0", other)
    return one == other


def test_the_diagnosis_of_the_bundled_network_is_the_commands_json(opened, leaky):
    page = opened("doctor.html")
    page.click("#example")
    page.wait_for_selector("#result:not([hidden])")
    asked = leaky("diagnose", "digits.onnx", "--data", "digits-train.npz", "--json", "-")
    found, commands = json.loads(downloaded(page, "diagnosis.json")), json.loads(asked.stdout)
    assert alike(found, commands)
    for layer, other in zip(found["layers"], commands["layers"], strict=True):
        assert layer["active"] == other["active"]
    dead = json.loads(asked.stdout)["dead"]
    assert page.inner_text("#verdict").startswith(f"{dead} of 320 units")
    assert page.locator("#tables tbody tr").count() == 4


def test_the_report_of_the_diagnosis_is_the_commands_page(opened, leaky, tmp_path):
    page = opened("doctor.html")
    choose(page, EXAMPLE / "digits.onnx", EXAMPLE / "digits-train.npz")
    page.click("#diagnose")
    page.wait_for_selector("#result:not([hidden])")
    report = downloaded(page, "diagnosis.html").decode()
    leaky("diagnose", "digits.onnx", "--data", "digits-train.npz", "--report", tmp_path / "report.html")
    commands = (tmp_path / "report.html").read_text()

    # All of it but the command that made it, and the last digits of the gradient norms, which
    # depend on the processor's vector instructions.
    def shape(text):
        text = text.split("How this page was made")[0]
        return "".join("0" if letter.isdigit() else letter for letter in text)

    assert len(report) == pytest.approx(len(commands), rel=0.02)
    assert report.count("<svg") == commands.count("<svg")
    assert shape(report).split("<figure")[0] == shape(commands).split("<figure")[0]
    frame = page.frame_locator("#report")
    assert "Dead units of digits.onnx" in frame.locator("h1").inner_text()


def test_a_cure_revives_trains_and_gives_a_file_that_the_command_finds_healthy(opened, leaky, tmp_path):
    page = opened("doctor.html")
    page.click("#example")
    page.wait_for_selector("#result:not([hidden])")
    page.click("#cure")
    page.wait_for_selector("#running", state="visible")
    page.wait_for_selector("#result:not([hidden])")
    report = json.loads(downloaded(page, "cure.json"))
    cured = tmp_path / "digits-cured.onnx"
    cured.write_bytes(downloaded(page, "digits-cured.onnx"))

    # The same as without a page, as far as it does not depend on the last digits.
    leaky("cure", "-o", tmp_path / "cured.onnx", "--json", tmp_path / "cure.json")
    commands = json.loads((tmp_path / "cure.json").read_text())
    assert report.keys() == commands.keys()
    for key in ("before", "revived", "not_revived", "revival_max_difference", "alpha"):
        assert alike(report[key], commands[key]), key
    assert report["score"]["before"] == commands["score"]["before"]
    assert report["score"]["after"] == pytest.approx(commands["score"]["after"], abs=0.02)
    assert report["score"]["after"] > 0.95
    assert report["verified_max_difference"] < 1e-4

    asked = leaky("diagnose", cured, "--data", "digits-train.npz", "--json", "-")
    assert json.loads(asked.stdout)["dead"] == report["after"]["dead"] <= 5


def test_a_cure_that_is_stopped_gives_the_best_so_far(opened):
    page = opened("doctor.html")
    page.click("#example")
    page.wait_for_selector("#result:not([hidden])")
    page.fill("#epochs", "100000")
    page.click("#cure")
    page.wait_for_selector("#epochs-so-far tbody tr:nth-child(3)")
    page.click("#stop")
    page.wait_for_selector("#result:not([hidden])")
    report = json.loads(downloaded(page, "cure.json"))
    assert 3 <= len(report["epochs"]) < 100000
    assert report["score"]["after"] > report["score"]["before"]


def test_a_conversion_is_the_commands_file_byte_by_byte(opened, leaky, tmp_path):
    page = opened("doctor.html")
    choose(page, EXAMPLE / "digits.onnx")
    page.fill("#alpha", "0.2")
    page.click("#convert")
    page.wait_for_selector("#result:not([hidden])")
    leaky("convert", "digits.onnx", "-o", tmp_path / "leaky.onnx", "--alpha", "0.2")
    assert downloaded(page, "digits-leaky.onnx") == (tmp_path / "leaky.onnx").read_bytes()


def test_what_is_wrong_with_a_file_is_said_in_the_engines_words(opened, leaky, tmp_path):
    broken = tmp_path / "digits-train.npz"
    broken.write_bytes((EXAMPLE / "digits-train.npz").read_bytes()[:5000])
    page = opened("doctor.html")
    choose(page, EXAMPLE / "digits.onnx", broken)
    page.click("#diagnose")
    said = problem(page)
    asked = leaky("diagnose", "digits.onnx", "--data", broken)
    assert asked.returncode == 2
    assert said.removeprefix("digits-train.npz") in asked.stderr.replace("\n", " ")

    # And what the page is given next works.
    choose(page, EXAMPLE / "digits-train.npz")
    page.click("#diagnose")
    page.wait_for_selector("#result:not([hidden])")
    assert page.is_hidden("#problem")


def test_samples_and_answers_come_as_two_npy_files_too(opened, leaky, tmp_path):
    data = numpy.load(EXAMPLE / "digits-train.npz")
    for name in ("x", "y"):
        numpy.save(tmp_path / f"{name}.npy", data[name])
    page = opened("doctor.html")
    choose(page, EXAMPLE / "digits.onnx", tmp_path / "x.npy", tmp_path / "y.npy")
    page.fill("#epochs", "1")
    page.click("#cure")
    page.wait_for_selector("#result:not([hidden])")
    assert "were dead" in page.inner_text("#verdict")


def test_a_file_of_fifty_megabytes_is_worked_on(opened, tmp_path):
    samples = numpy.random.default_rng(0).random((200_000, 64), dtype="f")
    numpy.savez(tmp_path / "large.npz", x=samples)
    assert (tmp_path / "large.npz").stat().st_size > 50e6
    page = opened("doctor.html")
    choose(page, EXAMPLE / "digits.onnx", tmp_path / "large.npz")
    page.click("#diagnose")
    page.wait_for_selector("#result:not([hidden])")
    assert "on 200000 samples" in page.inner_text("#verdict")
    assert "MB of memory" in page.inner_text("#memory")
