"""What holds on every screen: language, help, palette, back."""

from __future__ import annotations

from pathlib import Path

from stage import press, shown, stage

from escalation.demo import fill


async def test_the_language_changes_on_the_spot(tmp_path: Path) -> None:
    async with stage(tmp_path, fill) as pilot:
        assert "全部案件" in shown(pilot)
        await press(pilot, "f2")
        assert "All cases" in shown(pilot)
        assert "全部案件" not in shown(pilot)


async def test_help_names_what_can_be_done_here(tmp_path: Path) -> None:
    async with stage(tmp_path, fill, lang="en") as pilot:
        await press(pilot, "f1")
        assert "Opens the case that is chosen" in shown(pilot)
        await press(pilot, "escape")
        assert "All cases" in shown(pilot)
