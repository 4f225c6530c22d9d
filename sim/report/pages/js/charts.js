// Pictures of a sweep that share one source: response curve, three fronts with linked brushing, heat map over two dials.
"use strict";
(function () {
  // Viridis at nine places: even steps of lightness, also without colour.
  var SHADES = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
  SC.shade = function (share) {
    var x = Math.max(0, Math.min(1, share)) * (SHADES.length - 1), k = Math.min(SHADES.length - 2, Math.floor(x)), r = x - k;
    return "rgb(" + SHADES[k].map(function (v, c) { return Math.round(v + r * (SHADES[k + 1][c] - v)); }).join(",") + ")";
  };

  function plot(options) {
    var made = Bokeh.Plotting.figure(Object.assign({ tools: "pan,wheel_zoom,box_select,lasso_select,tap,reset", active_scroll: null, height: 300,
      toolbar_location: "above", sizing_mode: "stretch_width", output_backend: "canvas" }, options));
    made.toolbar.logo = null;
    made.min_border_left = 70;
    made.xgrid.grid_line_alpha = 0.3; made.ygrid.grid_line_alpha = 0.3;
    made.xaxis.formatter = made.yaxis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00]" });
    return made;
  }
  SC.plot = plot;

  var TIPS = function () { return [["", "@name"], [SC.say("net"), "@net{0,0}"], [SC.say("oversold"), "@oversold{0,0.0}"], [SC.say("missed, CNY"), "@missed{0,0}"], [SC.say("notices an hour"), "@notices{0,0.0}"]]; };

  /** Three views of who gives what for what; a box drawn in one marks the same candidates in all, and in the table. */
  SC.fronts = function (place, source) {
    var pairs = [["oversold", "missed"], ["oversold", "notices"], ["missed", "notices"]];
    var names = { oversold: SC.say("oversold [units]"), missed: SC.say("missed [CNY]"), notices: SC.say("notices an hour") };
    var plots = pairs.map(function (pair) {
      var one = plot({ x_axis_label: names[pair[0]], y_axis_label: names[pair[1]], height: 260 });
      one.scatter({ x: { field: pair[0] }, y: { field: pair[1] }, source: source, size: { field: "size" }, marker: { field: "marker" },
        fill_color: { field: "colour" }, line_color: "#000000", line_width: 0.4, fill_alpha: 0.85, nonselection_fill_alpha: 0.08, nonselection_line_alpha: 0.1 });
      one.add_tools(new Bokeh.HoverTool({ tooltips: TIPS() }));
      return one;
    });
    var target = SC.make("div", { class: "chart" });
    place.appendChild(target);
    var wide = place.clientWidth > 760;
    var layout = wide ? new Bokeh.Row({ children: plots, sizing_mode: "stretch_width" }) : new Bokeh.Column({ children: plots, sizing_mode: "stretch_width" });
    return SC.draw(layout, target);
  };

  /** A figure over one dial: every candidate a mark, those not told apart from the best shaded, a line where only this dial varies. Where others vary too the shade goes from the lowest to the highest of these. */
  SC.curve = function (place) {
    var marks = new Bokeh.ColumnDataSource({ data: { x: [0], y: [0], low: [0], high: [0], name: [""], colour: ["#000000"], marker: ["circle"] } });
    var line = new Bokeh.ColumnDataSource({ data: { x: [], y: [] } }), band = new Bokeh.ColumnDataSource({ data: { left: [], right: [], top: [], bottom: [] } });
    var xr = new Bokeh.Range1d({ start: 0, end: 1 }), yr = new Bokeh.Range1d({ start: 0, end: 1 });
    var one = plot({ x_range: xr, y_range: yr, tools: "pan,wheel_zoom,tap,reset" });
    one.quad({ left: { field: "left" }, right: { field: "right" }, top: { field: "top" }, bottom: { field: "bottom" }, source: band, fill_color: "#56B4E9",
      fill_alpha: 0.18, line_color: null, legend_label: SC.say("cannot be told apart from the best") });
    one.segment({ x0: { field: "x" }, x1: { field: "x" }, y0: { field: "low" }, y1: { field: "high" }, source: marks, line_color: "#8A8A8A", line_width: 1 });
    one.line({ x: { field: "x" }, y: { field: "y" }, source: line, line_color: "#000000", line_width: 1.5 });
    one.scatter({ x: { field: "x" }, y: { field: "y" }, source: marks, size: 8, marker: { field: "marker" }, fill_color: { field: "colour" }, line_color: "#000000" });
    one.add_tools(new Bokeh.HoverTool({ tooltips: [["", "@name"], ["", "@x: @y{0,0.0} [@low{0,0.0}, @high{0,0.0}]"]] }));
    var target = SC.make("div", { class: "chart" });
    place.appendChild(target);
    var update = function (rows, single, xName, yName, colour) {
      rows.sort(function (a, b) { return a.x - b.x; });
      var get = function (f) { return rows.map(function (r) { return r[f]; }); };
      marks.data = { x: get("x"), y: get("y"), low: get("low"), high: get("high"), name: get("name"),
        colour: rows.map(function (r) { return r.tied ? colour : "#ffffff"; }), marker: rows.map(function (r) { return r.tied ? "circle" : "diamond"; }) };
      line.data = single ? { x: get("x"), y: get("y") } : { x: [], y: [] };
      var all = get("low").concat(get("high")).filter(isFinite), x = get("x").filter(isFinite);
      var low = Math.min.apply(null, all), high = Math.max.apply(null, all), pad = 0.05 * (high - low || 1);
      yr.start = low - pad; yr.end = high + pad;
      var x0 = Math.min.apply(null, x), x1 = Math.max.apply(null, x), padX = 0.03 * (x1 - x0 || 1);
      xr.start = x0 - padX; xr.end = x1 + padX;
      var tied = rows.filter(function (r) { return r.tied; }).map(function (r) { return r.x; });
      band.data = tied.length ? { left: [Math.min.apply(null, tied) - padX / 2], right: [Math.max.apply(null, tied) + padX / 2], top: [yr.end], bottom: [yr.start] }
        : { left: [], right: [], top: [], bottom: [] };
      one.xaxis.axis_label = xName; one.yaxis.axis_label = yName;
      SC.above(one, place.clientWidth, 300);
    };
    return { open: function () { return SC.draw(one, target); }, update: update };
  };

  /** A figure over two dials: cells where the dials make a grid, else marks. */
  SC.heat = function (place) {
    var source = new Bokeh.ColumnDataSource({ data: { x: [0], y: [0], w: [1], h: [1], colour: ["#000000"], name: [""], value: [0] } });
    var xr = new Bokeh.Range1d({ start: 0, end: 1 }), yr = new Bokeh.Range1d({ start: 0, end: 1 });
    var one = plot({ x_range: xr, y_range: yr, tools: "pan,wheel_zoom,tap,reset" });
    one.rect({ x: { field: "x" }, y: { field: "y" }, width: { field: "w" }, height: { field: "h" }, source: source, fill_color: { field: "colour" }, line_color: "#ffffff", line_width: 0.5 });
    one.add_tools(new Bokeh.HoverTool({ tooltips: [["", "@name"], ["", "@value{0,0.0}"]] }));
    var target = SC.make("div", { class: "chart" }), key = SC.make("p", { class: "small" });
    place.appendChild(target); place.appendChild(key);
    var steps = function (values) {
      var u = Array.from(new Set(values)).sort(function (a, b) { return a - b; }), least = Infinity;
      for (var k = 1; k < u.length; k++) { least = Math.min(least, u[k] - u[k - 1]); }
      return { low: u[0], high: u[u.length - 1], count: u.length, least: isFinite(least) ? least : 1, values: u };
    };
    /** Middle and width of the cell of a value. */
    var cells = function (s, grid) {
      var u = s.values, all = s.high - s.low || 1;
      return function (v) {
        if (!grid || u.length < 2) { return [v, grid ? all : all / 40]; }
        var k = u.indexOf(v), left = k ? (u[k] - u[k - 1]) / 2 : (u[1] - u[0]) / 2, right = k < u.length - 1 ? (u[k + 1] - u[k]) / 2 : left;
        return [v + (right - left) / 2, left + right];
      };
    };
    var update = function (rows, xName, yName, what) {
      var sx = steps(rows.map(function (r) { return r.x; })), sy = steps(rows.map(function (r) { return r.y; }));
      var grid = sx.count * sy.count <= 1.5 * rows.length, span = function (s) { return s.high - s.low || 1; };
      // Cells of a grid meet half way between its values, however they are spaced.
      var across = cells(sx, grid), up = cells(sy, grid), part = function (f, n) { return function (r) { return f(r)[n]; }; };
      var at = function (r) { return across(r.x); }, on = function (r) { return up(r.y); };
      var z = rows.map(function (r) { return r.z; }).filter(isFinite), low = Math.min.apply(null, z), high = Math.max.apply(null, z);
      source.data = { x: rows.map(part(at, 0)), y: rows.map(part(on, 0)), w: rows.map(part(at, 1)), h: rows.map(part(on, 1)), colour: rows.map(function (r) { return SC.shade((r.z - low) / (high - low || 1)); }),
        name: rows.map(function (r) { return r.name; }), value: rows.map(function (r) { return r.z; }) };
      var first = [across(sx.low), across(sx.high), up(sy.low), up(sy.high)];
      xr.start = first[0][0] - first[0][1] / 2; xr.end = first[1][0] + first[1][1] / 2; yr.start = first[2][0] - first[2][1] / 2; yr.end = first[3][0] + first[3][1] / 2;
      one.xaxis.axis_label = xName; one.yaxis.axis_label = yName;
      key.textContent = SC.say("{what}: dark {low}, bright {high}", { what: what, low: SC.number(low), high: SC.number(high) });
    };
    return { open: function () { return SC.draw(one, target); }, update: update };
  };
})();
