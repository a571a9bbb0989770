"""The small network: the story in five steps, with its numbers; and a link that tells all of it."""

import hashlib
import re

import pytest
from conftest import until

STILL = "document.body.dataset.state === 'still'"


def still(page):
    until(page, STILL)


def played(page, preset):
    """Plays a preset to its end."""
    page.locator("#story button").nth(preset).click()
    until(page, "document.body.dataset.state === 'following'")
    still(page)


def dead(page):
    return int(page.inner_text("#dead").split(" of ")[0])


def units(page):
    return int(page.inner_text("#dead").split(" of ")[1])


def value(page, name):
    return float(page.inner_text(f"#{name}"))


def pixels(page, canvas):
    """What the middle of a canvas shows, as one number. Away from the points a dead unit may speak, so
    there the answer may change when it is revived."""
    colours = page.evaluate(
        f"""(() => {{
            const canvas = document.getElementById("{canvas}");
            const [left, size] = [0.3 * canvas.width, 0.4 * canvas.width].map(Math.round);
            return Array.from(canvas.getContext("2d").getImageData(left, left, size, size).data);
        }})()"""
    )
    assert len(set(colours)) > 3, "something is drawn"
    return hashlib.sha256(bytes(colours)).hexdigest()


@pytest.fixture
def play(opened):
    page = opened("index.html#seed=1")
    still(page)
    return page


def test_the_story_is_told_in_numbers(play):
    played(play, 0)
    assert dead(play) <= 4
    healthy = value(play, "training-loss")
    assert healthy < 0.05 and value(play, "score") > 0.97

    played(play, 1)
    assert dead(play) == units(play) == 32
    assert value(play, "score") < 0.6

    played(play, 2)
    assert value(play, "steps") == 1300
    assert dead(play) == 32, "a good rate brings none back"
    assert value(play, "training-loss") > 0.6

    played(play, 3)
    swapped = value(play, "training-loss")
    assert dead(play) > 16, "the swap alone leaves most units dead"
    assert swapped > 10 * healthy

    played(play, 4)
    assert dead(play) <= 2
    assert value(play, "score") > 0.97
    assert value(play, "training-loss") < swapped / 10
    told = play.inner_text("#told")
    assert "32 of 32 dead units have fresh weights, and no answer to a point moved by more than 0." in told


def test_revival_leaves_the_picture_as_it_is_and_training_changes_it(play):
    played(play, 2)
    before = pixels(play, "surface")
    losses = [play.inner_text(f"#{name}") for name in ("training-loss", "testing-loss")]
    play.click("#revive")
    until(play, "document.getElementById('dead').textContent.startsWith('0 ')")
    assert pixels(play, "surface") == before
    assert [play.inner_text(f"#{name}") for name in ("training-loss", "testing-loss")] == losses
    assert "no answer to a point moved by more than 0." in play.inner_text("#told")
    play.click("#leak")
    until(play, "document.getElementById('told').textContent.includes('Leaky ReLU')")
    play.click("#play")
    until(play, "Number(document.getElementById('steps').textContent) > 1500")
    play.click("#play")
    assert pixels(play, "surface") != before


def test_one_large_step_kills_units(play):
    still(play)
    before = dead(play)
    play.click("#kill")
    until(play, "document.getElementById('told').textContent.includes('units died')")
    assert dead(play) > before


def test_where_the_gradient_is_small_the_steps_grow_until_a_unit_dies(play):
    played(play, 0)
    before = dead(play)
    assert value(play, "training-loss") < 0.05, "there is little left to follow"
    play.click("#kill")
    until(play, "document.getElementById('told').textContent.includes('units died')")
    assert dead(play) > before


def test_where_all_units_are_dead_the_button_says_so(play):
    played(play, 1)
    play.click("#kill")
    until(play, "document.getElementById('told').textContent.includes('no unit died')")
    assert "6 steps at a learning rate of 200, 2000," in play.inner_text("#told")
    assert "All are dead already" in play.inner_text("#told")


def test_the_form_shows_what_holds_now_and_a_new_start_keeps_it(play):
    played(play, 2)
    assert play.input_value("#lr") == "0.01"
    play.click("#leak")
    until(play, "document.getElementById('rectifier').value === 'leaky-relu'")
    play.click("#restart")
    until(play, "document.getElementById('steps').textContent === '0'")
    assert (play.input_value("#lr"), play.input_value("#rectifier")) == ("0.01", "leaky-relu")


