"""The pictures of docs/samplers.md on Beale's function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from descents import LIMIT, Descent
from pictures import save
from plotly.subplots import make_subplots
from searches import Search

from objectives.functions import beale

_BLUE, _GREY, _RED = "#1f5fa8", "#8a8a8a", "#d1352b"
_PATHS = ["#d1352b", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#17becf", "#8c564b"]
_TICKS = ["0.0001", "0.001", "0.01", "0.1", "1", "10", "100"]
_LEVELS = np.arange(-2.0, 5.5, 0.5)
_FLOOR = 1e-8
_PANELS = (
    *("random", "qmc, scrambled", "nsgaii", "grid", "bruteforce", "nsgaiii"),
    *("Hyperopt's TPE", "tpe", "tpe, independent", "cmaes", "gp", "partial-fixed"),
)
_POINTS = ("random", "qmc, scrambled", "grid", "nsgaii", "cmaes", "Hyperopt's TPE", "tpe", "gp")


def draw(
    folder: Path,
    made: Mapping[str, Sequence[Search]],
    by_scipy: Mapping[str, Descent],
    by_keras: Mapping[str, Descent],
    threshold: float,
) -> None:
    """Save the three pictures in `folder`."""
    save(curves(made, threshold), folder / "beale_curves.png")
    save(points(made), folder / "beale_points.png")
    save(paths(by_keras, by_scipy), folder / "beale_paths.png")


def curves(made: Mapping[str, Sequence[Search]], threshold: float) -> go.Figure:
    """Best so far over trials, a panel a sampler: median and quartiles over the seeds, random's median beside it."""
    names = [name for name in _PANELS if name in made]
    columns = 3
    rows = -(-len(names) // columns)
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=names,
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.02,
        vertical_spacing=0.055,
    )
    reference = np.median([row.best_so_far for row in made["random"]], axis=0) if "random" in made else None
    for place, name in enumerate(names):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        low, middle, high = np.quantile([row.best_so_far for row in made[name]], [0.25, 0.5, 0.75], axis=0)
        trials = np.arange(1, len(middle) + 1)
        figure.add_scatter(x=trials, y=low, line_width=0, **where)
        figure.add_scatter(x=trials, y=high, line_width=0, fill="tonexty", fillcolor="rgba(31,95,168,0.22)", **where)
        if reference is not None:
            figure.add_scatter(x=trials, y=reference, line={"color": _GREY, "width": 1.5, "dash": "dot"}, **where)
        figure.add_scatter(x=trials, y=middle, line={"color": _BLUE, "width": 2.5}, **where)
        figure.add_hline(y=threshold, line={"color": _RED, "width": 1}, **where)
    figure.update_traces(mode="lines")
    figure.update_yaxes(type="log", range=[-4.2, 2.2], tickvals=_TICKS, ticktext=_TICKS, gridcolor="#e6e6e6")
    figure.update_xaxes(range=[0, 100], dtick=25, gridcolor="#e6e6e6", ticks="outside")
    figure.update_xaxes(title_text="trials", row=rows)
    figure.update_yaxes(title_text="lowest f so far", col=1)
    seeds = len(next(iter(made.values())))
    title = (
        f"Beale's function: median and quartiles over {seeds} seeds; dotted: random's median; red: f = {threshold:g}"
    )
    return figure.update_layout(**_look(title, 1100, 110 + 185 * rows), showlegend=False)


def points(made: Mapping[str, Sequence[Search]]) -> go.Figure:
    """Where the samplers put the trials of the first seed, dark ones last."""
    names = [name for name in _POINTS if name in made]
    columns = 4
    rows = -(-len(names) // columns)
    titles = [f"{name}: best {min(made[name][0].values):.2g}" for name in names]
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=titles,
        shared_yaxes=True,
        shared_xaxes=True,
        horizontal_spacing=0.015,
        vertical_spacing=0.07,
    )
    for place, name in enumerate(names):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        _contour(figure, where)
        search = made[name][0]
        figure.add_scatter(
            x=[point["x"] for point in search.points],
            y=[point["y"] for point in search.points],
            mode="markers",
            marker={
                "size": 6,
                "color": list(range(1, len(search.points) + 1)),
                "colorscale": [[0, "#ffe9c7"], [0.5, "#f08a24"], [1, "#7a1500"]],
                "line": {"color": "#303030", "width": 0.6},
                "showscale": place == 0,
                "colorbar": {"title": "trial", "thickness": 12, "len": 0.9},
            },
            cliponaxis=False,
            **where,
        )
        _minimum(figure, where)
    _square(figure)
    return figure.update_layout(
        **_look("Where one seed's 100 trials went (cross: the minimum at (3, 0.5))", 1180, 110 + 280 * rows),
        showlegend=False,
    )


