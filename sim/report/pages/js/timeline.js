// One item of one show: stock as it was and as it was seen, alerts, actions, cues, demand; on one axis of clock time.
"use strict";
(function () {
  var SERIES = [
    ["left", "true stock left", "#000000", 3, "solid"],
    ["record", "platform's record", "#CC79A7", 1.8, "solid"],
    ["seen", "as the alert engine saw it", "#56B4E9", 1.6, "dashed"],
    ["line", "line the strategy watched", "#009E73", 1.2, "dotdash"]
  ];
  var LEVELS = {
    1: ["watch", "circle", "#F0E442"], 2: ["prepare", "square", "#E69F00"], 3: ["emergency", "triangle", "#D55E00"]
  };
  var CUE_NAMES = { pitch: "pitch", link_drop: "link drop", deal: "deal", countdown: "countdown", restock_call: "restock call" };
  var DEEDS = {
    host_prompt: "host prompted", lower_exposure: "exposure lowered", restock: "restock asked for", release: "stock released",
    host_cut: "host drops the item", host_call: "host calls the item back", arrival: "stock arrives", host_back: "host goes on"
  };
  // One meaning a colour: black what is so, sky what the alert engine sees, purple what the platform believes, green what the strategy
  // watches and does, blue the host, yellow to vermilion the levels of an alert, grey nobody served.
  var HOST = "#0072B2";

  /** Value that holds at a moment: times rise. */
  function at(times, values, t) {
    var low = 0, high = times.length;
    while (low < high) { var mid = (low + high) >> 1; if (times[mid] <= t) { low = mid + 1; } else { high = mid; } }
    return low ? values[low - 1] : NaN;
  }
  SC.at = at;

  /** Corners of a step line, so that a plain line draws it and the pointer finds it. */
  function corners(times, values, end) {
    var x = [], y = [];
    for (var k = 0; k < times.length; k++) {
      if (times[k] > end) { break; }
      if (k) { x.push(times[k] / 60); y.push(values[k - 1]); }
      x.push(times[k] / 60); y.push(values[k]);
    }
    if (x.length) { x.push(end / 60); y.push(y[y.length - 1]); }
    return { x: x, y: y };
  }

  /** Clock time with the minutes of the show beneath it; with seconds where marks lie closer than minutes. */
  SC.ticks = function (startHour) {
    var code = "var t = Math.round(start * 3600 + tick * 60), d = ((t % 86400) + 86400) % 86400;" +
      "var two = function (n) { return (n < 10 ? '0' : '') + n; };" +
      "var close = ticks.some(function (one) { return Math.abs(one - Math.round(one)) > 1e-6; }) ? ':' + two(d % 60) : '';" +
      "return two(Math.floor(d / 3600)) + ':' + two(Math.floor(d / 60) % 60) + close + '\\n' + Number(tick.toFixed(3)) + ' ' + unit;";
    return new Bokeh.CustomJSTickFormatter({ args: { start: startHour, unit: SC.say("min") }, code: code });
  };

  /** The legend above the plot, in as many columns as there is room for: no mark can hide under it, and none runs off a phone.
   * Entries that the plot has nothing of are left out. base: height of the plot without it. */
  SC.above = function (plot, width, base) {
    var box = plot.above.concat(plot.center).filter(function (c) { return c instanceof Bokeh.Legend; })[0];
    if (!box) { return; }
    if (plot.center.indexOf(box) >= 0) {
      plot.center = plot.center.filter(function (c) { return c !== box; });
      box.orientation = "horizontal"; box.location = "left"; box.border_line_color = null; box.background_fill_alpha = 0;
      box.label_text_font_size = "11px"; box.spacing = 4; box.padding = 2; box.margin = 2;
      box.glyph_height = 16; box.glyph_width = 18; box.label_standoff = 4; box.label_height = 16; box.click_policy = "hide";
      plot.add_layout(box, "above");
    }
    var pen = document.createElement("canvas").getContext("2d"), widest = 0, shown = 0;
    pen.font = "11px sans-serif";
    box.items.forEach(function (item) {
      item.visible = item.renderers.some(function (r) { var data = r.data_source.data; return Object.keys(data).some(function (c) { return data[c].length > 0; }); });
      if (!item.visible) { return; }
      shown += 1; widest = Math.max(widest, pen.measureText(item.label.value).width);
    });
    box.ncols = Math.max(1, Math.min(shown, Math.floor((width - 84) / (widest + 30))));
    plot.height = base + 20 * Math.ceil(shown / box.ncols);
  };

  function figure(options) {
    var plot = Bokeh.Plotting.figure(Object.assign({
      tools: "xpan,xwheel_zoom,xbox_zoom,reset", active_scroll: null, toolbar_location: "above",
      sizing_mode: "stretch_width", output_backend: "canvas"
    }, options));
    plot.toolbar.logo = null;
    plot.min_border_left = 74;
    plot.xgrid.grid_line_alpha = 0.3; plot.ygrid.grid_line_alpha = 0.3;
    return plot;
  }

  function View(place, startHour) {
    var self = this;
    self.x = new Bokeh.Range1d({ start: 0, end: 60 });
    self.sources = {};
    var source = function (name, columns) {
      var empty = {};
      columns.forEach(function (c) { empty[c] = []; });
      return (self.sources[name] = new Bokeh.ColumnDataSource({ data: empty }));
    };
    self.stockRange = new Bokeh.Range1d({ start: 0, end: 1 });
    var stock = figure({ x_range: self.x, y_range: self.stockRange, height: 340, y_axis_label: SC.say("stock [units]"),
      x_axis_label: SC.say("clock time / minutes of the show") });
    stock.xaxis.formatter = SC.ticks(startHour);
    stock.yaxis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0" });
    stock.quad({ left: { field: "left" }, right: { field: "right" }, top: { field: "top" }, bottom: { field: "bottom" },
      source: source("closed", ["left", "right", "top", "bottom"]), fill_color: "#8A8A8A", fill_alpha: 0.25, line_color: null,
      legend_label: SC.say("no orders taken (frozen)") });
    SERIES.forEach(function (s) {
      stock.line({ x: { field: "x" }, y: { field: "y" }, source: source(s[0], ["x", "y"]), line_color: s[2], line_width: s[3],
        line_dash: s[4], legend_label: SC.say(s[1]) });
    });
    var columns = ["x", "y", "clock", "what", "why", "came", "worth"];
    var told = [];
    Object.keys(LEVELS).forEach(function (level) {
      var looks = LEVELS[level];
      told.push(stock.scatter({ x: { field: "x" }, y: { field: "y" }, source: source("alert" + level, columns), size: 12,
        marker: looks[1], fill_color: looks[2], line_color: "#000000", legend_label: SC.say({ 1: "alert: watch", 2: "alert: prepare", 3: "alert: emergency" }[level]) }));
    });
    stock.add_tools(new Bokeh.HoverTool({ renderers: told, tooltips: [
      [SC.say("time"), "@clock"], [SC.say("alert"), "@what"], [SC.say("why"), "@why"], [SC.say("what came"), "@came"],
      [SC.say("worth"), "@worth"]] }));
    var bar = new Bokeh.Span({ location: 0, dimension: "height", line_color: "#8A8A8A", line_dash: "dotted" });
    stock.add_layout(bar);
    stock.js_event_callbacks = {};
    ["mousemove", "tap"].forEach(function (name) {
      stock.js_event_callbacks[name] = [new Bokeh.CustomJS({ args: { bar: bar },
        code: "if (isFinite(cb_obj.x)) { bar.location = cb_obj.x; SC.shown.read(cb_obj.x * 60); }" })];
    });

    self.lanes = new Bokeh.FactorRange({ factors: [""] });
    var lanes = figure({ x_range: self.x, y_range: self.lanes, height: 150, toolbar_location: null });
    lanes.xaxis.visible = false;
    var bars = lanes.hbar({ y: { field: "lane" }, left: { field: "left" }, right: { field: "right" }, height: 0.7,
      source: source("spans", ["lane", "left", "right", "clock", "what", "colour"]), fill_color: { field: "colour" },
      line_color: "#000000", line_width: 0.5 });
    var marks = lanes.scatter({ x: { field: "x" }, y: { field: "lane" }, source: source("marks", ["x", "lane", "clock", "what"]),
      size: 10, marker: "diamond", fill_color: "#009E73", line_color: "#000000" });
    lanes.add_tools(new Bokeh.HoverTool({ renderers: [bars, marks], tooltips: [[SC.say("time"), "@clock"], ["", "@what"]] }));

    var rates = figure({ x_range: self.x, height: 170, toolbar_location: null, y_axis_label: SC.say("units a minute") });
    rates.xaxis.formatter = SC.ticks(startHour);
    [stock, rates].forEach(function (one) { one.xaxis.ticker = new Bokeh.BasicTicker({ desired_num_ticks: place.clientWidth < 500 ? 3 : 8 }); });
    [["carts", "put into carts", "#56B4E9", "dashed"], ["orders", "ordered", "#000000", "solid"],
      ["refused", "attempts refused", "#8A8A8A", "dotted"]].forEach(function (s) {
      rates.line({ x: { field: "x" }, y: { field: "y" }, source: source(s[0], ["x", "y"]), line_color: s[2], line_dash: s[3],
        line_width: 1.4, legend_label: SC.say(s[1]) });
    });
    rates.yaxis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0" });
    rates.yaxis.ticker = new Bokeh.BasicTicker({ desired_num_ticks: 4 });
    self.legends = function () { SC.above(stock, place.clientWidth, 316); SC.above(rates, place.clientWidth, 150); };
    self.readout = SC.make("output", { class: "readout", "aria-live": "off" });
    place.appendChild(self.readout);
    var target = SC.make("div", { class: "chart" });
    place.appendChild(target);
    self.open = function () {
      return SC.draw(new Bokeh.Column({ children: [stock, lanes, rates], sizing_mode: "stretch_width" }), target);
    };
  }

  View.prototype.show = function (one) {
    var self = this, end = one.duration_s;
    self.now = one;
    SC.shown = self;
    var high = 1, low = 0;
    SERIES.forEach(function (s) {
      var times = one[s[0] + "_t"] || [], values = one[s[0]] || [];
      self.sources[s[0]].data = corners(times, s[0] === "line" ? Array.from(values, function (v) { return v > 0 ? v : NaN; }) : values, end);
      if (s[0] !== "line") { values.forEach(function (v) { if (v > high) { high = v; } if (v < low) { low = v; } }); }
    });
    self.stockRange.start = low < 0 ? Math.min(1.15 * low, -0.03 * high) : 0;
    self.stockRange.end = 1.08 * high;
    var closed = Array.from(one.closed_from || []), until = Array.from(one.closed_to || []);
    self.sources.closed.data = {
      left: closed.map(function (t) { return t / 60; }), right: until.map(function (t) { return t / 60; }),
      top: closed.map(function () { return self.stockRange.end; }), bottom: closed.map(function () { return self.stockRange.start; })
    };
    Object.keys(LEVELS).forEach(function (level) {
      var made = { x: [], y: [], clock: [], what: [], why: [], came: [], worth: [] };
      Array.from(one.alert_level || []).forEach(function (which, k) {
        if (String(which) !== level) { return; }
        made.x.push(one.alert_t[k] / 60); made.y.push(one.alert_stock[k]);
        made.clock.push(SC.clock(one.alert_t[k], one.start_hour)); made.what.push(SC.say({ 1: "alert: watch", 2: "alert: prepare", 3: "alert: emergency" }[level]));
        made.why.push(one.alert_why[k]); made.came.push(one.alert_came[k]); made.worth.push(one.alert_worth[k]);
      });
      self.sources["alert" + level].data = made;
    });
    self._lanes(one);
    ["carts", "orders", "refused"].forEach(function (name) {
      var values = one[name] || [], times = Array.from(values, function (v, k) { return k * one.bin_s; });
      self.sources[name].data = corners(times, Array.from(values, function (v) { return v * 60 / one.bin_s; }), end);
    });
    self.x.start = 0; self.x.end = end / 60;
    self.legends();
    self.read(0);
  };

  View.prototype._lanes = function (one) {
    var spans = { lane: [], left: [], right: [], clock: [], what: [], colour: [] }, factors = [];
    var marks = { x: [], lane: [], clock: [], what: [] };
    var lane = function (name) { if (factors.indexOf(name) < 0) { factors.push(name); } return name; };
    (one.cue || []).forEach(function (kind, k) {
      var label = SC.say(CUE_NAMES[kind] || kind);
      // A sentence of two seconds too can be seen and pointed at.
      spans.lane.push(lane(label)); spans.left.push(one.cue_from[k] / 60); spans.right.push(Math.max(one.cue_to[k], one.cue_from[k] + one.duration_s / 600) / 60);
      spans.clock.push(SC.clock(one.cue_from[k], one.start_hour)); spans.colour.push(HOST);
      spans.what.push(one.cue_planned[k] ? SC.say("planned") : SC.say("improvised by the host"));
    });
    Array.from(one.closed_from || []).forEach(function (from, k) {
      spans.lane.push(lane(SC.say("frozen"))); spans.left.push(from / 60); spans.right.push(one.closed_to[k] / 60);
      spans.clock.push(SC.clock(from, one.start_hour)); spans.colour.push("#8A8A8A");
      spans.what.push(SC.say("no orders for {s} s", { s: SC.number(one.closed_to[k] - from, 0) }));
    });
    (one.mark || []).forEach(function (what, k) {
      var size = one.mark_size[k], label = SC.say(DEEDS[what] || what);
      marks.x.push(one.mark_t[k] / 60); marks.lane.push(lane(label)); marks.clock.push(SC.clock(one.mark_t[k], one.start_hour));
      marks.what.push(isFinite(size) && size !== null ? label + " (" + SC.number(size, 2) + ")" : label);
    });
    this.lanes.factors = factors.length ? factors.reverse() : [SC.say("nothing was done")];
    this.sources.spans.data = spans;
    this.sources.marks.data = marks;
  };

  /** What held at a moment, in words under the pointer. */
  View.prototype.read = function (t) {
    var one = this.now;
    if (!one) { return; }
    t = Math.max(0, Math.min(one.duration_s, t));
    var parts = [SC.clock(t, one.start_hour) + " · " + SC.number(t / 60, 1) + " " + SC.say("min")];
    SERIES.forEach(function (s) {
      var value = at(one[s[0] + "_t"] || [], one[s[0]] || [], t);
      if (isFinite(value) && !(s[0] === "line" && value <= 0)) { parts.push(SC.say(s[1]) + " " + SC.number(value, 0)); }
    });
    var bin = Math.min((one.orders || []).length - 1, Math.floor(t / one.bin_s));
    if (bin >= 0) { parts.push(SC.say("orders a minute") + " " + SC.number(one.orders[bin] * 60 / one.bin_s, 0)); }
    this.readout.textContent = parts.join("   ");
  };

  SC.View = View;

  /** The part of the page with its three choices. entries: [id, strategy, show, item]; the first is shown. */
  SC.timelines = async function (place, entries) {
    var names = ["strategy", "show", "item"], labels = [SC.say("strategy"), SC.say("show"), SC.say("item")], picks = [], view = null;
    var form = SC.make("form", { class: "choices", "aria-label": SC.say("Which timeline") });
    form.addEventListener("submit", function (e) { e.preventDefault(); });
    names.forEach(function (name, k) {
      var label = SC.make("label", {}, labels[k] + " "), pick = SC.make("select", { id: place.id + "-" + name });
      label.appendChild(pick); form.appendChild(label); picks.push(pick);
      pick.addEventListener("change", function () { fill(k + 1); draw(); });
    });
    place.appendChild(form);
    var printed = SC.make("p", { class: "paper", "aria-hidden": "true" });
    place.appendChild(printed);
    function matching(upto) {
      return entries.filter(function (e) {
        return picks.slice(0, upto).every(function (pick, k) { return String(e[k + 1]) === pick.value; });
      });
    }
    function fill(from) {
      for (var k = from; k < picks.length; k++) {
        var before = picks[k].value, seen = [];
        matching(k).forEach(function (e) { var v = String(e[k + 1]); if (seen.indexOf(v) < 0) { seen.push(v); } });
        picks[k].textContent = "";
        seen.forEach(function (v) { picks[k].appendChild(SC.make("option", { value: v }, v)); });
        picks[k].value = seen.indexOf(before) < 0 ? seen[0] : before;
      }
    }
    async function draw() {
      var found = matching(3)[0];
      try {
        var one = await SC.unpack(found[0]);
        if (view) { view.show(one); } else {
          view = new View(place, one.start_hour);
          view.show(one);
          await view.open();
        }
        printed.textContent = picks.map(function (pick, k) { return labels[k] + " " + pick.value; }).join(" · ");
        place.setAttribute("data-shown", found[0]);
      } catch (error) { SC.failed(error, place); }
    }
    fill(0);
    await draw();
    return { choose: function (strategy) {
      if (!entries.some(function (e) { return String(e[1]) === strategy; })) { return false; }
      picks[0].value = strategy; fill(1); draw();
      return true;
    } };
  };
})();