def test_a_link_brings_back_what_one_saw(play, opened):
    play.select_option("#shape", "circles")
    play.fill("#widths", "6,5,4")
    play.press("#widths", "Enter")
    until(play, "document.querySelectorAll('.units canvas').length === 15")
    play.click("#play")
    until(play, "Number(document.getElementById('steps').textContent) > 40")
    play.click("#play")
    play.click("#kill")
    play.click("#revive")
    play.get_by_label("Rectifier of layer 2").select_option("elu")
    play.fill("#lr", "0.02")
    play.press("#lr", "Enter")
    play.click("#step")
    play.wait_for_url(re.compile(r"do=t\d+,j200,v0\.01,f2=elu:0\.01,r0\.02,t1$"))

    again = opened("index.html" + play.evaluate("location.hash"))
    still(again)
    for name in ("steps", "dead", "training-loss", "testing-loss", "score"):
        assert again.inner_text(f"#{name}") == play.inner_text(f"#{name}"), name
    assert pixels(again, "surface") == pixels(play, "surface")
    assert again.evaluate("location.hash") == play.evaluate("location.hash")


def test_an_address_that_means_nothing_is_said_to(opened):
    for address, words in (
        ("widths=8,900", "1 to 32, but is 900"),
        ("do=x3", "'x3', which means nothing here"),
        ("lr=fast", "'fast' where a number is needed"),
        ("do=t999999999", "at most 200000"),
    ):
        page = opened(f"index.html#{address}")
        page.wait_for_selector("#problem:not([hidden])")
        assert words in page.inner_text("#problem")


def test_points_of_ones_own_are_learned(play):
    play.select_option("#shape", "own")
    play.wait_for_selector("#own-points:not([hidden])")
    play.fill("#csv", "0.5, 0.5, 1\n-0.5, 0.5, 0\n0.5, -0.5, 0\n-0.5, -0.5, 1")
    play.click("#use-csv")
    until(play, "location.hash.includes('own=0.5_0.5_1')")
    play.click("#surface")
    until(play, "document.getElementById('csv').value.split('\\n').length === 5")
    play.click("#play")
    until(play, "Number(document.getElementById('training-loss').textContent) < 0.1")
    play.click("#play")
    play.fill("#csv", "0.5, 0.5")
    play.click("#use-csv")
    play.wait_for_selector("#problem:not([hidden])")
    assert "line 1 of the points is '0.5, 0.5'" in play.inner_text("#problem")


def test_digits_are_read_and_each_picture_is_told(play, opened):
    play.select_option("#shape", "digits")
    until(play, "location.hash.includes('shape=digits')")
    play.fill("#widths", "16,16")
    play.press("#widths", "Enter")
    until(play, "document.querySelectorAll('.units canvas').length === 32")
    assert play.is_visible("#confusion")
    play.select_option("#pace", "20")
    play.click("#play")
    until(play, "Number(document.getElementById('score').textContent) > 0.85")
    play.click("#play")
    still(play)
    told = play.get_attribute("#confusion", "aria-label")
    right, all_ = re.match(r"(\d+) of (\d+) digits of the test are told right\.", told).groups()
    assert int(all_) == 450
    assert round(int(right) / 450, 3) == value(play, "score")
    assert re.search(r"take[sn]? .*: (\d, ){35}\d\.", play.get_attribute("#surface", "aria-label"))
    labels = [canvas.get_attribute("aria-label") for canvas in play.locator(".units canvas").all()]
    assert all(re.search(r": (dead|fires on \d+ % of the digits)$", label) for label in labels)
    play.click("#kill")
    until(play, "document.getElementById('told').textContent.includes('units died')")
    assert "below zero on all digits" in play.inner_text("#told")
    play.click("#revive")
    until(play, "document.getElementById('told').textContent.includes('fresh weights')")
    assert "no answer to a digit moved by more than 0." in play.inner_text("#told")

    again = opened("index.html" + play.evaluate("location.hash"))
    still(again)
    for name in ("steps", "dead", "training-loss", "testing-loss", "score"):
        assert again.inner_text(f"#{name}") == play.inner_text(f"#{name}"), name
    again.click("#kill")
    until(again, "document.getElementById('told').textContent.includes('units died')")
    counted = again.inner_text("#dead")
    again.click("#to-doctor")
    again.wait_for_selector("#result:not([hidden])")
    assert again.inner_text("#verdict").startswith(f"{counted} units")

    play.select_option("#shape", "circles")
    until(play, "document.getElementById('confused').hidden")
    assert "shape=" not in play.evaluate("location.hash")


def test_the_network_goes_to_the_doctor_who_counts_the_same_dead(play):
    play.click("#kill")
    until(play, "document.getElementById('told').textContent.includes('units died')")
    counted = play.inner_text("#dead")
    play.click("#to-doctor")
    play.wait_for_selector("#result:not([hidden])")
    assert play.inner_text("#verdict").startswith(f"{counted} units")


def test_each_unit_is_told_to_those_who_do_not_see_it(play):
    labels = [canvas.get_attribute("aria-label") for canvas in play.locator(".units canvas").all()]
    assert len(labels) == units(play)
    assert all(
        re.fullmatch(r"Unit \d+ of layer \d: (dead|fires on \d+ % of the points)", one) for one in labels
    )
    assert sum(label.endswith("dead") for label in labels) == dead(play)
