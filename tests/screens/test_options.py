"""Lists to choose from, where there is no room for them."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tui.widgets.options import Options


class Cramped(App[None]):
    """A list in a window that has no line left for it."""

    CSS = "Options { height: 0; border: none; }"

    def compose(self) -> ComposeResult:
        yield Options(id="list")

    def on_mount(self) -> None:
        shown = self.query_one(Options)
        shown.add_options(["one", "[b]two[/b]"])
        shown.highlighted = 0
        shown.focus()


async def test_a_page_further_in_a_list_without_room_is_no_end_of_the_program() -> None:
    async with Cramped().run_test(size=(40, 12)) as pilot:
        await pilot.press("pagedown", "pageup", "down", "enter")
        shown = pilot.app.query_one(Options)
        assert shown.highlighted == 1
        assert str(shown.get_option_at_index(1).prompt) == "[b]two[/b]"
