"""Asks onnxruntime about rows: its answers are ours within a millionth of the answers' size.

One line for each folder after the program: `accepted`, or `refused: ` and why. Each folder has a
graph, `model.onnx`, and `asked.json` with the cells of each column and our answers: null where we
have none, and then the graph says NaN.
"""

import json
import sys
from pathlib import Path

import numpy
import onnxruntime

MOST = 1e-6


def column(cells: list) -> numpy.ndarray:
    """A column as the graph takes it: texts as they are, numbers with NaN for what is missing."""
    if any(isinstance(cell, str) for cell in cells):
        return numpy.array(cells, dtype=object).reshape(-1, 1)
    numbers = [numpy.nan if cell is None else cell for cell in cells]
    return numpy.array(numbers, dtype=numpy.float64).reshape(-1, 1)


def check(folder: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        (folder / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    asked = json.loads((folder / "asked.json").read_text())
    wanted = {one.name for one in session.get_inputs()}
    if wanted != set(asked["cells"]):
        raise ValueError(f"the graph takes {sorted(wanted)}")
    (told,) = session.run(None, {name: column(cells) for name, cells in asked["cells"].items()})
    size = max(1.0, max(abs(value) for ours in asked["answers"] if ours for value in ours))
    for row, (ours, theirs) in enumerate(zip(asked["answers"], told, strict=True), start=1):
        if ours is None:
            if not numpy.isnan(theirs).all():
                raise ValueError(f"row {row} has an answer: {theirs}")
            continue
        apart = numpy.abs(numpy.array(ours) - theirs).max()
        if not apart <= MOST * size:
            raise ValueError(f"row {row} is {theirs}, and ours {ours}")


for name in sys.argv[1:]:
    try:
        check(Path(name))
    except Exception as error:  # noqa: BLE001
        print("refused: " + " ".join(str(error).split()))
    else:
        print("accepted")
