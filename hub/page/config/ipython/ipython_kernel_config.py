# What every pupil's kernel knows besides Python: the cell magic %%kani. It imports next to nothing until it is used.
c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.InteractiveShellApp.extensions = ["robots.notebook"]
