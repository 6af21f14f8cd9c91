"""The commands of `python -m ioc`, a module a group; `ioc.cli` puts them together (`design.md` §7)."""