def paths(by_keras: Mapping[str, Descent], by_scipy: Mapping[str, Descent]) -> go.Figure:
    """The ways from (4, 4), Keras's optimisers on the left and SciPy's methods on the right."""
    titles = ["Keras, 10,000 gradients (optimiser, learning rate)", "SciPy's minimize, its own stopping rules"]
    figure = make_subplots(1, 2, subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03)
    for column, group in enumerate((by_keras, by_scipy), 1):
        where = {"row": 1, "col": column}
        _contour(figure, where)
        for color, (name, descent) in zip(_PATHS, group.items(), strict=False):
            way = np.array(descent.points if column == 1 else _improvements(descent))
            legend = {"legend": "legend" if column == 1 else "legend2", "name": name}
            figure.add_scatter(
                x=way[:, 0],
                y=way[:, 1],
                mode="lines" if column == 1 else "lines+markers",
                line={"color": color, "width": 2.2},
                marker={"size": 5},
                **legend,
                **where,
            )
            figure.add_scatter(
                x=way[-1:, 0],
                y=way[-1:, 1],
                mode="markers",
                marker={"color": color, "size": 10, "line": {"color": "white", "width": 1.5}},
                showlegend=False,
                **where,
            )
        _minimum(figure, where)
    _square(figure)
    box = {"bgcolor": "rgba(255,255,255,0.85)", "xanchor": "right", "yanchor": "bottom", "y": 0.01}
    title = "Beale's function from (4, 4); a disc is the end of a path, the cross is the minimum"
    return figure.update_layout(
        **_look(title, 1180, 650),
        legend={**box, "x": 0.48},
        legend2={**box, "x": 0.995},
    )


def _improvements(descent: Descent) -> list[tuple[float, float]]:
    """The points of a line search are many and far off: only those that were the best so far."""
    way, lowest = [], float("inf")
    for point, value in zip(descent.points, descent.values, strict=True):
        if value < lowest:
            way.append(point)
            lowest = value
    return way


def _contour(figure: go.Figure, where: Mapping[str, int]) -> None:
    axis = np.linspace(-LIMIT, LIMIT, 181)
    height = np.log10(np.maximum(beale(*np.meshgrid(axis, axis)), _FLOOR))
    figure.add_contour(
        x=axis,
        y=axis,
        z=height,
        contours={"start": _LEVELS[0], "end": _LEVELS[-1], "size": 0.5, "coloring": "fill"},
        line={"width": 0.5, "color": "rgba(255,255,255,0.6)"},
        colorscale=[[0, "#26456e"], [0.25, "#4f7fb5"], [0.5, "#9dbfdd"], [0.75, "#d3e1ee"], [1, "#f5f8fb"]],
        showscale=False,
        showlegend=False,
        **where,
    )


def _minimum(figure: go.Figure, where: Mapping[str, int]) -> None:
    for color, width in (("white", 6), ("black", 2.5)):
        figure.add_scatter(
            x=[3],
            y=[0.5],
            mode="markers",
            marker={"symbol": "x-thin", "size": 11, "line": {"color": color, "width": width}},
            showlegend=False,
            **where,
        )


def _square(figure: go.Figure) -> None:
    figure.update_xaxes(range=[-LIMIT, LIMIT], tickvals=[-4, -2, 0, 2, 4], ticks="outside", constrain="domain")
    figure.update_yaxes(range=[-LIMIT, LIMIT], tickvals=[-4, -2, 0, 2, 4], ticks="outside", constrain="domain")


def _look(title: str, width: int, height: int) -> dict[str, object]:
    return {
        "title": {"text": title, "x": 0.01, "y": 0.985, "yanchor": "top", "font": {"size": 17}},
        "width": width,
        "height": height,
        "margin": {"l": 70, "r": 20, "t": 80, "b": 50},
        "template": "plotly_white",
        "font": {"family": "DejaVu Sans, Arial, sans-serif", "size": 13, "color": "#202020"},
    }
