#!/usr/bin/env python3
"""What the program prints now, put into the READMEs: docs/captures.py KHOTIN

Below each `<!-- capture: COMMAND -->` in README.md and README.vi.md stands a fenced block. COMMAND is run
(`khotin demo …` in an empty folder, everything else in the folder that it made) and its standard output
becomes the block. docs/terminal.svg is a screen of tmux while `khotin demo` runs, docs/workbook.png the
first sheet of its workbook as LibreOffice shows it. Needs tmux, LibreOffice Calc and pdftoppm, and nothing but
this machine. tests/cli/readme.rs fails when a block has not the shape of what the program prints.
"""
import html
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- capture: (.*?) -->\n```text\n)(.*?)(```\n)", re.S)
COLUMNS, ROWS = 96, 24


def capture(khotin, folder, command):
    """What one command says on standard output."""
    words = shlex.split(command)
    if words[0] != "khotin":
        sys.exit(f"{command}: only khotin is captured")
    here = folder if "demo" in words else folder / "khotin-demo"
    # Called by its name, as a reader calls it: the last line of the demo says how.
    ran = subprocess.run(words, executable=khotin, cwd=here, capture_output=True, text=True, check=True)
    return ran.stdout


def screen(khotin, folder):
    """The screen of a terminal in the middle of a run."""
    tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
    size = ["-x", str(COLUMNS), "-y", str(ROWS)]
    subprocess.run([*tmux, "new-session", "-d", *size, f"cd {shlex.quote(str(folder))}; PS1='$ ' exec sh"], check=True)
    program = folder / "khotin"
    program.symlink_to(khotin)
    keys = f"PATH={shlex.quote(str(folder))}:$PATH; clear"
    subprocess.run([*tmux, "send-keys", keys, "Enter"], check=True)
    time.sleep(1)
    subprocess.run([*tmux, "send-keys", "khotin demo", "Enter"], check=True)
    try:
        for _ in range(600):
            text = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True).stdout
            if re.search(r"█{4}.* \d{3} done", text):
                return [line for line in text.splitlines() if line.strip()]
            time.sleep(0.05)
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)
    sys.exit("the run was never half done")


def picture(lines):
    """Those lines as a picture, as a terminal shows them."""
    wide, high = 8.4, 18
    height = high * len(lines) + 24
    width = round(wide * COLUMNS + 24)
    rows = [
        f'<text x="12" y="{12 + high * (row + 1) - 5}" textLength="{wide * len(line):.1f}">{html.escape(line)}</text>'
        for row, line in enumerate(lines)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
        f'<rect width="{width}" height="{height}" rx="6" fill="#1d1f21"/>\n'
        '<g fill="#e6e6e6" font-family="monospace" font-size="14" xml:space="preserve">\n'
        + "\n".join(rows)
        + "\n</g>\n</svg>\n"
    )


def workbook(demo):
    """The first sheet of the newest workbook in a folder of the demo, as LibreOffice prints it."""
    book = demo / "output/exports/latest/articles.xlsx"
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        convert = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", folder, str(book)]
        subprocess.run(convert, check=True, capture_output=True)
        # The upper two thirds of an A4 page; the rest of the sheet is white.
        page = ["pdftoppm", "-r", "100", "-W", "827", "-H", "830", "-gray", "-png", "-singlefile", "-f", "1"]
        subprocess.run([*page, f"{folder}/articles.pdf", str(ROOT / "docs/workbook")], check=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    khotin = pathlib.Path(sys.argv[1]).resolve()
    for name in ["README.md", "README.vi.md"]:
        with tempfile.TemporaryDirectory() as folder:
            text = (ROOT / name).read_text(encoding="utf-8")
            text, number = BLOCK.subn(
                lambda found: found[1] + capture(khotin, pathlib.Path(folder), found[2]) + found[4], text
            )
            (ROOT / name).write_text(text, encoding="utf-8")
            if name == "README.vi.md":
                workbook(pathlib.Path(folder) / "khotin-demo")
            print(f"{name}: {number} blocks")
    with tempfile.TemporaryDirectory() as folder:
        (ROOT / "docs/terminal.svg").write_text(picture(screen(khotin, pathlib.Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
