// Replaces each still chart by one with hover values, legend switches and the page's own width.
"use strict";
(function () {
    const dashes = [[], [8, 5], [2, 4]];
    const dark = matchMedia("(prefers-color-scheme: dark)");

    function colour(name) {
        const found = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
        return found.startsWith("var(") ? colour(found.slice(4, -1)) : found;
    }

    function label(value) {
        if (value == null) return "";
        const size = Math.abs(value);
        return size !== 0 && (size < 1e-3 || size >= 1e6)
            ? value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e")
            : String(Number(value.toPrecision(6)));
    }

    function axis(title, isVertical) {
        return {
            label: title, labelSize: 20, stroke: colour("--text"),
            font: "13px system-ui, sans-serif", labelFont: "13px system-ui, sans-serif",
            grid: {stroke: colour("--rule"), width: 1}, ticks: {show: false},
            space: isVertical ? 34 : 64, size: isVertical ? 58 : 32,
            values: (plot, marks) => marks.map(label),
        };
    }

    // So that points at the ends are whole.
    function margin(min, max, logarithmic) {
        if (logarithmic) return [min * .9, max * 1.1];
        const more = (max - min || 1) * .02;
        return [min - more, max + more];
    }

    function options(plot, figure, width) {
        return {
            width, height: Math.round(Math.min(380, Math.max(240, width * .5))),
            scales: {x: {time: false, distr: plot.logX ? 3 : 1, range: (u, min, max) => margin(min, max, plot.logX)}, y: {distr: plot.logY ? 3 : 1}},
            axes: [axis(plot.x, false), axis(plot.y, true)],
            cursor: {drag: {x: false, y: false}},
            series: [{label: plot.x, value: (u, v) => label(v) || "–"}].concat(plot.series.map(one => ({
                label: one.name, stroke: colour("--c" + one.colour), width: one.mark !== "POINTS" ? 2 : 0,
                dash: dashes[one.stroke], spanGaps: true,
                paths: one.mark !== "POINTS" ? undefined : () => null,
                points: {show: one.mark !== "LINE", size: 7, fill: colour("--c" + one.colour)},
                value: (u, v) => label(v) || "–",
            }))),
            hooks: {setSeries: [u => switches(u)], setCursor: [u => say(u, plot)]},
        };
    }

    // The legend's entries are switches, by mouse and by key.
    function switches(u) {
        u.root.querySelectorAll(".u-legend .u-series th").forEach((entry, i) => {
            if (i === 0) return;
            entry.setAttribute("aria-checked", u.series[i].show !== false);
            if (entry.tabIndex === 0) return;
            entry.tabIndex = 0;
            entry.setAttribute("role", "switch");
            entry.addEventListener("keydown", event => {
                if (event.key === "Enter" || event.key === " ") {
                    event.preventDefault();
                    entry.click();
                }
            });
        });
    }

    function say(u, plot) {
        const at = u.cursor.idx;
        if (at == null) return;
        u.over.setAttribute("aria-valuenow", at);
        u.over.setAttribute("aria-valuetext", plot.x + " " + label(u.data[0][at]) + ": " + plot.series
            .map((one, i) => u.series[i + 1].show !== false && u.data[i + 1][at] != null ? one.name + " " + label(u.data[i + 1][at]) : "")
            .filter(text => text).join(", "));
    }

    // The arrow keys move along the chart.
    function keys(u, plot, name) {
        Object.entries({role: "slider", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": u.data[0].length - 1, "aria-valuenow": 0})
            .forEach(([key, value]) => u.over.setAttribute(key, value));
        u.over.tabIndex = 0;
        u.over.addEventListener("keydown", event => {
            const step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[event.key];
            if (!step) return;
            event.preventDefault();
            const at = Math.min(u.data[0].length - 1, Math.max(0, (u.cursor.idx == null ? -step : u.cursor.idx) + step));
            u.setCursor({left: u.valToPos(u.data[0][at], "x"), top: u.over.clientHeight / 2});
        });
    }

    function draw(figure) {
        const plot = JSON.parse(figure.querySelector("script").textContent);
        const still = figure.querySelector(".still");
        const name = figure.querySelector("svg").getAttribute("aria-label");
        const place = document.createElement("div");
        figure.insertBefore(place, still);
        let u = null;
        function redraw() {
            const hidden = u ? u.series.map(one => one.show === false) : [];
            if (u) u.destroy();
            u = new uPlot(options(plot, figure, place.clientWidth), plot.data, place);
            u.root.querySelector("canvas").setAttribute("aria-hidden", "true");
            hidden.forEach((is, i) => is && u.setSeries(i, {show: false}));
            switches(u);
            keys(u, plot, name);
        }
        redraw();
        still.hidden = true;
        dark.addEventListener("change", redraw);
        let width = place.clientWidth;
        new ResizeObserver(() => {
            if (place.clientWidth !== width) {
                width = place.clientWidth;
                redraw();
            }
        }).observe(place);
    }

    addEventListener("DOMContentLoaded", () => document.querySelectorAll("figure.curves").forEach(draw));
})();
