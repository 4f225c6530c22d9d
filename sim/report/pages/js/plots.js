// Charts that a page describes as plain data: marks with intervals, courses over time, bars that add up.
"use strict";
(function () {
  var nan = function (values) { return values.map(function (v) { return v === null ? NaN : v; }); };
  var extent = function (values) {
    var all = values.filter(isFinite), low = Math.min.apply(null, all), high = Math.max.apply(null, all);
    return all.length ? [low, high] : [0, 1];
  };

  function figure(options) {
    var made = Bokeh.Plotting.figure(Object.assign({ tools: "pan,wheel_zoom,box_zoom,reset", active_scroll: null, toolbar_location: "above",
      sizing_mode: "stretch_width", output_backend: "canvas" }, options));
    made.toolbar.logo = null;
    made.xgrid.grid_line_alpha = 0.3; made.ygrid.grid_line_alpha = 0.3;
    return made;
  }
  /** Few numbers on a narrow axis, so that none runs into the next. */
  function sparse(plot, width) { if (width < 500) { plot.below.forEach(function (axis) { axis.ticker.desired_num_ticks = 3; }); } }

  /** Names as an axis has room for them, no two alike; hovering tells the whole. */
  function short(names, width) {
    var room = width < 500 ? 18 : 40, seen = {};
    return names.map(function (name) {
      var text = "", used = 0, whole = Array.from(name);
      for (var k = 0; k < whole.length && used <= room; k++) { text += whole[k]; used += whole[k].codePointAt(0) > 0x2E7F ? 2 : 1; }
      if (text.length < name.length) { text += "…"; }
      seen[text] = (seen[text] || 0) + 1;
      return seen[text] > 1 ? text + " ~" + seen[text] : text;
    });
  }

  function spans(d, width) {
    var cut = short(d.rows, width), rows = cut.slice().reverse(), xs = [];
    d.series.forEach(function (s) { xs = xs.concat(nan(s.x), nan(s.low), nan(s.high)); });
    d.lines.forEach(function (l) { xs.push(l[0]); });
    if (d.zero) { xs.push(0); }
    var all = xs.filter(isFinite).filter(function (v) { return !d.log || v > 0; }), e = extent(all), pad = 0.06 * (e[1] - e[0] || 1);
    var range = d.log ? new Bokeh.Range1d({ start: e[0] / 1.3, end: e[1] * 1.3 }) : new Bokeh.Range1d({ start: e[0] - pad, end: e[1] + pad });
    var height = Math.min(900, 100 + 26 * rows.length + 14 * d.series.length);
    var one = figure({ y_range: new Bokeh.FactorRange({ factors: rows, range_padding: d.lines.length ? 0.6 : 0, range_padding_units: "absolute" }),
      x_range: range, x_axis_type: d.log ? "log" : "linear", height: height, x_axis_label: d.x_label });
    sparse(one, width);
    one.xaxis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[000]" });
    if (d.zero) { one.add_layout(new Bokeh.Span({ location: 0, dimension: "height", line_color: "#8A8A8A" })); }
    d.lines.forEach(function (l) {
      one.add_layout(new Bokeh.Span({ location: l[0], dimension: "height", line_color: "#D55E00", line_dash: "dashed" }));
      one.add_layout(new Bokeh.Label({ x: l[0], y: 4, y_units: "screen", text: l[1], text_font_size: "11px", text_color: "#D55E00", x_offset: 4 }));
    });
    var step = d.series.length > 1 ? Math.min(0.24, 0.7 / d.series.length) : 0, tips = [];
    d.series.forEach(function (s, k) {
      var lift = step * ((d.series.length - 1) / 2 - k);
      var data = { x: nan(s.x), low: nan(s.low), high: nan(s.high), tip: s.tip, row: s.row.map(function (r) { return [cut[r], lift]; }),
        name: s.row.map(function (r) { return d.rows[r]; }) };
      data.text = data.x.map(function (x, i) { return SC.number(x) + (isFinite(data.low[i]) || isFinite(data.high[i]) ? " [" + SC.number(data.low[i]) + ", " + SC.number(data.high[i]) + "]" : ""); });
      var clip = function (v, edge) { return isFinite(v) ? v : edge; };
      data.from = data.low.map(function (v, i) { return isFinite(data.high[i]) || isFinite(v) ? clip(v, data.x[i]) : data.x[i]; });
      data.to = data.high.map(function (v, i) { return clip(v, data.x[i]); });
      var source = new Bokeh.ColumnDataSource({ data: data });
      one.segment({ x0: { field: "from" }, x1: { field: "to" }, y0: { field: "row" }, y1: { field: "row" }, source: source, line_color: s.colour, line_width: 2 });
      tips.push(one.scatter({ x: { field: "x" }, y: { field: "row" }, source: source, size: 10, marker: s.marker, fill_color: s.colour, line_color: "#000000", line_width: 0.6,
        legend_label: s.name }));
    });
    one.add_tools(new Bokeh.HoverTool({ renderers: tips, tooltips: [["", "@name"], ["", "@text"], ["", "@tip"]] }));
    if (d.series.length < 2 && !d.series[0].name) { one.legend.visible = false; } else { SC.above(one, width, height); }
    return one;
  }

  function course(d, width) {
    var one = figure({ height: 280, x_axis_label: d.x_label, y_axis_label: d.y_label }), tips = [];
    sparse(one, width);
    one.yaxis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00]" });
    if (d.hour !== null) { one.xaxis.formatter = SC.ticks(d.hour); }
    if (d.band) {
      one.varea_step({ x: { field: "x" }, y1: { field: "low" }, y2: { field: "high" }, step_mode: "after",
        source: new Bokeh.ColumnDataSource({ data: { x: nan(d.band.x), low: nan(d.band.low), high: nan(d.band.high) } }),
        fill_color: "#56B4E9", fill_alpha: 0.35, legend_label: d.band.name });
    }
    d.lines.forEach(function (l) {
      var source = new Bokeh.ColumnDataSource({ data: { x: nan(l.x), y: nan(l.y), tip: l.tip.length ? l.tip : l.x.map(function () { return l.name; }) } });
      if (l.mode === "marks") {
        tips.push(one.scatter({ x: { field: "x" }, y: { field: "y" }, source: source, size: 8, marker: l.marker, fill_color: l.colour, line_color: "#000000", line_width: 0.5, legend_label: l.name }));
      } else if (l.mode === "step") {
        tips.push(one.step({ x: { field: "x" }, y: { field: "y" }, mode: "after", source: source, line_color: l.colour, line_dash: l.dash, line_width: 1.8, legend_label: l.name }));
      } else {
        tips.push(one.line({ x: { field: "x" }, y: { field: "y" }, source: source, line_color: l.colour, line_dash: l.dash, line_width: 1.8, legend_label: l.name }));
      }
    });
    one.add_tools(new Bokeh.HoverTool({ renderers: tips, tooltips: [["", "@tip"], [d.x_label, "@x{0,0.[0]}"], [d.y_label, "@y{0,0.[00]}"]] }));
    SC.above(one, width, 280);
    return one;
  }

  /** Values above zero stack to the right of it, those below to the left, so that no bar hides another. */
  function bars(d, width) {
    var cut = short(d.rows, width), rows = cut.slice().reverse();
    var height = Math.min(900, 108 + 26 * rows.length);
    var one = figure({ y_range: new Bokeh.FactorRange({ factors: rows }), height: height, x_axis_label: d.x_label });
    sparse(one, width);
    one.xaxis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[0]" });
    var over = d.rows.map(function () { return 0; }), under = over.slice(), tips = [];
    d.series.forEach(function (s) {
      var left = [], right = [];
      s.values.forEach(function (v, k) {
        var side = v < 0 ? under : over, from = side[k];
        side[k] += v || 0;
        left.push(Math.min(from, side[k])); right.push(Math.max(from, side[k]));
      });
      var source = new Bokeh.ColumnDataSource({ data: { row: cut, whole: d.rows, left: left, right: right, value: nan(s.values), name: d.rows.map(function () { return s.name; }) } });
      tips.push(one.hbar({ y: { field: "row" }, left: { field: "left" }, right: { field: "right" }, height: 0.7, source: source, fill_color: s.colour, line_color: "#ffffff", legend_label: s.name }));
    });
    if (under.some(function (v) { return v < 0; })) { one.add_layout(new Bokeh.Span({ location: 0, dimension: "height", line_color: "#000000" })); }
    one.add_tools(new Bokeh.HoverTool({ renderers: tips, tooltips: [["", "@whole"], ["", "@name"], ["", "@value{0,0.[0]}"]] }));
    SC.above(one, width, height);
    return one;
  }

  /** The charts of a page, each in the place that waits for it. */
  SC.plots = async function (charts) {
    for (var k = 0; k < charts.length; k++) {
      var place = document.getElementById("chart-" + k);
      try {
        await SC.draw({ spans: spans, course: course, bars: bars }[charts[k].kind](charts[k].data, place.clientWidth), place);
      } catch (error) { SC.failed(error, place); }
    }
  };
})();
